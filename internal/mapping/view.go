package mapping

import (
	"slices"
	"strings"

	"muster/internal/attr"
	"muster/internal/directory"
)

// The names that expressions start with.
const (
	rootRecord = "record"
	rootPerson = "person"
	rootGroup  = "group"
	rootSource = "source"
)

// Names that are answered without asking the server for an attribute.
const (
	nameDN       = "dn"
	nameMemberOf = "memberof"
)

// A view is what an expression or filter sees of one record or object.
type view struct {
	attrs    attr.Set
	dn       string
	computed bool     // memberOf is answered by memberOf and nested, not by attrs
	memberOf []string // groups directly around
	nested   []string // all groups around
}

var emptyView = &view{}

func viewRecord(r directory.Record) *view { return &view{attrs: r.Attrs, dn: r.Name} }

// values returns what the view has under a name, ignoring case.
func (v *view) values(name string) []string {
	if v.computed && strings.EqualFold(name, nameMemberOf) {
		return v.memberOf
	}
	if found := lookup(v.attrs, name); found != nil {
		return found
	}
	if v.dn != "" && isDNName(name) {
		return []string{v.dn}
	}
	return nil
}

func isDNName(name string) bool {
	return strings.EqualFold(name, nameDN) || strings.EqualFold(name, "distinguishedname") || strings.EqualFold(name, "entrydn")
}

// lookup finds a name exactly, in lower case, or in any case, in this order.
func lookup(s attr.Set, name string) attr.Values {
	if v, ok := s[attr.Path(name)]; ok {
		return v
	}
	for p, v := range s {
		if len(p) == len(name) && strings.EqualFold(string(p), name) {
			return v
		}
	}
	return nil
}

// first returns the first value, or "".
func first(v []string) string {
	if len(v) == 0 {
		return ""
	}
	return v[0]
}

// live reports whether r still says something about its object. An absent record does: nothing is concluded from its absence yet.
func live(r directory.Record) bool {
	return r.Status == directory.Present || r.Status == directory.Absent || r.Status == ""
}

// speaking returns the records whose values count, in a stable order: those that are live, or, when none is, all of them as they were last.
func speaking(records []directory.Record) []directory.Record {
	out := slices.DeleteFunc(slices.Clone(records), func(r directory.Record) bool { return !live(r) })
	if len(out) == 0 {
		out = slices.Clone(records)
	}
	slices.SortStableFunc(out, func(a, b directory.Record) int {
		if (a.Status == directory.Absent) != (b.Status == directory.Absent) {
			if a.Status == directory.Absent {
				return 1
			}
			return -1
		}
		if c := strings.Compare(a.Source, b.Source); c != 0 {
			return c
		}
		return strings.Compare(a.Key, b.Key)
	})
	return out
}

// vars are the variables of one evaluation.
type vars struct {
	record  *view
	object  *view
	sources *sources
}

// sources are the records of one object, by source.
type sources struct {
	names []string
	views []*view
}

func viewSources(in Input) *sources {
	s := &sources{}
	for _, r := range speaking(in.Records) {
		if slices.Contains(s.names, r.Source) {
			continue
		}
		v := viewRecord(r)
		v.computed, v.memberOf, v.nested = true, in.MemberOf, in.Above
		s.names, s.views = append(s.names, r.Source), append(s.views, v)
	}
	return s
}

func (s *sources) get(name string) *view {
	for i, n := range s.names {
		if n == name {
			return s.views[i]
		}
	}
	return emptyView
}

// ResolveName implements CEL's activation.
func (v *vars) ResolveName(name string) (any, bool) {
	switch name {
	case rootRecord:
		return v.record, v.record != nil
	case rootPerson, rootGroup:
		return v.object, v.object != nil
	case rootSource:
		return v.sources, v.sources != nil
	}
	return nil, false
}
