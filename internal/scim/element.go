package scim

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

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
	wrong := d.kind == complexKind && !isObject || d.kind == boolKind && !isBool || known && !d.checked && d.kind == textKind && !isText
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

// appendNew appends those of fresh that have does not hold. It is linear: members come by the ten thousand.
func appendNew(have, fresh []any) []any {
	out := slices.Clone(have)
	known := make(map[string]bool, len(have)+len(fresh))
	for _, e := range have {
		known[identity(e)] = true
	}
	for _, v := range fresh {
		if id := identity(v); !known[id] {
			known[id] = true
			out = append(out, v)
		}
	}
	return out
}

// known takes out of fresh what have holds already: RFC 7643 §2.4 allows each pair of type and value once. One that comes again as the primary becomes it.
func known(have, fresh []any) (all, rest []any) {
	at := make(map[string]int, len(have))
	for i, e := range have {
		if p := pair(e); p != "" {
			at[p] = i
		}
	}
	all = have
	for _, e := range fresh {
		i, twice := at[pair(e)]
		if !twice {
			rest = append(rest, e)
			continue
		}
		if old := asObject(have[i]); asObject(e).Get("primary") == true && old.Get("primary") != true {
			demote(all)
			old = cloneMap(old)
			old[old.key("primary")] = true
			all = slices.Clone(all)
			all[i] = map[string]any(old)
		}
	}
	return all, rest
}

// pair returns type and value of an element as one text, or "" if it has no value.
func pair(e any) string {
	o, ok := object(e)
	if !ok || o.Text("value") == "" {
		return ""
	}
	return o.Text("value") + "\x00" + strings.ToLower(o.Text("type"))
}

// identity returns a text that is equal for elements that are one: RFC 7643 §2.4 allows each pair of type and value once. That one of them is primary
// makes a difference, or adding primary would change nothing.
func identity(e any) string {
	o, ok := object(e)
	if ok && o.Text("value") != "" {
		return "v\x00" + o.Text("value") + "\x00" + strings.ToLower(o.Text("type")) + "\x00" + strconv.FormatBool(o.Get("primary") == true)
	}
	b, _ := json.Marshal(e) // what came from JSON goes back to it
	return string(b)
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
