package runtest

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

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
		p := run.Plan{ID: "p1", Target: target, Kind: run.First, Status: run.Waiting, Created: at(0), Whole: run.WholeAsked, Was: "old", WasRules: []byte("{}"), Reason: "why not"}
		if err := tx.PutPlan(ctx, p); err != nil {
			return err
		}
		return tx.AddLines(ctx, p.ID,
			plan.Line{Key: "k0", Object: ada, Verb: plan.Link, Remote: "u1"},
			plan.Line{Key: "k1", Object: ada, Verb: plan.Update, Remote: "u1", Class: link.Overwrite},
			plan.Line{Key: "k2", Object: bob, Verb: plan.Skip, Of: plan.Link, Code: "ask", Remote: "u2"},
			plan.Line{Key: "k3", Object: bob, Verb: plan.Create, Class: link.Creates})
	})
	p := view(t, s, func(ctx context.Context, r run.Reader) (run.Plan, error) { return r.Plan(ctx, "p1") })
	if p.Whole != run.WholeAsked || p.Was != "old" || string(p.WasRules) != "{}" || p.Reason != "why not" {
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
	update(t, s, func(ctx context.Context, tx run.Tx) error {
		n, err := tx.Decide(ctx, "p1", run.Waiting, said, "k2", "k9")
		if n != 1 {
			t.Errorf("%d lines decided, want 1", n)
		}
		return err
	})
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
	counts := view(t, s, func(ctx context.Context, r run.Reader) (map[run.Status]int, error) { return r.CountLines(ctx, "p1") })
	if diff := cmp.Diff(map[run.Status]int{run.Waiting: 3, run.Rejected: 1}, counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	strays(t, s)
}

// strays checks that accounts that a link or a line names are not among those that are nobody's.
func strays(t *testing.T, s directory.Store) {
	t.Helper()
	err := s.Update(t.Context(), "test", func(tx directory.Tx) error {
		l := link.In(tx)
		for _, id := range []connector.RemoteID{"u1", "u2", "u3", "u4"} {
			if err := l.PutObserved(t.Context(), nil, link.Observed{Target: target, Remote: connector.Remote{ID: id, Kind: connector.User}, At: at(1)}); err != nil {
				return err
			}
		}
		return l.Put(t.Context(), link.Link{Target: target, Object: directory.NewID(), Kind: connector.User, Remote: "u3", State: link.Linked})
	})
	if err != nil {
		t.Fatal(err)
	}
	for planID, want := range map[string]int{"p1": 1, "": 3} {
		var found []link.Observed
		err := s.View(t.Context(), func(v directory.Reader) (err error) {
			found, err = link.Of(v).Strays(t.Context(), target, connector.User, planID, "", 10)
			return err
		})
		if err != nil || len(found) != want || found[len(found)-1].ID != "u4" {
			t.Errorf("strays of plan %q: %+v, %v; want %d up to u4", planID, found, err, want)
		}
	}
}
