package scim

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A Schema is a set of attributes under a URN.
type Schema struct {
	URN         string
	Name        string
	Description string
	Attributes  []Attribute
}

// MarshalJSON writes the schema as discovery shows it (RFC 7643 §7).
func (s Schema) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{
		"schemas": []string{SchemaURN}, "id": s.URN, "name": s.Name, "description": s.Description, "attributes": s.Attributes,
	})
}

// A Type is a resource type: users or groups, with the schemas that apply to them. What discovery shows and what input is checked by is the same Type.
type Type struct {
	Name       string // "User"
	Endpoint   string // "/Users"
	Core       *Schema
	Extensions []*Schema
	Closed     bool // the schemas hold all there is: externalId too must be listed

	names map[string]map[string]*Attribute // by URN in lower case, "" for the core schema, then by name in lower case
	urns  []string                         // of all schemas
}

// NewType joins a core schema and extensions to a resource type. The attributes that every resource has (id, externalId, meta) need not be listed.
func NewType(name, endpoint string, core *Schema, extensions ...*Schema) (*Type, error) {
	t := &Type{Name: name, Endpoint: endpoint, Core: core, Extensions: extensions, names: map[string]map[string]*Attribute{}}
	if err := t.add("", core.Attributes); err != nil {
		return nil, err
	}
	for i := range commonAttributes {
		a := &commonAttributes[i]
		if _, own := t.names[""][strings.ToLower(a.Name)]; !own {
			t.names[""][strings.ToLower(a.Name)] = a
		}
	}
	t.urns = []string{core.URN}
	for _, e := range extensions {
		if !isURN(e.URN) {
			return nil, fmt.Errorf("%q is not a schema URN", e.URN)
		}
		if err := t.add(e.URN, e.Attributes); err != nil {
			return nil, err
		}
		t.urns = append(t.urns, e.URN)
	}
	return t, nil
}

func (t *Type) add(urn string, list []Attribute) error {
	if _, twice := t.names[strings.ToLower(urn)]; twice {
		return fmt.Errorf("schema %s stands there twice", urn)
	}
	names := map[string]*Attribute{}
	for i := range list {
		a := &list[i]
		key := strings.ToLower(a.Name)
		if !isAttrName(a.Name) || names[key] != nil {
			return fmt.Errorf("schema %s: %q is no name, or stands there twice", urn, a.Name)
		}
		for j := range a.Sub {
			if a.Sub[j].kind() == Complex {
				return fmt.Errorf("schema %s: %s.%s cannot be complex", urn, a.Name, a.Sub[j].Name)
			}
		}
		names[key] = a
	}
	t.names[strings.ToLower(urn)] = names
	return nil
}

// ResourceType returns t as discovery shows it.
func (t *Type) ResourceType() ResourceType {
	out := ResourceType{Schemas: []string{TypeURN}, ID: t.Name, Name: t.Name, Endpoint: t.Endpoint, Schema: t.Core.URN}
	for _, e := range t.Extensions {
		out.Extensions = append(out.Extensions, Extension{Schema: e.URN})
	}
	return out
}

// A Place is what a path leads to: an extension, an attribute, or a sub-attribute.
type Place struct {
	URN  string     // of an extension, "" = core
	Attr *Attribute // nil = the whole extension
	Sub  *Attribute // nil = the whole attribute
}

// Path returns the canonical path.
func (p Place) Path() string {
	var b strings.Builder
	if p.URN != "" {
		b.WriteString(p.URN)
		if p.Attr != nil {
			b.WriteByte(':')
		}
	}
	if p.Attr != nil {
		b.WriteString(p.Attr.Name)
	}
	if p.Sub != nil {
		b.WriteString("." + p.Sub.Name)
	}
	return b.String()
}

// Leaf returns the attribute that holds the values at p: of a multi-valued complex attribute, its "value". It is nil if there is none.
func (p Place) Leaf() *Attribute {
	switch {
	case p.Sub != nil:
		return p.Sub
	case p.Attr != nil && p.Attr.kind() == Complex:
		return p.Attr.sub("value")
	}
	return p.Attr
}

func (a *Attribute) sub(name string) *Attribute {
	for i := range a.Sub {
		if strings.EqualFold(a.Sub[i].Name, name) {
			return &a.Sub[i]
		}
	}
	return nil
}

// Find returns what a path without value filter leads to: an attribute or sub-attribute, behind a URN if the path has one, or an extension's URN alone. It
// reports false if t has nothing there.
func (t *Type) Find(path string) (Place, bool) {
	urn, rest, ok := t.cut(strings.TrimSpace(path))
	if !ok {
		return Place{}, false
	}
	p := Place{URN: urn}
	if rest == "" {
		return p, urn != ""
	}
	name, sub, dot := strings.Cut(rest, ".")
	if p.Attr = t.names[strings.ToLower(urn)][strings.ToLower(name)]; p.Attr == nil {
		return p, false
	}
	if !dot {
		return p, true
	}
	p.Sub = p.Attr.sub(sub)
	return p, p.Sub != nil
}

// cut splits the schema URN off a path: the longest that t knows. That of the core schema comes back as "".
func (t *Type) cut(path string) (urn, rest string, ok bool) {
	if !isURN(path) {
		return "", path, path != ""
	}
	best := ""
	for _, u := range t.urns {
		if len(u) > len(best) && len(path) >= len(u) && strings.EqualFold(path[:len(u)], u) && (len(path) == len(u) || path[len(u)] == ':') {
			best = u
		}
	}
	if best == "" {
		return "", "", false
	}
	rest = strings.TrimPrefix(path[len(best):], ":")
	if best == t.Core.URN {
		return "", rest, rest != ""
	}
	return best, rest, true
}

// extension returns the canonical spelling of the URN of an extension of t.
func (t *Type) extension(urn string) (string, bool) {
	for _, e := range t.Extensions {
		if strings.EqualFold(e.URN, urn) {
			return e.URN, true
		}
	}
	return "", false
}
