package store

import (
	"context"
	"database/sql"
	"fmt"

	"muster/internal/directory"
)

// CountApplied implements link.Reader.
func (r linkReader) CountApplied(ctx context.Context, target string, group directory.ID) (int, error) {
	return one(ctx, r.session, scanOne[int], "select coalesce(sum(applied), 0) from link_group where target = "+nodeOf(1)+" and grp = "+nodeOf(2), target, group)
}

// A groupCount is how many of the edges at hand are applied in one group.
type groupCount struct {
	target, group int64
	n             int
}

func scanGroupCount(rows *sql.Rows, c *groupCount) error { return rows.Scan(&c.target, &c.group, &c.n) }

// counting runs write, which sets Applied of rows, and keeps the number of applied edges of their groups: what there is after it, less what there was.
func (t linkTx) counting(ctx context.Context, rows []edgeRow, write func() error) error {
	type key struct{ target, group int64 }
	delta := map[key]int{}
	before, err := bulkQuery(ctx, t.session, edgeKeys, withEdges, ") select e.target, e.grp, count(*) from v join link_edge e on "+sameEdge+
		" where e.applied group by e.target, e.grp", rows, edgeArgs, scanGroupCount)
	if err != nil {
		return fmt.Errorf("count edges: %w", err)
	}
	for _, c := range before {
		delta[key{c.target, c.group}] -= c.n
	}
	if err := write(); err != nil {
		return err
	}
	for _, e := range rows {
		if e.Applied {
			delta[key{e.target, e.group}]++
		}
	}
	var change []groupCount
	for k, n := range delta {
		if n != 0 {
			change = append(change, groupCount{k.target, k.group, n})
		}
	}
	_, err = bulk(ctx, t.session, table{"bigint", "bigint", "bigint"}, "insert into link_group (target, grp, applied)",
		" on conflict (target, grp) do update set applied = link_group.applied + excluded.applied", change,
		func(c groupCount, a []any) []any { return append(a, c.target, c.group, c.n) })
	if err != nil {
		return fmt.Errorf("keep the number of edges: %w", err)
	}
	return nil
}
