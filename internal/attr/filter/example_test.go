package filter_test

import (
	"fmt"

	"muster/internal/attr/filter"
)

func ExampleParseLDAP() {
	f, err := filter.ParseLDAP("(&(objectClass=person)(|(department=IT)(memberOf=CN=Staff,DC=example,DC=com)))")
	if err != nil {
		fmt.Println(err)
		return
	}
	entry := map[string][]string{"objectclass": {"top", "Person"}, "memberof": {"cn=staff, dc=example, dc=com"}}
	fmt.Println(f.Match(func(name string) []string { return entry[name] }))
	fmt.Println("to be asked for:", f.Names())
	// Output:
	// true
	// to be asked for: [department memberof objectclass]
}

func ExampleParseLDAP_mistake() {
	_, err := filter.ParseLDAP("(&(objectClass=person)(department))")
	fmt.Println(err)
	// Output:
	// LDAP filter, position 34: ')' after the attribute name "department"; allowed: (name=value), (name=*), (name=a*b), (name>=value), (name<=value), (name~=value), (name:rule:=value)
}

func ExampleParseSCIM() {
	f, err := filter.ParseSCIM(`emails[type eq "work"].value ew "@example.com" and not (active eq false)`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f)
	fmt.Println(f.MatchResource(map[string]any{
		"userName": "ada", "active": true,
		"emails": []any{map[string]any{"type": "work", "value": "ada@example.com"}},
	}, nil))
	// Output:
	// emails[type eq "work" and value ew "@example.com"] and not (active eq false)
	// true
}

func ExampleSameDN() {
	fmt.Println(filter.SameDN(`CN=Lovelace\, Ada, OU=People, DC=example`, `cn="Lovelace, Ada",ou=people,dc=example`))
	// Output: true
}
