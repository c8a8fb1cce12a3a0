package app

import (
	"context"
	"math"
	"slices"
	"time"

	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/run"
)

// measured is how many of the last writes tell how long one takes.
const measured = 50

// timed returns a plan with the time that it takes, begun seconds counted as whole ones.
func (m *Muster) timed(ctx context.Context, p run.Plan) (run.Plan, error) {
	each, err := m.each(ctx, p.Target)
	p.Takes = int(math.Ceil(m.Engine.Estimate(p.Target, p.Counts, each).Seconds()))
	return p, err
}

// each returns how long half of the last writes to a target took at most, 0 if there was none.
func (m *Muster) each(ctx context.Context, target string) (time.Duration, error) {
	var took []time.Duration
	err := m.Store.View(ctx, func(v directory.Reader) error {
		last, err := link.Of(v).Journal(ctx, link.Query{Target: target, Result: link.Done, Limit: measured})
		for _, e := range last {
			took = append(took, e.Took)
		}
		return err
	})
	if len(took) == 0 {
		return 0, err
	}
	slices.Sort(took)
	return took[len(took)/2], err
}
