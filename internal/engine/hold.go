package engine

import (
	"context"
	"fmt"
	"slices"

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
	if err := w.deviate(ctx, units, known); err != nil {
		return err
	}
	for _, u := range units {
		w.decided(u, known)
	}
	return nil
}

// decisions returns where lines with the keys of units stand in holds, and in plans made with the rules that the wave serves. A plan of rules that are not
// in force decides about nothing: leavers go out meanwhile.
func (w *wave) decisions(ctx context.Context, units []*unit) (map[string]run.Line, error) {
	var keys []string
	for _, u := range units {
		for _, l := range u.lines {
			keys = append(keys, l.Key)
		}
	}
	known := map[string]run.Line{}
	if !w.stored.Load() || len(keys) == 0 {
		return known, nil
	}
	return known, w.t.view(ctx, func(v directory.Reader) error {
		lines, err := run.Of(v).LinesByKey(ctx, w.t.Name, keys)
		for _, l := range lines {
			if w.decides[l.Plan] {
				known[l.Key] = l
			}
		}
		for _, u := range units {
			for _, l := range w.parked[u.object.ID] {
				if _, ok := known[l.Key]; !ok {
					known[l.Key] = l
				}
			}
		}
		if err != nil || !w.rejects {
			return err
		}
		rejected, err := run.Of(v).Rejections(ctx, w.t.Name, keys)
		for _, l := range rejected {
			known[l.Key] = l
		}
		return err
	})
}

// decided applies what people have said about the lines of u. If one line of an object waits, the object waits; memberships wait line by line. What an
// operator has ordered waits for nobody.
func (w *wave) decided(u *unit, known map[string]run.Line) {
	w.answersGiven(u)
	approved := false
	var pass []plan.Line
	for _, l := range u.lines {
		status := known[l.Key].Status
		switch {
		case l.Cause == directory.Operator && l.Verb != plan.Skip:
			l.Class, l.Count, approved = link.NoClass, 0, true
		case (status == run.Waiting || status == run.Rejected) && apart(l):
			continue
		case status == run.Waiting || status == run.Rejected:
			u.lines = nil
			return
		case status == run.Approved && slices.Contains(l.Answers, string(known[l.Key].Answer)):
			said := known[l.Key]
			u.said, u.lines = &said, nil
			return
		case status == run.Approved && l.Verb == plan.Skip:
			if l.Code == "ask" && !u.protected && w.answered(u) {
				w.approve(l.Key)
				return
			}
		case status == run.Approved:
			approved = true
			l.Class, l.Count = link.NoClass, 0
		case u.counted(l):
			l.Class, l.Count = link.NoClass, 0
		}
		if status == run.Approved && l.Verb != plan.Skip {
			w.approve(l.Key)
		}
		pass = append(pass, l)
	}
	u.lines = pass
	if !approved && u.wait != nil && u.wait.Wait == link.Held && u.wait.Code != codeMember && holds(u.wait, u.lines) {
		u.lines = nil
	}
}

// counted reports whether l is the repetition of a call that the limits count already.
func (u *unit) counted(l plan.Line) bool {
	return u.wait != nil && u.wait.Wait == link.Retrying && u.wait.Line != "" && u.wait.Line == l.Key
}

func (w *wave) approve(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent[key] = true
}

// answered carries on where a person has decided: with the account that they said is the right one, or with what was asked about. It reports whether there
// is anything to carry on with.
func (w *wave) answered(u *unit) bool {
	linked := plan.Linked(u.have)
	if !linked && u.seen == nil {
		return false
	}
	want := u.want
	want.Ask, want.Doubt = "", nil
	have := u.have
	if !linked {
		have = link.Link{
			Target: w.t.Name, Object: u.object.ID, Kind: remoteKind(u.object.Kind), Remote: u.seen.ID, State: link.Linked, Origin: link.Adopted,
			Active: u.seen.Active, Applied: u.seen.Attrs, Since: w.now,
		}
	}
	lines := plan.Object(want, have, u.seen, w.can)
	if !linked {
		adopt := plan.Line{Target: w.t.Name, Object: u.object.ID, Kind: have.Kind, Name: u.want.Name, Verb: plan.Link, Remote: u.seen.ID, Why: "approved by a person"}
		lines = append([]plan.Line{adopt}, lines...)
	}
	if !acts(lines) {
		return false
	}
	for i := range lines {
		lines[i].Class, lines[i].Count = link.NoClass, 0
	}
	u.want, u.have, u.lines, u.answered = want, have, lines, true
	return true
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
	for _, u := range units {
		l, ok := waits(u.lines)
		switch {
		case ok && (u.wait == nil || u.wait.Line != l.Key):
			x := link.Waiting{
				Target: w.t.Name, Object: u.object.ID, Wait: link.Held, Code: l.Code, Reason: l.Why, Line: l.Key, Since: w.now,
			}
			if l.Code == "ask" {
				w.later(question{l, x})
			} else {
				put = append(put, x)
			}
			w.setWait(u, &x)
		case !ok && len(u.lines) == 0 && u.wait != nil && !w.awaits(u):
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
	return nil
}

// awaits reports whether u waits for memberships: nothing is to be done to the group itself.
func (w *wave) awaits(u *unit) bool {
	group := u.object.Kind == directory.Group && plan.Linked(u.have) && w.groupsServed() && !w.piloted()
	return group && (u.wait.Wait == link.Retrying || u.wait.Code == codeMember)
}

// A question is a line that a person must decide about, and what its object waits for until then.
type question struct {
	line plan.Line
	wait link.Waiting
}

func (w *wave) later(q question) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asks = append(w.asks, q)
}

// ask puts the questions that have come up to a person. Until the line is in a hold, the object does not wait: a crash between the two asks again.
func (w *wave) ask(ctx context.Context) error {
	w.mu.Lock()
	asks := w.asks
	w.asks = nil
	w.mu.Unlock()
	if len(asks) == 0 {
		return nil
	}
	asked, err := w.inPlan(ctx, asks)
	if err != nil {
		return err
	}
	var lines []plan.Line
	waits := make([]link.Waiting, len(asks))
	for i, q := range asks {
		if waits[i] = q.wait; !asked[q.line.Key] {
			lines = append(lines, q.line)
		}
	}
	if err := w.hold(ctx, "ask", "these need a decision: the evidence does not suffice", lines); err != nil {
		return err
	}
	return w.t.update(ctx, func(tx directory.Tx) error { return link.In(tx).PutWaiting(ctx, waits...) })
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
	return w.holdIn(ctx, place{class: class}, why, lines)
}

// A place says which hold is meant: the one of a class, and of a follow-up the one of its predecessor.
type place struct{ class, follows string }

func (w *wave) holdIn(ctx context.Context, at place, why string, lines []plan.Line) error {
	if len(lines) == 0 {
		return nil
	}
	var opened bool
	var id string
	err := w.t.update(ctx, func(tx directory.Tx) error {
		opened = false
		r := run.In(tx)
		p, err := openHold(ctx, r, w.t.Name, at)
		if err != nil {
			return err
		}
		if p.ID == "" {
			opened = true
			p = run.Plan{ID: string(directory.NewID()), Target: w.t.Name, Kind: run.Hold, Class: at.class, Follows: at.follows, Status: run.Waiting, Rules: w.rules.digest, Created: w.now}
		}
		p.Why, id = why, p.ID
		if err := r.PutPlan(ctx, p); err != nil {
			return err
		}
		if err := r.AddLines(ctx, p.ID, lines...); err != nil {
			return err
		}
		if _, err := r.MarkLines(ctx, p.ID, "", run.Waiting, keysOf(lines)...); err != nil { // those that were in it once, and are again
			return err
		}
		return recount(ctx, r, p)
	})
	if err != nil {
		return fmt.Errorf("hold lines: %w", err)
	}
	w.mu.Lock()
	w.decides[id] = true
	w.mu.Unlock()
	w.stored.Store(true)
	w.count("held", len(lines))
	if opened {
		w.t.log.Warn("held for a person", "class", at.class, "lines", len(lines), "why", why)
	}
	return nil
}

func openHold(ctx context.Context, r run.Reader, target string, at place) (run.Plan, error) {
	plans, err := r.Plans(ctx, target, run.Hold, run.Waiting, allPlans)
	for _, p := range plans {
		if p.Class == at.class && p.Follows == at.follows {
			return p, err
		}
	}
	return run.Plan{}, err
}

func keysOf(lines []plan.Line) []string {
	keys := make([]string, len(lines))
	for i, l := range lines {
		keys[i] = l.Key
	}
	return keys
}

// shrink takes lines about units out of holds that would not be done any more: who came back need not be decided about. Only lines that pick chooses are
// looked at. Questions about accounts that were not looked for stay.
func (w *wave) shrink(ctx context.Context, units []*unit, pick func(plan.Line) bool) error {
	if w.draft {
		return nil
	}
	stale := map[string][]string{}
	for _, u := range units {
		for _, h := range w.parked[u.object.ID] {
			unknown := h.Code == "ask" && !w.listed && !plan.Linked(u.have)
			if h.Status == run.Waiting && pick(h.Line) && !unknown && !slices.ContainsFunc(u.lines, func(l plan.Line) bool { return l.Key == h.Key && l.Cause != directory.Operator }) {
				stale[h.Plan] = append(stale[h.Plan], h.Key)
			}
		}
	}
	if len(stale) == 0 {
		return nil
	}
	err := w.t.update(ctx, func(tx directory.Tx) error {
		r := run.In(tx)
		for id, keys := range stale {
			if _, err := r.MarkLines(ctx, id, run.Waiting, run.Stale, keys...); err != nil {
				return err
			}
			p, err := r.Plan(ctx, id)
			if err == nil {
				err = recount(ctx, r, p)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("shrink holds: %w", err)
	}
	return nil
}

// recount makes the numbers of a stored plan those of its lines that wait.
func recount(ctx context.Context, r run.Tx, p run.Plan) error { return run.Recount(ctx, r, p) }
