package scimapi_test

import (
	"fmt"
	"slices"
	"testing"

	"muster/internal/scim"
)

// S-A2: an externalId is the client's own: another client may use the same one, for somebody else or for nobody.
func TestExternalIDs(t *testing.T) {
	w := newWorld(t, profile(t, "standard"), profile(t, "okta"))
	c, other := w.client("standard"), w.client("okta")
	mine, theirs := c.newUser("ada", `"externalId":"E1"`), other.newUser("ben", `"externalId":"E1"`)
	for _, side := range []struct {
		*client
		id string
	}{{c, mine}, {other, theirs}} {
		if got := side.send("GET", "/Users"+query("filter", `externalId eq "E1"`), "").want(200).list("id"); !slices.Equal(got, []string{side.id}) {
			t.Errorf("E1 is %v", got)
		}
	}
	// Nor does one lead to what is not the client's: the id of an owner or of another client's person is a text like any other, and so are those that look like numbers of rows.
	for i, text := range []string{string(w.owner.Person), theirs, "1", "0", "-1", "null", "\u202eE1", "Е1", "E1 ", "e1"} {
		id := c.newUser(fmt.Sprint("u", i), `"externalId":`+quote(text))
		if got := c.send("GET", "/Users"+query("filter", "externalId eq "+quote(text)), "").want(200).list("id"); !slices.Equal(got, []string{id}) {
			t.Errorf("%q is %v, want %s", text, got, id)
		}
		if o := c.object("person", "standard", id); o.ID == w.owner.Person || o.Handle() != fmt.Sprint("u", i) {
			t.Errorf("%q led to %+v", text, o)
		}
	}
	last := c.newUser("last", `"externalId":"L"`)
	c.send("PUT", "/Users/"+last, userBody("last", `"externalId":"E1"`)).want(409, "uniqueness")
	c.send("PATCH", "/Users/"+last, op(`{"op":"replace","path":"externalId","value":"E1"}`)).want(409, "uniqueness")
	c.send("PATCH", "/Users/"+last, op(`{"op":"replace","value":{"externalId":"E1"}}`)).want(409, "uniqueness")
	if a := c.send("GET", "/Users/"+last, "").want(200); a.at("externalId") != "L" || a.at("meta/version") != `W/"1"` {
		t.Error(a.text)
	}
	c.send("PATCH", "/Users/"+last, op(`{"op":"replace","path":"externalId","value":`+quote(theirs)+`}`)).want(409, "uniqueness") // taken above
	other.send("GET", "/Users/"+theirs, "").want(200)
}

// S-A5: values come back byte for byte, however odd their form.
func TestValuesAsSent(t *testing.T) {
	c := newClient(t, "standard")
	sent := map[string]string{
		"phoneNumbers/0/value": "+49 (0)\u00a030 12", "emails/0/value": "Ada.ITO@Example.COM", "name/givenName": " Zoe\u0308 ", "title": `a\b"c/d</script>&`,
		"locale": "de_CH", "externalId": "00uÄ", emp + "/department": "R&D", "timezone": "europe/ZURICH",
	}
	id := c.newUser("Ada.ITO@Example.COM", `"phoneNumbers":[{"value":`+quote(sent["phoneNumbers/0/value"])+`}]`, `"emails":[{"type":"work","value":`+quote(sent["emails/0/value"])+`}]`,
		`"name":{"givenName":`+quote(sent["name/givenName"])+`}`, `"title":`+quote(sent["title"]), `"locale":"de_CH"`, `"externalId":"00uÄ"`, `"timezone":"europe/ZURICH"`, `"`+emp+`":{"department":"R&D"}`)
	c.send("PATCH", "/Users/"+id, op(`{"op":"add","path":"nickName","value":"x"}`)).want(200)
	a := c.send("GET", "/Users/"+id, "").want(200)
	sent["userName"] = "Ada.ITO@Example.COM"
	for path, want := range sent {
		if got := a.at(path); got != want {
			t.Errorf("%s came back as %q, was sent as %q", path, got, want)
		}
	}
}

// S-A6: the display of a member is computed, whatever a client sent for it, and follows the name.
func TestMemberDisplay(t *testing.T) {
	c := newClient(t, "standard")
	id := c.newUser("ada", `"displayName":"Ada"`)
	g := c.send("POST", "/Groups", `{"schemas":["`+scim.GroupURN+`"],"displayName":"staff","members":[{"value":"`+id+`","display":"Somebody else","type":"User"}]}`).want(201)
	if g.at("members/0/display") != "Ada" || g.at("members/0/type") != "User" || g.at("members/0/$ref") != c.url+"/Users/"+id {
		t.Error(g.text)
	}
	c.send("PATCH", "/Users/"+id, op(`{"op":"replace","path":"displayName","value":"Ada Ito"}`)).want(200)
	if a := c.send("GET", "/Groups/"+g.id(), "").want(200); a.at("members/0/display") != "Ada Ito" {
		t.Error(a.text)
	}
}

// S-A8: a pair of type and value stands once, sent at once or one after the other; two elements of one type stay two.
func TestPairs(t *testing.T) {
	for _, name := range []string{"standard", "entra"} {
		c := newClient(t, name)
		const home = `{"type":"home","value":"h@example.com"}`
		id := c.newUser("ada", `"emails":[`+home+`,`+home+`,{"type":"home","value":"i@example.com"}]`)
		check := func(what string) {
			t.Helper()
			a := c.send("GET", "/Users/"+id, "").want(200)
			if list, _ := a.body["emails"].([]any); len(list) != 2 || a.at("emails/0/value") != "h@example.com" || a.at("emails/1/value") != "i@example.com" {
				t.Errorf("%s, after %s: %s", name, what, a.text)
			}
		}
		check("POST")
		c.send("PATCH", "/Users/"+id, op(`{"op":"add","path":"emails","value":[`+home+`]}`)).want(200)
		check("add")
		c.send("PUT", "/Users/"+id, userBody("ada", `"emails":[`+home+`,{"type":"HOME","value":"h@example.com"},{"type":"home","value":"i@example.com"}]`)).want(200)
		check("PUT")
	}
}

// S-NC5: $ref is a name like others: in projections, in the path of an operation, and refused with a reason where it is not searched.
func TestRef(t *testing.T) {
	c := newClient(t, "standard")
	id := c.newUser("ada", `"`+emp+`":{"manager":{"value":"M"}}`)
	g := c.newGroup("staff", id)
	if a := c.send("GET", "/Groups/"+g+"?attributes=members.$ref", "").want(200); a.at("members/0/$ref") != c.url+"/Users/"+id || a.at("members/0/value") != "" || a.at("displayName") != "" {
		t.Error(a.text)
	}
	if a := c.send("GET", "/Users/"+id+"?excludedAttributes=groups.$ref", "").want(200); a.at("groups/0/$ref") != "" || a.at("groups/0/value") != g {
		t.Error(a.text)
	}
	a := c.send("PATCH", "/Users/"+id, op(`{"op":"add","path":"`+emp+`:manager.$ref","value":"`+c.url+`/Users/M"}`)).want(200)
	if a.at(emp+"/manager/$ref") != c.url+"/Users/M" || a.at(emp+"/manager/value") != "M" {
		t.Error(a.text)
	}
	if a := c.send("PATCH", "/Users/"+id, op(`{"op":"remove","path":"`+emp+`:manager.$ref"}`)).want(200); a.at(emp+"/manager/$ref") != "" || a.at(emp+"/manager/value") != "M" {
		t.Error(a.text)
	}
	c.send("PATCH", "/Users/"+id, op(`{"op":"add","path":"groups.$ref","value":"x"}`)).want(400, "mutability")
	for path, f := range map[string]string{"/Groups": `members.$ref pr`, "/Users": `groups.$ref eq "` + c.url + "/Groups/" + g + `"`} {
		if a := c.send("GET", path+query("filter", f), ""); a.status == 200 && !slices.Equal(a.list("id"), []string{map[string]string{"/Groups": g, "/Users": id}[path]}) || a.status != 200 && a.status != 400 {
			t.Errorf("%s: %d %s", f, a.status, a.text)
		}
	}
	c.send("GET", "/Users"+query("filter", emp+`:manager.$ref eq "x"`), "").want(400, "invalidFilter")
}

// S-PA12: what a member is cannot be changed but by removing and adding; where the profile skips those who are not there, the others come in.
func TestMembersThatAreNot(t *testing.T) {
	p := profile(t, "standard")
	p.Profile.Allow = append(p.Profile.Allow, scim.SkipUnknown)
	c := newWorld(t, p).client("standard")
	id := c.newUser("ada")
	g := c.newGroup("staff")
	c.send("PATCH", "/Groups/"+g, op(`{"op":"add","path":"members","value":[{"value":"nobody"},{"value":"`+id+`"}]}`)).want(204)
	if got := c.members(g); !slices.Equal(got, []string{"ada"}) {
		t.Errorf("%v", got)
	}
	for _, path := range []string{"members.value", `members[value eq \"` + id + `\"].value`, `members[value eq \"` + id + `\"].type`, `members[value eq \"` + id + `\"].display`} {
		for _, verb := range []string{"add", "replace", "remove"} {
			c.send("PATCH", "/Groups/"+g, op(`{"op":"`+verb+`","path":"`+path+`","value":"Group"}`)).want(400, "mutability")
		}
	}
	c.send("PATCH", "/Groups/"+g, op(`{"op":"add","path":"members.shoe","value":"x"}`)).want(400, "invalidPath")
	if got := c.members(g); !slices.Equal(got, []string{"ada"}) {
		t.Errorf("%v", got)
	}
}
