package mapping

import (
	"fmt"
	"slices"
	"strings"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/plan"
)

// ReferenceRule begins the Expr of the Trace of a reference.
const ReferenceRule = "reference "

// reference compiles a rule that gives the account of somebody else.
func (c *compiler) reference(at place, r rule) (rule, error) {
	r.Reference = strings.ToLower(r.Reference)
	switch {
	case !c.refers:
		return r, at.error("a reference is for the people of a target", "in the rules of a source, the attribute is read as it is: record."+r.Reference)
	case r.Expr != "" || len(r.Value) > 0 || len(r.Default) > 0:
		return r, at.error("a reference stands alone", "whoever it leads to, it gives their account, or nothing")
	case r.Once || r.Need:
		return r, at.error("a reference is neither create-only nor required", "it is filled as soon as the person whom it leads to has an account")
	case c.references != nil && !slices.Contains(c.references, r.Reference):
		return r, at.error(fmt.Sprintf("no source says that %s refers to people", r.Reference), advice(r.Reference, c.references))
	}
	return r, nil
}

// refer adds to d whom the rules refer to: of the records that speak, in the order of the sources' names, the first one that refers to anybody says it.
func (o *Objects) refer(in Input, d *plan.Desired) []Trace {
	var out []Trace
	for _, r := range o.attrs {
		if r.Reference == "" {
			continue
		}
		ref := plan.Ref{Path: r.path}
		t := Trace{Path: r.path, Expr: ReferenceRule + r.Reference, At: r.At}
		for _, rec := range speaking(in.Records) {
			i := slices.IndexFunc(in.Refers, func(f directory.Reference) bool {
				return f.Source == rec.Source && f.Key == rec.Key && f.Name == r.Reference && f.Person != ""
			})
			if i >= 0 {
				ref.To = in.Refers[i].Person
				break
			}
			if dn := lookup(rec.Attrs, r.Reference); len(dn) > 0 && t.Note == "" {
				t.Note = fmt.Sprintf("%s of %s names %s, who is nobody of ours", r.Reference, rec.Source, strings.Join(dn, "; "))
			}
		}
		if ref.To != "" {
			t.Note = ""
		}
		d.Refs = append(d.Refs, ref)
		out = append(out, t)
	}
	return out
}

// References returns the paths of the attributes that refer to people, sorted.
func (o *Objects) References() []attr.Path {
	var out []attr.Path
	for _, r := range o.attrs {
		if r.Reference != "" {
			out = append(out, r.path)
		}
	}
	return out
}

// Referred returns the attributes of records that the rules follow to other people, sorted.
func (o *Objects) Referred() []string {
	var out []string
	for _, r := range o.attrs {
		if r.Reference != "" {
			out = append(out, r.Reference)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
