package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"muster/internal/config"
	"muster/internal/connector"
	"muster/internal/connector/all"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// closed says how the closing of a person stands at targets.
func (m *Muster) closed(ctx context.Context, id directory.ID, targets []config.Target) (adminapi.Closed, error) {
	out := adminapi.Closed{Targets: []adminapi.ClosedAt{}}
	return out, m.Store.View(ctx, func(v directory.Reader) error {
		o, err := v.Object(ctx, id)
		if err != nil {
			return err
		}
		out.Object = object(o)
		for _, t := range targets {
			orders, err := link.Of(v).Orders(ctx, t.Name, []directory.ID{id})
			if err != nil {
				return err
			}
			links, err := link.Of(v).Links(ctx, t.Name, []directory.ID{id})
			if err != nil {
				return err
			}
			at, err := m.closedAt(ctx, v, t, orders, links)
			if err != nil {
				return err
			}
			out.Targets = append(out.Targets, at)
		}
		return nil
	})
}

// closedAt says how things stand at one target, from what is ordered and what is linked there.
func (m *Muster) closedAt(ctx context.Context, v directory.Reader, t config.Target, orders []link.Order, links []link.Link) (adminapi.ClosedAt, error) {
	at := adminapi.ClosedAt{Target: t.Name, State: "none"}
	for _, l := range links {
		at.Remote, at.State = string(l.Remote), "open"
		switch {
		case l.State == link.Lost:
			at.State = "none"
		case !l.Active:
			at.State, at.Confirmed = "closed", l.Confirmed
		case l.State == link.Closing:
			at.State = "closing"
		}
	}
	if len(orders) == 0 || orders[0].State == link.Reopen {
		return at, nil
	}
	state, err := run.Of(v).Target(ctx, t.Name)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return at, err
	}
	return m.orderedAt(at, t, orders[0], state), nil
}

// orderedAt adds to at how an order stands.
func (m *Muster) orderedAt(at adminapi.ClosedAt, t config.Target, o link.Order, state run.Target) adminapi.ClosedAt {
	open := at.State == "open"
	at.Ordered, at.By, at.Reason, at.Attempts, at.Through, at.Confirmed = o.At, o.By, o.Reason, o.Attempts, o.Through, o.Confirmed
	if o.Remote != "" {
		at.Remote = string(o.Remote)
	}
	switch {
	case o.State == link.Obeyed && open:
		at.Why = "it was closed, and is active again: it is closed when the target is compared next"
		return at
	case o.State == link.Obeyed:
		at.State, at.Proof, at.Took = "closed", o.Answer, took(o.Confirmed.Sub(o.At))
		return at
	case o.State == link.Nobody:
		at.State, at.Why = "none", o.Answer
		return at
	}
	at.State, at.Code, at.Why, at.Next = waitOf(o, state)
	if at.State != "closing" {
		at.How = m.closeThere(t, at.Remote)
	}
	return at
}

// waitOf says in which way an open order waits, for what, and until when.
func waitOf(o link.Order, state run.Target) (how, code, why string, next time.Time) {
	switch {
	case state.Paused != nil && !o.Through:
		return "paused", adminapi.Paused, fmt.Sprintf("%s paused the target: %s", state.Paused.By, state.Paused.Reason), time.Time{}
	case o.Attempts == 0:
		return "closing", "", "", time.Time{}
	case state.Stopped != nil:
		return "stopped", state.Stopped.Code, state.Stopped.Why, o.Next
	case slices.Contains([]string{"whose", "unsupported", "target_observes", "invalid"}, o.Code):
		return "held", o.Code, o.Answer, o.Next
	}
	return "retrying", o.Code, o.Answer, o.Next
}

// closeThere says how somebody closes an account in the service itself.
func (m *Muster) closeThere(t config.Target, account string) string {
	how := "Sign in to " + t.Name + " as an administrator and deactivate the account there."
	if typ, err := all.Find(t.Type); err == nil && typ.ByHand != "" {
		how = typ.ByHand
	}
	if account != "" {
		how += " It is the account " + account + "."
	}
	return how + " Muster asks again by itself, and counts it as closed once the service says so."
}

// took rounds a duration for people.
func took(d time.Duration) string {
	switch {
	case d < 0:
		return ""
	case d < time.Minute:
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// bareAccount says how the closing of an account stands that is nobody's of ours.
func (m *Muster) bareAccount(ctx context.Context, t config.Target, o link.Order) (adminapi.Closed, error) {
	out := adminapi.Closed{Object: adminapi.Object{Kind: adminapi.KindAccount, Name: o.Name}, Targets: []adminapi.ClosedAt{}}
	return out, m.Store.View(ctx, func(v directory.Reader) error {
		at := adminapi.ClosedAt{Target: t.Name, Remote: string(o.Remote), State: "open"}
		orders, err := link.Of(v).OrdersOn(ctx, t.Name, []connector.RemoteID{o.Account})
		if err != nil {
			return err
		}
		if len(orders) > 0 && orders[0].State != link.Reopen {
			state, err := run.Of(v).Target(ctx, t.Name)
			if err != nil && !errors.Is(err, directory.ErrNotFound) {
				return err
			}
			at.State = ""
			at = m.orderedAt(at, t, orders[0], state)
		}
		out.Targets = append(out.Targets, at)
		return nil
	})
}
