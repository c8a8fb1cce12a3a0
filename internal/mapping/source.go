package mapping

import (
	"errors"
	"fmt"
	"slices"

	"muster/internal/attr"
	"muster/internal/directory"
)

// A Source is the compiled rules of one source. It is safe for concurrent use.
type Source struct {
	digest      string
	correlation string
	people      []rule
	groups      []rule
	keys        []key
}

type key struct {
	person attr.Path
	expr   *expr
}

// A KeyValue is what a record offers to be recognised by: the person whose attribute Person has this Value is the same person.
type KeyValue struct {
	Person attr.Path
	Value  string
}

// CompileSource checks and compiles the rules of a source. Its error joins an *Error for each mistake.
func CompileSource(r SourceRules) (*Source, error) {
	c := &compiler{language: recordLanguage(), refused: map[string]string{
		nameMemberOf: "memberOf is not part of a record: Muster answers it from the groups as read, in the rules of a target",
	}}
	s := &Source{}
	var errs [5]error
	s.people, errs[0] = c.rules("people.", r.People)
	s.groups, errs[1] = c.rules("groups.", r.Groups)
	errs[2] = errors.Join(onceInSource(s.people), onceInSource(s.groups), c.keys(s, r.Correlate))
	s.digest, errs[3] = digest(r)
	if len(r.Correlate) > 0 {
		s.correlation, errs[4] = digest(r.Correlate)
	}
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	return s, nil
}

func onceInSource(rules []rule) error {
	for _, r := range rules {
		if r.Once {
			return place{r.At, string(r.path)}.error("create-only is for targets", "a source always states what is so now")
		}
	}
	return nil
}

func (c *compiler) keys(s *Source, keys []Key) error {
	var errs []error
	for i, k := range keys {
		at := place{k.At, fmt.Sprintf("correlate %d", i+1)}
		if _, err := attr.ParsePath(string(k.Person)); err != nil {
			errs = append(errs, at.error(err.Error(), "person names an attribute of people, as in username"))
			continue
		}
		e, err := c.value(at, k.Expr)
		errs = append(errs, err)
		s.keys = append(s.keys, key{k.Person, e})
	}
	return errors.Join(errs...)
}

// Map returns the attributes that the rules give a record: those of a person or of a group, by rec.Kind. A rule that gives "" or [] is there without
// values; a rule that gives null is absent. When a rule fails or a needed value is missing, its path is absent, the other attributes are returned, and
// the error says which (ErrMissing is in its chain for a needed value).
func (s *Source) Map(rec directory.Record) (attr.Set, error) {
	rules := s.people
	if rec.Kind == directory.Group {
		rules = s.groups
	}
	v := &vars{record: viewRecord(rec)}
	out := make(attr.Set, len(rules))
	var errs []error
	for _, r := range rules {
		got, err := r.apply(v)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%s: %w", r.path, err))
		case r.Need && len(got.values) == 0:
			errs = append(errs, fmt.Errorf("%s: %w", r.path, ErrMissing))
		case !got.keep:
			out[r.path] = got.values
		}
	}
	return out, errors.Join(errs...)
}

// Keys returns what rec can be recognised by, in the order of the rules, without empty values. Only people are correlated.
func (s *Source) Keys(rec directory.Record) ([]KeyValue, error) {
	if rec.Kind == directory.Group {
		return nil, nil
	}
	v := &vars{record: viewRecord(rec)}
	var out []KeyValue
	var errs []error
	for _, k := range s.keys {
		got, err := k.expr.eval(v)
		if err != nil {
			errs = append(errs, fmt.Errorf("correlate by %s: %w", k.person, err))
		}
		for _, value := range got.values {
			out = append(out, KeyValue{k.person, value})
		}
	}
	return out, errors.Join(errs...)
}

// Paths returns the attributes that the rules give objects of a kind, sorted.
func (s *Source) Paths(kind directory.Kind) []attr.Path {
	rules := s.people
	if kind == directory.Group {
		rules = s.groups
	}
	var out []attr.Path
	for _, r := range rules {
		out = append(out, r.path)
	}
	return out
}

// Attributes returns the attributes of records that the rules read, in lower case, sorted: what must be asked of the server.
func (s *Source) Attributes() []string {
	var out []string
	for _, list := range [][]rule{s.people, s.groups} {
		for _, r := range list {
			out = append(out, r.expr.asked()...)
		}
	}
	for _, k := range s.keys {
		out = append(out, k.expr.asked()...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Digest identifies the rules: equal digests mean equal rules. It is stable over releases.
func (s *Source) Digest() string { return s.digest }

// Correlation identifies the rules by which entries are recognised as people of other sources, in the way of Digest; "" = there are none.
func (s *Source) Correlation() string { return s.correlation }

// asked returns the attributes of records that e reads and a server must be asked for.
func (e *expr) asked() []string {
	if e == nil {
		return nil
	}
	var out []string
	for _, r := range e.reads {
		if r.root == rootRecord && r.name != nameDN {
			out = append(out, r.name)
		}
	}
	return out
}
