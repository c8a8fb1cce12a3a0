package runtest

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
	"muster/internal/run"
)

// Lines are found by what they do and about whom, counted by where they stand, and keep what a person said about them. X1.
func testDecide(t *testing.T, s directory.Store) {
	ada, bob := directory.NewID(), directory.NewID()
	update(t, s, func(ctx context.Context, tx run.Tx) error {
		p := run.Plan{ID: "p1", Target: target, Kind: run.First, Status: run.Waiting, Created: at(0), Whole: run.WholeAsked, Was: "old", WasRules: []byte("{}"), Reason: "why not", Follows: "p0"}
		if err := tx.PutPlan(ctx, p); err != nil {
			return err
		}
		return tx.AddLines(ctx, p.ID,
			plan.Line{Key: "k0", Object: ada, Kind: connector.User, Name: "Ada", Verb: plan.Link, Remote: "u1"},
			plan.Line{Key: "k1", Object: ada, Kind: connector.User, Name: "Ada", Verb: plan.Update, Remote: "u1", Class: link.Overwrite, Cause: directory.Stated},
			plan.Line{Key: "k2", Object: bob, Kind: connector.User, Name: "Bob", Verb: plan.Skip, Of: plan.Link, Code: "ask", Remote: "u2"},
			plan.Line{Key: "k3", Object: bob, Kind: connector.User, Name: "Bob", Verb: plan.Create, Class: link.Creates})
	})
	p := view(t, s, func(ctx context.Context, r run.Reader) (run.Plan, error) { return r.Plan(ctx, "p1") })
	if p.Whole != run.WholeAsked || p.Was != "old" || string(p.WasRules) != "{}" || p.Reason != "why not" || p.Follows != "p0" {
		t.Errorf("the plan came back as %+v", p)
	}
	keys := func(f run.LineFilter, after int) []string {
		var out []string
		for _, l := range view(t, s, func(ctx context.Context, r run.Reader) ([]run.Line, error) {
			return r.FindLines(ctx, "p1", f, after, 10)
		}) {
			out = append(out, l.Key)
		}
		return out
	}
	for _, c := range []struct {
		f     run.LineFilter
		after int
		want  []string
	}{
		{run.LineFilter{}, 1, []string{"k2", "k3"}},
		{run.LineFilter{Acts: run.Lists(run.ListAsk)}, -1, []string{"k2"}},
		{run.LineFilter{Acts: []string{"link", "create"}}, -1, []string{"k0", "k3"}},
		{run.LineFilter{Class: "names", Object: ada}, -1, []string{"k1"}},
		{run.LineFilter{Object: bob, Status: run.Rejected}, -1, nil},
	} {
		if diff := cmp.Diff(c.want, keys(c.f, c.after)); diff != "" {
			t.Errorf("%+v after %d (-want +got):\n%s", c.f, c.after, diff)
		}
	}
	said := run.Verdict{To: run.Rejected, By: "olivia", Reason: "another Bob", Answer: run.Create, At: at(5)}
	decide := func(f run.LineFilter, v run.Verdict, want int) {
		t.Helper()
		update(t, s, func(ctx context.Context, tx run.Tx) error {
			n, err := tx.Decide(ctx, "p1", f, v)
			if n != want {
				t.Errorf("%+v: %d lines decided, want %d", f, n, want)
			}
			return err
		})
	}
	decide(run.LineFilter{Status: run.Waiting, Keys: []string{"k2", "k9"}}, said, 1)
	got := view(t, s, func(ctx context.Context, r run.Reader) ([]run.Line, error) {
		return r.FindLines(ctx, "p1", run.LineFilter{Status: run.Rejected}, -1, 10)
	})
	if len(got) != 1 || got[0].By != "olivia" || got[0].Reason != "another Bob" || got[0].Answer != run.Create || !got[0].Decided.Equal(at(5)) {
		t.Errorf("the rejected line is %+v", got)
	}
	standing := view(t, s, func(ctx context.Context, r run.Reader) ([]run.Line, error) {
		return r.LinesByKey(ctx, target, []string{"k2"})
	})
	if len(standing) != 1 || standing[0].By != "olivia" || standing[0].Answer != run.Create || !standing[0].Decided.Equal(at(5)) {
		t.Errorf("the rejected line stands at %+v", standing)
	}
	tally := view(t, s, func(ctx context.Context, r run.Reader) ([]run.Tally, error) {
		return r.TallyLines(ctx, "p1", run.LineFilter{Kind: connector.User})
	})
	user := run.Tally{Kind: connector.User, Status: run.Waiting, Lines: 1}
	linkLine, updated, ask, create := user, user, user, user
	linkLine.Act, updated.Act, updated.Class, updated.Cause, ask.Act, ask.Status, create.Act, create.Class = "link", "update", "names", "stated", "skip ask", run.Rejected, "create", "creates"
	if diff := cmp.Diff([]run.Tally{create, linkLine, ask, updated}, tally); diff != "" {
		t.Errorf("tally (-want +got):\n%s", diff)
	}
	for f, want := range map[string]int{"": 2, "ada": 1, "AD?": 1, "*b": 1, "%": 0} {
		about := view(t, s, func(ctx context.Context, r run.Reader) (run.Affected, error) {
			return r.Affected(ctx, "p1", run.LineFilter{Name: f})
		})
		if about.Objects != want {
			t.Errorf("%d people are called %q, want %d", about.Objects, f, want)
		}
	}
	equalSums(t, s)
	decide(run.LineFilter{Status: run.Waiting, Acts: []string{"link"}, Whole: true}, run.Verdict{To: run.Approved, By: "olivia", At: at(6)}, 2)
	decide(run.LineFilter{Status: run.Waiting, Keys: []string{"k2"}, Whole: true}, run.Verdict{To: run.Approved, At: at(6)}, 0)
	equalSums(t, s)
	strays(t, s)
}

// equalSums checks that what is kept beside the lines is what there is: their numbers, and those of whole people.
func equalSums(t *testing.T, s directory.Store) {
	t.Helper()
	for _, f := range []run.LineFilter{{}, {Status: run.Waiting}, {Status: run.Approved}, {Kind: connector.User}, {Acts: []string{"link", "create"}}, {Status: run.Waiting, Class: "creates"}} {
		kept := view(t, s, func(ctx context.Context, r run.Reader) ([]run.Tally, error) { return r.TallyLines(ctx, "p1", f) })
		lines := view(t, s, func(ctx context.Context, r run.Reader) ([]run.Line, error) { return r.FindLines(ctx, "p1", f, -1, 100) })
		about := view(t, s, func(ctx context.Context, r run.Reader) (run.Affected, error) { return r.Affected(ctx, "p1", f) })
		f.Whole = true
		whole := view(t, s, func(ctx context.Context, r run.Reader) ([]run.Tally, error) { return r.TallyLines(ctx, "p1", f) })
		all := view(t, s, func(ctx context.Context, r run.Reader) (run.Affected, error) { return r.Affected(ctx, "p1", f) })
		if sumOf(kept) != len(lines) || about.Lines != len(lines) || sumOf(whole) != all.Lines || all.Lines < about.Lines || all.Objects < about.Objects {
			t.Errorf("%+v: %d lines are counted, %d found, %+v affected; with the rest of their people %d, %+v", f, sumOf(kept), len(lines), about, sumOf(whole), all)
		}
	}
}

func sumOf(tally []run.Tally) int {
	n := 0
	for _, t := range tally {
		n += t.Lines
	}
	return n
}

// strays checks that accounts that a link or a line names are not among those that are nobody's.
func strays(t *testing.T, s directory.Store) {
	t.Helper()
	err := s.Update(t.Context(), "test", func(tx directory.Tx) error {
		l := link.In(tx)
		for _, id := range []connector.RemoteID{"u1", "u2", "u3", "u4"} {
			if err := l.PutObserved(t.Context(), []attr.Path{"userName"}, link.Observed{Target: target, Remote: connector.Remote{ID: id, Kind: connector.User, Attrs: attr.Set{"userName": {"name of " + string(id)}}}, At: at(1)}); err != nil {
				return err
			}
		}
		return l.Put(t.Context(), link.Link{Target: target, Object: directory.NewID(), Kind: connector.User, Remote: "u3", State: link.Linked})
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		q    link.StrayQuery
		want int
	}{{link.StrayQuery{Plan: "p1"}, 1}, {link.StrayQuery{}, 3}, {link.StrayQuery{Text: "U4"}, 1}, {link.StrayQuery{Text: "name of ?4"}, 1}, {link.StrayQuery{Text: "nobody"}, 0}} {
		c.q.Target, c.q.Kind = target, connector.User
		var found []link.Observed
		var n int
		err := s.View(t.Context(), func(v directory.Reader) (err error) {
			if found, err = link.Of(v).Strays(t.Context(), c.q, "", 10); err == nil {
				n, err = link.Of(v).CountStrays(t.Context(), c.q)
			}
			return err
		})
		if err != nil || n != c.want || len(found) != n || n > 0 && found[n-1].ID != "u4" {
			t.Errorf("strays for %+v: %d, %+v, %v; want %d up to u4", c.q, n, found, err, c.want)
		}
	}
}

// A line that was rejected is rejected in whatever plan it comes again, until somebody approves it; and a plan about which nobody has decided can go. X1.
func testRejections(t *testing.T, s directory.Store) {
	ada := directory.NewID()
	add := func(id string, kind run.PlanKind, keys ...string) {
		t.Helper()
		update(t, s, func(ctx context.Context, tx run.Tx) error {
			if err := tx.PutPlan(ctx, run.Plan{ID: id, Target: target, Kind: kind, Status: run.Waiting, Created: at(0)}); err != nil {
				return err
			}
			for _, k := range keys {
				if err := tx.AddLines(ctx, id, plan.Line{Key: k, Object: ada, Verb: plan.Create}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	say := func(id, key string, to run.Status, when int) {
		t.Helper()
		update(t, s, func(ctx context.Context, tx run.Tx) error {
			_, err := tx.Decide(ctx, id, run.LineFilter{Keys: []string{key}}, run.Verdict{To: to, By: "olivia", Reason: "no", At: at(when)})
			return err
		})
	}
	rejected := func() map[string]string {
		t.Helper()
		out := map[string]string{}
		for _, l := range view(t, s, func(ctx context.Context, r run.Reader) ([]run.Line, error) {
			return r.Rejections(ctx, target, []string{"k1", "k2"})
		}) {
			out[l.Key] = l.By + ": " + l.Reason
		}
		return out
	}
	any := func() bool {
		return view(t, s, func(ctx context.Context, r run.Reader) (bool, error) { return r.Rejects(ctx, target) })
	}
	add("p1", run.First, "k1", "k2")
	if any() || len(rejected()) != 0 {
		t.Error("something is rejected before anybody said so")
	}
	say("p1", "k1", run.Rejected, 1)
	add("p2", run.First, "k1", "k2")
	if diff := cmp.Diff(map[string]string{"k1": "olivia: no"}, rejected()); diff != "" || !any() {
		t.Errorf("rejections (-want +got):\n%s", diff)
	}
	lines := view(t, s, func(ctx context.Context, r run.Reader) ([]run.Line, error) { return r.Lines(ctx, "p2", "", -1, 10) })
	if len(lines) != 2 || lines[0].Status != run.Rejected || lines[0].By != "olivia" || !lines[0].Decided.Equal(at(1)) || lines[1].Status != run.Waiting {
		t.Errorf("the lines of the next plan are %+v, want the first one rejected", lines)
	}
	say("p2", "k1", run.Approved, 2)
	if len(rejected()) != 0 {
		t.Errorf("a line that was approved since is still rejected: %v", rejected())
	}
	for more := true; more; {
		update(t, s, func(ctx context.Context, tx run.Tx) (err error) { more, err = tx.DropPlan(ctx, "p2"); return err })
	}
	missing(t, s, "a dropped plan", func(ctx context.Context, r run.Reader) error { _, err := r.Plan(ctx, "p2"); return err })
	if left := view(t, s, func(ctx context.Context, r run.Reader) ([]run.Line, error) { return r.Lines(ctx, "p1", "", -1, 10) }); len(left) != 2 {
		t.Errorf("%d lines are left of another plan, want 2", len(left))
	}
}
