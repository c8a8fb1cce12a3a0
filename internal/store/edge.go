package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"muster/internal/directory"
)

// Members implements directory.Reader.
func (r reader) Members(ctx context.Context, group, after directory.ID, limit int) ([]directory.ID, error) {
	return collect(ctx, r.session, scanOne[directory.ID],
		"select member from edge where grp = $1 and member > $2 and not removed order by member limit $3", group, after, atMost(limit))
}

func scanEdge(rows *sql.Rows, e *directory.Edge) error { return rows.Scan(&e.Group, &e.Member) }

// GroupsOf implements directory.Reader.
func (r reader) GroupsOf(ctx context.Context, members []directory.ID) ([]directory.Edge, error) {
	if len(members) == 0 {
		return nil, nil
	}
	return collect(ctx, r.session, scanEdge, "select grp, member from edge where not removed and "+r.d.member("member", 1), ids(r.session, members))
}

// Above implements directory.Reader.
func (r reader) Above(ctx context.Context, groups []directory.ID) ([]directory.ID, error) {
	if len(groups) == 0 {
		return nil, nil
	}
	return collect(ctx, r.session, scanOne[directory.ID], "with recursive up (id) as (select l.value from "+r.d.list(1)+
		" union select e.grp from up join edge e on e.member = up.id and not e.removed) select id from up order by id", ids(r.session, groups))
}

// Below implements directory.Reader. A group may have 250,000 members of whom none is a group, so the walk looks only at edges between groups.
func (r reader) Below(ctx context.Context, groups []directory.ID) ([]directory.ID, error) {
	if len(groups) == 0 {
		return nil, nil
	}
	nested, err := collect(ctx, r.session, scanEdge,
		"select e.grp, e.member from object o cross join edge e where o.kind = 'group' and e.member = o.id and not e.removed")
	if err != nil {
		return nil, fmt.Errorf("groups in groups: %w", err)
	}
	in := make(map[directory.ID][]directory.ID)
	for _, e := range nested {
		in[e.Group] = append(in[e.Group], e.Member)
	}
	seen := make(map[directory.ID]bool, len(groups))
	var out []directory.ID
	for todo := slices.Clone(groups); len(todo) > 0; {
		g := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !seen[g] {
			seen[g] = true
			out = append(out, g)
			todo = append(todo, in[g]...)
		}
	}
	slices.Sort(out)
	return out, nil
}

// fewGroups is up to how many groups are looked into one by one; beyond, the groups of the members are read instead.
const fewGroups = 16

// Within implements directory.Reader.
func (r reader) Within(ctx context.Context, groups, members []directory.ID) ([]directory.ID, error) {
	if len(groups) == 0 || len(members) == 0 {
		return nil, nil
	}
	if len(groups) <= fewGroups {
		return collect(ctx, r.session, scanOne[directory.ID], "select distinct member from edge where not removed and "+r.d.member("grp", 1)+
			" and "+r.d.member("member", 2)+" order by member", ids(r.session, groups), ids(r.session, members))
	}
	edges, err := r.GroupsOf(ctx, members)
	if err != nil {
		return nil, err
	}
	in := make(map[directory.ID]bool, len(groups))
	for _, g := range groups {
		in[g] = true
	}
	var out []directory.ID
	for _, e := range edges {
		if in[e.Group] {
			out = append(out, e.Member)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// maxList bounds a list bound as one argument.
const maxList = 5000

// PutEdges implements directory.Tx. A removed edge stays as a tombstone until Prune, so that the feed can tell of it.
func (t tx) PutEdges(ctx context.Context, group directory.ID, add, remove []directory.ID) error {
	gone := make(map[directory.ID]bool, len(remove))
	for _, m := range remove {
		gone[m] = true
	}
	kept := make([]directory.ID, 0, len(add))
	for _, m := range add {
		if !gone[m] {
			kept = append(kept, m)
		}
	}
	revTx := t.d.revTx[1:]
	if err := t.edgesOf(ctx, group, kept, "insert into edge (grp, member, rev_tx, rev_seq, removed) select $2, l.value, "+revTx+", $3 + l.key, false from "+
		t.d.list(1)+" where not exists (select 1 from edge e where e.grp = $2 and e.member = l.value and not e.removed)"+
		" on conflict (grp, member) do update set removed = false, rev_tx = excluded.rev_tx, rev_seq = excluded.rev_seq where edge.removed"); err != nil {
		return fmt.Errorf("add members of %s: %w", group, err)
	}
	if err := t.edgesOf(ctx, group, remove, "insert into edge (grp, member, rev_tx, rev_seq, removed) select e.grp, e.member, "+revTx+", $3 + l.key, true from "+
		t.d.list(1)+" cross join edge e where e.grp = $2 and e.member = l.value and not e.removed"+
		" on conflict (grp, member) do update set removed = true, rev_tx = excluded.rev_tx, rev_seq = excluded.rev_seq where not edge.removed"); err != nil {
		return fmt.Errorf("remove members of %s: %w", group, err)
	}
	return nil
}

// edgesOf runs a statement that takes a list of members ($1), their group ($2) and the first Seq ($3). Sorted lists keep two writers from waiting for each other.
func (t tx) edgesOf(ctx context.Context, group directory.ID, members []directory.ID, text string) error {
	members = slices.Clone(members)
	slices.Sort(members)
	for list := range slices.Chunk(slices.Compact(members), maxList) {
		seq, err := t.take(ctx, len(list))
		if err != nil {
			return err
		}
		n, err := t.exec(ctx, text, ids(t.session, list), string(group), seq)
		if err != nil {
			return err
		}
		t.fed = t.fed || n > 0
	}
	return nil
}

// Cursor implements directory.Reader.
func (r reader) Cursor(ctx context.Context, source string) (string, error) {
	return r.value(ctx, "select value from source_cursor where source = $1", source)
}

// Anchor implements directory.Reader.
func (r reader) Anchor(ctx context.Context, owner, name string) (string, error) {
	return r.value(ctx, "select value from anchor where owner = $1 and name = $2", owner, name)
}

// value is one text, or "".
func (s *session) value(ctx context.Context, text string, args ...any) (string, error) {
	v, err := collect(ctx, s, scanOne[string], text, args...)
	if err != nil || len(v) == 0 {
		return "", err
	}
	return v[0], nil
}

// SetCursor implements directory.Tx.
func (t tx) SetCursor(ctx context.Context, source, cursor string) error {
	_, err := t.exec(ctx, "insert into source_cursor (source, value) values ($1, $2) on conflict (source) do update set value = excluded.value", source, cursor)
	return err
}

// SetAnchor implements directory.Tx.
func (t tx) SetAnchor(ctx context.Context, owner, name, value string) error {
	_, err := t.exec(ctx, `insert into anchor (owner, name, value) values ($1, $2, $3) on conflict (owner, name) do update set value = excluded.value`,
		owner, name, value)
	return err
}
