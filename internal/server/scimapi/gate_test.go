package scimapi_test

import (
	"fmt"
	"testing"
	"time"
)

// S-ER3: a client that sends too much is told when to come back, nothing of it is done, and others go on.
func TestTooManyRequests(t *testing.T) {
	few := profile(t, "standard")
	few.PerMinute = 60
	w := newWorld(t, few, profile(t, "okta"))
	c, other := w.client("standard"), w.client("okta")
	for i := range 10 {
		c.newUser(fmt.Sprint("u", i))
	}
	a := c.send("POST", "/Users", userBody("late")).want(429)
	if a.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q: %s", a.header.Get("Retry-After"), a.text)
	}
	other.newUser("calm")
	w.now = w.now.Add(2 * time.Second)
	if got := c.send("GET", "/Users"+query("filter", `userName eq "late"`), "").want(200).list("id"); len(got) != 0 {
		t.Errorf("what was refused was done: %v", got)
	}
	c.newUser("late")
	c.send("GET", "/Users", "").want(429)
}

// RFC 9865: previousCursor leads back, page by page, to the first, in every order.
func TestPreviousCursor(t *testing.T) {
	c := newClient(t, "standard")
	for i := range 7 {
		c.newUser(fmt.Sprint("u", i), fmt.Sprintf(`"title":"t%d"`, i%3))
	}
	for _, sort := range []string{"", "userName", "title", "meta.created"} {
		for _, order := range []string{"ascending", "descending"} {
			at := func(cursor string) answer {
				return c.send("GET", "/Users"+query("count", "3", "sortBy", sort, "sortOrder", order, "cursor", cursor), "").want(200)
			}
			first := at("")
			second := at(first.at("nextCursor"))
			third := at(second.at("nextCursor"))
			if first.at("previousCursor") != "" || third.at("nextCursor") != "" || len(third.list("id")) != 1 {
				t.Fatalf("%s %s: %s", sort, order, third.text)
			}
			back := at(third.at("previousCursor"))
			begin := at(back.at("previousCursor"))
			if fmt.Sprint(back.list("id")) != fmt.Sprint(second.list("id")) || fmt.Sprint(begin.list("id")) != fmt.Sprint(first.list("id")) || begin.at("previousCursor") != "" {
				t.Errorf("%s %s: back %v and %v, want %v and %v", sort, order, back.list("userName"), begin.list("userName"), second.list("userName"), first.list("userName"))
			}
			if again := at(begin.at("nextCursor")); fmt.Sprint(again.list("id")) != fmt.Sprint(second.list("id")) {
				t.Errorf("%s %s: forth again %v", sort, order, again.list("userName"))
			}
		}
	}
}
