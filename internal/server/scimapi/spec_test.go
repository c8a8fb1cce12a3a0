package scimapi_test

import (
	"slices"
	"strings"
	"testing"

	"muster/internal/scim"
	"muster/internal/server/scimapi"
)

// I8: the steps R1 to R12 of Okta's SPEC test, and its CRUD test.
func TestOktaSpec(t *testing.T) {
	c := newClient(t, "okta")
	c.newUser("first@example.com", `"name":{"givenName":"F","familyName":"F"}`, `"emails":[{"primary":true,"type":"work","value":"first@example.com"}]`)
	r1 := c.send("GET", "/Users?count=1&startIndex=1", "").want(200)
	for _, path := range []string{"Resources/0/id", "Resources/0/name/familyName", "Resources/0/name/givenName", "Resources/0/userName", "Resources/0/active", "Resources/0/emails/0/value"} {
		if r1.at(path) == "" {
			t.Errorf("R1: %s is empty: %s", path, r1.text)
		}
	}
	if _, number := r1.body["itemsPerPage"].(float64); !number || r1.at("schemas/0") != scim.ListURN {
		t.Error("R1: " + r1.text)
	}
	id := r1.list("id")[0]
	if r2 := c.send("GET", "/Users/"+id, "").want(200); r2.id() != id {
		t.Error("R2: " + r2.text)
	}
	if r3 := c.send("GET", "/Users?filter=userName%20eq%20%22nobody%22", "").want(200); r3.at("totalResults") != "0" {
		t.Error("R3: " + r3.text)
	}
	c.send("GET", "/Users/nobody", "").want(404) // R4, R12
	body := userBody("runscope@example.com", `"name":{"givenName":"R","familyName":"S"}`, `"emails":[{"primary":true,"value":"runscope@example.com","type":"work"}]`, `"displayName":"R S"`, `"active":true`)
	r6 := c.send("POST", "/Users", body).want(201)
	if r7 := c.send("GET", "/Users/"+r6.id(), "").want(200); r7.at("userName") != "runscope@example.com" || r7.at("active") != "true" {
		t.Error("R7: " + r7.text)
	}
	c.send("POST", "/Users", body).want(409, "uniqueness") // R8
	if r9 := c.send("GET", "/Users"+query("filter", `userName eq "RUNSCOPE@EXAMPLE.COM"`), "").want(200); !slices.Equal(r9.list("id"), []string{r6.id()}) {
		t.Error("R9: " + r9.text)
	}
	c.send("GET", "/Groups", "").want(200) // R10
	bad := *c
	bad.token = "x"
	bad.send("GET", "/Users", "").want(401) // R11
	got := c.send("GET", "/Users/"+r6.id(), "")
	c.send("PUT", "/Users/"+r6.id(), strings.Replace(got.text, `"R S"`, `"S R"`, 1)).want(200)
	for _, active := range []string{"false", "true", "false"} {
		if a := c.send("PATCH", "/Users/"+r6.id(), op(`{"op":"replace","value":{"active":`+active+`}}`)).want(200); a.at("active") != active || a.at("displayName") != "S R" {
			t.Error(a.text)
		}
	}
}

// T1 to T20: each tolerance is a switch: a client that is refused it is refused the request, and one that has it has its use counted.
func TestTolerances(t *testing.T) {
	type try struct{ method, path, body string }
	patch := func(ops string) try { return try{"PATCH", "/Users/{u}", op(ops)} }
	group := func(ops string) try { return try{"PATCH", "/Groups/{g}", op(ops)} }
	post := func(parts ...string) try { return try{"POST", "/Users", userBody("new-{c}", parts...)} }
	tries := map[scim.Tolerance]try{
		scim.TextBooleans:   patch(`{"op":"replace","path":"active","value":"False"}`),
		scim.RemoveByValue:  group(`{"op":"remove","path":"members","value":[{"value":"{u}"}]}`),
		scim.FlatKeys:       patch(`{"op":"replace","value":{"name.givenName":"G"}}`),
		scim.UnknownSchemas: {"POST", "/Users", `{"schemas":["` + scim.UserURN + `","urn:x:y"],"userName":"new-{c}"}`},
		scim.Upsert:         patch(`{"op":"replace","path":"emails[type eq \"home\"].value","value":"home-{c}@example.com"}`),
		scim.NoPatchSchema:  {"PATCH", "/Users/{u}", `{"Operations":[{"op":"add","path":"title","value":"x"}]}`},
		scim.PluralConfig:   {"GET", "/ServiceProviderConfigs", ""},
		scim.BareManager:    patch(`{"op":"add","path":"` + emp + `:manager","value":"M"}`),
		scim.OneOrMany:      post(`"emails":{"value":"{c}@example.com"}`),
		scim.EchoedID:       group(`{"op":"replace","value":{"id":"{g}","displayName":"x"}}`),
		scim.NoOperations:   patch(``),
		scim.LooseSlashes:   {"GET", "//Users/", ""},
		scim.LowerPaths:     {"GET", "/users", ""},
		scim.DropUnknown:    post(`"shoeSize":41`),
		scim.DropPassword:   post(`"password":"x"`),
		scim.SkipUnknown:    group(`{"op":"add","path":"members","value":[{"value":"nobody"}]}`),
		scim.UpdateExisting: {"POST", "/Users", userBody("ada-{c}")},
		scim.BareLiterals:   group(`{"op":"remove","path":"members[value eq {u}]"}`),
		scim.OpCase:         patch(`{"op":"Add","path":"title","value":"x"}`),
		scim.NullRefs:       group(`{"op":"add","path":"members","value":[{"$ref":null,"value":"{u}"}]}`),
		scim.MemberDisplay:  group(`{"op":"add","path":"members","value":[{"display":"x","value":"{u}"}]}`),
		scim.TightNot:       {"GET", "/Users?filter=not(userName+eq+%22not(x)%22)", ""},
		scim.PlainJSON:      {"POST", "/Users", userBody("new-{c}")},
		scim.EmptyAnswer:    group(`{"op":"add","path":"displayName","value":"x"}`),
		scim.KeepForm:       post(`"phoneNumbers":[{"value":"+49 (0) 30 12"}],"emails":[{"value":"{c}@EXAMPLE.com"}]`),
		scim.ClearByEmpty:   patch(`{"op":"replace","path":"title","value":""}`),
		scim.Revive:         {"POST", "/Users", userBody("off-{c}", `"externalId":"O-{c}"`)},
	}
	for _, d := range scimapi.Tolerances() {
		if _, ok := tries[d.Name]; !ok {
			t.Errorf("nothing tries %s", d.Name)
		}
	}
	var clients []scimapi.Client
	for name := range tries {
		for source, o := range map[string]scimapi.Options{"has-" + string(name): {Tolerate: []string{string(name)}}, "refused-" + string(name): {Refuse: []string{string(name)}}} {
			p, err := scimapi.NewProfile("standard", o)
			if err != nil {
				t.Fatal(err)
			}
			clients = append(clients, scimapi.Client{Name: source, Profile: p})
		}
	}
	w := newWorld(t, clients...)
	for _, made := range clients {
		t.Run(made.Name, func(t *testing.T) {
			w.TB = t
			c := w.client(made.Name)
			kind, tolerance, _ := strings.Cut(made.Name, "-")
			name, allowed := scim.Tolerance(tolerance), kind == "has"
			u := c.newUser("ada-" + made.Name)
			g := c.newGroup("staff-"+made.Name, u)
			fill := strings.NewReplacer("{u}", u, "{g}", g, "{c}", made.Name)
			if name == scim.Revive {
				c.newUser("off-"+made.Name, `"externalId":"O-`+made.Name+`"`, `"active":false`)
			}
			var plain []string
			if name == scim.PlainJSON {
				plain = []string{"Content-Type", "application/json"}
			}
			try := tries[name]
			a := c.send(try.method, fill.Replace(try.path), fill.Replace(try.body), plain...)
			if name == scim.EmptyAnswer { // who is refused it is answered with the group
				a.want(map[bool]int{true: 204, false: 200}[allowed])
			} else if ok := a.status < 300; ok != allowed {
				t.Errorf("%d %s", a.status, a.text)
			}
			if n := w.used(made.Name, tolerance); (n > 0) != allowed {
				t.Errorf("counted %d times", n)
			}
		})
	}
}

// used is how often a client used a tolerance.
func (w *world) used(client, tolerance string) int {
	for _, s := range w.api.Stats() {
		if s.Client == client {
			return s.Tolerances[tolerance]
		}
	}
	return 0
}

// I8: cases of scim2-tester that are easily missed: a search at the root without a filter, the schema named again within an extension, attributes removed one
// by one. Removing active is refused and not ignored: nobody comes back by it.
func TestTesterCases(t *testing.T) {
	c := newClient(t, "standard")
	id := c.newUser("ada", `"active":false`, `"`+emp+`":{"schemas":["`+emp+`"],"department":"R"}`)
	c.newGroup("staff")
	if a := c.send("POST", "/.search", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"attributes":["userName"]}`).want(200); a.at("totalResults") != "2" || a.at("Resources/0/userName") != "ada" || a.at("Resources/0/meta") != "" {
		t.Error(a.text)
	}
	a := c.send("PATCH", "/Users/"+id, op(`{"op":"replace","path":"`+emp+`","value":{"schemas":["`+emp+`"],"division":"D"}}`)).want(200)
	if a.at(emp+"/department") != "R" || a.at(emp+"/division") != "D" || a.at(emp+"/schemas") != "" {
		t.Error(a.text)
	}
	c.send("PATCH", "/Users/"+id, op(`{"op":"remove","path":"active"}`)).want(400, "mutability")
	c.send("PATCH", "/Users/"+id, op(`{"op":"replace","path":"active","value":null}`)).want(400, "mutability")
	if a := c.send("GET", "/Users/"+id, "").want(200); a.at("active") != "false" {
		t.Error(a.text)
	}
	c.send("GET", "/no-such-thing", "").want(404)
}
