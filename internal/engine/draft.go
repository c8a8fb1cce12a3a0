package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"muster/internal/directory"
	"muster/internal/run"
)

// needsDraft reports whether a plan has to be kept for a person: nothing is approved, the rules have changed, or the target only observes.
func (t *target) needsDraft() bool {
	return t.mode() == Observe || !t.current()
}

// current reports whether the rules in force are those configured.
func (t *target) current() bool {
	active := t.active.Load()
	return active != nil && active.digest == t.set().digest
}

// redraft makes the plan that waits anew when the people have changed since, but not all the time.
func (t *target) redraft(ctx context.Context, now time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.needsDraft() {
		return nil // approved meanwhile
	}
	head, err := t.e.cfg.Store.Head(ctx)
	if err != nil || head == t.draftRev && !t.draftAt.IsZero() && now.Sub(t.draftAt) < redraftEvery || now.Sub(t.draftAt) < draftWait {
		return err
	}
	if t.active.Load() == nil {
		if unread, err := t.unread(ctx); err != nil || len(unread) > 0 {
			return err // shown as waiting for that
		}
	}
	_, err = t.draft(ctx, "")
	return err
}

// draft makes the plan that waits, as run id: of a new target, or of changed rules. The caller holds t.mu.
func (t *target) draft(ctx context.Context, id string) (run.Run, error) {
	kind := run.First
	if t.active.Load() != nil {
		kind = run.Change
	}
	r, _, err := t.compose(ctx, t.set(), kind, id)
	return r, err
}

// Preview compares a target with what it should hold, under its rules as configured, and stores what would be done now as a plan that nobody can approve.
func (e *Engine) Preview(ctx context.Context, name string) (run.Plan, error) {
	t, err := e.target(name)
	if err != nil {
		return run.Plan{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	kind := run.Preview
	switch {
	case t.active.Load() == nil:
		kind = run.First
	case !t.current():
		kind = run.Change
	}
	r, p, err := t.compose(ctx, t.set(), kind, "")
	if err == nil && p.ID == "" && r.Problem != nil {
		err = r.Problem
	}
	return p, err
}

// compose lists the target, plans everybody, and stores the lines if they differ from those of the plan that waits.
func (t *target) compose(ctx context.Context, set *ruleset, kind run.PlanKind, id string) (run.Run, run.Plan, error) {
	if err := t.early(ctx, kind); err != nil {
		return run.Run{}, run.Plan{}, err
	}
	head, err := t.e.cfg.Store.Head(ctx)
	if err != nil {
		return run.Run{}, run.Plan{}, err
	}
	var p run.Plan
	w, err := t.begin(ctx, run.Reconcile, set, id)
	if err == nil {
		w.draft = true
		if err = w.list(ctx); err == nil {
			p, err = w.compose(ctx, kind)
		}
	}
	if err == nil {
		t.draftRev = head
	}
	t.draftAt = t.e.cfg.Now()
	r, err := t.end(ctx, w, id, err)
	return r, p, err
}

func (w *wave) compose(ctx context.Context, kind run.PlanKind) (run.Plan, error) {
	for {
		d, err := w.newDraft(ctx, kind)
		if err != nil {
			return run.Plan{}, err
		}
		s, err := w.survey(ctx, w.all(ctx), d.show)
		if err == nil {
			err = d.gone(ctx)
		}
		again := err == nil && w.suitors.unsettled()
		if ctx.Err() == nil && (err != nil || again) { // what is left of a plan when Muster ends is nobody's, and is cleared away with old ones
			err = errors.Join(err, w.t.drop(ctx, d.own()))
		}
		if err != nil {
			return run.Plan{}, err
		}
		if !again { // else now that all are known, those planned before them are asked about too
			return w.finish(ctx, d, s)
		}
	}
}

// finish shows the plan that was drafted in place of the one before, unless that still is what would be planned.
func (w *wave) finish(ctx context.Context, d *draft, s *survey) (run.Plan, error) {
	same, err := d.same(ctx)
	if err != nil || same {
		return d.base, err
	}
	report, err := d.report(ctx)
	if err != nil {
		return run.Plan{}, err
	}
	if same, err := w.standing(ctx, d.kind, report.Digest); err != nil || same.ID != "" {
		return same, errors.Join(err, w.t.drop(ctx, d.own()))
	}
	if err := d.complete(ctx); err != nil {
		return run.Plan{}, err
	}
	s.load.Add(d.slim...)
	if d.plan.Verdicts, err = w.judged(ctx, &s.load); err != nil {
		return run.Plan{}, err
	}
	note, err := json.Marshal(report)
	if err != nil {
		return run.Plan{}, err
	}
	d.plan.Note, d.plan.Status, d.plan.Counts, d.plan.People = string(note), run.Waiting, d.counts, d.affected
	return d.plan, w.present(ctx, &d.plan)
}

// standing returns the plan of kind that is still what would be planned now, if there is one.
func (w *wave) standing(ctx context.Context, kind run.PlanKind, digest string) (run.Plan, error) {
	plans, err := w.recent(ctx, kind)
	for _, p := range plans {
		if r, ok := p.Report(); ok && r.Digest == digest {
			return p, err
		}
	}
	return run.Plan{}, err
}

// recent returns the newest plans of a kind that were made with the rules of the wave, that wait or were rejected.
func (w *wave) recent(ctx context.Context, kind run.PlanKind) ([]run.Plan, error) {
	var plans []run.Plan
	err := w.t.view(ctx, func(v directory.Reader) (err error) {
		plans, err = run.Of(v).Plans(ctx, w.t.Name, kind, "", 5)
		return err
	})
	return slices.DeleteFunc(plans, func(p run.Plan) bool {
		return p.Rules != w.rules.digest || p.Status != run.Waiting && p.Status != run.Rejected
	}), err
}

// present shows a plan whose lines are stored in place of the one before.
func (w *wave) present(ctx context.Context, p *run.Plan) error {
	var dead []string
	err := w.t.update(ctx, func(tx directory.Tx) error {
		dead = nil
		if done, err := w.overtaken(ctx, run.In(tx), *p); err != nil || done {
			p.Status = run.Superseded
			return err
		}
		old, err := run.In(tx).Plans(ctx, w.t.Name, "", run.Waiting, allPlans)
		if err != nil {
			return err
		}
		for _, o := range old {
			if o.Kind != run.Hold && (o.Kind == run.Preview || p.Kind != run.Preview) {
				o.Status = run.Superseded
				if err := run.In(tx).PutPlan(ctx, o); err != nil {
					return err
				}
				if o.Decided.IsZero() {
					dead = append(dead, o.ID)
				}
			}
		}
		if err := run.In(tx).PutPlan(ctx, *p); err != nil {
			return err
		}
		return w.spared(ctx, run.In(tx), p)
	})
	return errors.Join(err, w.t.drop(ctx, dead))
}

// spared leaves out of the numbers of a new plan what a person has rejected before.
func (w *wave) spared(ctx context.Context, r run.Tx, p *run.Plan) error {
	any, err := r.Rejects(ctx, w.t.Name)
	if err != nil || !any {
		return err
	}
	if err := recount(ctx, r, *p); err != nil {
		return err
	}
	*p, err = r.Plan(ctx, p.ID)
	return err
}

// drop removes plans that were replaced before anybody decided about them: while a target only observes, there is a new one for every change.
func (t *target) drop(ctx context.Context, plans []string) error {
	for _, id := range plans {
		for more := true; more; {
			err := t.update(ctx, func(tx directory.Tx) (err error) { more, err = run.In(tx).DropPlan(ctx, id); return err })
			if err != nil {
				return fmt.Errorf("drop plan %s: %w", id, err)
			}
		}
	}
	return nil
}

// overtaken reports whether rules were approved while a plan for their approval was made: the plan would only hold back what was approved.
func (w *wave) overtaken(ctx context.Context, r run.Reader, p run.Plan) (bool, error) {
	if p.Kind == run.Preview || w.t.mode() == Observe {
		return false, nil
	}
	s, err := r.Target(ctx, w.t.Name)
	if errors.Is(err, directory.ErrNotFound) {
		return false, nil
	}
	return s.Active == p.Rules, err
}

// errStale says that a plan was made with rules that are no longer configured.
func errStale(p run.Plan) error {
	return &run.Problem{
		Code: "stale", What: fmt.Sprintf("plan %s of %s was made with other rules", p.ID, p.Target), Why: "The configuration has changed since.",
		Now: "Nothing was approved.", Fix: "Look at the new plan: `muster plan show " + p.Target + "`.",
	}
}
