package scim

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// A Resource is a user, group or part of one as a decoded JSON object. Names are looked up without regard to case (RFC 7643 §2.1).
type Resource map[string]any

// Get returns the value of the top-level attribute or extension name, or nil.
func (r Resource) Get(name string) any {
	if v, ok := r[name]; ok {
		return v
	}
	return r[r.key(name)]
}

// Text returns the value of the top-level attribute name as text, or "".
func (r Resource) Text(name string) string { return text(r.Get(name)) }

// ID returns the id.
func (r Resource) ID() string { return r.Text("id") }

// Active reports whether the account may sign in. A service that does not say so means yes.
func (r Resource) Active() bool {
	v := r.Get("active")
	return v == nil || !strings.EqualFold(text(v), "false")
}

// Members returns the ids in members, each once, in the order in which they stand.
func (r Resource) Members() []string {
	list := elements(r.Get("members"))
	out := make([]string, 0, len(list))
	seen := make(map[string]bool, len(list))
	for _, e := range list {
		id := text(e)
		if m, ok := object(e); ok {
			id = m.Text("value")
		}
		if id != "" && !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// Clone returns a deep copy.
func (r Resource) Clone() Resource {
	if r == nil {
		return nil
	}
	return cloneMap(r)
}

func cloneMap(m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = cloneValue(v)
	}
	return out
}

func cloneValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return cloneMap(v)
	case Resource:
		return cloneMap(v)
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = cloneValue(e)
		}
		return out
	}
	return v
}

// key returns the spelling under which r holds name; name itself if it holds none.
func (r Resource) key(name string) string {
	if _, ok := r[name]; ok {
		return name
	}
	for k := range r {
		if strings.EqualFold(k, name) {
			return k
		}
	}
	return name
}

func object(v any) (Resource, bool) {
	switch v := v.(type) {
	case map[string]any:
		return v, true
	case Resource:
		return v, true
	}
	return nil, false
}

// asObject returns an element of a multi-valued attribute as an object; a simple value counts as {"value": v}.
func asObject(e any) Resource {
	if o, ok := object(e); ok {
		return o
	}
	return Resource{"value": e}
}

// holder returns the object that holds the attributes of urn: r itself or an extension. It may be nil.
func (r Resource) holder(urn string) Resource {
	if urn == "" {
		return r
	}
	o, _ := object(r.Get(urn))
	return o
}

// elements returns v as a list: nothing for null, the list itself, or v alone.
func elements(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	case []string:
		out := make([]any, len(v))
		for i, s := range v {
			out[i] = s
		}
		return out
	}
	return []any{v}
}

// text returns a JSON scalar as text, and "" for null, objects and lists.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case json.Number:
		return v.String()
	case int:
		return strconv.Itoa(v)
	}
	return ""
}

// unassigned reports whether v is one of the spellings of "no value" (RFC 7643 §2.5).
func unassigned(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	case Resource:
		return len(v) == 0
	}
	return false
}

// fixSchemas makes the schemas list name exactly the extensions that r holds, besides the URNs that are no extension of r.
func (r Resource) fixSchemas() {
	var have []any
	for _, s := range elements(r.Get("schemas")) {
		u := text(s)
		if !isURN(u) || u == UserURN || u == GroupURN || !unassigned(r.Get(u)) {
			have = append(have, u)
		}
	}
	var added []string
	for k := range r {
		if isURN(k) && !slices.ContainsFunc(have, func(s any) bool { return strings.EqualFold(text(s), k) }) {
			added = append(added, k)
		}
	}
	slices.Sort(added)
	for _, u := range added {
		have = append(have, u)
	}
	if len(have) > 0 {
		r[r.key("schemas")] = have
	}
}

func isURN(s string) bool { return len(s) > 4 && strings.EqualFold(s[:4], "urn:") }

func scalar(v any) bool {
	_, list := v.([]any)
	_, obj := object(v)
	return !list && !obj
}
