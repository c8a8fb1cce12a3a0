package attr

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	tests := []struct {
		in   string
		want Parts
		path Path // "" = as in
	}{
		{"userName", Parts{Name: "userName"}, ""},
		{"  userName ", Parts{Name: "userName"}, "userName"},
		{"name.givenName", Parts{Name: "name", Sub: "givenName"}, ""},
		{"$ref", Parts{Name: "$ref"}, ""},
		{"members.$ref", Parts{Name: "members", Sub: "$ref"}, ""},
		{"usercertificate;binary", Parts{Name: "usercertificate;binary"}, ""},
		{"msds-cloudextensionattribute1", Parts{Name: "msds-cloudextensionattribute1"}, ""},
		{`emails[type eq "work"].value`, Parts{Name: "emails", Where: "type", Value: "work", Sub: "value"}, ""},
		{`emails[ type  EQ  "work" ].value`, Parts{Name: "emails", Where: "type", Value: "work", Sub: "value"}, `emails[type eq "work"].value`},
		{`emails[type eq "work"]`, Parts{Name: "emails", Where: "type", Value: "work"}, ""},
		{`emails[primary eq true].value`, Parts{Name: "emails", Where: "primary", Value: "true", Sub: "value"}, `emails[primary eq "true"].value`},
		{`addresses[type eq "my home"].locality`, Parts{Name: "addresses", Where: "type", Value: "my home", Sub: "locality"}, ""},
		{`x[type eq "a.b:c]d"].y`, Parts{Name: "x", Where: "type", Value: "a.b:c]d", Sub: "y"}, ""},
		{`x[type eq ""].y`, Parts{Name: "x", Where: "type", Value: "", Sub: "y"}, ""},
		{`x[type eq "ä\u"].y`, Parts{}, "error"},
		{`x[type eq "größe"].y`, Parts{Name: "x", Where: "type", Value: "größe", Sub: "y"}, ""},
		{enterprise + ":department", Parts{URN: enterprise, Name: "department"}, ""},
		{enterprise + ":manager.displayName", Parts{URN: enterprise, Name: "manager", Sub: "displayName"}, ""},
		{`urn:example:2.0:User:badges[type eq "urn:a:b"].value`, Parts{URN: "urn:example:2.0:User", Name: "badges", Where: "type", Value: "urn:a:b", Sub: "value"}, ""},
		{enterprise, Parts{URN: "urn:ietf:params:scim:schemas:extension:enterprise:2.0", Name: "User"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			got, err := Split(tt.in)
			if tt.path == "error" {
				if err == nil {
					t.Errorf("got %+v", got)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			want := tt.path
			if want == "" {
				want = Path(tt.in)
			}
			if p, err := ParsePath(tt.in); p != want || err != nil {
				t.Errorf("ParsePath: %s, %v", p, err)
			}
		})
	}
}

func TestSplitRefuses(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", "is not an attribute name"},
		{"   ", "is not an attribute name"},
		{"user name", `"user name" is not an attribute name`},
		{"9lives", "is not an attribute name"},
		{"größe", "is not an attribute name"},
		{"a.b.c", `"b.c" is not a sub-attribute name`},
		{"a.", "a sub-attribute is missing"},
		{".a", "is not an attribute name"},
		{"urn:a", `"urn" is not a schema URN`},
		{"urn:a:b", `"urn:a" is not a schema URN`},
		{"urn:a:b:", "is not an attribute name"},
		{"urn: :a", "is not a schema URN"},
		{"emails[type eq \"work\"", "'[' without ']'"},
		{"emails]", "is not an attribute name"},
		{`emails[type eq "work"].`, "a sub-attribute is missing"},
		{`emails[type eq "work"]value`, "after ']' comes '.'"},
		{`emails[type eq work].value`, "must stand in double quotes"},
		{`emails[type ne "work"].value`, `must read [name eq "value"]`},
		{`emails[type].value`, `must read [name eq "value"]`},
		{`emails[].value`, `must read [name eq "value"]`},
		{`emails[ty pe eq "work"].value`, `must read [name eq "value"]`},
		{`emails[type eq "wo"rk"].value`, "must not hold quotes"},
		{`emails[type eq "work" and primary eq true].value`, "must stand in double quotes"},
		{"emails[type eq \"a\x01b\"].value", "control characters"},
		{"emails[type eq \"a\xffb\"].value", "control characters"},
		{`[type eq "work"].value`, "is not an attribute name"},
		{`emails.x[type eq "work"].value`, "is not an attribute name"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			got, err := Split(tt.in)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %+v, %v; want … %s", got, err, tt.want)
			}
			if p, err := ParsePath(tt.in); p != "" || err == nil {
				t.Errorf("ParsePath: %q, %v", p, err)
			}
		})
	}
}

func FuzzParsePath(f *testing.F) {
	for _, s := range []string{
		"userName", "name.givenName", `emails[type eq "work"].value`, "urn:a:2.0:User:x.y", ` a[ b EQ  "c d" ] . e`, "a[b eq true]", "urn:[", "URN:x:y", "urn: :y",
		"a[b eq \"\x7f\"]", "a[b eq \" \"]", "a\u00a0",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		p, err := ParsePath(in)
		if err != nil {
			return
		}
		again, err := ParsePath(string(p))
		if err != nil || again != p {
			t.Fatalf("%q → %q → %q, %v: the canonical form is no fixed point", in, p, again, err)
		}
		parts, err := Split(string(p))
		if err != nil {
			t.Fatal(err)
		}
		first, err := Split(in)
		if err != nil || parts != first {
			t.Fatalf("%q: parts %+v, of the canonical form %+v", in, first, parts)
		}
	})
}
