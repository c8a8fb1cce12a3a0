package store

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/workspace"
)

// A meter is a database that counts the statements that run and the rows that they return.
type meter struct {
	database
	statements, rows int
}

func (m *meter) read(ctx context.Context, fn func(querier) error) error {
	return m.database.read(ctx, func(q querier) error { return fn(metered{q, m}) })
}

func (m *meter) write(ctx context.Context, fn func(querier) error) error {
	return m.database.write(ctx, func(q querier) error { return fn(metered{q, m}) })
}

type metered struct {
	querier
	m *meter
}

func (q metered) exec(ctx context.Context, text string, args []any) (int64, error) {
	n, err := q.querier.exec(ctx, text, args)
	q.m.statements++
	q.m.rows += int(n)
	return n, err
}

func (q metered) query(ctx context.Context, text string, args []any) (*sql.Rows, error) {
	q.m.statements++
	if strings.HasPrefix(text, "select ") || strings.HasPrefix(text, "with ") {
		n, err := q.count(ctx, text, args)
		if err != nil {
			return nil, err
		}
		q.m.rows += n
	}
	return q.querier.query(ctx, text, args)
}

// count returns how many rows a select returns now.
func (q metered) count(ctx context.Context, text string, args []any) (n int, err error) {
	rows, err := q.querier.query(ctx, "select count(*) from ("+text+")", args)
	if err != nil {
		return 0, fmt.Errorf("count the rows of %s: %w", text, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&n); err != nil {
			return 0, err
		}
	}
	return n, rows.Err()
}

// M6: what it costs that somebody comes into a group two levels below the one that is linked, or leaves it, does not depend on how many are in these groups:
// as many statements run, and they return as many rows, with twenty times the people.
func TestCostOfLinkedGroups(t *testing.T) {
	few, many := costOfLink(t, 100), costOfLink(t, 2000)
	for act, cost := range few {
		t.Logf("%s: %d statements, %d rows", act, cost.statements, cost.rows)
		if many[act] != cost || cost.statements == 0 || cost.rows == 0 {
			t.Errorf("%s: %+v with 100 people, %+v with 2,000", act, cost, many[act])
		}
	}
}

type cost struct{ statements, rows int }

// costOfLink returns what it costs to follow changes of a group within a group within one that a team follows, with n people in it.
func costOfLink(t *testing.T, n int) map[string]cost {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "muster.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	k := &workspace.Keeper{Store: s, Now: time.Now}
	objects := make([]directory.Object, 0, n+4)
	for i := range n + 1 {
		objects = append(objects, directory.Object{ID: directory.NewID(), Kind: directory.Person, State: directory.Active, Attrs: attr.Set{directory.Username: {fmt.Sprintf("u%d", i)}}})
	}
	people := idsOf(objects)
	groups := make([]directory.ID, 3)
	for i := range groups {
		groups[i] = directory.NewID()
		objects = append(objects, directory.Object{ID: groups[i], Kind: directory.Group, State: directory.Active, Attrs: attr.Set{directory.Name: {fmt.Sprintf("g%d", i)}}})
	}
	edge := func(group directory.ID, add, remove []directory.ID) {
		t.Helper()
		must(s.Update(t.Context(), "test", func(tx directory.Tx) error { return tx.PutEdges(t.Context(), group, add, remove) }))
	}
	must(s.Update(t.Context(), "test", func(tx directory.Tx) error { return tx.PutObjects(t.Context(), objects...) }))
	edge(groups[0], groups[1:2], nil)
	edge(groups[1], groups[2:], nil)
	edge(groups[2], people[1:], nil)
	team, err := k.NewTeam(t.Context(), "test", workspace.Place{Name: "staff"})
	must(err)
	must(k.Link(t.Context(), "test", workspace.GroupLink{Group: groups[0], Place: team.ID}))
	must(k.SetManaged(t.Context(), "test", team.ID, true))
	must(k.CatchUp(t.Context()))
	m := &meter{database: s.db}
	out := map[string]cost{}
	for _, act := range []struct {
		name        string
		add, remove []directory.ID
		members     int
	}{{"joining", people[:1], nil, n + 1}, {"leaving", nil, people[:1], n}} {
		edge(groups[2], act.add, act.remove)
		*m = meter{database: m.database}
		s.db = m
		err := k.CatchUp(t.Context())
		s.db = m.database
		must(err)
		out[act.name] = cost{m.statements, m.rows}
		must(s.View(t.Context(), func(r directory.Reader) error {
			got, err := workspace.Of(r).CountMembers(t.Context(), team.ID)
			if got != act.members {
				t.Errorf("%s: %d members, want %d", act.name, got, act.members)
			}
			return err
		}))
	}
	return out
}

func idsOf(objects []directory.Object) (out []directory.ID) {
	for _, o := range objects {
		out = append(out, o.ID)
	}
	return out
}
