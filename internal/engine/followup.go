package engine

import (
	"context"
	"fmt"
	"slices"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
	"muster/internal/run"
)

// followUp is the class of a hold of lines that took the place of approved ones: what was approved does not hold any more, and what would be done instead
// nobody has seen.
const followUp = "follow-up"

// deviate takes out of units what would be done instead of what a person has looked at, and puts it into a follow-up plan: of an approved plan whose line
// about somebody is stale, of one that was decided in parts, and of a line that was rejected. Whoever must be closed is closed all the same, within the
// limits, and what was begun goes on. known is where the lines of units stand.
func (w *wave) deviate(ctx context.Context, units []*unit, known map[string]run.Line) error {
	if len(w.pledges) == 0 && !w.rejects {
		return nil
	}
	var odd []*unit
	for _, u := range units {
		if w.deviates(u, known) {
			odd = append(odd, u)
		}
	}
	if len(odd) == 0 {
		return nil
	}
	bound, err := w.bound(ctx, idsOf(odd))
	if err != nil {
		return fmt.Errorf("compare with what was decided: %w", err)
	}
	instead := map[string][]plan.Line{}
	for _, u := range odd {
		if id := bound[u.object.ID]; id != "" {
			instead[id] = append(instead[id], act(u.lines)...)
			u.lines = nil
		}
	}
	for id, lines := range instead {
		if err := w.holdIn(ctx, place{class: followUp, follows: id}, "what was approved does not hold any more: this would be done instead", lines); err != nil {
			return err
		}
	}
	return nil
}

// deviates reports whether u has a line that nobody has decided about, and that may wait.
func (w *wave) deviates(u *unit, known map[string]run.Line) bool {
	if u.answered || isGhost(u.lines) || u.wait != nil && u.wait.Wait == link.Retrying {
		return false
	}
	fresh := false
	for _, l := range u.lines {
		switch {
		case closing(l), l.Cause == directory.Operator:
			return false
		case l.Verb == plan.Create && !u.absent: // first it is looked up whether they have an account
			return false
		case l.Verb != plan.Skip && !apart(l) && known[l.Key].Status == "":
			fresh = true
		}
	}
	return fresh
}

// closing reports whether l takes somebody's access away.
func closing(l plan.Line) bool {
	return l.Kind == connector.User && l.Remote != "" && (l.Verb == plan.DisableUser || l.Verb == plan.DeleteRemote)
}

// bound returns, for those of objects about whom a person has decided something that is not done, or is to decide, the plan in which.
func (w *wave) bound(ctx context.Context, objects []directory.ID) (map[directory.ID]string, error) {
	out := map[directory.ID]string{}
	return out, w.t.view(ctx, func(v directory.Reader) error {
		r := run.Of(v)
		for _, id := range w.pledges {
			lines, err := r.FindLines(ctx, id, run.LineFilter{Objects: objects}, -1, 0)
			if err != nil {
				return err
			}
			for _, l := range lines {
				if l.Verb != plan.Skip && !apart(l.Line) && slices.Contains([]run.Status{run.Approved, run.Waiting}, l.Status) {
					out[l.Object] = id
				}
			}
		}
		if !w.rejects {
			return nil
		}
		refused, err := r.RejectedOf(ctx, w.t.Name, objects)
		for _, l := range refused {
			if l.Verb != plan.Skip && !apart(l.Line) && !closing(l.Line) && out[l.Object] == "" {
				out[l.Object] = l.Plan
			}
		}
		return err
	})
}

// rescreen judges u again after it was looked up whether they have an account: only now it is known what would be done.
func (w *wave) rescreen(ctx context.Context, u *unit) error {
	if w.draft || len(u.lines) == 0 || len(w.pledges) == 0 && !w.rejects {
		return nil
	}
	known, err := w.decisions(ctx, []*unit{u})
	if err != nil {
		return err
	}
	return w.deviate(ctx, []*unit{u}, known)
}

// inPlan returns the keys of questions that wait in a plan that was approved in parts: they are asked there.
func (w *wave) inPlan(ctx context.Context, asks []question) (map[string]bool, error) {
	out := map[string]bool{}
	if len(w.pledges) == 0 {
		return out, nil
	}
	keys := make([]string, len(asks))
	for i, q := range asks {
		keys[i] = q.line.Key
	}
	return out, w.t.view(ctx, func(v directory.Reader) error {
		for _, id := range w.pledges {
			lines, err := run.Of(v).FindLines(ctx, id, run.LineFilter{Status: run.Waiting, Keys: keys}, -1, 0)
			if err != nil {
				return err
			}
			for _, l := range lines {
				out[l.Key] = true
			}
		}
		return nil
	})
}
