package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"muster/internal/access"
	"muster/internal/config"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/engine"
	"muster/internal/link"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// findWait is how long a target may take to tell which account is meant. After that the order is stored as it was given, and the account is looked for later.
const findWait = 10 * time.Second

// DisableAccount implements adminapi.Closings.
func (m *Muster) DisableAccount(ctx context.Context, target, account string, req adminapi.Closing, by access.Caller) (adminapi.Closed, error) {
	t, ok := m.File.Target(target)
	if !ok {
		return adminapi.Closed{}, m.unknown("target", target)
	}
	if req.ThroughPause {
		if err := by.Authorize(access.Pause); err != nil {
			return adminapi.Closed{}, err
		}
	}
	o, person, err := m.meant(ctx, t, account)
	if err != nil {
		return adminapi.Closed{}, err
	}
	if person != "" {
		req.Targets = []string{target}
		return m.Disable(ctx, string(person), req, by)
	}
	g, err := m.guard(ctx)
	if err != nil {
		return adminapi.Closed{}, err
	}
	if why, fix := g.ofAccount(target, account, string(o.Remote), o.Name); why != "" {
		return adminapi.Closed{}, protectedProblem(account, why, fix)
	}
	if req.DryRun {
		out, err := m.bareAccount(ctx, t, o)
		out.DryRun = true
		return out, err
	}
	o.By, o.Reason, o.At, o.Through, o.State = string(by.Actor()), req.Reason, m.now(), req.ThroughPause, link.Ordered
	err = m.Store.Update(ctx, by.Actor(), func(tx directory.Tx) error {
		if err := putOrder(ctx, link.In(tx), o); err != nil {
			return err
		}
		return run.In(tx).Audit(ctx, run.Event{At: o.At, By: o.By, Act: "account.disable", Object: target + ":" + string(o.Account), Detail: detail(req)})
	})
	if err != nil {
		return adminapi.Closed{}, err
	}
	m.hasten([]config.Target{t})
	return m.bareAccount(ctx, t, o)
}

// meant finds out whose account is meant: that of a person, or one that is nobody's. If the target does not tell in time, the account is taken as it was given.
func (m *Muster) meant(ctx context.Context, t config.Target, account string) (link.Order, directory.ID, error) {
	o := link.Order{Target: t.Name, Account: connector.RemoteID(account), Name: account, Named: true}
	if old, ok, err := m.orderOn(ctx, t.Name, account); err != nil || ok {
		return link.Order{Target: t.Name, Account: old.Account, Remote: old.Remote, Name: old.Name, Named: true}, "", err
	}
	if person, err := m.holder(ctx, t.Name, o.Account); err != nil || person != "" {
		return o, person, err
	}
	asking, cancel := context.WithTimeout(ctx, findWait)
	defer cancel()
	found, err := m.Engine.FindAccount(asking, t.Name, account)
	switch {
	case errors.Is(err, connector.ErrNotFound):
		return o, "", &run.Problem{
			Code: adminapi.NotFound, What: fmt.Sprintf("there is no account %q at %s", account, t.Name), Why: "It is the id and the name of none, and the target answers otherwise.",
			Now: "Nothing was changed.", Fix: "Check the spelling. What Muster has seen there stands in `muster target test " + t.Name + "`.",
		}
	case err != nil:
		m.log.Warn("account not looked up", "target", t.Name, "account", account, "error", err)
		return o, "", ctx.Err()
	}
	person, err := m.holder(ctx, t.Name, found.ID)
	o.Account, o.Remote, o.Name = found.ID, found.ID, cmp.Or(found.Attrs.First("userName"), account)
	return o, person, err
}

// holder returns who has an account, or "".
func (m *Muster) holder(ctx context.Context, target string, account connector.RemoteID) (directory.ID, error) {
	var links []link.Link
	err := m.Store.View(ctx, func(v directory.Reader) (err error) {
		links, err = link.Of(v).ByRemote(ctx, target, connector.User, []connector.RemoteID{account})
		return err
	})
	if err != nil || len(links) == 0 {
		return "", err
	}
	return links[0].Object, nil
}

// orderOn finds the order about an account, by what the account was given as, its id, or its name.
func (m *Muster) orderOn(ctx context.Context, target, account string) (link.Order, bool, error) {
	var all []link.Order
	err := m.Store.View(ctx, func(v directory.Reader) (err error) {
		all, err = link.Of(v).OrdersIn(ctx, target, []link.OrderState{link.Ordered, link.Obeyed, link.Nobody, link.Reopen}, mostOrders)
		return err
	})
	for _, o := range all {
		if o.Object == "" && (string(o.Account) == account || string(o.Remote) == account || strings.EqualFold(o.Name, account)) {
			return o, true, nil
		}
	}
	return link.Order{}, false, err
}

// mostOrders is how many orders of a target are looked at at most.
const mostOrders = 100_000

// EnableAccount implements adminapi.Closings.
func (m *Muster) EnableAccount(ctx context.Context, target, account, reason string, by access.Caller) (adminapi.Closed, error) {
	t, ok := m.File.Target(target)
	if !ok {
		return adminapi.Closed{}, m.unknown("target", target)
	}
	o, ok, err := m.orderOn(ctx, target, account)
	if err != nil {
		return adminapi.Closed{}, err
	}
	if !ok {
		if person, err := m.holder(ctx, target, connector.RemoteID(account)); err != nil || person != "" {
			return m.Enable(ctx, cmp.Or(string(person), account), adminapi.Opening{Reason: reason, Targets: []string{target}}, by)
		}
		return adminapi.Closed{}, noOrder(target, account)
	}
	err = m.Store.Update(ctx, by.Actor(), func(tx directory.Tx) error {
		if err := reopen(ctx, link.In(tx), o); err != nil {
			return err
		}
		return run.In(tx).Audit(ctx, run.Event{At: m.now(), By: string(by.Actor()), Act: "account.enable", Object: target + ":" + string(o.Account), Detail: reason})
	})
	if err != nil {
		return adminapi.Closed{}, err
	}
	m.hasten([]config.Target{t})
	return m.bareAccount(ctx, t, o)
}

// reopen lifts an order about an account. The account is opened again only if it was perhaps Muster that closed it.
func reopen(ctx context.Context, l link.Tx, o link.Order) error {
	ours := o.Remote != "" && (o.State == link.Obeyed && o.Code != engine.AlreadyClosed || o.State == link.Ordered && o.Attempts > 0 || o.State == link.Reopen)
	if !ours {
		return l.DropOrders(ctx, o)
	}
	o.State, o.Code, o.Answer, o.Attempts, o.Next = link.Reopen, "", "", 0, time.Time{}
	return l.PutOrders(ctx, o)
}

func noOrder(target, account string) error {
	return &run.Problem{
		Code: adminapi.NotFound, What: fmt.Sprintf("nobody ordered the account %q at %s closed", account, target), Now: "Nothing was changed.",
		Fix: "`muster leavers --all` lists the accounts that were.",
	}
}

// ClosingAccount implements adminapi.Closings.
func (m *Muster) ClosingAccount(ctx context.Context, target, account string, wait time.Duration) (adminapi.Closed, error) {
	t, ok := m.File.Target(target)
	if !ok {
		return adminapi.Closed{}, m.unknown("target", target)
	}
	o, ok, err := m.orderOn(ctx, target, account)
	if err != nil {
		return adminapi.Closed{}, err
	}
	if ok {
		return settled(ctx, wait, func() (adminapi.Closed, error) { return m.bareAccount(ctx, t, o) })
	}
	person, err := m.holder(ctx, target, connector.RemoteID(account))
	if err != nil || person == "" {
		return adminapi.Closed{}, cmp.Or(err, noOrder(target, account))
	}
	return settled(ctx, wait, func() (adminapi.Closed, error) { return m.closed(ctx, person, []config.Target{t}) })
}
