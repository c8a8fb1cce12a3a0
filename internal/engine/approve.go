package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/run"
)

// releaseWindow is how long a released hold may take to start. Once started it runs to its end.
const releaseWindow = run.ReleaseWindow

// A Decision is a person's word on a stored plan.
type Decision struct {
	Plan  string
	By    string
	Count int      // the number of people and groups affected, as the person typed it; must be the plan's People, or of a selection theirs
	Keys  []string // some lines only, with the rest of their objects; none = all
	// Select chooses lines by what they are, with the rest of their objects. With Status run.Rejected, lines that were rejected are approved after all.
	Select run.LineFilter
	// Whole has the plan carried out only if every line of it still holds when the first one is about to be.
	Whole bool
	// Answer is to the questions among the lines that take one; see plan.Line.
	Answer run.Answer
	// Reason is why, in the words of who decides; it is shown with the lines later.
	Reason string
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

// decide records a decision. It does not wait for a run that is going on: what is decided counts from the next wave on.
func (e *Engine) decide(ctx context.Context, d Decision, to run.Status) (run.Plan, error) {
	var p run.Plan
	var t *target
	d.Keys = slices.Compact(slices.Sorted(slices.Values(d.Keys)))
	err := e.cfg.Store.Update(ctx, directory.Actor(d.By), func(tx directory.Tx) (err error) {
		if p, err = run.In(tx).Plan(ctx, d.Plan); err != nil {
			return err
		}
		if s := e.source(p.Target); s != nil {
			p, err = s.decide(ctx, run.In(tx), p, d, to)
			return err
		}
		if t, err = e.target(p.Target); err != nil {
			return err
		}
		_, want, err := d.affects(ctx, run.In(tx), p, to)
		if err != nil {
			return err
		}
		if err := t.mayDecide(p, d, to, want); err != nil {
			return err
		}
		if to == run.Approved {
			if err := checkAnswer(ctx, run.In(tx), p, d); err != nil {
				return err
			}
		}
		p, err = t.record(ctx, tx, p, d, to)
		return err
	})
	if err != nil {
		return p, fmt.Errorf("decide about plan %s: %w", d.Plan, err)
	}
	if t == nil {
		return p, nil
	}
	if to == run.Approved && p.Kind != run.Hold {
		t.active.Store(t.set())
	}
	t.poke()
	return p, nil
}

// mayDecide refuses decisions about plans that no longer are, and counts that show that somebody looked at something else.
func (t *target) mayDecide(p run.Plan, d Decision, to run.Status, want int) error {
	refuse := func(code, what, why, fix string) error {
		return &run.Problem{Code: code, What: what, Why: why, Now: "Nothing was changed.", Fix: fix}
	}
	switch {
	case p.Kind == run.Preview:
		return refuse("already_decided", "a preview cannot be decided about", "It shows what Muster does by itself within the limits.", "Look at what waits: `muster hold list`.")
	case p.Status != run.Waiting && !(d.some() && d.reaches(p)):
		return refuse("already_decided", fmt.Sprintf("plan %s is %s", p.ID, p.Status), "It was decided about, or a newer plan took its place.", "Look at what waits: `muster plan list`.")
	case p.Kind != run.Hold && p.Rules != t.set().digest:
		return errStale(p)
	case to == run.Approved && p.Kind != run.Hold && t.mode() == Observe:
		return refuse("target_observes", fmt.Sprintf("target %s only observes", t.Name), "Its mode in the configuration is observe.", "Set mode: pilot or live, and approve the plan then.")
	case d.some() && want == 0:
		return refuse("stale", "nothing that waits is selected", "The lines were decided about, or their people have changed since, or nothing is called so.", "Look at the plan again: `muster plan show "+p.ID+"`.")
	case to == run.Approved && d.Count != want:
		return refuse("count_mismatch", fmt.Sprintf("the plan affects %d, not %d", want, d.Count), "The number shows that you looked at this plan.", "Look at it again, and give the number that it states.")
	}
	return nil
}

func (t *target) record(ctx context.Context, tx directory.Tx, p run.Plan, d Decision, to run.Status) (run.Plan, error) {
	r := run.In(tx)
	now := t.e.cfg.Now()
	f, err := d.selects(ctx, r, p, to)
	if err != nil {
		return p, err
	}
	about, err := r.Affected(ctx, p.ID, f)
	if err != nil {
		return p, err
	}
	affected := about.Objects
	if _, err := r.Decide(ctx, p.ID, f, run.Verdict{To: to, By: d.By, Reason: d.Reason, Answer: d.Answer, At: now}); err != nil {
		return p, err
	}
	if !d.some() {
		affected, p.Status = p.People, to
	} else if p, err = t.partly(ctx, r, p, to); err != nil {
		return p, err
	}
	p.Decided, p.By, p.Reason = now, d.By, d.Reason
	if to == run.Approved {
		if err := t.pledge(ctx, r, &p, d); err != nil {
			return p, err
		}
	}
	if err := r.PutPlan(ctx, p); err != nil {
		return p, err
	}
	if to == run.Approved && p.Kind != run.Hold {
		if err := errors.Join(t.enforce(ctx, r), t.inForce(ctx, link.In(tx), t.set().digest, approvedBy(p, d.By))); err != nil {
			return p, err
		}
	}
	act := map[run.Status]string{run.Approved: "approve", run.Rejected: "reject"}[to]
	return p, r.Audit(ctx, run.Event{At: now, By: d.By, Act: string(p.Kind) + "." + act, Object: p.ID, Detail: fmt.Sprintf("target %s, %d people", p.Target, affected)})
}

// partly returns p after some of its lines were decided about. While some are approved the plan is; it waits again when those are done.
func (t *target) partly(ctx context.Context, r run.Tx, p run.Plan, to run.Status) (run.Plan, error) {
	if err := recount(ctx, r, p); err != nil {
		return p, err
	}
	p, err := r.Plan(ctx, p.ID)
	switch {
	case err != nil:
	case to == run.Approved:
		p.Status = run.Approved
	case p.People == 0 && p.Status != run.Approved:
		p.Status = run.Rejected
	}
	return p, err
}

// enforce puts the configured rules into force. The next full reconcile carries the approved lines out.
func (t *target) enforce(ctx context.Context, r run.Tx) error {
	rules, err := json.Marshal(t.set().rules)
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
	s.Active, s.Rules, s.Listed = t.set().digest, rules, time.Time{}
	return r.PutTarget(ctx, s)
}

// approved returns objects with approved lines that are still to be carried out, save those that wait to be tried again.
func (t *target) approved(ctx context.Context) ([]directory.ID, error) {
	var out []directory.ID
	seen := map[directory.ID]bool{}
	var retried map[directory.ID]bool
	err := t.each(ctx, func(v directory.Reader, p run.Plan, lines []run.Line) (err error) {
		if retried == nil {
			if retried, err = t.retried(ctx, link.Of(v)); err != nil {
				return err
			}
		}
		for _, l := range lines {
			if !seen[l.Object] && !retried[l.Object] && len(out) < feedPage {
				seen[l.Object] = true
				out = append(out, l.Object)
			}
		}
		return nil
	})
	return out, err
}

// retried returns the objects that wait to be tried again.
func (t *target) retried(ctx context.Context, r link.Reader) (map[directory.ID]bool, error) {
	out := map[directory.ID]bool{}
	for after := directory.ID(""); ; {
		page, err := r.Waiting(ctx, t.Name, link.Retrying, "", after, 1000)
		if err != nil {
			return nil, err
		}
		for _, x := range page {
			out[x.Object] = true
			after = x.Object
		}
		if len(page) < 1000 {
			return out, nil
		}
	}
}

// each shows fn the approved lines of every approved plan of the target.
func (t *target) each(ctx context.Context, fn func(directory.Reader, run.Plan, []run.Line) error) error {
	return t.view(ctx, func(v directory.Reader) error {
		plans, err := run.Of(v).Plans(ctx, t.Name, "", run.Approved, allPlans)
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

// settleApproved closes approved lines that the wave has looked at: carried out, or stale. Lines of objects that are tried again stay approved. When none is
// left the plan is done, or waits again for the lines that nobody has decided about, and for those of people whom a pilot does not reach. What was approved during the wave is left to the next one.
func (t *target) settleApproved(ctx context.Context, w *wave) error {
	var retried map[directory.ID]bool
	var held map[string]bool
	err := t.view(ctx, func(v directory.Reader) (err error) {
		if len(w.approvals) == 0 {
			return nil
		}
		if retried, err = t.retried(ctx, link.Of(v)); err != nil {
			return err
		}
		held, err = t.failing(ctx, link.Of(v))
		return err
	})
	if err != nil {
		return err
	}
	for id, at := range w.approvals {
		if err := t.settlePlan(ctx, w, id, at, retried, held); err != nil {
			return fmt.Errorf("settle plan %s: %w", id, err)
		}
	}
	return nil
}

// failing returns the keys of lines that were tried and would fail again.
func (t *target) failing(ctx context.Context, r link.Reader) (map[string]bool, error) {
	out := map[string]bool{}
	for after := directory.ID(""); ; {
		page, err := r.Waiting(ctx, t.Name, link.Held, "", after, 1000)
		if err != nil {
			return nil, err
		}
		for _, x := range page {
			out[x.Line] = true
			after = x.Object
		}
		if len(page) < 1000 {
			return out, nil
		}
	}
}

// settlePlan closes what the wave has done of one plan, a thousand lines a transaction.
func (t *target) settlePlan(ctx context.Context, w *wave, id string, at time.Time, retried map[directory.ID]bool, failing map[string]bool) error {
	left := 0
	for after := -1; ; {
		var lines []run.Line
		err := t.update(ctx, func(tx directory.Tx) error {
			r := run.In(tx)
			p, err := r.Plan(ctx, id)
			if err != nil || p.Status != run.Approved || !p.Decided.Equal(at) {
				lines = nil
				return err
			}
			if lines, err = r.Lines(ctx, id, run.Approved, after, 1000); err != nil {
				return err
			}
			var done, stale, beyond []string
			rest := left
			for _, l := range lines {
				switch {
				case w.beyond[l.Object]:
					beyond = append(beyond, l.Key)
				case retried[l.Object] || !w.looked[l.Object]:
					rest++
				case !failing[l.Key] && (w.sent[l.Key] || apart(l.Line)):
					done = append(done, l.Key)
				default:
					stale = append(stale, l.Key)
				}
			}
			if err := errors.Join(markAll(ctx, r, id, done, run.Finished), markAll(ctx, r, id, stale, run.Stale), markAll(ctx, r, id, beyond, run.Waiting)); err != nil {
				return err
			}
			if len(lines) == 1000 || rest > 0 {
				return nil
			}
			p.Status = run.Waiting
			if err := recount(ctx, r, p); err != nil {
				return err
			}
			if p, err = r.Plan(ctx, id); err == nil && (p.Status == run.Stale || p.Status == run.Waiting && p.People == 0) {
				p.Status = run.Finished // what is left, if anything, is beyond the pilot
				err = r.PutPlan(ctx, p)
			}
			return err
		})
		if err != nil {
			return err
		}
		for _, l := range lines {
			after = l.Seq
			if !w.beyond[l.Object] && (retried[l.Object] || !w.looked[l.Object]) {
				left++
			}
		}
		if len(lines) < 1000 {
			return nil
		}
	}
}

func markAll(ctx context.Context, r run.Tx, id string, keys []string, to run.Status) error {
	if len(keys) == 0 {
		return nil
	}
	_, err := r.MarkLines(ctx, id, run.Approved, to, keys...)
	return err
}

// lapse takes back releases that were not started in time: a hold waits again.
func (t *target) lapse(ctx context.Context) error {
	now := t.e.cfg.Now()
	late := func(r run.Reader) (out []run.Plan, err error) {
		plans, err := r.Plans(ctx, t.Name, run.Hold, run.Approved, allPlans)
		if err != nil {
			return nil, err
		}
		for _, p := range plans {
			if now.Sub(p.Decided) <= releaseWindow {
				continue
			}
			started, err := r.Lines(ctx, p.ID, run.Finished, -1, 1)
			if err != nil {
				return nil, err
			}
			if len(started) == 0 {
				out = append(out, p)
			}
		}
		return out, nil
	}
	var any []run.Plan
	err := t.view(ctx, func(v directory.Reader) (err error) {
		any, err = late(run.Of(v))
		return err
	})
	if err != nil || len(any) == 0 {
		return err
	}
	return t.update(ctx, func(tx directory.Tx) error {
		r := run.In(tx)
		plans, err := late(r)
		if err != nil {
			return err
		}
		for _, p := range plans {
			if _, err := r.MarkLines(ctx, p.ID, run.Approved, run.Waiting); err != nil {
				return err
			}
			p.Status = run.Waiting
			if err := recount(ctx, r, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// freeMemberships lets the memberships of groups in an approved first plan, or of changed rules, past their limit: one typed count released them.
func (w *wave) freeMemberships(ctx context.Context) error {
	if len(w.approvals) == 0 {
		return nil
	}
	return w.t.each(ctx, func(_ directory.Reader, p run.Plan, lines []run.Line) error {
		for _, l := range lines {
			if p.Kind != run.Hold && l.Kind == connector.Group {
				w.free[l.Object] = true
			}
		}
		return nil
	})
}
