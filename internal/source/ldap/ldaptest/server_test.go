package ldaptest_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"muster/internal/source/ldap/ldaptest"
)

const corp = `dn: OU=People,DC=corp,DC=example
objectClass: organizationalUnit

dn: OU=Groups,DC=corp,DC=example
objectClass: organizationalUnit

dn: CN=muster,OU=People,DC=corp,DC=example
objectClass: user
sAMAccountName: muster
userPrincipalName: muster@corp.example
userPassword: secret

dn: CN=Anna Ek,OU=People,DC=corp,DC=example
objectClass: user
sAMAccountName: anna
mail: anna@corp.example
title: Engineer

dn: CN=Ben Ito,OU=People,DC=corp,DC=example
objectClass: user
sAMAccountName: ben
userAccountControl: 514
userPassword: secret-ben
manager: CN=Anna Ek,OU=People,DC=corp,DC=example

dn: CN=Inner,OU=Groups,DC=corp,DC=example
objectClass: group
member: CN=Anna Ek,OU=People,DC=corp,DC=example
member: CN=Ben Ito,OU=People,DC=corp,DC=example

dn: CN=Outer,OU=Groups,DC=corp,DC=example
objectClass: group
member: CN=Inner,OU=Groups,DC=corp,DC=example
`

const anna = "CN=Anna Ek,OU=People,DC=corp,DC=example"

func dial(t *testing.T, s *ldaptest.Server) *ldap.Conn {
	t.Helper()
	conn, err := ldap.DialURL(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	conn.SetTimeout(20 * time.Second)
	return conn
}

func bound(t *testing.T, s *ldaptest.Server) *ldap.Conn {
	t.Helper()
	conn := dial(t, s)
	if err := conn.Bind("muster@corp.example", "secret"); err != nil {
		t.Fatal(err)
	}
	return conn
}

func request(base string, scope int, filter string, attributes ...string) *ldap.SearchRequest {
	return ldap.NewSearchRequest(base, scope, ldap.NeverDerefAliases, 0, 0, false, filter, attributes, nil)
}

func search(t *testing.T, conn *ldap.Conn, filter string, attributes ...string) []*ldap.Entry {
	t.Helper()
	found, err := conn.Search(request("DC=corp,DC=example", ldap.ScopeWholeSubtree, filter, attributes...))
	if err != nil {
		t.Fatalf("search %s: %v", filter, err)
	}
	return found.Entries
}

func rdns(entries []*ldap.Entry) []string {
	var list []string
	for _, e := range entries {
		rdn, _, _ := strings.Cut(e.DN, ",")
		list = append(list, rdn)
	}
	return list
}

func wantCode(t *testing.T, what string, err error, code uint16) {
	t.Helper()
	if !ldap.IsErrorWithCode(err, code) {
		t.Errorf("%s: got %v, want result %d", what, err, code)
	}
}

func TestBind(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, corp)
	conn := dial(t, s)
	wantCode(t, "search before bind", second(conn.Search(request(s.Base(), 2, "(cn=*)"))), ldap.LDAPResultOperationsError)
	for _, name := range []string{"cn=MUSTER, ou=people,dc=corp,dc=example", "Muster@corp.example", `CORP\muster`} {
		if err := conn.Bind(name, "secret"); err != nil {
			t.Errorf("bind as %s: %v", name, err)
		}
	}
	who, err := conn.WhoAmI(nil)
	if err != nil || who.AuthzID != "dn:CN=muster,OU=People,DC=corp,DC=example" {
		t.Errorf("WhoAmI %+v, %v", who, err)
	}
	wantCode(t, "wrong password", conn.Bind("muster@corp.example", "wrong"), ldap.LDAPResultInvalidCredentials)
	wantCode(t, "unknown name", conn.Bind("nobody@corp.example", "secret"), ldap.LDAPResultInvalidCredentials)
	disabled := conn.Bind("ben@corp.example", "secret-ben")
	wantCode(t, "disabled", disabled, ldap.LDAPResultInvalidCredentials)
	if !strings.Contains(disabled.Error(), "data 533") {
		t.Errorf("a disabled account is told %v, want AD's data 533", disabled)
	}
	_, err = conn.SimpleBind(&ldap.SimpleBindRequest{Username: "muster@corp.example", AllowEmptyPassword: true})
	wantCode(t, "empty password", err, ldap.LDAPResultUnwillingToPerform)
}

func second[T any](_ T, err error) error { return err }

func TestRootDSE(t *testing.T) {
	t.Parallel()
	ad := dial(t, ldaptest.NewServer(t, corp))
	found, err := ad.Search(request("", 0, "(objectClass=*)"))
	if err != nil {
		t.Fatal(err)
	}
	e := found.Entries[0]
	if e.GetAttributeValue("defaultNamingContext") != "DC=corp,DC=example" || e.GetAttributeValues("supportedCapabilities")[0] != "1.2.840.113556.1.4.800" {
		t.Errorf("rootDSE of AD: %v", e.Attributes)
	}
	open := dial(t, ldaptest.NewServer(t, "", openLDAP))
	found, err = open.Search(request("", 0, "(objectClass=*)"))
	if err != nil {
		t.Fatal(err)
	}
	if got := found.Entries[0].GetAttributeValues("objectClass"); len(found.Entries[0].Attributes) != 1 || got[1] != "OpenLDAProotDSE" {
		t.Errorf("rootDSE of OpenLDAP without names: %v", found.Entries[0].Attributes)
	}
	found, err = open.Search(request("", 0, "(objectClass=*)", "+"))
	if err != nil || found.Entries[0].GetAttributeValue("namingContexts") == "" {
		t.Errorf("rootDSE of OpenLDAP with +: %v, %v", found, err)
	}
}

func openLDAP(c *ldaptest.Config) { c.Flavor = ldaptest.OpenLDAP }

func TestFilters(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, corp)
	conn := bound(t, s)
	e, err := s.Entry(anna)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string][]string{
		"(&(objectCategory=person)(objectClass=user))":                           {"CN=muster", "CN=Anna Ek", "CN=Ben Ito"},
		"(userAccountControl:1.2.840.113556.1.4.803:=2)":                         {"CN=Ben Ito"},
		"(&(objectClass=user)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))": {"CN=muster", "CN=Anna Ek"},
		"(userAccountControl:1.2.840.113556.1.4.804:=3)":                         {"CN=Ben Ito"},
		"(MAIL=ANNA@corp.example)":                                               {"CN=Anna Ek"},
		"(cn=a*a*k)":                                                             {"CN=Anna Ek"},
		"(cn=*n)":                                                                nil,
		"(cn=*itO)":                                                              {"CN=Ben Ito"},
		"(&(objectClass=user)(!(mail=*)))":                                       {"CN=muster", "CN=Ben Ito"},
		"(&(objectClass=group)(member=cn=anna ek,ou=PEOPLE,dc=corp,dc=example))":    {"CN=Inner"},
		"(memberOf=CN=Inner,OU=Groups,DC=corp,DC=example)":                          {"CN=Anna Ek", "CN=Ben Ito"},
		"(memberOf:1.2.840.113556.1.4.1941:=CN=Outer,OU=Groups,DC=corp,DC=example)": {"CN=Anna Ek", "CN=Ben Ito", "CN=Inner"},
		"(member:1.2.840.113556.1.4.1941:=CN=Ben Ito,OU=People,DC=corp,DC=example)": {"CN=Inner", "CN=Outer"},
		"(manager=CN=Anna Ek,OU=People,DC=corp,DC=example)":                         {"CN=Ben Ito"},
		"(distinguishedName=" + anna + ")":                                          {"CN=Anna Ek"},
		"(objectGUID=" + escaped(e.Get("objectGUID")) + ")":                         {"CN=Anna Ek"},
		"(objectGUID;binary=" + escaped(e.Get("objectGUID")) + ")":                  {"CN=Anna Ek"},
		"(|(objectGUID=" + escaped(e.Get("objectGUID")) + ")(sAMAccountName=BEN))":  {"CN=Anna Ek", "CN=Ben Ito"},
		"(&(userAccountControl>=513)(userAccountControl<=1000))":                    {"CN=Ben Ito"},
		"(userPassword=secret)":        nil,
		"(!(userPassword=secret))":     nil,
		"(ou:dn:=Groups)":              {"OU=Groups", "CN=Inner", "CN=Outer"},
		"(cn:caseExactMatch:=anna ek)": nil,
		"(title~=engineer)":            {"CN=Anna Ek"},
		`(cn=Anna\20Ek)`:               {"CN=Anna Ek"},
		"(&)":                          {"DC=corp", "OU=People", "OU=Groups", "CN=muster", "CN=Anna Ek", "CN=Ben Ito", "CN=Inner", "CN=Outer"},
		"(objectSid=" + "S-1-5-21-1004336348-1177238915-682003330" + ")": {"DC=corp"},
	}
	for filter, want := range tests {
		if diff := cmp.Diff(want, rdns(search(t, conn, filter, "cn"))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", filter, diff)
		}
	}
}

func escaped(raw string) string {
	var b strings.Builder
	for i := range len(raw) {
		fmt.Fprintf(&b, `\%02x`, raw[i])
	}
	return b.String()
}

func TestScopesAndBases(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, corp)
	conn := bound(t, s)
	e, _ := s.Entry(anna)
	tests := []struct {
		base  string
		scope int
		want  []string
	}{
		{"OU=Groups,DC=corp,DC=example", ldap.ScopeWholeSubtree, []string{"OU=Groups", "CN=Inner", "CN=Outer"}},
		{"ou=groups , dc=CORP,dc=example", ldap.ScopeSingleLevel, []string{"CN=Inner", "CN=Outer"}},
		{"OU=Groups,DC=corp,DC=example", ldap.ScopeBaseObject, []string{"OU=Groups"}},
		{"<GUID=" + ldaptest.GUID(e.Get("objectGUID")) + ">", ldap.ScopeBaseObject, []string{"CN=Anna Ek"}},
		{"<GUID=" + fmt.Sprintf("%x", e.Get("objectGUID")) + ">", ldap.ScopeBaseObject, []string{"CN=Anna Ek"}},
	}
	for _, tt := range tests {
		found, err := conn.Search(request(tt.base, tt.scope, "(objectClass=*)", "1.1"))
		if err != nil {
			t.Errorf("%s: %v", tt.base, err)
			continue
		}
		if diff := cmp.Diff(tt.want, rdns(found.Entries)); diff != "" {
			t.Errorf("%s scope %d (-want +got):\n%s", tt.base, tt.scope, diff)
		}
	}
	_, err := conn.Search(request("OU=Nowhere,DC=corp,DC=example", 2, "(cn=*)"))
	wantCode(t, "missing base", err, ldap.LDAPResultNoSuchObject)
	_, err = conn.Search(request("DC=other,DC=example", 2, "(cn=*)"))
	wantCode(t, "base of another server", err, ldap.LDAPResultReferral)
	_, err = conn.Search(request("no dn", 2, "(cn=*)"))
	wantCode(t, "base that is no DN", err, ldap.LDAPResultInvalidDNSyntax)
	found, err := conn.Search(request(s.Base(), 2, "(cn=Anna Ek)"))
	if err != nil || len(found.Referrals) != 3 {
		t.Errorf("search of the whole domain: %d continuation references, %v; want AD's three", len(found.Referrals), err)
	}
}

func TestAttributesAsEachProductShowsThem(t *testing.T) {
	t.Parallel()
	e := search(t, bound(t, ldaptest.NewServer(t, corp)), "(sAMAccountName=anna)")[0]
	for _, name := range []string{"objectGUID", "objectSid", "memberOf", "distinguishedName", "uSNChanged", "objectCategory", "userAccountControl", "name", "cn"} {
		if e.GetAttributeValue(name) == "" {
			t.Errorf("AD does not show %s", name)
		}
	}
	if diff := cmp.Diff([]string{"top", "person", "organizationalPerson", "user"}, e.GetAttributeValues("objectClass")); diff != "" {
		t.Errorf("objectClass (-want +got):\n%s", diff)
	}
	open := dial(t, ldaptest.NewServer(t, "dn: dc=corp,dc=example\nobjectClass: domain\n\ndn: uid=anna,dc=corp,dc=example\nobjectClass: inetOrgPerson\nsn: Ek\n", openLDAP))
	e = search(t, open, "(objectClass=person)")[0]
	if e.GetAttributeValue("entryUUID") != "" || e.GetAttributeValue("sn") != "Ek" {
		t.Errorf("OpenLDAP shows %v, want user attributes only", e.Attributes)
	}
	e = search(t, open, "(uid=anna)", "entryUUID")[0]
	if len(e.GetAttributeValue("entryUUID")) != 36 || e.GetAttributeValue("sn") != "" {
		t.Errorf("OpenLDAP shows %v, want entryUUID only", e.Attributes)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, corp, func(c *ldaptest.Config) { c.TLS = true })
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.CA())
	config := &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}
	secure, err := ldap.DialURL(s.TLSURL(), ldap.DialWithTLSConfig(config))
	if err != nil {
		t.Fatalf("ldaps: %v", err)
	}
	defer func() { _ = secure.Close() }()
	conn := dial(t, s)
	if err := conn.StartTLS(config); err != nil {
		t.Fatalf("StartTLS: %v", err)
	}
	for _, c := range []*ldap.Conn{secure, conn} {
		if err := c.Bind("muster@corp.example", "secret"); err != nil {
			t.Error(err)
		}
	}
	plain := dial(t, ldaptest.NewServer(t, corp))
	if err := plain.StartTLS(config); err == nil {
		t.Error("StartTLS succeeds on a server without TLS")
	}
}

func TestUnknownCriticalControl(t *testing.T) {
	t.Parallel()
	conn := bound(t, ldaptest.NewServer(t, corp))
	r := request("DC=corp,DC=example", 2, "(cn=*)")
	r.Controls = []ldap.Control{ldap.NewControlString("1.2.3.4", true, "")}
	wantCode(t, "critical", second(conn.Search(r)), ldap.LDAPResultUnavailableCriticalExtension)
	r.Controls = []ldap.Control{ldap.NewControlString("1.2.3.4", false, "")}
	if _, err := conn.Search(r); err != nil {
		t.Errorf("an unknown control that is not critical: %v", err)
	}
}

func TestCloseEndsConnections(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, corp)
	conn := bound(t, s)
	s.Close()
	s.Close()
	if _, err := conn.Search(request("DC=corp,DC=example", 2, "(cn=*)")); err == nil {
		t.Error("a closed server answers")
	}
	if _, err := ldap.DialURL(s.URL()); err == nil {
		t.Error("a closed server accepts connections")
	}
	if _, err := ldaptest.Start(ldaptest.Config{LDIF: strings.NewReader("dn: CN=x,OU=y,DC=z\nobjectClass: user\n")}); !errors.As(err, new(*ldap.Error)) {
		t.Errorf("an entry without a parent: %v", err)
	}
}
