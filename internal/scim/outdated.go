package scim

import (
	"maps"
	"slices"
	"strings"
)

// Outdated parts r, as it was kept under other schemas perhaps, into what the schemas take now and the rest. Both together are r.
func (t *Type) Outdated(r Resource) (fits, rest Resource) {
	fits, rest = Resource{}, Resource{}
	c := checker{t: t}
	for _, k := range slices.Sorted(maps.Keys(r)) {
		urn, extension := t.extension(k)
		o, isObject := object(r[k])
		switch {
		case strings.EqualFold(k, "schemas"), strings.EqualFold(k, "id"):
			fits[k] = r[k]
		case extension && isObject:
			for name, v := range o {
				into := fits
				if c.attribute(Resource{}, urn, name, v) != nil {
					into = rest
				}
				holder, _ := object(into[k])
				if holder == nil {
					holder = Resource{}
					into[k] = map[string]any(holder)
				}
				holder[name] = v
			}
		case extension || c.attribute(Resource{}, "", k, r[k]) != nil:
			rest[k] = r[k]
		default:
			fits[k] = r[k]
		}
	}
	return fits, rest
}

// With returns r with what it does not have of rest.
func (r Resource) With(rest Resource) Resource {
	out := r.Clone()
	for k, v := range rest {
		have, both := object(out[k])
		more, nested := object(v)
		switch {
		case both && nested:
			joined := Resource(cloneMap(more))
			maps.Copy(joined, have)
			out[k] = map[string]any(joined)
		case out[k] == nil:
			out[k] = cloneValue(v)
		}
	}
	return out
}
