package testserver_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"muster/internal/testserver"
)

const people = `dn: ou=People,dc=corp,dc=example
objectClass: organizationalUnit
ou: People

dn: uid=anna,ou=People,dc=corp,dc=example
objectClass: inetOrgPerson
uid: anna
cn: Anna Ek
sn: Ek
userPassword: secret-anna

dn: uid=ben,ou=People,dc=corp,dc=example
objectClass: inetOrgPerson
uid: ben
cn: Ben Ito
sn: Ito

dn: cn=wiki,dc=corp,dc=example
objectClass: groupOfNames
cn: wiki
member: uid=anna,ou=People,dc=corp,dc=example
member: uid=ben,ou=People,dc=corp,dc=example
`

func TestSlapdServesItsContent(t *testing.T) {
	t.Parallel()
	s := testserver.StartSlapd(t, testserver.SlapdOptions{LDIF: people, MemberOf: true, TLS: true})
	id := s.Entry("uid=anna,ou=People,dc=corp,dc=example", "entryUUID").GetAttributeValue("entryUUID")
	s.Rename("uid=anna,ou=People,dc=corp,dc=example", "uid=anna.berg")
	if got := s.Entry("uid=anna.berg,ou=People,dc=corp,dc=example", "entryUUID").GetAttributeValue("entryUUID"); got != id || got == "" {
		t.Errorf("entryUUID is %q after the rename, was %q", got, id)
	}
	s.RemoveMembers("cn=wiki,dc=corp,dc=example", "uid=ben,ou=People,dc=corp,dc=example")
	s.Delete("uid=ben,ou=People,dc=corp,dc=example")
	s.Stop()
	s.Start()
	if got := s.Entry("cn=wiki,dc=corp,dc=example").GetAttributeValues("member"); len(got) != 1 {
		t.Errorf("members %q after a restart, want one", got)
	}
}

func TestSlapdOffersTLSWithItsOwnAuthority(t *testing.T) {
	t.Parallel()
	s := testserver.StartSlapd(t, testserver.SlapdOptions{TLS: true})
	ca, err := os.ReadFile(s.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	config := &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}
	secure, err := ldap.DialURL(s.TLSURL, ldap.DialWithTLSConfig(config))
	if err != nil {
		t.Fatalf("ldaps: %v", err)
	}
	defer func() { _ = secure.Close() }()
	plain, err := ldap.DialURL(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = plain.Close() }()
	if err := plain.StartTLS(config); err != nil {
		t.Errorf("StartTLS: %v", err)
	}
}

func TestSlapdLimitsAndHides(t *testing.T) {
	t.Parallel()
	s := testserver.StartSlapd(t, testserver.SlapdOptions{
		LDIF: people, SizeLimit: 2, Access: []string{`to dn.base="uid=ben,ou=People,dc=corp,dc=example" by * none`},
	})
	conn, err := ldap.DialURL(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.Bind("uid=anna,ou=People,dc=corp,dc=example", "secret-anna"); err != nil {
		t.Fatal(err)
	}
	search := func(filter string) (int, error) {
		found, err := conn.Search(ldap.NewSearchRequest(s.Base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, filter, nil, nil))
		return len(found.Entries), err
	}
	if n, err := search("(objectClass=inetOrgPerson)"); n != 1 || err != nil {
		t.Errorf("found %d people (%v), want only the one that the access rule leaves", n, err)
	}
	if n, err := search("(objectClass=*)"); n != 2 || !ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded) {
		t.Errorf("found %d entries (%v), want 2 and a size limit error", n, err)
	}
}
