package engine_test

import (
	"strings"
	"testing"
	"time"

	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/mapping"
	"muster/internal/run"
)

// X3, X9: which rules were in force when, by which plan and whose word, is remembered and never overwritten; an explanation names those that decide now.
func TestRulesInForceAreRemembered(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.live()
	first := w.ruled()
	if len(first) != 1 || !first[0].To.IsZero() || !strings.Contains(first[0].Cause, "approved by olivia") {
		t.Fatalf("rules in force: %+v", first)
	}
	w.now = w.now.Add(time.Hour)
	w.rules.People.Attributes["displayName"] = mapping.Rule{Expr: "person.name + '!'"}
	w.start()
	w.sync(run.Done)
	p := w.preview()
	w.release(p)
	w.sync(run.Done)
	both := w.ruled()
	if len(both) != 2 || both[0].Value != first[0].Value || !both[0].To.Equal(w.now) || both[1].Value != p.Rules || !both[1].From.Equal(w.now) || !both[1].To.IsZero() {
		t.Errorf("rules in force: %+v", both)
	}
	var id directory.ID
	if err := w.store.View(t.Context(), func(v directory.Reader) error { id = w.id(v, "ada"); return nil }); err != nil {
		t.Fatal(err)
	}
	x, err := w.Explain(t.Context(), "wiki", id)
	if err != nil || x.Version.Value != p.Rules || !strings.Contains(x.Version.Cause, p.ID) {
		t.Errorf("the explanation names %+v, %v; want the rules of plan %s", x.Version, err, p.ID)
	}
}

// ruled returns the rules that were in force, oldest first.
func (w *world) ruled() []link.Interval {
	w.t.Helper()
	var out []link.Interval
	err := w.store.View(w.t.Context(), func(v directory.Reader) (err error) {
		out, err = link.Of(v).Intervals(w.t.Context(), "wiki", "")
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}
