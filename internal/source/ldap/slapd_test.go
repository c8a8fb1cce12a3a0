package ldap_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	ldapv3 "github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"muster/internal/secret"
	"muster/internal/source"
	"muster/internal/source/ldap"
	"muster/internal/source/sourcetest"
	"muster/internal/testserver"
)

const slapdBase = "dc=corp,dc=example"

// company is a small directory in the manner of OpenLDAP.
func company() string {
	var b strings.Builder
	unit := func(name string) {
		fmt.Fprintf(&b, "dn: ou=%s,%s\nobjectClass: organizationalUnit\nou: %s\n\n", name, slapdBase, name)
	}
	person := func(dn, uid, more string) {
		fmt.Fprintf(&b, "dn: %s\nobjectClass: inetOrgPerson\nuid: %s\ncn: %s\nsn: %s\nmail: %s@example.com\nuserPassword: secret-%s\n%s\n", dn, uid, uid, uid, uid,
			uid, more)
	}
	for _, u := range []string{"People", "Groups", "Service", "Elsewhere"} {
		unit(u)
	}
	person("uid=muster,ou=Service,"+slapdBase, "muster", "")
	for uid, manager := range map[string]string{ // whoever is named comes before or after, outside, or not at all
		"anna": "manager: uid=ben,ou=People," + slapdBase + "\n", "ben": "manager: uid=guest,ou=Elsewhere," + slapdBase + "\n",
		"cleo": `manager: UID=O'Neil\2C D\2BX, OU=People, ` + slapdBase + "\n",
	} {
		person("uid="+uid+",ou=People,"+slapdBase, uid, manager)
	}
	person(`uid=o'neil\, d\+x,ou=People,`+slapdBase, "o'neil, d+x", "manager: uid=gone,ou=People,"+slapdBase+"\n")
	person("uid=leaver,ou=People,"+slapdBase, "leaver", "employeeType: gone\n")
	person("uid=guest,ou=Elsewhere,"+slapdBase, "guest", "")
	fmt.Fprintf(&b, `dn: cn=wiki,ou=Groups,%[1]s
objectClass: groupOfNames
cn: wiki
member: UID=Anna, OU=People, %[1]s
member: uid=o'neil\2C d\2Bx,ou=people,%[1]s
member: cn=staff,ou=Groups,%[1]s
member: uid=guest,ou=Elsewhere,%[1]s

dn: cn=staff,ou=Groups,%[1]s
objectClass: groupOfUniqueNames
cn: staff
uniqueMember: uid=ben,ou=People,%[1]s#'0101'B
uniqueMember: cn=wiki,ou=Groups,%[1]s

dn: cn=unix,ou=Groups,%[1]s
objectClass: posixGroup
cn: unix
gidNumber: 500
memberUid: cleo
memberUid: anna

`, slapdBase)
	return b.String()
}

func slapdConfig(s *testserver.Slapd) ldap.Config {
	return ldap.Config{
		Name: "corp", Servers: []string{s.URL}, Bind: "uid=muster,ou=Service," + slapdBase, Password: secret.New("secret-muster"),
		Canary:         "uid=muster,ou=Service," + slapdBase,
		People:         []ldap.Area{{Base: "people", DN: "ou=People," + slapdBase}},
		Groups:         []ldap.Area{{Base: "groups", DN: "ou=Groups," + slapdBase}},
		DisabledFilter: "(employeeType=gone)", References: []string{"Manager"},
	}
}

func open(t *testing.T, cfg ldap.Config) *ldap.Source {
	t.Helper()
	s, err := ldap.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func uuid(s *testserver.Slapd, dn string) source.Key {
	return source.Key(s.Entry(dn, "entryUUID").GetAttributeValue("entryUUID"))
}

func keys(ks ...source.Key) map[source.Key]struct{} {
	out := map[source.Key]struct{}{}
	for _, k := range ks {
		out[k] = struct{}{}
	}
	return out
}

func TestSuiteOnSlapd(t *testing.T) {
	t.Parallel()
	s := testserver.StartSlapd(t, testserver.SlapdOptions{LDIF: company()})
	key := func(rdn string) source.Key { return uuid(s, rdn+","+slapdBase) }
	f := sourcetest.Fixture{
		Bases: []source.Base{"people", "groups"}, Absent: "00000000-0000-1000-8000-000000000000",
		People: map[source.Key]string{}, Groups: map[source.Key]string{},
	}
	conn := s.Conn()
	for kind, into := range map[string]map[source.Key]string{"People": f.People, "Groups": f.Groups} {
		res, err := conn.Search(ldapv3.NewSearchRequest("ou="+kind+","+slapdBase, ldapv3.ScopeSingleLevel, 0, 0, 0, false, "(objectClass=*)", []string{"entryUUID"}, nil))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range res.Entries {
			into[source.Key(e.GetAttributeValue("entryUUID"))] = e.DN
		}
	}
	wiki, staff, unix := key("cn=wiki,ou=Groups"), key("cn=staff,ou=Groups"), key("cn=unix,ou=Groups")
	anna, ben, cleo, odd := key("uid=anna,ou=People"), key("uid=ben,ou=People"), key("uid=cleo,ou=People"), key(`uid=o'neil\, d\+x,ou=People`)
	f.Members = map[source.Key]map[source.Key]struct{}{wiki: keys(anna, odd, staff), staff: keys(ben, wiki), unix: keys(anna, cleo)}
	f.Refers = map[string][]source.Key{ // nothing is stated of who names somebody who is not there: it may be hidden
		string(anna) + " manager": {ben}, string(ben) + " manager": nil, string(cleo) + " manager": {odd}, string(key("uid=leaver,ou=People")) + " manager": nil,
	}
	wantPlaces(t, slapdConfig(s), "uid=muster,ou=Service,"+slapdBase,
		source.Place{DN: slapdBase, People: 7, Groups: 3}, source.Place{DN: "ou=Elsewhere," + slapdBase, Depth: 1, People: 1}, source.Place{DN: "ou=Groups," + slapdBase, Depth: 1, Groups: 3},
		source.Place{DN: "ou=People," + slapdBase, Depth: 1, People: 5}, source.Place{DN: "ou=Service," + slapdBase, Depth: 1, People: 1})
	sourcetest.Run(t, func(t *testing.T) sourcetest.Fixture {
		f.Source = open(t, slapdConfig(s))
		f.Broken = func(t *testing.T) (source.Source, string) {
			cfg := slapdConfig(s)
			cfg.Password = secret.New("wrong")
			return open(t, cfg), "bind"
		}
		return f
	})
}

// wantPlaces demands what a survey of a directory finds.
func wantPlaces(t *testing.T, cfg ldap.Config, account string, want ...source.Place) {
	t.Helper()
	rep, err := ldap.Survey(t.Context(), cfg)
	if diff := cmp.Diff(want, rep.Places); err != nil || diff != "" || rep.Account != account {
		t.Errorf("%v; the account is at %q; places (-want +got):\n%s", err, rep.Account, diff)
	}
	cfg.Password = secret.New("wrong")
	if inc := (*source.Incomplete)(nil); !errors.As(second(ldap.Survey(t.Context(), cfg)), &inc) || inc.Code != "bind" {
		t.Errorf("with a wrong password: %v", inc)
	}
}

func second[A, B any](_ A, b B) B { return b }

// wantIncomplete pulls and demands a fault with the code, a text to act on, and no complete base.
func wantIncomplete(t *testing.T, s source.Source, code string) sourcetest.Read {
	t.Helper()
	r, err := sourcetest.Pull(t, s)
	var inc *source.Incomplete
	if !errors.As(err, &inc) || inc.Code != code {
		t.Errorf("Pull: %v, want an Incomplete with the code %s", err, code)
	} else if inc.What == "" || inc.Fix == "" {
		t.Errorf("an Incomplete without what or fix: %+v", *inc)
	}
	if len(r.Complete) > 0 {
		t.Errorf("bases %v came complete", r.Complete)
	}
	return r
}

func TestFaultsOnSlapd(t *testing.T) {
	t.Parallel()
	s := testserver.StartSlapd(t, testserver.SlapdOptions{LDIF: company(), SizeLimit: 2, TLS: true})
	tests := []struct {
		name, code string
		change     func(*ldap.Config)
	}{
		{"wrong password", "bind", func(c *ldap.Config) { c.Password = secret.New("nope") }},
		{"no such account", "bind", func(c *ldap.Config) { c.Bind = "uid=nobody," + slapdBase }},
		{"nobody listens", "connect", func(c *ldap.Config) { c.Servers = []string{"ldap://127.0.0.1:1"} }},
		{"wrong base", "base", func(c *ldap.Config) { c.People[0].DN = "ou=Peolpe," + slapdBase }},
		{"base of another server", "base", func(c *ldap.Config) { c.People[0].DN = "dc=other,dc=example" }},
		{"filter that matches nobody", "empty", func(c *ldap.Config) { c.People[0].Filter = "(uid=nobody)" }},
		{"second base empty", "empty", func(c *ldap.Config) {
			c.People = append(c.People, ldap.Area{Base: "people2", DN: "ou=Elsewhere," + slapdBase, Filter: "(uid=nobody)"})
		}},
		{"canary not there", "canary", func(c *ldap.Config) { c.Canary = "uid=canary," + slapdBase }},
		{"no such id attribute", "attribute", func(c *ldap.Config) { c.IDAttribute = "employeeNumber" }},
		{"id attribute not unique", "attribute", func(c *ldap.Config) { c.IDAttribute = "objectClass" }},
		{"TLS with an unknown authority", "tls", func(c *ldap.Config) { c.Servers = []string{s.TLSURL} }},
		{"StartTLS with an unknown authority", "tls", func(c *ldap.Config) { c.StartTLS = true }},
		{"authority file missing", "tls", func(c *ldap.Config) { c.StartTLS, c.CAFile = true, "testdata/none.pem" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := slapdConfig(s)
			tt.change(&cfg)
			wantIncomplete(t, open(t, cfg), tt.code)
		})
	}
}
