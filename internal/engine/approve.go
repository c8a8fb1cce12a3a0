package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
	"muster/internal/run"
)

// releaseWindow is how long a released hold may take to start. Once started it runs to its end.
const releaseWindow = 30 * time.Minute

// A Decision is a person's word on a stored plan.
type Decision struct {
	Plan  string
	By    string
	Count int      // the number of people affected, as the person typed it; must be the plan's People, or with Keys their number
	Keys  []string // some lines only; none = all
}

// Approve has a stored plan carried out, line by line while each still holds; a first plan and a changed rule come into force with it. It returns the plan
// as it is then.
func (e *Engine) Approve(ctx context.Context, d Decision) (run.Plan, error) {
	return e.decide(ctx, d, run.Approved)
}

// Reject keeps lines from being carried out until their inputs change.
func (e *Engine) Reject(ctx context.Context, d Decision) (run.Plan, error) {
	return e.decide(ctx, d, run.Rejected)
}

func (e *Engine) decide(ctx context.Context, d Decision, to run.Status) (run.Plan, error) {
	var p run.Plan
	err := e.cfg.Store.View(ctx, func(v directory.Reader) (err error) {
		p, err = run.Of(v).Plan(ctx, d.Plan)
		return err
	})
	if err != nil {
		return p, fmt.Errorf("plan %s: %w", d.Plan, err)
	}
	t, err := e.target(p.Target)
	if err != nil {
		return p, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.mayDecide(p, d, to); err != nil {
		return p, err
	}
	err = e.cfg.Store.Update(ctx, directory.Actor(d.By), func(tx directory.Tx) (err error) {
		p, err = t.record(ctx, run.In(tx), p, d, to)
		return err
	})
	if err != nil {
		return p, fmt.Errorf("record the decision: %w", err)
	}
	if to == run.Approved && p.Kind != run.Hold {
		t.active = t.set
	}
	t.poke()
	return p, nil
}

// mayDecide refuses decisions about plans that no longer are, and counts that show that somebody looked at something else.
func (t *target) mayDecide(p run.Plan, d Decision, to run.Status) error {
	refuse := func(code, what, why, fix string) error {
		return &run.Problem{Code: code, What: what, Why: why, Now: "Nothing was changed.", Fix: fix}
	}
	switch {
	case p.Kind == run.Preview:
		return refuse("already_decided", "a preview cannot be decided about", "It shows what Muster does by itself within the limits.", "Look at what waits: `muster hold list`.")
	case p.Status != run.Waiting && !(p.Status == run.Approved && len(d.Keys) > 0):
		return refuse("already_decided", fmt.Sprintf("plan %s is %s", p.ID, p.Status), "It was decided about, or a newer plan took its place.", "Look at what waits: `muster plan list`.")
	case p.Kind != run.Hold && p.Rules != t.set.digest:
		return errStale(p)
	case to == run.Approved && p.Kind != run.Hold && t.Mode == Observe:
		return refuse("target_observes", fmt.Sprintf("target %s only observes", t.Name), "Its mode in the configuration is observe.", "Set mode: pilot or live, and approve the plan then.")
	case to == run.Approved && d.Count != wantCount(p, d):
		return refuse("count_mismatch", fmt.Sprintf("the plan affects %d, not %d", wantCount(p, d), d.Count), "The number shows that you looked at this plan.", "Look at it again, and give the number that it states.")
	}
	return nil
}

func wantCount(p run.Plan, d Decision) int {
	if len(d.Keys) > 0 {
		return len(d.Keys)
	}
	return p.People
}

func (t *target) record(ctx context.Context, r run.Tx, p run.Plan, d Decision, to run.Status) (run.Plan, error) {
	now := t.e.cfg.Now()
	if _, err := r.MarkLines(ctx, p.ID, run.Waiting, to, d.Keys...); err != nil {
		return p, err
	}
	if len(d.Keys) == 0 || to == run.Approved {
		p.Status = to
	}
	p.Decided, p.By = now, d.By
	if err := r.PutPlan(ctx, p); err != nil {
		return p, err
	}
	if to == run.Approved && p.Kind != run.Hold {
		if err := t.enforce(ctx, r); err != nil {
			return p, err
		}
	}
	act := map[run.Status]string{run.Approved: "approve", run.Rejected: "reject"}[to]
	return p, r.Audit(ctx, run.Event{At: now, By: d.By, Act: string(p.Kind) + "." + act, Object: p.ID, Detail: fmt.Sprintf("target %s, %d people", p.Target, p.People)})
}

// enforce puts the configured rules into force. The next full reconcile carries the approved lines out.
func (t *target) enforce(ctx context.Context, r run.Tx) error {
	rules, err := json.Marshal(t.set.rules)
	if err != nil {
		return err
	}
	s, err := r.Target(ctx, t.Name)
	if errors.Is(err, directory.ErrNotFound) {
		s, err = run.Target{Name: t.Name}, nil
	}
	if err != nil {
		return err
	}
	s.Active, s.Rules, s.Listed = t.set.digest, rules, time.Time{}
	return r.PutTarget(ctx, s)
}

// approved returns objects with approved lines that are still to be carried out, save those that wait to be tried again.
func (t *target) approved(ctx context.Context) ([]directory.ID, error) {
	var out []directory.ID
	seen := map[directory.ID]bool{}
	err := t.each(ctx, func(v directory.Reader, p run.Plan, lines []run.Line) error {
		for _, l := range lines {
			if seen[l.Object] || len(out) >= feedPage {
				continue
			}
			seen[l.Object] = true
			waits, err := link.Of(v).Waiting(ctx, t.Name, link.Retrying, l.Object, "", 1)
			if err != nil {
				return err
			}
			if len(waits) == 0 {
				out = append(out, l.Object)
			}
		}
		return nil
	})
	return out, err
}

// each shows fn the approved lines of every approved plan of the target.
func (t *target) each(ctx context.Context, fn func(directory.Reader, run.Plan, []run.Line) error) error {
	return t.view(ctx, func(v directory.Reader) error {
		plans, err := run.Of(v).Plans(ctx, t.Name, "", run.Approved, 50)
		if err != nil {
			return err
		}
		for _, p := range plans {
			for after := -1; ; {
				lines, err := run.Of(v).Lines(ctx, p.ID, run.Approved, after, 1000)
				if err != nil {
					return err
				}
				if err := fn(v, p, lines); err != nil {
					return err
				}
				if len(lines) < 1000 {
					break
				}
				after = lines[len(lines)-1].Seq
			}
		}
		return nil
	})
}

// settleApproved closes approved lines that the wave has looked at: carried out, or stale. Lines of objects that are tried again stay approved, and a
// plan is done when no line is left.
func (t *target) settleApproved(ctx context.Context, w *wave) error {
	type mark struct{ done, stale []string }
	marks := map[string]*mark{}
	plans := map[string]run.Plan{}
	left := map[string]int{}
	err := t.each(ctx, func(v directory.Reader, p run.Plan, lines []run.Line) error {
		plans[p.ID] = p
		if marks[p.ID] == nil {
			marks[p.ID] = &mark{}
		}
		for _, l := range lines {
			waits, err := link.Of(v).Waiting(ctx, t.Name, link.Retrying, l.Object, "", 1)
			switch {
			case err != nil:
				return err
			case len(waits) > 0 || !w.looked[l.Object]:
				left[p.ID]++
			case w.sent[l.Key] || l.Verb == plan.AddMembers:
				marks[p.ID].done = append(marks[p.ID].done, l.Key)
			default:
				marks[p.ID].stale = append(marks[p.ID].stale, l.Key)
			}
		}
		return nil
	})
	if err != nil || len(plans) == 0 {
		return err
	}
	return t.update(ctx, func(tx directory.Tx) error {
		r := run.In(tx)
		for id, m := range marks {
			if err := markAll(ctx, r, id, m.done, run.Finished); err != nil {
				return err
			}
			if err := markAll(ctx, r, id, m.stale, run.Stale); err != nil {
				return err
			}
			waiting, err := r.Lines(ctx, id, run.Waiting, -1, 1)
			if err != nil {
				return err
			}
			if p := plans[id]; left[id] == 0 && len(waiting) == 0 {
				p.Status = run.Finished
				if err := r.PutPlan(ctx, p); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func markAll(ctx context.Context, r run.Tx, id string, keys []string, to run.Status) error {
	if len(keys) == 0 {
		return nil
	}
	_, err := r.MarkLines(ctx, id, run.Approved, to, keys...)
	return err
}

// lapse takes back releases that were not started in time: a hold waits again.
func (t *target) lapse(ctx context.Context, now time.Time) error {
	var late []run.Plan
	err := t.view(ctx, func(v directory.Reader) error {
		plans, err := run.Of(v).Plans(ctx, t.Name, run.Hold, run.Approved, 50)
		for _, p := range plans {
			started, err := run.Of(v).Lines(ctx, p.ID, run.Finished, -1, 1)
			if err != nil {
				return err
			}
			if now.Sub(p.Decided) > releaseWindow && len(started) == 0 {
				late = append(late, p)
			}
		}
		return err
	})
	if err != nil || len(late) == 0 {
		return err
	}
	return t.update(ctx, func(tx directory.Tx) error {
		for _, p := range late {
			if _, err := run.In(tx).MarkLines(ctx, p.ID, run.Approved, run.Waiting); err != nil {
				return err
			}
			p.Status = run.Waiting
			if err := run.In(tx).PutPlan(ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// freeMemberships lets the memberships of groups in an approved first plan, or of changed rules, past their limit: one typed count released them.
func (w *wave) freeMemberships(ctx context.Context) error {
	return w.t.each(ctx, func(_ directory.Reader, p run.Plan, lines []run.Line) error {
		for _, l := range lines {
			if p.Kind != run.Hold && l.Kind == connector.Group {
				w.free[l.Object] = true
			}
		}
		return nil
	})
}
