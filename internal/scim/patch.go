package scim

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// Patch returns r with the operations applied in order (RFC 7644 §3.5.2). It changes neither r nor ops; if one operation cannot be applied, none is, and
// the error is an *Error. Types are checked where the core schemas define them; whether members exist and names are free is for the caller to say.
func Patch(r Resource, ops []Operation) (Resource, error) {
	if len(ops) == 0 {
		return nil, Errorf(InvalidSyntax, "Operations is empty")
	}
	p := &patcher{r: r.Clone()}
	if p.r == nil {
		p.r = Resource{}
	}
	for _, op := range ops {
		if err := p.apply(op); err != nil {
			return nil, err
		}
	}
	p.r.fixSchemas()
	return p.r, nil
}

type patcher struct{ r Resource }

func (p *patcher) apply(op Operation) error {
	verb := strings.ToLower(op.Op)
	if verb != "add" && verb != "replace" && verb != "remove" {
		return Errorf(InvalidSyntax, "op %q is not add, replace or remove", op.Op)
	}
	if strings.TrimSpace(op.Path) != "" {
		return p.at(verb, op.Path, op.Value)
	}
	if verb == "remove" {
		return Errorf(NoTarget, "remove needs a path")
	}
	value, ok := object(op.Value)
	if !ok {
		return Errorf(InvalidValue, "without a path the value must be an object")
	}
	return p.merge(verb, "", value)
}

// merge applies a partial resource. Keys may be attributes, extension URNs, and whole paths, as Entra sends them.
func (p *patcher) merge(verb, prefix string, value Resource) error {
	for _, k := range slices.Sorted(maps.Keys(value)) {
		if prefix == "" && (strings.EqualFold(k, "schemas") || strings.EqualFold(k, "meta")) {
			continue
		}
		if err := p.at(verb, prefix+k, value[k]); err != nil {
			return err
		}
	}
	return nil
}

func (p *patcher) at(verb, path string, value any) error {
	t, err := parseTarget(path, p.r)
	if err != nil {
		return err
	}
	if t.name == "" {
		return p.extension(verb, t.urn, value)
	}
	if t.def.readOnly {
		if t.name == "id" && verb != "remove" && text(value) == p.r.ID() {
			return nil // Okta repeats the id in each rename of a group
		}
		return Errorf(Mutability, "%s cannot be written", t.name)
	}
	if t.def.required && t.sub == "" && (verb == "remove" || unassigned(value) || value == "") {
		return Errorf(Mutability, "%s is required", t.name)
	}
	holder := p.holder(t.urn)
	switch {
	case t.where != nil:
		err = t.filtered(holder, verb, value)
	case t.sub != "":
		err = t.subAttribute(holder, verb, value)
	default:
		err = t.attribute(holder, verb, value)
	}
	if t.urn != "" && len(holder) == 0 {
		delete(p.r, p.r.key(t.urn))
	}
	return err
}

func (p *patcher) extension(verb, urn string, value any) error {
	if verb == "remove" || value == nil {
		delete(p.r, p.r.key(urn))
		return nil
	}
	o, ok := object(value)
	if !ok {
		return Errorf(InvalidValue, "%s must be an object", urn)
	}
	return p.merge(verb, urn+":", o)
}

// holder returns the object that holds the attributes of urn, made if it is missing.
func (p *patcher) holder(urn string) Resource {
	if urn == "" {
		return p.r
	}
	k := p.r.key(urn)
	o, ok := object(p.r[k])
	if !ok {
		o = Resource{}
	}
	p.r[k] = map[string]any(o)
	return o
}

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
	if n := primaries(fresh); n > 1 {
		return Errorf(InvalidValue, "%s has %d primary values", t.name, n)
	} else if n == 1 && verb == "add" {
		demote(have)
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
	delete(o, o.key(t.sub))
	if verb == "remove" || unassigned(value) {
		return nil
	}
	if t.def.kind == complexKind {
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

// single checks the value of a single-valued attribute and returns it in its stored form.
func (d definition) single(value any) (any, error) {
	if d.kind == complexKind {
		if list, ok := value.([]any); ok && len(list) == 1 {
			value = list[0]
		}
		if s, ok := value.(string); ok && d.name == "manager" {
			value = map[string]any{"value": s} // Entra sends the bare id
		}
	}
	_, isObject := object(value)
	_, isText := value.(string)
	_, isBool := value.(bool)
	_, known := coreAttributes[d.name]
	wrong := d.kind == complexKind && !isObject || d.kind == boolKind && !isBool || known && d.kind == textKind && !isText
	if wrong {
		return nil, &Error{Status: http.StatusBadRequest, Type: InvalidValue, Detail: d.name + " has the wrong type"}
	}
	return clean(value), nil
}

// clean returns a copy of v without nulls in objects.
func clean(v any) any {
	v = cloneValue(v)
	if o, ok := v.(map[string]any); ok {
		maps.DeleteFunc(o, func(_ string, e any) bool { return e == nil })
	}
	return v
}

func merged(old, add Resource) map[string]any {
	out := Resource(cloneMap(old))
	for k, v := range add {
		delete(out, out.key(k))
		if !unassigned(v) {
			out[k] = cloneValue(v)
		}
	}
	return out
}

// appendNew appends those of fresh that are not in have: elements are the same if they are equal, or if have lacks nothing but what services add.
func appendNew(have, fresh []any) []any {
	out := slices.Clone(have)
	for _, v := range fresh {
		if !slices.ContainsFunc(out, func(e any) bool { return same(e, v) }) {
			out = append(out, v)
		}
	}
	return out
}

// same reports whether two elements are one: RFC 7643 §2.4 allows each pair of type and value once.
func same(a, b any) bool {
	x, okA := object(a)
	y, okB := object(b)
	if !okA || !okB || x.Text("value") == "" {
		return reflect.DeepEqual(a, b)
	}
	return x.Text("value") == y.Text("value") && strings.EqualFold(x.Text("type"), y.Text("type")) && x.Text("primary") == y.Text("primary")
}

// without returns list less the elements whose value is that of one of gone.
func without(list, gone []any) []any {
	ids := map[string]bool{}
	for _, g := range gone {
		ids[asObject(g).Text("value")] = true
	}
	return slices.DeleteFunc(slices.Clone(list), func(e any) bool { return ids[asObject(e).Text("value")] })
}

func primaries(list []any) int {
	n := 0
	for _, e := range list {
		if o, ok := object(e); ok && o.Get("primary") == true {
			n++
		}
	}
	return n
}

// demote takes primary from every element of list, which is the patcher's own copy.
func demote(list []any) {
	for _, e := range list {
		if o, ok := object(e); ok && o.Get("primary") == true {
			o[o.key("primary")] = false
		}
	}
}
