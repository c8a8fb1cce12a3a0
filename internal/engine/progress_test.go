package engine_test

import (
	"sync"
	"testing"
	"time"

	"muster/internal/engine"
	"muster/internal/run"
	"muster/internal/scim/scimtest"
)

// P11: a plan foretells how long it takes at the rates of the service, and a run tells how much of that is left.
func TestTimeLeft(t *testing.T) {
	w := speaking(t, "slack", scimtest.Config{})
	w.rules.Groups = nil
	const people = 60
	for i := range people {
		w.corp.person(who(i), "wiki")
	}
	var mu sync.Mutex
	var seen []engine.Progress
	w.refuse(func(string) (int, string) {
		if p, ok := w.Progress("the-run"); ok {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, p)
		}
		return 0, ""
	})
	w.start()
	w.read(run.Done)
	p := w.preview()
	whole := w.Estimate("wiki", p.Counts, 0)
	if rate := (people - 15) / whole.Seconds(); rate < 2.9 || rate > 3 { // 15 at once, and then 180 a minute, of which a little is left to others
		t.Errorf("a plan of %v is to take %s", p.Counts, whole)
	}
	if slow := w.Estimate("wiki", p.Counts, time.Minute); slow != 4*time.Minute { // 60 calls, 16 at a time
		t.Errorf("at a minute each, a plan of %v is to take %s", p.Counts, slow)
	}
	if _, err := w.Approve(t.Context(), engine.Decision{Plan: p.ID, By: "olivia", Count: p.People}); err != nil {
		t.Fatal(err)
	}
	w.target.Fail(scimtest.Fault{Kind: scimtest.Latency, Method: "POST", Wait: 20 * time.Millisecond}) // so that some are settled before others go out
	if r, err := w.Sync(t.Context(), "wiki", "the-run"); err != nil || r.Counts["created"] != people {
		t.Fatalf("%+v, %v", r, err)
	}
	first, last := seen[0], seen[len(seen)-1]
	if first.Phase != "serving" || first.Total != people || first.Left != whole {
		t.Errorf("at the first call: %+v, want all of %d and %s", first, people, whole)
	}
	if last.Done == 0 || last.Total != people || last.Left >= first.Left {
		t.Errorf("at the last call: %+v", last)
	}
	if _, ok := w.Progress("the-run"); ok || w.Estimate("none", p.Counts, time.Second) != time.Duration(0) {
		t.Error("a run that has ended still tells how far it is, or a target that is not there takes time")
	}
}
