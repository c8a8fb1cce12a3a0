package app

import (
	"context"
	"maps"
	"slices"

	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// RunRows implements adminapi.Syncs.
func (m *Muster) RunRows(ctx context.Context, q adminapi.RunRowQuery) (out adminapi.RunRowPage, err error) {
	return out, m.Store.View(ctx, func(v directory.Reader) error {
		if _, err := run.Of(v).Run(ctx, q.Run); err != nil {
			return err
		}
		rows, err := run.Of(v).Rows(ctx, q.Run, q.What, q.After, q.Limit+1)
		if err != nil {
			return err
		}
		if len(rows) > q.Limit {
			rows = rows[:q.Limit]
			out.Next = rows[q.Limit-1].Seq
		}
		out.Rows, err = whoseRows(ctx, v, rows)
		return err
	})
}

// whoseRows says of rows who they are now.
func whoseRows(ctx context.Context, v directory.Reader, rows []run.Row) ([]adminapi.RunRow, error) {
	var ids []directory.ID
	for _, r := range rows {
		for _, id := range []directory.ID{r.Object, r.Member} {
			if id != "" {
				ids = append(ids, id)
			}
		}
	}
	objects, err := v.Objects(ctx, ids)
	by := map[directory.ID]directory.Object{}
	for _, o := range objects {
		by[o.ID] = o
	}
	var out []adminapi.RunRow
	for _, r := range rows {
		x := adminapi.RunRow{Seq: r.Seq, Object: r.Object, Member: r.Member, Entry: r.Key}
		if o, ok := by[r.Object]; ok {
			x.Kind, x.Name, x.State = o.Kind, o.Handle(), o.State
		}
		if o, ok := by[r.Member]; ok {
			x.MemberKind, x.MemberName = o.Kind, o.Handle()
		}
		out = append(out, x)
	}
	return out, err
}

// kept returns the names of the counts of a run of which every row is there.
func kept(ctx context.Context, v directory.Reader, r run.Run) ([]string, error) {
	var out []string
	if r.Kind != run.Read {
		return nil, nil
	}
	for _, what := range slices.Sorted(maps.Keys(r.Counts)) {
		n, err := run.Of(v).CountRows(ctx, r.ID, what)
		if err != nil {
			return nil, err
		}
		if n == r.Counts[what] {
			out = append(out, what)
		}
	}
	return out, nil
}
