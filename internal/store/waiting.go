package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"muster/internal/directory"
	"muster/internal/link"
)

const waitingColumns = "target, object, member, wait, code, reason, line, attempts, since, next"

func scanWaiting(rows *sql.Rows, w *link.Waiting) error {
	var since, next int64
	err := rows.Scan(&w.Target, &w.Object, &w.Member, &w.Wait, &w.Code, &w.Reason, &w.Line, &w.Attempts, &since, &next)
	w.Since, w.Next = moment(since), moment(next)
	return err
}

// Waiting implements link.Reader.
func (r linkReader) Waiting(ctx context.Context, target string, wait link.Wait, object, after directory.ID, limit int) ([]link.Waiting, error) {
	text, args := "select "+waitingColumns+" from waiting where target = $1 and object > $2", []any{target, after, atMost(limit)}
	if wait != "" {
		args = append(args, wait)
		text += " and wait = " + dollar(len(args))
	}
	if object != "" {
		args = append(args, object)
		text += " and object = " + dollar(len(args))
	}
	return collect(ctx, r.session, scanWaiting, text+" order by object, member limit $3", args...)
}

// WaitingOf implements link.Reader.
func (r linkReader) WaitingOf(ctx context.Context, target string, objects []directory.ID) ([]link.Waiting, error) {
	if len(objects) == 0 {
		return nil, nil
	}
	return collect(ctx, r.session, scanWaiting, "select "+waitingColumns+" from waiting where target = $1 and member = '' and "+r.d.member("object", 2),
		target, ids(r.session, objects))
}

// CountWaiting implements link.Reader.
func (r linkReader) CountWaiting(ctx context.Context, target string) (map[link.Wait]int, error) {
	type sum struct {
		wait link.Wait
		n    int
	}
	all, err := collect(ctx, r.session, func(rows *sql.Rows, s *sum) error { return rows.Scan(&s.wait, &s.n) },
		"select wait, count(*) from waiting"+r.d.by("waiting_by_sort")+" where target = $1 group by wait", target)
	out := make(map[link.Wait]int, len(all))
	for _, s := range all {
		out[s.wait] = s.n
	}
	return out, err
}

// Due implements link.Reader.
func (r linkReader) Due(ctx context.Context, target string, now time.Time, limit int) ([]link.Waiting, error) {
	return collect(ctx, r.session, scanWaiting, "select "+waitingColumns+` from waiting
		where target = $1 and wait = 'retrying' and next <= $2 order by next, object, member limit $3`, target, ms(now), atMost(limit))
}

// PutWaiting implements link.Tx.
func (t linkTx) PutWaiting(ctx context.Context, waits ...link.Waiting) error {
	type key struct {
		target         string
		object, member directory.ID
	}
	waits = last(waits, func(w link.Waiting) key { return key{w.Target, w.Object, w.Member} })
	_, err := bulk(ctx, t.session, make(table, 10), "insert into waiting ("+waitingColumns+")",
		` on conflict (target, object, member) do update set wait = excluded.wait, code = excluded.code, reason = excluded.reason, line = excluded.line,
		attempts = excluded.attempts, since = excluded.since, next = excluded.next
		where (waiting.wait, waiting.code, waiting.reason, waiting.line, waiting.attempts, waiting.since, waiting.next) <>
		(excluded.wait, excluded.code, excluded.reason, excluded.line, excluded.attempts, excluded.since, excluded.next)`,
		waits, func(w link.Waiting, a []any) []any {
			return append(a, w.Target, string(w.Object), string(w.Member), string(w.Wait), w.Code, w.Reason, w.Line, w.Attempts, ms(w.Since), ms(w.Next))
		})
	if err != nil {
		return fmt.Errorf("put waiting: %w", err)
	}
	return nil
}

// DropWaiting implements link.Tx.
func (t linkTx) DropWaiting(ctx context.Context, target string, objects ...directory.ID) error {
	if len(objects) == 0 {
		return nil
	}
	_, err := t.exec(ctx, "delete from waiting where target = $1 and "+t.d.member("object", 2), target, ids(t.session, objects))
	return err
}
