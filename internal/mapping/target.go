package mapping

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"muster/internal/attr"
	"muster/internal/attr/filter"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/plan"
)

// Known is what the rules of a target can refer to. A nil list is not checked.
type Known struct {
	Person  []attr.Path // attributes that people have
	Group   []attr.Path // attributes that groups have
	Sources []string    // names of sources
	// References are the attributes of records, in lower case, that refer to people: those that rules can use.
	References []string
}

// A Target is the compiled rules of one target. It is safe for concurrent use.
type Target struct {
	rules  TargetRules
	digest string
	people *Objects
	groups *Objects
}

// Objects are the compiled rules of a target for people, or for groups.
type Objects struct {
	target string
	kind   directory.Kind
	remote connector.Kind
	rules  ObjectRules
	attrs  []rule
	filter *filter.Filter
	cond   *expr
	names  []attr.Path
}

// CompileTarget checks and compiles the rules of a target. Settings that are left out get their defaults: match by userName or displayName if the rules
// fill it, when removed: disable people, leave groups. Its error joins an *Error for each mistake.
func CompileTarget(r TargetRules, known Known) (*Target, error) {
	t := &Target{rules: r}
	var errs [3]error
	t.people, errs[0] = compileObjects(r.Name, directory.Person, r.People, known)
	t.rules.People = t.people.rules
	if r.Groups != nil {
		t.groups, errs[1] = compileObjects(r.Name, directory.Group, *r.Groups, known)
		t.rules.Groups = &t.groups.rules
	}
	t.digest, errs[2] = digest(t.rules)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	return t, nil
}

func compileObjects(target string, kind directory.Kind, r ObjectRules, known Known) (*Objects, error) {
	o := &Objects{target: target, kind: kind, remote: connector.User, rules: r}
	c := &compiler{language: personLanguage(), known: map[string][]string{}}
	if known.Sources != nil {
		c.known[rootSource] = known.Sources
	}
	if known.Person != nil {
		c.known[rootPerson] = pathNames(known.Person)
	}
	where := "people."
	c.refers, c.references = kind == directory.Person, known.References
	if kind == directory.Group {
		c.language, where, o.remote = groupLanguage(), "groups.", connector.Group
		if known.Group != nil {
			c.known[rootGroup] = pathNames(known.Group)
		}
	}
	var errs [4]error
	o.attrs, errs[0] = c.rules(where+"attributes.", r.Attributes)
	errs[1] = o.settle(where)
	errs[2] = c.from(o, where+"from")
	errs[3] = o.refuseActive(where)
	return o, errors.Join(errs[:]...)
}

// settle fills defaults and checks the settings that go together.
func (o *Objects) settle(where string) error {
	r := &o.rules
	at := place{r.From.At, where + "when_removed"}
	natural, allowed := attr.Path("userName"), []plan.Removal{plan.Disable, plan.Delete, plan.Leave}
	if o.kind == directory.Group {
		natural, allowed = "displayName", []plan.Removal{plan.Delete, plan.Empty, plan.Leave}
	}
	if _, ok := r.Attributes[natural]; ok && r.Match == nil {
		r.Match = []attr.Path{natural}
	}
	if r.WhenRemoved == "" {
		r.WhenRemoved = plan.Disable
		if o.kind == directory.Group {
			r.WhenRemoved = plan.Leave
		}
	}
	var errs []error
	if !slices.Contains(allowed, r.WhenRemoved) {
		errs = append(errs, at.error(fmt.Sprintf("%q is not known here", r.WhenRemoved), fmt.Sprintf("allowed: %s, %s, %s", allowed[0], allowed[1], allowed[2])))
	}
	if r.ProvisionDisabled && r.WhenRemoved != plan.Disable {
		errs = append(errs, place{r.From.At, where + "provision_disabled"}.error("disabled people cannot be provisioned unless when_removed is disable", "set when_removed: disable"))
	}
	for _, m := range r.Match {
		if _, ok := r.Attributes[m]; !ok {
			errs = append(errs, place{r.From.At, where + "match"}.error(fmt.Sprintf("no rule fills %s", m), advice(string(m), pathNames(slices.Collect(maps.Keys(r.Attributes))))))
		}
	}
	o.names = overwrites(r.Match, r.Attributes)
	return errors.Join(errs...)
}

// refuseActive keeps rules off the account's state, which follows the person's.
func (o *Objects) refuseActive(where string) error {
	for p, r := range o.rules.Attributes {
		if o.kind == directory.Person && strings.EqualFold(string(p), "active") {
			return place{r.At, where + "attributes.active"}.error("whether an account is active is not mapped: it follows the person's state and scope", "")
		}
	}
	return nil
}

// overwrites returns the attributes whose change counts as overwriting a name: those matched by, user names and emails.
func overwrites(match []attr.Path, rules Rules) []attr.Path {
	out := slices.Clone(match)
	for p := range rules {
		parts, err := attr.Split(string(p))
		if err != nil {
			continue
		}
		name := strings.ToLower(parts.Name)
		if name == "username" || name == "email" || name == "emails" {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// People returns the rules for people.
func (t *Target) People() *Objects { return t.people }

// Groups returns the rules for groups, or nil if the target receives none.
func (t *Target) Groups() *Objects { return t.groups }

// Of returns the rules for a kind of object, or nil.
func (t *Target) Of(kind directory.Kind) *Objects {
	if kind == directory.Group {
		return t.groups
	}
	return t.people
}

// Rules returns the rules with their defaults filled in.
func (t *Target) Rules() TargetRules { return t.rules }

// Digest identifies the rules: equal digests mean equal rules. It is stable over releases.
func (t *Target) Digest() string { return t.digest }

// InPilot reports whether o is one of the people that the target serves while it is in pilot mode.
func (t *Target) InPilot(o directory.Object) bool {
	return o.Kind == directory.Person && slices.ContainsFunc(t.rules.Pilot, func(name string) bool { return strings.EqualFold(name, o.Handle()) })
}

// Rules returns the rules with their defaults filled in.
func (o *Objects) Rules() ObjectRules { return o.rules }

// Attributes returns the attributes of records that filters and expressions read, by source, in lower case and sorted: what must be asked of the servers.
// Under "" stand those that are read from whatever source a record is of.
func (t *Target) Attributes() map[string][]string {
	out := map[string][]string{}
	for _, o := range []*Objects{t.people, t.groups} {
		if o != nil {
			o.attributes(out)
		}
	}
	for s := range out {
		slices.Sort(out[s])
		out[s] = slices.Compact(out[s])
	}
	return out
}

func (o *Objects) attributes(out map[string][]string) {
	add := func(source, name string) {
		if name != nameDN && name != nameMemberOf {
			out[source] = append(out[source], name)
		}
	}
	if o.filter != nil {
		for _, name := range o.filter.Names() {
			add(o.rules.From.Source, name)
		}
	}
	for _, r := range o.reads() {
		if r.root == rootSource {
			add(r.source, r.name)
		}
	}
	for _, r := range o.attrs {
		if r.Reference != "" {
			add(o.rules.From.Source, r.Reference)
		}
	}
}

func (o *Objects) reads() []read {
	var out []read
	for _, r := range o.attrs {
		if r.expr != nil {
			out = append(out, r.expr.reads...)
		}
	}
	if o.cond != nil {
		out = append(out, o.cond.reads...)
	}
	return out
}

// UsesMemberOf reports whether Input.MemberOf is read.
func (t *Target) UsesMemberOf() bool {
	return t.any(func(o *Objects) bool {
		inRules := slices.ContainsFunc(o.reads(), func(r read) bool { return r.root == rootSource && r.name == nameMemberOf })
		return inRules || o.filter != nil && slices.Contains(o.filter.Names(), nameMemberOf)
	})
}

// UsesAbove reports whether Input.Above is read: a filter asks for memberOf through groups within groups.
func (t *Target) UsesAbove() bool {
	return t.any(func(o *Objects) bool { return o.filter != nil && slices.Contains(o.filter.Rules(), filter.InChain) })
}

func (t *Target) any(ok func(*Objects) bool) bool {
	return ok(t.people) || t.groups != nil && ok(t.groups)
}
