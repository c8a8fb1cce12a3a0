package mapping

import (
	"errors"
	"fmt"
	"slices"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/plan"
)

// A Trace shows how one value came about, for `why` and previews.
type Trace struct {
	Path   attr.Path   `json:"path"`
	Expr   string      `json:"expr,omitempty"` // "" for a constant
	Values attr.Values `json:"values,omitempty"`
	Once   bool        `json:"once,omitempty"`
	Note   string      `json:"note,omitempty"` // "constant", "default", "left alone", "cleared", or what went wrong
	At     string      `json:"at,omitempty"`
}

// Desired computes what the target should hold for the object: values, scope, state, and what is missing. need adds attributes that the target itself
// requires. When an expression fails, its path is among the missing, the error says why, and everything else is filled in all the same: a removal does
// not wait for a value.
func (o *Objects) Desired(in Input, need []attr.Path) (plan.Desired, []Trace, error) {
	verdict := o.Scope(in)
	d := plan.Desired{
		Target: o.target, Object: in.Object.ID, Kind: o.remote, Name: in.Object.Handle(),
		Scope: verdict.Scope, Reason: verdict.Reason, Cause: verdict.Cause,
		Active: in.Object.State == directory.Active && in.Object.Stop == nil,
		Attrs:  attr.Set{}, Once: attr.Set{},
		Match: slices.Clone(o.rules.Match), Policy: o.policy(),
	}
	if !d.Active && d.Cause == "" {
		d.Cause = stopCause(in.Object)
	}
	v := o.vars(in)
	var traces []Trace
	var errs []error
	for _, r := range o.attrs {
		if r.Reference != "" {
			continue
		}
		t, err := r.desire(v, &d)
		if err != nil {
			errs = append(errs, err)
		}
		traces = append(traces, t)
	}
	traces = append(traces, o.refer(in, &d)...)
	for _, p := range need {
		if !met(p, d.Attrs) && !met(p, d.Once) {
			d.Missing = append(d.Missing, p)
		}
	}
	slices.Sort(d.Missing)
	d.Missing = slices.Compact(d.Missing)
	return d, traces, errors.Join(errs...)
}

// met reports whether set has a value for p. One element of a list, chosen by its type or otherwise, is enough for the list.
func met(p attr.Path, set attr.Set) bool {
	if len(set[p]) > 0 {
		return true
	}
	need, err := attr.Split(string(p))
	if err != nil || need.Where != "" || need.Sub == "" {
		return false
	}
	for q, v := range set {
		have, err := attr.Split(string(q))
		if err == nil && have.Where != "" && have.URN == need.URN && have.Name == need.Name && have.Sub == need.Sub && len(v) > 0 {
			return true
		}
	}
	return false
}

func stopCause(o directory.Object) directory.Cause {
	if o.Stop != nil {
		return directory.Operator
	}
	return o.Cause
}

// desire applies one rule to d.
func (r rule) desire(v *vars, d *plan.Desired) (Trace, error) {
	t := Trace{Path: r.path, Expr: r.Expr, Once: r.Once, At: r.At}
	got, err := r.apply(v)
	if err != nil {
		t.Note = err.Error()
		d.Missing = append(d.Missing, r.path)
		return t, fmt.Errorf("%s: %w", r.path, err)
	}
	t.Values = got.values
	switch {
	case got.keep:
		t.Note = "left alone"
	case r.Expr == "":
		t.Note = "constant"
	case got.defaulted:
		t.Note = "default"
	case len(got.values) == 0:
		t.Note = "cleared"
	}
	if r.Need && len(got.values) == 0 {
		d.Missing = append(d.Missing, r.path)
	}
	switch {
	case got.keep:
	case r.Once:
		d.Once[r.path] = got.values
	default:
		d.Attrs[r.path] = got.values
	}
	return t, nil
}

func (o *Objects) policy() plan.Policy {
	r := o.rules
	return plan.Policy{
		Create: r.Create, Update: r.Update, Remove: r.WhenRemoved, Removing: r.WhenRemoved != plan.Leave,
		ProvisionDisabled: r.ProvisionDisabled, Names: slices.Clone(o.names),
	}
}
