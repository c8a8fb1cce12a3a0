package scim_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/scim"
)

func userType(t *testing.T) *scim.Type {
	t.Helper()
	u, err := scim.NewType("User", "/Users", scim.StandardUser(), scim.EnterpriseUser())
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func decode(t *testing.T, text string) scim.Resource {
	t.Helper()
	var r scim.Resource
	if err := scim.Decode([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// scimType returns the scimType of an error, or "" for none.
func scimType(err error) string {
	if e, ok := errors.AsType[*scim.Error](err); ok {
		return e.Type
	}
	return ""
}

const userSchemas = `"schemas":["` + scim.UserURN + `"],"userName":"olivia"`

// S-NC1, S-CR2, S-CR4, S-CR6, S-PA9, T2, T5, T6, T14, T15.
func TestCheck(t *testing.T) {
	tests := []struct {
		name, in string
		allow    []scim.Tolerance
		want     string // without schemas; "!x" is an error of that scimType
	}{
		{"names in any case", `{` + userSchemas + `,"Emails":[{"VALUE":"o@example.com"}]}`, nil, `{"emails":[{"value":"o@example.com"}],"userName":"olivia"}`},
		{"read-only is left out", `{` + userSchemas + `,"id":"1","meta":{"x":1},"groups":[]}`, nil, `{"userName":"olivia"}`},
		{"schemas missing", `{"userName":"olivia"}`, nil, "!invalidSyntax"},
		{"required", `{"schemas":["` + scim.UserURN + `"]}`, nil, "!invalidValue"},
		{"wrong type", `{` + userSchemas + `,"active":"True"}`, nil, "!invalidValue"},
		{"T2", `{` + userSchemas + `,"active":"True"}`, []scim.Tolerance{scim.TextBooleans}, `{"active":true,"userName":"olivia"}`},
		{"unknown schema", `{"schemas":["` + scim.UserURN + `","urn:x:y"],"userName":"o"}`, nil, "!invalidValue"},
		{"T6", `{"schemas":["` + scim.UserURN + `","urn:x:y"],"userName":"o"}`, []scim.Tolerance{scim.UnknownSchemas}, `{"userName":"o"}`},
		{"unknown attribute", `{` + userSchemas + `,"shoeSize":"41"}`, nil, "!invalidValue"},
		{"T5", `{` + userSchemas + `,"name.givenName":"Olivia"}`, []scim.Tolerance{scim.FlatKeys}, `{"name":{"givenName":"Olivia"},"userName":"olivia"}`},
		{
			"T14", `{` + userSchemas + `,"` + scim.EnterpriseURN + `":{"manager":"7"}}`,
			[]scim.Tolerance{scim.BareManager},
			`{"` + scim.EnterpriseURN + `":{"manager":{"value":"7"}},"userName":"olivia"}`,
		},
		{"T15", `{` + userSchemas + `,"emails":{"value":"a@example.com"}}`, []scim.Tolerance{scim.OneOrMany}, `{"emails":[{"value":"a@example.com"}],"userName":"olivia"}`},
		{"two primary", `{` + userSchemas + `,"emails":[{"value":"a","primary":true},{"value":"b","primary":true}]}`, nil, "!invalidValue"},
		{"too long", `{` + userSchemas + `,"externalId":"` + strings.Repeat("x", 10<<10) + `"}`, nil, "!invalidValue"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tol := scim.Allow(tt.allow...)
			got, err := userType(t).Check(decode(t, tt.in), tol)
			if want, bad := strings.CutPrefix(tt.want, "!"); bad {
				if scimType(err) != want {
					t.Fatalf("%v, want %s", err, want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			delete(got, "schemas")
			if diff := cmp.Diff(tt.want, scim.Encode(got)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.allow, tol.Used()); diff != "" {
				t.Errorf("tolerances used:\n%s", diff)
			}
		})
	}
}

// S-PA3, S-PA4, S-PA7, S-PA8, S-PA10, S-PA11, S-PA13, S-NC6, T1, T7, T16.
func TestTypePatch(t *testing.T) {
	const before = `{` + userSchemas + `,"displayName":"Olivia","` + scim.EnterpriseURN + `":{"manager":{"value":"7"}}}`
	tests := []struct {
		name, op string
		allow    []scim.Tolerance
		want     string
	}{
		{"replace", `{"op":"replace","path":"displayName","value":"O"}`, nil, `"displayName":"O"`},
		{"URN", `{"op":"replace","path":"` + scim.UserURN + `:displayName","value":"O"}`, nil, `"displayName":"O"`},
		{"dot after URN", `{"op":"replace","path":"` + scim.UserURN + `.displayName","value":"O"}`, nil, "!invalidPath"},
		{"T1", `{"op":"Replace","path":"displayName","value":"O"}`, []scim.Tolerance{scim.OpCase}, `"displayName":"O"`},
		{"extension", `{"op":"add","path":"` + scim.EnterpriseURN + `:department","value":"IT"}`, nil, `"department":"IT"`},
		{"nothing there", `{"op":"add","path":"shoeSize","value":"41"}`, nil, "!invalidPath"},
		{"three levels", `{"op":"add","path":"name.givenName.x","value":"41"}`, nil, "!invalidPath"},
		{"read-only", `{"op":"replace","path":"id","value":"41"}`, nil, "!mutability"},
		{"required", `{"op":"remove","path":"userName"}`, nil, "!mutability"},
		{"remove without path", `{"op":"remove"}`, nil, "!noTarget"},
		{"filtered add", `{"op":"add","path":"emails[type eq \"work\"].value","value":"a@example.com"}`, nil, `"emails":[{"type":"work","value":"a@example.com"}]`},
		{"filtered replace", `{"op":"replace","path":"emails[type eq \"work\"].value","value":"a@example.com"}`, nil, "!noTarget"},
		{"T7", `{"op":"replace","path":"emails[type eq \"work\"].value","value":"a@example.com"}`, []scim.Tolerance{scim.Upsert}, `"emails":[{"type":"work","value":"a@example.com"}]`},
		{"flat keys", `{"op":"replace","value":{"name.givenName":"O"}}`, nil, "!invalidPath"},
		{"T5", `{"op":"replace","value":{"name.givenName":"O"}}`, []scim.Tolerance{scim.FlatKeys}, `"givenName":"O"`},
		{"manager chosen", `{"op":"remove","path":"` + scim.EnterpriseURN + `:manager[value eq \"7\"]"}`, nil, `"schemas":["` + scim.UserURN + `"]`},
		{"wrong type", `{"op":"replace","path":"active","value":"False"}`, nil, "!invalidValue"},
		{"T2", `{"op":"replace","path":"active","value":"False"}`, []scim.Tolerance{scim.TextBooleans}, `"active":false`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := userType(t)
			was, err := u.Check(decode(t, before), nil)
			if err != nil {
				t.Fatal(err)
			}
			text := scim.Encode(was)
			var op scim.Operation
			if err := json.Unmarshal([]byte(tt.op), &op); err != nil {
				t.Fatal(err)
			}
			got, err := u.Patch(was, []scim.Operation{op}, scim.Allow(tt.allow...))
			if want, bad := strings.CutPrefix(tt.want, "!"); bad {
				if scimType(err) != want {
					t.Fatalf("%v, want %s", err, want)
				}
			} else if err != nil || !strings.Contains(scim.Encode(got), tt.want) {
				t.Errorf("%s, %v; want %s in it", scim.Encode(got), err, tt.want)
			}
			if scim.Encode(was) != text {
				t.Error("the resource that was given changed")
			}
		})
	}
}

// S-Q5, S-Q7.
func TestProject(t *testing.T) {
	u := userType(t)
	r := scim.Resource{"id": "1", "schemas": []any{scim.UserURN}, "userName": "olivia", "title": "x", "name": map[string]any{"givenName": "O", "familyName": "P"}}
	for _, tt := range []struct{ only, minus, want string }{
		{"userName", "", `{"id":"1","schemas":["` + scim.UserURN + `"],"userName":"olivia"}`},
		{"NAME.givenname", "", `{"id":"1","name":{"givenName":"O"},"schemas":["` + scim.UserURN + `"]}`},
		{"nothing", "", `{"id":"1","schemas":["` + scim.UserURN + `"]}`},
		{"", "name.familyName,title,id", `{"id":"1","name":{"givenName":"O"},"schemas":["` + scim.UserURN + `"],"userName":"olivia"}`},
	} {
		split := func(s string) []string { return strings.FieldsFunc(s, func(c rune) bool { return c == ',' }) }
		p, err := u.Projection(split(tt.only), split(tt.minus))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, scim.Encode(u.Project(r, p))); diff != "" {
			t.Errorf("%+v:\n%s", tt, diff)
		}
	}
	if _, err := u.Projection([]string{"a"}, []string{"b"}); scimType(err) != scim.InvalidValue {
		t.Error("both parameters were taken")
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"two values": `{} {}`, "a key twice": `{"a":1,"A":2}`, "cut": `{"a":`, "deep": strings.Repeat(`[`, 99) + strings.Repeat(`]`, 99), "not UTF-8": "{\"a\":\"\xff\"}",
		"empty": "", "wrong type": `[]`, "a key twice, escaped": `{"ab":1,"\u0041b":2}`, "a key twice, deep": `{"a":[{"b":{"c":1,"d":"}","c":2}}]}`,
		"a key twice among many": `{` + manyKeys(40) + `,"K39":1}`, "a key twice far apart": `{"a":{"b":1},"c":[1,{"a":2}],"A":3}`, "no end": `{"a":"\"}`, "closed too often": `{}}`,
	} {
		var r scim.Resource
		if err := scim.Decode([]byte(text), &r); scimType(err) != scim.InvalidSyntax {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func manyKeys(n int) string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf(`"k%d":%d`, i, i)
	}
	return strings.Join(out, ",")
}

// What only looks like a key that stands twice is none.
func TestDecodeTakes(t *testing.T) {
	for _, text := range []string{
		`{"a":"a","b":["a","b",{"a":{"a":"b"}}],"c":{"a":1}}`, `{"a":"\",\"a\":\"","b":1}`, `{` + manyKeys(40) + `,"x":{` + manyKeys(40) + `}}`, ` {"a" : 1 , "b" : [ ] } `,
	} {
		var r scim.Resource
		if err := scim.Decode([]byte(text), &r); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzTypePatch(f *testing.F) {
	f.Add(`emails[type eq "work"].value`, `"x"`, "add")
	f.Add(``, `{"name.givenName":"x"}`, "replace")
	u, err := scim.NewType("User", "/Users", scim.StandardUser(), scim.EnterpriseUser())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path, value, verb string) {
		var v any
		if scim.Decode([]byte(value), &v) != nil {
			return
		}
		tol := scim.Allow(scim.FlatKeys, scim.Upsert, scim.TextBooleans, scim.BareManager, scim.OneOrMany)
		got, err := u.Patch(scim.Resource{"userName": "o"}, []scim.Operation{{Op: verb, Path: path, Value: v}}, tol)
		if err != nil {
			if scimType(err) == "" {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		again, err := u.Check(got, nil)
		if err != nil || scim.Encode(again) != scim.Encode(got) {
			t.Errorf("%s is not canonical: %v", scim.Encode(got), err)
		}
	})
}
