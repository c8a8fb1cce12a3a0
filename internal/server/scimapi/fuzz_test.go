package scimapi_test

import (
	"strings"
	"testing"
)

// FuzzBulk sends any list of operations: the answer is SCIM, and what it says was made, and nothing else, is there.
func FuzzBulk(f *testing.F) {
	c := newClient(f, "standard")
	f.Add(0, made("Users", "a", userBody("x"))+","+made("Groups", "b", groupBody("g", "bulkId:a")))
	f.Add(1, made("Users", "a", userBody("y"))+`,{"method":"DELETE","path":"/Users/bulkId:a"}`)
	f.Add(2, `{"method":"PATCH","path":"/Users/bulkId:a","data":{}},{"method":"PUT","path":"/Groups/x","data":[]}`)
	f.Add(0, made("Groups", "a", groupBody("a", "bulkId:b"))+","+made("Groups", "b", groupBody("b", "bulkId:a")))
	f.Fuzz(func(t *testing.T, failOn int, ops string) {
		c := *c
		c.TB = t
		before := c.count()
		a := c.send("POST", "/Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"failOnErrors":`+number(failOn)+`,"Operations":[`+ops+`]}`)
		want := before
		list, _ := a.body["Operations"].([]any)
		for _, o := range list {
			switch r := o.(map[string]any); {
			case r["status"] == "201":
				want++
			case r["status"] == "204" && r["method"] == "DELETE":
				want--
			}
		}
		if got := c.count(); got != want {
			t.Errorf("%d resources, want %d after %s", got, want, a.text)
		}
	})
}

// FuzzAtomic sends any operations to one user and one group: what is refused has changed nothing, what is accepted once is accepted again and leaves the same.
func FuzzAtomic(f *testing.F) {
	c := newClient(f, "entra")
	user := c.newUser("ada", `"title":"Boss","emails":[{"type":"work","value":"a@example.com"}]`)
	group := c.newGroup("staff", user)
	f.Add(`{"op":"replace","path":"title","value":"x"},{"op":"remove","path":"userName"}`)
	f.Add(`{"op":"add","path":"emails[type eq \"home\"].value","value":"b@example.com"}`)
	f.Add(`{"op":"Remove","path":"members","value":[{"value":"` + user + `"}]},{"op":"add","path":"members","value":[{"value":"x"}]}`)
	f.Add(`{"op":"replace","value":{"displayName":"other","members":[]}},{"op":"replace","path":"shoe","value":1}`)
	f.Fuzz(func(t *testing.T, ops string) {
		c := *c
		c.TB = t
		for _, path := range []string{"/Users/" + user, "/Groups/" + group} {
			before := c.send("GET", path, "").want(200)
			if c.send("PATCH", path, op(ops)).status >= 400 {
				if after := c.send("GET", path, "").want(200); after.text != before.text {
					t.Errorf("refused, and yet\n%s\nbecame\n%s", before.text, after.text)
				}
			}
		}
	})
}

// FuzzBody creates anybody: what is accepted comes back, and can be sent again without a change.
func FuzzBody(f *testing.F) {
	c := newClient(f, "standard")
	f.Add(userBody("x", `"name":{"givenName":"Ada"},"emails":[{"value":"a@example.com","primary":true}],"active":false`))
	f.Add(userBody("x", `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"m"},"costCenter":"4"}`))
	f.Add(userBody("x", `"x509Certificates":[{"value":"AAAA"}],"meta":{"created":"x"},"id":"y","groups":[{}]`))
	f.Add(`{"a":{"a":[[[{"a":1e999}]]]}}`)
	f.Fuzz(func(t *testing.T, body string) {
		c := *c
		c.TB = t
		a := c.send("POST", "/Users", body)
		if a.status != 201 {
			return
		}
		path := "/Users/" + a.id()
		got := c.send("GET", path, "").want(200)
		again := c.send("PUT", path, got.text).want(200)
		if strings.TrimSpace(again.text) != strings.TrimSpace(got.text) {
			t.Errorf("%s\nsent back became\n%s", got.text, again.text)
		}
		c.send("DELETE", path, "").want(204)
	})
}

func number(n int) string {
	if n < 0 || n > 1000 {
		return "0"
	}
	return strings.Repeat("1", n%3) + "0"
}

// count is how many users and groups there are.
func (c *client) count() int {
	c.Helper()
	n := 0
	for _, list := range []string{"/Users", "/Groups"} {
		total, _ := c.send("GET", list+"?count=0", "").want(200).body["totalResults"].(float64)
		n += int(total)
	}
	return n
}
