package engine

import (
	"context"

	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/run"
)

// inForce remembers from when on which rules decide about a target, and by whose word: a verdict was made by those that were in force at its time. Their text
// is in the plan with which they came, and of those before, in the plan that replaced them.
func (t *target) inForce(ctx context.Context, tx link.Tx, digest, cause string) error {
	if digest == "" {
		digest = "none"
	}
	return tx.PutInterval(ctx, link.Interval{Target: t.Name, What: link.Rules, Value: digest, From: t.e.cfg.Now(), Cause: cause})
}

// approvedBy says by whose word rules came into force.
func approvedBy(p run.Plan, by string) string { return "plan " + p.ID + ", approved by " + by }

// version returns the rules in force, as the interval in which they are; the zero Interval while none are.
func (w *wave) version(ctx context.Context, v directory.Reader) (link.Interval, error) {
	all, err := link.Of(v).Intervals(ctx, w.t.Name, "")
	for _, i := range all {
		if i.What == link.Rules && i.To.IsZero() && i.Value == w.rules.digest {
			return i, err
		}
	}
	return link.Interval{}, err
}
