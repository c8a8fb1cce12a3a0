package plan_test

import (
	"slices"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/link"
	"muster/internal/plan"
)

// A world is a target as small as can be: what one object has there, and what is remembered of it.
type world struct {
	have  link.Link
	there *connector.Remote
	look  bool // every plan looks at the account first
}

// seen is what the planner is shown.
func (w *world) seen() *connector.Remote {
	if w.there == nil || plan.Linked(w.have) && !w.look {
		return nil
	}
	c := *w.there
	c.Attrs = c.Attrs.Clone()
	return &c
}

// apply carries lines out as a target without faults would.
func (w *world) apply(want plan.Desired, lines []plan.Line) {
	for _, l := range lines {
		switch l.Verb {
		case plan.Link:
			w.have = link.Link{Remote: l.Remote, Origin: link.Adopted}
		case plan.Create:
			w.there = &connector.Remote{ID: "new", Kind: l.Kind, Attrs: attr.Set{}, Active: l.Active || l.Kind == connector.Group}
			w.have = link.Link{Remote: "new", Origin: link.Created}
			w.write(l.Fields)
		case plan.Update:
			w.write(l.Fields)
		case plan.Enable:
			w.write(l.Fields)
			w.there.Active = true
		case plan.DisableUser:
			w.there.Active = false
		case plan.DeleteRemote:
			w.there = nil
		case plan.Refer:
			w.there.Attrs[l.Fields[0].Path] = accountOf(want, l)
		case plan.Skip:
			continue
		}
		w.settle(want)
	}
}

// accountOf is what the engine makes of a reference.
func accountOf(want plan.Desired, l plan.Line) attr.Values {
	for _, r := range want.Refs {
		if r.Path == l.Fields[0].Path && r.To == l.To && r.Account != "" {
			return attr.Values{string(r.Account)}
		}
	}
	return nil
}

func (w *world) write(fields []attr.Change) {
	for _, c := range fields {
		w.there.Attrs[c.Path] = slices.Clone(c.New)
	}
}

// settle remembers what the target answered.
func (w *world) settle(want plan.Desired) {
	w.have.Target, w.have.Object, w.have.Kind = want.Target, want.Object, want.Kind
	w.have.State, w.have.Active, w.have.Applied = link.Linked, false, nil
	if w.there != nil {
		w.have.Active, w.have.Applied = w.there.Active, w.there.Attrs.Clone()
	}
	if want.Scope == plan.Out || w.there == nil {
		w.have.State = link.Closed
	}
}
