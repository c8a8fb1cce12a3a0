package scimapi_test

import (
	"strings"
	"testing"
	"time"

	"muster/internal/access"
	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/ingest"
	"muster/internal/run"
)

// said records what an administrator says about the lines of the hold of a client, as the engine does.
func (w *world) said(source string, to run.Status, names ...string) {
	w.Helper()
	w.write(func(tx directory.Tx) error {
		p := w.hold(run.In(tx), source)
		lines, err := run.In(tx).Lines(w.Context(), p.ID, run.Waiting, -1, 100)
		if err != nil {
			return err
		}
		var keys []string
		for _, l := range lines {
			for _, name := range names {
				if l.Name == name {
					keys = append(keys, l.Key)
				}
			}
		}
		if len(keys) != len(names) {
			w.Errorf("%v are not all asked about: %+v", names, lines)
		}
		if _, err := run.In(tx).Decide(w.Context(), p.ID, run.LineFilter{Keys: keys}, run.Verdict{To: to, By: "olivia", At: w.now}); err != nil {
			return err
		}
		p.Status = to
		return run.Recount(w.Context(), run.In(tx), p)
	})
}

// hold is what waits for a person about a client.
func (w *world) hold(r run.Reader, source string) run.Plan {
	w.Helper()
	all, err := r.Plans(w.Context(), source, run.Hold, "", 10)
	if err != nil || len(all) != 1 || all[0].Class != ingest.Matches {
		w.Fatalf("holds: %+v %v", all, err)
	}
	return all[0]
}

func (w *world) holdNow(source string) (p run.Plan) {
	w.Helper()
	if err := w.store.View(w.Context(), func(v directory.Reader) error { p = w.hold(run.Of(v), source); return nil }); err != nil {
		w.Fatal(err)
	}
	return p
}

// I5: whoever was made by hand is the client's once an administrator has approved the list; owners, admins and people of others never are.
func TestAdoption(t *testing.T) {
	w := newWorld(t, profile(t, "standard"), profile(t, "okta"))
	c, other := w.client("standard"), w.client("okta")
	ada, ben, cleo, dora := person("Ada"), person("ben"), person("cleo"), person("dora")
	admins := directory.Object{ID: directory.NewID(), Kind: directory.Group, State: directory.Active, Attrs: attr.Set{directory.Name: {"admins"}}}
	w.write(func(tx directory.Tx) error {
		if err := tx.PutObjects(t.Context(), ada, ben, cleo, dora, admins); err != nil {
			return err
		}
		if err := tx.PutEdges(t.Context(), admins.ID, []directory.ID{dora.ID}, nil); err != nil {
			return err
		}
		return access.In(tx).PutGrant(t.Context(), access.Grant{Person: admins.ID, Role: access.Admin})
	})
	hers := other.newUser("hers")
	for _, name := range []string{"owner", "idp", "hers", "dora"} { // for good
		c.send("POST", "/Users", userBody(name)).want(409, "uniqueness")
	}
	if log, _ := c.api.Exchanges("standard", true); len(log) != 4 || !strings.Contains(log[0].Fix, "admins") || !strings.Contains(log[1].Fix, "okta") {
		t.Errorf("the conflicts are not shown: %+v", log)
	}
	for range 2 { // asked once, however often the client tries
		c.send("POST", "/Users", userBody("ada", `"title":"Boss"`)).want(409, "uniqueness")
	}
	bulk := c.send("POST", "/Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[
		{"method":"POST","path":"/Users","bulkId":"1","data":`+userBody("ben")+`},{"method":"POST","path":"/Users","bulkId":"2","data":`+userBody("cleo")+`},
		{"method":"POST","path":"/Users","bulkId":"3","data":`+userBody("new")+`}]}`).want(200)
	if strings.Count(bulk.text, `"status":"409","response"`) != 2 || !strings.Contains(bulk.text, `"201"`) {
		t.Error(bulk.text)
	}
	p := w.holdNow("standard")
	if on, ok := p.Problem(); p.People != 3 || p.Status != run.Waiting || !ok || on.Code != "source_adoptions" || p.Counts["link"] != 3 {
		t.Errorf("%+v", p)
	}
	if log, _ := c.api.Exchanges("standard", true); !strings.Contains(log[0].Fix, "muster hold show standard") || !strings.Contains(log[0].Error, "approved") {
		t.Errorf("%+v", log[0])
	}
	w.said("standard", run.Rejected, "ben")
	w.said("standard", run.Approved, "Ada")
	w.now = w.now.Add(48 * time.Hour) // a provider comes back when it likes
	made := c.send("POST", "/Users", userBody("ada", `"title":"Boss"`)).want(201)
	if o := c.object(directory.Person, "standard", made.id()); o.ID != ada.ID || o.State != directory.Active || o.Handle() != "ada" {
		t.Errorf("%+v", o)
	}
	c.send("POST", "/Users", userBody("ben")).want(409, "uniqueness")
	if a := c.send("POST", "/Users", userBody("cleo")).want(409, "uniqueness"); !strings.Contains(a.text, "approved") {
		t.Error(a.text)
	}
	if p := w.holdNow("standard"); p.Status != run.Waiting || p.People != 1 {
		t.Errorf("%+v", p)
	}
	c.send("PUT", "/Users/"+made.id(), userBody("cleo")).want(409, "uniqueness") // a new name is no new person: nobody is asked
	c.send("DELETE", "/Users/"+made.id(), "").want(204)                          // I7: they were the client's
	other.send("GET", "/Users/"+hers, "").want(200)
}
