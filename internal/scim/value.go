package scim

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// A Value is one value of a resource as it is searched for.
type Value struct {
	Path string // canonical, as Place.Path gives it: "emails.value"
	Elem int    // which element of a multi-valued attribute; 0 is the one to sort by: the primary, else the first
	Key  string // see Attribute.Key
}

// Values returns what a resource in canonical form can be found by. Left out are attributes that are not searched, and those that stand in columns of their
// own: id, meta, active, groups, members.
func (t *Type) Values(r Resource) []Value {
	var out []Value
	for _, a := range t.names[""] {
		switch a.Name {
		case "id", "meta", "schemas", "active", "groups", "members":
			continue
		}
		out = a.collect(out, Place{Attr: a}, r[a.Name])
	}
	for _, e := range t.Extensions {
		o, _ := object(r[e.URN])
		for i := range e.Attributes {
			a := &e.Attributes[i]
			out = a.collect(out, Place{URN: e.URN, Attr: a}, o[a.Name])
		}
	}
	return out
}

func (a *Attribute) collect(out []Value, at Place, v any) []Value {
	if a.Opaque || unassigned(v) {
		return out
	}
	list := elements(v)
	for i, n := range order(list) {
		o, isObject := object(list[n])
		if !isObject {
			out = appendKey(out, a, at, i, list[n])
			continue
		}
		for j := range a.Sub {
			sub := &a.Sub[j]
			if !sub.Opaque {
				out = appendKey(out, sub, Place{URN: at.URN, Attr: a, Sub: sub}, i, o[sub.Name])
			}
		}
	}
	return out
}

func appendKey(out []Value, a *Attribute, at Place, elem int, v any) []Value {
	for _, e := range elements(v) {
		if key, ok := a.Key(e); ok && key != "" {
			out = append(out, Value{at.Path(), elem, key})
		}
	}
	return out
}

// order returns the positions of list, that of the primary element first.
func order(list []any) []int {
	out := make([]int, 0, len(list))
	for i, e := range list {
		if o, ok := object(e); ok && o.Get("primary") == true {
			out = append(out, i)
		}
	}
	for i := range list {
		if len(out) == 0 || out[0] != i {
			out = append(out, i)
		}
	}
	return out
}

// sameValue reports whether two JSON values are equal; unassigned ones are.
func sameValue(a, b any) bool {
	if unassigned(a) || unassigned(b) {
		return unassigned(a) && unassigned(b)
	}
	return Encode(a) == Encode(b)
}

// Encode returns v as JSON text with sorted keys: equal resources are equal texts.
func Encode(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return "null" // what came from JSON goes back to it
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// maxDepth bounds how deep a body may nest: a resource needs five levels.
const maxDepth = 32

// Decode reads one JSON object, numbers kept as they are written. It refuses what JSON libraries quietly take: a second value behind the first, a key that
// stands twice in one object, invalid UTF-8, and nesting without end. Its errors are of type *Error.
func Decode(data []byte, into any) error {
	if err := shape(data); err != nil {
		return err
	}
	if err := only(data); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return Errorf(InvalidSyntax, "%s has the wrong type", or(wrong.Field, "the body"))
		}
		return Errorf(InvalidSyntax, "the body is not JSON: %v", err)
	}
	return nil
}

// only checks that there is one value, and that it is UTF-8.
func only(data []byte) error {
	if !json.Valid(data) {
		return Errorf(InvalidSyntax, "the body is not one JSON value")
	}
	if !utf8.Valid(data) {
		return Errorf(InvalidSyntax, "the body is not valid UTF-8")
	}
	return nil
}
