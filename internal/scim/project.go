package scim

import "strings"

// A Projection says which attributes of a resource are returned (RFC 7644 §3.4.2.5). The zero Projection returns the default ones.
type Projection struct {
	only  []Place // attributes
	minus []Place // excludedAttributes
}

// Projection reads the parameters attributes and excludedAttributes, of which at most one may be given. Names that t does not have select nothing.
func (t *Type) Projection(attributes, excluded []string) (Projection, error) {
	var p Projection
	if len(attributes) > 0 && len(excluded) > 0 {
		return p, Errorf(InvalidValue, "attributes and excludedAttributes exclude each other")
	}
	for _, name := range attributes {
		at, ok := t.Find(name)
		if !ok {
			at = Place{URN: "-"} // it names nothing, and so selects nothing
		}
		p.only = append(p.only, at)
	}
	for _, name := range excluded {
		if at, ok := t.Find(name); ok {
			p.minus = append(p.minus, at)
		}
	}
	return p, nil
}

// IsDefault reports whether p leaves a resource as it is.
func (p Projection) IsDefault() bool { return len(p.only)+len(p.minus) == 0 }

// Wants reports whether a core attribute is returned at all, so that what is costly need not be read.
func (p Projection) Wants(name string) bool {
	for _, m := range p.minus {
		if m.URN == "" && m.Sub == nil && m.Attr != nil && m.Attr.Name == name {
			return false
		}
	}
	if len(p.only) == 0 {
		return true
	}
	for _, o := range p.only {
		if o.URN == "" && o.Attr != nil && o.Attr.Name == name {
			return true
		}
	}
	return false
}

// Project returns what p lets through of r, in canonical form. Attributes that are always returned are.
func (t *Type) Project(r Resource, p Projection) Resource {
	if p.IsDefault() {
		return r
	}
	out := Resource{}
	for k, v := range r {
		if urn, ok := t.extension(k); ok {
			o, _ := object(v)
			if kept := t.projectIn(urn, o, p); len(kept) > 0 {
				out[k] = map[string]any(kept)
			}
			continue
		}
		if v, ok := t.projectOne("", k, v, p); ok {
			out[k] = v
		}
	}
	return out
}

func (t *Type) projectIn(urn string, o Resource, p Projection) Resource {
	out := Resource{}
	for k, v := range o {
		if v, ok := t.projectOne(urn, k, v, p); ok {
			out[k] = v
		}
	}
	return out
}

// projectOne returns what is let through of one attribute.
func (t *Type) projectOne(urn, name string, v any, p Projection) (any, bool) {
	a := t.names[strings.ToLower(urn)][strings.ToLower(name)]
	if a == nil || a.returned() == Always {
		return v, true
	}
	var only, minus []*Attribute
	for _, at := range p.only {
		if at.URN == urn && at.Attr == nil {
			return v, true // the whole extension
		}
		if at.URN == urn && at.Attr == a {
			only = append(only, at.Sub)
		}
	}
	if len(p.only) > 0 && len(only) == 0 {
		return nil, false
	}
	for _, at := range p.minus {
		if at.URN == urn && (at.Attr == nil || at.Attr == a) {
			minus = append(minus, at.Sub)
		}
	}
	for _, sub := range minus {
		if sub == nil {
			return nil, false
		}
	}
	for _, sub := range only {
		if sub == nil {
			only = nil
			break
		}
	}
	v = parts(v, func(sub string) bool { return named(only, sub, true) && !named(minus, sub, false) })
	return v, !unassigned(v)
}

// named reports whether list has a sub-attribute; empty is the answer for an empty list.
func named(list []*Attribute, sub string, empty bool) bool {
	for _, a := range list {
		if a != nil && strings.EqualFold(a.Name, sub) {
			return true
		}
	}
	return len(list) == 0 && empty
}

// parts returns v, an object or a list of them, with the sub-attributes that keep says.
func parts(v any, keep func(string) bool) any {
	if list, ok := v.([]any); ok {
		out := make([]any, 0, len(list))
		for _, e := range list {
			if e = parts(e, keep); !unassigned(e) {
				out = append(out, e)
			}
		}
		return out
	}
	o, ok := object(v)
	if !ok {
		return v
	}
	out := map[string]any{}
	for k, e := range o {
		if keep(k) {
			out[k] = e
		}
	}
	return out
}
