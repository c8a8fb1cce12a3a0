// Package runtest proves that a store keeps package run's promises: runs, stored plans with their lines, targets and raised limits. A store's own tests call
// Run; each failure says which rule is broken.
package runtest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
	"muster/internal/run"
)

// Run runs the suite. open returns an empty store, which the suite does not close; it is called once per case.
func Run(t *testing.T, open func(t *testing.T) directory.Store) {
	for _, c := range []struct {
		name string
		test func(*testing.T, directory.Store)
	}{
		{"runs", testRuns},
		{"rows", testRows},
		{"plans", testPlans},
		{"lines", testLines},
		{"many lines", testManyLines},
		{"mark lines", testMark},
		{"lines by key", testByKey},
		{"lines of an object", testLinesOf},
		{"decide", testDecide},
		{"affected", testAffected},
		{"rejections", testRejections},
		{"targets", testTargets},
		{"raises", testRaises},
		{"events", testEvents},
		{"rollback with the directory", testRollback},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

const target = "wiki"

var start = time.Date(2026, 2, 3, 4, 5, 6, 789e6, time.UTC)

// at is n minutes after start.
func at(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }

func update(t *testing.T, s directory.Store, fn func(context.Context, run.Tx) error) {
	t.Helper()
	err := s.Update(t.Context(), "test", func(tx directory.Tx) error { return fn(t.Context(), run.In(tx)) })
	if err != nil {
		t.Fatalf("update: %v", err)
	}
}

func view[T any](t *testing.T, s directory.Store, fn func(context.Context, run.Reader) (T, error)) T {
	t.Helper()
	var out T
	err := s.View(t.Context(), func(r directory.Reader) (err error) { out, err = fn(t.Context(), run.Of(r)); return err })
	if err != nil {
		t.Fatalf("view: %v", err)
	}
	return out
}

// missing fails unless fn fails with directory.ErrNotFound.
func missing(t *testing.T, s directory.Store, what string, fn func(context.Context, run.Reader) error) {
	t.Helper()
	err := s.View(t.Context(), func(r directory.Reader) error { return fn(t.Context(), run.Of(r)) })
	if !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("%s that does not exist: error is %v, want %v", what, err, directory.ErrNotFound)
	}
}

// equal fails unless got equals want; empty and nil are one.
func equal[T any](t *testing.T, rule string, got, want T) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("%s (-want +got):\n%s", rule, d)
	}
}

func testRuns(t *testing.T, s directory.Store) {
	missing(t, s, "a run", func(ctx context.Context, r run.Reader) error { _, err := r.Run(ctx, "none"); return err })
	a := run.Run{ID: "run-a", Kind: run.Read, Name: "corp", Started: at(1), Outcome: run.Running}
	b := run.Run{
		ID: "run-b", Kind: run.Serve, Name: target, Started: at(2), Ended: at(3), Outcome: run.Stopped, Counts: map[string]int{"created": 3, "failed": 1},
		Problem: &run.Problem{Code: "auth", What: "refused", Why: "expired", Now: "stopped", Fix: "renew"}, Notes: []string{"one", "two"},
	}
	update(t, s, func(ctx context.Context, tx run.Tx) error { return errors.Join(tx.PutRun(ctx, a), tx.PutRun(ctx, b)) })
	equal(t, "a run comes back as it was put", view(t, s, func(ctx context.Context, r run.Reader) (run.Run, error) { return r.Run(ctx, "run-b") }), b)
	a.Outcome, a.Ended = run.Done, at(4)
	update(t, s, func(ctx context.Context, tx run.Tx) error { return tx.PutRun(ctx, a) })
	runs := func(name string, limit int) []run.Run {
		return view(t, s, func(ctx context.Context, r run.Reader) ([]run.Run, error) { return r.Runs(ctx, name, limit) })
	}
	equal(t, "runs, newest first; put replaces", runs("", 10), []run.Run{b, a})
	equal(t, "at most", runs("", 1), []run.Run{b})
	equal(t, "of one source or target", runs("corp", 10), []run.Run{a})
	testEarlierRuns(t, s, b)
	last := func(kind run.Kind) func(ctx context.Context, r run.Reader) (run.Run, error) {
		return func(ctx context.Context, r run.Reader) (run.Run, error) { return r.LastDone(ctx, kind, "corp") }
	}
	for i := range 3 {
		failed := run.Run{ID: fmt.Sprintf("run-f%d", i), Kind: run.Read, Name: "corp", Started: at(5 + i), Ended: at(6 + i), Outcome: run.Failed}
		update(t, s, func(ctx context.Context, tx run.Tx) error { return tx.PutRun(ctx, failed) })
	}
	equal(t, "the last that was done", view(t, s, last(run.Read)), a)
	missing(t, s, "one of another kind", func(ctx context.Context, r run.Reader) error { _, err := last(run.Serve)(ctx, r); return err })
}

func stored(id string, n int) run.Plan {
	return run.Plan{ID: id, Target: target, Kind: run.First, Status: run.Waiting, Created: at(n)}
}

func line(key string) plan.Line {
	return plan.Line{Key: key, Target: target, Object: directory.ID("o-" + key), Kind: "user", Name: "Ada", Verb: plan.Create, Class: link.Creates, Count: 1}
}

func putPlan(t *testing.T, s directory.Store, p run.Plan, lines ...plan.Line) {
	t.Helper()
	update(t, s, func(ctx context.Context, tx run.Tx) error {
		if err := tx.PutPlan(ctx, p); err != nil {
			return err
		}
		return tx.AddLines(ctx, p.ID, lines...)
	})
}

func testPlans(t *testing.T, s directory.Store) {
	missing(t, s, "a plan", func(ctx context.Context, r run.Reader) error { _, err := r.Plan(ctx, "none"); return err })
	full := run.Plan{
		ID: "p1", Target: target, Kind: run.Hold, Class: "stated", Status: run.Approved, Rules: "digest", Created: at(1), Decided: at(2), By: "olivia", Why: "12 > 10",
		People: 12, Counts: map[string]int{"disable": 12}, Verdicts: []plan.Verdict{{Class: link.Stated, Count: 12, Spent: 1, Limit: 10, Tripped: true, Why: "x"}},
		Note: `{"orphans":3}`,
	}
	second, third := stored("p2", 3), stored("p3", 2)
	third.Target = "other"
	putPlan(t, s, full)
	putPlan(t, s, second)
	putPlan(t, s, third)
	equal(t, "a plan comes back as it was put", view(t, s, func(ctx context.Context, r run.Reader) (run.Plan, error) { return r.Plan(ctx, "p1") }), full)
	plans := func(target string, kind run.PlanKind, status run.Status, limit int) []run.Plan {
		return view(t, s, func(ctx context.Context, r run.Reader) ([]run.Plan, error) {
			return r.Plans(ctx, target, kind, status, limit)
		})
	}
	equal(t, "plans, newest first", plans("", "", "", 10), []run.Plan{second, third, full})
	equal(t, "of a target", plans(target, "", "", 10), []run.Plan{second, full})
	equal(t, "of a kind", plans("", run.Hold, "", 10), []run.Plan{full})
	equal(t, "of a status, at most one", plans("", "", run.Waiting, 1), []run.Plan{second})
	testEarlierPlans(t, s, third, full)
	second.Status = run.Superseded
	putPlan(t, s, second)
	equal(t, "put replaces", plans(target, "", run.Superseded, 10), []run.Plan{second})
}

func lines(t *testing.T, s directory.Store, id string, status run.Status, after, limit int) []run.Line {
	t.Helper()
	return view(t, s, func(ctx context.Context, r run.Reader) ([]run.Line, error) {
		return r.Lines(ctx, id, status, after, limit)
	})
}

func keys(lines []run.Line) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = fmt.Sprint(l.Key, ":", l.Seq)
	}
	return out
}

func testLines(t *testing.T, s directory.Store) {
	full := plan.Line{
		Key: "k0", Target: target, Object: "o1", Kind: "group", Name: "Wiki", Verb: plan.Skip, Of: plan.RemoveMembers, Remote: "r1",
		Fields: []attr.Change{{Path: "displayName", Old: attr.Values{"a"}, New: attr.Values{"b"}}}, Active: true, Add: []directory.ID{"m1"},
		Remove: []directory.ID{"m2"}, Foreign: nil, Size: 3, Left: 2, Cause: directory.Left, Class: link.Unmember, Count: 1, Why: "why", Code: "ask",
	}
	putPlan(t, s, stored("p1", 1), full, line("k1"), line("k1"))
	putPlan(t, s, stored("p2", 1), line("k0"))
	update(t, s, func(ctx context.Context, tx run.Tx) error {
		return tx.AddLines(ctx, "p1", line("k1"), line("k2"), line("k0"))
	})
	got := lines(t, s, "p1", "", -1, 10)
	equal(t, "lines count up from 0; a key that the plan has is left alone", keys(got), []string{"k0:0", "k1:1", "k2:2"})
	equal(t, "a line comes back as it was added", got[0], run.Line{Plan: "p1", Seq: 0, Status: run.Waiting, Line: full})
	equal(t, "after is exclusive", keys(lines(t, s, "p1", "", 0, 1)), []string{"k1:1"})
	err := s.Update(t.Context(), "test", func(tx directory.Tx) error { return run.In(tx).AddLines(t.Context(), "none", line("k")) })
	if !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("lines of a plan that does not exist: error is %v, want %v", err, directory.ErrNotFound)
	}
}

func testManyLines(t *testing.T, s directory.Store) {
	var all []plan.Line
	for i := range 3000 {
		all = append(all, line(fmt.Sprint("k", i)))
	}
	putPlan(t, s, stored("p1", 1), all[:1500]...)
	putPlan(t, s, stored("p1", 1), all...)
	got := lines(t, s, "p1", run.Waiting, -1, 10_000)
	equal(t, "all are there once", len(got), 3000)
	equal(t, "in order", got[2999].Seq, 2999)
}

func testMark(t *testing.T, s directory.Store) {
	putPlan(t, s, stored("p1", 1), line("k0"), line("k1"), line("k2"), line("k3"))
	putPlan(t, s, stored("p2", 1), line("k0"))
	mark := func(from, to run.Status, keys ...string) int {
		n := 0
		update(t, s, func(ctx context.Context, tx run.Tx) (err error) {
			n, err = tx.MarkLines(ctx, "p1", from, to, keys...)
			return err
		})
		return n
	}
	equal(t, "marked by key", mark(run.Waiting, run.Rejected, "k1", "none"), 1)
	equal(t, "marked: all that wait", mark(run.Waiting, run.Approved), 3)
	equal(t, "marked: nothing left", mark(run.Waiting, run.Approved), 0)
	equal(t, "marked again", mark(run.Approved, run.Approved, "k0"), 0)
	equal(t, "only those that have the status", mark(run.Approved, run.Finished, "k0", "k1"), 1)
	equal(t, "lines by status", keys(lines(t, s, "p1", run.Approved, -1, 10)), []string{"k2:2", "k3:3"})
	equal(t, "other plans are left alone", keys(lines(t, s, "p2", run.Waiting, -1, 10)), []string{"k0:0"})
}

func testByKey(t *testing.T, s directory.Store) {
	older, newer, gone, preview := stored("p9", 1), stored("p1", 2), stored("p3", 3), stored("p4", 4)
	preview.Kind = run.Preview
	putPlan(t, s, older, line("a"), line("b"))
	putPlan(t, s, newer, line("x"), line("b"))
	putPlan(t, s, gone, line("a"), line("b"), line("c"))
	putPlan(t, s, preview, line("a"))
	gone.Status = run.Superseded
	putPlan(t, s, gone)
	elsewhere := stored("p5", 9)
	elsewhere.Target = "other"
	putPlan(t, s, elsewhere, line("a"))
	got := map[string]string{}
	for _, l := range view(t, s, func(ctx context.Context, r run.Reader) ([]run.Line, error) {
		return r.LinesByKey(ctx, target, []string{"a", "b", "c", "none"})
	}) {
		got[l.Key] = l.Plan
	}
	equal(t, "the newest line of each key, of plans that count", got, map[string]string{"a": "p9", "b": "p1"})
}

func testLinesOf(t *testing.T, s directory.Store) {
	for n, status := range []run.Status{run.Waiting, run.Approved, run.Rejected, run.Finished, run.Superseded} {
		p := stored(fmt.Sprint("p", n), n)
		p.Status = status
		putPlan(t, s, p, line("a"), line("b"))
	}
	got := view(t, s, func(ctx context.Context, r run.Reader) ([]run.Line, error) { return r.LinesOf(ctx, target, "o-a") })
	var plans []string
	for _, l := range got {
		plans = append(plans, l.Plan+" "+l.Key)
	}
	equal(t, "lines about an object in plans that wait or are approved", plans, []string{"p0 a", "p1 a"})
	got = view(t, s, func(ctx context.Context, r run.Reader) ([]run.Line, error) {
		return r.LinesOf(ctx, target, "o-b", "o-none", "o-a")
	})
	equal(t, "lines about several", len(got), 4)
	got = view(t, s, func(ctx context.Context, r run.Reader) ([]run.Line, error) { return r.LinesOf(ctx, target) })
	equal(t, "lines about nobody", len(got), 0)
}

func testTargets(t *testing.T, s directory.Store) {
	missing(t, s, "a target", func(ctx context.Context, r run.Reader) error { _, err := r.Target(ctx, "none"); return err })
	full := run.Target{
		Name: target, Active: "digest", Rules: []byte("{\x00}"), Paused: &run.Note{By: "olivia", Reason: "audit", At: at(1)},
		Stopped: &run.Problem{Code: "auth", What: "refused"}, Probe: at(2), Listed: at(3), Known: []byte(`{"facts":[]}`),
	}
	update(t, s, func(ctx context.Context, tx run.Tx) error {
		return errors.Join(tx.PutTarget(ctx, full), tx.PutTarget(ctx, run.Target{Name: "abc"}))
	})
	equal(t, "targets by name", view(t, s, func(ctx context.Context, r run.Reader) ([]run.Target, error) { return r.Targets(ctx) }),
		[]run.Target{{Name: "abc"}, full})
	full.Paused, full.Stopped, full.Probe, full.Rules, full.Known = nil, nil, time.Time{}, nil, nil
	update(t, s, func(ctx context.Context, tx run.Tx) error { return tx.PutTarget(ctx, full) })
	equal(t, "put replaces", view(t, s, func(ctx context.Context, r run.Reader) (run.Target, error) { return r.Target(ctx, target) }), full)
}

func testRaises(t *testing.T, s directory.Store) {
	a := run.Raise{Target: target, Class: "stated", To: 100, Until: at(10), By: "olivia", Reason: "merger"}
	b := run.Raise{Target: target, Class: "creates", To: 900, Until: at(20), By: "olivia", Reason: "merger"}
	c := run.Raise{Target: "other", Class: "stated", To: 5, Until: at(20)}
	update(t, s, func(ctx context.Context, tx run.Tx) error {
		return errors.Join(tx.PutRaise(ctx, a), tx.PutRaise(ctx, b), tx.PutRaise(ctx, c))
	})
	raises := func(n int) []run.Raise {
		return view(t, s, func(ctx context.Context, r run.Reader) ([]run.Raise, error) { return r.Raises(ctx, target, at(n)) })
	}
	equal(t, "raises in force", raises(5), []run.Raise{b, a})
	equal(t, "a raise ends", raises(10), []run.Raise{b})
	a.Until, a.To = at(30), 50
	update(t, s, func(ctx context.Context, tx run.Tx) error { return tx.PutRaise(ctx, a) })
	equal(t, "the last raise of a class counts", raises(25), []run.Raise{a})
}

func testRollback(t *testing.T, s directory.Store) {
	boom := errors.New("boom")
	o := directory.Object{ID: directory.NewID(), Kind: directory.Person, State: directory.Active}
	err := s.Update(t.Context(), "test", func(tx directory.Tx) error {
		r := run.In(tx)
		return errors.Join(tx.PutObjects(t.Context(), o), r.PutPlan(t.Context(), stored("p1", 1)), r.AddLines(t.Context(), "p1", line("a")),
			r.PutRun(t.Context(), run.Run{ID: "r1"}), r.Audit(t.Context(), run.Event{At: at(1), By: "olivia", Act: "plan.approve", Object: "p1"}), boom)
	})
	if !errors.Is(err, boom) {
		t.Fatalf("error is %v, want %v", err, boom)
	}
	missing(t, s, "a plan", func(ctx context.Context, r run.Reader) error { _, err := r.Plan(ctx, "p1"); return err })
	missing(t, s, "a run", func(ctx context.Context, r run.Reader) error { _, err := r.Run(ctx, "r1"); return err })
	err = s.View(t.Context(), func(r directory.Reader) error { _, err := r.Object(t.Context(), o.ID); return err })
	if !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("an object after a rollback: error is %v, want %v", err, directory.ErrNotFound)
	}
}

func testEvents(t *testing.T, s directory.Store) {
	update(t, s, func(ctx context.Context, tx run.Tx) error {
		var errs []error
		for i, by := range []string{"olivia", "ben", "olivia"} {
			errs = append(errs, tx.Audit(ctx, run.Event{At: at(i), By: by, Act: []string{"pause", "pause", "resume"}[i], Object: []string{"wiki", "chat", "wiki"}[i], Detail: "why"}))
		}
		return errors.Join(errs...)
	})
	acts := func(q run.EventQuery) (out []string) {
		for _, e := range view(t, s, func(ctx context.Context, r run.Reader) ([]run.Event, error) { return r.Events(ctx, q) }) {
			if e.Seq <= 0 || e.Detail != "why" {
				t.Errorf("event %+v", e)
			}
			out = append(out, e.By+" "+e.Act+" "+e.Object)
		}
		return out
	}
	equal(t, "all events, newest first", acts(run.EventQuery{Limit: 10}), []string{"olivia resume wiki", "ben pause chat", "olivia pause wiki"})
	equal(t, "of an object", acts(run.EventQuery{Object: "wiki", Limit: 10}), []string{"olivia resume wiki", "olivia pause wiki"})
	equal(t, "of an act by somebody", acts(run.EventQuery{By: "olivia", Act: "pause", Limit: 10}), []string{"olivia pause wiki"})
	equal(t, "since the second", acts(run.EventQuery{Since: at(1), Limit: 10}), []string{"olivia resume wiki", "ben pause chat"})
	equal(t, "of an object by two names", acts(run.EventQuery{Object: "wiki", Also: "chat", Limit: 10}), []string{"olivia resume wiki", "ben pause chat", "olivia pause wiki"})
	act := &run.Request{Via: "token ci (abc)"}
	err := s.Update(run.WithRequest(t.Context(), act), "test", func(tx directory.Tx) error {
		return run.In(tx).Audit(run.WithRequest(t.Context(), act), run.Event{At: at(3), By: "ben", Act: "enable", Object: "via", Detail: "why"})
	})
	via := view(t, s, func(ctx context.Context, r run.Reader) ([]run.Event, error) {
		return r.Events(ctx, run.EventQuery{Object: "via"})
	})
	if err != nil || !act.Recorded() || len(via) != 1 || via[0].Via != act.Via {
		t.Errorf("an act by a token was recorded as %+v, %v", via, err)
	}
	newest := view(t, s, func(ctx context.Context, r run.Reader) ([]run.Event, error) {
		return r.Events(ctx, run.EventQuery{Limit: 1})
	})
	equal(t, "before the newest", acts(run.EventQuery{Before: newest[0].Seq, Limit: 1}), []string{"olivia resume wiki"})
}
