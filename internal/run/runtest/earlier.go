package runtest

import (
	"context"
	"testing"

	"muster/internal/directory"
	"muster/internal/run"
)

// testEarlierRuns pages through runs, of which b is the newest and run-a the other one: two of one moment are told apart by their ids, and each run stands on
// one page.
func testEarlierRuns(t *testing.T, s directory.Store, b run.Run) {
	same := b
	same.ID = "run-b0"
	update(t, s, func(ctx context.Context, tx run.Tx) error { return tx.PutRun(ctx, same) })
	page := func(f run.Filter) []string {
		var ids []string
		for _, r := range view(t, s, func(ctx context.Context, r run.Reader) ([]run.Run, error) { return r.FindRuns(ctx, f, 1) }) {
			ids = append(ids, r.ID)
		}
		return ids
	}
	for _, c := range []struct {
		f    run.Filter
		want []string
	}{
		{run.Filter{}, []string{"run-b0"}},
		{run.Filter{Before: "run-b0"}, []string{"run-b"}},
		{run.Filter{Before: "run-b"}, []string{"run-a"}},
		{run.Filter{Before: "run-a"}, nil},
		{run.Filter{Name: target, Before: "run-b0"}, []string{"run-b"}},
		{run.Filter{Name: target, Before: "run-b"}, nil},
		{run.Filter{Before: "none"}, nil},
	} {
		equal(t, "runs of "+c.f.Name+" before "+c.f.Before, page(c.f), c.want)
	}
}

// testEarlierPlans pages through plans: second is the newest, then third, which is of another target, then full.
func testEarlierPlans(t *testing.T, s directory.Store, third, full run.Plan) {
	page := func(f run.PlanFilter) []run.Plan {
		return view(t, s, func(ctx context.Context, r run.Reader) ([]run.Plan, error) { return r.FindPlans(ctx, f, 1) })
	}
	equal(t, "plans before the newest", page(run.PlanFilter{Before: "p2"}), []run.Plan{third})
	equal(t, "plans before that", page(run.PlanFilter{Before: third.ID}), []run.Plan{full})
	equal(t, "of the target alone", page(run.PlanFilter{Target: target, Before: "p2"}), []run.Plan{full})
	equal(t, "of a kind that is earlier", page(run.PlanFilter{Kind: run.First, Before: "p3"}), nil)
	equal(t, "before none", page(run.PlanFilter{Before: "none"}), nil)
}
