package engine

import (
	"context"
	"fmt"

	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
	"muster/internal/run"
)

// screen takes out the lines that wait for a person, were rejected, or failed as they are and would fail again; and marks those that were approved, which
// no limit holds any more.
func (w *wave) screen(ctx context.Context, units []*unit) error {
	if w.draft {
		return nil
	}
	known, err := w.decisions(ctx, units)
	if err != nil {
		return err
	}
	for _, u := range units {
		w.decided(u, known)
	}
	return nil
}

// decisions returns where lines with the keys of units stand in stored plans.
func (w *wave) decisions(ctx context.Context, units []*unit) (map[string]run.Status, error) {
	var keys []string
	for _, u := range units {
		for _, l := range u.lines {
			keys = append(keys, l.Key)
		}
	}
	known := map[string]run.Status{}
	if !w.stored.Load() || len(keys) == 0 {
		return known, nil
	}
	return known, w.t.view(ctx, func(v directory.Reader) error {
		lines, err := run.Of(v).LinesByKey(ctx, w.t.Name, keys)
		for _, l := range lines {
			known[l.Key] = l.Status
		}
		return err
	})
}

// decided applies what people have said about the lines of u. If one line of an object waits, the object waits.
func (w *wave) decided(u *unit, known map[string]run.Status) {
	approved := false
	for i, l := range u.lines {
		switch known[l.Key] {
		case run.Waiting, run.Rejected:
			u.lines = nil
			return
		case run.Approved:
			approved = true
			w.sent[l.Key] = true
			u.lines[i].Class, u.lines[i].Count = link.NoClass, 0
			if l.Verb == plan.Skip && l.Code == "ask" && u.seen != nil {
				w.answered(u)
				return
			}
		}
	}
	if !approved && u.wait != nil && u.wait.Wait == link.Held && holds(u.wait, u.lines) {
		u.lines = nil
	}
}

// answered carries on with an account that a person said is the right one.
func (w *wave) answered(u *unit) {
	u.want.Ask = ""
	u.have = link.Link{
		Target: w.t.Name, Object: u.object.ID, Kind: remoteKind(u.object.Kind), Remote: u.seen.ID, State: link.Linked, Origin: link.Adopted,
		Active: u.seen.Active, Applied: u.seen.Attrs, Since: w.now,
	}
	adopt := plan.Line{Target: w.t.Name, Object: u.object.ID, Kind: u.have.Kind, Name: u.want.Name, Verb: plan.Link, Remote: u.seen.ID, Why: "approved by a person"}
	u.lines = append([]plan.Line{adopt}, plan.Object(u.want, u.have, u.seen, w.can)...)
	for i := range u.lines {
		u.lines[i].Class, u.lines[i].Count = link.NoClass, 0
	}
}

// holds reports whether w still describes what would be done: then trying again would fail again.
func holds(w *link.Waiting, lines []plan.Line) bool {
	for _, l := range lines {
		if l.Key == w.Line {
			return true
		}
	}
	return false
}

// note keeps the reasons of units that do nothing though they should, so that status and why can tell; and forgets reasons that no longer hold.
func (w *wave) note(ctx context.Context, units []*unit) error {
	if w.draft {
		return nil
	}
	var put []link.Waiting
	var drop []directory.ID
	var ask []plan.Line
	for _, u := range units {
		l, ok := waits(u.lines)
		switch {
		case ok && (u.wait == nil || u.wait.Line != l.Key):
			x := link.Waiting{
				Target: w.t.Name, Object: u.object.ID, Wait: link.Held, Code: l.Code, Reason: l.Why, Line: l.Key, Since: w.now,
			}
			put = append(put, x)
			w.setWait(u, &x)
			if l.Code == "ask" {
				ask = append(ask, l)
			}
		case !ok && len(u.lines) == 0 && u.wait != nil:
			drop = append(drop, u.object.ID)
			w.setWait(u, nil)
		}
		w.suppressed(u)
	}
	if len(put)+len(drop) == 0 {
		return nil
	}
	err := w.t.update(ctx, func(tx directory.Tx) error {
		if err := link.In(tx).PutWaiting(ctx, put...); err != nil {
			return err
		}
		return link.In(tx).DropWaiting(ctx, w.t.Name, drop...)
	})
	if err != nil {
		return fmt.Errorf("note what waits: %w", err)
	}
	return w.hold(ctx, "ask", "these need a decision: the evidence does not suffice", ask)
}

// waits returns the line for which an object waits: one that a rule or a person, not a switch, keeps from being done.
func waits(lines []plan.Line) (plan.Line, bool) {
	for _, l := range lines {
		if l.Verb == plan.Skip && l.Code != "switched_off" {
			return l, true
		}
	}
	return plan.Line{}, false
}

// suppressed counts and warns of actions that are switched off.
func (w *wave) suppressed(u *unit) {
	for _, l := range u.lines {
		if l.Verb == plan.Skip && l.Code == "switched_off" {
			w.count("switched_off", 1)
			w.t.log.Warn("action switched off", "object", u.object.ID, "action", l.Of, "why", l.Why)
		}
	}
}

// hold stores lines in the open hold of a class, opening one if there is none.
func (w *wave) hold(ctx context.Context, class, why string, lines []plan.Line) error {
	if len(lines) == 0 {
		return nil
	}
	var opened bool
	err := w.t.update(ctx, func(tx directory.Tx) error {
		opened = false
		r := run.In(tx)
		p, err := openHold(ctx, r, w.t.Name, class)
		if err != nil {
			return err
		}
		if p.ID == "" {
			opened = true
			p = run.Plan{ID: string(directory.NewID()), Target: w.t.Name, Kind: run.Hold, Class: class, Status: run.Waiting, Rules: w.rules.digest, Created: w.now}
		}
		p.Why = why
		if err := r.PutPlan(ctx, p); err != nil {
			return err
		}
		if err := r.AddLines(ctx, p.ID, lines...); err != nil {
			return err
		}
		return recount(ctx, r, p)
	})
	if err != nil {
		return fmt.Errorf("hold lines: %w", err)
	}
	w.stored.Store(true)
	w.count("held", len(lines))
	if opened {
		w.t.log.Warn("held for a person", "class", class, "lines", len(lines), "why", why)
	}
	return nil
}

func openHold(ctx context.Context, r run.Reader, target, class string) (run.Plan, error) {
	plans, err := r.Plans(ctx, target, run.Hold, run.Waiting, 50)
	for _, p := range plans {
		if p.Class == class {
			return p, err
		}
	}
	return run.Plan{}, err
}

// recount makes the numbers of a stored plan those of its lines that wait.
func recount(ctx context.Context, r run.Tx, p run.Plan) error {
	p.Counts = map[string]int{}
	objects := map[directory.ID]bool{}
	for after := -1; ; {
		page, err := r.Lines(ctx, p.ID, run.Waiting, after, 1000)
		if err != nil {
			return err
		}
		for _, l := range page {
			verb := string(l.Verb)
			if l.Verb == plan.Skip {
				verb = "skip " + l.Code
			}
			p.Counts[verb]++
			objects[l.Object] = true
			after = l.Seq
		}
		if len(page) < 1000 {
			break
		}
	}
	p.People = len(objects)
	return r.PutPlan(ctx, p)
}
