package mapping

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"muster/internal/attr/filter"
	"muster/internal/directory"
	"muster/internal/plan"
)

// An Input is all that scope and values of one object are computed from.
type Input struct {
	Object   directory.Object
	Records  []directory.Record    // bound to Object, of all sources
	Refers   []directory.Reference // of Records; needed if Objects.References names any
	MemberOf []string              // the groups that the object is directly in, as DNs and names; needed if Target.UsesMemberOf
	Above    []string              // all groups around the object; needed if Target.UsesAbove
	InGroup  plan.Scope            // whether the object is in From.Group; Unknown (or "") when that group is not known. Not read without a From.Group
}

// A Verdict says whether a target receives an object, and why.
type Verdict struct {
	Scope  plan.Scope
	Cause  directory.Cause // with Out: why
	Reason string          // the deciding rule in one sentence
	Steps  []Step          // every rule that was looked at, in order
}

// A Step is one rule of a scope and what it says of the object.
type Step struct {
	Rule   string     `json:"rule"`   // "state", "source", "group", "filter", "if", or "everybody"
	Text   string     `json:"text"`   // what the rule demands, as configured
	Result plan.Scope `json:"result"` // In = it holds, Out = it does not, Unknown = it cannot be told
	Why    string     `json:"why"`    // in one sentence
	At     string     `json:"at,omitempty"`

	cause directory.Cause
}

// from compiles what says which objects are received.
func (c *compiler) from(o *Objects, where string) error {
	f := o.rules.From
	var errs []error
	if known, ok := c.known[rootSource]; ok && f.Source != "" && !slices.Contains(known, f.Source) {
		errs = append(errs, place{f.At, where + ".source"}.error(fmt.Sprintf("there is no source %q", f.Source), advice(f.Source, known)))
	}
	if f.Nested && strings.TrimSpace(f.Group) == "" {
		errs = append(errs, place{f.At, where + ".nested"}.error("nested needs a group", "set group"))
	}
	if f.Filter != "" {
		parsed, err := compileFilter(place{f.At, where + ".filter"}, f.Filter)
		errs = append(errs, err)
		o.filter = &parsed
	}
	if f.If != "" {
		var err error
		o.cond, err = c.condition(place{f.At, where + ".if"}, f.If)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// notInRecords are attributes that a filter could name, but that records do not carry.
var notInRecords = []string{"member", "uniquemember", "memberuid", "userpassword", "unicodepwd"}

func compileFilter(p place, text string) (filter.Filter, error) {
	f, err := filter.ParseLDAP(text)
	if err != nil {
		if fe, ok := errors.AsType[*filter.Error](err); ok {
			e := p.error(fe.What, fe.Want)
			if fe.Want != "" {
				e.Fix = "allowed: " + fe.Want
			}
			e.Line, e.Column = 1, fe.Pos
			return f, e
		}
		return f, p.error(err.Error(), "")
	}
	for _, name := range f.Names() {
		if slices.Contains(notInRecords, name) {
			return f, p.error(fmt.Sprintf("%s is not kept in records", name), "for members of a group use group or memberOf")
		}
	}
	if slices.Contains(f.Rules(), filter.InChain) && !chainsMemberOf(f.Root) {
		return f, p.error("the rule in chain ("+filter.InChain+") is answered for memberOf only", "")
	}
	return f, nil
}

func chainsMemberOf(n filter.Node) bool {
	every := func(list []filter.Node) bool {
		return !slices.ContainsFunc(list, func(m filter.Node) bool { return !chainsMemberOf(m) })
	}
	switch n := n.(type) {
	case filter.And:
		return every(n)
	case filter.Or:
		return every(n)
	case filter.Not:
		return chainsMemberOf(n.Node)
	case filter.Rule:
		return n.OID != filter.InChain || strings.EqualFold(n.Name, nameMemberOf)
	}
	return true
}

// Scope says whether the target receives the object. An object that is Gone is out, with its own cause. Otherwise all rules must hold: one that cannot be
// told makes the verdict Unknown, whatever the others say, because absence is not evidence; one that does not hold makes it Out.
func (o *Objects) Scope(in Input) Verdict {
	if in.Object.State == directory.Gone {
		why := "no source has " + in.Object.Handle() + " any more"
		return decide([]Step{{Rule: "state", Text: "exists", Result: plan.Out, Why: why, cause: in.Object.Cause}})
	}
	if len(in.Records) == 0 && o.kind == directory.Person {
		why := in.Object.Handle() + " was made in Muster itself, for Muster: no source states them"
		return decide([]Step{{Rule: "state", Text: "comes from a source", Result: plan.Out, Why: why}})
	}
	var steps []Step
	f := o.rules.From
	records := o.about(in)
	if f.Source != "" {
		steps = append(steps, o.bySource(in, records))
	}
	if f.Group != "" {
		steps = append(steps, o.byGroup(in))
	}
	if o.filter != nil {
		steps = append(steps, o.byFilter(in, records))
	}
	if o.cond != nil {
		steps = append(steps, o.byCondition(in))
	}
	if steps == nil {
		what := "every person"
		if o.kind == directory.Group {
			what = "every group"
		}
		steps = []Step{{Rule: "everybody", Text: what, Result: plan.In, Why: "the target receives " + what, At: f.At}}
	}
	return decide(steps)
}

func decide(steps []Step) Verdict {
	v := Verdict{Scope: plan.In, Steps: steps}
	var held []string
	for _, s := range steps {
		held = append(held, s.Why)
		worse := s.Result == plan.Unknown && v.Scope != plan.Unknown || s.Result == plan.Out && v.Scope == plan.In
		if worse {
			v.Scope, v.Reason, v.Cause = s.Result, s.Why, s.cause
		}
	}
	switch {
	case v.Scope == plan.In:
		v.Reason = strings.Join(held, ", ")
	case v.Scope == plan.Out && v.Cause == "":
		v.Cause = directory.Left
	}
	return v
}

// about returns the records that count and that From.Source is about.
func (o *Objects) about(in Input) []directory.Record {
	out := slices.DeleteFunc(slices.Clone(in.Records), func(r directory.Record) bool {
		return !live(r) || o.rules.From.Source != "" && r.Source != o.rules.From.Source
	})
	return out
}

func (o *Objects) bySource(in Input, records []directory.Record) Step {
	f := o.rules.From
	s := Step{Rule: "source", Text: f.Source, Result: plan.In, Why: "has a record in " + f.Source, At: f.At}
	if len(records) == 0 {
		s.Result, s.Why, s.cause = plan.Out, "has no record in "+f.Source, lastCause(in.Records, f.Source)
	}
	return s
}

// lastCause returns why the records of a source no longer count.
func lastCause(records []directory.Record, source string) directory.Cause {
	for _, r := range records {
		if (source == "" || r.Source == source) && r.Cause != "" {
			return r.Cause
		}
	}
	return directory.Left
}

func (o *Objects) byGroup(in Input) Step {
	f := o.rules.From
	member := "member of " + f.Group
	if f.Nested {
		member += " (directly or through a group)"
	}
	s := Step{Rule: "group", Text: f.Group, Result: in.InGroup, At: f.At}
	switch in.InGroup {
	case plan.In:
		s.Why = "is a " + member
	case plan.Out:
		s.Why = "is not a " + member
	default:
		s.Result, s.Why = plan.Unknown, fmt.Sprintf("the group %s is not known, so nobody enters or leaves", f.Group)
	}
	return s
}

func (o *Objects) byFilter(in Input, records []directory.Record) Step {
	f := o.rules.From
	s := Step{Rule: "filter", Text: f.Filter, Result: plan.In, At: f.At}
	for _, r := range records {
		v := viewRecord(r)
		v.computed, v.memberOf, v.nested = true, in.MemberOf, in.Above
		if o.filter.Match(v.filtered) {
			s.Why = "the filter " + f.Filter + " matches " + r.Name
			return s
		}
	}
	s.Result, s.Why = plan.Out, "the filter "+f.Filter+" does not match"
	if len(records) == 0 {
		s.Why, s.cause = "there is no record for the filter "+f.Filter, lastCause(in.Records, f.Source)
	}
	return s
}

// filtered answers a filter's questions.
func (v *view) filtered(name string) []string {
	if name == nameMemberOf+":"+filter.InChain {
		return v.nested
	}
	return v.values(name)
}

func (o *Objects) byCondition(in Input) Step {
	f := o.rules.From
	s := Step{Rule: "if", Text: f.If, Result: plan.Out, Why: "the condition " + f.If + " is false", At: f.At}
	holds, err := o.cond.holds(o.vars(in))
	switch {
	case err != nil:
		s.Result, s.Why = plan.Unknown, "the condition cannot be told: "+err.Error()
	case holds:
		s.Result, s.Why = plan.In, "the condition "+f.If+" is true"
	}
	return s
}

func (o *Objects) vars(in Input) *vars {
	return &vars{object: &view{attrs: in.Object.Attrs}, sources: viewSources(in)}
}
