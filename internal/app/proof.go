package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/server/adminapi"
)

// The measures of the list of leavers.
const (
	overdue     = 15 * time.Minute    // after that, an open leaver is an alarm
	closedSince = 30 * 24 * time.Hour // how far back those who are closed are shown, if nobody says otherwise
	mostClosed  = 10_000              // of a target
)

// Leavers implements adminapi.Closings: who is missing and nothing is concluded, who should be closed at a target and is not confirmed to be, and if asked for,
// who is.
func (m *Muster) Leavers(ctx context.Context, q adminapi.LeaverQuery) ([]adminapi.Leaver, error) {
	out, closed := []adminapi.Leaver{}, []adminapi.Leaver{}
	err := m.Store.View(ctx, func(v directory.Reader) error {
		for _, c := range m.read() {
			more, err := m.missing(ctx, v, c)
			if err != nil {
				return err
			}
			out = append(out, more...)
		}
		targets, err := m.remembers(ctx, v)
		for _, name := range targets {
			more, err := m.unclosed(ctx, v, name)
			if err != nil {
				return err
			}
			out = append(out, more...)
			if !q.Closed || q.Target != "" && q.Target != name {
				continue
			}
			if more, err = m.proven(ctx, v, name, since(q, m.now())); err != nil {
				return err
			}
			closed = append(closed, more...)
		}
		return err
	})
	m.age(out)
	out = q.Page(out)
	slices.SortFunc(closed, func(a, b adminapi.Leaver) int {
		return cmp.Or(b.Confirmed.Compare(a.Confirmed), cmp.Compare(a.Name, b.Name))
	})
	return append(out, closed...), err
}

func since(q adminapi.LeaverQuery, now time.Time) time.Time {
	if q.Since.IsZero() {
		return now.Add(-closedSince)
	}
	return q.Since
}

// age says of open leavers how long they have been so, and what to do.
func (m *Muster) age(open []adminapi.Leaver) {
	now := m.now()
	for i := range open {
		l := &open[i]
		d := max(now.Sub(l.Since), 0)
		l.Age, l.Overdue = d.Round(time.Second).String(), d > overdue
		l.Fix = cmp.Or(l.Fix, m.fix(*l))
	}
}

// fix says what to do about an open leaver; "" while nothing is to be done but wait.
func (m *Muster) fix(l adminapi.Leaver) string {
	t, configured := m.File.Target(l.Target)
	switch {
	case l.State == "missing":
		return fmt.Sprintf("If they left: it is concluded by itself; `muster disable %s` does not wait for it.", l.Name)
	case !configured:
		return "Close the account there by hand."
	case l.State == "held":
		return fmt.Sprintf("Decide about it (`muster hold list %s`), or close them now with `muster disable %s`.", l.Target, l.Name)
	case l.State == "stopped":
		return fmt.Sprintf("See what it answers with `muster target test %s`. By hand: %s", l.Target, m.closeThere(t, l.Remote))
	case l.State == "paused":
		return fmt.Sprintf("Let it go on with `muster resume %s`, or pass the pause with `muster disable %s --through-pause`.", l.Target, l.Name)
	case l.State == "lost":
		return fmt.Sprintf("Look for the account at %s; another one is closed with `muster disable --account %s:ACCOUNT`.", l.Target, l.Target)
	case l.State == "retrying", l.Overdue:
		return fmt.Sprintf("See `muster why %s %s`. By hand: %s", l.Name, l.Target, m.closeThere(t, l.Remote))
	}
	return ""
}

// proven returns who was closed at a target since then, with the proof.
func (m *Muster) proven(ctx context.Context, v directory.Reader, target string, since time.Time) ([]adminapi.Leaver, error) {
	out, err := bareClosed(ctx, v, target, since)
	for after := directory.ID(""); err == nil && len(out) < mostClosed; {
		var page []link.Link
		if page, err = link.Of(v).ClosedSince(ctx, target, since, after, 500); err != nil {
			break
		}
		for _, l := range page {
			after = l.Object
			x, err := proof(ctx, v, l)
			if err != nil {
				return nil, err
			}
			out = append(out, x)
		}
		if len(page) < 500 {
			break
		}
	}
	return out, err
}

// bareClosed returns the accounts that are nobody's and were closed at a target since then.
func bareClosed(ctx context.Context, v directory.Reader, target string, since time.Time) ([]adminapi.Leaver, error) {
	var out []adminapi.Leaver
	orders, err := link.Of(v).OrdersIn(ctx, target, []link.OrderState{link.Obeyed}, mostOrders)
	for _, o := range orders {
		if o.Object == "" && !o.Confirmed.Before(since) {
			out = append(out, adminapi.Leaver{
				Name: o.Name, Target: target, Remote: string(o.Remote), Cause: directory.Operator, State: "closed", Why: o.Answer, Since: o.At, By: o.By, Reason: o.Reason,
				Confirmed: o.Confirmed, Took: took(o.Confirmed.Sub(o.At)),
			})
		}
	}
	return out, err
}

// proof says since when somebody who is closed should have been, who ordered it, and what the target answered.
func proof(ctx context.Context, v directory.Reader, l link.Link) (adminapi.Leaver, error) {
	x := adminapi.Leaver{Object: l.Object, Target: l.Target, Remote: string(l.Remote), Cause: l.Cause, State: "closed", Confirmed: l.Confirmed, Since: l.Since}
	o, err := v.Object(ctx, l.Object)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return x, err
	}
	if x.Name = cmp.Or(o.Handle(), string(l.Remote)); o.State != directory.Active && !o.Since.IsZero() && !o.Since.After(l.Since) {
		x.Since = o.Since
	}
	calls, err := link.Of(v).Journal(ctx, link.Query{Target: l.Target, Object: l.Object, Limit: 20})
	if err != nil {
		return x, err
	}
	if i := slices.IndexFunc(calls, closing); i >= 0 {
		x.Sent, x.Why = call(calls[i]), calls[i].Answer
		if l.Cause != directory.Operator && x.Since.After(calls[i].At) {
			x.Since = calls[i].At
		}
	}
	orders, err := link.Of(v).Orders(ctx, l.Target, []directory.ID{l.Object})
	if err != nil {
		return x, err
	}
	for _, order := range orders {
		x.Since, x.By, x.Reason = order.At, order.By, order.Reason
		if order.State == link.Obeyed {
			x.Why, x.Confirmed = order.Answer, order.Confirmed
		}
	}
	x.Why = cmp.Or(x.Why, "the target was read and said so")
	x.Took = took(x.Confirmed.Sub(x.Since))
	return x, nil
}

// closing reports whether e is a call that closed an account.
func closing(e link.Entry) bool {
	return e.Result == link.Done && (e.Verb == connector.Disable || e.Verb == connector.Delete)
}
