package scim

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Check returns what a client may write of body, in canonical form: names as the schemas spell them, types checked, read-only attributes and what is
// unassigned left out, the schemas listed that have values. Its errors are of type *Error and name the attribute.
func (t *Type) Check(body Resource, tol *Tolerances) (Resource, error) {
	out, err := t.checked(body, tol)
	if err == nil {
		err = t.required(nil, out)
	}
	if err == nil {
		err = t.form(nil, out, tol)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// required asks for what must be there. What was missing in old may be missing still.
func (t *Type) required(old, fresh Resource) error {
	for _, a := range t.names[""] {
		if a.Required && unassigned(fresh[a.Name]) && (old == nil || !unassigned(old[a.Name])) {
			return Errorf(InvalidValue, "%s is required", a.Name)
		}
	}
	return nil
}

func (t *Type) checked(body Resource, tol *Tolerances) (Resource, error) {
	c := checker{t: t, tol: tol}
	out, err := c.resource(body)
	if err != nil {
		return nil, err
	}
	t.list(out)
	return out, nil
}

// list makes schemas name what r has.
func (t *Type) list(r Resource) {
	have := []any{t.Core.URN}
	for _, e := range t.Extensions {
		if !unassigned(r[e.URN]) {
			have = append(have, e.URN)
		}
	}
	r["schemas"] = have
}

type checker struct {
	t   *Type
	tol *Tolerances
}

func (c checker) resource(body Resource) (Resource, error) {
	if err := c.schemas(body.Get("schemas")); err != nil {
		return nil, err
	}
	out := Resource{}
	for _, k := range slices.Sorted(maps.Keys(body)) {
		v := body[k]
		if urn, ok := c.t.extension(k); ok {
			o, isObject := object(v)
			if !isObject && v != nil {
				return nil, Errorf(InvalidValue, "%s must be an object, not %s", urn, nameOf(v))
			}
			if err := c.attributes(out, urn, o); err != nil {
				return nil, err
			}
			continue
		}
		if err := c.attribute(out, "", k, v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// schemas checks the list of schemas that a body begins with.
func (c checker) schemas(v any) error {
	list := elements(v)
	if len(list) == 0 {
		if c.tol.Use(NoPatchSchema) {
			return nil
		}
		return Errorf(InvalidSyntax, "schemas is missing: name %s", c.t.Core.URN)
	}
	core := false
	for _, e := range list {
		urn := text(e)
		core = core || strings.EqualFold(urn, c.t.Core.URN)
		if _, known := c.t.extension(urn); !known && !strings.EqualFold(urn, c.t.Core.URN) {
			if !c.tol.Use(UnknownSchemas) {
				return Errorf(InvalidValue, "schema %q is not one of this service", urn)
			}
		}
	}
	if !core && !c.tol.Use(NoPatchSchema) {
		return Errorf(InvalidSyntax, "schemas must name %s", c.t.Core.URN)
	}
	return nil
}

func (c checker) attributes(out Resource, urn string, o Resource) error {
	for _, k := range slices.Sorted(maps.Keys(o)) {
		if strings.EqualFold(k, "schemas") {
			continue // some clients name the schema within the extension again
		}
		if err := c.attribute(out, urn, k, o[k]); err != nil {
			return err
		}
	}
	return nil
}

// attribute puts one attribute into out.
func (c checker) attribute(out Resource, urn, name string, v any) error {
	a := c.t.names[strings.ToLower(urn)][strings.ToLower(name)]
	if a == nil {
		return c.unknown(out, urn, name, v)
	}
	path := Place{URN: urn, Attr: a}.Path()
	if a.mutability() == ReadOnly || a.Name == "schemas" || v == nil {
		return nil
	}
	v, err := c.values(a, path, v)
	if err != nil || unassigned(v) || v == "" {
		return err
	}
	holder := out
	if urn != "" {
		if holder, _ = object(out[urn]); holder == nil {
			holder = Resource{}
			out[urn] = map[string]any(holder)
		}
	}
	if _, twice := holder[a.Name]; twice {
		return Errorf(InvalidSyntax, "%s stands there twice", path)
	}
	holder[a.Name] = v
	return nil
}

// unknown says what becomes of an attribute that no schema has.
func (c checker) unknown(out Resource, urn, name string, v any) error {
	path := name
	if urn != "" {
		path = urn + ":" + name
	}
	if urn == "" && strings.EqualFold(name, "password") {
		if c.tol.Use(DropPassword) {
			return nil
		}
		return Errorf(InvalidValue, "password is not kept here: leave it out")
	}
	if v == nil {
		return nil
	}
	if c.flat(name) {
		p, ok := c.t.Find(name)
		if ok && p.Attr != nil && c.tol.Use(FlatKeys) {
			return c.flatKey(out, p, v)
		}
	}
	switch {
	case isURN(name) && !c.t.Closed && c.tol.Use(UnknownSchemas), !isURN(name) && c.tol.Use(DropUnknown):
		return nil
	case c.t.Closed:
		return Errorf(InvalidValue, "the attribute %q is not one of this service: remove its mapping", path)
	}
	return Errorf(InvalidValue, "there is no attribute %q", path)
}

// flat reports whether a key is a whole path.
func (c checker) flat(key string) bool { return strings.ContainsAny(key, ".:") }

// flatKey puts the value of a key that is a whole path.
func (c checker) flatKey(out Resource, p Place, v any) error {
	if p.Sub == nil {
		return c.attribute(out, p.URN, p.Attr.Name, v)
	}
	if p.Attr.Multi {
		return Errorf(InvalidPath, "%s: say which of several values is meant", p.Path())
	}
	holder := out
	if p.URN != "" {
		if holder, _ = object(out[p.URN]); holder == nil {
			holder = Resource{}
			out[p.URN] = map[string]any(holder)
		}
	}
	o, _ := object(holder[p.Attr.Name])
	o = Resource(cloneMap(o))
	o[p.Sub.Name] = v
	checked, err := c.object(p.Attr, p.Path(), o)
	if err == nil && len(checked) > 0 {
		holder[p.Attr.Name] = map[string]any(checked)
	}
	return err
}

// values checks the value of an attribute, one or several.
func (c checker) values(a *Attribute, path string, v any) (any, error) {
	list, isList := v.([]any)
	if !a.Multi {
		if isList {
			if len(list) == 0 {
				return nil, nil
			}
			if len(list) != 1 || !c.tol.Use(c.oneOf(a)) {
				return nil, Errorf(InvalidValue, "%s holds one value, not a list", path)
			}
			v = list[0]
		}
		return c.one(a, path, v)
	}
	if !isList {
		if !c.tol.Use(OneOrMany) {
			return nil, Errorf(InvalidValue, "%s must be a list, not %s", path, nameOf(v))
		}
		list = []any{v}
	}
	out := make([]any, 0, len(list))
	for _, e := range list {
		e, err := c.one(a, path, e)
		if err != nil {
			return nil, err
		}
		if !unassigned(e) && e != "" {
			out = append(out, e)
		}
	}
	if n := primaries(out); n > 1 {
		return nil, Errorf(InvalidValue, "%s has %d primary values", path, n)
	}
	return appendNew(nil, out), nil
}

// oneOf names the tolerance by which a list is taken for its only value.
func (c checker) oneOf(a *Attribute) Tolerance {
	if a.Name == "manager" {
		return BareManager
	}
	return OneOrMany
}

func (c checker) one(a *Attribute, path string, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	if a.kind() != Complex {
		return c.simple(a, path, v)
	}
	o, ok := object(v)
	if _, isText := v.(string); isText && a.Name == "manager" && c.tol.Use(BareManager) {
		o, ok = Resource{"value": v}, true
	}
	if !ok {
		return nil, Errorf(InvalidValue, "%s must be an object, not %s", path, nameOf(v))
	}
	checked, err := c.object(a, path, o)
	if err != nil || len(checked) == 0 {
		return nil, err
	}
	return map[string]any(checked), nil
}

func (c checker) object(a *Attribute, path string, o Resource) (Resource, error) {
	out := Resource{}
	for _, k := range slices.Sorted(maps.Keys(o)) {
		sub := a.sub(k)
		if sub == nil {
			if o[k] == nil || c.tol.Use(DropUnknown) {
				continue
			}
			return nil, Errorf(InvalidValue, "%s has no %q", path, k)
		}
		if o[k] == nil && sub.Name == "$ref" && !c.tol.Use(NullRefs) {
			return nil, Errorf(InvalidValue, "%s.$ref is null: leave it out", path)
		}
		if o[k] == nil || sub.mutability() == ReadOnly {
			continue
		}
		v, err := c.values(sub, path+"."+sub.Name, o[k])
		if err != nil {
			return nil, err
		}
		if !unassigned(v) && v != "" {
			out[sub.Name] = v
		}
	}
	return out, nil
}

// simple checks one simple value; texts stand for booleans where that is allowed.
func (c checker) simple(a *Attribute, path string, v any) (any, error) {
	if s, isText := v.(string); isText && a.kind() == Boolean {
		b := strings.EqualFold(s, "true")
		if (b || strings.EqualFold(s, "false")) && c.tol.Use(TextBooleans) {
			return b, nil
		}
	}
	return a.value(v, path)
}

// Settled returns an error if a change from old to fresh touches what was set for good.
func (t *Type) Settled(old, fresh Resource) error {
	for urn, names := range t.names {
		was, is := old.holder(urn), fresh.holder(urn)
		for _, a := range names {
			if a.mutability() == Immutable && !unassigned(was.Get(a.Name)) && !sameValue(was.Get(a.Name), is.Get(a.Name)) {
				return &Error{Status: http.StatusBadRequest, Type: Mutability, Detail: Place{URN: urn, Attr: a}.Path() + " cannot be changed once it is set"}
			}
		}
	}
	return nil
}
