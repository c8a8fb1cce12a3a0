package scim

import (
	"maps"
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
