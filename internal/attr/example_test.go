package attr_test

import (
	"fmt"

	"muster/internal/attr"
)

func ExampleParsePath() {
	p, err := attr.ParsePath(` emails[ type EQ "work" ].value `)
	fmt.Println(p, err)
	_, err = attr.ParsePath("emails[type eq work].value")
	fmt.Println(err)
	// Output:
	// emails[type eq "work"].value <nil>
	// path "emails[type eq work].value": the value in [type eq work] must stand in double quotes
}

func ExampleSplit() {
	p, err := attr.Split("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName")
	fmt.Println(p.URN, p.Name, p.Sub, err)
	// Output: urn:ietf:params:scim:schemas:extension:enterprise:2.0:User manager displayName <nil>
}

func ExampleDiff() {
	have := attr.Set{"userName": {"ada"}, "title": {"Countess"}, "groups": {"b", "a"}}
	want := attr.Set{"userName": {"ada"}, "title": {}, "nickName": {"Ada"}, "groups": {"a", "b"}}
	for _, c := range attr.Diff(have, want) {
		fmt.Printf("%s: %q → %q\n", c.Path, c.Old, c.New)
	}
	// Output:
	// nickName: [] → ["Ada"]
	// title: ["Countess"] → []
}

func ExampleValues_Equal() {
	fmt.Println(attr.Values{"a", "b"}.Equal(attr.Values{"b", "a", "a"}), attr.Values{""}.Equal(nil), attr.Values{"a"}.Equal(attr.Values{"A"}))
	// Output: true true false
}
