package app

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"muster/internal/config"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// unclosed returns the people whose account at a target should be closed and is not confirmed to be: ordered and unconfirmed, held, tried again, behind a
// target that is stopped, paused or not configured any more, lost, or kept because removing is switched off.
func (m *Muster) unclosed(ctx context.Context, v directory.Reader, target string) ([]adminapi.Leaver, error) {
	state, err := run.Of(v).Target(ctx, target)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return nil, err
	}
	l := &leavers{ctx: ctx, v: v, target: target, state: state, by: map[directory.ID]adminapi.Leaver{}}
	l.config, l.configured = m.File.Target(target)
	bare, err := l.ordered(m)
	if err := errors.Join(err, l.closing(), l.held(), l.waiting(), l.unserved(m), l.remembered()); err != nil {
		return nil, err
	}
	out := bare
	for _, x := range l.by {
		out = append(out, x)
	}
	return out, nil
}

// leavers gathers open leavers of one target; what is found first says why.
type leavers struct {
	ctx    context.Context
	v      directory.Reader
	target string
	state  run.Target
	by     map[directory.ID]adminapi.Leaver

	config     config.Target
	configured bool // false: it was dropped from the configuration
}

func (l *leavers) add(id directory.ID, state, why string, x adminapi.Leaver) error {
	if _, ok := l.by[id]; ok {
		return nil
	}
	have, err := link.Of(l.v).Get(l.ctx, l.target, id)
	if errors.Is(err, directory.ErrNotFound) || err == nil && (have.Kind != connector.User || !have.Active && have.State != link.Lost) {
		return nil
	}
	if err != nil {
		return err
	}
	o, err := l.v.Object(l.ctx, id)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return err
	}
	x.Object, x.Name, x.Target, x.Remote, x.State, x.Why = id, cmp.Or(o.Handle(), string(have.Remote)), l.target, string(have.Remote), state, why
	if x.Cause == "" {
		x.Cause = o.Cause
	}
	if x.Since.IsZero() {
		x.Since = cmp.Or(o.Since, have.Since)
	}
	switch {
	case !l.configured:
		x.State, x.Why = "open", notConfigured
	case l.state.Stopped != nil:
		x.State, x.Why = "stopped", l.state.Stopped.Why
	case l.state.Paused != nil:
		x.State, x.Why = "paused", l.state.Paused.Reason
	}
	l.by[id] = x
	return nil
}

// ordered are those whom somebody ordered closed, whether an account of theirs is known or not. Accounts that are nobody's are returned.
func (l *leavers) ordered(m *Muster) ([]adminapi.Leaver, error) {
	orders, err := link.Of(l.v).OrdersIn(l.ctx, l.target, []link.OrderState{link.Ordered, link.Reopen}, mostOrders)
	var bare []adminapi.Leaver
	for _, o := range orders {
		if o.State == link.Reopen {
			continue
		}
		x := adminapi.Leaver{
			Object: o.Object, Name: o.Name, Target: l.target, Remote: string(o.Remote), Cause: directory.Operator, Since: o.At, Attempts: o.Attempts, By: o.By, Reason: o.Reason,
		}
		x.State, x.Code, x.Why, x.Until = waitOf(o, l.state)
		switch {
		case !l.configured:
			x.State, x.Why = "open", notConfigured
		case x.State == "closing":
			x.Why = "ordered just now"
		case x.State != "paused":
			x.Fix = m.closeThere(l.config, x.Remote)
		}
		if o.Object == "" {
			bare = append(bare, x)
			continue
		}
		l.by[o.Object] = x
	}
	return bare, err
}

const notConfigured = "the target is not configured any more: nothing is sent to it; close the account there"

// closing are links whose end was ordered and not confirmed.
func (l *leavers) closing() error {
	for after := directory.ID(""); ; {
		page, err := link.Of(l.v).List(l.ctx, l.target, connector.User, []link.State{link.Closing}, after, 500)
		if err != nil {
			return err
		}
		for _, x := range page {
			if err := l.add(x.Object, "closing", "ordered, and the target does not confirm it yet", adminapi.Leaver{Cause: x.Cause, Since: x.Since}); err != nil {
				return err
			}
			after = x.Object
		}
		if len(page) < 500 {
			return nil
		}
	}
}

// closingActs are what lines do that may close somebody: those that do, and those that wait for something.
var closingActs = []string{
	string(plan.DisableUser), string(plan.DeleteRemote), "skip ask", "skip switched_off", "skip missing_value", "skip invalid", "skip unsupported", "skip " + plan.CodeGone,
}

// held are lines of holds that would close somebody.
func (l *leavers) held() error {
	plans, err := run.Of(l.v).Plans(l.ctx, l.target, "", run.Waiting, 50)
	if err != nil {
		return err
	}
	for _, p := range plans {
		if p.Kind == run.Preview {
			continue
		}
		for after := -1; ; {
			lines, err := run.Of(l.v).FindLines(l.ctx, p.ID, run.LineFilter{Status: run.Waiting, Kind: connector.User, Acts: closingActs}, after, 1000)
			if err != nil {
				return err
			}
			for _, x := range lines {
				after = x.Seq
				closes := x.Verb == plan.DisableUser || x.Verb == plan.DeleteRemote || x.Of == plan.DisableUser || x.Of == plan.DeleteRemote
				if !closes {
					continue
				}
				if err := l.add(x.Object, "held", "waits for a decision"+because(p.Why), adminapi.Leaver{Cause: x.Cause, Plan: p.ID, Fix: "decide about it: `muster plan show " + p.ID + "`"}); err != nil {
					return err
				}
			}
			if len(lines) < 1000 {
				break
			}
		}
	}
	return nil
}

// because appends why something waits, if it is said.
func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

// waiting are people who are not active and whose account waits for something.
func (l *leavers) waiting() error {
	for after := directory.ID(""); ; {
		page, err := link.Of(l.v).Waiting(l.ctx, l.target, "", "", after, 1000)
		if err != nil {
			return err
		}
		for _, w := range page {
			after = w.Object
			o, err := l.v.Object(l.ctx, w.Object)
			if errors.Is(err, directory.ErrNotFound) || err == nil && o.State == directory.Active {
				continue
			}
			if err != nil {
				return err
			}
			if err := l.add(w.Object, string(w.Wait), w.Reason, adminapi.Leaver{Until: w.Next, Code: w.Code, Attempts: w.Attempts}); err != nil {
				return err
			}
		}
		if len(page) < 1000 {
			return nil
		}
	}
}

// unserved are people who left since the target was served last: it is stopped, paused, or about to look.
func (l *leavers) unserved(m *Muster) error {
	if l.state.Active == "" {
		return nil
	}
	cursor, err := link.Of(l.v).Cursor(l.ctx, l.target)
	if err != nil {
		return err
	}
	changes, err := m.Store.Changes(l.ctx, cursor, 1000)
	if err != nil {
		return err
	}
	var ids []directory.ID
	for _, c := range changes {
		ids = append(ids, c.Object)
	}
	slices.Sort(ids)
	changed, err := l.v.Objects(l.ctx, slices.Compact(ids))
	if err != nil {
		return err
	}
	for _, o := range changed {
		if o.Kind != directory.Person || o.State == directory.Active {
			continue
		}
		if err := l.add(o.ID, "open", "about to be closed", adminapi.Leaver{}); err != nil {
			return err
		}
	}
	return nil
}

// remembered are all others of whom what is stored says that they should be closed: nobody is dropped from the list because nothing waits for them.
func (l *leavers) remembered() error {
	for after := directory.ID(""); ; {
		page, err := link.Of(l.v).Unclosed(l.ctx, l.target, after, 500)
		if err != nil {
			return err
		}
		for _, x := range page {
			after = x.Object
			state, why := "open", "to be closed when the target is looked at next"
			switch {
			case x.State == link.Lost:
				state, why = "lost", "the target does not know the account any more, and nothing has confirmed that it is closed"
			case l.configured && l.config.Rules.People.WhenRemoved == plan.Leave:
				why = "stays open: removing is switched off for this target"
			}
			if err := l.add(x.Object, state, why, adminapi.Leaver{}); err != nil {
				return err
			}
		}
		if len(page) < 500 {
			return nil
		}
	}
}
