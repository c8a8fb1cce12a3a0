package bulkload

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
)

// unknownFields warns of the fields of a line that the format does not have.
func (c *checker) unknownFields(text []byte) {
	var v any
	if json.Unmarshal(text, &v, lenient) == nil {
		c.strange("", v, reflect.TypeFor[line]())
	}
}

// strange compares v with the type that it was decoded into.
func (c *checker) strange(at string, v any, t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch v := v.(type) {
	case map[string]any:
		if t.Kind() != reflect.Struct {
			return
		}
		fields := fieldsOf(t)
		for _, name := range slices.Sorted(maps.Keys(v)) {
			path := strings.TrimPrefix(at+"."+name, ".")
			if inner, ok := fields[strings.ToLower(name)]; ok {
				c.strange(path, v[name], inner)
			} else {
				c.warn(path, "unknown_field", "Check the spelling, or leave it out.", "the format has no field %s; it is not loaded", path)
			}
		}
	case []any:
		if t.Kind() != reflect.Slice {
			return
		}
		for i, e := range v {
			c.strange(at+"["+itoa(i)+"]", e, t.Elem())
		}
	}
}

// fieldsOf returns the types of the fields of a struct by their names in JSON, in lower case: how lenient compares them.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			out[strings.ToLower(name)] = f.Type
		}
	}
	return out
}
