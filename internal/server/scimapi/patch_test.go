package scimapi_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"muster/internal/scim"
)

func (c *client) members(group string) []string {
	c.Helper()
	a := c.send("GET", "/Groups/"+group, "").want(200)
	out := []string{}
	list, _ := a.body["members"].([]any)
	for _, m := range list {
		out = append(out, m.(map[string]any)["display"].(string))
	}
	slices.Sort(out)
	return out
}

const emp = scim.EnterpriseURN

// S-PA1 … S-PA11, S-PA14, S-NC4, S-NC6: one PATCH each against the same user; want is path=value pairs, or !status scimType.
func TestPatch(t *testing.T) {
	tests := []struct{ name, ops, want string }{
		{"add", `{"op":"add","path":"title","value":"Boss"}`, "title=Boss"},
		{"op in any case", `{"op":"Replace","path":"TITLE","value":"Boss"}`, "title=Boss"},
		{"sub-attribute", `{"op":"replace","path":"name.givenName","value":"Liv"}`, "name/givenName=Liv name/familyName=Osei"},
		{"complex merges", `{"op":"replace","path":"name","value":{"givenName":"Liv"}}`, "name/givenName=Liv name/familyName=Osei"},
		{"without path", `{"op":"replace","value":{"nickName":"O","name":{"givenName":"Liv"},"` + emp + `":{"department":"R"}}}`, "nickName=O name/givenName=Liv name/familyName=Osei " + emp + "/department=R"},
		{"extension path", `{"op":"add","path":"` + emp + `:department","value":"R"}`, emp + "/department=R schemas/1=" + emp},
		{"extension leaves", `{"op":"add","path":"` + emp + `:department","value":"R"},{"op":"remove","path":"` + emp + `:department"}`, "schemas/1= " + emp + "="},
		{"whole extension", `{"op":"add","path":"` + emp + `","value":{"department":"R"}}`, emp + "/department=R"},
		{"whole extension removed", `{"op":"add","path":"` + emp + `:department","value":"R"},{"op":"remove","path":"` + emp + `"}`, emp + "="},
		{"append", `{"op":"add","path":"emails","value":[{"type":"home","value":"h@example.com"}]}`, "emails/0/value=w@example.com emails/1/value=h@example.com"},
		{"one object", `{"op":"add","path":"emails","value":{"type":"home","value":"h@example.com"}}`, "emails/1/value=h@example.com"},
		{"no duplicates", `{"op":"add","path":"emails","value":[{"type":"work","value":"w@example.com","primary":true}]}`, "emails/1/value= meta/version=W/\"1\""},
		{"replace all", `{"op":"replace","path":"emails","value":[{"type":"home","value":"h@example.com"}]}`, "emails/0/value=h@example.com emails/1/value="},
		{"by filter", `{"op":"replace","path":"emails[type eq \"work\"].value","value":"n@example.com"}`, "emails/0/value=n@example.com emails/0/type=work"},
		{"element by filter", `{"op":"replace","path":"emails[type eq \"work\"]","value":{"type":"work","value":"n@example.com"}}`, "emails/0/value=n@example.com"},
		{"filter finds none", `{"op":"replace","path":"emails[type eq \"home\"].value","value":"x@example.com"}`, "!400 noTarget"},
		{"add makes it", `{"op":"add","path":"emails[type eq \"home\"].value","value":"h@example.com"}`, "emails/1/value=h@example.com emails/1/type=home"},
		{"primary moves", `{"op":"add","path":"emails","value":[{"type":"home","value":"h@example.com","primary":true}]}`, "emails/0/primary=false emails/1/primary=true"},
		{"two primaries", `{"op":"replace","path":"emails","value":[{"value":"a@example.com","primary":true},{"value":"b@example.com","primary":true}]}`, "!400 invalidValue"},
		{"remove by filter", `{"op":"remove","path":"emails[type eq \"work\"]"}`, "emails="},
		{"remove nothing", `{"op":"remove","path":"emails[type eq \"home\"]"}`, "emails/0/value=w@example.com meta/version=W/\"1\""},
		{"remove required", `{"op":"remove","path":"userName"}`, "!400 mutability"},
		{"remove without path", `{"op":"remove"}`, "!400 noTarget"},
		{"read-only", `{"op":"replace","path":"meta.created","value":"x"}`, "!400 mutability"},
		{"id", `{"op":"replace","path":"id","value":"x"}`, "!400 mutability"},
		{"groups", `{"op":"add","path":"groups","value":[{"value":"x"}]}`, "!400 mutability"},
		{"null clears", `{"op":"replace","path":"nickName","value":null}`, "nickName="},
		{"replace without a value", `{"op":"replace","path":"emails"}`, "!400 invalidValue"},
		{"replace by a misspelt value", `{"op":"replace","path":"emails","valu":[]}`, "!400 invalidValue"},
		{"add without a value", `{"op":"add","path":"title"}`, "!400 invalidValue"},
		{"add to an element without a value", `{"op":"add","path":"emails[type eq \"work\"].value"}`, "!400 invalidValue"},
		{"empty text", `{"op":"replace","path":"nickName","value":""}`, "!400 invalidValue"},
		{"remove with a value", `{"op":"remove","path":"nickName","value":"y"}`, "!400 invalidValue"},
		{"remove of a list with a value", `{"op":"remove","path":"emails","value":[{"value":"w@example.com"}]}`, "!400 invalidValue"},
		{"unknown op", `{"op":"move","path":"title","value":"x"}`, "!400 invalidSyntax"},
		{"no op", `{"path":"title","value":"x"}`, "!400 invalidSyntax"},
		{"bad path", `{"op":"add","path":"emails[type eq","value":"x"}`, "!400 invalidPath"},
		{"empty path", `{"op":"add","path":"","value":{"title":"x"}}`, "!400 invalidPath"},
		{"unknown path", `{"op":"add","path":"shoeSize","value":"x"}`, "!400 invalidPath"},
		{"three levels", `{"op":"add","path":"name.givenName.x","value":"x"}`, "!400 invalidPath"},
		{"unknown extension", `{"op":"remove","path":"urn:example:2.0:User"}`, "!400 invalidPath"},
		{"wrong type", `{"op":"replace","path":"active","value":"False"}`, "!400 invalidValue"},
		{"all or nothing", `{"op":"add","path":"title","value":"Boss"},{"op":"add","path":"shoeSize","value":"x"}`, "!400 invalidPath"},
		{"no operations", ``, "!400 invalidSyntax"},
		{"flat keys need a tolerance", `{"op":"replace","value":{"name.givenName":"Liv"}}`, "!400 invalidPath"},
	}
	c := newClient(t, "standard")
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c.TB = t
			id := c.newUser(fmt.Sprint("user", i), `"nickName":"x"`, `"name":{"givenName":"Olivia","familyName":"Osei"}`, `"emails":[{"type":"work","value":"w@example.com","primary":true}]`)
			c.advance()
			a := c.send("PATCH", "/Users/"+id, op(tt.ops))
			if bad, ok := strings.CutPrefix(tt.want, "!"); ok {
				if got := fmt.Sprint(a.status, " ", a.at("scimType")); got != bad {
					t.Errorf("%s, want %s: %s", got, bad, a.text)
				}
				if c.send("GET", "/Users/"+id, "").at("meta/version") != `W/"1"` {
					t.Error("a refused PATCH left something")
				}
				return
			}
			a.want(200)
			for pair := range strings.SplitSeq(tt.want, " ") {
				path, want, _ := strings.Cut(pair, "=")
				// A URN holds slashes nowhere, but colons and dots: it is one step.
				if got := a.at(path); got != want {
					t.Errorf("%s is %q, want %q: %s", path, got, want, a.text)
				}
			}
		})
	}
}

// S-PA5, S-PA6, S-PA7, S-PA12, S-PA13, S-PA15, S-A7: members.
func TestPatchMembers(t *testing.T) {
	c := newClient(t, "entra")
	ids := map[string]string{}
	for _, n := range []string{"ada", "ben", "cyd"} {
		ids[n] = c.newUser(n)
	}
	fill := strings.NewReplacer("ADA", ids["ada"], "BEN", ids["ben"], "CYD", ids["cyd"])
	for i, tt := range []struct{ name, ops, want string }{
		{"add", `{"op":"add","path":"members","value":[{"value":"CYD"}]}`, "ada ben cyd"},
		{"add one object", `{"op":"Add","path":"members","value":{"value":"CYD"}}`, "ada ben cyd"},
		{"add without path", `{"op":"add","value":{"members":[{"$ref":null,"value":"CYD"}]}}`, "ada ben cyd"},
		{"add again", `{"op":"add","path":"members","value":[{"value":"ADA"}]}`, "ada ben"},
		{"remove by filter", `{"op":"remove","path":"members[value eq \"ADA\"]"}`, "ben"},
		{"remove by value", `{"op":"Remove","path":"members","value":[{"value":"ADA"}]}`, "ben"},
		{"remove all", `{"op":"remove","path":"members"}`, ""},
		{"replace", `{"op":"replace","path":"members","value":[{"value":"CYD"}]}`, "cyd"},
		{"replace by none", `{"op":"replace","path":"members","value":[]}`, ""},
		{"replace without path", `{"op":"replace","value":{"displayName":"renamed","members":[{"value":"CYD"},{"value":"BEN"}]}}`, "ben cyd"},
		{"two filters", `{"op":"remove","path":"members[value eq \"ADA\" or value eq \"BEN\"]"}`, ""},
		{"by display", `{"op":"remove","path":"members[display eq \"ada\"]"}`, "ben"},
		{"in order", `{"op":"remove","path":"members"},{"op":"add","path":"members","value":[{"value":"CYD"}]},{"op":"add","path":"members","value":[{"value":"ADA"}]},{"op":"remove","path":"members[value eq \"CYD\"]"}`, "ada"},
		{"full path", `{"op":"add","path":"` + scim.GroupURN + `:members","value":[{"value":"CYD"}]}`, "ada ben cyd"},
		{"replace without a value", `{"op":"replace","path":"members"}`, "!400 invalidValue"},
		{"add without a value", `{"op":"add","path":"members"}`, "!400 invalidValue"},
		{"null clears", `{"op":"replace","path":"members","value":null}`, ""},
		{"nobody", `{"op":"add","path":"members","value":[{"value":"nobody"}]}`, "!400 invalidValue"},
		{"nobody removed", `{"op":"remove","path":"members[value eq \"nobody\"]"}`, "ada ben"},
		{"no value", `{"op":"add","path":"members","value":[{"display":"x"}]}`, "!400 invalidValue"},
		{"all or nothing", `{"op":"add","path":"members","value":[{"value":"CYD"}]},{"op":"add","path":"displayName","value":5}`, "!400 invalidValue"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c.TB = t
			g := c.newGroup(fmt.Sprint("g", i), ids["ada"], ids["ben"])
			a := c.send("PATCH", "/Groups/"+g, op(fill.Replace(tt.ops)))
			if bad, ok := strings.CutPrefix(tt.want, "!"); ok {
				if got := fmt.Sprint(a.status, " ", a.at("scimType")); got != bad {
					t.Errorf("%s, want %s", got, bad)
				}
				tt.want = "ada ben"
			} else if a.want(204); a.text != "" {
				t.Error("204 with a body")
			}
			if got := strings.Join(c.members(g), " "); got != tt.want {
				t.Errorf("members %q, want %q", got, tt.want)
			}
			c.send("DELETE", "/Groups/"+g, "").want(204)
		})
	}
	c.TB = t
	g := c.newGroup("x", ids["ada"])
	tag := c.send("GET", "/Groups/"+g, "").header.Get("ETag")
	c.send("PATCH", "/Groups/"+g, op(`{"op":"add","path":"members","value":[{"value":"`+ids["ada"]+`"}]}`)).want(204)
	if got := c.send("GET", "/Groups/"+g, "").header.Get("ETag"); got != tag {
		t.Error("S-PA5: adding who is there changed the version")
	}
	if a := c.send("PATCH", "/Groups/"+g+"?attributes=displayName", op(`{"op":"replace","path":"displayName","value":"y"}`)).want(200); a.at("displayName") != "y" {
		t.Error("S-PA15: with attributes the answer has a body: " + a.text)
	}
	if a := c.send("GET", "/Groups/"+g+"?excludedAttributes=members", "").want(200); a.at("members") != "" {
		t.Error(a.text)
	}
	strict := newClient(t, "standard")
	id := strict.newUser("ada")
	g = strict.newGroup("g", id)
	strict.send("PATCH", "/Groups/"+g, op(`{"op":"remove","path":"members","value":[{"value":"`+id+`"}]}`)).want(400, "invalidValue")
	if got := strict.members(g); len(got) != 1 {
		t.Error("S-PA13: a remove by value cleared the group")
	}
}

// S-A4, I6: groups of a user, direct and nested; a group in itself; groups give no rights.
func TestGroupsOfUser(t *testing.T) {
	c := newClient(t, "standard")
	id := c.newUser("ada")
	inner := c.newGroup("inner", id)
	outer := c.newGroup("outer", inner)
	a := c.send("GET", "/Users/"+id, "").want(200)
	if a.at("groups/0/value") != inner || a.at("groups/0/type") != "direct" || a.at("groups/1/value") != outer || a.at("groups/1/type") != "indirect" || a.at("groups/1/display") != "outer" {
		t.Error(a.text)
	}
	c.send("PATCH", "/Groups/"+inner, op(`{"op":"add","path":"members","value":[{"value":"`+inner+`"}]}`)).want(400, "invalidValue")
	c.send("PATCH", "/Groups/"+inner, op(`{"op":"add","path":"members","value":[{"value":"`+outer+`"}]}`)).want(204) // a cycle ends
	c.send("GET", "/Users/"+id, "").want(200)
	for f, want := range map[string]string{
		`groups.value eq "` + inner + `"`: "ada", `groups.display eq "INNER"`: "ada", `groups[value eq "` + inner + `"]`: "ada", `groups pr`: "ada", `groups.value eq "x"`: "", `not (groups pr)`: "",
	} {
		if got := strings.Join(c.send("GET", "/Users"+query("filter", f), "").want(200).list("userName"), " "); got != want {
			t.Errorf("%s: %q", f, got)
		}
	}
	for f, want := range map[string]string{`members.value eq "` + id + `"`: "inner", `members[value eq "` + id + `"]`: "inner", `displayName eq "OUTER"`: "outer", `members pr and displayName sw "o"`: "outer"} {
		if got := strings.Join(c.send("GET", "/Groups"+query("filter", f), "").want(200).list("displayName"), " "); got != want {
			t.Errorf("%s: %q", f, got)
		}
	}
}
