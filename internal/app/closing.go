package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/internal/access"
	"muster/internal/config"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// Disable implements adminapi.Closings.
func (m *Muster) Disable(ctx context.Context, who string, req adminapi.Closing, by access.Caller) (adminapi.Closed, error) {
	o, err := m.person(ctx, who)
	if err != nil {
		return adminapi.Closed{}, err
	}
	targets, err := m.chosen(req.Targets)
	if err == nil && req.ThroughPause {
		err = by.Authorize(access.Pause)
	}
	if err == nil {
		err = m.mayClose(ctx, o, targets)
	}
	if err != nil {
		return adminapi.Closed{}, err
	}
	if !req.DryRun {
		if err := m.orderClosed(ctx, o, targets, req, by); err != nil {
			return adminapi.Closed{}, err
		}
		m.hasten(targets)
	}
	out, err := m.closed(ctx, o.ID, targets)
	out.DryRun = req.DryRun
	return out, err
}

// chosen returns the targets with names, or all of them if no name is given.
func (m *Muster) chosen(names []string) ([]config.Target, error) {
	if len(names) == 0 {
		return m.File.Targets, nil
	}
	var out []config.Target
	for _, name := range names {
		t, ok := m.File.Target(name)
		if !ok {
			return nil, m.unknown("target", name)
		}
		if !slices.ContainsFunc(out, func(x config.Target) bool { return x.Name == name }) {
			out = append(out, t)
		}
	}
	return out, nil
}

// mayClose refuses to close whoever is protected, at one of targets or everywhere.
func (m *Muster) mayClose(ctx context.Context, o directory.Object, targets []config.Target) error {
	g, err := m.guard(ctx)
	if err != nil {
		return err
	}
	return m.Store.View(ctx, func(v directory.Reader) error {
		records, err := v.RecordsOf(ctx, []directory.ID{o.ID})
		if err != nil {
			return err
		}
		if why, fix := g.why(o, records); why != "" {
			return protectedProblem(o.Handle(), why, fix)
		}
		links, err := link.Of(v).LinksOf(ctx, o.ID)
		for _, l := range links {
			if why, fix := g.ofToken(l.Target, string(l.Remote), l.Applied.First("userName")); why != "" {
				return protectedProblem(o.Handle(), why, fix)
			}
		}
		for _, t := range targets {
			have := link.Link{}
			if i := slices.IndexFunc(links, func(l link.Link) bool { return l.Target == t.Name }); i >= 0 {
				have = links[i]
			}
			if why, fix := g.at(t.Name, o, records, have); why != "" {
				return protectedProblem(o.Handle(), why, fix)
			}
		}
		return err
	})
}

// orderClosed stores the order, before anything is sent, and with it that the person is deactivated if they are closed everywhere.
func (m *Muster) orderClosed(ctx context.Context, o directory.Object, targets []config.Target, req adminapi.Closing, by access.Caller) error {
	now, actor := m.now(), string(by.Actor())
	everywhere := len(req.Targets) == 0
	also := func(tx directory.Tx) error {
		for _, t := range targets {
			order := link.Order{
				Target: t.Name, Object: o.ID, Name: o.Handle(), By: actor, Reason: req.Reason, At: now, Named: !everywhere && o.Stop == nil,
				Through: req.ThroughPause, State: link.Ordered,
			}
			if err := putOrder(ctx, link.In(tx), order); err != nil {
				return err
			}
		}
		return run.In(tx).Audit(ctx, run.Event{At: now, By: actor, Act: "disable", Object: string(o.ID), Detail: detail(req)})
	}
	if everywhere {
		_, err := m.door.Stop(ctx, by.Actor(), o.ID, &directory.Stop{By: actor, Reason: req.Reason, At: now}, also)
		return err
	}
	return m.Store.Update(ctx, by.Actor(), also)
}

// putOrder stores an order. One that is open already goes on from where it stands, and is tried at once.
func putOrder(ctx context.Context, l link.Tx, o link.Order) error {
	old, err := l.Orders(ctx, o.Target, []directory.ID{o.Object})
	if o.Object == "" {
		old, err = l.OrdersOn(ctx, o.Target, []connector.RemoteID{o.Account})
	}
	if err != nil {
		return err
	}
	if len(old) > 0 {
		if old[0].State == link.Ordered {
			o.At, o.Attempts = old[0].At, old[0].Attempts
		}
		o.Through = o.Through || old[0].Through
		o.Named = o.Named && old[0].Named
	}
	return l.PutOrders(ctx, o)
}

// detail is what the audit log says of a closing.
func detail(req adminapi.Closing) string {
	out := req.Reason
	if len(req.Targets) > 0 {
		out += " (at " + strings.Join(req.Targets, ", ") + ")"
	}
	if req.ThroughPause {
		out += " (through a pause)"
	}
	return out
}

// hasten has orders carried out now, at all targets at a time. What is not done then is tried again by whoever serves.
func (m *Muster) hasten(targets []config.Target) {
	for _, t := range targets {
		m.tasks.Go(func() {
			if err := m.Engine.Obey(m.ctx, t.Name); err != nil && m.ctx.Err() == nil {
				m.log.Error("orders not carried out", "target", t.Name, "error", err)
			}
		})
	}
}

// Enable implements adminapi.Closings.
func (m *Muster) Enable(ctx context.Context, who string, req adminapi.Opening, by access.Caller) (adminapi.Closed, error) {
	o, err := m.person(ctx, who)
	if err != nil {
		return adminapi.Closed{}, err
	}
	targets, err := m.chosen(req.Targets)
	if err != nil {
		return adminapi.Closed{}, err
	}
	if len(req.Targets) > 0 && o.Stop != nil {
		return adminapi.Closed{}, &run.Problem{
			Code: adminapi.BadRequest, What: o.Handle() + " is closed everywhere, not at single targets", Now: "Nothing was changed.",
			Fix: fmt.Sprintf("Lift it everywhere with `muster enable %s`; close single targets again then.", o.Handle()),
		}
	}
	lift := func(tx directory.Tx) error { return m.lift(ctx, tx, o, req, by) }
	if len(req.Targets) == 0 {
		o, err = m.door.Stop(ctx, by.Actor(), o.ID, nil, lift)
	} else {
		err = m.Store.Update(ctx, by.Actor(), lift)
	}
	if err != nil {
		return adminapi.Closed{}, err
	}
	out, err := m.closed(ctx, o.ID, targets)
	if err != nil {
		return out, err
	}
	started, err := m.start(ctx, m.serveOne(ctx, o.ID, targets))
	out.Runs = started.Runs
	return out, err
}

// lift removes the orders about a person. Where they were closed at single targets only, nothing else has changed: they are noted to be looked at again.
func (m *Muster) lift(ctx context.Context, tx directory.Tx, o directory.Object, req adminapi.Opening, by access.Caller) error {
	l, now := link.In(tx), m.now()
	names := req.Targets
	if len(names) == 0 {
		var err error
		if names, err = m.remembers(ctx, tx); err != nil {
			return err
		}
	}
	for _, name := range names {
		orders, err := l.Orders(ctx, name, []directory.ID{o.ID})
		if err != nil {
			return err
		}
		if err := l.DropOrders(ctx, orders...); err != nil {
			return err
		}
		if _, configured := m.File.Target(name); configured && len(orders) > 0 {
			again := link.Waiting{
				Target: name, Object: o.ID, Wait: link.Retrying, Code: "reopened", Reason: "the order to close them was lifted: they are looked at again", Since: now, Next: now,
			}
			if err := l.PutWaiting(ctx, again); err != nil {
				return err
			}
		}
	}
	return run.In(tx).Audit(ctx, run.Event{At: now, By: string(by.Actor()), Act: "enable", Object: string(o.ID), Detail: detail(adminapi.Closing{Reason: req.Reason, Targets: req.Targets})})
}

// serveOne returns the runs that serve one person at the targets that can be served.
func (m *Muster) serveOne(ctx context.Context, id directory.ID, targets []config.Target) []task {
	var out []task
	for _, t := range targets {
		state, err := m.targetState(ctx, t.Name)
		if err != nil || state.Active == "" || state.Paused != nil {
			continue
		}
		out = append(out, task{name: t.Name, kind: run.Serve, do: func(ctx context.Context, run string) (run.Run, error) {
			return m.Engine.SyncPerson(ctx, t.Name, id, run)
		}})
	}
	return out
}

func (m *Muster) targetState(ctx context.Context, name string) (run.Target, error) {
	var state run.Target
	err := m.Store.View(ctx, func(v directory.Reader) (err error) {
		state, err = run.Of(v).Target(ctx, name)
		return err
	})
	if errors.Is(err, directory.ErrNotFound) {
		err = nil
	}
	return state, err
}

// Closing implements adminapi.Closings.
func (m *Muster) Closing(ctx context.Context, who string, wait time.Duration) (adminapi.Closed, error) {
	o, err := m.person(ctx, who)
	if err != nil {
		return adminapi.Closed{}, err
	}
	return settled(ctx, wait, func() (adminapi.Closed, error) { return m.closed(ctx, o.ID, m.File.Targets) })
}

// settled asks how far a closing has got until nothing moves any more, or wait is over.
func settled(ctx context.Context, wait time.Duration, ask func() (adminapi.Closed, error)) (adminapi.Closed, error) {
	over := time.NewTimer(wait)
	defer over.Stop()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		out, err := ask()
		if err != nil || wait <= 0 || !slices.ContainsFunc(out.Targets, adminapi.ClosedAt.Moves) {
			return out, err
		}
		select {
		case <-ctx.Done():
			return out, ctx.Err()
		case <-over.C:
			return out, nil
		case <-tick.C:
		}
	}
}
