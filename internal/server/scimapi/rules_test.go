package scimapi_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"muster/internal/access"
	"muster/internal/scim"
)

// S-MT1, S-MT2, S-MT3: media types.
func TestMediaTypes(t *testing.T) {
	c := newClient(t, "standard")
	c.newUser("olivia")
	for accept, want := range map[string]string{
		"": scim.MediaType, "*/*": scim.MediaType, scim.MediaType: scim.MediaType, "application/json": "application/json",
		"application/scim+json, application/json": scim.MediaType,
	} {
		if got := c.send("GET", "/Users", "", "Accept", accept).want(200).header.Get("Content-Type"); got != want {
			t.Errorf("Accept %q: %q, want %q", accept, got, want)
		}
	}
	for i, kind := range []string{"application/json", "application/scim+json; charset=utf-8", "application/json;charset=UTF-8"} {
		c.send("POST", "/Users", userBody(fmt.Sprint("u", i)), "Content-Type", kind).want(201)
	}
	for _, kind := range []string{"text/plain", "application/xml", "application/scim+json; charset=latin1", "a/b/c"} {
		c.send("POST", "/Users", userBody("x"), "Content-Type", kind).want(415)
	}
}

// S-MT4, S-MT5, S-MT6, S-MT7: methods, addresses, parameters nobody knows.
func TestRoutes(t *testing.T) {
	c := newClient(t, "standard")
	id := c.newUser("olivia")
	c.send("PUT", "/Users/none", userBody("x")).want(404)
	c.send("PUT", "/Groups/"+id, groupBody("x")).want(404)
	for _, path := range []string{"/nothing", "/Users/a/b", "/users", "/Users/", "//Users", "/Schemas/x/y", "/ResourceTypes/a/b", "/Users/%ff%00"} {
		c.send("GET", path, "").want(404)
	}
	for path, allow := range map[string]string{
		"/Users": "GET, POST", "/Users/" + id: "GET, PUT, PATCH, DELETE", "/Schemas": "GET", "/ResourceTypes": "GET", "/ServiceProviderConfig": "GET",
		"/Users/.search": "POST", "/.search": "POST", "/Bulk": "POST", "/Schemas/" + scim.UserURN: "GET",
	} {
		a := c.send("DELETE", path, "")
		if strings.Contains(allow, "DELETE") {
			a = c.send("POST", path, userBody("x"))
		}
		if got := a.want(405).header.Get("Allow"); got != allow {
			t.Errorf("%s allows %q, want %q", path, got, allow)
		}
	}
	c.send("GET", "/ServiceProviderConfigs", "").want(200)
	c.send("GET", "/Users?aadOptscim062020&x=y", "").want(200)
}

// S-ER1, S-ER4, I1: who may ask.
func TestTokens(t *testing.T) {
	c := newClient(t, "standard")
	bad := *c
	for _, token := range []string{"", "x", c.token + "x", strings.ToUpper(c.token)} {
		bad.token = token
		if got := bad.send("GET", "/Users", "").want(401).header.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Bearer") {
			t.Errorf("WWW-Authenticate %q", got)
		}
	}
	if a := bad.send("GET", "/Users?access_token="+c.token, "").want(401); strings.Contains(a.text, c.token) {
		t.Error("the token is in the answer")
	}
	other, _, err := c.keeper.IssueFor(t.Context(), c.owner, c.user, access.Use{Source: "gone"}, "x", 0)
	if err != nil {
		t.Fatal(err)
	}
	bad.token = other.Reveal()
	bad.send("GET", "/Users", "").want(403)
	if err := c.keeper.Take(t.Context(), c.owner, c.group, access.Provisioner); err != nil {
		t.Fatal(err)
	}
	if a := c.send("GET", "/Users", "").want(403); !strings.Contains(a.text, "use APIs and connect external applications") {
		t.Errorf("what is missing is not named: %s", a.text)
	}
}

// S-NC1, S-NC2, S-NC3: names in any case, userName too, full paths.
func TestNames(t *testing.T) {
	c := newClient(t, "standard")
	id := c.send("POST", "/Users", `{"SCHEMAS":["`+strings.ToUpper(scim.UserURN)+`"],"USERNAME":"Olivia","Emails":[{"VALUE":"o@example.com","Type":"work"}]}`).want(201).id()
	a := c.send("GET", "/Users/"+id, "").want(200)
	if a.at("userName") != "Olivia" || a.at("emails/0/value") != "o@example.com" {
		t.Error(a.text)
	}
	c.send("POST", "/Users", userBody("OLIVIA")).want(409, "uniqueness")
	for _, f := range []string{
		`userName eq "olivia"`, `USERNAME EQ "OLIVIA"`, scim.UserURN + `:userName eq "olivia"`, strings.ToLower(scim.UserURN) + `:emails.value eq "O@EXAMPLE.COM"`,
		`id eq "` + id + `"`,
	} {
		if got := c.send("GET", "/Users"+query("filter", f), "").want(200).list("userName"); !slices.Equal(got, []string{"Olivia"}) {
			t.Errorf("%s: %v", f, got)
		}
	}
	if got := c.send("GET", "/Users"+query("filter", `id eq "`+strings.ToUpper(id)+`"`), "").want(200).list("id"); len(got) != 0 {
		t.Error("an id compares with its case")
	}
}

// S-CR1, S-CR2, S-CR3, S-CR4, S-CR5, S-CR6, I3.
func TestCreate(t *testing.T) {
	c := newClient(t, "standard")
	a := c.send("POST", "/Users", userBody("olivia", `"id":"mine"`, `"meta":{"created":"x"}`, `"groups":[]`, `"externalId":"E1"`)).want(201)
	if a.id() == "" || a.id() == "mine" || a.header.Get("Location") != c.url+"/Users/"+a.id() || a.at("meta/location") != a.header.Get("Location") {
		t.Errorf("%v %s", a.header, a.text)
	}
	if a.header.Get("ETag") != a.at("meta/version") || a.at("active") != "true" || a.at("meta/resourceType") != "User" {
		t.Error(a.text)
	}
	c.send("POST", "/Users", userBody("olivia")).want(409, "uniqueness")
	c.send("POST", "/Users", userBody("other", `"externalId":"E1"`)).want(409, "uniqueness")
	c.newGroup("staff")
	c.send("POST", "/Groups", groupBody("STAFF")).want(409, "uniqueness")
	for body, kind := range map[string]string{
		`{"schemas":["` + scim.UserURN + `"]}`:    "invalidValue",
		userBody("x", `"active":"True"`):          "invalidValue",
		userBody("x", `"emails":"x@example.com"`): "invalidValue",
		userBody("x", `"name":["a"]`):             "invalidValue",
		`{"userName":"x"}`:                        "invalidSyntax",
		`{"schemas":[],"userName":"x"}`:           "invalidSyntax",
		`{`:                                       "invalidSyntax",
		`[]`:                                      "invalidSyntax",
		`"x"`:                                     "invalidSyntax",
		`{"schemas":["urn:x:y"],"userName":"x"}`:  "invalidValue",
		userBody("x", `"shoeSize":41`):            "invalidValue",
		userBody("x", `"password":"secret"`):      "invalidValue",
		userBody("x", `"userName":"y"`):           "invalidSyntax",
		userBody(""):                              "invalidValue",
		userBody("x", `"title":"`+strings.Repeat("x", 2000)+`"`): "invalidValue",
	} {
		c.send("POST", "/Users", body).want(400, kind)
	}
	id := c.newUser("ben", `"active":false`)
	if got := c.send("GET", "/Users/"+id, "").at("active"); got != "false" {
		t.Errorf("active %s", got)
	}
}

// S-Q1, S-Q2, S-P1, S-P2, S-P3, S-Q3: pages by index.
func TestPages(t *testing.T) {
	c := newClient(t, "standard")
	if a := c.send("GET", "/Users", "").want(200); !strings.Contains(a.text, `"Resources":[]`) || a.at("totalResults") != "0" {
		t.Error(a.text)
	}
	for i := range 7 {
		c.newUser(fmt.Sprint("u", i))
	}
	all := c.send("GET", "/Users", "").list("userName")
	for _, tt := range []struct {
		query       string
		first, size int
		start       string
	}{
		{"", 0, 7, "1"},
		{"?startIndex=0", 0, 7, "1"},
		{"?startIndex=-4&count=2", 0, 2, "1"},
		{"?startIndex=3&count=3", 2, 3, "3"},
		{"?startIndex=6&count=10", 5, 2, "6"},
		{"?startIndex=8", 7, 0, "8"},
		{"?startIndex=999999", 7, 0, "999999"},
		{"?count=0", 0, 0, "1"},
		{"?count=-1", 0, 0, "1"},
		{"?count=99999999", 0, 7, "1"},
	} {
		a := c.send("GET", "/Users"+tt.query, "").want(200)
		if got := a.list("userName"); !slices.Equal(got, all[min(7, tt.first):min(7, tt.first)+tt.size]) || a.at("totalResults") != "7" || a.at("itemsPerPage") != fmt.Sprint(tt.size) || a.at("startIndex") != tt.start {
			t.Errorf("%s: %s", tt.query, a.text)
		}
	}
	for _, bad := range []string{"?count=x", "?startIndex=1.5", "?count=", "?startIndex=99999999999999999999"} {
		c.send("GET", "/Users"+bad, "").want(400, "invalidValue")
	}
}

// S-Q5, S-Q6, S-Q7: projection.
func TestProjection(t *testing.T) {
	c := newClient(t, "standard")
	id := c.newUser("olivia", `"name":{"givenName":"Olivia","familyName":"Osei"}`, `"title":"Boss"`)
	for query, want := range map[string]string{
		"?attributes=userName":                           "id schemas userName",
		"?attributes=name.givenName":                     "id name schemas",
		"?attributes=nothing":                            "id schemas",
		"?excludedAttributes=title,name,meta,id,schemas": "active id schemas userName",
		"?attributes=" + scim.UserURN + ":title":         "id schemas title",
	} {
		for _, path := range []string{"/Users/" + id, "/Users"} {
			a := c.send("GET", path+query, "").want(200)
			r := a.body
			if list, ok := r["Resources"].([]any); ok {
				r = list[0].(map[string]any)
			}
			var keys []string
			for k := range r {
				keys = append(keys, k)
			}
			slices.Sort(keys)
			if got := strings.Join(keys, " "); got != want {
				t.Errorf("%s%s: %s, want %s", path, query, got, want)
			}
		}
	}
	if a := c.send("GET", "/Users/"+id+"?attributes=name.givenName", ""); a.at("name/familyName") != "" || a.at("name/givenName") != "Olivia" {
		t.Error(a.text)
	}
	c.send("GET", "/Users?attributes=title&excludedAttributes=name", "").want(400, "invalidValue")
	if a := c.send("POST", "/Users?attributes=title", userBody("ben", `"title":"x"`)).want(201); a.at("userName") != "" || a.at("title") != "x" {
		t.Error(a.text)
	}
}

// S-Q4: sorting.
func TestSort(t *testing.T) {
	c := newClient(t, "standard")
	c.newUser("a", `"title":"m"`)
	c.newUser("b")
	c.newUser("C", `"title":"B"`)
	for query, want := range map[string]string{
		"?sortBy=title": "C a b", "?sortBy=title&sortOrder=descending": "b a C", "?sortBy=userName": "a b C", "?sortBy=userName&sortOrder=Descending": "C b a",
		"?sortBy=meta.created": "a b C", "?sortBy=id&sortOrder=descending": "C b a",
	} {
		if got := strings.Join(c.send("GET", "/Users"+query, "").want(200).list("userName"), " "); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	for _, bad := range []string{"?sortBy=title&sortOrder=up", "?sortBy=nothing", "?sortBy=groups", "?sortBy=name"} {
		c.send("GET", "/Users"+bad, "").want(400, "invalidValue")
	}
}

// S-PU1, S-PU2, S-PU3, S-PU4, S-E1, S-E3.
func TestPut(t *testing.T) {
	c := newClient(t, "standard")
	id := c.newUser("olivia", `"title":"Boss"`, `"externalId":"E1"`, `"active":false`)
	was := c.send("GET", "/Users/"+id, "").want(200)
	same := c.send("PUT", "/Users/"+id, was.text).want(200)
	if same.text != was.text || same.header.Get("ETag") != was.header.Get("ETag") {
		t.Errorf("a round trip changed\n%s\n%s", was.text, same.text)
	}
	c.advance()
	a := c.send("PUT", "/Users/"+id, userBody("olivia", `"nickName":"O"`)).want(200)
	if a.at("title") != "" || a.at("externalId") != "" || a.at("nickName") != "O" || a.at("active") != "false" || a.at("meta/created") != was.at("meta/created") || a.at("meta/lastModified") == was.at("meta/lastModified") {
		t.Error(a.text)
	}
	c.send("PUT", "/Users/"+id, `{"schemas":["`+scim.UserURN+`"]}`).want(400, "invalidValue")
	c.newUser("ben")
	c.send("PUT", "/Users/"+id, userBody("Ben")).want(409, "uniqueness")
	c.send("PUT", "/Users/"+id, userBody("OLIVIA")).want(200)
	g := c.newGroup("staff", id)
	if a := c.send("PUT", "/Groups/"+g, groupBody("staff")).want(200); a.at("members/0/value") != "" {
		t.Error("S-PU6: members that are left out stay: " + a.text)
	}
}

// S-E1, S-E2: entity tags.
func TestTags(t *testing.T) {
	c := newClient(t, "standard")
	id := c.newUser("olivia")
	tag := c.send("GET", "/Users/"+id, "").header.Get("ETag")
	if !strings.HasPrefix(tag, `W/"`) {
		t.Errorf("ETag %s", tag)
	}
	for _, same := range []string{tag, strings.TrimPrefix(tag, "W/"), "*", `"x", ` + tag} {
		if a := c.send("GET", "/Users/"+id, "", "If-None-Match", same).want(304); a.text != "" {
			t.Error("304 with a body")
		}
	}
	c.send("GET", "/Users/"+id, "", "If-None-Match", `W/"99"`).want(200)
	for _, m := range []string{"PUT", "PATCH", "DELETE"} {
		body := userBody("olivia")
		if m == "PATCH" {
			body = op(`{"op":"add","path":"title","value":"x"}`)
		}
		c.send(m, "/Users/"+id, body, "If-Match", `W/"99"`).want(412)
	}
	c.send("PATCH", "/Users/"+id, op(`{"op":"add","path":"title","value":"x"}`), "If-Match", tag).want(200)
	c.send("PATCH", "/Users/"+id, op(`{"op":"add","path":"title","value":"y"}`), "If-Match", tag).want(412)
	c.send("DELETE", "/Users/"+id, "", "If-Match", "*").want(204)
}

// S-D1, S-D2, S-D3, S-D4, I7.
func TestDelete(t *testing.T) {
	c := newClient(t, "standard")
	id := c.newUser("olivia")
	g := c.newGroup("staff", id)
	tag := c.send("GET", "/Groups/"+g, "").header.Get("ETag")
	if a := c.send("DELETE", "/Users/"+id, "").want(204); a.text != "" {
		t.Error("204 with a body")
	}
	c.send("GET", "/Users/"+id, "").want(404)
	c.send("PUT", "/Users/"+id, userBody("olivia")).want(404)
	c.send("PATCH", "/Users/"+id, op(`{"op":"remove","path":"title"}`)).want(404)
	c.send("DELETE", "/Users/"+id, "").want(404)
	if a := c.send("GET", "/Groups/"+g, "").want(200); a.at("members/0/value") != "" || a.header.Get("ETag") == tag {
		t.Error(a.text)
	}
	c.send("PATCH", "/Groups/"+g, op(`{"op":"remove","path":"members[value eq \"`+id+`\"]"}`)).want(204)
	if again := c.newUser("olivia"); again == id {
		t.Error("an id came back")
	}
	off := c.newUser("ben", `"active":false`)
	if got := c.send("GET", "/Users"+query("filter", "active eq false"), "").want(200).list("id"); !slices.Equal(got, []string{off}) {
		t.Errorf("%v", got)
	}
}

// S-DI1 … S-DI4, S-A1.
func TestDiscovery(t *testing.T) {
	c := newClient(t, "standard")
	spc := c.send("GET", "/ServiceProviderConfig", "").want(200)
	for _, path := range []string{"patch/supported", "bulk/supported", "filter/supported", "sort/supported", "etag/supported", "pagination/cursor", "pagination/index"} {
		if spc.at(path) != "true" {
			t.Errorf("%s: %s", path, spc.text)
		}
	}
	if spc.at("changePassword/supported") != "false" || spc.at("authenticationSchemes/0/type") != "oauthbearertoken" || spc.at("pagination/defaultPaginationMethod") != "index" {
		t.Error(spc.text)
	}
	if got := c.send("GET", "/ResourceTypes", "").want(200).list("name"); !slices.Equal(got, []string{"User", "Group"}) {
		t.Errorf("%v", got)
	}
	if got := c.send("GET", "/Schemas", "").want(200).list("id"); !slices.Equal(got, []string{scim.UserURN, scim.EnterpriseURN, scim.GroupURN}) {
		t.Errorf("%v", got)
	}
	for _, path := range []string{"/ResourceTypes/User", "/Schemas/" + scim.EnterpriseURN, "/Schemas/" + strings.ToLower(scim.GroupURN)} {
		if a := c.send("GET", path, "").want(200); strings.Contains(a.text, "null") {
			t.Error(a.text)
		}
	}
	c.send("GET", "/Schemas/urn:nothing", "").want(404)
	c.send("GET", "/ResourceTypes/Robot", "").want(404)
	for _, path := range []string{"/Schemas", "/ResourceTypes", "/ServiceProviderConfig"} {
		c.send("GET", path+query("filter", `id eq "x"`), "").want(403)
		c.send("POST", path, "{}").want(405)
	}
	c.send("GET", "/Me", "").want(501)
}

func (w *world) advance() { w.now = w.now.Add(2e9) }
