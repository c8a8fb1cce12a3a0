package ingest

import (
	"context"
	"fmt"
	"slices"

	"muster/internal/directory"
	"muster/internal/mapping"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/source"
)

// An Adoption is the question whether what a client states for the first time is a person who is here already and bears the name. A binding is for ever, so
// somebody has to look.
type Adoption struct {
	Source string
	Record source.Record
	Person directory.Object
}

// adopting returns a Reading, for its rules alone, and the line that asks.
func (d *Door) adopting(a Adoption) (*Reading, plan.Line, error) {
	rules := d.rules(a.Source)
	if rules == nil {
		return nil, plan.Line{}, fmt.Errorf("source %q has no rules", a.Source)
	}
	r := newReading(d, a.Source, rules)
	rec := r.record(a.Record)
	rec.Key = "name " + fold(a.Person.Handle()) // the client has no id for it yet: it is asked again under another
	l := r.matchLine(rec, mapping.KeyValue{Person: directory.Username, Value: a.Person.Handle()}, a.Person, &object{})
	l.Why = fmt.Sprintf("%s states a person of this name; this one was made by hand or loaded, and no source of its own speaks for them", a.Source)
	return r, l, nil
}

// Decided returns what a person has said to an adoption: run.Approved, run.Rejected, run.Waiting if nobody has yet, or "" if nobody was asked.
func (d *Door) Decided(ctx context.Context, v run.Reader, a Adoption) (run.Status, error) {
	_, l, err := d.adopting(a)
	if err != nil {
		return "", err
	}
	lines, err := v.LinesByKey(ctx, a.Source, []string{l.Key})
	if err != nil || len(lines) == 0 {
		return "", err
	}
	switch said := lines[0]; {
	case said.Answer == run.Create: // it is somebody else
		return run.Rejected, nil
	case said.Status == run.Approved, said.Status == run.Rejected, said.Status == run.Waiting:
		return said.Status, nil
	}
	return "", nil
}

// Ask puts an adoption before a person, in the hold of the source's matches, unless they were asked before. It returns what they have said.
func (d *Door) Ask(ctx context.Context, tx directory.Tx, a Adoption) (run.Status, error) {
	t := run.In(tx)
	said, err := d.Decided(ctx, t, a)
	if err != nil || said != "" {
		return said, err
	}
	r, l, err := d.adopting(a)
	if err != nil {
		return "", err
	}
	open, err := t.Plans(ctx, a.Source, run.Hold, run.Waiting, 50)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(open, func(p run.Plan) bool { return p.Class == Matches })
	p := run.Plan{ID: string(directory.NewID()), Target: a.Source, Kind: run.Hold, Class: Matches, Status: run.Waiting, Rules: r.rules.Digest(), Created: r.now, Counts: map[string]int{}}
	if i >= 0 {
		p = open[i]
	}
	if p.People >= mostLines {
		return "", nil
	}
	problem := r.tellAdoptions(p.People + 1)
	p.People, p.Why = p.People+1, problem.What
	p.Counts[string(plan.Link)]++
	p = p.Rests(*problem)
	if err := t.PutPlan(ctx, p); err != nil {
		return "", err
	}
	return run.Waiting, t.AddLines(ctx, p.ID, l)
}

func (r *Reading) tellAdoptions(n int) *run.Problem {
	what := fmt.Sprintf("%d people whom it states bear the names of people who are here already", n)
	if n == 1 {
		what = "a person whom it states bears the name of somebody who is here already"
	}
	return &run.Problem{
		Code: "source_adoptions", What: r.source + ": " + what,
		Why: "They were made by hand or loaded. Whoever is adopted belongs to the client from then on: it can change and remove them.",
		Now: "The client is told that the names are taken. Everybody else flows.",
		Fix: fmt.Sprintf("Look through them: muster hold show %s. If they are the same people: muster hold release %s. Then let the provider try again.", r.source, r.source),
	}
}

// Adopted closes the question of an adoption that was approved and has been carried out.
func (d *Door) Adopted(ctx context.Context, tx directory.Tx, a Adoption) error {
	_, l, err := d.adopting(a)
	if err != nil {
		return err
	}
	t := run.In(tx)
	lines, err := t.LinesByKey(ctx, a.Source, []string{l.Key})
	if err != nil || len(lines) == 0 {
		return err
	}
	id := lines[0].Plan
	if _, err := t.MarkLines(ctx, id, run.Approved, run.Finished, l.Key); err != nil {
		return err
	}
	left, err := t.Affected(ctx, id, run.LineFilter{Status: run.Approved})
	if err != nil || left.Objects > 0 {
		return err
	}
	p, err := t.Plan(ctx, id)
	if err != nil || p.Status != run.Approved {
		return err
	}
	if p.Status = run.Finished; p.People > 0 { // some lines wait still
		p.Status = run.Waiting
	}
	return t.PutPlan(ctx, p)
}
