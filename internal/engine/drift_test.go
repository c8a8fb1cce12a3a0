package engine_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/mapping"
	"muster/internal/run"
	"muster/internal/scim/scimtest"
	"muster/internal/source"
)

// drift returns what is known to have been changed by hand, as "name field member wanted→found".
func (w *world) drift() []string {
	w.t.Helper()
	var out []string
	err := w.store.View(w.t.Context(), func(v directory.Reader) error {
		found, err := link.Of(v).Drifts(w.t.Context(), "wiki", 100)
		for _, d := range found {
			o, err := v.Object(w.t.Context(), d.Object)
			if err != nil {
				return err
			}
			who := ""
			if d.Member != "" {
				m, err := v.Object(w.t.Context(), d.Member)
				if err != nil {
					return err
				}
				who = m.Handle() + " "
			} else if d.Foreign != "" {
				who = "stranger "
			}
			out = append(out, fmt.Sprintf("%s %s %s%s→%s", o.Handle(), d.Field, who, d.Wanted, d.Found))
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

func (w *world) driftIs(want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.drift()); diff != "" {
		w.t.Errorf("drift (-want +got):\n%s", diff)
	}
}

const patchOp = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`

// byHand changes an account or group at the target as its administrator would.
func (w *world) byHand(path, operations string) {
	w.t.Helper()
	w.send("PATCH", path, patchOp+operations+"]}")
}

func (w *world) at(name string) string { return string(w.linkOf(name).Remote) }

// tampered is a world in which somebody has changed things at the target: a name, a state, an account, and who is in a group.
func tampered(t *testing.T, drift string) *world {
	w := newWorld(t)
	w.rules.Drift = drift
	w.corp.group("wiki-x")
	for _, name := range []string{"ada", "bob", "cleo", "dan", "eve", "fay", "gus"} {
		w.corp.person(name, "wiki", "wiki-x")
	}
	w.corp.person("hal", "wiki")
	w.live()
	w.byHand("/Users/"+w.at("ada"), `{"op":"replace","path":"displayName","value":"Ada by hand"}`)
	w.byHand("/Users/"+w.at("bob"), `{"op":"replace","path":"active","value":false}`)
	w.send("DELETE", "/Users/"+w.at("cleo"), "")
	w.byHand("/Groups/"+w.at("wiki-x"), `{"op":"remove","path":"members[value eq \"`+w.at("dan")+`\"]"},{"op":"add","path":"members","value":[{"value":"`+w.at("hal")+`"}]}`)
	w.now = w.now.Add(25 * time.Hour)
	return w
}

// A full comparison undoes what was changed by hand, and tells how much it was.
func TestDriftIsRepaired(t *testing.T) {
	w := tampered(t, "")
	if r := w.sync(run.Done); r.Counts["drift"] < 5 {
		t.Errorf("the run counts %v", r.Counts)
	}
	w.driftIs()
	w.settles()
}

// Where drift is reported it stays, everything else follows, and the report goes when both sides agree again.
func TestDriftIsReported(t *testing.T) {
	w := tampered(t, mapping.Report)
	before := len(w.target.Writes())
	want := []string{
		"ada displayName Name of ada→Ada by hand", "bob active true→false", "cleo account there→gone",
		"wiki-x member dan in→out", "wiki-x member hal out→in",
	}
	for range 2 {
		w.sync(run.Done)
		w.driftIs(want...)
		w.now = w.now.Add(25 * time.Hour)
	}
	if more := w.target.Writes()[before:]; len(more) > 0 {
		t.Fatalf("a report wrote %+v", more)
	}
	if p := w.preview(); p.People != 0 {
		t.Errorf("the plan is not empty: %v", w.lines(p.ID))
	}

	t.Log("what changes at the source is written, and only that")
	w.corp.change("ada", func(r *source.Record) { r.Attrs["mail"] = []string{"ada.new@example.com"} })
	w.corp.change("bob", func(r *source.Record) { r.Attrs["mail"] = []string{"bob.new@example.com"} })
	w.corp.person("ivy", "wiki", "wiki-x")
	w.read(run.Done)
	w.follow(run.Done)
	w.sync(run.Done)
	w.driftIs(want...)
	for _, u := range w.target.Snapshot().Users {
		if u.UserName == "ada" && (mailOf(u.Resource) != "ada.new@example.com" || u.Resource.Text("displayName") != "Ada by hand") || u.UserName == "bob" && u.Active {
			t.Errorf("%s is %+v", u.UserName, u)
		}
	}

	t.Log("what was changed by hand is changed back, at the target or at the source")
	w.byHand("/Users/"+w.at("bob"), `{"op":"replace","path":"active","value":true}`)
	w.corp.change("ada", func(r *source.Record) { r.Attrs["cn"] = []string{"Ada Again"} })
	w.corp.member["g-wiki-x"] = append(w.corp.member["g-wiki-x"], "p-hal")
	w.corp.leave("dan", "wiki-x")
	w.read(run.Done)
	w.follow(run.Done)
	w.now = w.now.Add(25 * time.Hour)
	w.sync(run.Done)
	w.driftIs("cleo account there→gone")

	t.Log("who was taken out of the group at the source comes back by it")
	w.corp.member["g-wiki-x"] = append(w.corp.member["g-wiki-x"], "p-dan")
	w.read(run.Done)
	w.follow(run.Done)
	if !slices.Contains(w.members("wiki-x"), "dan") {
		t.Error("dan is not in the group again")
	}
}

// P6, X6: a leaver whose account was opened by hand is closed again, whatever is done about drift; and one that was closed by hand is closed.
func TestLeaverIsClosedThoughDriftIsReported(t *testing.T) {
	w := newWorld(t)
	w.rules.Drift = mapping.Report
	for _, name := range []string{"ada", "bob", "cleo"} {
		w.corp.person(name, "wiki")
	}
	w.live()
	w.corp.change("ada", func(r *source.Record) { r.Disabled = true })
	w.read(run.Done)
	w.follow(run.Done)
	w.byHand("/Users/"+w.at("ada"), `{"op":"replace","path":"active","value":true}`)
	w.byHand("/Users/"+w.at("bob"), `{"op":"replace","path":"active","value":false}`)
	w.now = w.now.Add(25 * time.Hour)
	w.sync(run.Done)
	if got := w.accounts(); got["ada"] || got["bob"] || !got["cleo"] {
		t.Errorf("accounts: %v, want cleo's open", got)
	}
	w.driftIs("bob active true→false")
	w.corp.change("bob", func(r *source.Record) { r.Disabled = true })
	w.read(run.Done)
	w.follow(run.Done)
	if l := w.linkOf("bob"); l.State != link.Closed {
		t.Errorf("bob's link is %+v", l)
	}
	w.driftIs()
}

// What Muster neither made nor adopted is neither repaired nor reported.
func TestStrangersAreNoDrift(t *testing.T) {
	w := newWorld(t)
	w.seedGroup("stranger-group", 2)
	w.corp.person("ada", "wiki")
	w.live()
	before := len(w.target.Writes())
	w.byHand("/Users/"+w.target.Snapshot().Users[0].ID, `{"op":"replace","path":"displayName","value":"by hand"}`)
	w.now = w.now.Add(25 * time.Hour)
	w.sync(run.Done)
	w.driftIs()
	if more := w.target.Writes()[before:]; len(more) != 1 || more[0].Class != scimtest.Users {
		t.Errorf("writes besides the one by hand: %+v", more)
	}
}
