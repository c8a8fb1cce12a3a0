package engine_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"muster/internal/directory"
	"muster/internal/engine"
	"muster/internal/ingest"
	"muster/internal/run"
	"muster/internal/source"
)

// sourceHold returns the only hold of the source that waits.
func (w *world) sourceHold() run.Plan {
	w.t.Helper()
	var out []run.Plan
	err := w.store.View(w.t.Context(), func(v directory.Reader) (err error) {
		out, err = run.Of(v).Plans(w.t.Context(), "corp", run.Hold, run.Waiting, 10)
		return err
	})
	if err != nil || len(out) != 1 {
		w.t.Fatalf("%d holds of the source wait, want 1: %v", len(out), err)
	}
	return out[0]
}

// refused decides about a plan and expects to be refused with a code.
func (w *world) refuses(code string, d engine.Decision) {
	w.t.Helper()
	_, err := w.Approve(w.t.Context(), d)
	if p, ok := errors.AsType[*run.Problem](err); !ok || p.Code != code || p.Now == "" || p.Fix == "" {
		w.t.Errorf("%+v: %v, want it refused as %s", d, err, code)
	}
}

// X2, design §8: a person releases a read that was not believed, by the number of people; meanwhile what is stated has gone out to the target.
func TestAReadIsReleased(t *testing.T) {
	w := crowd(t, 40)
	for i := range 8 {
		w.corp.hidden[source.Key("p-"+who(i))] = true
	}
	w.disable(10, 11)
	w.read(run.Suspicious)
	w.follow(run.Done)
	if w.accounts()["p010"] || !w.accounts()["p000"] {
		t.Error("a stated leaver waits for the read to be believed, or somebody missing does not")
	}
	p := w.sourceHold()
	w.refuses("count_mismatch", engine.Decision{Plan: p.ID, By: "olivia", Count: 7})
	w.refuses("invalid", engine.Decision{Plan: p.ID, By: "olivia", Count: 1, Keys: []string{"x"}})
	w.refuses("answer_needed", engine.Decision{Plan: p.ID, By: "olivia", Count: 8, Answer: run.Create})
	w.release(p)
	w.refuses("already_decided", engine.Decision{Plan: p.ID, By: "olivia", Count: 8})
	w.now = w.now.Add(31 * time.Minute)
	w.read(run.Suspicious) // it lapsed
	w.release(w.sourceHold())
	w.read(run.Done)
	w.now = w.now.Add(11 * time.Minute)
	w.read(run.Done)
	w.follow(run.Held) // the limit of the target still stands
	if p := w.hold(); p.People != 8 {
		t.Errorf("%d are held at the target, want 8", p.People)
	}
	w.audited("hold.release", p.ID, "source corp, shrink, 8 people and groups")
}

// audited checks that an act is in the audit log, newest first.
func (w *world) audited(act, object, detail string) {
	w.t.Helper()
	err := w.store.View(w.t.Context(), func(v directory.Reader) error {
		events, err := run.Of(v).Events(w.t.Context(), run.EventQuery{Act: act, Object: object, Limit: 1})
		if len(events) != 1 || events[0].By != "olivia" || !strings.Contains(events[0].Detail, detail) {
			w.t.Errorf("the log has %+v for %s of %s", events, act, object)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// Some of those under new ids are the same people, one is not, and of one nobody decides.
func TestNewIDsAreDecidedAboutOneByOne(t *testing.T) {
	w := crowd(t, 40)
	for i := range 4 {
		r := w.corp.people[source.Key("p-"+who(i))]
		delete(w.corp.people, r.Key)
		r.Key = source.Key("q-" + who(i))
		w.corp.people[r.Key] = r
	}
	w.read(run.Suspicious)
	p := w.sourceHold()
	keys := map[string]string{}
	err := w.store.View(t.Context(), func(v directory.Reader) error {
		lines, err := run.Of(v).Lines(t.Context(), p.ID, "", -1, 10)
		for _, l := range lines {
			keys[l.Name] = l.Key
		}
		return err
	})
	if err != nil || len(keys) != 4 || p.Class != ingest.Anchors {
		t.Fatalf("%v, %+v, %v", keys, p, err)
	}
	w.refuses("stale", engine.Decision{Plan: p.ID, By: "olivia", Count: 1, Keys: []string{"x"}})
	w.release(p, keys["p000"], keys["p001"])
	if _, err := w.Reject(t.Context(), engine.Decision{Plan: p.ID, By: "olivia", Keys: []string{keys["p002"]}, Reason: "not sure"}); err != nil {
		t.Fatal(err)
	}
	w.read(run.Done) // two are left, fewer than a read is doubted for
	w.audited("hold.reject", p.ID, "anchors, 1 people and groups")
	w.sync(run.Done)
	if n := active(w.accounts()); n != 40 {
		t.Errorf("%d active accounts, want 40", n)
	}
}
