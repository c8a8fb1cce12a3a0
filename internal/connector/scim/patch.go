package scim

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"muster/internal/attr"
	"muster/internal/scim"
)

// touchesList reports whether one of paths lies in an element of a list. Changing that well takes a look at what is there.
func touchesList(paths []attr.Path) bool {
	return slices.ContainsFunc(paths, func(p attr.Path) bool { return listPath(split(p)) })
}

// split returns the pieces of a path that is canonical already.
func split(p attr.Path) attr.Parts {
	parts, _ := attr.Split(string(p))
	return parts
}

func listPath(p attr.Parts) bool {
	if p.Where != "" {
		return true
	}
	probe := scim.Resource{}
	if scim.Assign(probe, p.Path(), attr.Values{"x"}) != nil {
		return true
	}
	_, list := within(probe, p).([]any)
	return list && p.Sub != ""
}

// within returns the raw value of the attribute that p names, its sub-attribute left aside.
func within(r scim.Resource, p attr.Parts) any {
	if p.URN == "" {
		return r.Get(p.Name)
	}
	ext, _ := r.Get(p.URN).(map[string]any)
	return scim.Resource(ext).Get(p.Name)
}

// operations returns the PATCH that makes have hold what want says at changed. Each attribute is replaced or removed by itself; of a list as little is
// touched as can be. If have is nil, changed has no path within a list.
func (c *Connector) operations(have scim.Resource, want attr.Set, changed []attr.Path) ([]scim.Operation, error) {
	next := have.Clone()
	if next == nil {
		next = scim.Resource{}
	}
	if err := c.assign(next, want, changed); err != nil {
		return nil, err
	}
	var ops []scim.Operation
	done := map[string]bool{}
	for _, p := range changed {
		parts := split(c.wire(p))
		name := attr.Parts{URN: parts.URN, Name: parts.Name}
		switch {
		case listPath(parts):
			if at := string(name.Path()); !done[at] {
				done[at] = true
				ops = append(ops, c.listOperations(at, parts, within(have, parts), within(next, parts))...)
			}
		case parts.Path() == c.wire(managerPath("value")): // services take the manager as one object (RFC 7643 §4.3)
			var manager any
			if id := want.First(p); id != "" {
				manager = map[string]any{parts.Sub: id}
			}
			ops = append(ops, c.operation(string(name.Path()), manager))
		case parts.Sub != "":
			sub, _ := within(next, parts).(map[string]any)
			ops = append(ops, c.operation(string(parts.Path()), sub[parts.Sub]))
		default:
			ops = append(ops, c.operation(string(name.Path()), within(next, parts)))
		}
	}
	return ops, nil
}

// operation replaces or clears one attribute.
func (c *Connector) operation(path string, value any) scim.Operation {
	switch {
	case value != nil:
		return scim.Operation{Op: "replace", Path: path, Value: value}
	case c.profile.ClearMode == "null":
		return scim.Operation{Op: "replace", Path: path, Value: json.RawMessage("null")}
	case c.profile.ClearMode == "empty":
		return scim.Operation{Op: "replace", Path: path, Value: ""}
	}
	return scim.Operation{Op: "remove", Path: path}
}

// listOperations returns what turns the list have, at path, into next: one element's part replaced, elements added or removed, or else all replaced.
func (c *Connector) listOperations(path string, p attr.Parts, have, next any) []scim.Operation {
	old, _ := have.([]any)
	list, _ := next.([]any)
	switch {
	case reflect.DeepEqual(old, list):
		return nil
	case len(list) == 0:
		return []scim.Operation{{Op: "remove", Path: path}}
	case c.profile.ListUpdate == "element" && len(list) > len(old) && slices.EqualFunc(old, list[:len(old)], func(a, b any) bool { return reflect.DeepEqual(a, b) }):
		return []scim.Operation{{Op: "add", Path: path, Value: list[len(old):]}}
	}
	if v, ok := onePart(p, old, list); ok && c.profile.ListUpdate == "element" {
		return []scim.Operation{{Op: "replace", Path: filtered(path, p) + "." + p.Sub, Value: v}}
	}
	list = slices.Clone(list)
	for i, e := range list {
		if o, ok := e.(map[string]any); ok {
			o = scim.Resource(o).Clone()
			dropNulls(o)
			list[i] = o
		}
	}
	return []scim.Operation{{Op: "replace", Path: path, Value: list}}
}

// onePart reports whether the lists differ in nothing but a new value of p.Sub in the one element that p chooses, and returns that value.
func onePart(p attr.Parts, old, list []any) (any, bool) {
	if len(old) != len(list) || p.Where == "" {
		return nil, false
	}
	at, matches := -1, 0
	for i := range old {
		o, _ := old[i].(map[string]any)
		if strings.EqualFold(scim.Resource(o).Text(p.Where), p.Value) {
			matches++
		}
		if !reflect.DeepEqual(old[i], list[i]) {
			if at >= 0 {
				return nil, false
			}
			at = i
		}
	}
	before, okBefore := old[at].(map[string]any)
	after, okAfter := list[at].(map[string]any)
	if !okBefore || !okAfter {
		return nil, false
	}
	want := maps.Clone(before)
	want[p.Sub] = after[p.Sub]
	return after[p.Sub], matches == 1 && after[p.Sub] != nil && reflect.DeepEqual(want, after)
}

// filtered returns path with p's filter; what compares with a boolean stands without quotes.
func filtered(path string, p attr.Parts) string {
	if p.Where == "primary" {
		return path + "[primary eq " + p.Value + "]"
	}
	return path + "[" + p.Where + " eq " + quote(p.Value) + "]"
}
