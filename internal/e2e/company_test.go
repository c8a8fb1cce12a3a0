package e2e

import (
	"fmt"
	"maps"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"muster/internal/testserver"
)

// base is where the companies of the tests stand, on every server.
const base = "dc=corp,dc=example"

// A company is a directory with people, on one kind of server. DNs are alike on all: cn=Anna Ek,ou=People,… with the username in another attribute.
//
// Sixteen people work there. Twelve of them are in the group staff; the scope group wiki holds the group staff, and mia. wiki-editors and wiki-admins are
// groups to provision.
type company struct {
	*testserver.Directory

	t      *testing.T
	bind   string // the account by which Muster reads
	secret string
	more   string // lines of the source that this kind of server needs
	login  string // the attribute with the username
	hire   func(cn, username string, attributes map[string][]string)
	group  func(name string, members ...string)
	off    func(dn string, disabled bool)

	// enroll and withdraw change a membership on the person instead of on the group; nil where the server has no such thing.
	enroll, withdraw func(dn, groupName string)
}

// staff are who works there at first: given name, family name, username.
var staff = [][3]string{
	{"Anna", "Ek", "anna"},
	{"Ben", "Itō", "ben"},
	{"Cléo", "Dubois", "cleo"},
	{"Dan", "O'Neil", "dan"},
	{"Eva", "Müller", "eva"},
	{"Finn", "Grün", "finn"},
	{"Gia", "Rossi", "gia"},
	{"Hugo", "Łukasik", "hugo"},
	{"Ida", "Berg", "ida"},
	{"Jo", "王", "jo"},
	{"Kim", "Park", "kim"},
	{"Leo", "de la Cruz", "leo"},
	{"Mia", "Novak", "mia"},
	{"Nils", "Åberg", "nils"},
	{"Olga", "Petrova", "olga"},
	{"Paul", "Smith, Jr", "paul"},
}

func person(cn string) string { return "cn=" + ldap.EscapeDN(cn) + ",ou=People," + base }
func group(cn string) string  { return "cn=" + ldap.EscapeDN(cn) + ",ou=Groups," + base }

// dn is the DN of somebody who is there from the first day on.
func dn(username string) string {
	for _, p := range staff {
		if p[2] == username {
			return person(p[0] + " " + p[1])
		}
	}
	panic("nobody is called " + username)
}

// join hires a person, and puts them into groups.
func (c *company) join(given, family, username string, groups ...string) {
	c.t.Helper()
	c.hire(given+" "+family, username, map[string][]string{"givenName": {given}, "sn": {family}, "mail": {username + "@example.com"}})
	for _, g := range groups {
		c.AddMembers(group(g), person(given+" "+family))
	}
}

// found fills the directory.
func (c *company) found() {
	c.t.Helper()
	var all []string
	for _, p := range staff {
		c.join(p[0], p[1], p[2])
		all = append(all, dn(p[2]))
	}
	c.group("staff", all[:12]...)
	c.group("wiki", group("staff"), dn("mia"))
	c.group("wiki-editors", dn("anna"), dn("ben"), dn("cleo"), dn("paul"))
	c.group("wiki-admins", dn("dan"))
}

// onSlapd founds the company on an OpenLDAP server.
func onSlapd(t *testing.T, o testserver.SlapdOptions) (*company, *testserver.Slapd) {
	t.Helper()
	o.MemberOf = true
	s := testserver.StartSlapd(t, o)
	c := &company{Directory: &s.Directory, t: t, bind: "uid=muster,ou=Service," + base, secret: "secret-muster", login: "uid", more: `disabled_filter: "(employeeType=left)"`}
	c.hire = func(cn, username string, attributes map[string][]string) {
		attributes = maps.Clone(attributes)
		maps.Copy(attributes, map[string][]string{"objectClass": {"inetOrgPerson"}, "uid": {username}})
		s.Add(person(cn), attributes)
	}
	c.group = func(name string, members ...string) {
		if len(members) == 0 {
			members = []string{c.bind} // OpenLDAP has no empty groups, and whoever is in no base is no member
		}
		s.Add(group(name), map[string][]string{"objectClass": {"groupOfNames"}, "member": members})
	}
	c.off = func(dn string, disabled bool) {
		if disabled {
			s.Replace(dn, "employeeType", "left")
		} else {
			s.Replace(dn, "employeeType")
		}
	}
	for _, unit := range []string{"People", "Groups", "Service", "Left"} {
		s.Add("ou="+unit+","+base, map[string][]string{"objectClass": {"organizationalUnit"}})
	}
	s.Add(c.bind, map[string][]string{"objectClass": {"inetOrgPerson"}, "cn": {"Muster"}, "sn": {"Muster"}, "userPassword": {c.secret}})
	c.found()
	return c, s
}

// onSamba founds the company on an Active Directory domain controller.
func onSamba(t *testing.T) (*company, *testserver.DomainController) {
	t.Helper()
	s := testserver.Samba(t)
	c := &company{Directory: &s.Directory, t: t, bind: "muster@corp.example", secret: testserver.UserPassword, login: "sAMAccountName", off: s.SetDisabled}
	c.hire = func(cn, username string, attributes map[string][]string) {
		attributes = maps.Clone(attributes)
		maps.Copy(attributes, map[string][]string{"objectClass": {"user"}, "sAMAccountName": {username}, "userAccountControl": {"544"}}) // enabled; a password takes long to set
		s.Add(person(cn), attributes)
	}
	c.group = func(name string, members ...string) { s.AddGroup(name, "OU=Groups,"+s.Base, members...) }
	c.enroll = func(dn, name string) { // the group becomes the primary one, and no longer lists the person
		s.AddMembers(group(name), dn)
		s.Replace(dn, "primaryGroupID", s.Entry(group(name), "primaryGroupToken").GetAttributeValue("primaryGroupToken"))
	}
	c.withdraw = func(dn, name string) {
		s.Replace(dn, "primaryGroupID", domainUsers) // which lists the person again
		s.RemoveMembers(group(name), dn)
	}
	for _, unit := range []string{"People", "Groups", "Service", "Left"} {
		s.AddOU(unit, "")
	}
	s.AddUser("Muster", "muster", "OU=Service,"+s.Base, nil)
	c.found()
	return c, s
}

// domainUsers is the id of the group that is everybody's primary one.
const domainUsers = "513"

// source is the list of sources in YAML.
func (c *company) source() string {
	out := fmt.Sprintf(`sources:
  - name: corp
    type: ldap
    servers: [%q]
    bind: %q
    password: {file: ldap-password}
    canary: "ou=Service,%[3]s"
    people: {base: "ou=People,%[3]s"}
    groups: {base: "ou=Groups,%[3]s"}
    every: 24h
`, c.URL, c.bind, base)
	if c.more != "" {
		out += "    " + c.more + "\n"
	}
	return out
}

// wikiTarget is the list of targets in YAML.
const wikiTarget = `targets:
  - name: wiki
    type: scim
    mode: live
    settings: {url: "URL", token: {env: WIKI_TOKEN}}
    people:
      from: {group: "cn=wiki,ou=Groups,dc=corp,dc=example", nested: true}
      when_removed: disable
      attributes:
        userName: person.username
        name.givenName: person.givenName
        name.familyName: person.familyName
        'emails[type eq "work"].value': person.email
        title: {expr: source.corp.title, default: "-"}
    groups:
      from: {filter: "(cn=wiki-*)"}
      when_removed: delete
      attributes: {displayName: group.name}
`

// house is a house that reads this company.
func (c *company) house() *house {
	c.t.Helper()
	h := newHouse(c.t, c.source(), wikiTarget)
	h.write("ldap-password", c.secret+"\n")
	return h
}
