package scim

import (
	"slices"
)

// set stores v under the canonical name, nothing if v is unassigned.
func (t target) set(holder Resource, v any) {
	delete(holder, holder.key(t.name))
	if !unassigned(v) {
		holder[t.name] = v
	}
}

func (t target) attribute(holder Resource, verb string, value any) error {
	have := holder.Get(t.name)
	_, haveList := have.([]any)
	_, list := value.([]any)
	multi := t.def.multi || t.def.kind != complexKind && (haveList || list)
	switch {
	case verb == "remove" && value != nil && multi:
		t.set(holder, without(elements(have), elements(value)))
		return nil
	case verb == "remove" || value == nil:
		t.set(holder, nil)
		return nil
	case multi:
		return t.list(holder, verb, elements(have), elements(value))
	}
	v, err := t.def.single(value)
	if err != nil {
		return err
	}
	if old, ok := object(have); ok {
		if add, ok := object(v); ok {
			v = merged(old, add)
		}
	}
	t.set(holder, v)
	return nil
}

// list appends to or replaces a multi-valued attribute.
func (t target) list(holder Resource, verb string, have, values []any) error {
	fresh := make([]any, 0, len(values))
	for _, v := range values {
		if _, ok := object(v); !ok && t.def.kind == complexKind {
			return Errorf(InvalidValue, "the values of %s must be objects", t.name)
		}
		fresh = append(fresh, clean(v))
	}
	n := primaries(fresh)
	if n > 1 {
		return Errorf(InvalidValue, "%s has %d primary values", t.name, n)
	}
	if verb == "add" {
		if have, fresh = known(have, fresh); primaries(fresh) == 1 {
			demote(have)
		}
	}
	if verb == "replace" {
		have = nil
	}
	t.set(holder, appendNew(have, fresh))
	return nil
}

func (t target) subAttribute(holder Resource, verb string, value any) error {
	have := holder.Get(t.name)
	if list, ok := have.([]any); ok || t.def.multi {
		if len(list) == 0 && verb != "remove" {
			list = []any{map[string]any{}}
		}
		return t.each(holder, list, verb, value, func(any) bool { return true })
	}
	o, ok := object(have)
	if !ok {
		if have != nil || t.def.kind != complexKind && t.urn == "" && isCore(t.name) {
			return Errorf(InvalidPath, "%s has no sub-attributes", t.name)
		}
		o = Resource{}
	}
	o = cloneMap(o)
	if err := t.assign(o, verb, value); err != nil {
		return err
	}
	t.set(holder, map[string]any(o))
	return nil
}

func isCore(name string) bool {
	_, ok := define("", name)
	return ok
}

// assign sets or removes the sub-attribute of one object.
func (t target) assign(o Resource, verb string, value any) error {
	have, several := o.Get(t.sub).([]any)
	if several && verb == "add" {
		o[o.key(t.sub)] = appendNew(have, elements(cloneValue(value)))
		return nil
	}
	delete(o, o.key(t.sub))
	if verb == "remove" || unassigned(value) {
		return nil
	}
	if t.def.kind == complexKind && !t.def.checked {
		if _, isBool := value.(bool); isBool != (t.sub == "primary") || !scalar(value) {
			return Errorf(InvalidValue, "%s.%s has the wrong type", t.name, t.sub)
		}
	}
	o[t.sub] = cloneValue(value)
	return nil
}

func (t target) filtered(holder Resource, verb string, value any) error {
	list := elements(holder.Get(t.name))
	found := slices.ContainsFunc(list, t.matches)
	if !found {
		switch verb {
		case "remove":
			return nil
		case "replace":
			return Errorf(NoTarget, "no value of %s matches the filter", t.name)
		}
		seed := Resource{}
		if !terms(t.where, seed) {
			return Errorf(NoTarget, "no value of %s matches, and none can be made from this filter", t.name)
		}
		list = append(slices.Clone(list), map[string]any(seed))
	}
	if verb == "remove" && t.sub == "" {
		t.set(holder, slices.DeleteFunc(slices.Clone(list), t.matches))
		return nil
	}
	return t.each(holder, list, verb, value, t.matches)
}

// each changes every element that match accepts, and drops those that become empty.
func (t target) each(holder Resource, list []any, verb string, value any, match func(any) bool) error {
	out := make([]any, 0, len(list))
	promoted := -1
	for _, e := range list {
		if !match(e) {
			out = append(out, e)
			continue
		}
		o := Resource(cloneMap(asObject(e)))
		if err := t.element(&o, verb, value); err != nil {
			return err
		}
		if o.Get("primary") == true && asObject(e).Get("primary") != true {
			promoted = len(out)
		}
		if len(o) > 0 {
			out = append(out, map[string]any(o))
		}
	}
	if promoted >= 0 {
		demote(out[:promoted])
		demote(out[promoted+1:])
	}
	if _, single := object(holder.Get(t.name)); single && !t.def.multi && len(out) == 1 {
		t.set(holder, out[0])
		return nil
	}
	t.set(holder, out)
	return nil
}

func (t target) element(o *Resource, verb string, value any) error {
	if t.sub != "" {
		return t.assign(*o, verb, value)
	}
	v, ok := object(value)
	if list, isList := value.([]any); isList && len(list) == 1 {
		v, ok = object(list[0])
	}
	if !ok {
		return Errorf(InvalidValue, "the value for %s must be an object", t.name)
	}
	if verb == "add" {
		*o = merged(*o, v)
	} else {
		*o, _ = object(clean(v))
	}
	return nil
}
