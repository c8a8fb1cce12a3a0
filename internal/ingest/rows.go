package ingest

import (
	"context"

	"muster/internal/directory"
	"muster/internal/run"
)

// The names of counts of a read that are kept row by row, if it is a run.
const (
	rowAdded    = "added"
	rowChanged  = "changed"
	rowReturned = "returned"
	rowAbsent   = "absent"
	rowRemoved  = "removed"
	rowOutside  = "outside"
	rowJoined   = "memberships_added"
	rowParted   = "memberships_removed"
)

// A counted is a record with what it is counted as.
type counted struct {
	as  string
	rec *directory.Record // who it is may turn out later
}

// keep keeps what is counted in a transaction with the run of the read.
func (r *Reading) keep(ctx context.Context, tx directory.Tx, all []counted) error {
	if r == nil || r.Run == "" {
		return nil
	}
	rows := make([]run.Row, 0, len(all))
	for _, c := range all {
		row := run.Row{Run: r.Run, What: c.as, Object: c.rec.Object}
		if row.Object == "" {
			row.Key = c.rec.Key
		}
		rows = append(rows, row)
	}
	return run.In(tx).AddRows(ctx, rows...)
}

// keepMembers is keep for memberships of a group.
func (r *Reading) keepMembers(ctx context.Context, tx directory.Tx, group directory.ID, add, drop []directory.ID) error {
	if r.Run == "" {
		return nil
	}
	rows := make([]run.Row, 0, len(add)+len(drop))
	for _, m := range add {
		rows = append(rows, run.Row{Run: r.Run, What: rowJoined, Object: group, Member: m})
	}
	for _, m := range drop {
		rows = append(rows, run.Row{Run: r.Run, What: rowParted, Object: group, Member: m})
	}
	return run.In(tx).AddRows(ctx, rows...)
}

// as counts every record as the same.
func as(what string) func(*directory.Record) string {
	return func(*directory.Record) string { return what }
}

// uncounted counts none.
func uncounted(*directory.Record) string { return "" }

// counts returns those of records that are counted, each as what count says.
func counts(records []*directory.Record, count func(*directory.Record) string) []counted {
	var out []counted
	for _, rec := range records {
		if what := count(rec); what != "" {
			out = append(out, counted{what, rec})
		}
	}
	return out
}
