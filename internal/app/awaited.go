package app

import (
	"context"
	"errors"
	"slices"

	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// addAwaited adds to a page of objects who of them is to have an account at a target and has none. It tells what is stored, and computes nothing of anybody:
// lines of plans, and what waits.
func addAwaited(ctx context.Context, v directory.Reader, target string, page []adminapi.Object) error {
	of := map[directory.ID]*adminapi.Object{}
	var without []directory.ID
	for i, o := range page {
		if !slices.ContainsFunc(o.Links, func(l adminapi.Link) bool { return l.Target == target }) {
			of[o.ID] = &page[i]
			without = append(without, o.ID)
		}
	}
	lines, err := run.Of(v).LinesOf(ctx, target, without...)
	stuck, err2 := link.Of(v).WaitingOf(ctx, target, without)
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	found := map[directory.ID]adminapi.Awaited{}
	note := func(id directory.ID, wait, reason string) {
		if was, ok := found[id]; wait != "" && (!ok || urgency(wait) > urgency(was.Wait)) {
			found[id] = adminapi.Awaited{Target: target, Wait: wait, Reason: reason}
		}
	}
	for _, w := range stuck {
		note(w.Object, string(w.Wait), w.Reason)
	}
	for _, l := range lines {
		note(l.Object, awaitedBy(l), l.Why)
	}
	for id, x := range found {
		of[id].Awaited = append(of[id].Awaited, x)
	}
	return nil
}

// How an account is awaited beside link.Held and link.Retrying.
const (
	awaitsCall     = "coming" // approved: it is about to be made
	awaitsDecision = "waits"  // in a plan, for a decision
)

// urgency orders how accounts are awaited: what somebody can decide now is told before what waits for something else.
func urgency(wait string) int {
	return slices.Index([]string{awaitsCall, string(link.Retrying), string(link.Held), awaitsDecision}, wait)
}

// awaitedBy returns how an account is awaited by a line of a plan; "" if the line gives nobody an account.
func awaitedBy(l run.Line) string {
	verb := l.Verb
	if verb == plan.Skip {
		verb = l.Of
	}
	gives, asks := verb == plan.Create || verb == plan.Link, l.Verb != plan.Skip || l.Code == "ask"
	switch {
	case gives && l.Status == run.Waiting && asks:
		return awaitsDecision
	case gives && l.Status == run.Waiting:
		return string(link.Held)
	case gives && l.Status == run.Approved && l.Verb != plan.Skip:
		return awaitsCall
	}
	return ""
}
