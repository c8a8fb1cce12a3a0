package engine_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"

	"muster/internal/directory"
	"muster/internal/engine"
	"muster/internal/run"
	"muster/internal/source"
)

// planWrites plans everybody and returns how often the store was written to, and the plan. A record of the run is one.
func (w *world) planWrites(requests *atomic.Int64) (int, run.Plan) {
	w.t.Helper()
	steps, asked := w.knife.steps, requests.Load()
	p := w.preview()
	return w.knife.steps - steps - int(requests.Load()-asked), p
}

// P1, X1: everybody is planned again, and where nothing has changed nothing is written but that it was done: while a first plan waits, questions, groups with
// members and accounts of people who are gone included; and when everything is in step.
func TestNoChangeWritesNothing(t *testing.T) {
	w := newWorld(t)
	w.rules.People.Match = append(w.rules.People.Match, `emails[type eq "work"].value`)
	var requests atomic.Int64
	w.knife, w.before = &knife{}, func(*http.Request) { requests.Add(1) }
	for i := range 40 {
		w.corp.person(fmt.Sprintf("p%02d", i), "wiki")
	}
	w.corp.person("gone")
	w.corp.change("gone", func(r *source.Record) { r.Disabled = true })
	w.shares("both@example.com", "p03", "p30") // the first is planned before the second is known
	w.seed(account("p01", "p01@example.com", "p01"), account("gone", "gone@example.com", "gone"), account("other", "both@example.com", "other"))
	w.start()
	w.read(run.Done)
	n, first := w.planWrites(&requests)
	if n < 2 || first.Counts["skip ask"] != 2 || first.Counts["skip gone"] != 1 || first.Counts["group create"] != 1 {
		t.Fatalf("the first plan took %d writes, and counts %v", n, first.Counts)
	}
	if n, p := w.planWrites(&requests); n != 1 || p.ID != first.ID {
		t.Errorf("to find the plan that waits as it was took %d writes, want 1; plan %s, want %s", n, p.ID, first.ID)
	}
	all := len(w.lines(first.ID))
	w.rename("p20", "Another")
	n, next := w.planWrites(&requests)
	if n < 2 || next.ID == first.ID || next.People != first.People || len(w.lines(next.ID)) != all {
		t.Errorf("after a change: %d writes, plan %s for %d people, want another than %s for %d", n, next.ID, next.People, first.ID, first.People)
	}
	if n, p := w.planWrites(&requests); n != 1 || p.ID != next.ID {
		t.Errorf("the next time: %d writes, plan %s, want 1 and %s", n, p.ID, next.ID)
	}
	w.shares("p30@example.com", "p30") // nobody contests the account any more
	w.read(run.Done)
	if _, p := w.planWrites(&requests); p.Counts["skip ask"] != 0 || p.Counts["link"] != 2 {
		t.Errorf("after a question was settled by itself the plan counts %v, want two links and no question", p.Counts)
	}
}

// X1: the same once a target is served.
func TestNoChangeWritesNothingWhenLive(t *testing.T) {
	w := newWorld(t)
	var requests atomic.Int64
	w.knife, w.before = &knife{}, func(*http.Request) { requests.Add(1) }
	for i := range 12 {
		w.corp.person(fmt.Sprintf("p%02d", i), "wiki")
	}
	w.live()
	w.follows()
	w.preview() // lists what there is by now
	before := w.target.Writes()
	if n, p := w.planWrites(&requests); n != 1 || p.People != 0 {
		t.Errorf("with everything in step: %d writes, and a plan for %d people; want 1 and 0", n, p.People)
	}
	if got := w.target.Writes(); len(got) != len(before) {
		t.Errorf("a plan wrote to the target: %v", got[len(before):])
	}
}

// X1: a plan keeps the order of its lines, each once, where it begins to differ from the one before only in the middle.
func TestNextPlanIsWhole(t *testing.T) {
	w, p := staff(t, nil, "ada", "bob", "cleo", "dan")
	w.rename("cleo", "Cleopatra")
	next := w.preview()
	if next.ID == p.ID {
		t.Fatal("the plan did not change")
	}
	var names []string
	err := w.store.View(t.Context(), func(v directory.Reader) error {
		lines, err := run.Of(v).Lines(t.Context(), next.ID, "", -1, 100)
		for i, l := range lines {
			if names = append(names, l.Name); l.Seq != i {
				t.Errorf("line %d has the number %d", i, l.Seq)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"ada", "bob", "cleo", "dan"}) {
		t.Errorf("the plan is about %v", names)
	}
	if _, err := w.Approve(t.Context(), engine.Decision{Plan: next.ID, By: "olivia", Count: 4}); err != nil {
		t.Error(err)
	}
}
