package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
	"muster/internal/run"
)

// asksWhole reports whether a plan was approved that is carried out wholly or not at all, and has not been judged: then the target is listed first.
func (t *target) asksWhole(ctx context.Context) (bool, error) {
	asked := false
	return asked, t.view(ctx, func(v directory.Reader) error {
		plans, err := run.Of(v).Plans(ctx, t.Name, "", run.Approved, allPlans)
		for _, p := range plans {
			asked = asked || p.Whole == run.WholeAsked
		}
		return err
	})
}

// judgeWhole looks, just before the first line is carried out, whether every line still holds of the plans that are carried out wholly or not at all. One
// that does not is taken back, with the rules that it brought into force, and the wave ends.
func (w *wave) judgeWhole(ctx context.Context) error {
	for _, id := range w.wholes {
		total, stale, err := w.staleOf(ctx, id)
		if err != nil {
			return fmt.Errorf("judge plan %s: %w", id, err)
		}
		if len(stale) == 0 {
			err := w.t.update(ctx, func(tx directory.Tx) error {
				p, err := run.In(tx).Plan(ctx, id)
				if err != nil {
					return err
				}
				p.Whole = run.WholePassed
				return run.In(tx).PutPlan(ctx, p)
			})
			if err != nil {
				return err
			}
			continue
		}
		if err := w.takeBack(ctx, id, stale); err != nil {
			return fmt.Errorf("take back plan %s: %w", id, err)
		}
		return &run.Problem{
			Code: "stale", What: fmt.Sprintf("%d of the %d lines of plan %s do not hold any more", len(stale), total, id),
			Why: "It was approved as all or nothing, and people or accounts have changed before it could be carried out.", Now: "Nothing of it was carried out; it waits again.",
			Fix: "Look at what would be done now: `muster plan show " + w.t.Name + "`.",
		}
	}
	return nil
}

// staleOf returns the keys of approved lines that would not be planned now.
func (w *wave) staleOf(ctx context.Context, id string) (total int, stale []string, err error) {
	members, err := w.memberKeys(ctx, id)
	if err != nil {
		return 0, nil, err
	}
	for after := -1; ; {
		var lines []run.Line
		err := w.t.view(ctx, func(v directory.Reader) (err error) {
			lines, err = run.Of(v).Lines(ctx, id, run.Approved, after, planChunk)
			return err
		})
		if err != nil {
			return 0, nil, err
		}
		var objects []directory.ID
		for _, l := range lines {
			objects = append(objects, l.Object)
			after = l.Seq
		}
		units, err := w.prepare(ctx, objects)
		if err != nil {
			return 0, nil, err
		}
		now := map[string]bool{}
		for _, u := range units {
			for _, l := range u.lines {
				now[l.Key] = true
			}
		}
		for _, l := range lines {
			if l.Verb == plan.Refer || l.Verb == plan.Skip && l.Code != "ask" {
				continue
			}
			if total++; !now[l.Key] && !members[l.Key] {
				stale = append(stale, l.Key)
			}
		}
		if len(lines) < planChunk {
			return total, stale, nil
		}
	}
}

// memberKeys returns the keys of the membership lines that a plan would have now.
func (w *wave) memberKeys(ctx context.Context, id string) (map[string]bool, error) {
	keys := map[string]bool{}
	p, groups, err := w.groupsIn(ctx, id)
	switch {
	case err != nil || len(groups) == 0:
		return keys, err
	case p.Kind != run.Hold:
		return keys, w.sketch(ctx, keys)
	}
	for part := range slices.Chunk(groups, planChunk) {
		units, err := w.prepare(ctx, part)
		if err != nil {
			return nil, err
		}
		for _, u := range units {
			lines, _, err := w.memberLines(ctx, u, false)
			if err != nil {
				return nil, err
			}
			for _, l := range lines {
				keys[l.Key] = true
			}
		}
	}
	return keys, nil
}

// groupsIn returns a plan, and the groups whose memberships are approved in it.
func (w *wave) groupsIn(ctx context.Context, id string) (p run.Plan, groups []directory.ID, err error) {
	err = w.t.view(ctx, func(v directory.Reader) (err error) {
		if p, err = run.Of(v).Plan(ctx, id); err != nil {
			return err
		}
		f := run.LineFilter{Status: run.Approved, Acts: []string{string(plan.AddMembers), string(plan.RemoveMembers)}}
		for after := -1; ; {
			lines, err := run.Of(v).FindLines(ctx, id, f, after, 200)
			for _, l := range lines {
				groups, after = append(groups, l.Object), l.Seq
			}
			if err != nil || len(lines) < 200 {
				return err
			}
		}
	})
	slices.Sort(groups)
	return p, slices.Compact(groups), err
}

// sketch drafts everybody as for a first plan, and keeps nothing but the keys of membership lines.
func (w *wave) sketch(ctx context.Context, keys map[string]bool) error {
	w.draft = true
	defer func() { w.draft = false }()
	d := w.blank()
	d.keys = keys
	_, err := w.survey(ctx, w.all(ctx), d.show)
	return err
}

// takeBack undoes an approval.
func (w *wave) takeBack(ctx context.Context, id string, stale []string) error {
	err := w.t.update(ctx, func(tx directory.Tx) error {
		r := run.In(tx)
		p, err := r.Plan(ctx, id)
		if err != nil {
			return err
		}
		for _, m := range []struct {
			to   run.Status
			keys []string
		}{{run.Stale, stale}, {run.Waiting, nil}} {
			if _, err := r.MarkLines(ctx, id, run.Approved, m.to, m.keys...); err != nil {
				return err
			}
		}
		if p.Kind != run.Hold {
			if err := w.t.restore(ctx, r, p); err != nil {
				return err
			}
			if err := w.t.inForce(ctx, link.In(tx), p.Was, "plan "+p.ID+" did not hold as a whole"); err != nil {
				return err
			}
		}
		p.Status, p.Whole, p.Decided, p.By, p.Reason = run.Waiting, "", time.Time{}, "", ""
		if err := recount(ctx, r, p); err != nil {
			return err
		}
		return r.Audit(ctx, run.Event{At: w.now, By: "engine", Act: string(p.Kind) + ".stale", Object: id, Detail: fmt.Sprintf("target %s, %d lines: all or nothing", p.Target, len(stale))})
	})
	if err != nil {
		return err
	}
	state, err := w.t.state(ctx)
	if err != nil {
		return err
	}
	return w.t.reload(ctx, state)
}

// restore puts the rules back into force that an approval replaced.
func (t *target) restore(ctx context.Context, r run.Tx, p run.Plan) error {
	s, err := r.Target(ctx, t.Name)
	if errors.Is(err, directory.ErrNotFound) || err == nil && s.Active != p.Rules {
		return nil
	}
	if err != nil {
		return err
	}
	s.Active, s.Rules = p.Was, p.WasRules
	return r.PutTarget(ctx, s)
}
