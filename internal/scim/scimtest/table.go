package scimtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"muster/internal/scim"
)

// A table holds the resources of one type in the order of their creation, with indexes. The server's lock guards it.
type table struct {
	kind  string
	next  int
	order []*record // by seq
	byID  map[string]*record
	index map[indexKey][]*record
}

type indexKey struct{ path, value string }

// A record is one resource. Its resource and body are replaced, never changed.
type record struct {
	seq      int
	id       string
	version  int
	created  time.Time
	resource scim.Resource // with id, schemas and meta, without members
	shown    scim.Resource // as the vendor answers it
	body     []byte        // shown as JSON
	members  memberSet
	role     Role
}

func newTable(kind string) *table {
	return &table{kind: kind, byID: map[string]*record{}, index: map[indexKey][]*record{}}
}

// name is the attribute that is unique in the table.
func (t *table) name() string {
	if t.kind == "User" {
		return "userName"
	}
	return "displayName"
}

func (t *table) class() Class {
	if t.kind == "User" {
		return Users
	}
	return Groups
}

// indexed are the paths that have an index, in lower case.
var indexed = []string{"username", "externalid", "displayname", "emails.value"}

func keys(r scim.Resource) []indexKey {
	var out []indexKey
	for _, p := range indexed[:3] {
		if v := r.Text(p); v != "" {
			out = append(out, indexKey{p, strings.ToLower(v)})
		}
	}
	for _, v := range scim.Values(r, "emails.value") {
		if k := (indexKey{indexed[3], strings.ToLower(v)}); !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// at returns the records whose attribute path is value, in any case.
func (t *table) at(path, value string) []*record {
	return t.index[indexKey{strings.ToLower(path), strings.ToLower(value)}]
}

// free returns a 409 if a record other than self has r's name.
func (t *table) free(r scim.Resource, self *record) error {
	if name := r.Text(t.name()); t.taken(t.name(), name, self) {
		return conflict(fmt.Sprintf("%s %q is taken", t.name(), name))
	}
	return nil
}

// taken reports whether a record other than self has value, in any case, at an indexed path.
func (t *table) taken(path, value string, self *record) bool {
	return slices.ContainsFunc(t.at(path, value), func(o *record) bool { return o != self })
}

func (t *table) insert(rec *record) {
	t.next++
	rec.seq = t.next
	t.order = append(t.order, rec)
	t.byID[rec.id] = rec
	for _, k := range keys(rec.resource) {
		t.index[k] = append(t.index[k], rec)
	}
}

// replace gives rec a new resource and what is shown of it.
func (t *table) replace(rec *record, r, shown scim.Resource, body []byte) {
	t.unindex(rec)
	rec.resource, rec.shown, rec.body = r, shown, body
	for _, k := range keys(r) {
		t.index[k] = append(t.index[k], rec)
	}
}

func (t *table) unindex(rec *record) {
	for _, k := range keys(rec.resource) {
		rest := slices.DeleteFunc(slices.Clone(t.index[k]), func(o *record) bool { return o == rec })
		if t.index[k] = rest; len(rest) == 0 {
			delete(t.index, k)
		}
	}
}

func (t *table) remove(rec *record) {
	t.unindex(rec)
	delete(t.byID, rec.id)
	if i, ok := slices.BinarySearchFunc(t.order, rec.seq, func(o *record, seq int) int { return o.seq - seq }); ok {
		t.order = slices.Delete(t.order, i, i+1)
	}
}

// render completes r with id and meta, and returns what is shown of it, also encoded.
func (s *Server) render(t *table, r scim.Resource, id string, version int, created time.Time) (scim.Resource, []byte, error) {
	r["id"] = id
	r["meta"] = map[string]any{
		"resourceType": t.kind,
		"created":      created.UTC().Format(time.RFC3339Nano),
		"lastModified": s.config.Now().UTC().Format(time.RFC3339Nano),
		"location":     s.URL + "/" + t.kind + "s/" + id,
		"version":      etag(version),
	}
	shown := r
	if s.ways.show != nil {
		shown = r.Clone()
		s.ways.show(t, shown)
	}
	body, err := json.Marshal(shown)
	return shown, body, err
}

// newID makes the id of a new resource.
func (s *Server) newID(t *table) string {
	if s.ways.id != nil {
		return s.ways.id(t)
	}
	return uuid.NewString()
}

func (s *Server) etag(rec *record) string {
	if s.ways.noETag {
		return ""
	}
	return etag(rec.version)
}

func etag(version int) string { return `W/"` + strconv.Itoa(version) + `"` }

// A memberSet is a set of ids with a stable order.
type memberSet struct {
	ids []string
	at  map[string]int
}

func (m *memberSet) add(id string) bool {
	if _, ok := m.at[id]; ok {
		return false
	}
	if m.at == nil {
		m.at = map[string]int{}
	}
	m.at[id] = len(m.ids)
	m.ids = append(m.ids, id)
	return true
}

// remove puts the last member in the place of id.
func (m *memberSet) remove(id string) bool {
	i, ok := m.at[id]
	if !ok {
		return false
	}
	last := m.ids[len(m.ids)-1]
	m.ids[i], m.at[last] = last, i
	m.ids = m.ids[:len(m.ids)-1]
	delete(m.at, id)
	return true
}
