package scim_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/scim"
)

const anna = `{
	"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
	"id": "1", "userName": "anna", "active": true, "title": "Engineer",
	"name": {"givenName": "Anna", "familyName": "Berg"},
	"emails": [{"type": "work", "value": "anna@example.com", "primary": true}, {"type": "home", "value": "anna@home.example.com"}],
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "R&D", "manager": {"value": "9", "displayName": "Bea"}}
}`

const group = `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "id": "7", "displayName": "Crew",
	"members": [{"value": "a", "display": "Anna"}, {"value": "b"}, {"value": "c"}]}`

const (
	ent     = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	entOnly = `["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]`
)

// Each case names what must differ from the resource before: attribute → JSON, or "null" for gone. All else must be as it was.
var patches = []struct {
	rule, name, on, ops string
	want                map[string]string
}{
	{"S-PA2", "op in any case", anna, `[{"op":"Replace","path":"title","value":"CTO"}]`, map[string]string{"title": `"CTO"`}},
	{"S-NC1", "names in any case", anna, `[{"op":"add","path":"TITLE","value":"CTO"}]`, map[string]string{"title": `"CTO"`}},
	{"S-NC3", "core URN", anna, `[{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User:name.givenName","value":"Ann"}]`, map[string]string{"name": `{"givenName":"Ann","familyName":"Berg"}`}},
	{"S-PA3", "sub-attribute", anna, `[{"op":"replace","path":"name.givenName","value":"Ann"}]`, map[string]string{"name": `{"givenName":"Ann","familyName":"Berg"}`}},
	{"S-PA3", "sub-attribute of what is not there", `{"id":"1","userName":"x"}`, `[{"op":"replace","path":"name.givenName","value":"Ann"}]`, map[string]string{"name": `{"givenName":"Ann"}`}},
	{"S-PA3", "filtered sub-attribute", anna, `[{"op":"replace","path":"emails[type eq \"work\"].value","value":"a@example.com"}]`, map[string]string{"emails": `[{"type":"work","value":"a@example.com","primary":true},{"type":"home","value":"anna@home.example.com"}]`}},
	{"S-PA3", "filter with and", anna, `[{"op":"remove","path":"emails[type eq \"home\" and value co \"home\"]"}]`, map[string]string{"emails": `[{"type":"work","value":"anna@example.com","primary":true}]`}},
	{"S-PA3", "filter on a boolean", anna, `[{"op":"replace","path":"emails[primary eq true].value","value":"a@example.com"}]`, map[string]string{"emails": `[{"type":"work","value":"a@example.com","primary":true},{"type":"home","value":"anna@home.example.com"}]`}},
	{"S-PA4", "no path", anna, `[{"op":"replace","value":{"title":"CTO","name":{"givenName":"Ann"}}}]`, map[string]string{"title": `"CTO"`, "name": `{"givenName":"Ann","familyName":"Berg"}`}},
	{"S-PA4", "no path, flat keys", anna, `[{"op":"replace","value":{"name.givenName":"Ann","` + ent + `:department":"Ops"}}]`, map[string]string{"name": `{"givenName":"Ann","familyName":"Berg"}`, ent: `{"department":"Ops","manager":{"value":"9","displayName":"Bea"}}`}},
	{"S-PA4", "no path, filtered key", anna, `[{"op":"add","value":{"emails[type eq \"work\"].value":"a@example.com"}}]`, map[string]string{"emails": `[{"type":"work","value":"a@example.com","primary":true},{"type":"home","value":"anna@home.example.com"}]`}},
	{"S-PA4", "no path, extension object", anna, `[{"op":"add","value":{"` + ent + `":{"costCenter":"42"}}}]`, map[string]string{ent: `{"department":"R&D","costCenter":"42","manager":{"value":"9","displayName":"Bea"}}`}},
	{"S-PA5", "add to a list", anna, `[{"op":"add","path":"emails","value":[{"type":"other","value":"a@o.example.com"}]}]`, map[string]string{"emails": `[{"type":"work","value":"anna@example.com","primary":true},{"type":"home","value":"anna@home.example.com"},{"type":"other","value":"a@o.example.com"}]`}},
	{"S-PA5", "add one object to a list", anna, `[{"op":"add","path":"emails","value":{"type":"other","value":"a@o.example.com"}}]`, map[string]string{"emails": `[{"type":"work","value":"anna@example.com","primary":true},{"type":"home","value":"anna@home.example.com"},{"type":"other","value":"a@o.example.com"}]`}},
	{"S-PA5", "add what is there", group, `[{"op":"add","path":"members","value":[{"value":"b"},{"value":"a"}]}]`, nil},
	{"S-PA5", "add makes a list", `{"id":"7","displayName":"Crew"}`, `[{"op":"add","path":"members","value":{"value":"a"}}]`, map[string]string{"members": `[{"value":"a"}]`}},
	{"S-PA6", "replace a list by none", group, `[{"op":"replace","path":"members","value":[]}]`, map[string]string{"members": "null"}},
	{"S-PA6", "replace a list, no path", group, `[{"op":"replace","value":{"members":[{"value":"z"}]}}]`, map[string]string{"members": `[{"value":"z"}]`}},
	{"S-PA6", "replace what is missing", anna, `[{"op":"replace","path":"nickName","value":"Anni"}]`, map[string]string{"nickName": `"Anni"`}},
	{"S-PA7", "remove", anna, `[{"op":"remove","path":"title"}]`, map[string]string{"title": "null"}},
	{"S-PA7", "remove a part", anna, `[{"op":"remove","path":"name.familyName"}]`, map[string]string{"name": `{"givenName":"Anna"}`}},
	{"S-PA7", "remove the absent", anna, `[{"op":"remove","path":"nickName"},{"op":"remove","path":"emails[type eq \"none\"]"}]`, nil},
	{"S-PA7", "remove the last element", group, `[{"op":"remove","path":"members[value eq \"a\" or value eq \"b\" or value eq \"c\"]"}]`, map[string]string{"members": "null"}},
	{"S-PA8", "add with a filter that matches none", anna, `[{"op":"add","path":"phoneNumbers[type eq \"work\"].value","value":"1"}]`, map[string]string{"phoneNumbers": `[{"type":"work","value":"1"}]`}},
	{"S-PA9", "primary moves", anna, `[{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}]`, map[string]string{"emails": `[{"type":"work","value":"anna@example.com","primary":false},{"type":"home","value":"anna@home.example.com","primary":true}]`}},
	{"S-PA9", "primary moves to an added value", anna, `[{"op":"add","path":"emails","value":[{"value":"n@example.com","primary":true}]}]`, map[string]string{"emails": `[{"type":"work","value":"anna@example.com","primary":false},{"type":"home","value":"anna@home.example.com"},{"value":"n@example.com","primary":true}]`}},
	{"S-PA10", "own id without a path", group, `[{"op":"replace","value":{"id":"7","displayName":"New"}}]`, map[string]string{"displayName": `"New"`}},
	{"S-PA11", "extension joins schemas", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"1","userName":"x"}`, `[{"op":"add","path":"` + ent + `:department","value":"Ops"}]`, map[string]string{ent: `{"department":"Ops"}`, "schemas": entOnly}},
	{"S-PA11", "extension leaves schemas", anna, `[{"op":"remove","path":"` + ent + `:department"},{"op":"remove","path":"` + ent + `:manager"}]`, map[string]string{ent: "null", "schemas": `["urn:ietf:params:scim:schemas:core:2.0:User"]`}},
	{"S-NC4", "a URN alone", anna, `[{"op":"remove","path":"` + ent + `"}]`, map[string]string{ent: "null", "schemas": `["urn:ietf:params:scim:schemas:core:2.0:User"]`}},
	{"S-PA13", "remove with a list of values", group, `[{"op":"Remove","path":"members","value":[{"value":"a"},{"value":"c"}]}]`, map[string]string{"members": `[{"value":"b"}]`}},
	{"S-PA13", "remove with an empty list", group, `[{"op":"remove","path":"members","value":[]}]`, nil},
	{"S-PA13", "manager with a filter", anna, `[{"op":"remove","path":"` + ent + `:manager[value eq \"9\"]"}]`, map[string]string{ent: `{"department":"R&D"}`}},
	{"S-PA13", "manager with a filter on another", anna, `[{"op":"remove","path":"` + ent + `:manager[value eq \"8\"]"}]`, nil},
	{"S-PA14", "null clears", anna, `[{"op":"replace","path":"title","value":null},{"op":"add","value":{"name":null}}]`, map[string]string{"title": "null", "name": "null"}},
	{"T14", "manager as a bare id", anna, `[{"op":"add","path":"` + ent + `:manager","value":"8"}]`, map[string]string{ent: `{"department":"R&D","manager":{"value":"8","displayName":"Bea"}}`}},
	{"T14", "manager as a list of one", anna, `[{"op":"replace","path":"` + ent + `:manager","value":[{"value":"8","$ref":null}]}]`, map[string]string{ent: `{"department":"R&D","manager":{"value":"8","displayName":"Bea"}}`}},
	{"order", "operations see what came before", anna, `[{"op":"remove","path":"emails"},{"op":"add","path":"emails","value":[{"value":"n@example.com"}]},{"op":"add","path":"emails[value eq \"n@example.com\"].type","value":"work"}]`, map[string]string{"emails": `[{"value":"n@example.com","type":"work"}]`}},
}

func TestPatch(t *testing.T) {
	for _, c := range patches {
		t.Run(c.rule+" "+c.name, func(t *testing.T) {
			before := parse(t, c.on)
			want := parse(t, c.on)
			for k, v := range c.want {
				if delete(want, k); v != "null" {
					want[k] = value(t, v)
				}
			}
			got, err := scim.Patch(before, operations(t, c.ops))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(plain(t, want), plain(t, got)); d != "" {
				t.Errorf("result differs (-want +got):\n%s", d)
			}
			if !reflect.DeepEqual(before, parse(t, c.on)) {
				t.Error("Patch changed its argument")
			}
		})
	}
}

func TestPatchRefuses(t *testing.T) {
	for _, c := range []struct{ rule, name, on, ops, scimType string }{
		{"S-PA1", "nothing", anna, `[]`, scim.InvalidSyntax},
		{"S-PA2", "unknown op", anna, `[{"op":"set","path":"title","value":"x"}]`, scim.InvalidSyntax},
		{"S-PA3", "path that is none", anna, `[{"op":"add","path":"em ails","value":"x"}]`, scim.InvalidPath},
		{"S-PA3", "open bracket", anna, `[{"op":"add","path":"emails[type eq \"work\"","value":"x"}]`, scim.InvalidPath},
		{"S-PA3", "broken filter", anna, `[{"op":"add","path":"emails[type is \"work\"].value","value":"x"}]`, scim.InvalidPath},
		{"S-NC6", "three levels", anna, `[{"op":"add","path":"name.givenName.x","value":"x"}]`, scim.InvalidPath},
		{"S-NC3", "a dot after the URN", anna, `[{"op":"add","path":"` + ent + `.department","value":"x"}]`, scim.InvalidPath},
		{"S-PA3", "remove without a path", anna, `[{"op":"remove","value":{"title":"x"}}]`, scim.NoTarget},
		{"S-PA6", "replace with a filter that matches none", anna, `[{"op":"replace","path":"emails[type eq \"x\"].value","value":"x"}]`, scim.NoTarget},
		{"S-PA8", "add with a filter that says too little", anna, `[{"op":"add","path":"emails[type sw \"x\"].value","value":"x"}]`, scim.NoTarget},
		{"S-PA7", "remove what is required", anna, `[{"op":"remove","path":"userName"}]`, scim.Mutability},
		{"S-PA9", "two primaries", anna, `[{"op":"replace","path":"emails","value":[{"value":"a","primary":true},{"value":"b","primary":true}]}]`, scim.InvalidValue},
		{"S-PA10", "readOnly", anna, `[{"op":"replace","path":"meta.version","value":"x"}]`, scim.Mutability},
		{"S-PA10", "groups of a user", anna, `[{"op":"add","path":"groups","value":[{"value":"x"}]}]`, scim.Mutability},
		{"S-PA10", "another id", anna, `[{"op":"replace","value":{"id":"2"}}]`, scim.Mutability},
		{"S-CR4", "boolean as text", anna, `[{"op":"replace","path":"active","value":"False"}]`, scim.InvalidValue},
		{"S-CR4", "text as number", anna, `[{"op":"replace","path":"title","value":5}]`, scim.InvalidValue},
		{"S-CR4", "text where an object is due", anna, `[{"op":"replace","path":"name","value":"Anna"}]`, scim.InvalidValue},
		{"S-CR4", "text where objects are due", group, `[{"op":"add","path":"members","value":["a"]}]`, scim.InvalidValue},
		{"S-PA1", "all or nothing", anna, `[{"op":"replace","path":"title","value":"x"},{"op":"remove","path":"userName"}]`, scim.Mutability},
	} {
		t.Run(c.rule+" "+c.name, func(t *testing.T) {
			got, err := scim.Patch(parse(t, c.on), operations(t, c.ops))
			e, ok := errors.AsType[*scim.Error](err)
			if !ok || e.Type != c.scimType || e.Status != 400 {
				t.Errorf("got %v and error %v, want a 400 %s", got, err, c.scimType)
			}
		})
	}
}

func TestPatchManyMembers(t *testing.T) {
	const n = 10_000
	var all []any
	for i := range n {
		all = append(all, map[string]any{"value": fmt.Sprint(i)})
	}
	r := scim.Resource{"displayName": "All"}
	for range 2 {
		var err error
		if r, err = scim.Patch(r, []scim.Operation{{Op: "add", Path: "members", Value: all}}); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(r.Members()); got != n {
		t.Errorf("%d members, want %d", got, n)
	}
}

func TestMembersOfAnOperation(t *testing.T) {
	for _, c := range []struct {
		name, op string
		want     scim.MemberChange
		ok       bool
	}{
		{"add", `{"op":"Add","path":"members","value":[{"value":"a"},{"value":"b","$ref":null}]}`, scim.MemberChange{Add: []string{"a", "b"}}, true},
		{"add one", `{"op":"add","path":"members","value":{"value":"a"}}`, scim.MemberChange{Add: []string{"a"}}, true},
		{"add without a path", `{"op":"add","value":{"members":[{"value":"a"}]}}`, scim.MemberChange{Add: []string{"a"}}, true},
		{"replace", `{"op":"replace","path":"members","value":[]}`, scim.MemberChange{Clear: true, Add: []string{}}, true},
		{"remove one", `{"op":"remove","path":"members[value eq \"a\"]"}`, scim.MemberChange{Remove: []string{"a"}}, true},
		{"remove listed", `{"op":"remove","path":"members","value":[{"value":"a"}]}`, scim.MemberChange{Remove: []string{"a"}}, true},
		{"remove all", `{"op":"remove","path":"members"}`, scim.MemberChange{Clear: true}, true},
		{"remove by name", `{"op":"remove","path":"members[display eq \"Anna\"]"}`, scim.MemberChange{}, false},
		{"part of one", `{"op":"replace","path":"members[value eq \"a\"].display","value":"x"}`, scim.MemberChange{}, false},
		{"rename", `{"op":"replace","path":"displayName","value":"x"}`, scim.MemberChange{}, false},
		{"rename and members", `{"op":"replace","value":{"displayName":"x","members":[]}}`, scim.MemberChange{}, false},
		{"bare ids", `{"op":"add","path":"members","value":["a"]}`, scim.MemberChange{}, false},
		{"broken path", `{"op":"add","path":"members[","value":["a"]}`, scim.MemberChange{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := operations(t, "["+c.op+"]")[0].Members()
			if d := cmp.Diff(c.want, got); ok != c.ok || ok && d != "" {
				t.Errorf("got %+v, %t; want %+v, %t", got, ok, c.want, c.ok)
			}
		})
	}
}

// FuzzPatch looks for panics, for arguments that change, and for results that do not survive JSON or a second application.
func FuzzPatch(f *testing.F) {
	for _, c := range patches {
		f.Add(c.on, c.ops)
	}
	f.Fuzz(func(t *testing.T, on, ops string) {
		var r, same scim.Resource
		var list []scim.Operation
		if json.Unmarshal([]byte(on), &r) != nil || json.Unmarshal([]byte(ops), &list) != nil || json.Unmarshal([]byte(on), &same) != nil {
			return
		}
		for _, op := range list {
			op.Members()
		}
		got, err := scim.Patch(r, list)
		if !reflect.DeepEqual(r, same) {
			t.Fatalf("Patch changed its argument from %v to %v", same, r)
		}
		if err != nil {
			if _, ok := errors.AsType[*scim.Error](err); !ok {
				t.Fatalf("error %v is no *scim.Error", err)
			}
			return
		}
		if _, err := json.Marshal(got); err != nil {
			t.Fatal(err)
		}
		scim.Attrs(got)
		got.Members()
	})
}

func parse(t *testing.T, text string) scim.Resource {
	t.Helper()
	var r scim.Resource
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func value(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func operations(t *testing.T, text string) []scim.Operation {
	t.Helper()
	var op scim.PatchOp
	if err := json.NewDecoder(strings.NewReader(`{"operations":` + text + `}`)).Decode(&op); err != nil {
		t.Fatal(err)
	}
	return op.Operations
}

// plain takes r through JSON, so that only what is on the wire is compared.
func plain(t *testing.T, r scim.Resource) map[string]any {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, string(b))
}
