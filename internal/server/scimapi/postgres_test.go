package scimapi_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"muster/internal/store/storetest"
)

// TestPostgres plays a day of a provider on PostgreSQL: every kind of request, and those that come at the same time.
func TestPostgres(t *testing.T) {
	w := newWorldIn(t, storetest.Postgres(t), profile(t, "standard"))
	c := w.client("standard")
	ada := c.newUser("Ada", `"externalId":"E1","title":"Boss","name":{"givenName":"Ada"},"emails":[{"type":"work","value":"Ada@Example.com","primary":true}]`)
	ben := c.newUser("ben", `"title":"Clerk"`)
	c.send("POST", "/Users", userBody("ADA")).want(409, "uniqueness")
	c.send("POST", "/Users", userBody("eve", `"externalId":"E1"`)).want(409, "uniqueness")
	inner := c.newGroup("inner", ada)
	outer := c.newGroup("outer", inner, ben)

	for filter, want := range map[string][]string{
		`userName eq "ada"`: {"Ada"}, `externalId eq "E1"`: {"Ada"}, `emails[type eq "work" and value co "example"]`: {"Ada"}, `title sw "C" or title ew "ss"`: {"Ada", "ben"},
		`not (title pr)`: {}, `groups.value eq "` + outer + `"`: {"ben"}, `meta.created gt "2020-01-01T00:00:00Z" and active eq true`: {"Ada", "ben"}, `name.givenName ne "Ada"`: {"ben"},
		`userName eq "a\u0000b"`: {},
	} {
		if got := c.send("GET", "/Users"+query("filter", filter, "sortBy", "userName"), "").want(200).list("userName"); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", filter, got, want)
		}
	}
	if a := c.send("GET", "/Users/"+ada, "").want(200); a.at("groups/0/type") != "direct" || a.at("groups/1/type") != "indirect" || a.at("groups/1/display") != "outer" {
		t.Errorf("groups of ada: %s", a.text)
	}
	if a := c.send("GET", "/Groups/"+outer, "").want(200); !strings.Contains(a.text, `"display":"inner"`) || !strings.Contains(a.text, `"display":"ben"`) {
		t.Errorf("members of outer: %s", a.text)
	}

	c.send("PATCH", "/Users/"+ada, op(`{"op":"replace","path":"emails[type eq \"work\"].value","value":"ada@example.com"},{"op":"remove","path":"title"}`)).want(200)
	c.send("PATCH", "/Users/"+ada, op(`{"op":"replace","path":"title","value":"x"},{"op":"remove","path":"userName"}`)).want(400)
	a := c.send("GET", "/Users/"+ada, "").want(200)
	if a.at("title") != "" || a.at("emails/0/value") != "ada@example.com" || a.at("meta/version") != `W/"2"` {
		t.Errorf("after the changes: %s", a.text)
	}
	c.send("PUT", "/Users/"+ada, a.text, "If-Match", `W/"1"`).want(412)
	c.send("PUT", "/Users/"+ada, a.text).want(200)

	done := c.send("POST", "/Bulk", bulk("", made("Groups", "g", groupBody("staff", "bulkId:u")), made("Users", "u", userBody("cleo")), made("Users", "x", userBody("ben")),
		`{"method":"DELETE","path":"/Users/`+ben+`"}`)).want(200)
	if got := done.statuses(); got != "201 201 409 204" {
		t.Errorf("bulk: %s", got)
	}
	if got := c.members(outer); !slices.Equal(got, []string{"inner"}) {
		t.Errorf("members of outer: %v", got)
	}
	c.atOnce(t, outer)

	first := c.send("GET", "/Users"+query("count", "2", "cursor", "", "sortBy", "userName"), "").want(200)
	second := c.send("GET", "/Users"+query("count", "2", "cursor", first.at("nextCursor"), "sortBy", "userName"), "").want(200)
	back := c.send("GET", "/Users"+query("count", "2", "cursor", second.at("previousCursor"), "sortBy", "userName"), "").want(200)
	if !slices.Equal(back.list("id"), first.list("id")) || slices.Equal(second.list("id"), first.list("id")) {
		t.Errorf("pages %v, %v, %v", first.list("userName"), second.list("userName"), back.list("userName"))
	}
	if total := first.at("totalResults"); total != "11" {
		t.Errorf("%s people in all", total)
	}
}

// atOnce creates one person from several sides, and adds several members to one group.
func (c *client) atOnce(t *testing.T, group string) {
	var wait sync.WaitGroup
	codes := make([]int, 8)
	for i := range codes {
		id := c.newUser(fmt.Sprint("m", i))
		wait.Go(func() { codes[i] = c.send("POST", "/Users", userBody("once")).status })
		wait.Go(func() {
			c.send("PATCH", "/Groups/"+group, op(`{"op":"add","path":"members","value":[{"value":"`+id+`"}]}`)).want(204)
		})
	}
	wait.Wait()
	slices.Sort(codes)
	if codes[0] != 201 || codes[1] != 409 || codes[7] != 409 {
		t.Errorf("of equal creations: %v", codes)
	}
	if got := c.members(group); len(got) != 9 {
		t.Errorf("%d members: %v", len(got), got)
	}
}
