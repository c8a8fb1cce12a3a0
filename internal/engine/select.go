package engine

import (
	"context"
	"errors"
	"slices"

	"muster/internal/directory"
	"muster/internal/plan"
	"muster/internal/run"
)

// some reports whether d is about a part of its plan.
func (d Decision) some() bool {
	s := d.Select
	return len(d.Keys) > 0 || len(s.Acts)+len(s.Objects)+len(s.Keys) > 0 || s.Class != "" || s.Cause != "" || s.Kind != "" || s.Object != "" || s.Name != "" || s.Status != ""
}

// reaches reports whether parts of a plan that does not wait as a whole can be decided about: some of its lines may wait, or were rejected.
func (d Decision) reaches(p run.Plan) bool {
	return p.Status == run.Approved || d.Select.Status == run.Rejected && (p.Status == run.Rejected || p.Status == run.Finished)
}

// selects returns the lines of p that d is about. What is said of one line of an object is said of all of it; only memberships and references can be
// rejected by themselves.
func (d Decision) selects(ctx context.Context, r run.Reader, p run.Plan, to run.Status) (run.LineFilter, error) {
	f := d.Select
	f.Keys = append(slices.Clone(f.Keys), d.Keys...)
	if f.Status == "" {
		f.Status = run.Waiting
	}
	if !d.some() {
		return f, nil
	}
	f.Whole = true
	if to != run.Rejected {
		return f, nil
	}
	alone := f
	alone.Whole = false
	tally, err := r.TallyLines(ctx, p.ID, alone)
	f.Whole = slices.ContainsFunc(tally, func(t run.Tally) bool { return !apart(plan.Line{Verb: plan.Verb(t.Act)}) })
	return f, err
}

// affects returns how many lines of p d is about, and how many people and groups: the number to type.
func (d Decision) affects(ctx context.Context, r run.Reader, p run.Plan, to run.Status) (lines, objects int, err error) {
	f, err := d.selects(ctx, r, p, to)
	if err != nil {
		return 0, 0, err
	}
	if !d.some() {
		tally, err := r.TallyLines(ctx, p.ID, f)
		return sum(tally), p.People, err
	}
	about, err := r.Affected(ctx, p.ID, f)
	if err != nil || len(d.Keys) == 0 {
		return about.Lines, about.Objects, err
	}
	named := f
	named.Whole = false
	tally, err := r.TallyLines(ctx, p.ID, named)
	if err != nil || sum(tally) != len(d.Keys) { // some of them do not wait: nothing is decided about the others
		return about.Lines, 0, err
	}
	return about.Lines, about.Objects, nil
}

func sum(tally []run.Tally) int {
	n := 0
	for _, t := range tally {
		n += t.Lines
	}
	return n
}

// Selected returns how many lines of a plan a decision would be about, and how many people and groups: the number to type.
func (e *Engine) Selected(ctx context.Context, d Decision, to run.Status) (lines, objects int, err error) {
	err = e.cfg.Store.View(ctx, func(v directory.Reader) error {
		r := run.Of(v)
		p, err := r.Plan(ctx, d.Plan)
		if err != nil {
			return err
		}
		lines, objects, err = d.affects(ctx, r, p, to)
		return err
	})
	return lines, objects, err
}

// pledge notes in an approved plan what is to be taken back if it turns out that it cannot be carried out as a whole.
func (t *target) pledge(ctx context.Context, r run.Tx, p *run.Plan, d Decision) error {
	if d.Whole {
		p.Whole = run.WholeAsked
	}
	if p.Kind == run.Hold {
		return nil
	}
	s, err := r.Target(ctx, t.Name)
	if errors.Is(err, directory.ErrNotFound) {
		return nil
	}
	if err == nil && s.Active != p.Rules {
		p.Was, p.WasRules = s.Active, s.Rules
	}
	return err
}
