package app

import (
	"context"

	"muster/internal/access"
	"muster/internal/engine"
	"muster/internal/server/adminapi"
	"muster/internal/source"
)

// Scopes implements adminapi.Confirmations.
func (m *Muster) Scopes(ctx context.Context, target string) ([]adminapi.ScopeGroup, error) {
	if _, ok := m.File.Target(target); !ok {
		return nil, m.unknown("target", target)
	}
	groups, err := m.Engine.Scopes(ctx, target)
	return scopeViews(groups), err
}

func scopeViews(groups []engine.ScopeGroup) []adminapi.ScopeGroup {
	out := []adminapi.ScopeGroup{}
	for _, g := range groups {
		out = append(out, adminapi.ScopeGroup{Scope: g.What, Group: g.Group, Pinned: g.Pinned, Name: g.Name, Now: g.Now, State: g.State})
	}
	return out
}

// PreviewScope implements adminapi.Confirmations.
func (m *Muster) PreviewScope(ctx context.Context, target string) (adminapi.ScopeChange, error) {
	if _, ok := m.File.Target(target); !ok {
		return adminapi.ScopeChange{}, m.unknown("target", target)
	}
	c, err := m.Engine.PreviewScope(ctx, target)
	return adminapi.ScopeChange{Groups: scopeViews(c.Groups), Plan: c.Plan}, err
}

// ConfirmScope implements adminapi.Confirmations.
func (m *Muster) ConfirmScope(ctx context.Context, target string, count int, by access.Caller) (adminapi.ScopeChange, error) {
	if _, ok := m.File.Target(target); !ok {
		return adminapi.ScopeChange{}, m.unknown("target", target)
	}
	c, err := m.Engine.ConfirmScope(ctx, target, string(by.Actor()), count)
	return adminapi.ScopeChange{Groups: scopeViews(c.Groups), Plan: c.Plan}, err
}

// PreviewBase implements adminapi.Confirmations.
func (m *Muster) PreviewBase(ctx context.Context, name, base string) (adminapi.BaseChange, error) {
	if _, ok := m.File.Source(name); !ok {
		return adminapi.BaseChange{}, m.unknown("source", name)
	}
	c, err := m.Engine.PreviewBase(ctx, name, source.Base(base))
	return baseView(c), err
}

// ConfirmBase implements adminapi.Confirmations.
func (m *Muster) ConfirmBase(ctx context.Context, name, base string, count int, by access.Caller) (adminapi.BaseChange, error) {
	if _, ok := m.File.Source(name); !ok {
		return adminapi.BaseChange{}, m.unknown("source", name)
	}
	c, err := m.Engine.ConfirmBase(ctx, name, source.Base(base), string(by.Actor()), count)
	return baseView(c), err
}

func baseView(c engine.BaseChange) adminapi.BaseChange {
	return adminapi.BaseChange{
		Source: c.Source, Base: string(c.Base), DN: c.Now.For, Was: string(c.Was.Key), Now: string(c.Now.Key), Read: c.Read, Enter: c.Enter, Leave: c.Leave,
		Names: c.Names, Count: c.Count(),
	}
}

// scopeAttention tells of the scope groups of a target that are not what is configured.
func (m *Muster) scopeAttention(ctx context.Context, target string) ([]adminapi.Attention, error) {
	groups, err := m.Engine.Scopes(ctx, target)
	var out []adminapi.Attention
	for _, g := range groups {
		if note, fix := g.Note(target); note != "" {
			out = append(out, adminapi.Attention{What: note, Fix: fix, Kind: adminapi.InboxScope, Target: target})
		}
	}
	return out, err
}
