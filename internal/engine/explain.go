package engine

import (
	"context"
	"fmt"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/mapping"
	"muster/internal/plan"
	"muster/internal/run"
)

// An Explanation is everything that decides about one object at one target, at this moment.
type Explanation struct {
	Target  string
	Object  directory.Object
	Records []directory.Record
	Draft   bool // nothing is approved: these are the configured rules
	Verdict mapping.Verdict
	Want    plan.Desired
	Traces  []mapping.Trace
	Fault   error          // an expression that failed
	Link    link.Link      // zero: none
	Seen    *link.Observed // as the target listed it last, or a candidate
	Lines   []plan.Line    // what would be done now
	Held    []run.Line     // what waits for a person or was approved
	Waiting []link.Waiting
	Journal []link.Entry  // newest first
	Version link.Interval // since when the rules are in force, and by whose word; zero while none are
	Trail
	Order *link.Order // to close them; nil: there is none
}

// Explain says for one object and target which rule put it in or out, how each value came about, and what was sent last. It calls nothing remote but, once
// per process, the target's Check; a target that is down is assumed to offer everything.
func (e *Engine) Explain(ctx context.Context, name string, id directory.ID) (Explanation, error) {
	t, err := e.target(name)
	if err != nil {
		return Explanation{}, err
	}
	rules := t.ruled()
	if rules == nil {
		rules = t.set()
	}
	can, err := t.features(ctx)
	if err != nil {
		can = connector.Features{Groups: true, MembersReadable: true, RenameGroup: true, Disable: true, CreateDisabled: true, DeleteUser: true}
	}
	w, err := t.open(ctx, run.Serve, rules, "", can)
	if err != nil {
		return Explanation{}, err
	}
	if err := w.relist(ctx); err != nil {
		return Explanation{}, err
	}
	units, err := w.prepare(ctx, []directory.ID{id})
	if err != nil {
		return Explanation{}, err
	}
	if len(units) == 0 {
		return Explanation{}, fmt.Errorf("object %s: %w", id, directory.ErrNotFound)
	}
	return w.explain(ctx, units[0], t.ruled() == nil)
}

func (w *wave) explain(ctx context.Context, u *unit, draft bool) (Explanation, error) {
	x := Explanation{
		Target: w.t.Name, Object: u.object, Records: u.records, Draft: draft, Want: u.want, Traces: u.traces, Fault: u.fault, Link: u.have, Lines: u.lines, Order: u.order,
	}
	if u.old != nil {
		x.Link = *u.old
	}
	if rules := w.rules.Of(u.object.Kind); rules != nil {
		x.Verdict = rules.Scope(u.in)
	}
	return x, w.t.view(ctx, func(v directory.Reader) (err error) {
		l, r := link.Of(v), run.Of(v)
		if x.Trail, err = w.trail(ctx, v, u); err != nil {
			return err
		}
		if x.Waiting, err = l.Waiting(ctx, w.t.Name, "", u.object.ID, "", 20); err != nil {
			return err
		}
		if x.Journal, err = l.Journal(ctx, link.Query{Target: w.t.Name, Object: u.object.ID, Limit: 5}); err != nil {
			return err
		}
		if x.Version, err = w.version(ctx, v); err != nil {
			return err
		}
		if x.Held, err = r.LinesOf(ctx, w.t.Name, u.object.ID); err != nil {
			return err
		}
		remote := u.have.Remote
		if u.seen != nil {
			remote = u.seen.ID
		}
		if remote == "" {
			return nil
		}
		seen, err := l.GetObserved(ctx, w.t.Name, remoteKind(u.object.Kind), []connector.RemoteID{remote})
		if len(seen) > 0 {
			x.Seen = &seen[0]
		}
		return err
	})
}

// Judge returns how far each class of a target has got within its limits, without judging anything new.
func (e *Engine) Judge(ctx context.Context, name string) ([]plan.Verdict, error) {
	t, err := e.target(name)
	if err != nil {
		return nil, err
	}
	w := &wave{t: t, now: e.cfg.Now()}
	return w.judge(ctx, everyClass())
}

// everyClass is one line without effect a class, so that each gets a verdict.
func everyClass() []plan.Line {
	var out []plan.Line
	for _, c := range []link.Class{link.Stated, link.LeftScope, link.Missing, link.Unmember, link.GroupDelete, link.Overwrite, link.Creates} {
		out = append(out, plan.Line{Class: c, Count: 1})
	}
	return out
}

// Active reports whether the rules of a target are approved, and whether they are those configured.
func (e *Engine) Active(name string) (approved, current bool) {
	t, err := e.target(name)
	if err != nil {
		return false, false
	}
	return t.active.Load() != nil, t.current()
}
