package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/engine"
	"muster/internal/mapping"
	"muster/internal/run"
	"muster/internal/scim/scimtest"
	"muster/internal/source"
)

// X11: observe, pilot of a group, live, and back, without a restart: each step forward is a plan to approve, each step back stops what it should at once.
func TestObservePilotLiveAndBack(t *testing.T) {
	w := newWorld(t)
	w.mode, w.rules.Groups = engine.Observe, nil
	w.corp.group("pilots")
	w.rules.PilotGroup = &mapping.From{Group: "cn=pilots,dc=corp"}
	w.corp.person("ada", "wiki", "pilots")
	w.corp.person("bob", "wiki")
	mode := func(m engine.Mode) {
		t.Helper()
		if err := w.SetMode(t.Context(), "wiki", m); err != nil {
			t.Fatal(err)
		}
	}
	holds := func(want map[string]bool) {
		t.Helper()
		if diff := cmp.Diff(want, w.accounts()); diff != "" {
			t.Errorf("accounts (-want +got):\n%s", diff)
		}
	}
	w.start()
	w.read(run.Done)
	if p := w.preview(); p.People != 2 {
		t.Errorf("while observing the plan is for %d, want both", p.People)
	}
	w.sync(run.Done)
	holds(map[string]bool{})

	mode(engine.Pilot)
	w.follow("")
	holds(map[string]bool{}) // nobody has approved anything
	p := w.preview()
	if p.People != 1 || p.Counts["create"] != 1 || p.Counts["skip pilot"] != 1 {
		t.Errorf("the pilot's plan is for %d, %v; want ada, and bob shown", p.People, p.Counts)
	}
	w.release(p)
	w.sync(run.Done)
	holds(map[string]bool{"ada": true})
	w.rename("bob", "Robert")
	w.rename("ada", "Countess")
	w.follows()
	if holds(map[string]bool{"ada": true}); w.titled("ada") != "Countess" {
		t.Errorf("ada is %q: the pilot is not kept in step", w.titled("ada"))
	}

	mode(engine.Live)
	w.follows()
	holds(map[string]bool{"ada": true})
	w.release(w.preview())
	w.sync(run.Done)
	holds(map[string]bool{"ada": true, "bob": true})

	for _, back := range []engine.Mode{engine.Pilot, engine.Observe} {
		mode(back)
		before := w.target.Count("PATCH", scimtest.Users)
		w.rename("bob", "Bob "+string(back))
		w.follow("")
		if n := w.target.Count("PATCH", scimtest.Users); n != before {
			t.Errorf("%d writes after stepping back to %s", n-before, back)
		}
	}
	mode(engine.Live) // as it was approved: what has happened meanwhile goes out within the limits
	w.follows()
	if w.titled("bob") != "Bob observe" {
		t.Errorf("bob is %q once live again", w.titled("bob"))
	}
	if got := w.Mode("wiki"); got != engine.Live {
		t.Errorf("the mode is %s", got)
	}
}

// X11, P6: whoever leaves the company leaves the pilot's group too, and is closed all the same.
func TestLeaverOfAPilotGroup(t *testing.T) {
	w := newWorld(t)
	w.mode, w.rules.Groups = engine.Pilot, nil
	w.corp.group("pilots")
	w.rules.PilotGroup = &mapping.From{Group: "cn=pilots,dc=corp"}
	w.corp.person("ada", "wiki", "pilots")
	w.corp.person("bob", "wiki", "pilots")
	w.live()
	w.sync(run.Done) // a comparison finds both in the group, with accounts
	w.corp.leave("ada", "pilots")
	w.corp.leave("ada", "wiki")
	w.corp.change("ada", func(r *source.Record) { r.Disabled = true })
	w.read(run.Done)
	w.follow(run.Done)
	if diff := cmp.Diff(map[string]bool{"ada": false, "bob": true}, w.accounts()); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
}
