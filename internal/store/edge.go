package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"muster/internal/directory"
)

// Members implements directory.Reader. The order is that in which the members became known, which is the order of their ids but for those made in the same
// moment on several nodes.
func (r reader) Members(ctx context.Context, group, after directory.ID, limit int) ([]directory.ID, error) {
	return collect(ctx, r.session, scanOne[directory.ID],
		"select m.id from edge e join node m on m.n = e.member where e.grp = "+nodeOf(1)+" and e.member > coalesce("+nodeOf(2)+
			", 0) and not e.removed order by e.member limit $3", group, after, atMost(limit))
}

// MembersOf implements directory.Reader. Of a few groups it reads a page each, of more all their members.
func (r reader) MembersOf(ctx context.Context, groups []directory.ID, after directory.ID, limit int) ([]directory.ID, error) {
	if len(groups) == 0 {
		return nil, nil
	}
	var found []node
	for part := range slices.Chunk(groups, max(1, len(groups)/fewGroups)) {
		some, err := collect(ctx, r.session, scanNode,
			"select m.n, m.id from (select distinct e.member from edge e where "+r.d.nodesIn("e.grp", 1)+" and e.member > coalesce("+nodeOf(2)+
				", 0) and not e.removed order by e.member limit $3) x join node m on m.n = x.member", ids(r.session, part), after, atMost(limit))
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	slices.SortFunc(found, func(a, b node) int { return cmp.Compare(a.n, b.n) })
	found = slices.CompactFunc(found, func(a, b node) bool { return a.n == b.n })
	var out []directory.ID
	for _, m := range found[:min(int64(len(found)), atMost(limit))] {
		out = append(out, directory.ID(m.id))
	}
	return out, nil
}

// CountMembersOf implements directory.Reader.
func (r reader) CountMembersOf(ctx context.Context, groups []directory.ID) (int, error) {
	if len(groups) == 0 {
		return 0, nil
	}
	return one(ctx, r.session, scanOne[int], "select count(distinct e.member) from edge e where "+r.d.nodesIn("e.grp", 1)+" and not e.removed", ids(r.session, groups))
}

func scanEdge(rows *sql.Rows, e *directory.Edge) error { return rows.Scan(&e.Group, &e.Member) }

// GroupsOf implements directory.Reader.
func (r reader) GroupsOf(ctx context.Context, members []directory.ID) ([]directory.Edge, error) {
	if len(members) == 0 {
		return nil, nil
	}
	return collect(ctx, r.session, scanEdge, "select g.id, m.id from node m join edge e on e.member = m.n and not e.removed join node g on g.n = e.grp where "+
		r.d.member("m.id", 1), ids(r.session, members))
}

// Above implements directory.Reader.
func (r reader) Above(ctx context.Context, groups []directory.ID) ([]directory.ID, error) {
	if len(groups) == 0 {
		return nil, nil
	}
	return collect(ctx, r.session, scanOne[directory.ID], "with recursive up (n) as (select n from node where "+r.d.member("id", 1)+
		" union select e.grp from up join edge e on e.member = up.n and not e.removed)"+
		" select g.id from up cross join node g where g.n = up.n union select l.value from "+r.d.list(1)+" order by 1", ids(r.session, groups))
}

// Below implements directory.Reader. A group may have 250,000 members of whom none is a group, so the walk looks only at edges between groups.
func (r reader) Below(ctx context.Context, groups []directory.ID) ([]directory.ID, error) {
	if len(groups) == 0 {
		return nil, nil
	}
	nested, err := collect(ctx, r.session, scanEdge,
		"select g.id, m.id from object o join node m on m.id = o.id join edge e on e.member = m.n and not e.removed join node g on g.n = e.grp where o.kind = 'group'")
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
		return collect(ctx, r.session, scanOne[directory.ID], "select distinct m.id from node m join edge e on e.member = m.n and not e.removed where "+
			r.d.nodesIn("e.grp", 1)+" and "+r.d.member("m.id", 2)+" order by m.id", ids(r.session, groups), ids(r.session, members))
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

// PutEdges implements directory.Tx. A removed edge stays as a tombstone until Prune, so that the feed can tell of it.
func (t tx) PutEdges(ctx context.Context, group directory.ID, add, remove []directory.ID) error {
	if len(add)+len(remove) == 0 {
		return nil
	}
	names := append(textOf(add, remove), string(group))
	numbers, err := t.numbers(ctx, names)
	if err != nil {
		return fmt.Errorf("members of %s: %w", group, err)
	}
	gone := numbered(numbers, remove, nil)
	if err := t.addEdges(ctx, numbers[string(group)], numbered(numbers, add, gone)); err != nil {
		return fmt.Errorf("add members of %s: %w", group, err)
	}
	if err := t.removeEdges(ctx, numbers[string(group)], gone); err != nil {
		return fmt.Errorf("remove members of %s: %w", group, err)
	}
	return nil
}

func textOf(lists ...[]directory.ID) []string {
	var out []string
	for _, list := range lists {
		for _, id := range list {
			out = append(out, string(id))
		}
	}
	return out
}

// numbered returns the numbers of list, each once and sorted, so that two writers do not wait for each other; but is left out.
func numbered(numbers map[string]int64, list []directory.ID, but []int64) []int64 {
	out := make([]int64, 0, len(list))
	for _, id := range list {
		n := numbers[string(id)]
		if _, ok := slices.BinarySearch(but, n); !ok {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

const (
	newEdge   = "insert into edge (grp, member, rev_tx, rev_seq, removed)"
	onceAgain = " on conflict (grp, member) do update set removed = false, rev_tx = excluded.rev_tx, rev_seq = excluded.rev_seq where edge.removed"
	asBefore  = " where not exists (select 1 from edge e where e.grp = v.grp and e.member = v.member and not e.removed)"
)

// addEdges makes edges, or brings them back. PostgreSQL would lock, and so write, every row that is there already: there these are left out beforehand.
func (t tx) addEdges(ctx context.Context, group int64, members []int64) error {
	if !t.d.numbered {
		return t.feedEdges(ctx, group, members, table{"", "", t.d.revTx, "", "=false"}, newEdge, onceAgain)
	}
	return t.feedEdges(ctx, group, members, table{"bigint", "bigint", "bigint"}, "with v (grp, member, seq) as (",
		") "+newEdge+" select v.grp, v.member, "+t.d.revTx[1:]+", v.seq, false from v"+asBefore+onceAgain)
}

func (t tx) removeEdges(ctx context.Context, group int64, members []int64) error {
	return t.feedEdges(ctx, group, members, table{"bigint", "bigint", "bigint"}, "with v (grp, member, seq) as (",
		") "+newEdge+" select e.grp, e.member, "+t.d.revTx[1:]+", v.seq, true from v cross join edge e"+
			" where e.grp = v.grp and e.member = v.member and not e.removed"+
			" on conflict (grp, member) do update set removed = true, rev_tx = excluded.rev_tx, rev_seq = excluded.rev_seq where not edge.removed")
}

// feedEdges runs a bulk statement over the edges of group to members, each with a Seq of the feed.
func (t tx) feedEdges(ctx context.Context, group int64, members []int64, columns table, head, tail string) error {
	seq, err := t.take(ctx, len(members))
	if err != nil {
		return err
	}
	n, err := bulk(ctx, t.session, columns, head, tail, members, func(m int64, a []any) []any {
		seq++
		return append(a, group, m, seq-1)
	})
	t.fed = t.fed || n > 0
	return err
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
