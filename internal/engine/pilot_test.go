package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/engine"
	"muster/internal/run"
)

// X1, X11: approving the plan of a pilot carries out the lines of those named; the lines of all others stay as they are, and wait.
func TestPlanBeyondThePilotWaits(t *testing.T) {
	w := newWorld(t)
	w.mode, w.rules.Pilot = engine.Pilot, []string{"ada"}
	for _, name := range []string{"ada", "bob", "cleo"} {
		w.corp.person(name, "wiki")
	}
	w.start()
	w.read(run.Done)
	p := w.preview()
	w.release(p)
	w.sync(run.Done)
	stands := func() map[string]run.Status {
		out := map[string]run.Status{}
		_, lines := w.plan(p.ID)
		for name, l := range lines {
			out[name] = l.Status
		}
		return out
	}
	want := map[string]run.Status{"ada": run.Finished, "bob": run.Waiting, "cleo": run.Waiting, "wiki": run.Waiting}
	if diff := cmp.Diff(want, stands()); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if p, _ := w.plan(p.ID); p.Status != run.Finished || p.People != 0 {
		t.Errorf("the plan is %s and affects %d, want that all of the pilot is done", p.Status, p.People)
	}
	if r := w.follows(); r.ID != "" {
		t.Errorf("another wave: %+v", r)
	}
	if diff := cmp.Diff(map[string]bool{"ada": true}, w.accounts()); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
}
