package store

import (
	"context"
	"database/sql"

	"muster/internal/connector"
	"muster/internal/link"
	"muster/internal/run"
)

// FindLines implements run.LineReader.
func (r runReader) FindLines(ctx context.Context, planID string, f run.LineFilter, after, limit int) ([]run.Line, error) {
	text, args := "select "+lineColumns+" from line l where l.plan = $1 and l.seq > $2", []any{planID, after, atMost(limit)}
	for _, c := range []struct{ column, value string }{{"status", string(f.Status)}, {"class", f.Class}, {"object", string(f.Object)}} {
		if c.value != "" {
			args = append(args, c.value)
			text += " and l." + c.column + " = " + dollar(len(args))
		}
	}
	if len(f.Acts) > 0 {
		args = append(args, ids(r.session, f.Acts))
		text += " and " + r.d.member("l.act", len(args))
	}
	return collect(ctx, r.session, scanLine, text+" order by l.seq limit $3", args...)
}

// CountLines implements run.LineReader.
func (r runReader) CountLines(ctx context.Context, planID string) (map[run.Status]int, error) {
	type count struct {
		status run.Status
		n      int
	}
	counts, err := collect(ctx, r.session, func(rows *sql.Rows, c *count) error { return rows.Scan(&c.status, &c.n) },
		"select status, count(*) from line where plan = $1 group by status", planID)
	out := make(map[run.Status]int, len(counts))
	for _, c := range counts {
		out[c.status] = c.n
	}
	return out, err
}

// Decide implements run.LineTx.
func (t runTx) Decide(ctx context.Context, planID string, from run.Status, v run.Verdict, keys ...string) (int, error) {
	text := "update line set status = $2, who = $3, reason = $4, answer = $5, decided = $6 where plan = $1"
	args := []any{planID, v.To, v.By, v.Reason, v.Answer, ms(v.At)}
	if from != "" {
		args = append(args, from)
		text += " and status = " + dollar(len(args))
	}
	if len(keys) > 0 {
		args = append(args, ids(t.session, keys))
		text += " and " + t.d.member("key", len(args))
	}
	n, err := t.exec(ctx, text, args...)
	return int(n), err
}

// Strays implements link.ClaimReader.
func (r linkReader) Strays(ctx context.Context, target string, kind connector.Kind, planID string, after connector.RemoteID, limit int) ([]link.Observed, error) {
	return collect(ctx, r.session, scanObserved, "select "+observedColumns+` from observed o where o.target = $1 and o.kind = $2 and o.id > $3
		and not exists (select 1 from link l where l.target = $1 and l.kind = $2 and l.remote = o.id)
		and not exists (select 1 from line x where x.plan = $5 and x.remote = o.id and x.remote <> '') order by o.id limit $4`,
		target, kind, after, atMost(limit), planID)
}
