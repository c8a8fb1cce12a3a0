package filter

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"muster/internal/attr"
)

// coreURN begins the schemas whose attributes stand at the top of a resource.
const coreURN = "urn:ietf:params:scim:schemas:core:2.0:"

// CaseExact reports whether RFC 7643 has an attribute of the core schemas compare with case. It takes a path in lower case without URN.
func CaseExact(path string) bool {
	switch path {
	case "id", "externalid", "meta.version", "meta.location", "meta.resourcetype", "profileurl", "photos.value", "x509certificates.value":
		return true
	}
	return strings.HasSuffix(path, "$ref")
}

// MatchResource reports whether a resource, as encoding/json decodes it, satisfies the SCIM filter f. Names compare without case; text too, unless
// caseExact says otherwise of its path in lower case (nil = CaseExact). One of several values is enough; a multi-valued complex attribute stands for its
// "value", any other complex attribute needs a sub-attribute. An attribute without a value is neither equal, greater nor less, and is not equal ("ne") to
// anything; null is such an attribute. Times in RFC 3339's form compare as instants. An LDAP filter matches no resource.
func (f Filter) MatchResource(resource map[string]any, caseExact func(path string) bool) bool {
	if f.Syntax != SCIM || f.Root == nil {
		return false
	}
	if caseExact == nil {
		caseExact = CaseExact
	}
	return resourceMatch{caseExact: caseExact}.node(f.Root, resource)
}

type resourceMatch struct {
	caseExact func(string) bool
	prefix    string // "emails." inside brackets
}

func (m resourceMatch) node(n Node, in map[string]any) bool {
	switch n := n.(type) {
	case And:
		for _, x := range n {
			if !m.node(x, in) {
				return false
			}
		}
		return true
	case Or:
		for _, x := range n {
			if m.node(x, in) {
				return true
			}
		}
		return false
	case Not:
		return !m.node(n.Node, in)
	case Elements:
		return m.elements(n, in)
	case Test:
		return m.test(n, in)
	}
	return false
}

func (m resourceMatch) elements(e Elements, in map[string]any) bool {
	parts, err := attr.Split(e.Name)
	if err != nil {
		return false
	}
	list, _ := many(attribute(in, parts))
	values := assigned(list)
	m.prefix = strings.ToLower(parts.Name) + "."
	for _, v := range values {
		object, ok := v.(map[string]any)
		if !ok {
			object = map[string]any{"value": v}
		}
		if m.node(e.Where, object) {
			return true
		}
	}
	return false
}

func (m resourceMatch) test(t Test, in map[string]any) bool {
	parts, err := attr.Split(t.Name)
	if err != nil {
		return false
	}
	values := assigned(find(in, parts, t.Op == Present))
	unset := len(values) == 0
	switch {
	case t.Op == Present:
		return !unset
	case t.Value.Type == Null:
		return unset == (t.Op == Equal)
	case unset:
		return t.Op == NotEqual
	}
	path := m.prefix + strings.ToLower(parts.Name)
	if parts.Sub != "" {
		path += "." + strings.ToLower(parts.Sub)
	}
	exact := m.caseExact(path)
	for _, v := range values {
		if t.compare(v, exact) {
			return true
		}
	}
	return false
}

// find returns the values of a path, those of all elements of a multi-valued attribute.
func find(in map[string]any, p attr.Parts, whole bool) []any {
	values, multi := many(attribute(in, p))
	sub := p.Sub
	if sub == "" && multi && !whole {
		sub = "value"
	}
	if sub == "" {
		return values
	}
	var out []any
	for _, v := range values {
		object, ok := v.(map[string]any)
		switch {
		case ok:
			inner, _ := many(member(object, sub))
			out = append(out, inner...)
		case p.Sub == "" || strings.EqualFold(sub, "value"):
			out = append(out, v)
		}
	}
	return out
}

// attribute returns what stands at the URN and name of p.
func attribute(in map[string]any, p attr.Parts) any {
	if p.URN == "" || len(p.URN) >= len(coreURN) && strings.EqualFold(p.URN[:len(coreURN)], coreURN) {
		return member(in, p.Name)
	}
	if extension, ok := member(in, p.URN).(map[string]any); ok {
		return member(extension, p.Name)
	}
	return member(in, p.URN+":"+p.Name) // the path is an extension's URN: the extension as a whole
}

func member(in map[string]any, name string) any {
	if v, ok := in[name]; ok {
		return v
	}
	for k, v := range in {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return nil
}

func many(v any) (values []any, multi bool) {
	if list, ok := v.([]any); ok {
		return list, true
	}
	return []any{v}, false
}

// assigned drops what counts as no value: null, "", [] and complex values that are empty.
func assigned(values []any) []any {
	var out []any
	for _, v := range values {
		if !unassigned(v) {
			out = append(out, v)
		}
	}
	return out
}

func unassigned(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(assigned(v)) == 0
	case map[string]any:
		for _, x := range v {
			if !unassigned(x) {
				return false
			}
		}
		return true
	}
	return false
}

func (t Test) compare(have any, exact bool) bool {
	switch v := have.(type) {
	case string:
		return t.Value.Type == String && t.compareText(v, exact) || t.Value.Type != String && t.Op == NotEqual
	case bool:
		same := strings.EqualFold(t.Value.Text, strconv.FormatBool(v)) && t.Value.Type != Number // some clients quote booleans
		return t.Op == Equal && same || t.Op == NotEqual && !same
	case float64:
		return t.compareNumber(strconv.FormatFloat(v, 'g', -1, 64))
	case json.Number:
		return t.compareNumber(v.String())
	case int:
		return t.compareNumber(strconv.Itoa(v))
	}
	return false
}

func (t Test) compareText(have string, exact bool) bool {
	want := t.Value.Text
	if a, err := time.Parse(time.RFC3339Nano, have); err == nil {
		if b, err := time.Parse(time.RFC3339Nano, want); err == nil && t.Op != Contains && t.Op != StartsWith && t.Op != EndsWith {
			return t.ordered(a.Compare(b))
		}
	}
	if !exact {
		have, want = Fold(have), Fold(want)
	}
	switch t.Op {
	case Contains:
		return strings.Contains(have, want)
	case StartsWith:
		return strings.HasPrefix(have, want)
	case EndsWith:
		return strings.HasSuffix(have, want)
	}
	return t.ordered(strings.Compare(have, want))
}

// Fold returns s as texts compare whose attribute is not case-exact: composed, in lower case.
func Fold(s string) string { return strings.ToLower(norm.NFC.String(s)) }

func (t Test) compareNumber(have string) bool {
	if t.Value.Type != Number {
		return t.Op == NotEqual
	}
	a, err1 := strconv.ParseInt(have, 10, 64)
	b, err2 := strconv.ParseInt(t.Value.Text, 10, 64)
	if err1 == nil && err2 == nil {
		return t.ordered(cmp.Compare(a, b))
	}
	x, err1 := strconv.ParseFloat(have, 64)
	y, err2 := strconv.ParseFloat(t.Value.Text, 64)
	if err1 != nil || err2 != nil {
		return t.Op == NotEqual
	}
	return t.ordered(cmp.Compare(x, y))
}

func (t Test) ordered(c int) bool {
	switch t.Op {
	case Equal:
		return c == 0
	case NotEqual:
		return c != 0
	case Greater:
		return c > 0
	case GreaterOrEqual:
		return c >= 0
	case Less:
		return c < 0
	case LessOrEqual:
		return c <= 0
	}
	return false
}
