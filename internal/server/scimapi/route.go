package scimapi

import (
	"net/http"
	"strings"

	"muster/internal/scim"
)

// The endpoints besides those of the resource types.
const (
	searchPath  = ".search"
	configPath  = "ServiceProviderConfig"
	typesPath   = "ResourceTypes"
	schemasPath = "Schemas"
	bulkPath    = "Bulk"
	mePath      = "Me"
)

// A handler answers one method at one endpoint.
type handler func() error

// methods are what an endpoint can do.
type methods map[string]handler

// route finds the endpoint and calls it.
func (q *request) route() error {
	parts, err := q.segments()
	if err != nil {
		return err
	}
	m := q.endpoint(parts)
	if m == nil {
		return notFound("endpoint " + q.r.URL.Path)
	}
	h := m[q.r.Method]
	if h == nil && q.r.Method == http.MethodHead {
		h = m[http.MethodGet]
	}
	if h == nil {
		var allow []string
		for _, name := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			if m[name] != nil {
				allow = append(allow, name)
			}
		}
		q.w.Header().Set("Allow", strings.Join(allow, ", "))
		return &scim.Error{Status: http.StatusMethodNotAllowed, Detail: q.r.URL.Path + " cannot be called with " + q.r.Method + "; allowed: " + strings.Join(allow, ", ")}
	}
	return h()
}

// segments splits the path below Prefix, mended where the client may be careless.
func (q *request) segments() ([]string, error) {
	var out []string
	path := strings.TrimPrefix(q.path, "/")
	if path == "" {
		return nil, nil
	}
	for i, part := range strings.Split(path, "/") {
		if part == "" {
			if !q.tol.Use(scim.LooseSlashes) {
				return nil, notFound("endpoint " + q.r.URL.Path)
			}
			continue
		}
		if i == 0 || len(out) == 0 {
			part = q.spelled(part)
		}
		out = append(out, part)
	}
	return out, nil
}

// spelled is the name of an endpoint in its own spelling.
func (q *request) spelled(part string) string {
	if strings.EqualFold(part, configPath+"s") && q.tol.Use(scim.PluralConfig) {
		return configPath
	}
	for _, t := range []string{"Users", "Groups"} {
		if part != t && strings.EqualFold(part, t) && q.tol.Use(scim.LowerPaths) {
			return t
		}
	}
	return part
}

// endpoint returns what can be done at a path, or nil if there is none.
func (q *request) endpoint(parts []string) methods {
	switch len(parts) {
	case 0:
		return methods{http.MethodGet: func() error { return q.query(nil) }}
	case 1:
		return q.top(parts[0])
	}
	switch parts[0] {
	case typesPath:
		return one(parts, func() error { return q.resourceType(parts[1]) })
	case schemasPath:
		return one(parts, func() error { return q.schema(parts[1]) })
	}
	t := q.typeAt(parts[0])
	switch {
	case t == nil || len(parts) > 2:
		return nil
	case parts[1] == searchPath:
		return methods{http.MethodPost: func() error { return q.search(t) }}
	}
	id := parts[1]
	return methods{
		http.MethodGet:    func() error { return q.get(t, id) },
		http.MethodPut:    func() error { return q.put(t, id) },
		http.MethodPatch:  func() error { return q.patch(t, id) },
		http.MethodDelete: func() error { return q.remove(t, id) },
	}
}

func one(parts []string, h handler) methods {
	if len(parts) > 2 {
		return nil
	}
	return methods{http.MethodGet: h}
}

func (q *request) top(name string) methods {
	switch name {
	case searchPath:
		return methods{http.MethodPost: func() error { return q.search(nil) }}
	case configPath:
		return methods{http.MethodGet: q.serviceConfig}
	case typesPath:
		return methods{http.MethodGet: q.resourceTypes}
	case schemasPath:
		return methods{http.MethodGet: q.schemas}
	case bulkPath:
		return methods{http.MethodPost: q.bulk}
	case mePath:
		return methods{http.MethodGet: q.me, http.MethodPost: q.me, http.MethodPut: q.me, http.MethodPatch: q.me, http.MethodDelete: q.me}
	}
	if t := q.typeAt(name); t != nil {
		return methods{http.MethodGet: func() error { return q.query(t) }, http.MethodPost: func() error { return q.post(t) }}
	}
	return nil
}

// me answers for who bears the token: nobody who was provisioned.
func (q *request) me() error {
	return &scim.Error{Status: http.StatusNotImplemented, Detail: "a token for provisioning belongs to no resource: /Me leads nowhere"}
}

// typeAt returns the resource type of an endpoint, or nil.
func (q *request) typeAt(name string) *scim.Type {
	for _, t := range []*scim.Type{q.prof.User, q.prof.Group} {
		if "/"+name == t.Endpoint {
			return t
		}
	}
	return nil
}
