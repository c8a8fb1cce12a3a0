package scim

import (
	"maps"
	"slices"
	"strings"

	"muster/internal/attr/filter"
)

// Patch returns r, in canonical form, with the operations applied in order and checked by the schemas. If one cannot be applied, none is. Operations on the
// members of a group are not for it: see Members.
func (t *Type) Patch(r Resource, ops []Operation, tol *Tolerances) (Resource, error) {
	p := &patcher{r: r.Clone()}
	for _, op := range ops {
		if err := t.apply(p, op, tol); err != nil {
			return nil, err
		}
	}
	p.r["schemas"] = []any{t.Core.URN}
	out, err := t.checked(p.r, tol)
	if err == nil {
		err = t.required(r, out)
	}
	if err == nil {
		err = t.form(r, out, tol)
	}
	if err != nil {
		return nil, err
	}
	return out, t.Settled(r, out)
}

// Verb returns the operation's verb.
func (op Operation) Verb(tol *Tolerances) (string, error) {
	verb := strings.ToLower(op.Op)
	if verb != "add" && verb != "replace" && verb != "remove" {
		return "", Errorf(InvalidSyntax, "op %q is not add, replace or remove", op.Op)
	}
	if verb != op.Op && !tol.Use(OpCase) {
		return "", Errorf(InvalidSyntax, "op %q must be written %s", op.Op, verb)
	}
	return verb, nil
}

func (t *Type) apply(p *patcher, op Operation, tol *Tolerances) error {
	verb, err := op.Verb(tol)
	if err != nil {
		return err
	}
	if strings.TrimSpace(op.Path) != "" {
		return t.applyAt(p, verb, op.Path, op.Value, tol)
	}
	if verb == "remove" {
		return Errorf(NoTarget, "remove needs a path")
	}
	value, ok := object(op.Value)
	if !ok {
		return Errorf(InvalidValue, "without a path the value must be an object")
	}
	for _, k := range slices.Sorted(maps.Keys(value)) {
		if err := t.key(p, verb, k, value[k], tol); err != nil {
			return err
		}
	}
	return nil
}

// key applies one key of a partial resource: an attribute, an extension, or a whole path.
func (t *Type) key(p *patcher, verb, key string, value any, tol *Tolerances) error {
	if strings.EqualFold(key, "schemas") || strings.EqualFold(key, "meta") {
		return nil
	}
	if urn, ok := t.extension(key); ok {
		o, isObject := object(value)
		if !isObject {
			return t.applyAt(p, verb, key, value, tol)
		}
		return t.extensionAt(p, verb, urn, map[string]any(o), tol)
	}
	if strings.ContainsAny(key, ".[:") && !tol.Use(FlatKeys) {
		return Errorf(InvalidPath, "%q is a path: an object has attributes as its keys", key)
	}
	return t.applyAt(p, verb, key, value, tol)
}

// extensionAt applies one operation to a whole extension.
func (t *Type) extensionAt(p *patcher, verb, urn string, value any, tol *Tolerances) error {
	o, isObject := object(value)
	if verb == "remove" || !isObject {
		return p.extension(verb, urn, value)
	}
	for _, k := range slices.Sorted(maps.Keys(o)) {
		if strings.EqualFold(k, "schemas") {
			continue // some clients name the schema within the extension again
		}
		if err := t.applyAt(p, verb, urn+":"+k, o[k], tol); err != nil {
			return err
		}
	}
	return nil
}

// applyAt applies one operation to what a path leads to.
func (t *Type) applyAt(p *patcher, verb, path string, value any, tol *Tolerances) error {
	place, where, err := t.place(path, tol)
	if err != nil || place == (Place{}) {
		return err
	}
	if place.Attr == nil {
		return t.extensionAt(p, verb, place.URN, value, tol)
	}
	if skip, err := t.allowed(p.r, place, verb, value, tol); skip || err != nil {
		return err
	}
	if verb != "remove" && value == "" {
		if !tol.Use(ClearByEmpty) {
			return Errorf(InvalidValue, "%s is empty: null clears", place.Path())
		}
		value = nil
	}
	if verb == "remove" && value != nil {
		return t.removeValue(p, place, where, value, tol)
	}
	if _, isObject := object(value); !isObject && value != nil && verb != "remove" && place.Sub == nil && place.Attr.Name == "manager" && !tol.Allows(BareManager) {
		return Errorf(InvalidValue, "%s must be an object, not %s", place.Path(), nameOf(value))
	}
	if where == nil || place.Attr.Multi {
		return p.change(verb, place, where, coerce(place, where, value, tol), tol)
	}
	return p.single(verb, place, where)
}

// removeValue removes what a client names beside the path: of a list those values, of one value that one if it is it.
func (t *Type) removeValue(p *patcher, at Place, where filter.Node, value any, tol *Tolerances) error {
	if !tol.Use(RemoveByValue) {
		return Errorf(InvalidValue, `remove takes no value: name it in the path, as in emails[type eq "home"]`)
	}
	if where != nil || at.Attr.Multi {
		return p.change("remove", at, where, value, tol)
	}
	have := p.holder(at.URN).Get(at.Attr.Name)
	if at.Sub != nil {
		have = asObject(have).Get(at.Sub.Name)
	}
	if !sameValue(have, value) {
		return nil
	}
	return p.change("remove", at, nil, nil, tol)
}

// place parses a path and finds out what it leads to. It returns nothing for what is left out quietly.
func (t *Type) place(path string, tol *Tolerances) (Place, filter.Node, error) {
	plain, sub, where, err := t.brackets(path)
	if err != nil {
		return Place{}, nil, err
	}
	at, ok := t.Find(plain + sub)
	switch {
	case ok:
		return at, where, t.bracketed(at, where, path)
	case strings.EqualFold(plain, "password") && tol.Use(DropPassword):
		return Place{}, nil, nil
	case strings.Count(strings.TrimPrefix(plain[strings.LastIndexByte(plain, ':')+1:], "."), ".")+strings.Count(sub, ".") > 1:
		return Place{}, nil, Errorf(InvalidPath, "path %q: there are only attributes and sub-attributes", path)
	case tol.Use(DropUnknown):
		return Place{}, nil, nil
	}
	return Place{}, nil, Errorf(InvalidPath, "path %q leads to nothing that the schemas have", path)
}

// brackets takes the value filter out of a path.
func (t *Type) brackets(path string) (plain, sub string, where filter.Node, err error) {
	path = strings.TrimSpace(path)
	i := strings.IndexByte(path, '[')
	if i < 0 {
		return path, "", nil, nil
	}
	j := closing(path, i)
	if j < 0 {
		return "", "", nil, Errorf(InvalidPath, "path %q: '[' without ']'", path)
	}
	_, name, ok := t.cut(path[:i])
	if !ok {
		name = path[:i]
	}
	f, err := filter.ParseSCIM(name + path[i:j+1])
	if err != nil {
		return "", "", nil, Errorf(InvalidPath, "path %q: %v", path, err)
	}
	chosen, ok := f.Root.(filter.Elements)
	if !ok {
		return "", "", nil, Errorf(InvalidPath, "path %q is not an attribute", path)
	}
	sub = path[j+1:]
	if sub != "" && (sub[0] != '.' || !isAttrName(sub[1:])) {
		return "", "", nil, Errorf(InvalidPath, "path %q: after ']' comes '.' and a sub-attribute", path)
	}
	return path[:i], sub, chosen.Where, nil
}

// bracketed checks the names in a value filter.
func (t *Type) bracketed(at Place, where filter.Node, path string) error {
	if where == nil {
		return nil
	}
	if at.Attr == nil || at.Attr.kind() != Complex && !at.Attr.Multi {
		return Errorf(InvalidPath, "path %q: %s has no elements to choose from", path, at.Path())
	}
	for _, name := range (filter.Filter{Root: where, Syntax: filter.SCIM}).Names() {
		if at.Attr.sub(name) == nil && (at.Attr.kind() == Complex || name != "value") {
			return Errorf(InvalidPath, "path %q: %s has no %s", path, at.Attr.Name, name)
		}
	}
	return nil
}

// allowed says whether a place may be written, and whether there is nothing to do.
func (t *Type) allowed(r Resource, at Place, verb string, value any, tol *Tolerances) (skip bool, err error) {
	if at.Attr.mutability() == ReadOnly || at.Sub != nil && at.Sub.mutability() == ReadOnly {
		if at.Attr.Name == "id" && verb != "remove" && text(value) == r.ID() && tol.Use(EchoedID) {
			return true, nil
		}
		return false, Errorf(Mutability, "%s cannot be written", at.Path())
	}
	if at.Attr.Name == "schemas" {
		return false, Errorf(Mutability, "schemas follows from the attributes: add or remove these")
	}
	if at.URN == "" && at.Attr.Name == "active" && (verb == "remove" || unassigned(value)) {
		return false, Errorf(Mutability, "active is always there: set it to true or false")
	}
	if at.Attr.Required && at.Sub == nil && (verb == "remove" || unassigned(value) || value == "") {
		return false, Errorf(Mutability, "%s is required", at.Path())
	}
	return false, nil
}

// change applies an operation whose place is known, by the rules that need no schema.
func (p *patcher) change(verb string, at Place, where filter.Node, value any, tol *Tolerances) error {
	target := target{urn: at.URN, name: at.Attr.Name, where: where, def: at.Attr.definition()}
	if at.Sub != nil {
		target.sub = at.Sub.Name
	}
	holder := p.holder(at.URN)
	var err error
	switch {
	case where != nil:
		if verb == "replace" && !slices.ContainsFunc(elements(holder.Get(target.name)), target.matches) && tol.Use(Upsert) {
			verb = "add"
		}
		err = target.filtered(holder, verb, value)
	case target.sub != "":
		err = target.subAttribute(holder, verb, value)
	default:
		err = target.attribute(holder, verb, value)
	}
	if at.URN != "" && len(holder) == 0 {
		delete(p.r, p.r.key(at.URN))
	}
	return err
}

// single removes a complex attribute with one value if a filter chooses it: manager[value eq "id"].
func (p *patcher) single(verb string, at Place, where filter.Node) error {
	if verb != "remove" {
		return Errorf(InvalidPath, "%s has one value: there is nothing to choose", at.Path())
	}
	target := target{urn: at.URN, name: at.Attr.Name, where: where, def: at.Attr.definition()}
	holder := p.holder(at.URN)
	if have := holder.Get(target.name); have != nil && target.matches(have) {
		target.set(holder, nil)
	}
	if at.URN != "" && len(holder) == 0 {
		delete(p.r, p.r.key(at.URN))
	}
	return nil
}

// definition returns what the application of a PATCH needs to know of a.
func (a *Attribute) definition() definition {
	d := definition{name: a.Name, multi: a.Multi, required: a.Required, checked: true}
	switch a.kind() {
	case Complex:
		d.kind = complexKind
		for _, s := range a.Sub {
			d.subs = append(d.subs, s.Name)
		}
	case Boolean:
		d.kind = boolKind
	}
	return d
}

// coerce brings a value into the form that its place wants, where the client may send another.
func coerce(at Place, where filter.Node, value any, tol *Tolerances) any {
	a := at.Attr
	if at.Sub != nil {
		a = at.Sub
	}
	switch {
	case a.kind() == Boolean:
		if s, ok := value.(string); ok && (strings.EqualFold(s, "true") || strings.EqualFold(s, "false")) && tol.Use(TextBooleans) {
			return strings.EqualFold(s, "true")
		}
	case a.kind() == Complex && a.Name == "manager":
		if list, ok := value.([]any); ok && len(list) == 1 && tol.Use(BareManager) {
			value = list[0]
		}
		if s, ok := value.(string); ok && s != "" && tol.Use(BareManager) {
			return map[string]any{"value": s}
		}
	case a.kind() == Complex && a.Multi && where == nil:
		c := checker{tol: tol}
		list := slices.Clone(elements(value))
		for i, e := range list {
			if o, ok := object(e); ok {
				list[i] = c.booleans(a, o)
			}
		}
		if list != nil {
			return list
		}
	}
	return value
}

// booleans returns o with texts turned into booleans where a has booleans.
func (c checker) booleans(a *Attribute, o Resource) map[string]any {
	out := cloneMap(o)
	for k, v := range out {
		if sub := a.sub(k); sub != nil && sub.kind() == Boolean {
			if b, err := c.simple(sub, k, v); err == nil {
				out[k] = b
			}
		}
	}
	return out
}
