package ldaptest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"muster/internal/source/ldap/ldaptest"
	"muster/internal/testserver"
)

const openCorp = `dn: dc=corp,dc=example
objectClass: dcObject
objectClass: organization
dc: corp
o: Corp

dn: ou=People,dc=corp,dc=example
objectClass: organizationalUnit
ou: People

dn: uid=anna,ou=People,dc=corp,dc=example
objectClass: inetOrgPerson
uid: anna
cn: Anna  Ek
sn: Ek
mail: Anna@example.com
employeeNumber: 12
telephoneNumber: +46 8 123

dn: uid=åsa,ou=People,dc=corp,dc=example
objectClass: inetOrgPerson
uid: åsa
cn: Åsa (HR)
cn: Asa
sn: Öberg
manager: uid=anna,ou=People,dc=corp,dc=example

dn: cn=wiki,dc=corp,dc=example
objectClass: groupOfNames
cn: wiki
member: uid=anna,ou=People,dc=corp,dc=example
member: uid=gone,ou=People,dc=corp,dc=example
`

// dns returns the normalized names that a search finds, sorted, or the result code.
func dns(conn *ldap.Conn, r *ldap.SearchRequest) (list []string, code uint16) {
	found, err := conn.Search(r)
	if err != nil {
		for code := range uint16(100) {
			if ldap.IsErrorWithCode(err, code) {
				return nil, code
			}
		}
		return nil, anyCode
	}
	for _, e := range found.Entries {
		list = append(list, strings.ToLower(e.DN))
	}
	slices.Sort(list)
	return list, 0
}

// Our server and the real one give the same answers to the same questions.
func TestSameAnswersAsOpenLDAP(t *testing.T) {
	t.Parallel()
	realServer := testserver.StartSlapd(t, testserver.SlapdOptions{LDIF: openCorp})
	real, own := realServer.Conn(), dial(t, ldaptest.NewServer(t, openCorp, openLDAP))
	for _, filter := range []string{
		"(objectClass=*)", "(objectClass=person)", "(objectClass=INETORGPERSON)", "(cn=anna ek)", "(cn=Anna   Ek)", "(cn=*a*)", "(cn=a*k)", "(cn=*ek)", "(cn=åsa*)",
		`(cn=\c3\85sa \28hr\29)`, "(mail=anna@EXAMPLE.com)", "(!(mail=*))", "(&(objectClass=person)(!(mail=anna@example.com)))", "(|(uid=anna)(uid=åsa))",
		"(member=uid=ANNA, ou=people,dc=corp,dc=example)", "(member=uid=gone,ou=People,dc=corp,dc=example)", "(manager=uid=anna,ou=People,dc=corp,dc=example)",
		"(manager=not a dn)", "(!(manager=not a dn))", "(ou:dn:=people)", "(cn:caseExactMatch:=wiki)", "(cn:caseExactMatch:=WIKI)", "(&)", "(|)", "(createTimestamp>=20000101000000Z)", "(createTimestamp<=20000101000000Z)",
		"(uid=)", "(entryDN=uid=anna,ou=people,dc=corp,dc=example)", "(userPassword=*)",
	} {
		for scope := range 3 {
			for _, base := range []string{"dc=corp,dc=example", "OU=people, dc=corp,dc=example", "ou=nowhere,dc=corp,dc=example"} {
				want, wantCode := dns(real, request(base, scope, filter, "1.1"))
				got, gotCode := dns(own, request(base, scope, filter, "1.1"))
				if diff := cmp.Diff(want, got); diff != "" || wantCode != gotCode {
					t.Errorf("%s at %s scope %d: result %d, OpenLDAP %d (-OpenLDAP +ours):\n%s", filter, base, scope, gotCode, wantCode, diff)
				}
			}
		}
	}
}

func TestSameAnswersAsSamba(t *testing.T) {
	t.Parallel()
	d := testserver.Samba(t)
	s := ldaptest.NewServer(t, "dn: OU=Corp,DC=corp,DC=example\nobjectClass: organizationalUnit\n\ndn: CN=muster,DC=corp,DC=example\nobjectClass: user\nuserPrincipalName: muster@corp.example\nuserPassword: secret\n")
	for _, e := range []ldaptest.Entry{
		ldaptest.NewEntry("OU=People,OU=Corp,DC=corp,DC=example", "objectClass", "organizationalUnit"),
		ldaptest.NewEntry("CN=Anna Ek,OU=People,OU=Corp,DC=corp,DC=example", "objectClass", "user", "sAMAccountName", "anna", "mail", "Anna@example.com", "userAccountControl", "544"),
		ldaptest.NewEntry("CN=Åsa,OU=People,OU=Corp,DC=corp,DC=example", "objectClass", "user", "sAMAccountName", "asa", "userAccountControl", "546", "manager", "CN=Anna Ek,OU=People,OU=Corp,DC=corp,DC=example"),
		ldaptest.NewEntry("CN=pc1,OU=Corp,DC=corp,DC=example", "objectClass", "computer", "sAMAccountName", "pc1$", "userAccountControl", "4128"),
		ldaptest.NewEntry("CN=Inner,OU=Corp,DC=corp,DC=example", "objectClass", "group", "sAMAccountName", "Inner", "member", "CN=Anna Ek,OU=People,OU=Corp,DC=corp,DC=example"),
		ldaptest.NewEntry("CN=Outer,OU=Corp,DC=corp,DC=example", "objectClass", "group", "sAMAccountName", "Outer", "member", "CN=Inner,OU=Corp,DC=corp,DC=example"),
	} {
		must(t, s.Add(e))
		attributes := map[string][]string{}
		for _, a := range e.Attributes {
			attributes[a.Name] = a.Values
		}
		if e.DN == "OU=People,OU=Corp,DC=corp,DC=example" {
			d.AddOU("Corp", "")
		}
		d.Add(e.DN, attributes)
	}
	real, own := d.Conn(), bound(t, s)
	for _, filter := range []string{
		"(objectClass=*)", "(&(objectCategory=person)(objectClass=user))", "(objectClass=user)", "(objectCategory=computer)", "(objectCategory=group)", "(objectCategory=user)",
		"(objectCategory=CN=Person,CN=Schema,CN=Configuration,DC=corp,DC=example)", "(userAccountControl:1.2.840.113556.1.4.803:=2)", "(userAccountControl:1.2.840.113556.1.4.804:=3)",
		"(!(userAccountControl:1.2.840.113556.1.4.803:=2))", "(sAMAccountName=ANNA)", "(mail=anna@example.com)", "(!(mail=*))", "(cn=åsa)", "(name=a*)",
		"(memberOf=cn=inner,ou=corp,dc=corp,dc=example)", "(memberOf:1.2.840.113556.1.4.1941:=CN=Outer,OU=Corp,DC=corp,DC=example)",
		"(member:1.2.840.113556.1.4.1941:=CN=Anna Ek,OU=People,OU=Corp,DC=corp,DC=example)", "(member=*)", "(primaryGroupID=513)", "(primaryGroupID=515)", "(accountExpires>=1)",
		"(distinguishedName=CN=anna ek,OU=People,OU=Corp,DC=corp,DC=example)", "(groupType:1.2.840.113556.1.4.803:=2147483648)", "(isDeleted=TRUE)",
	} {
		for scope := range 3 {
			want, wantCode := dns(real, request("OU=Corp,DC=corp,DC=example", scope, filter, "1.1"))
			got, gotCode := dns(own, request("OU=Corp,DC=corp,DC=example", scope, filter, "1.1"))
			if diff := cmp.Diff(want, got); diff != "" || wantCode != gotCode {
				t.Errorf("%s scope %d: result %d, Samba %d (-Samba +ours):\n%s", filter, scope, gotCode, wantCode, diff)
			}
		}
	}
}
