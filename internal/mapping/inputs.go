package mapping

import (
	"slices"

	"muster/internal/attr"
)

// A Reading is what an expression read of an object, for `why`.
type Reading struct {
	Name   string      `json:"name"` // as in expressions: "person.username", "source.corp.title"
	Values attr.Values `json:"values,omitempty"`
}

// Inputs returns what the expressions of the rules read and what that is for an object, by the attribute that they give. Under "" stands what the scope's
// condition and filter read.
func (o *Objects) Inputs(in Input) map[attr.Path][]Reading {
	v := o.vars(in)
	out := map[attr.Path][]Reading{}
	for _, r := range o.attrs {
		switch {
		case r.expr != nil:
			out[r.path] = v.readings(r.expr.reads)
		case r.Reference != "":
			for _, rec := range speaking(in.Records) {
				out[r.path] = append(out[r.path], Reading{Name: rootSource + "." + rec.Source + "." + r.Reference, Values: clean(lookup(rec.Attrs, r.Reference))})
			}
		}
	}
	if o.cond != nil {
		out[""] = v.readings(o.cond.reads)
	}
	if o.filter == nil {
		return out
	}
	for _, rec := range o.about(in) {
		filtered := viewRecord(rec)
		filtered.computed, filtered.memberOf, filtered.nested = true, in.MemberOf, in.Above
		for _, name := range o.filter.Names() {
			out[""] = append(out[""], Reading{Name: rootSource + "." + rec.Source + "." + name, Values: slices.Clone(filtered.values(name))})
		}
	}
	return out
}

// readings returns what reads find, each once.
func (v *vars) readings(reads []read) []Reading {
	var out []Reading
	for _, r := range reads {
		x := Reading{Name: r.root + "." + r.name}
		switch r.root {
		case rootPerson, rootGroup:
			x.Values = slices.Clone(v.object.values(r.name))
		case rootSource:
			x.Name = rootSource + "." + r.source + "." + r.name
			x.Values = slices.Clone(v.sources.get(r.source).values(r.name))
		}
		if !slices.ContainsFunc(out, func(have Reading) bool { return have.Name == x.Name }) {
			out = append(out, x)
		}
	}
	return out
}
