package scim_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/attr"
	"muster/internal/scim"
)

func ExampleAssign() {
	r := scim.Resource{"schemas": []any{scim.UserURN}}
	for _, a := range []struct {
		path  attr.Path
		value string
	}{
		{"userName", "anna"},
		{"name.givenName", "Anna"},
		{`emails[type eq "work"].value`, "anna@example.com"},
		{`emails[type eq "work"].primary`, "true"},
		{scim.EnterpriseURN + ":department", "R&D"},
	} {
		if err := scim.Assign(r, a.path, attr.Values{a.value}); err != nil {
			fmt.Println(err)
		}
	}
	delete(r, "schemas")
	for _, p := range scim.Attrs(r).Paths() {
		fmt.Println(p, "=", scim.Attrs(r).First(p))
	}
	// Output:
	// emails.value = anna@example.com
	// emails[primary eq "true"].type = work
	// emails[primary eq "true"].value = anna@example.com
	// emails[type eq "work"].primary = true
	// emails[type eq "work"].value = anna@example.com
	// name.givenName = Anna
	// urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department = R&D
	// userName = anna
}

func TestCanonical(t *testing.T) {
	for in, want := range map[attr.Path]attr.Path{
		"username":            "userName",
		"NAME.GIVENNAME":      "name.givenName",
		"emails":              "emails.value",
		`Emails[Type eq "w"]`: `emails[type eq "w"].value`,
		"urn:ietf:params:scim:schemas:core:2.0:User:userName":                      "userName",
		"URN:IETF:params:scim:schemas:extension:enterprise:2.0:user:Manager":       scim.EnterpriseURN + ":manager.value",
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value": scim.EnterpriseURN + ":manager.value",
		"urn:ietf:params:scim:schemas:extension:acme:2.0:User:badge":               "urn:ietf:params:scim:schemas:extension:acme:2.0:User:badge",
		"costume": "costume",
	} {
		got, err := scim.Canonical(in)
		if err != nil || got != want {
			t.Errorf("Canonical(%s) = %s, %v; want %s", in, got, err, want)
		}
	}
	for _, bad := range []attr.Path{"", "name", "name.nick", "userName.x", `userName[type eq "x"]`, `name[type eq "x"].givenName`, "emails[", "addresses"} {
		if got, err := scim.Canonical(bad); err == nil {
			t.Errorf("Canonical(%s) = %s, want an error", bad, got)
		}
	}
}

func TestAssign(t *testing.T) {
	const two = `{"emails":[{"type":"work","value":"w","display":"W"},{"type":"home","value":"h","primary":true}]}`
	for _, c := range []struct {
		name, on, path string
		values         attr.Values
		want           string
	}{
		{"text", `{}`, "title", attr.Values{"CTO"}, `{"title":"CTO"}`},
		{"text in another case", `{"Title":"x"}`, "title", attr.Values{"CTO"}, `{"title":"CTO"}`},
		{"boolean", `{}`, "active", attr.Values{"false"}, `{"active":false}`},
		{"cleared", `{"title":"x"}`, "title", nil, `{}`},
		{"cleared by empty text", `{"title":"x"}`, "title", attr.Values{""}, `{}`},
		{"part", `{"name":{"familyName":"Berg"}}`, "name.givenName", attr.Values{"Anna"}, `{"name":{"familyName":"Berg","givenName":"Anna"}}`},
		{"last part cleared", `{"name":{"givenName":"Anna"}}`, "name.givenName", nil, `{}`},
		{"element new", two, `emails[type eq "other"].value`, attr.Values{"o"}, `{"emails":[{"type":"work","value":"w","display":"W"},{"type":"home","value":"h","primary":true},{"type":"other","value":"o"}]}`},
		{"element changed", two, `emails[type eq "work"].value`, attr.Values{"x"}, `{"emails":[{"type":"work","value":"x"},{"type":"home","value":"h","primary":true}]}`},
		{"element same", two, `emails[type eq "work"].value`, attr.Values{"w"}, two},
		{"element gone", two, `emails[type eq "work"].value`, nil, `{"emails":[{"type":"home","value":"h","primary":true}]}`},
		{"element by primary", two, `emails[primary eq "true"].value`, attr.Values{"p"}, `{"emails":[{"type":"work","value":"w","display":"W"},{"type":"home","value":"p","primary":true}]}`},
		{"element by primary, new", `{}`, `emails[primary eq "true"].value`, attr.Values{"p"}, `{"emails":[{"value":"p","primary":true}]}`},
		{"primary moves", two, `emails[type eq "work"].primary`, attr.Values{"true"}, `{"emails":[{"type":"work","value":"w","display":"W","primary":true},{"type":"home","value":"h","primary":false}]}`},
		{"part of an element", two, `emails[type eq "home"].display`, attr.Values{"H"}, `{"emails":[{"type":"work","value":"w","display":"W"},{"type":"home","value":"h","primary":true,"display":"H"}]}`},
		{"part of an element gone", two, `emails[type eq "work"].display`, nil, `{"emails":[{"type":"work","value":"w"},{"type":"home","value":"h","primary":true}]}`},
		{"two of one type", `{}`, `phoneNumbers[type eq "work"].value`, attr.Values{"1", "2"}, `{"phoneNumbers":[{"type":"work","value":"1"},{"type":"work","value":"2"}]}`},
		{"all values", two, "emails", attr.Values{"h", "n"}, `{"emails":[{"type":"home","value":"h","primary":true},{"type":"work","value":"n"}]}`},
		{"address", `{}`, `addresses[type eq "work"].locality`, attr.Values{"Köln"}, `{"addresses":[{"type":"work","locality":"Köln"}]}`},
		{"extension", `{"schemas":["` + scim.UserURN + `"]}`, scim.EnterpriseURN + ":department", attr.Values{"Ops"}, `{"schemas":["` + scim.UserURN + `","` + scim.EnterpriseURN + `"],"` + scim.EnterpriseURN + `":{"department":"Ops"}}`},
		{"extension cleared", `{"schemas":["` + scim.UserURN + `","` + scim.EnterpriseURN + `"],"` + scim.EnterpriseURN + `":{"department":"Ops"}}`, scim.EnterpriseURN + ":department", nil, `{"schemas":["` + scim.UserURN + `"]}`},
		{"manager", `{}`, scim.EnterpriseURN + ":manager", attr.Values{"9"}, `{"schemas":["` + scim.EnterpriseURN + `"],"` + scim.EnterpriseURN + `":{"manager":{"value":"9"}}}`},
		{"several simple values", `{}`, "skills", attr.Values{"a", "b"}, `{"skills":["a","b"]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, before := parse(t, c.on), parse(t, c.on)
			shallow := scim.Resource{}
			maps.Copy(shallow, r)
			if err := scim.Assign(shallow, attr.Path(c.path), c.values); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(plain(t, parse(t, c.want)), plain(t, shallow)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if !reflect.DeepEqual(r, before) {
				t.Errorf("Assign changed objects within its argument: %v", r)
			}
		})
	}
}

func TestAssignRefuses(t *testing.T) {
	for path, v := range map[attr.Path]attr.Values{
		"name":                               {"x"},
		"emails.type":                        {"x"},
		`emails[type eq "work"].display`:     {"x", "y"},
		"name.givenName":                     {"x", "y"},
		"userName":                           {"x", "y"},
		"active":                             {"maybe"},
		`emails[type eq "work"].primary`:     {"maybe"},
		scim.EnterpriseURN + ":department.x": {"x"},
	} {
		if err := scim.Assign(scim.Resource{}, path, v); err == nil {
			t.Errorf("Assign of %q at %s: no error", v, path)
		}
	}
}

func TestAttrs(t *testing.T) {
	r := parse(t, `{"schemas":["x"],"id":"1","meta":{"version":"1"},"active":true,"groups":[{"value":"g"}],"members":[{"value":"m"}],"password":"p",
		"UserName":"anna","title":null,"nickName":"","age":41,"Name":{"FamilyName":"Berg"},
		"emails":[{"type":"work","value":"a"},{"type":"work","value":"b"},{"value":"c","primary":true}],
		"addresses":[{"type":"work","locality":"Köln"}],"skills":["x","y"],
		"`+scim.EnterpriseURN+`":{"manager":{"value":"9","$ref":"../9","displayName":"Bea"}}}`)
	want := attr.Set{
		"userName": {"anna"}, "age": {"41"}, "name.familyName": {"Berg"}, "skills": {"x", "y"},
		"emails.value": {"a", "b", "c"}, `emails[type eq "work"].value`: {"a", "b"}, `emails[primary eq "true"].value`: {"c"},
		`addresses[type eq "work"].locality`:  {"Köln"},
		scim.EnterpriseURN + ":manager.value": {"9"}, scim.EnterpriseURN + ":manager.displayName": {"Bea"},
	}
	if d := cmp.Diff(want, scim.Attrs(r)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for p, v := range want {
		if got := scim.Values(r, p); !got.Equal(v) {
			t.Errorf("Values at %s are %q, want %q", p, got, v)
		}
	}
}

// FuzzAssign checks that what is assigned at any path is there, and that Attrs tells the same.
func FuzzAssign(f *testing.F) {
	f.Add(anna, `emails[type eq "work"].value`, "x")
	f.Add(anna, "title", "x")
	f.Add(anna, "emails", "x")
	f.Add(`{"emails":[1,null,{"value":[]}]}`, `emails[primary eq "true"].value`, "")
	f.Add(`{"urn:x:y":3}`, "urn:x:y:z.a", "v")
	f.Fuzz(func(t *testing.T, on, path, v string) {
		var r scim.Resource
		if json.Unmarshal([]byte(on), &r) != nil || r == nil {
			return
		}
		p, err := scim.Canonical(attr.Path(path))
		if err != nil || strings.Contains(path, "\x00") {
			return
		}
		if again, err := scim.Canonical(p); err != nil || again != p {
			t.Fatalf("Canonical(%s) = %s, %v", p, again, err)
		}
		if scim.Assign(r, p, attr.Values{v}) != nil {
			return
		}
		if got := scim.Values(r, p); !got.Equal(attr.Values{v}) {
			t.Fatalf("assigned %q at %s, there is %q in %v", v, p, got, r)
		}
		scim.Attrs(r)
	})
}
