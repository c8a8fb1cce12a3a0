package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"muster/internal/directory"
	"muster/internal/notify"
)

type (
	notifyReader struct{ *session }
	notifyTx     struct{ notifyReader }
)

var _ notify.Tx = notifyTx{}

// NotifyReader returns the reading half of package notify's contract.
func (r reader) NotifyReader() notify.Reader { return notifyReader(r) }

// NotifyTx returns package notify's contract.
func (t tx) NotifyTx() notify.Tx { return notifyTx{notifyReader{t.session}} }

const messageColumns = "id, channel, kind, receiver, person, body, state, created, next_at, attempts, answer, ended"

func scanMessage(rows *sql.Rows, m *notify.Message) error {
	var created, next, ended int64
	err := rows.Scan(&m.ID, &m.Channel, &m.Kind, &m.To, &m.Person, &m.Body, &m.State, &created, &next, &m.Attempts, &m.Answer, &ended)
	m.Created, m.Next, m.Ended = moment(created), moment(next), moment(ended)
	return err
}

// Message implements notify.Reader.
func (r notifyReader) Message(ctx context.Context, id string) (notify.Message, error) {
	m, err := one(ctx, r.session, scanMessage, "select "+messageColumns+" from outbox where id = $1", id)
	if err != nil {
		return m, fmt.Errorf("message %s: %w", id, err)
	}
	return m, nil
}

// Messages implements notify.Reader. Only what is asked for stands in the statement, so that an index serves it.
func (r notifyReader) Messages(ctx context.Context, q notify.Query) ([]notify.Message, error) {
	text, args := "select "+messageColumns+" from outbox where created >= $1", []any{ms(q.Since)}
	for _, c := range []struct{ column, value string }{
		{"channel", q.Channel}, {"state", string(q.State)}, {"person", string(q.Person)}, {"receiver", q.To},
	} {
		if c.value != "" {
			args = append(args, c.value)
			text += " and " + c.column + " <> '' and " + c.column + " = " + dollar(len(args))
		}
	}
	limit := q.Limit
	if limit == 0 {
		limit = 100
	}
	args = append(args, atMost(limit))
	return collect(ctx, r.session, scanMessage, text+" order by id desc limit "+dollar(len(args)), args...)
}

// Due implements notify.Reader.
func (r notifyReader) Due(ctx context.Context, channel string, now time.Time, limit int) ([]notify.Message, error) {
	return collect(ctx, r.session, scanMessage, "select "+messageColumns+" from outbox where channel = $1 and state = 'waiting' and next_at <= $2 order by next_at, id limit $3",
		channel, ms(now), atMost(limit))
}

// First implements notify.Reader.
func (r notifyReader) First(ctx context.Context, channel string) (notify.Message, error) {
	return one(ctx, r.session, scanMessage, "select "+messageColumns+" from outbox where channel = $1 and state = 'waiting' order by id limit 1", channel)
}

// Backlog implements notify.Reader.
func (r notifyReader) Backlog(ctx context.Context, channel string) (notify.Backlog, error) {
	return one(ctx, r.session, func(rows *sql.Rows, b *notify.Backlog) error {
		var oldest int64
		err := rows.Scan(&b.Waiting, &oldest, &b.Refused)
		b.Oldest = moment(oldest)
		return err
	}, `select count(*), coalesce(min(created), 0), (select count(*) from outbox where channel = $1 and state = 'refused')
		from outbox where channel = $1 and state = 'waiting'`, channel)
}

// Cursor implements notify.Reader.
func (r notifyReader) Cursor(ctx context.Context, hook string) (notify.Cursor, error) {
	c, err := one(ctx, r.session, scanHook, "select hook, rev_tx, rev_seq, started from hook_cursor where hook = $1", hook)
	if err != nil {
		return c, fmt.Errorf("cursor of %s: %w", hook, err)
	}
	return c, nil
}

func scanHook(rows *sql.Rows, c *notify.Cursor) error {
	var started int64
	err := rows.Scan(&c.Hook, &c.After.Tx, &c.After.Seq, &started)
	c.Started = moment(started)
	return err
}

// Told implements notify.Reader.
func (r notifyReader) Told(ctx context.Context, hook string, objects []directory.ID) (map[directory.ID]directory.State, error) {
	out := make(map[directory.ID]directory.State, len(objects))
	if len(objects) == 0 {
		return out, nil
	}
	type told struct {
		id    directory.ID
		state directory.State
	}
	all, err := collect(ctx, r.session, func(rows *sql.Rows, t *told) error { return rows.Scan(&t.id, &t.state) },
		"select object, state from hook_told where hook = $1 and "+r.d.member("object", 2), hook, ids(r.session, objects))
	for _, t := range all {
		out[t.id] = t.state
	}
	return out, err
}

// ChangedBy implements notify.Reader.
func (r notifyReader) ChangedBy(ctx context.Context, objects []directory.ID) (map[directory.ID]directory.Actor, error) {
	out := make(map[directory.ID]directory.Actor, len(objects))
	if len(objects) == 0 {
		return out, nil
	}
	type by struct {
		id  directory.ID
		who directory.Actor
	}
	all, err := collect(ctx, r.session, func(rows *sql.Rows, b *by) error { return rows.Scan(&b.id, &b.who) },
		"select id, actor from object where "+r.d.member("id", 1), ids(r.session, objects))
	for _, b := range all {
		out[b.id] = b.who
	}
	return out, err
}

// Cursor implements notify.Tx: nobody else changes it until the transaction ends.
func (t notifyTx) Cursor(ctx context.Context, hook string) (notify.Cursor, error) {
	c, err := one(ctx, t.session, scanHook, "select hook, rev_tx, rev_seq, started from hook_cursor where hook = $1"+t.d.forWrite, hook)
	if err != nil {
		return c, fmt.Errorf("cursor of %s: %w", hook, err)
	}
	return c, nil
}

// Put implements notify.Tx.
func (t notifyTx) Put(ctx context.Context, messages ...notify.Message) error {
	messages = last(messages, func(m notify.Message) string { return m.ID })
	_, err := bulk(ctx, t.session, make(table, 12), "insert into outbox ("+messageColumns+")",
		` on conflict (id) do update set body = excluded.body, state = excluded.state, next_at = excluded.next_at, attempts = excluded.attempts,
		answer = excluded.answer, ended = excluded.ended`, messages,
		func(m notify.Message, a []any) []any {
			return append(a, m.ID, m.Channel, m.Kind, m.To, string(m.Person), m.Body, string(m.State), ms(m.Created), ms(m.Next), int64(m.Attempts), m.Answer, ms(m.Ended))
		})
	if err != nil {
		return fmt.Errorf("put messages: %w", err)
	}
	return nil
}

// Claim implements notify.Tx.
func (t notifyTx) Claim(ctx context.Context, m notify.Message, until time.Time) (notify.Message, error) {
	n, err := t.exec(ctx, "update outbox set attempts = attempts + 1, next_at = $3 where id = $1 and attempts = $2 and state = 'waiting'", m.ID, int64(m.Attempts), ms(until))
	if err != nil {
		return m, err
	}
	if n == 0 {
		return m, fmt.Errorf("message %s: %w", m.ID, directory.ErrConflict)
	}
	m.Attempts++
	m.Next = until
	return m, nil
}

// PutCursor implements notify.Tx.
func (t notifyTx) PutCursor(ctx context.Context, c notify.Cursor) error {
	_, err := t.exec(ctx, `insert into hook_cursor (hook, rev_tx, rev_seq, started) values ($1, $2, $3, $4)
		on conflict (hook) do update set rev_tx = excluded.rev_tx, rev_seq = excluded.rev_seq, started = excluded.started`, c.Hook, c.After.Tx, c.After.Seq, ms(c.Started))
	return err
}

// DropCursor implements notify.Tx.
func (t notifyTx) DropCursor(ctx context.Context, hook string) error {
	if _, err := t.exec(ctx, "delete from outbox where channel = $1 and state = 'waiting'", notify.HookChannel(hook)); err != nil {
		return err
	}
	if err := t.ForgetTold(ctx, hook); err != nil {
		return err
	}
	_, err := t.exec(ctx, "delete from hook_cursor where hook = $1", hook)
	return err
}

// Cursors implements notify.Tx.
func (t notifyTx) Cursors(ctx context.Context) ([]notify.Cursor, error) {
	return collect(ctx, t.session, scanHook, "select hook, rev_tx, rev_seq, started from hook_cursor order by hook")
}

// PutTold implements notify.Tx.
func (t notifyTx) PutTold(ctx context.Context, hook string, states map[directory.ID]directory.State) error {
	all := make([]directory.ID, 0, len(states))
	for id := range states {
		all = append(all, id)
	}
	_, err := bulk(ctx, t.session, make(table, 3), "insert into hook_told (hook, object, state)", " on conflict (hook, object) do update set state = excluded.state", all,
		func(id directory.ID, a []any) []any { return append(a, hook, string(id), string(states[id])) })
	return err
}

// ForgetTold implements notify.Tx.
func (t notifyTx) ForgetTold(ctx context.Context, hook string) error {
	_, err := t.exec(ctx, "delete from hook_told where hook = $1", hook)
	return err
}

// Sweep implements notify.Tx.
func (t notifyTx) Sweep(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := t.exec(ctx, "delete from outbox where id in (select id from outbox where state <> 'waiting' and ended < $1 limit $2)", ms(before), atMost(limit))
	return int(n), err
}
