package store

import (
	"context"
	"database/sql"

	"muster/internal/plan"
	"muster/internal/run"
)

// How many lines of a plan have something in common is kept beside them, in table line_tally: nothing counts 100,000 lines to show a plan.

const tallyColumns = "l.kind, l.act, l.class, l.cause, l.status"

func scanTally(rows *sql.Rows, t *run.Tally) error {
	return rows.Scan(&t.Kind, &t.Act, &t.Class, &t.Cause, &t.Status, &t.Lines)
}

// byTally reports whether f asks only for what lines are counted by.
func byTally(f run.LineFilter) bool {
	return f.Object == "" && len(f.Objects)+len(f.Keys) == 0 && f.Name == "" && !f.Whole
}

// addTally changes numbers of lines of a plan.
func (t runTx) addTally(ctx context.Context, planID string, delta ...run.Tally) error {
	sums := map[run.Tally]int{}
	for _, d := range delta {
		n := d.Lines
		d.Lines = 0
		sums[d] += n
	}
	var rows []run.Tally
	for d, n := range sums {
		if d.Lines = n; n != 0 {
			rows = append(rows, d)
		}
	}
	_, err := bulk(ctx, t.session, table{"text", "text", "text", "text", "text", "text", "bigint"}, "insert into line_tally (plan, kind, act, class, cause, status, n)",
		" on conflict (plan, kind, act, class, cause, status) do update set n = line_tally.n + excluded.n", rows, func(d run.Tally, a []any) []any {
			return append(a, planID, string(d.Kind), d.Act, d.Class, string(d.Cause), string(d.Status), d.Lines)
		})
	return err
}

// tallyOf is what a new line counts as.
func tallyOf(l plan.Line, status run.Status) run.Tally {
	return run.Tally{Kind: l.Kind, Act: run.Act(l), Class: string(l.Class), Cause: l.Cause, Status: status, Lines: 1}
}

// retally counts the lines that a filter selects, which are about to be marked, as what they will be. The plan is locked, so that nobody else marks them
// meanwhile.
func (t runTx) retally(ctx context.Context, planID string, f run.LineFilter, to run.Status) error {
	if _, err := collect(ctx, t.session, scanOne[string], "select id from plan where id = $1"+t.d.forWrite, planID); err != nil {
		return err
	}
	was, err := t.TallyLines(ctx, planID, f)
	if err != nil {
		return err
	}
	var delta []run.Tally
	for _, d := range was {
		now := d
		now.Status = to
		d.Lines = -d.Lines
		delta = append(delta, d, now)
	}
	return t.addTally(ctx, planID, delta...)
}
