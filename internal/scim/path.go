package scim

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"muster/internal/attr/filter"
)

// A target is the parsed path of a PATCH operation: attr, attr.sub, attr[filter], attr[filter].sub, each perhaps behind a URN, or a URN alone.
type target struct {
	urn   string // canonical; "" = core
	name  string // "" = the whole extension urn
	where filter.Node
	sub   string
	def   definition
}

func parseTarget(path string, r Resource) (target, error) {
	var t target
	path = strings.TrimSpace(path)
	if r.dotted(path) {
		return t, Errorf(InvalidPath, "path %q: after a schema URN comes ':'", path)
	}
	urn, rest := splitURN(path, r)
	t.urn = urn
	if rest == "" && urn != "" {
		return t, nil
	}
	if i := strings.IndexByte(rest, '['); i >= 0 {
		j := closing(rest, i)
		if j < 0 {
			return t, Errorf(InvalidPath, "path %q: '[' without ']'", path)
		}
		f, err := filter.ParseSCIM(rest[:j+1])
		if err != nil {
			return t, Errorf(InvalidPath, "path %q: %v", path, err)
		}
		chosen, ok := f.Root.(filter.Elements)
		if !ok {
			return t, Errorf(InvalidPath, "path %q is not an attribute", path)
		}
		tail := rest[j+1:]
		if tail != "" && (tail[0] != '.' || tail == ".") {
			return t, Errorf(InvalidPath, "path %q: after ']' comes '.' and a sub-attribute", path)
		}
		t.where, t.name, t.sub = chosen.Where, strings.TrimSpace(rest[:i]), strings.TrimPrefix(tail, ".")
	} else {
		var dot bool
		if t.name, t.sub, dot = strings.Cut(rest, "."); dot && t.sub == "" {
			return t, Errorf(InvalidPath, "path %q: a sub-attribute is missing after '.'", path)
		}
	}
	if !isAttrName(t.name) || t.sub != "" && !isAttrName(t.sub) {
		return t, Errorf(InvalidPath, "path %q is not an attribute", path)
	}
	t.def, _ = define(t.urn, t.name)
	t.name, t.sub = t.def.name, t.def.sub(t.sub)
	return t, nil
}

// matches reports whether the value filter chooses the element e.
func (t target) matches(e any) bool {
	ids := t.name == "members" || t.name == "groups" || t.name == "manager"
	return filter.Filter{Root: t.where, Syntax: filter.SCIM}.MatchResource(asObject(e), func(sub string) bool {
		return ids && sub == "value" || filter.CaseExact(strings.ToLower(t.name)+"."+sub)
	})
}

// terms fills o with what the eq terms of n say, and reports whether n has no others.
func terms(n filter.Node, o Resource) bool {
	switch n := n.(type) {
	case filter.And:
		for _, m := range n {
			if !terms(m, o) {
				return false
			}
		}
		return true
	case filter.Test:
		v, ok := literal(n.Value)
		if !ok || n.Op != filter.Equal {
			return false
		}
		o[n.Name] = v
		return true
	}
	return false
}

func literal(v filter.Value) (any, bool) {
	switch v.Type {
	case filter.String:
		return v.Text, true
	case filter.Boolean:
		return v.Text == "true", true
	case filter.Number:
		return json.Number(v.Text), true
	}
	return nil, false
}

// closing returns the index of the ']' that ends the '[' at i, quotes skipped, or -1.
func closing(s string, i int) int {
	quoted := false
	for ; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			quoted = !quoted
		case ']':
			if !quoted {
				return i
			}
		}
	}
	return -1
}

// bareURN matches the URN of a schema, which ends with a version and the type of resource: what follows them would be an attribute.
var bareURN = regexp.MustCompile(`:[0-9]+(\.[0-9]+)*:[A-Z][A-Za-z]*$`)

// splitURN splits a schema URN off path: the longest that is known or that r carries, else everything up to the last colon. The URN comes back in
// canonical spelling, "" for the core schemas.
func splitURN(path string, r Resource) (urn, rest string) {
	if !isURN(path) {
		return "", path
	}
	head, _, _ := strings.Cut(path, "[")
	best := ""
	for _, u := range r.urns() {
		longer := len(u) > len(best) && len(head) >= len(u) && strings.EqualFold(head[:len(u)], u)
		if longer && (len(head) == len(u) || head[len(u)] == ':') {
			best = u
		}
	}
	if best == "" && bareURN.MatchString(head) {
		best = head
	}
	if best == "" {
		best = head[:strings.LastIndexByte(head, ':')]
	}
	return schemaOf(best), strings.TrimPrefix(path[len(best):], ":")
}

// dotted reports whether path joins a known URN and an attribute with a dot. Split at the last colon, it would name another schema.
func (r Resource) dotted(path string) bool {
	return isURN(path) && slices.ContainsFunc(r.urns(), func(u string) bool {
		return len(path) > len(u) && strings.EqualFold(path[:len(u)], u) && path[len(u)] == '.'
	})
}

// urns returns the schema URNs that r may use.
func (r Resource) urns() []string {
	out := []string{UserURN, GroupURN, EnterpriseURN}
	for _, s := range elements(r.Get("schemas")) {
		out = append(out, text(s))
	}
	for k := range r {
		if isURN(k) {
			out = append(out, k)
		}
	}
	return slices.DeleteFunc(out, func(u string) bool { return u == "" })
}

// isAttrName accepts the names of RFC 7643 §2.1, and $ref.
func isAttrName(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '$' || c == '_'
		if !letter && (i == 0 || !(c >= '0' && c <= '9' || c == '-')) {
			return false
		}
	}
	return s != ""
}
