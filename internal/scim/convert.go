package scim

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"muster/internal/attr"
)

// Canonical returns p as Attrs spells it: known names in their own case, the core URNs left out, "emails" and "manager" with their ".value".
func Canonical(p attr.Path) (attr.Path, error) {
	a, err := split(p)
	if err != nil {
		return "", err
	}
	return a.parts.Path(), nil
}

// A place is a split attr.Path with what the core schemas say about it.
type place struct {
	parts attr.Parts
	def   definition
	known bool // defined by the core schemas
}

func split(p attr.Path) (place, error) {
	parts, err := attr.Split(string(p))
	if err != nil {
		return place{}, err
	}
	parts.URN = schemaOf(parts.URN)
	def, known := define(parts.URN, parts.Name)
	if def.kind == complexKind && parts.Sub == "" {
		parts.Sub = "value"
	}
	parts.Name, parts.Where, parts.Sub = def.name, def.sub(parts.Where), def.sub(parts.Sub)
	switch {
	case known && def.kind != complexKind && (parts.Sub != "" || parts.Where != ""):
		return place{}, fmt.Errorf("path %q: %s has no parts", p, def.name)
	case known && !def.multi && parts.Where != "":
		return place{}, fmt.Errorf("path %q: %s has one value, a filter cannot choose", p, def.name)
	case known && def.kind == complexKind && !slices.Contains(def.subs, parts.Sub):
		return place{}, fmt.Errorf("path %q: %s has no %s; it has %s", p, def.name, parts.Sub, strings.Join(def.subs, ", "))
	}
	return place{parts, def, known}, nil
}

// list reports whether the place lies in a multi-valued complex attribute.
func (a place) list() bool {
	return a.def.kind == complexKind && a.def.multi || a.parts.Where != ""
}

func (a place) matches(e any) bool {
	return a.parts.Where == "" || strings.EqualFold(asObject(e).Text(a.parts.Where), a.parts.Value)
}

// Values returns what r holds at p; nothing if p is not a path.
func Values(r Resource, p attr.Path) attr.Values {
	a, err := split(p)
	if err != nil {
		return nil
	}
	var out attr.Values
	for _, e := range elements(r.holder(a.parts.URN).Get(a.parts.Name)) {
		if !a.matches(e) {
			continue
		}
		if o, ok := object(e); ok {
			e = o.Get(cmp.Or(a.parts.Sub, "value"))
		} else if a.parts.Sub != "" && a.parts.Sub != "value" {
			continue
		}
		for _, v := range elements(e) {
			if s := text(v); s != "" {
				out = append(out, s)
			}
		}
	}
	return out
}

// Assign makes r hold v at p, and nothing there if v is empty. It leaves other elements of a multi-valued attribute, and other parts of the chosen
// element, as they are. Objects and lists within r are replaced, not changed.
func Assign(r Resource, p attr.Path, v attr.Values) error {
	a, err := split(p)
	if err != nil {
		return err
	}
	v = slices.DeleteFunc(slices.Clone(v), func(s string) bool { return s == "" })
	if err := a.fits(v); err != nil {
		return err
	}
	holder := r
	if a.parts.URN != "" {
		k := r.key(a.parts.URN)
		o, _ := object(r[k])
		holder = Resource{}
		maps.Copy(holder, o)
		defer func() {
			if r[k] = map[string]any(holder); len(holder) == 0 {
				delete(r, k)
			}
			r.fixSchemas()
		}()
	}
	switch {
	case a.list():
		return a.assignList(holder, v)
	case a.parts.Sub != "":
		return a.assignSub(holder, v)
	}
	a.put(holder, a.simple(v))
	return nil
}

// fits returns an error if values of that number and form cannot stand at a.
func (a place) fits(v attr.Values) error {
	if len(v) > 1 && a.known && a.def.kind != complexKind && !a.def.multi {
		return fmt.Errorf("%s holds one value, not %d", a.parts.Path(), len(v))
	}
	for _, s := range v {
		if a.def.isBool(a.parts.Sub) && !strings.EqualFold(s, "true") && !strings.EqualFold(s, "false") {
			return fmt.Errorf("%s is true or false, not %q", a.parts.Path(), s)
		}
	}
	return nil
}

func (a place) put(holder Resource, v any) {
	delete(holder, holder.key(a.parts.Name))
	if !unassigned(v) {
		holder[a.parts.Name] = v
	}
}

func (a place) simple(v attr.Values) any {
	switch {
	case len(v) == 0:
		return nil
	case len(v) == 1 && !a.def.multi:
		return a.def.typed("", v[0])
	}
	list := make([]any, len(v))
	for i, s := range v {
		list[i] = a.def.typed("", s)
	}
	return list
}

func (a place) assignSub(holder Resource, v attr.Values) error {
	o, _ := object(holder.Get(a.parts.Name))
	out := Resource(cloneMap(o))
	delete(out, out.key(a.parts.Sub))
	if len(v) > 1 {
		return fmt.Errorf("%s holds one value, not %d", a.parts.Path(), len(v))
	}
	if len(v) == 1 {
		out[a.parts.Sub] = a.def.typed(a.parts.Sub, v[0])
	}
	a.put(holder, map[string]any(out))
	return nil
}

func (a place) assignList(holder Resource, v attr.Values) error {
	sub := cmp.Or(a.parts.Sub, "value")
	if sub != "value" && (a.parts.Where == "" || len(v) > 1) {
		return fmt.Errorf("%s: choose one element, as in %s[type eq \"work\"].%s, and give one value", a.parts.Path(), a.parts.Name, sub)
	}
	var out []any
	done := false // the values stand where the first match stood
	have := elements(holder.Get(a.parts.Name))
	for _, e := range have {
		switch {
		case !a.matches(e):
			out = append(out, e)
		case sub != "value":
			if o := a.part(e, sub, v, !done); len(o) > 0 {
				out = append(out, map[string]any(o))
			}
			done = true
		case !done:
			out = append(out, a.values(have, v)...)
			done = true
		}
	}
	if !done && len(v) > 0 {
		out = append(out, a.values(nil, v)...)
	}
	a.put(holder, a.onePrimary(out, sub, v))
	return nil
}

// part returns a copy of e whose sub is v; only the first match is given a value.
func (a place) part(e any, sub string, v attr.Values, first bool) Resource {
	o := Resource(cloneMap(asObject(e)))
	if !first && len(v) > 0 {
		return o
	}
	delete(o, o.key(sub))
	if len(v) == 1 {
		o[sub] = a.def.typed(sub, v[0])
	}
	return o
}

// values returns one element for each of v: the one of have that holds it already, else the next that would go, changed, else a new one.
func (a place) values(have []any, v attr.Values) []any {
	sub := cmp.Or(a.parts.Sub, "value")
	var spare []any
	kept := map[string]any{}
	for _, e := range have {
		if !a.matches(e) {
			continue
		}
		if s := asObject(e).Text(sub); slices.Contains(v, s) && kept[s] == nil {
			kept[s] = e
		} else {
			spare = append(spare, e)
		}
	}
	out := make([]any, 0, len(v))
	for _, s := range slices.Compact(slices.Clone(v)) {
		if kept[s] != nil {
			out = append(out, kept[s])
			continue
		}
		o := Resource{}
		if len(spare) > 0 {
			o, spare = cloneMap(asObject(spare[0])), spare[1:]
			delete(o, o.key("display")) // belonged to the old value
		} else if a.parts.Where != "" {
			o[a.parts.Where] = a.def.typed(a.parts.Where, a.parts.Value)
		}
		o[sub] = a.def.typed(sub, s)
		out = append(out, map[string]any(o))
	}
	return out
}

// onePrimary takes primary from the elements that were not chosen when the chosen one has just become it.
func (a place) onePrimary(list []any, sub string, v attr.Values) []any {
	if sub != "primary" || v.First() != "true" {
		return list
	}
	for i, e := range list {
		if o, ok := object(e); ok && !a.matches(e) && o.Get("primary") == true {
			c := Resource(cloneMap(o))
			c[c.key("primary")] = false
			list[i] = map[string]any(c)
		}
	}
	return list
}
