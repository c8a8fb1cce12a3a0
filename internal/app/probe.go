package app

import (
	"context"
	"errors"
	"fmt"

	"muster/internal/access"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/httpclient"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// CheckTarget implements adminapi.Checks.
func (m *Muster) CheckTarget(ctx context.Context, name string) (adminapi.TargetCheck, error) {
	return m.checkTarget(ctx, name, "")
}

// ProbeTarget implements adminapi.Targets.
func (m *Muster) ProbeTarget(ctx context.Context, name string, req adminapi.TargetProbe, by access.Caller) (adminapi.TargetCheck, error) {
	if _, ok := m.File.Target(name); !ok {
		return adminapi.TargetCheck{}, m.unknown("target", name)
	}
	err := m.Store.Update(ctx, by.Actor(), func(tx directory.Tx) error {
		state, err := run.In(tx).Target(ctx, name)
		if err == nil && state.Paused != nil {
			return &run.Problem{
				Code: "paused", What: fmt.Sprintf("target %s is paused", name), Why: fmt.Sprintf("%s paused it: %s", state.Paused.By, state.Paused.Reason),
				Now: "Nothing was sent.", Fix: "Let it go on with `muster resume " + name + "`.",
			}
		}
		if err != nil && !errors.Is(err, directory.ErrNotFound) {
			return err
		}
		return run.In(tx).Audit(ctx, run.Event{At: m.now(), By: string(by.Actor()), Act: "target.probe", Object: name, Detail: "throw-away account " + req.Account})
	})
	if err != nil {
		return adminapi.TargetCheck{}, err
	}
	return m.checkTarget(ctx, name, req.Account)
}

func (m *Muster) checkTarget(ctx context.Context, name, account string) (adminapi.TargetCheck, error) {
	c, ok := m.File.Target(name)
	if !ok {
		return adminapi.TargetCheck{}, m.unknown("target", name)
	}
	p, err := m.Engine.Check(ctx, name, account)
	if err != nil {
		return adminapi.TargetCheck{Name: name, Type: c.Type, Problem: targetProblem(name, account, err)}, nil
	}
	m.Engine.Poke(name)
	return checkView(name, c.Type, p), nil
}

func checkView(name, typ string, p connector.Probe) adminapi.TargetCheck {
	return adminapi.TargetCheck{Name: name, Type: typ, At: p.At, Features: p.Features, Facts: p.Facts, Account: p.Account, Left: p.Left}
}

// Target implements adminapi.Targets.
func (m *Muster) Target(ctx context.Context, name string) (adminapi.TargetView, error) {
	c, ok := m.File.Target(name)
	if !ok {
		return adminapi.TargetView{}, m.unknown("target", name)
	}
	var out adminapi.TargetView
	leavers, err := m.Leavers(ctx, adminapi.LeaverQuery{})
	if err != nil {
		return out, err
	}
	err = m.Store.View(ctx, func(v directory.Reader) (err error) {
		out.Status, err = m.targetStatus(ctx, v, c, leavers)
		return err
	})
	if err != nil {
		return out, err
	}
	p, err := m.Engine.Known(ctx, name)
	if err == nil && !p.At.IsZero() {
		check := checkView(name, c.Type, p)
		out.Check = &check
	}
	return out, err
}

// targetProblem says what is wrong with a target that was tried out.
func targetProblem(name, account string, err error) *run.Problem {
	p := &run.Problem{Code: adminapi.Stopped, What: "target " + name + " does not answer as it should", Why: err.Error(), Now: "Nothing was changed.", Fix: "Check its address and token."}
	switch {
	case errors.Is(err, connector.ErrAuth):
		p.Code, p.Fix = "target_credentials", "Put a valid token into the configuration, and check the rights of its owner."
	case errors.Is(err, connector.ErrForeign):
		p.Code, p.Fix = "target_foreign", "Check the address: what answers there is not the expected service."
	case errors.Is(err, httpclient.ErrDenied):
		p.Code, p.Fix = "target_address", "If the address is right, list it under network.allow in the configuration; https is needed everywhere but on loopback."
	case account != "":
		p.Code, p.What = "target_probe", "the throw-away account at "+name+" proved nothing"
		p.Now = "Nobody else was touched. If the account is still there, the message above names it."
		p.Fix = "Choose an address that nobody has and that the service takes, under a domain of yours."
	}
	return p
}
