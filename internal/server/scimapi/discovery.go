package scimapi

import (
	"net/http"
	"strings"

	"muster/internal/scim"
)

// Pagination is the part of a ServiceProviderConfig that RFC 9865 adds.
type pagination struct {
	Cursor   bool   `json:"cursor"`
	Index    bool   `json:"index"`
	Default  string `json:"defaultPaginationMethod"`
	PageSize int    `json:"defaultPageSize"`
	MaxSize  int    `json:"maxPageSize"`
	Timeout  int    `json:"cursorTimeout"`
}

// described is a discovery object with the parts that every resource has.
type described struct {
	ResourceType string `json:"resourceType"`
	Location     string `json:"location"`
}

type serviceConfig struct {
	scim.ServiceProviderConfig
	Pagination pagination `json:"pagination"`
	Docs       string     `json:"documentationUri,omitempty"`
	Meta       described  `json:"meta"`
}

// serviceConfig answers what the service supports.
func (q *request) serviceConfig() error {
	if err := q.unfiltered(); err != nil {
		return err
	}
	c := serviceConfig{
		ServiceProviderConfig: scim.ServiceProviderConfig{
			Schemas: []string{scim.ConfigURN},
			Patch:   scim.Supported{Supported: true},
			Bulk:    scim.BulkLimits{Supported: true, MaxOperations: MaxOperations, MaxPayloadSize: MaxBody},
			Filter:  scim.FilterLimit{Supported: true, MaxResults: MaxPage},
			Sort:    scim.Supported{Supported: true},
			ETag:    scim.Supported{Supported: true},
			Authentication: []scim.AuthKind{{
				Type: "oauthbearertoken", Name: "API token", Description: "A token of a person who may use APIs and manage users and user groups", Primary: true,
			}},
		},
		Pagination: pagination{Cursor: true, Index: true, Default: "index", PageSize: defaultPage, MaxSize: MaxPage, Timeout: int(cursorLife.Seconds())},
		Meta:       described{configPath, q.base + "/" + configPath},
	}
	return q.answer(http.StatusOK, c)
}

// unfiltered refuses filters where there is nothing to choose from.
func (q *request) unfiltered() error {
	for name := range q.r.URL.Query() {
		if strings.EqualFold(name, "filter") {
			return &scim.Error{Status: http.StatusForbidden, Detail: "what the service offers cannot be filtered"}
		}
	}
	return nil
}

type typeView struct {
	scim.ResourceType
	Meta described `json:"meta"`
}

func (q *request) typeViews() []typeView {
	var out []typeView
	for _, t := range []*scim.Type{q.prof.User, q.prof.Group} {
		out = append(out, typeView{t.ResourceType(), described{"ResourceType", q.base + "/" + typesPath + "/" + t.Name}})
	}
	return out
}

func (q *request) resourceTypes() error {
	if err := q.unfiltered(); err != nil {
		return err
	}
	return q.answer(http.StatusOK, listOf(q.typeViews()))
}

func (q *request) resourceType(name string) error {
	for _, t := range q.typeViews() {
		if strings.EqualFold(t.Name, name) {
			return q.answer(http.StatusOK, t)
		}
	}
	return notFound("resource type " + name)
}

// listOf is a ListResponse of what has no pages.
func listOf[T any](items []T) any {
	return struct {
		Schemas      []string `json:"schemas"`
		TotalResults int      `json:"totalResults"`
		StartIndex   int      `json:"startIndex"`
		ItemsPerPage int      `json:"itemsPerPage"`
		Resources    []T      `json:"Resources"`
	}{[]string{scim.ListURN}, len(items), 1, len(items), items}
}

type schemaView struct {
	Schemas     []string         `json:"schemas"`
	ID          string           `json:"id"`
	Name        string           `json:"name"`
	Description string           `json:"description"`
	Attributes  []scim.Attribute `json:"attributes"`
	Meta        described        `json:"meta"`
}

func (q *request) schemaViews() []schemaView {
	var out []schemaView
	for _, t := range []*scim.Type{q.prof.User, q.prof.Group} {
		for _, s := range append([]*scim.Schema{t.Core}, t.Extensions...) {
			out = append(out, schemaView{[]string{scim.SchemaURN}, s.URN, s.Name, s.Description, s.Attributes, described{"Schema", q.base + "/" + schemasPath + "/" + s.URN}})
		}
	}
	return out
}

func (q *request) schemas() error {
	if err := q.unfiltered(); err != nil {
		return err
	}
	return q.answer(http.StatusOK, listOf(q.schemaViews()))
}

func (q *request) schema(urn string) error {
	for _, s := range q.schemaViews() {
		if strings.EqualFold(s.ID, urn) {
			return q.answer(http.StatusOK, s)
		}
	}
	return notFound("schema " + urn)
}
