package testserver_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"muster/internal/testserver"
)

func TestSambaIsAnActiveDirectory(t *testing.T) {
	t.Parallel()
	d := testserver.Samba(t)
	people := d.AddOU("People", "")
	anna := d.AddUser("Anna Ek", "anna", people, map[string][]string{"mail": {"anna@corp.example"}})
	group := d.AddGroup("Wiki", "", anna)
	id := d.Entry(anna, "objectGUID").GetRawAttributeValue("objectGUID")

	conn, err := ldap.DialURL(d.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.Bind("anna@corp.example", testserver.UserPassword); err != nil {
		t.Errorf("an enabled account cannot bind: %v", err)
	}
	d.SetDisabled(anna, true)
	if err := conn.Bind("anna@corp.example", testserver.UserPassword); !ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials) {
		t.Errorf("a disabled account binds: %v", err)
	}
	d.SetDisabled(anna, false)
	d.SetExpiry(anna, time.Now().Add(-time.Hour))
	if err := conn.Bind("anna@corp.example", testserver.UserPassword); !ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials) {
		t.Errorf("an expired account binds: %v", err)
	}
	d.SetExpiry(anna, time.Time{})
	anna = d.Move(anna, d.AddOU("Left", ""))
	d.Rename(anna, "CN=Anna Berg")
	anna = "CN=Anna Berg,OU=Left,DC=corp,DC=example"
	if got := d.Entry(anna, "objectGUID").GetRawAttributeValue("objectGUID"); string(got) != string(id) || len(got) != 16 {
		t.Errorf("objectGUID %x after rename and move, was %x", got, id)
	}
	if got := d.Entry(group, "member").GetAttributeValue("member"); got != anna {
		t.Errorf("the group holds %q, want the new name", got)
	}
	d.Delete(anna)
	if got := d.Entry(group, "member").GetAttributeValues("member"); len(got) != 0 {
		t.Errorf("the group still holds %q", got)
	}
}

func TestSambasRunSideBySideWithTLS(t *testing.T) {
	t.Parallel()
	for range 2 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			d := testserver.Samba(t)
			ca, err := os.ReadFile(d.CAFile)
			if err != nil {
				t.Fatal(err)
			}
			roots := x509.NewCertPool()
			roots.AppendCertsFromPEM(ca)
			conn, err := ldap.DialURL(d.TLSURL, ldap.DialWithTLSConfig(&tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			if err := conn.Bind(d.BindDN, d.Password); err != nil {
				t.Errorf("bind over ldaps: %v", err)
			}
		})
	}
}
