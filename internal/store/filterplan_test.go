package store

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"muster/internal/attr/filter"
	"muster/internal/directory"
	"muster/internal/inbound"
)

// everybody is a step that walks over all resources of a client, or over all values.
var everybody = regexp.MustCompile(`(?m)^(SCAN (r|x|resource|resource_value)\b.*|SEARCH r USING (COVERING )?INDEX \w+ \(source=\? AND kind=\?\))$`)

// S-F12: a filter by what providers look people up with is answered by an index, in a list and when they are counted; one that cannot be walks over the client's own and nobody else's.
func TestFilterPlans(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "muster.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	test := func(path string, op filter.Op) inbound.Cond {
		return inbound.Test{Path: path, Op: op, Key: "2026-11-02T09:00:00Z"}
	}
	mail := inbound.Element{Paths: []string{"emails.type", "emails.value"}, Where: inbound.And{test("emails.type", filter.Equal), test("emails.value", filter.Equal)}}
	for name, x := range map[string]struct {
		where inbound.Cond
		found bool // by an index
	}{
		"userName":           {test("handle", filter.Equal), true},
		"externalId":         {test("externalId", filter.Equal), true},
		"id":                 {test("id", filter.Equal), true},
		"a value":            {test("title", filter.Equal), true},
		"a work email":       {mail, true},
		"one of two":         {inbound.And{test("userName2", filter.Contains), test("title", filter.Equal)}, true},
		"changed since":      {test("meta.lastModified", filter.Greater), true},
		"in a group":         {inbound.InGroup{Groups: []directory.ID{"g"}}, true},
		"with a member":      {inbound.HasMember{Objects: []directory.ID{"m"}}, true},
		"a part of a value":  {test("title", filter.Contains), false},
		"what is not":        {inbound.Not{Cond: inbound.Has{Paths: []string{"title"}}}, false},
		"either of two":      {inbound.Or{test("title", filter.Equal), test("active", filter.Equal)}, false},
		"in no group at all": {inbound.Not{Cond: inbound.InGroup{}}, false},
	} {
		for _, plan := range s.plans(t, x.where) {
			walks := everybody.FindString(plan)
			if x.found == (walks != "") || strings.Contains(plan, "SCAN r") {
				t.Errorf("%s: answered by an index %t, and the plan is\n%s", name, x.found, plan)
			}
		}
	}
}

// plans tells how a filter is counted, and how a page of what it finds is read.
func (s *Store) plans(t *testing.T, where inbound.Cond) []string {
	t.Helper()
	var out []string
	err := s.View(t.Context(), func(v directory.Reader) error {
		c := inbound.Of(v).(inboundReader).newCompiler(inbound.Query{Source: "entra", Kind: directory.Person, Where: where})
		from, err := c.from()
		if err != nil {
			return err
		}
		order, err := c.order(t.Context())
		db := s.db.(*sqliteDB).reading
		out = append(out, planOf(t, db, "select count(*)"+from), planOf(t, db, "select "+resourceColumns+from+order+" limit 100"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
