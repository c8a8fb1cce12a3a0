package filter

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseSCIM(t *testing.T) {
	a, b, c := Test{Name: "a", Op: Present}, Test{Name: "b", Op: Present}, Test{Name: "c", Op: Present}
	work := Test{"type", Equal, text("work")}
	tests := []struct {
		in    string
		want  Node
		print string // "" = as in
	}{
		{`userName eq "ada"`, Test{"userName", Equal, text("ada")}, ""},
		{`userName Eq "ada"`, Test{"userName", Equal, text("ada")}, `userName eq "ada"`},
		{`userName eq "o\"x\\"`, Test{"userName", Equal, text(`o"x\`)}, ""},
		{`userName eq "\u00e4<&>"`, Test{"userName", Equal, text("ä<&>")}, `userName eq "ä<&>"`},
		{`active eq True`, Test{"active", Equal, Value{Boolean, "true"}}, `active eq true`},
		{`title eq null`, Test{"title", Equal, Value{Null, "null"}}, ""},
		{`age ge -1.5e3`, Test{"age", GreaterOrEqual, Value{Number, "-1.5e3"}}, ""},
		{`title pr`, Test{Name: "title", Op: Present}, ""},
		{`name.familyName co "x"`, Test{"name.familyName", Contains, text("x")}, ""},
		{`$ref sw "x"`, Test{"$ref", StartsWith, text("x")}, ""},
		{`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName ew "x"`, Test{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName", EndsWith, text("x")}, ""},
		{`a pr or b pr and c pr`, Or{a, And{b, c}}, ""},
		{`(a pr or b pr) and c pr`, And{Or{a, b}, c}, ""},
		{`(a pr and b pr) and c pr`, And{a, b, c}, "a pr and b pr and c pr"},
		{`((a pr))`, a, "a pr"},
		{`not(a pr) and b pr`, And{Not{a}, b}, "not (a pr) and b pr"},
		{`not (a pr and b pr)`, Not{And{a, b}}, ""},
		{`NOT (a pr) AND b pr OR c pr`, Or{And{Not{a}, b}, c}, "not (a pr) and b pr or c pr"},
		{`emails[type eq "work"]`, Elements{"emails", work}, ""},
		{
			`emails[(type eq "work") and not (value pr or display pr)]`,
			Elements{"emails", And{work, Not{Or{Test{Name: "value", Op: Present}, Test{Name: "display", Op: Present}}}}},
			`emails[type eq "work" and not (value pr or display pr)]`,
		},
		{`emails[type eq "work"].value eq "x"`, Elements{"emails", And{work, Test{"value", Equal, text("x")}}}, `emails[type eq "work" and value eq "x"]`},
		{
			`emails[type eq "a" or type eq "work"].value pr`,
			Elements{"emails", And{Or{Test{"type", Equal, text("a")}, work}, Test{Name: "value", Op: Present}}},
			`emails[(type eq "a" or type eq "work") and value pr]`,
		},
		{`notes eq "not"`, Test{"notes", Equal, text("not")}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			got, err := ParseSCIM(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.Root); diff != "" {
				t.Error(diff)
			}
			want := tt.print
			if want == "" {
				want = tt.in
			}
			if got.String() != want {
				t.Errorf("prints as %s, want %s", got, want)
			}
		})
	}
}

func TestParseSCIMErrors(t *testing.T) {
	tests := []struct {
		in   string
		pos  int
		want string
	}{
		{``, 1, "the end where a test should start"},
		{`userName`, 9, "the end where an operator should follow userName"},
		{`userName is "x"`, 10, `the operator "is" is not known; allowed: eq, ne, co`},
		{`userName eq`, 12, "the end where a value should stand"},
		{`userName eq ada`, 13, `"ada" is not a value; allowed: text in double quotes`},
		{`userName eq 'ada'`, 13, `is not a value`},
		{`userName eq "ada`, 13, "a double quote is not closed"},
		{`userName eq "\x"`, 13, "wrong escape"},
		{`userName eq "a" "b"`, 17, `'"' follows a complete filter`},
		{`userName eq "a" and`, 20, "the end where a test should start"},
		{`(userName pr`, 13, "the end where ')' should close the group"},
		{`userName pr)`, 12, "')' follows a complete filter"},
		{`not userName pr`, 1, "'not' is not followed by '('"},
		{`emails[type eq "work"`, 22, "the end where ']' should close"},
		{`emails[]`, 8, "']' where a test should start"},
		{`emails[addresses[type pr]]`, 17, "brackets inside brackets"},
		{`emails.value[type pr]`, 13, "brackets after a sub-attribute"},
		{`emails[emails.type pr]`, 8, `"emails.type" inside brackets`},
		{`a.b.c pr`, 1, `"a.b.c" is not an attribute name`},
		{`active gt true`, 11, "a boolean cannot be compared with gt"},
		{`title ge null`, 10, "a null cannot be compared with ge"},
		{`age co 5`, 8, "co compares text only"},
		{`age eq 05`, 8, `"05" is not a value`},
		{strings.Repeat("(", 40) + "a pr" + strings.Repeat(")", 40), 33, "nested too deeply"},
		{strings.Repeat("a pr or ", 600) + "a pr", 4097, "too many tests"},
		{`a eq "` + strings.Repeat("x", 20_000) + `"`, 1, "bytes long"},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			_, err := ParseSCIM(tt.in)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if e.Pos != tt.pos || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v\nwant position %d: %s", err, tt.pos, tt.want)
			}
		})
	}
}

const resource = `{
	"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "2819c223", "externalId": "AbC", "userName": "Ada@Example.com", "active": true,
	"name": {"familyName": "Lovelace", "givenName": "Ada"}, "title": "", "nickName": null, "phoneNumbers": [], "addresses": [{}], "loginCount": 10, "nothing": {"a": ""},
	"emails": [{"type": "work", "value": "ada@example.com"}, {"type": "home", "value": "ada@example.org"}],
	"tags": ["blue", "green"], "groups": [{"value": "g1"}], "meta": {"resourceType": "User", "lastModified": "2024-05-01T12:00:00+02:00", "version": "W/\"aB\""},
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "R&D", "manager": {"value": "26", "displayName": "Charles"}}
}`

func TestMatchResource(t *testing.T) {
	var in map[string]any
	if err := json.Unmarshal([]byte(resource), &in); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		rule, filter string
		want         bool
	}{
		{"S-NC1", `USERNAME EQ "ADA@example.COM"`, true},
		{"S-NC2", `externalId eq "abc"`, false},
		{"S-NC2", `externalId eq "AbC"`, true},
		{"S-NC2", `meta.version eq "W/\"ab\""`, false},
		{"S-NC3", `urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ada"`, true},
		{"S-NC3", `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName eq "charles"`, true},
		{"S-NC3", `urn:IETF:params:scim:schemas:extension:enterprise:2.0:user:department eq "r&d"`, true},
		{"S-NC4", `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr`, true},
		{"S-NC4", `urn:example:2.0:Badge pr`, false},
		{"S-F1", `userName co "EXAMPLE" and userName ew ".com" and userName ne "x"`, true},
		{"S-F1", `loginCount gt 9 and loginCount ge 10 and loginCount lt 1e1`, false},
		{"S-F1", `loginCount gt 9 and loginCount ge 10 and loginCount le 10.0`, true},
		{"S-F1", `loginCount eq "10"`, false},
		{"S-F1", `userName eq 10`, false},
		{"S-F1", `userName ne 10`, true},
		{"S-F2", `title pr and title pr or active eq true`, true},
		{"S-F3", `not(title pr)`, true},
		{"S-F4", `emails[type eq "work" and value co "@example.org"]`, false},
		{"S-F4", `emails.type eq "work" and emails.value co "@example.org"`, true},
		{"S-F4", `emails[type eq "work"].value eq "ADA@example.com"`, true},
		{"S-F4", `emails[type eq "work"].value eq "ada@example.org"`, false},
		{"S-F4", `tags[value eq "blue"]`, true},
		{"S-F5", `emails co "example.org"`, true},
		{"S-F5", `tags eq "GREEN"`, true},
		{"S-F5", `tags.value eq "green"`, true},
		{"S-F5", `name co "Ada"`, false},
		{"S-F5", `emails.type ne "work"`, true},
		{"S-F6", `title pr or nickName pr or phoneNumbers pr or addresses pr or missing pr or nothing pr or addresses.type pr`, false},
		{"S-F6", `emails pr and name pr and active pr and emails.type pr`, true},
		{"S-F6", `missing eq "x"`, false},
		{"S-F6", `missing ne "x"`, true},
		{"S-F6", `title eq null`, true},
		{"S-F6", `userName eq null`, false},
		{"S-F6", `userName ne null`, true},
		{"S-F7", `meta.lastModified eq "2024-05-01T10:00:00.000Z"`, true},
		{"S-F7", `meta.lastModified gt "2024-05-01T11:00:00+02:00"`, true},
		{"S-F7", `meta.lastModified lt "2024-05-01T11:00:00Z"`, true},
		{"S-F10", `schemas eq "urn:ietf:params:scim:schemas:core:2.0:User"`, true},
		{"S-F10", `meta.resourceType eq "User" and id eq "2819c223" and groups.value eq "g1"`, true},
		{"S-F10", `active eq true`, true},
		{"S-F10", `active eq "True"`, true},
		{"S-F10", `active ne true`, false},
		{"S-F10", `active eq 1`, false},
	}
	for _, tt := range tests {
		t.Run(tt.rule+" "+tt.filter, func(t *testing.T) {
			f, err := ParseSCIM(tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.MatchResource(in, nil); got != tt.want {
				t.Errorf("got %v", got)
			}
			again, err := ParseSCIM(f.String())
			if err != nil || again.MatchResource(in, nil) != tt.want {
				t.Errorf("printed and read again: %s, %v", again, err)
			}
		})
	}
}

func FuzzParseSCIM(f *testing.F) {
	for _, s := range []string{`userName eq "a"`, `a pr or not (b gt 1 and c[d eq null])`, `emails[type eq "w"].value sw "\u00e4"`, `urn:a:b:c.d pr`, `a eq 1e400`, "a eq \"\xff\""} {
		f.Add(s)
	}
	var in map[string]any
	if err := json.Unmarshal([]byte(resource), &in); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseSCIM(text)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Pos < 1 || e.Pos > len(text)+1 {
				t.Fatalf("error %v", err)
			}
			return
		}
		again, err := ParseSCIM(got.String())
		if err != nil {
			if errors.Is(err, ErrTooComplex) {
				return // escapes made it longer
			}
			t.Fatalf("%q prints as %q: %v", text, got, err)
		}
		if diff := cmp.Diff(got, again); diff != "" {
			t.Fatalf("%q prints as %q: %s", text, got, diff)
		}
		if got.MatchResource(in, nil) == (Filter{Root: Not{got.Root}, Syntax: SCIM}).MatchResource(in, nil) {
			t.Fatalf("%q and its negation agree", text)
		}
	})
}
