package app

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"muster/internal/access"
	"muster/internal/connector"
	"muster/internal/engine"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// Pair implements adminapi.Golive.
func (m *Muster) Pair(ctx context.Context, target string, req adminapi.PairRequest, by access.Caller) (adminapi.Pairing, error) {
	if _, ok := m.File.Target(target); !ok {
		return adminapi.Pairing{}, m.unknown("target", target)
	}
	o, err := m.person(ctx, req.Who)
	if err != nil {
		return adminapi.Pairing{}, err
	}
	done, err := m.Engine.Pair(ctx, target, by.Actor(), req.Reason, !req.DryRun, engine.Pair{Object: o.ID, Account: req.Account})
	if err != nil {
		return adminapi.Pairing{}, err
	}
	p := done[0]
	if p.Problem != nil {
		return adminapi.Pairing{}, p.Problem
	}
	lines := p.Lines
	if lines == nil {
		lines = []plan.Line{}
	}
	return adminapi.Pairing{
		Object: o.ID, Name: o.Handle(), Account: p.Found.ID, Values: p.Found.Attrs, Active: p.Found.Active, Already: p.Already, Lines: lines,
	}, nil
}

// Pairs implements adminapi.Golive. Everything is looked at before anything is written.
func (m *Muster) Pairs(ctx context.Context, target string, req adminapi.PairsRequest, by access.Caller) (adminapi.PairsDone, error) {
	out := adminapi.PairsDone{Pairs: len(req.Pairs), Acts: []run.Tally{}, Findings: []adminapi.PairFinding{}}
	if _, ok := m.File.Target(target); !ok {
		return out, m.unknown("target", target)
	}
	var pairs []engine.Pair
	var lines []adminapi.PairLine
	for _, l := range req.Pairs {
		o, err := m.person(ctx, l.Who)
		var p *run.Problem
		switch {
		case errors.As(err, &p):
			out.Findings = append(out.Findings, adminapi.PairFinding{PairLine: l, Problem: *p})
		case err != nil:
			return out, err
		default:
			pairs, lines = append(pairs, engine.Pair{Object: o.ID, Account: l.Account}), append(lines, l)
		}
	}
	looked, err := m.Engine.Pair(ctx, target, by.Actor(), req.Reason, false, pairs...)
	if err != nil {
		return out, err
	}
	var good []engine.Pair
	acts := map[string]int{}
	for i, p := range looked {
		switch {
		case p.Problem != nil:
			out.Findings = append(out.Findings, adminapi.PairFinding{PairLine: lines[i], Problem: *p.Problem})
		case p.Already:
			out.Already++
		default:
			good = append(good, p.Pair)
			for _, l := range p.Lines {
				acts[run.Act(l)]++
			}
		}
	}
	sortFindings(out.Findings)
	out.Linked, out.Acts = len(good), tallies(acts)
	if req.DryRun || len(out.Findings) > 0 && !req.SkipBad || len(good) == 0 {
		return out, nil
	}
	done, err := m.Engine.Pair(ctx, target, by.Actor(), req.Reason, true, good...)
	if err != nil {
		return out, err
	}
	out.Written, out.Linked = true, 0
	for _, p := range done { // what somebody did meanwhile is not undone
		if p.Problem == nil {
			out.Linked++
		}
	}
	return out, nil
}

func sortFindings(f []adminapi.PairFinding) {
	slices.SortStableFunc(f, func(a, b adminapi.PairFinding) int { return cmp.Compare(a.Line, b.Line) })
}

func tallies(acts map[string]int) []run.Tally {
	out := []run.Tally{}
	for _, act := range slices.Sorted(maps.Keys(acts)) {
		out = append(out, run.Tally{Kind: connector.User, Act: act, Status: run.Waiting, Lines: acts[act]})
	}
	return out
}

// Unpair implements adminapi.Golive.
func (m *Muster) Unpair(ctx context.Context, target, who string, req adminapi.UnpairRequest, by access.Caller) (adminapi.Link, error) {
	if _, ok := m.File.Target(target); !ok {
		return adminapi.Link{}, m.unknown("target", target)
	}
	o, err := m.one(ctx, "", who)
	if err != nil {
		return adminapi.Link{}, err
	}
	l, err := m.Engine.Unpair(ctx, target, o.ID, by.Actor(), req.Reason, !req.DryRun, req.LeaveOpen)
	return linkView(l, o.Handle()), err
}
