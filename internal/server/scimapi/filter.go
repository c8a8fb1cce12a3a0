package scimapi

import (
	"context"
	"regexp"
	"strings"

	"muster/internal/attr/filter"
	"muster/internal/directory"
	"muster/internal/inbound"
	"muster/internal/scim"
)

// A compiler turns a filter into a condition, checked by the schemas of a resource type.
type compiler struct {
	t      *scim.Type
	kind   directory.Kind
	source string
	in     inbound.Reader
	tol    *scim.Tolerances
	loose  bool // names that t does not have are attributes without a value: the query spans several types
}

var (
	tightNot = regexp.MustCompile(`(?i)\bnot\(`)
	literal  = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
)

// parseFilter reads a filter.
func parseFilter(text string, tol *scim.Tolerances) (filter.Node, error) {
	f, err := filter.ParseSCIM(text)
	if err != nil {
		return nil, scim.Errorf(scim.InvalidFilter, "%v", err)
	}
	if tightNot.MatchString(literal.ReplaceAllString(text, `""`)) && !tol.Use(scim.TightNot) {
		return nil, scim.Errorf(scim.InvalidFilter, "a space belongs between not and (")
	}
	return f.Root, nil
}

// sensitive is the scimType of what may not stand in an address (RFC 7644 §7.5.2).
const sensitive = "sensitive"

func kindOf(t *scim.Type) directory.Kind {
	if t.Name == "Group" {
		return directory.Group
	}
	return directory.Person
}

var (
	always inbound.Cond = inbound.And{}
	never  inbound.Cond = inbound.Or{}
)

func truth(yes bool) inbound.Cond {
	if yes {
		return always
	}
	return never
}

// cond compiles a node.
func (c compiler) cond(ctx context.Context, n filter.Node) (inbound.Cond, error) {
	switch n := n.(type) {
	case filter.And:
		list, err := c.conds(ctx, n)
		return inbound.And(list), err
	case filter.Or:
		list, err := c.conds(ctx, n)
		return inbound.Or(list), err
	case filter.Not:
		inner, err := c.cond(ctx, n.Node)
		return inbound.Not{Cond: inner}, err
	case filter.Elements:
		return c.elements(ctx, n)
	case filter.Test:
		return c.test(ctx, n)
	}
	return nil, scim.Errorf(scim.InvalidFilter, "the filter has a part that is not known")
}

func (c compiler) conds(ctx context.Context, nodes []filter.Node) ([]inbound.Cond, error) {
	out := make([]inbound.Cond, len(nodes))
	for i, n := range nodes {
		var err error
		if out[i], err = c.cond(ctx, n); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// test compiles one comparison.
func (c compiler) test(ctx context.Context, n filter.Test) (inbound.Cond, error) {
	if strings.EqualFold(n.Name, "password") {
		return nil, &scim.Error{Status: 403, Type: sensitive, Detail: "passwords cannot be searched for"}
	}
	at, ok := c.t.Find(n.Name)
	if !ok {
		if c.loose {
			return missing(n), nil
		}
		return nil, scim.Errorf(scim.InvalidFilter, "there is no attribute %q", n.Name)
	}
	if at.URN == "" && at.Attr != nil {
		switch at.Attr.Name {
		case "schemas":
			return c.schemas(n)
		case "meta":
			return c.meta(n, at)
		case "groups", "members":
			return c.membership(ctx, n, at)
		case "id":
			return c.id(n)
		case "active":
			return c.active(n)
		}
	}
	if at.Attr == nil {
		return c.extension(n, at)
	}
	return c.value(n, at)
}

// missing is what a comparison with an attribute without a value says.
func missing(n filter.Test) inbound.Cond {
	return truth(n.Op == filter.NotEqual && n.Value.Type != filter.Null || n.Op == filter.Equal && n.Value.Type == filter.Null)
}

// value compiles a comparison with an attribute whose values are searched.
func (c compiler) value(n filter.Test, at scim.Place) (inbound.Cond, error) {
	leaf := at.Leaf()
	if n.Op == filter.Present || n.Value.Type == filter.Null {
		return presence(n, searched(at))
	}
	if leaf == nil {
		return nil, scim.Errorf(scim.InvalidFilter, "%s needs a sub-attribute", at.Path())
	}
	if at.Sub == nil && leaf != at.Attr {
		at.Sub = leaf
	}
	if leaf.Opaque {
		return nil, scim.Errorf(scim.InvalidFilter, "%s is not searched", at.Path())
	}
	key, err := c.key(n, leaf, at.Path())
	if err != nil {
		return nil, err
	}
	column := c.column(at)
	if column == "handle" && c.kind == directory.Person {
		if key = narrow(key); !partly(n.Op) {
			key = prepared(c.kind, key)
		}
	}
	return compare(column, n.Op, key, searched(at)), nil
}

// partly reports whether an operator compares with a part of a value.
func partly(op filter.Op) bool {
	return op == filter.Contains || op == filter.StartsWith || op == filter.EndsWith
}

// column returns the column or path at which a value is searched.
func (c compiler) column(at scim.Place) string {
	path := at.Path()
	if path == "userName" && c.kind == directory.Person || path == "displayName" && c.kind == directory.Group {
		return "handle"
	}
	return path
}

// compare makes a test; what has no value is not equal to anything.
func compare(path string, op filter.Op, key string, paths []string) inbound.Cond {
	test := inbound.Test{Path: path, Op: op, Key: key}
	if op != filter.NotEqual || path == "handle" || path == "id" {
		return test
	}
	return inbound.Or{inbound.Not{Cond: inbound.Has{Paths: paths}}, test}
}

func presence(n filter.Test, paths []string) (inbound.Cond, error) {
	has := inbound.Cond(inbound.Has{Paths: paths})
	switch n.Op {
	case filter.Present, filter.NotEqual:
		return has, nil
	case filter.Equal:
		return inbound.Not{Cond: has}, nil
	}
	return nil, scim.Errorf(scim.InvalidFilter, "null can only be compared with eq and ne")
}

// searched returns the paths at which an attribute has values.
func searched(at scim.Place) []string {
	switch {
	case at.Attr == nil || at.Sub != nil || at.Attr.Type != scim.Complex:
		return []string{at.Path()}
	}
	var out []string
	for i := range at.Attr.Sub {
		sub := at
		sub.Sub = &at.Attr.Sub[i]
		out = append(out, sub.Path())
	}
	return out
}

// key brings a literal into the form in which values of an attribute compare.
func (c compiler) key(n filter.Test, a *scim.Attribute, path string) (string, error) {
	wrong := func() (string, error) {
		return "", scim.Errorf(scim.InvalidFilter, "%s cannot be compared with %s by %s", path, n.Value.Type, n.Op)
	}
	var v any = n.Value.Text
	part := partly(n.Op)
	order := !part && n.Op != filter.Equal && n.Op != filter.NotEqual
	switch a.Type {
	case scim.Boolean:
		if n.Value.Type == filter.String && !c.tol.Use(scim.TextBooleans) || part || order {
			return wrong()
		}
		word := strings.ToLower(n.Value.Text)
		if word != "true" && word != "false" {
			return wrong()
		}
		v = word == "true"
	case scim.Integer, scim.Decimal:
		if n.Value.Type != filter.Number || part {
			return wrong()
		}
	case scim.DateTime:
		if n.Value.Type != filter.String || part {
			return wrong()
		}
	default:
		if n.Value.Type != filter.String || order && (a.Type == scim.Binary || a.Type == scim.Reference) {
			return wrong()
		}
	}
	key, ok := a.Key(v)
	if !ok {
		return wrong()
	}
	return key, nil
}

// elements compiles a value filter: one element satisfies all of it.
func (c compiler) elements(ctx context.Context, n filter.Elements) (inbound.Cond, error) {
	at, ok := c.t.Find(n.Name)
	if !ok && c.loose {
		return never, nil
	}
	if !ok || at.Attr == nil || at.Sub != nil || at.Attr.Type != scim.Complex && !at.Attr.Multi {
		return nil, scim.Errorf(scim.InvalidFilter, "%s has no elements to choose from", n.Name)
	}
	if at.URN == "" && (at.Attr.Name == "groups" || at.Attr.Name == "members") {
		t, ok := n.Where.(filter.Test)
		if !ok {
			return nil, scim.Errorf(scim.InvalidFilter, "%s can only be chosen by value", n.Name)
		}
		t.Name = at.Attr.Name + "." + t.Name
		return c.test(ctx, t)
	}
	where, err := c.inside(n.Where, at)
	return inbound.Element{Paths: searched(at), Where: where}, err
}

// inside compiles what stands in the brackets of a value filter.
func (c compiler) inside(n filter.Node, at scim.Place) (inbound.Cond, error) {
	several := func(nodes []filter.Node) ([]inbound.Cond, error) {
		out := make([]inbound.Cond, len(nodes))
		for i, n := range nodes {
			var err error
			if out[i], err = c.inside(n, at); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	switch n := n.(type) {
	case filter.And:
		list, err := several(n)
		return inbound.And(list), err
	case filter.Or:
		list, err := several(n)
		return inbound.Or(list), err
	case filter.Not:
		inner, err := c.inside(n.Node, at)
		return inbound.Not{Cond: inner}, err
	case filter.Test:
		sub := at
		if at.Attr.Type == scim.Complex || !strings.EqualFold(n.Name, "value") {
			whole, ok := c.t.Find(at.Path() + "." + n.Name)
			if !ok {
				return nil, scim.Errorf(scim.InvalidFilter, "%s has no %q", at.Path(), n.Name)
			}
			sub = whole
		}
		return c.value(n, sub)
	}
	return nil, scim.Errorf(scim.InvalidFilter, "brackets cannot stand within brackets")
}
