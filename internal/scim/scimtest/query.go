package scimtest

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"muster/internal/attr/filter"
	"muster/internal/scim"
)

func (s *Server) get(c *call) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	rec, err := s.target(c)
	if err != nil {
		return s.failed(c, err)
	}
	if m := c.Header.Get("If-None-Match"); !s.ways.noETag && m != "" && strings.TrimPrefix(m, "W/") == strings.TrimPrefix(etag(rec.version), "W/") {
		return reply{status: http.StatusNotModified, etag: s.etag(rec)}
	}
	body, err := s.projected(rec, projectionOf(c.URL.Query()))
	if err != nil {
		return s.failed(c, err)
	}
	return reply{status: http.StatusOK, body: body, etag: s.etag(rec)}
}

func (s *Server) list(c *call) reply {
	q := c.URL.Query()
	start, err := number(q, "startIndex", 1)
	if err != nil {
		return s.failed(c, err)
	}
	count, err := number(q, "count", s.pageSize())
	if err != nil {
		return s.failed(c, err)
	}
	start, count = max(start, 1), min(max(count, 0), s.config.PageMax)
	if s.ways.cursor {
		start = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := s.find(c, q.Get("filter"))
	if err != nil {
		return s.failed(c, err)
	}
	from := min(start-1, len(all))
	if from, err = s.after(q, all, from); err != nil {
		return s.failed(c, err)
	}
	page := all[from:min(from+count, len(all))]
	head := listHead{start: start, total: len(all), count: len(page)}
	if s.ways.cursor && q.Has("cursor") {
		head = listHead{count: len(page), next: next(page, len(all)-from)}
	}
	if c.strikes.has(ShortPage) && len(page) > 0 {
		page = page[:len(page)-1]
	}
	body, err := s.listBody(head, page, projectionOf(q))
	if err != nil {
		return s.failed(c, err)
	}
	return reply{status: http.StatusOK, body: body}
}

// pageSize is how many resources a page holds if the client does not say.
func (s *Server) pageSize() int {
	if s.ways.page > 0 {
		return min(s.ways.page, s.config.PageMax)
	}
	return s.config.PageMax
}

func number(q url.Values, name string, missing int) (int, error) {
	if !q.Has(name) {
		return missing, nil
	}
	n, err := strconv.Atoi(q.Get(name))
	if err != nil {
		return 0, scim.Errorf(scim.InvalidValue, "%s must be a whole number", name)
	}
	return n, nil
}

// find returns the records that satisfy text and are shown, oldest first. The caller holds mu.
func (s *Server) find(c *call, text string) ([]*record, error) {
	found, err := s.matching(c, text)
	if err != nil || s.ways.hidden == nil {
		return found, err
	}
	return slices.DeleteFunc(slices.Clone(found), s.hides), nil
}

// matching returns the records that satisfy text, oldest first. The caller holds mu.
func (s *Server) matching(c *call, text string) ([]*record, error) {
	if text == "" {
		return c.table.order, nil
	}
	f, err := filter.ParseSCIM(text)
	if err != nil {
		return nil, scim.Errorf(scim.InvalidFilter, "%v", err)
	}
	ignore := c.strikes.has(IgnoreFilter)
	if s.ways.filter != nil && !ignore {
		if ignore, err = s.ways.filter(s, c.table, &f); err != nil {
			return nil, err
		}
	}
	if ignore {
		return c.table.order, nil
	}
	from, ok := c.table.candidates(f.Root)
	if !ok {
		from = c.table.order
	}
	members := c.table == s.groups && strings.Contains(strings.ToLower(text), "members")
	groups := c.table == s.users && strings.Contains(strings.ToLower(text), "groups.value")
	var out []*record
	for _, rec := range from {
		r := rec.resource
		if members {
			r = withMembers(r, rec.members.ids)
		}
		if groups {
			r = withList(r, "groups", slices.Collect(maps.Keys(s.memberOf[rec.id])))
		}
		if f.MatchResource(r, nil) {
			out = append(out, rec)
		}
	}
	slices.SortFunc(out, func(a, b *record) int { return a.seq - b.seq })
	return out, nil
}

// candidates returns the records that can satisfy n as far as an index can tell.
func (t *table) candidates(n filter.Node) ([]*record, bool) {
	switch n := n.(type) {
	case filter.And:
		for _, m := range n {
			if out, ok := t.candidates(m); ok {
				return out, true
			}
		}
	case filter.Test:
		path := strings.ToLower(n.Name)
		if path == "emails" {
			path = "emails.value"
		}
		switch {
		case n.Op != filter.Equal || n.Value.Type != filter.String || n.Value.Text == "":
		case path == "id":
			if rec := t.byID[n.Value.Text]; rec != nil {
				return []*record{rec}, true
			}
			return nil, true
		case slices.Contains(indexed, path):
			return t.at(path, n.Value.Text), true
		}
	}
	return nil, false
}

func (s *Server) listBody(head listHead, page []*record, p projection) ([]byte, error) {
	var b bytes.Buffer
	head.write(&b, len(page))
	for i, rec := range page {
		if i > 0 {
			b.WriteByte(',')
		}
		body, err := s.projected(rec, p)
		if err != nil {
			return nil, err
		}
		b.Write(body)
	}
	b.WriteString("]}")
	return b.Bytes(), nil
}

// projection says which top-level attributes are wanted (RFC 7644 §3.4.2.5).
type projection struct{ only, without []string }

func projectionOf(q url.Values) projection {
	return projection{names(q.Get("attributes")), names(q.Get("excludedAttributes"))}
}

func names(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == ',' || r == ' ' })
}

// projected returns as much of rec as p wants, as JSON.
func (s *Server) projected(rec *record, p projection) ([]byte, error) {
	switch {
	case len(p.only) == 0 && len(p.without) == 0:
		return s.full(rec), nil
	case len(p.only) == 0 && slices.Equal(p.without, []string{"members"}):
		return rec.body, nil
	}
	out := scim.Resource{}
	shown := rec.shown
	if !s.ways.hideMembers {
		shown = withMembers(shown, rec.members.ids)
	}
	for k, v := range shown {
		if p.wants(strings.ToLower(k)) {
			out[k] = v
		}
	}
	return json.Marshal(out)
}

func (p projection) wants(name string) bool {
	if name == "id" || name == "schemas" {
		return true
	}
	of := func(full string) bool {
		return full == name || strings.HasPrefix(full, name+".") || strings.HasPrefix(full, name+":")
	}
	if len(p.only) > 0 {
		return slices.ContainsFunc(p.only, of)
	}
	return !slices.Contains(p.without, name)
}

// full returns rec as JSON, members included.
func (s *Server) full(rec *record) []byte {
	if len(rec.members.ids) == 0 || s.ways.hideMembers {
		return rec.body
	}
	b := bytes.NewBuffer(make([]byte, 0, len(rec.body)+52*len(rec.members.ids)))
	b.Write(rec.body[:len(rec.body)-1])
	b.WriteString(`,"members":[`)
	for i, id := range rec.members.ids {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"value":` + strconv.Quote(id) + `}`) // ids are UUIDs
	}
	b.WriteString("]}")
	return b.Bytes()
}

// withMembers returns a shallow copy of r with members.
func withMembers(r scim.Resource, ids []string) scim.Resource { return withList(r, "members", ids) }

// withList returns a shallow copy of r whose list name holds ids.
func withList(r scim.Resource, name string, ids []string) scim.Resource {
	out := make(scim.Resource, len(r)+1)
	maps.Copy(out, r)
	if len(ids) > 0 {
		list := make([]any, len(ids))
		for i, id := range ids {
			list[i] = map[string]any{"value": id}
		}
		out[name] = list
	}
	return out
}
