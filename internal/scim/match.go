package scim

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Match reports whether r satisfies f. Text compares without regard to case unless the attribute is caseExact; an attribute that r does not have
// satisfies ne and nothing else.
func (f *Filter) Match(r Resource) bool { return f.match(r, "") }

// match evaluates f within parent, the attribute whose element r is, or "".
func (f *Filter) match(r Resource, parent string) bool {
	switch f.op {
	case "and":
		return f.left.match(r, parent) && f.right.match(r, parent)
	case "or":
		return f.left.match(r, parent) || f.right.match(r, parent)
	case "not":
		return !f.left.match(r, parent)
	case "[]":
		return f.matchElement(r)
	}
	values, exact := r.lookup(f.path, parent)
	if f.op == "pr" {
		return len(values) > 0
	}
	if f.value == nil {
		return (f.op == "eq") == (len(values) == 0)
	}
	if f.op == "ne" {
		return !anyValue(values, f.value, "eq", exact)
	}
	return anyValue(values, f.value, f.op, exact)
}

func (f *Filter) matchElement(r Resource) bool {
	urn, rest := splitURN(f.path, r)
	holder := r.holder(urn)
	for _, e := range elements(holder.Get(rest)) {
		if f.left.match(asObject(e), rest) {
			return true
		}
	}
	return false
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

// lookup returns the assigned scalars at path, and whether they compare with regard to case.
func (r Resource) lookup(path, parent string) ([]any, bool) {
	urn, rest := splitURN(path, r)
	name, sub, _ := strings.Cut(rest, ".")
	var out []any
	for _, e := range elements(r.holder(urn).Get(name)) {
		if o, ok := object(e); ok {
			e = o.Get(cmp.Or(sub, "value"))
		} else if sub != "" && !strings.EqualFold(sub, "value") {
			continue
		}
		for _, v := range elements(e) {
			if s := text(v); s != "" {
				out = append(out, v)
			}
		}
	}
	return out, caseExact(parent, name, sub)
}

func caseExact(parent, name, sub string) bool {
	if parent != "" {
		sub, name = name, parent
	}
	switch strings.ToLower(name) {
	case "id", "externalid":
		return true
	case "meta":
		return strings.EqualFold(sub, "version") || strings.EqualFold(sub, "location")
	case "members", "groups", "manager":
		return sub == "" || strings.EqualFold(sub, "value") || strings.EqualFold(sub, "$ref")
	}
	return false
}

func anyValue(values []any, want any, op string, exact bool) bool {
	for _, v := range values {
		if compare(text(v), text(want), op, exact, isNumber(v) && isNumber(want)) {
			return true
		}
	}
	return false
}

func isNumber(v any) bool {
	switch v.(type) {
	case float64, int, json.Number:
		return true
	}
	return false
}

func compare(have, want, op string, exact, number bool) bool {
	if !exact {
		if op == "eq" {
			return strings.EqualFold(have, want) || number && order(have, want, true) == 0
		}
		have, want = strings.ToLower(have), strings.ToLower(want)
	}
	switch op {
	case "eq":
		return have == want
	case "co":
		return strings.Contains(have, want)
	case "sw":
		return strings.HasPrefix(have, want)
	case "ew":
		return strings.HasSuffix(have, want)
	case "gt":
		return order(have, want, number) > 0
	case "ge":
		return order(have, want, number) >= 0
	case "lt":
		return order(have, want, number) < 0
	case "le":
		return order(have, want, number) <= 0
	}
	return false
}

// order compares as numbers, as instants if both are, else as text.
func order(a, b string, number bool) int {
	if number {
		x, _ := strconv.ParseFloat(a, 64)
		y, _ := strconv.ParseFloat(b, 64)
		return cmp.Compare(x, y)
	}
	x, errX := time.Parse(time.RFC3339Nano, strings.ToUpper(a))
	y, errY := time.Parse(time.RFC3339Nano, strings.ToUpper(b))
	if errX == nil && errY == nil {
		return x.Compare(y)
	}
	return strings.Compare(a, b)
}
