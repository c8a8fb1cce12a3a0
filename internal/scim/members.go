package scim

import (
	"strings"

	"muster/internal/attr/filter"
)

// A MemberChange is what one PATCH operation does to the members of a group, for stores that keep each membership by itself.
type MemberChange struct {
	Clear  bool // first remove everyone
	Add    []string
	Remove []string
}

// Members returns the change if op does nothing but change members and says so by id: path "members" with values, `members[value eq "id"]`, or no path
// and a value that holds members alone. It reports false for any other operation, which Patch can apply.
func (op Operation) Members() (MemberChange, bool) {
	verb, value := strings.ToLower(op.Op), op.Value
	path := strings.TrimSpace(op.Path)
	if path == "" {
		o, ok := object(op.Value)
		if !ok || len(o) != 1 || o.key("members") == "members" && o["members"] == nil {
			return MemberChange{}, false
		}
		path, value = "members", o.Get("members")
	}
	t, err := parseTarget(path, nil)
	if err != nil || t.urn != "" || t.name != "members" || t.sub != "" {
		return MemberChange{}, false
	}
	if t.where != nil {
		test, ok := t.where.(filter.Test)
		ok = ok && verb == "remove" && strings.EqualFold(test.Name, "value") && test.Op == filter.Equal && test.Value.Type == filter.String
		return MemberChange{Remove: []string{test.Value.Text}}, ok
	}
	ids, ok := memberIDs(value)
	switch {
	case !ok:
		return MemberChange{}, false
	case verb == "add":
		return MemberChange{Add: ids}, true
	case verb == "replace":
		return MemberChange{Clear: true, Add: ids}, true
	case verb == "remove" && value != nil:
		return MemberChange{Remove: ids}, true
	}
	return MemberChange{Clear: true}, verb == "remove"
}

func memberIDs(value any) ([]string, bool) {
	list := elements(value)
	out := make([]string, 0, len(list))
	for _, e := range list {
		o, ok := object(e)
		if !ok || o.Text("value") == "" {
			return nil, false
		}
		out = append(out, o.Text("value"))
	}
	return out, true
}
