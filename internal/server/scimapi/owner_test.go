package scimapi_test

import (
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"muster/internal/access"
	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/inbound"
	"muster/internal/scim"
	"muster/internal/server/scimapi"
)

// object returns the person or group behind a resource.
func (c *client) object(kind directory.Kind, source, id string) directory.Object {
	c.Helper()
	var o directory.Object
	err := c.store.View(c.Context(), func(v directory.Reader) error {
		r, err := inbound.Of(v).Resource(c.Context(), source, kind, id)
		if err != nil {
			return err
		}
		o, err = v.Object(c.Context(), r.Object)
		return err
	})
	if err != nil {
		c.Fatal(err)
	}
	return o
}

// I2, I3, I6: what a client provisions are people and groups of Muster, mapped as any source's, and groups have no rights.
func TestPeople(t *testing.T) {
	c := newClient(t, "standard")
	id := c.newUser("Olivia", `"name":{"givenName":"Olivia","familyName":"Osei"}`, `"emails":[{"type":"work","value":"o@example.com"}]`)
	o := c.object(directory.Person, "standard", id)
	want := attr.Set{"username": {"Olivia"}, "email": {"o@example.com"}, "name": {"Olivia Osei"}, "givenName": {"Olivia"}, "familyName": {"Osei"}}
	if !o.Attrs.Equal(want) || o.State != directory.Active {
		t.Errorf("%+v", o)
	}
	c.send("PATCH", "/Users/"+id, op(`{"op":"replace","path":"active","value":false}`)).want(200)
	if o := c.object(directory.Person, "standard", id); o.State != directory.Disabled || o.Cause != directory.Stated || o.Epoch != 1 {
		t.Errorf("%+v", o)
	}
	g := c.newGroup("admins", id)
	group := c.object(directory.Group, "standard", g)
	err := c.store.View(t.Context(), func(v directory.Reader) error {
		grants, err := access.Of(v).Grants(t.Context(), group.ID)
		if len(grants) > 0 {
			t.Errorf("a new group has rights: %v", grants)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	c.send("DELETE", "/Users/"+id, "").want(204)
	gone := c.newUser("Olivia")
	if back := c.object(directory.Person, "standard", gone); back.ID == o.ID || back.State != directory.Active {
		t.Errorf("I7: the same name is somebody else: %+v", back)
	}
}

// S1–S4, I5, S-CR8: no client touches owners, admins, the user of its token, people of others, or other clients' resources.
func TestOwnership(t *testing.T) {
	w := newWorld(t, profile(t, "standard"), profile(t, "okta"))
	c, other := w.client("standard"), w.client("okta")
	hers := other.newUser("hers", `"emails":[{"type":"work","value":"hers@example.com"}]`)
	for _, name := range []string{"owner", "idp", "hers", "HERS"} {
		c.send("POST", "/Users", userBody(name)).want(409, "uniqueness")
	}
	id := c.newUser("mine", `"emails":[{"type":"work","value":"hers@example.com"}]`) // a mail address makes nobody the same person
	if c.object(directory.Person, "standard", id).ID == other.object(directory.Person, "okta", hers).ID {
		t.Error("an account was taken over by its mail address")
	}
	for _, m := range []string{"GET", "PUT", "PATCH", "DELETE"} {
		body := map[string]string{"PUT": userBody("x"), "PATCH": op(`{"op":"add","path":"title","value":"x"}`)}[m]
		c.send(m, "/Users/"+hers, body).want(404)
	}
	c.send("PUT", "/Users/"+id, userBody("owner")).want(409, "uniqueness")
	if a := c.send("GET", "/Users/"+id, "").want(200); a.at("userName") != "mine" {
		t.Error(a.text)
	}
	c.send("POST", "/Groups", groupBody("g", hers)).want(400, "invalidValue")
	if got := c.send("GET", "/Users", "").want(200).list("userName"); len(got) != 1 {
		t.Errorf("a client sees %v", got)
	}
	admin := c.object(directory.Person, "standard", id).ID
	if err := c.keeper.Give(t.Context(), c.owner, admin, access.Admin); err != nil {
		t.Fatal(err)
	}
	c.send("PATCH", "/Users/"+id, op(`{"op":"replace","path":"active","value":false}`)).want(403)
	c.send("DELETE", "/Users/"+id, "").want(403)
	c.newGroup("provisioning") // the same name as the dedicated group: another group
	if c.object(directory.Group, "standard", c.send("GET", "/Groups"+query("filter", `displayName eq "provisioning"`), "").list("id")[0]).ID == w.group {
		t.Error("a client took the group that gives it its rights")
	}
}

// I2, S-D4: a profile that becomes narrower keeps nobody in: whoever leaves is deactivated though what is kept of them is not what it takes now.
func TestNarrowerProfile(t *testing.T) {
	c := newClient(t, "standard")
	ada := c.newUser("ada", `"title":"Boss"`, `"emails":[{"type":"home","value":"a@EXAMPLE.com"}]`, `"`+emp+`":{"department":"R"}`, `"phoneNumbers":[{"value":"+49 30 12"}]`)
	ben := c.newUser("ben")
	for _, refuse := range [][]string{nil, {string(scim.KeepForm)}} {
		p, err := scimapi.NewProfile("closed", scimapi.Options{Refuse: refuse})
		if err != nil {
			t.Fatal(err)
		}
		c.api = scimapi.New(scimapi.Config{Store: c.store, Keeper: c.keeper, Door: c.door, Clients: []scimapi.Client{{Name: "standard", Profile: p}}, Now: func() time.Time { return c.now }, Log: slog.New(slog.DiscardHandler)})
		srv := httptest.NewServer(c.api)
		narrow := *c
		w := *c.world
		w.url = srv.URL + scimapi.Prefix
		narrow.world = &w
		for _, active := range []string{"false", "true"} {
			if a := narrow.send("PATCH", "/Users/"+ada, op(`{"op":"replace","path":"active","value":`+active+`}`)).want(200); a.at("active") != active {
				t.Error(a.text)
			}
			narrow.send("PATCH", "/Users/"+ben, op(`{"op":"replace","value":{"active":`+active+`}}`)).want(200)
		}
		srv.Close()
	}
	if a := c.send("GET", "/Users/"+ada, "").want(200); a.at("title") != "Boss" || a.at(emp+"/department") != "R" {
		t.Errorf("what the narrower profile does not have is lost: %s", a.text)
	}
}

// I7: with on_delete: deactivate the person stays, deactivated, and comes back as who they were.
func TestDeactivate(t *testing.T) {
	one := profile(t, "standard")
	one.Deactivate = true
	c := newWorld(t, one).client("standard")
	id := c.newUser("ada")
	was := c.object(directory.Person, "standard", id)
	c.send("DELETE", "/Users/"+id, "").want(204)
	c.send("GET", "/Users/"+id, "").want(404)
	var left directory.Object
	err := c.store.View(t.Context(), func(v directory.Reader) (err error) {
		left, err = v.Object(t.Context(), was.ID)
		return err
	})
	if err != nil || left.State != directory.Disabled {
		t.Errorf("%+v %v", left, err)
	}
	again := c.newUser("ada")
	if back := c.object(directory.Person, "standard", again); again == id || back.ID != was.ID || back.State != directory.Active || back.Epoch <= was.Epoch {
		t.Errorf("%+v", back)
	}
}

// I2, I5: the closed profile.
func TestClosed(t *testing.T) {
	c := newClient(t, "closed")
	const mail = `"emails":[{"type":"work","value":"a@example.com"}]`
	const app = scimapi.AppURN
	a := c.send("POST", "/Users", `{"schemas":["`+scim.UserURN+`","`+app+`"],"userName":"ada",`+mail+`,"active":true,"name":{"givenName":"Ada","familyName":"Ito"},"`+
		app+`":{"passwordNeverExpires":true,"sendInvitationMail":false,"linkedResource":{"id":"R7"}}}`).want(201)
	if a.at(app+"/linkedResource/id") != "R7" || a.at(app+"/passwordNeverExpires") != "true" {
		t.Error(a.text)
	}
	if got := c.send("GET", "/Users"+query("filter", app+`:linkedResource.id eq "R7"`), "").want(200).list("userName"); len(got) != 1 {
		t.Errorf("%v", got)
	}
	b := c.send("POST", "/Users", `{"schemas":["`+scim.UserURN+`"],"userName":"ben",`+mail+`,"`+app+`.sendInvitationMail":true,"`+app+`:linkedResource.id":"R8"}`).want(201)
	if b.at(app+"/sendInvitationMail") != "true" || b.at(app+"/linkedResource/id") != "R8" {
		t.Error(b.text)
	}
	c.send("PATCH", "/Users/"+b.id(), op(`{"op":"replace","path":"`+app+`.sendInvitationMail","value":"False"}`)).want(200)
	for name, body := range map[string]string{
		"title": userBody("x", mail, `"title":"Boss"`), "displayName": userBody("x", mail, `"displayName":"X"`), "middleName": userBody("x", mail, `"name":{"middleName":"M"}`),
		scim.EnterpriseURN: userBody("x", mail, `"`+scim.EnterpriseURN+`":{"department":"R"}`), "shoeSize": userBody("x", mail, `"`+app+`":{"shoeSize":1}`),
		`emails[type eq \"work\"]`: userBody("x", `"emails":[{"type":"home","value":"h@example.com"}]`), "emails": userBody("x"), `emails[type eq \"home\"]`: userBody("x", `"emails":[{"type":"work","value":"a@example.com"},{"type":"home","value":"h@example.com"}]`), "userName": `{"schemas":["` + scim.UserURN + `"],` + mail + `}`,
	} {
		if a := c.send("POST", "/Users", body).want(400, "invalidValue"); !strings.Contains(a.text, name) {
			t.Errorf("%s is not named: %s", name, a.text)
		}
	}
	c.send("PATCH", "/Users/"+a.id(), op(`{"op":"replace","path":"title","value":"x"}`)).want(400, "invalidPath")
	c.send("PATCH", "/Users/"+a.id(), op(`{"op":"add","path":"emails","value":[{"type":"home","value":"h@example.com"}]}`)).want(400, "invalidValue")
	c.send("PATCH", "/Users/"+a.id(), op(`{"op":"remove","path":"emails[type eq \"work\"]"}`)).want(400)
	c.advance()
	again := c.send("POST", "/Users", userBody("ADA", mail, `"name":{"givenName":"Adah"}`)).want(201) // I5: its own people are updated
	if again.id() != a.id() || again.at("name/givenName") != "Adah" {
		t.Error(again.text)
	}
	c.send("POST", "/Users", userBody("owner", mail)).want(409, "uniqueness")
	if got := c.send("GET", "/Schemas", "").want(200).list("id"); len(got) != 3 || got[1] != app {
		t.Errorf("%v", got)
	}
	wide, err := scimapi.NewProfile("closed", scimapi.Options{Accept: []string{"title"}, Extensions: []*scim.Schema{{URN: "urn:example:2.0:User", Name: "X", Attributes: []scim.Attribute{{Name: "floor", Type: scim.Integer}}}}})
	if err != nil {
		t.Fatal(err)
	}
	d := newWorld(t, scimapi.Client{Name: "closed", Profile: wide}).client("closed")
	d.send("POST", "/Users", userBody("x", mail, `"title":"Boss"`, `"urn:example:2.0:User":{"floor":3}`)).want(201)
	d.send("POST", "/Users", userBody("y", mail, `"`+app+`":{"sendInvitationMail":true}`)).want(400)
}

// The operator's view: what was sent, what was refused and how to mend it, what was tolerated; never a secret.
func TestExchanges(t *testing.T) {
	c := newClient(t, "standard")
	c.header.Set("User-Agent", "Okta SCIM Client 1.0.0")
	c.send("POST", "/Users", userBody("ada", `"password":"t0p-s3cret"`)).want(400)
	c.send("PATCH", "/Users/x", op(`{"op":"Replace","path":"password","value":"t0p-s3cret"}`)).want(404)
	c.newUser("ada")
	for range 120 {
		c.send("GET", "/Users?count=1", "").want(200)
	}
	s := c.api.Stats()[0]
	if s.Requests != 123 || s.Errors != 2 || s.Kept != 100 || s.KeptErrors != 0 || s.Suggest != "okta" || s.LastError == nil || s.LastError.Status != 404 || s.PerMinute != 123.0/5 || !s.Last.Equal(c.now) {
		t.Errorf("%+v", s)
	}
	log, ok := c.api.Exchanges("standard", false)
	if !ok || len(log) != 100 || log[0].Method != "GET" || log[0].Response == "" {
		t.Errorf("%d exchanges", len(log))
	}
	c.send("POST", "/Users", userBody("ben", `"password":"t0p-s3cret"`)).want(400)
	failed, _ := c.api.Exchanges("standard", true)
	if s := c.api.Stats()[0]; s.KeptErrors != 1 {
		t.Errorf("of those kept, %d were answered with an error", s.KeptErrors)
	}
	if len(failed) != 1 || failed[0].Fix == "" || !strings.Contains(failed[0].Error, "password") || !strings.Contains(failed[0].Request, `"password":"***"`) {
		t.Errorf("%+v", failed)
	}
	for _, e := range append(log, failed...) {
		if strings.Contains(e.Request+e.Response+e.Path, "t0p-s3cret") || strings.Contains(e.Request+e.Response, c.token) {
			t.Errorf("a secret is shown: %+v", e)
		}
	}
}
