package scimapi

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"muster/internal/directory"
	"muster/internal/inbound"
	"muster/internal/scim"
)

const searchURN = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"

// A search is what a list is asked for, by address or by body.
type search struct {
	Schemas    []string `json:"schemas"`
	Attributes []string `json:"attributes"`
	Excluded   []string `json:"excludedAttributes"`
	Filter     string   `json:"filter"`
	SortBy     string   `json:"sortBy"`
	SortOrder  string   `json:"sortOrder"`
	StartIndex *int     `json:"startIndex"`
	Count      *int     `json:"count"`
	Cursor     *string  `json:"cursor"`
}

// query answers GET of a list; t is nil at the root.
func (q *request) query(t *scim.Type) error {
	s, err := searchOf(q.r.URL.Query())
	if err != nil {
		return err
	}
	if t == nil && s.Filter == "" {
		return &scim.Error{Status: http.StatusForbidden, Detail: "ask for /Users or /Groups, or give a filter"}
	}
	return q.list(t, s)
}

// search answers POST of a search.
func (q *request) search(t *scim.Type) error {
	var s search
	if err := q.body(&s); err != nil {
		return err
	}
	if err := q.knownKeys(s); err != nil {
		return err
	}
	if !lists(s.Schemas, searchURN) && !q.tol.Use(scim.NoPatchSchema) {
		return scim.Errorf(scim.InvalidSyntax, "schemas must name %s", searchURN)
	}
	s.Attributes, s.Excluded = names(s.Attributes), names(s.Excluded)
	return q.list(t, s)
}

// knownKeys refuses a search with a key that it does not have: whoever misspells the filter is not to be shown everybody.
func (q *request) knownKeys(s search) error {
	var body map[string]json.RawMessage
	if err := json.Unmarshal(q.sent, &body); err != nil {
		return scim.Errorf(scim.InvalidSyntax, "the body must be an object")
	}
	known := reflect.TypeOf(s)
	for _, k := range slices.Sorted(maps.Keys(body)) {
		_, ok := known.FieldByNameFunc(func(name string) bool {
			f, _ := known.FieldByName(name)
			return strings.EqualFold(f.Tag.Get("json"), k)
		})
		if !ok && !q.tol.Use(scim.DropUnknown) {
			return scim.Errorf(scim.InvalidSyntax, "a search has no %q", k)
		}
	}
	return nil
}

func lists(schemas []string, urn string) bool {
	for _, s := range schemas {
		if strings.EqualFold(s, urn) {
			return true
		}
	}
	return false
}

func searchOf(v url.Values) (search, error) {
	s := search{Attributes: names(v["attributes"]), Excluded: names(v["excludedAttributes"]), Filter: v.Get("filter"), SortBy: v.Get("sortBy"), SortOrder: v.Get("sortOrder")}
	if v.Has("filter") && strings.TrimSpace(s.Filter) == "" {
		return s, scim.Errorf(scim.InvalidFilter, "the filter is empty")
	}
	if !utf8.ValidString(s.Filter) {
		return s, scim.Errorf(scim.InvalidFilter, "the filter is not valid UTF-8")
	}
	var err error
	if s.StartIndex, err = number(v, "startIndex"); err != nil {
		return s, err
	}
	if s.Count, err = number(v, "count"); err != nil {
		return s, err
	}
	if v.Has("cursor") {
		text := v.Get("cursor")
		s.Cursor = &text
	}
	return s, nil
}

func number(v url.Values, name string) (*int, error) {
	if !v.Has(name) {
		return nil, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(v.Get(name)))
	if err != nil {
		return nil, scim.Errorf(scim.InvalidValue, "%s must be a whole number", name)
	}
	return &n, nil
}

// A page is an answer to a search.
type page struct {
	Schemas   []string        `json:"schemas"`
	Total     int             `json:"totalResults"`
	Start     *int            `json:"startIndex,omitempty"`
	Items     int             `json:"itemsPerPage"`
	Next      string          `json:"nextCursor,omitempty"`
	Previous  string          `json:"previousCursor,omitempty"`
	Resources []scim.Resource `json:"Resources"`
}

// list answers a search.
func (q *request) list(t *scim.Type, s search) error {
	types := []*scim.Type{t}
	if t == nil {
		types = []*scim.Type{q.prof.User, q.prof.Group}
	}
	out := page{Schemas: []string{scim.ListURN}, Resources: []scim.Resource{}}
	var key []byte
	var err error
	if s.Cursor != nil {
		if key, err = q.s.sealing(q.ctx); err != nil {
			return err
		}
	}
	err = q.view(func(v directory.Reader) error {
		out.Resources, out.Total = []scim.Resource{}, 0
		l := &lister{q: q, s: s, in: inbound.Of(v), types: types, key: key, out: &out}
		if s.Cursor != nil {
			return l.byCursor(q.ctx)
		}
		return l.byIndex(q.ctx)
	})
	if err != nil {
		return err
	}
	out.Items = len(out.Resources)
	return q.answer(http.StatusOK, out)
}

// A lister reads one page in one snapshot.
type lister struct {
	q     *request
	s     search
	in    inbound.Reader
	types []*scim.Type
	key   []byte // that seals cursors
	out   *page
}

// count is how many resources a page may hold.
func (s search) count() int {
	n := defaultPage
	if s.Count != nil {
		n = *s.Count
	}
	return max(0, min(n, MaxPage))
}

// byIndex reads a page by its place.
func (l *lister) byIndex(ctx context.Context) error {
	start := 1
	if l.s.StartIndex != nil {
		start = max(1, *l.s.StartIndex)
	}
	l.out.Start = &start
	skip, left := start-1, l.s.count()
	for _, t := range l.types {
		query, p, err := l.compile(ctx, t)
		if err != nil {
			return err
		}
		query.Offset, query.Limit = skip, left
		var found []inbound.Resource
		if left > 0 {
			if found, err = l.in.Find(ctx, query); err != nil {
				return err
			}
		}
		n := skip + len(found)
		if left == 0 || len(found) == left || len(found) == 0 && skip > 0 { // else the end was seen
			if n, err = l.in.Count(ctx, query); err != nil {
				return err
			}
		}
		l.out.Total += n
		skip, left = max(0, skip-n), left-len(found)
		rendered, err := l.q.render(ctx, l.in, t, found, p)
		if err != nil {
			return err
		}
		l.out.Resources = append(l.out.Resources, rendered...)
	}
	return nil
}

// compile turns the search into a query for resources of one type.
func (l *lister) compile(ctx context.Context, t *scim.Type) (inbound.Query, scim.Projection, error) {
	query := inbound.Query{Source: l.q.client.Name, Kind: kindOf(t)}
	p, err := t.Projection(l.s.Attributes, l.s.Excluded)
	if err != nil {
		return query, p, err
	}
	c := compiler{t: t, kind: query.Kind, source: query.Source, in: l.in, tol: l.q.tol, loose: len(l.types) > 1}
	if l.s.Filter != "" {
		node, err := parseFilter(l.s.Filter, l.q.tol)
		if err != nil {
			return query, p, err
		}
		if query.Where, err = c.cond(ctx, node); err != nil {
			return query, p, err
		}
	}
	query.Sort, err = c.sort(l.s)
	return query, p, err
}

// sort reads the order.
func (c compiler) sort(s search) (inbound.Sort, error) {
	var out inbound.Sort
	switch {
	case s.SortOrder == "" || strings.EqualFold(s.SortOrder, "ascending"):
	case strings.EqualFold(s.SortOrder, "descending"):
		out.Desc = true
	default:
		return out, scim.Errorf(scim.InvalidValue, "sortOrder is ascending or descending, not %q", s.SortOrder)
	}
	if s.SortBy == "" {
		out.Desc = false
		return out, nil
	}
	at, ok := c.t.Find(s.SortBy)
	if !ok && c.loose {
		return out, nil
	}
	leaf := at.Leaf()
	if !ok || at.Attr == nil || leaf == nil || leaf.Opaque || at.Attr.Name == "groups" || at.Attr.Name == "members" {
		return out, scim.Errorf(scim.InvalidValue, "sortBy: it cannot be sorted by %q", s.SortBy)
	}
	if at.Sub == nil && leaf != at.Attr {
		at.Sub = leaf
	}
	switch out.Path = c.column(at); out.Path {
	case "meta.resourceType", "meta.location", "meta.version":
		out.Path = "id"
	}
	return out, nil
}
