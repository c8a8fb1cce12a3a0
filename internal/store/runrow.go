package store

import (
	"context"
	"database/sql"
	"fmt"

	"muster/internal/run"
)

const rowColumns = "run, what, seq, object, member, entry"

func scanRow(rows *sql.Rows, r *run.Row) error {
	return rows.Scan(&r.Run, &r.What, &r.Seq, &r.Object, &r.Member, &r.Key)
}

// Rows implements run.RowReader.
func (r runReader) Rows(ctx context.Context, id, what string, after, limit int) ([]run.Row, error) {
	return collect(ctx, r.session, scanRow, "select "+rowColumns+" from run_row where run = $1 and what = $2 and seq > $3 order by seq limit $4", id, what, after, atMost(limit))
}

// CountRows implements run.RowReader: rows are numbered without gaps.
func (r runReader) CountRows(ctx context.Context, id, what string) (int, error) {
	return one(ctx, r.session, scanOne[int], "select coalesce(max(seq), 0) from run_row where run = $1 and what = $2", id, what)
}

// AddRows implements run.RowTx.
func (t runTx) AddRows(ctx context.Context, rows ...run.Row) error {
	last := map[[2]string]int{}
	for i := range rows {
		r := &rows[i]
		of := [2]string{r.Run, r.What}
		if _, ok := last[of]; !ok {
			n, err := t.CountRows(ctx, r.Run, r.What)
			if err != nil {
				return fmt.Errorf("count the rows of run %s: %w", r.Run, err)
			}
			last[of] = n
		}
		last[of]++
		r.Seq = last[of]
	}
	_, err := bulk(ctx, t.session, make(table, 6), "insert into run_row ("+rowColumns+")", "", rows, func(r run.Row, a []any) []any {
		return append(a, r.Run, r.What, int64(r.Seq), string(r.Object), string(r.Member), r.Key)
	})
	if err != nil {
		return fmt.Errorf("add rows of runs: %w", err)
	}
	return nil
}
