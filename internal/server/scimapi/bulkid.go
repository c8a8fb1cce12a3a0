package scimapi

import (
	"net/http"
	"strings"

	"muster/internal/scim"
)

const bulkPrefix = "bulkId:"

// references returns the bulkIds that an operation refers to, in its path and in values.
func (op bulkOp) references() []string {
	var out []string
	if _, id, ok := strings.Cut(op.Path, bulkPrefix); ok {
		out = append(out, id)
	}
	walkIDs(map[string]any(op.Data), func(id string) (string, bool) {
		out = append(out, id)
		return bulkPrefix + id, true
	})
	return out
}

// walkIDs returns v with every reference replaced by what with returns, or left out with the object that holds it.
func walkIDs(v any, with func(id string) (string, bool)) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			text, isText := e.(string)
			if id, ref := strings.CutPrefix(text, bulkPrefix); isText && ref && strings.EqualFold(k, "value") {
				to, keep := with(id)
				if !keep {
					return nil, false
				}
				out[k] = to
				continue
			}
			if isText && strings.EqualFold(k, "path") {
				out[k] = pathIDs(text, with)
				continue
			}
			if inner, keep := walkIDs(e, with); keep {
				out[k] = inner
			}
		}
		return out, true
	case []any:
		out := make([]any, 0, len(v))
		for _, e := range v {
			if inner, keep := walkIDs(e, with); keep {
				out = append(out, inner)
			}
		}
		return out, true
	}
	return v, true
}

// pathIDs replaces references in the filter of a path: members[value eq "bulkId:x"].
func pathIDs(path string, with func(string) (string, bool)) string {
	before, rest, ok := strings.Cut(path, `"`+bulkPrefix)
	if !ok {
		return path
	}
	id, after, ok := strings.Cut(rest, `"`)
	if !ok {
		return path
	}
	to, keep := with(id)
	if !keep {
		to = bulkPrefix + id
	}
	return before + `"` + to + `"` + pathIDs(after, with)
}

// resolved returns the path and data of an operation with ids in the place of references; without whole, what is not there yet is left out.
func (b *batch) resolved(op bulkOp, whole bool) (string, scim.Resource, error) {
	var wrong error
	find := func(id string) (string, bool) {
		to, ok := b.ids[id]
		switch {
		case ok:
			return to, true
		case !whole && !b.failed[id]:
			return "", false
		case b.failed[id]:
			wrong = &scim.Error{Status: http.StatusConflict, Detail: "the operation with the bulkId " + id + " failed"}
		default:
			wrong = scim.Errorf(scim.InvalidValue, "there is no operation with the bulkId %q that makes a resource", id)
		}
		return "", false
	}
	path := op.Path
	if before, id, ok := strings.Cut(path, bulkPrefix); ok {
		to, _ := find(id)
		path = before + to
	}
	var data scim.Resource
	if op.Data != nil {
		inner, _ := walkIDs(map[string]any(op.Data.Clone()), find)
		data, _ = inner.(map[string]any)
		if data == nil {
			data = scim.Resource{}
		}
	}
	return path, data, wrong
}
