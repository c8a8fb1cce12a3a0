package scimapi_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"muster/internal/scim"
)

// Nothing a client sends yields 500, an empty 200 for an unsupported filter, or a 200 for something ignored. send checks for 500.
func TestBadInput(t *testing.T) {
	c := newClient(t, "standard")
	id := c.newUser("ada")
	if a := c.send("POST", "/Users", userBody("x", `"title":"`+strings.Repeat("x", 1<<20)+`"`)).want(413); !strings.Contains(a.text, "1048576") {
		t.Error("the limit is not named: " + a.text)
	}
	deep := strings.Repeat(`{"a":`, 10000) + "1" + strings.Repeat("}", 10000)
	list := strings.Repeat("[", 10000) + strings.Repeat("]", 10000)
	for _, body := range []string{
		deep, list, `{"schemas":` + list + `}`, userBody("x", `"name":`+deep), "\xff\xfe", userBody("x", "\"title\":\"\xff\""), `{"schemas":["` + scim.UserURN + `"],"userName":"x"} {}`,
		`null`, `true`, `5`, `""`, " ", "\x00", `{"schemas":null,"userName":"x"}`, `{"schemas":{},"userName":"x"}`, userBody("x", `"emails":[[]]`), userBody("x", `"emails":[{"value":{}}]`),
		userBody("x", `"name":{"givenName":{"x":1}}`), userBody("x", `"active":1`), userBody("x", `"active":"true"`), userBody("x", `"emails":[{"value":"a","shoe":1}]`),
		userBody("x", `"externalId":5`), userBody("x", `"externalId":["a"]`), userBody("x", `"externalId":"`+strings.Repeat("x", 10<<10)+`"`), userBody("x", `"urn:x:2.0:User":{"a":1}`),
		userBody("x", `"userNAME":"y"`), userBody(strings.Repeat("x", 601)), userBody("x", `"meta":5,"x509Certificates":[{"value":"!"}]`),
	} {
		c.send("POST", "/Users", body).want(400)
		c.send("PUT", "/Users/"+id, body).want(400)
		c.send("PATCH", "/Users/"+id, body).want(400)
		c.send("POST", "/Bulk", body).want(400)
		c.send("POST", "/Users/.search", body).want(400)
	}
	for _, ops := range []string{
		`null`, `5`, `{"op":5}`, `{"op":"add","path":5,"value":1}`, `{"op":"add","path":["x"],"value":1}`, `{"op":"add"}`, `{"op":"add","path":"title"}`, `{"op":"replace","path":"emails","valu":[]}`, `{"op":"add","value":5}`, `{"op":"add","value":[]}`,
		`{"op":"replace","path":"emails[","value":1}`, `{"op":"replace","path":"]","value":1}`, `{"op":"replace","path":"emails[type eq \"x\"]]","value":1}`,
		`{"op":"add","path":"` + strings.Repeat("a.", 5000) + `","value":1}`, `{"op":"add","path":"emails[` + strings.Repeat("(", 9000) + `]","value":1}`,
		`{"op":"add","path":"urn:","value":1}`, `{"op":"add","path":"schemas[value eq \"x\"]","value":1}`, `{"op":"add","path":"emails","value":"x"}`, `{"op":"add","path":"name","value":[1,2]}`,
	} {
		c.send("PATCH", "/Users/"+id, op(ops)).want(400)
	}
	for _, q := range []string{"filter=%ff", "filter=userName+eq+%22%ff%22", "sortBy=%00", "cursor=%00", "cursor=" + strings.Repeat("A", 5000)} {
		c.send("GET", "/Users?"+q, "").want(400)
	}
	c.send("GET", "/Users?attributes=%ff,,,&excludedAttributes=", "").want(200)
	if a := c.send("GET", "/Users/"+id, "").want(200); a.at("meta/version") != `W/"1"` {
		t.Error("something of all that stayed: " + a.text)
	}
	for _, name := range []string{"ADA\u0301", "=a,b=c", "'; drop table resource; --", strings.Repeat("ü", 300), "🦊", "%", "_"} {
		got := c.newUser(name)
		if a := c.send("GET", "/Users"+query("filter", "userName eq "+quote(name)), "").want(200); len(a.list("id")) != 1 || a.list("id")[0] != got {
			t.Errorf("%q is not found: %s", name, a.text)
		}
	}
}

// S-CR7: of concurrent equal creations one makes somebody, and the others hear of it.
func TestConcurrentCreates(t *testing.T) {
	c := newClient(t, "standard")
	var group sync.WaitGroup
	got := make([]int, 16)
	for i := range got {
		group.Go(func() {
			a := c.send("POST", "/Users", userBody("ada", `"externalId":"E"`))
			if got[i] = a.status; a.status == 409 && a.at("scimType") != "uniqueness" {
				t.Error(a.text)
			}
		})
	}
	group.Wait()
	ones := map[int]int{}
	for _, s := range got {
		ones[s]++
	}
	if ones[201] != 1 || ones[409] != len(got)-1 {
		t.Errorf("%v", ones)
	}
}

// S-PA16: parallel PATCHes of one group all survive.
func TestConcurrentMembers(t *testing.T) {
	c := newClient(t, "standard")
	g := c.newGroup("staff")
	var group sync.WaitGroup
	for i := range 12 {
		id := c.newUser(fmt.Sprint("u", i))
		group.Go(func() {
			c.send("PATCH", "/Groups/"+g, op(`{"op":"add","path":"members","value":[{"value":"`+id+`"}]}`)).want(204)
		})
	}
	group.Wait()
	if got := c.members(g); len(got) != 12 {
		t.Errorf("%d members: %v", len(got), got)
	}
	if tag := c.send("GET", "/Groups/"+g, "").header.Get("ETag"); tag != `W/"13"` {
		t.Errorf("version %s", tag)
	}
}

// FuzzRequest sends anything anywhere: the answer is never 500, and always SCIM. One service serves all of it.
func FuzzRequest(f *testing.F) {
	c := newClient(f, "entra")
	id := c.newUser("ada")
	g := c.newGroup("staff", id)
	paths := []string{"/Users", "/Users/" + id, "/Groups", "/Groups/" + g, "/Bulk", "/Users/.search", "/.search"}
	f.Add(uint8(0), uint8(0), userBody("x"), `userName eq "x"`)
	f.Add(uint8(1), uint8(1), op(`{"op":"replace","path":"emails[type eq \"work\"].value","value":"x"}`), `emails[type eq "work" and value co "x"]`)
	f.Add(uint8(3), uint8(1), op(`{"op":"remove","path":"members","value":[{"value":"x"}]}`), `members.value eq "x" or not (displayName pr)`)
	f.Add(uint8(4), uint8(0), bulk("", made("Users", "q", userBody("bulk"))), `meta.created gt "2026-01-01T00:00:00Z"`)
	f.Add(uint8(5), uint8(0), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"userName pr","sortBy":"title","cursor":""}`, "")
	f.Fuzz(func(t *testing.T, path, method uint8, body, filter string) {
		c := *c
		c.TB = t
		p := paths[int(path)%len(paths)]
		m := []string{"POST", "PATCH", "PUT"}[int(method)%3]
		c.send(m, p, body)
		c.send("GET", p+query("filter", filter), "")
	})
}
