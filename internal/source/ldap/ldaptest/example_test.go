package ldaptest_test

import (
	"fmt"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"muster/internal/source/ldap/ldaptest"
)

// A server is started from LDIF, changed from Go, and told to misbehave.
func Example() {
	s, err := ldaptest.Start(ldaptest.Config{Flavor: ldaptest.OpenLDAP, LDIF: strings.NewReader(`dn: dc=corp,dc=example
objectClass: domain

dn: uid=anna,dc=corp,dc=example
objectClass: inetOrgPerson
cn: Anna Ek
sn: Ek
`)})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	count := func() string {
		conn, err := ldap.DialURL(s.URL())
		if err != nil {
			return err.Error()
		}
		defer func() { _ = conn.Close() }()
		found, err := conn.Search(ldap.NewSearchRequest(s.Base(), ldap.ScopeWholeSubtree, 0, 0, 0, false, "(objectClass=person)", nil, nil))
		return fmt.Sprint(len(found.Entries), " people, error: ", err)
	}

	fmt.Println(count())
	if err := s.Add(ldaptest.NewEntry("uid=ben,dc=corp,dc=example", "objectClass", "inetOrgPerson", "cn", "Ben Ito", "sn", "Ito")); err != nil {
		fmt.Println(err)
	}
	fmt.Println(count())
	s.Set(ldaptest.Faults{Empty: true})
	fmt.Println(count())
	s.Set(ldaptest.Faults{SizeLimit: 1})
	fmt.Println(count())
	// Output:
	// 1 people, error: <nil>
	// 2 people, error: <nil>
	// 0 people, error: <nil>
	// 1 people, error: LDAP Result Code 4 "Size Limit Exceeded": size limit exceeded
}
