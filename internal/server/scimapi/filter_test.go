package scimapi_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"muster/internal/attr/filter"
	"muster/internal/scim"
	"muster/internal/server/scimapi"
)

// S-F1 … S-F13: filters over the same four people.
func TestFilters(t *testing.T) {
	c := newClient(t, "standard")
	c.newUser("ada", `"title":"Boss"`, `"emails":[{"type":"work","value":"ada@example.com"},{"type":"home","value":"ada@home.example"}]`, `"externalId":"Aa"`)
	c.advance()
	mid := c.now.Format(time.RFC3339Nano)
	c.newUser("ben", `"title":"aide"`, `"emails":[{"type":"home","value":"ben@example.com"}]`, `"active":false`)
	c.newUser(`o"x`, `"`+emp+`":{"employeeNumber":"7","manager":{"value":"M1"}}`)
	c.newUser("zoë+1 ")
	for f, want := range map[string]string{
		`userName eq "ADA"`: "ada", `userName ne "ada"`: `ben o"x zoë+1 `, `userName co "D"`: "ada", `userName sw "b"`: "ben", `userName ew "EN"`: "ben",
		`userName gt "b"`: `ben o"x zoë+1 `, `userName le "ada"`: "ada", `userName eq "o\"x"`: `o"x`, `userName eq "zoe\u0308+1 "`: "zoë+1 ",
		`title pr`: "ada ben", `not (title pr)`: `o"x zoë+1 `, `not(title pr)`: `o"x zoë+1 `, `title eq "boss"`: "ada", `title ne "boss"`: `ben o"x zoë+1 `, `title eq null`: `o"x zoë+1 `,
		`title pr and title sw "a" or userName sw "z"`: "ben zoë+1 ", `userName sw "z" or title pr and title sw "a"`: "ben zoë+1 ",
		`(userName sw "z" or title pr) and title sw "a"`:           "ben",
		`emails[type eq "work" and value co "@example.com"]`:       "ada",
		`emails[type eq "home" and value co "@example.com"]`:       "ben",
		`emails.type eq "home" and emails.value co "@example.com"`: "ada ben",
		`emails co "home.example"`:                                 "ada",
		`emails[not (type eq "work")]`:                             "ada ben",
		`emails[type eq "work"].value eq "ada@example.com"`:        "ada",
		`externalId eq "Aa"`:                                       "ada",
		`externalId eq "aa"`:                                       "",
		`externalId pr`:                                            "ada",
		`active eq true`:                                           `ada o"x zoë+1 `,
		`active eq false`:                                          "ben",
		`active ne true`:                                           "ben",
		`schemas eq "` + scim.UserURN + `"`:                        `ada ben o"x zoë+1 `,
		`schemas eq "` + emp + `"`:                                 `o"x`,
		emp + `:employeeNumber eq "7"`:                             `o"x`,
		emp + `:manager.value eq "M1"`:                             `o"x`,
		emp + `:manager eq "m1"`:                                   "",
		`meta.resourceType eq "User"`:                              `ada ben o"x zoë+1 `,
		`meta.lastModified lt "` + mid + `"`:                       "ada",
		`meta.lastModified ge "` + c.now.In(time.FixedZone("", 7200)).Format(time.RFC3339) + `"`: `ben o"x zoë+1 `,
		`meta.created pr`: `ada ben o"x zoë+1 `, `name pr`: "", `id pr`: `ada ben o"x zoë+1 `, `members pr or userName eq "ada"`: "!", `roles eq "x"`: "",
	} {
		a := c.send("GET", "/Users"+query("filter", f, "sortBy", "userName"), "")
		if want == "!" {
			a.want(400, "invalidFilter")
			continue
		}
		got := a.want(200).list("userName")
		slices.Sort(got)
		if strings.Join(got, " ") != want || a.at("totalResults") != fmt.Sprint(len(got)) {
			t.Errorf("%s: %q, want %q", f, got, want)
		}
		post := c.send("POST", "/Users/.search", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"sortBy":"userName","filter":`+quote(f)+`}`).want(200)
		if post.text != a.text {
			t.Errorf("S-Q9: .search differs for %s", f)
		}
	}
	for _, bad := range []string{
		`userName`, `userName xx "a"`, `userName eq`, `userName eq 'a'`, `shoeSize eq "41"`, `userName eq "a" and`, `(userName eq "a"`, `active gt true`, `active eq "yes"`, `userName eq 5`,
		`emails[type eq "work"`, `emails[value[type eq "x"]]`, `name eq "x"`, `meta.created co "2026"`, `x509Certificates.value gt "a"`, `userName eq null and title gt null`,
		strings.Repeat("(", 200) + `userName pr` + strings.Repeat(")", 200), `userName eq "` + strings.Repeat("x", 20000) + `"`, "userName pr" + strings.Repeat(" or userName pr", 10000),
	} {
		c.send("POST", "/Users/.search", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":`+quote(bad)+`}`).want(400, "invalidFilter")
	}
	c.send("GET", "/Users?filter=", "").want(400, "invalidFilter")
	c.send("GET", "/Users"+query("filter", `password eq "x"`), "").want(403, "sensitive")
	if got := c.send("GET", `/Users?filter=userName+eq+%22zo%C3%AB%2B1+%22`, "").want(200).list("userName"); len(got) != 1 {
		t.Error("S-F13: + and %2B")
	}
}

// S-F9, S-Q10: the root mixes types; attributes of the other type have no value.
func TestRoot(t *testing.T) {
	c := newClient(t, "standard")
	id := c.newUser("ada")
	g := c.newGroup("staff")
	c.send("GET", "/", "").want(403)
	for f, want := range map[string][]string{
		`displayName eq "staff"`: {g}, `userName eq "ada"`: {id}, `meta.resourceType eq "Group"`: {g}, `id pr`: {id, g}, `members pr`: {}, `not (members pr) and id eq "` + id + `"`: {id},
	} {
		if got := c.send("GET", "/"+query("filter", f), "").want(200).list("id"); !slices.Equal(got, want) {
			t.Errorf("%s: %v", f, got)
		}
	}
	if a := c.send("GET", "/"+query("filter", "id pr", "startIndex", "2", "count", "5"), "").want(200); !slices.Equal(a.list("id"), []string{g}) || a.at("totalResults") != "2" {
		t.Error(a.text)
	}
}

// The filter that SQL evaluates and the filter that is evaluated in memory agree: texts, booleans, numbers and times, of the core schema and of extensions, groups, and null.
func TestFilterAgrees(t *testing.T) {
	const custom = "urn:example:2.0:User"
	p, err := scimapi.NewProfile("standard", scimapi.Options{Extensions: []*scim.Schema{{URN: custom, Name: "X", Attributes: []scim.Attribute{{Name: "floor", Type: scim.Integer}, {Name: "since", Type: scim.DateTime}}}}})
	if err != nil {
		t.Fatal(err)
	}
	c := newWorld(t, scimapi.Client{Name: "standard", Profile: p}).client("standard")
	var ids, times []string
	for i, parts := range [][]string{
		{`"title":"Boss"`, `"emails":[{"type":"work","value":"a@example.com","primary":true},{"type":"home","value":"b@example.com"}]`, `"` + custom + `":{"floor":3,"since":"2026-01-02T10:00:00+02:00"}`},
		{`"title":"boss"`, `"active":false`, `"nickName":"x"`, `"name":{"givenName":"Boss"}`, `"` + emp + `":{"department":"X"}`},
		{`"emails":[{"type":"home","value":"a@example.com"}]`, `"externalId":"X"`, `"` + custom + `":{"floor":-12}`},
		{`"nickName":"ä"`, `"title":""`, `"name":{"givenName":"x","familyName":"u"}`, `"` + custom + `":{"since":"2026-01-02T08:00:00.5Z"}`},
		{},
	} {
		ids = append(ids, c.newUser(fmt.Sprint("u", i), parts...))
		times = append(times, c.now.Format(time.RFC3339), c.now.In(time.FixedZone("", -5400)).Add(time.Millisecond).Format(time.RFC3339Nano))
		c.advance()
	}
	group := c.newGroup("staff", ids[1], ids[3])
	var people []map[string]any
	for _, id := range ids {
		people = append(people, c.send("GET", "/Users/"+id, "").want(200).body)
	}
	texts := rapid.SampledFrom([]string{"boss", "Boss", "x", "X", "a@example.com", "u1", "u", "work", "home", "Ä", "", "o"})
	names := rapid.SampledFrom([]string{"userName", "title", "nickName", "externalId", "emails.value", "emails.type", "emails", "name.givenName", "NAME.familyName", emp + ":department"})
	compared := []string{"eq", "ne", "gt", "ge", "lt", "le"}
	ops := rapid.SampledFrom(append([]string{"co", "sw", "ew"}, compared...))
	order := rapid.SampledFrom(compared)
	instants := rapid.SampledFrom(append(times, "2026-01-02T08:00:00Z", "2026-01-02T08:00:00.500Z"))
	test := func(t *rapid.T) string {
		switch rapid.IntRange(0, 6).Draw(t, "test") {
		case 0:
			return names.Draw(t, "name") + " pr"
		case 1:
			return "active " + rapid.SampledFrom([]string{"eq", "ne"}).Draw(t, "op") + " " + fmt.Sprint(rapid.Bool().Draw(t, "bool"))
		case 2:
			return rapid.SampledFrom([]string{"meta.lastModified", "meta.created", custom + ":since"}).Draw(t, "time") + " " + order.Draw(t, "op") + " " + quote(instants.Draw(t, "at"))
		case 3:
			return custom + ":floor " + order.Draw(t, "op") + " " + rapid.SampledFrom([]string{"3", "-12", "0", "4"}).Draw(t, "number")
		case 4:
			return rapid.SampledFrom([]string{`groups.value eq "` + group + `"`, `groups pr`, `groups.value eq "x"`, `not (groups pr)`, emp + " pr", custom + ":floor pr"}).Draw(t, "groups")
		case 5:
			return names.Draw(t, "name") + " " + rapid.SampledFrom([]string{"eq", "ne"}).Draw(t, "op") + " null"
		}
		return names.Draw(t, "name") + " " + ops.Draw(t, "op") + " " + quote(texts.Draw(t, "text"))
	}
	var node func(t *rapid.T, depth int, inside bool) string
	node = func(t *rapid.T, depth int, inside bool) string {
		switch n := rapid.IntRange(0, 9).Draw(t, "kind"); {
		case depth > 0 && n < 2:
			return "(" + node(t, depth-1, inside) + " and " + node(t, depth-1, inside) + ")"
		case depth > 0 && n < 4:
			return "(" + node(t, depth-1, inside) + " or " + node(t, depth-1, inside) + ")"
		case depth > 0 && n < 5:
			return "not (" + node(t, depth-1, inside) + ")"
		case depth > 0 && n < 6 && !inside:
			return "emails[" + node(t, depth-1, true) + "]"
		case !inside:
			return test(t)
		}
		return rapid.SampledFrom([]string{"value", "type"}).Draw(t, "name") + " " + ops.Draw(t, "op") + " " + quote(texts.Draw(t, "text"))
	}
	orders := rapid.SampledFrom([]string{"userName", "title", "meta.lastModified", custom + ":floor", ""})
	rapid.Check(t, func(rt *rapid.T) {
		text := node(rt, 3, false)
		f, err := filter.ParseSCIM(text)
		if err != nil {
			rt.Fatal(err)
		}
		want := []string{}
		for _, p := range people {
			if f.MatchResource(p, nil) {
				want = append(want, scim.Resource(p).Text("userName"))
			}
		}
		got := c.send("GET", "/Users"+query("filter", text, "sortBy", orders.Draw(rt, "order")), "").want(200).list("userName")
		if slices.Sort(got); !slices.Equal(got, want) {
			rt.Fatalf("%s: SQL %v, memory %v", text, got, want)
		}
	})
}

// S-C1 … S-C5: pages by cursor.
func TestCursor(t *testing.T) {
	c := newClient(t, "standard")
	var ids []string
	for i := range 7 {
		ids = append(ids, c.newUser(fmt.Sprint("u", i), `"title":"`+strings.Repeat("t", i%3)+`"`))
	}
	for _, order := range []string{"", "title", "userName", "meta.lastModified", "active"} {
		for _, way := range []string{"ascending", "descending"} {
			params := []string{"count", "3", "cursor", ""}
			if order != "" {
				params = append(params, "sortBy", order, "sortOrder", way)
			}
			whole := c.send("GET", "/Users"+query(append([]string{"count", "100"}, params[4:]...)...), "").want(200).list("id")
			var walked []string
			for pages := 0; ; pages++ {
				a := c.send("GET", "/Users"+query(params...), "").want(200)
				walked = append(walked, a.list("id")...)
				next := a.at("nextCursor")
				if _, index := a.body["startIndex"]; index || a.at("totalResults") != "7" {
					t.Error(a.text)
				}
				if next == "" {
					break
				}
				if strings.Trim(next, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~") != "" || pages > 9 {
					t.Fatal(next)
				}
				params[3] = next
			}
			if !slices.Equal(walked, whole) {
				t.Errorf("by %q %s: %v, want %v", order, way, walked, whole)
			}
		}
	}
	first := c.send("GET", "/Users?cursor&count=3", "").want(200)
	next := first.at("nextCursor")
	c.send("DELETE", "/Users/"+first.list("id")[2], "").want(204)
	if got := c.send("GET", "/Users"+query("cursor", next, "count", "3"), "").want(200).list("id"); !slices.Equal(got, ids[3:6]) {
		t.Errorf("S-C5: a deletion moved the page: %v", got)
	}
	c.send("GET", "/Users"+query("cursor", next, "count", "4"), "").want(400, "invalidCount")
	c.send("GET", "/Users"+query("cursor", next[:len(next)-2], "count", "3"), "").want(400, "invalidCursor")
	c.send("GET", "/Users"+query("cursor", next, "count", "3", "sortBy", "title"), "").want(400, "invalidCursor")
	c.send("GET", "/Groups"+query("cursor", next, "count", "3"), "").want(400, "invalidCursor")
	c.send("GET", "/Users"+query("cursor", next, "count", "3", "startIndex", "1"), "").want(400, "invalidValue")
	if a := c.send("GET", "/Users?cursor=&count=0", "").want(200); a.at("nextCursor") != "" {
		t.Error(a.text)
	}
	if a := c.send("POST", "/Users/.search", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"cursor":"","count":2}`).want(200); a.at("nextCursor") == "" {
		t.Error(a.text)
	}
	c.now = c.now.Add(11 * time.Minute)
	c.send("GET", "/Users"+query("cursor", next, "count", "3"), "").want(400, "expiredCursor")
}
