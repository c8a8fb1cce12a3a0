package scimapi_test

import (
	"fmt"
	"strings"
	"testing"

	"muster/internal/scim"
)

func bulk(parts string, ops ...string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],` + parts + `"Operations":[` + strings.Join(ops, ",") + `]}`
}

func made(kind, id, body string) string {
	return `{"method":"POST","path":"/` + kind + `","bulkId":"` + id + `","data":` + body + `}`
}

// statuses are the statuses of a bulk answer, in its order.
func (a answer) statuses() string {
	var out []string
	list, _ := a.body["Operations"].([]any)
	for _, o := range list {
		out = append(out, o.(map[string]any)["status"].(string))
	}
	return strings.Join(out, " ")
}

// S-B1, S-B2: references forward, nested, in a circle, and to what is not there.
func TestBulk(t *testing.T) {
	c := newClient(t, "standard")
	a := c.send("POST", "/Bulk", bulk("",
		made("Groups", "g", groupBody("staff", "bulkId:u")), // forward
		made("Users", "u", userBody("ada", `"`+emp+`":{"manager":{"value":"bulkId:m"}}`)),
		made("Users", "m", userBody("boss")),
		`{"method":"patch","path":"/Groups/bulkId:g","data":`+op(`{"op":"add","path":"members","value":[{"value":"bulkId:m"}]}`)+`}`,
		`{"method":"DELETE","path":"/Users/bulkId:m"}`,
		made("Users", "x", userBody("ada")),
		made("Groups", "y", groupBody("late", "bulkId:x")),
		made("Groups", "z", groupBody("lost", "bulkId:nobody")),
		`{"method":"PUT","path":"/Users/nobody","data":`+userBody("q")+`}`,
		`{"method":"POST","path":"/Users","data":`+userBody("q")+`}`,
		`{"method":"TRACE","path":"/Users/nobody"}`, `{"method":"POST","path":"/Bulk","bulkId":"b","data":{}}`,
	)).want(200)
	if got := a.statuses(); got != "201 201 201 200 204 409 409 400 404 400 405 400" {
		t.Errorf("%s\n%s", got, a.text)
	}
	if a.at("Operations/0/location") == "" || a.at("Operations/5/location") != "" || a.at("Operations/5/response/scimType") != "uniqueness" || a.at("Operations/8/location") == "" || a.at("Operations/0/version") == "" {
		t.Error(a.text)
	}
	g := strings.TrimPrefix(a.at("Operations/0/location"), c.url+"/Groups/")
	if got := c.members(g); len(got) != 1 || got[0] != "ada" {
		t.Errorf("members %v", got)
	}
	if got := c.send("GET", "/Groups"+query("filter", `displayName eq "late" or displayName eq "lost"`), "").list("id"); len(got) != 0 {
		t.Error("what refers to nothing was made")
	}
	u := c.send("GET", "/Users"+query("filter", `userName eq "ada"`), "")
	if manager := u.at("Resources/0/" + emp + "/manager/value"); len(manager) != 26 {
		t.Errorf("manager %q", manager)
	}
	ring := c.send("POST", "/Bulk", bulk("", made("Groups", "a", groupBody("a", "bulkId:b")), made("Groups", "b", groupBody("b", "bulkId:a")))).want(200)
	if ring.statuses() != "201 201" {
		t.Error(ring.text)
	}
	for i, name := range []string{"b", "a"} {
		if got := c.members(strings.TrimPrefix(ring.at(fmt.Sprint("Operations/", i, "/location")), c.url+"/Groups/")); len(got) != 1 || got[0] != name {
			t.Errorf("in a circle: %v", got)
		}
	}
}

// S-B3, S-B4: limits, and what ends a request.
func TestBulkLimits(t *testing.T) {
	c := newClient(t, "standard")
	bad := made("Users", "x", `{"schemas":["`+scim.UserURN+`"]}`)
	a := c.send("POST", "/Bulk", bulk(`"failOnErrors":2,`, made("Users", "a", userBody("a")), bad, strings.Replace(bad, `"x"`, `"y"`, 1), made("Users", "b", userBody("b")))).want(200)
	if a.statuses() != "201 400 400" {
		t.Error(a.text)
	}
	c.send("POST", "/Bulk", bulk("", made("Users", "a", userBody("c")), made("Users", "a", userBody("d")))).want(400, "invalidValue")
	c.send("POST", "/Bulk", bulk("")).want(400, "invalidSyntax")
	c.send("POST", "/Bulk", `{"Operations":[]}`).want(400, "invalidSyntax")
	many := make([]string, 1001)
	for i := range many {
		many[i] = `{"method":"DELETE","path":"/Users/x"}`
	}
	if a := c.send("POST", "/Bulk", bulk("", many...)).want(413); !strings.Contains(a.text, "1000") {
		t.Error("the limit is not named: " + a.text)
	}
	if a := c.send("POST", "/Bulk", bulk("", many[:1000]...)).want(200); strings.Count(a.statuses(), "404") != 1000 {
		t.Error(a.text)
	}
}

// A bulk of many is all there, with what failed in its midst.
func TestBulkMany(t *testing.T) {
	c := newClient(t, "standard")
	var ops []string
	for i := range 300 {
		name := fmt.Sprint("u", i)
		if i%50 == 49 {
			name = "u0"
		}
		ops = append(ops, made("Users", fmt.Sprint("b", i), userBody(name, `"title":"`+fmt.Sprint("t", i)+`"`)))
	}
	a := c.send("POST", "/Bulk", bulk("", ops...)).want(200)
	if n := strings.Count(a.statuses(), "409"); n != 6 || strings.Count(a.statuses(), "201") != 294 {
		t.Errorf("%d failed: %s", n, a.statuses())
	}
	if got := c.send("GET", "/Users?count=0", "").at("totalResults"); got != "294" {
		t.Errorf("%s users", got)
	}
	if got := c.send("GET", "/Users"+query("filter", `title eq "t298"`), "").list("userName"); len(got) != 1 {
		t.Errorf("%v", got)
	}
}
