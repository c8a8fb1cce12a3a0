package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"muster/internal/directory"
	"muster/internal/link"
)

// selectEdges reads edges with their names in place of numbers; conditions are on e, and on g and m for the ids of group and member.
const (
	selectEdges = "select t.id, g.id, coalesce(m.id, ''), e.other, e.wanted, e.applied from link_edge e"
	joinEdges   = " join node t on t.n = e.target join node g on g.n = e.grp left join node m on m.n = e.member"
)

func scanLinkEdge(rows *sql.Rows, e *link.Edge) error {
	return rows.Scan(&e.Target, &e.Group, &e.Member, &e.Foreign, &e.Wanted, &e.Applied)
}

// Edges implements link.Reader.
func (r linkReader) Edges(ctx context.Context, target string, group directory.ID) ([]link.Edge, error) {
	return collect(ctx, r.session, scanLinkEdge, selectEdges+joinEdges+" where e.target = "+nodeOf(1)+" and e.grp = "+nodeOf(2)+" order by e.member, e.other",
		target, group)
}

// OpenEdges implements link.Reader.
func (r linkReader) OpenEdges(ctx context.Context, target string, group, member directory.ID, limit int) ([]link.Edge, error) {
	index := "link_edge_open"
	if member != "" {
		index = "link_edge_by_member"
	}
	text, args := selectEdges+r.d.by(index)+joinEdges+" where e.target = "+nodeOf(1)+" and e.wanted <> e.applied", []any{target, atMost(limit)}
	if group != "" {
		args = append(args, group)
		text += " and e.grp = " + nodeOf(len(args))
	}
	if member != "" {
		args = append(args, member)
		text += " and e.member = " + nodeOf(len(args))
	}
	return collect(ctx, r.session, scanLinkEdge, text+" order by e.grp, e.member, e.other limit $2", args...)
}

// EdgesOf implements link.Reader.
func (r linkReader) EdgesOf(ctx context.Context, target string, members []directory.ID) ([]link.Edge, error) {
	if len(members) == 0 {
		return nil, nil
	}
	return collect(ctx, r.session, scanLinkEdge, selectEdges+r.d.by("link_edge_by_member")+joinEdges+" where e.target = "+nodeOf(1)+" and "+r.d.nodesIn("e.member", 2),
		target, ids(r.session, members))
}

// edgeKeys is a VALUES list of the keys of edges, as a table expression v.
var edgeKeys = table{"bigint", "bigint", "bigint", "text"}

const (
	withEdges = "with v (target, grp, member, other) as ("
	sameEdge  = "e.target = v.target and e.grp = v.grp and e.member = v.member and e.other = v.other"
	isEdge    = "link_edge.target = v.target and link_edge.grp = v.grp and link_edge.member = v.member and link_edge.other = v.other"
	inEdges   = "(target, grp, member, other) in (select target, grp, member, other from v)"
)

// edgeRow is an edge with numbers in place of names.
type edgeRow struct {
	link.Edge
	target, group, member int64
}

func edgeArgs(e edgeRow, a []any) []any {
	return append(a, e.target, e.group, e.member, string(e.Foreign))
}

// edgeRows returns edges, each once, sorted by their numbers: neighbours in the table are written together.
func (t linkTx) edgeRows(ctx context.Context, edges []link.Edge) ([]edgeRow, error) {
	edges = last(edges, keyOfEdge)
	names := make([]string, 0, 3*len(edges))
	for _, e := range edges {
		names = append(names, e.Target, string(e.Group), string(e.Member))
	}
	n, err := t.numbers(ctx, names)
	if err != nil {
		return nil, err
	}
	rows := make([]edgeRow, len(edges))
	for i, e := range edges {
		rows[i] = edgeRow{e, n[e.Target], n[string(e.Group)], n[string(e.Member)]}
	}
	slices.SortFunc(rows, func(a, b edgeRow) int {
		return cmp.Or(cmp.Compare(a.target, b.target), cmp.Compare(a.group, b.group), cmp.Compare(a.member, b.member), cmp.Compare(a.Foreign, b.Foreign))
	})
	return rows, nil
}

type edgeKey struct{ target, group, member, foreign string }

func keyOfEdge(e link.Edge) edgeKey {
	return edgeKey{e.Target, string(e.Group), string(e.Member), string(e.Foreign)}
}

// Want implements link.Tx.
func (t linkTx) Want(ctx context.Context, edges ...link.Edge) (int, error) {
	rows, err := t.edgeRows(ctx, edges)
	if err != nil {
		return 0, fmt.Errorf("want edges: %w", err)
	}
	n, err := t.set(ctx, "wanted", "applied", rows, func(e link.Edge) bool { return e.Wanted })
	if err != nil {
		return n, fmt.Errorf("want edges: %w", err)
	}
	return n, nil
}

// Seen implements link.Tx.
func (t linkTx) Seen(ctx context.Context, edges ...link.Edge) error {
	rows, err := t.edgeRows(ctx, edges)
	if err == nil {
		err = t.counting(ctx, rows, func() error {
			_, err := t.set(ctx, "applied", "wanted", rows, func(e link.Edge) bool { return e.Applied })
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("see edges: %w", err)
	}
	return nil
}

// set sets one flag of edges and leaves the other. An edge without either flag does not exist: setting makes it, clearing the last flag drops it.
func (t linkTx) set(ctx context.Context, column, other string, rows []edgeRow, value func(link.Edge) bool) (int, error) {
	var on, off []edgeRow
	for _, e := range rows {
		if value(e.Edge) {
			on = append(on, e)
		} else {
			off = append(off, e)
		}
	}
	sum := 0
	for _, step := range []struct {
		edges []edgeRow
		tail  string
	}{
		{on, ") insert into link_edge (target, grp, member, other, " + column + ", " + other + ") select v.target, v.grp, v.member, v.other, true, false from v" +
			" where not exists (select 1 from link_edge e where " + sameEdge + " and e." + column + ")" +
			" on conflict (target, grp, member, other) do update set " + column + " = true where not link_edge." + column},
		{off, ") delete from link_edge where not " + other + " and " + inEdges},
		{off, ") update link_edge set " + column + " = false from v where link_edge." + column + " and " + isEdge},
	} {
		n, err := bulk(ctx, t.session, edgeKeys, withEdges, step.tail, step.edges, edgeArgs)
		if err != nil {
			return 0, err
		}
		sum += int(n)
	}
	return sum, nil
}

// putEdges writes edges as they are now.
func (t linkTx) putEdges(ctx context.Context, edges []link.Edge) error {
	rows, err := t.edgeRows(ctx, edges)
	if err != nil {
		return err
	}
	return t.counting(ctx, rows, func() error { return t.writeEdges(ctx, rows) })
}

func (t linkTx) writeEdges(ctx context.Context, rows []edgeRow) error {
	var keep, drop []edgeRow
	for _, e := range rows {
		if e.Wanted || e.Applied {
			keep = append(keep, e)
		} else {
			drop = append(drop, e)
		}
	}
	if _, err := bulk(ctx, t.session, make(table, 6), "insert into link_edge (target, grp, member, other, wanted, applied)",
		` on conflict (target, grp, member, other) do update set wanted = excluded.wanted, applied = excluded.applied
		where (link_edge.wanted, link_edge.applied) <> (excluded.wanted, excluded.applied)`, keep,
		func(e edgeRow, a []any) []any { return append(edgeArgs(e, a), e.Wanted, e.Applied) }); err != nil {
		return err
	}
	_, err := bulk(ctx, t.session, edgeKeys, withEdges, ") delete from link_edge where "+inEdges, drop, edgeArgs)
	return err
}
