package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"muster/internal/run"
)

const runColumns = "id, kind, name, started, ended, outcome, counts, problem, notes"

func scanRun(rows *sql.Rows, r *run.Run) error {
	var started, ended int64
	var counts, problem, notes string
	if err := rows.Scan(&r.ID, &r.Kind, &r.Name, &started, &ended, &r.Outcome, &counts, &problem, &notes); err != nil {
		return err
	}
	r.Started, r.Ended = moment(started), moment(ended)
	return errors.Join(decode(counts, &r.Counts), decode(problem, &r.Problem), decode(notes, &r.Notes))
}

// Run implements run.Reader.
func (r runReader) Run(ctx context.Context, id string) (run.Run, error) {
	v, err := one(ctx, r.session, scanRun, "select "+runColumns+" from run where id = $1", id)
	if err != nil {
		return v, fmt.Errorf("run %s: %w", id, err)
	}
	return v, nil
}

// Runs implements run.Reader.
func (r runReader) Runs(ctx context.Context, name string, limit int) ([]run.Run, error) {
	return r.FindRuns(ctx, run.Filter{Name: name}, limit)
}

// FindRuns implements run.Reader.
func (r runReader) FindRuns(ctx context.Context, f run.Filter, limit int) ([]run.Run, error) {
	from, q := " from run"+r.d.by("run_by_time"), &query{args: []any{atMost(limit)}}
	if f.Name != "" {
		from = " from run" + r.d.by("run_by_name")
		q.and("name = ", f.Name, "")
	}
	if f.Before != "" {
		q.and("(started, id) < ((select started from run where id = ", f.Before, "), "+q.arg(f.Before)+")")
	}
	return collect(ctx, r.session, scanRun, "select "+runColumns+from+" where true"+q.text.String()+" order by started desc, id desc limit $1", q.args...)
}

// LastDone implements run.Reader.
func (r runReader) LastDone(ctx context.Context, kind run.Kind, name string) (run.Run, error) {
	out, err := one(ctx, r.session, scanRun, "select "+runColumns+" from run where name = $1 and kind = $2 and outcome = 'done' order by started desc, id desc limit 1", name, kind)
	if err != nil {
		return out, fmt.Errorf("run of %s: %w", name, err)
	}
	return out, nil
}

// PutRun implements run.Tx.
func (t runTx) PutRun(ctx context.Context, r run.Run) error {
	_, err := t.exec(ctx, "insert into run ("+runColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (id) do update set kind = excluded.kind, name = excluded.name, started = excluded.started, ended = excluded.ended,
		outcome = excluded.outcome, counts = excluded.counts, problem = excluded.problem, notes = excluded.notes`,
		r.ID, r.Kind, r.Name, ms(r.Started), ms(r.Ended), r.Outcome, encode(r.Counts), encode(r.Problem), encode(r.Notes))
	return err
}

const targetColumns = "name, active, rules, paused, stopped, probe, listed, mode, known"

func scanTarget(rows *sql.Rows, t *run.Target) error {
	var paused, stopped string
	var probe, listed int64
	if err := rows.Scan(&t.Name, &t.Active, &t.Rules, &paused, &stopped, &probe, &listed, &t.Mode, &t.Known); err != nil {
		return err
	}
	t.Probe, t.Listed = moment(probe), moment(listed)
	return errors.Join(decode(paused, &t.Paused), decode(stopped, &t.Stopped))
}

// Target implements run.Reader.
func (r runReader) Target(ctx context.Context, name string) (run.Target, error) {
	v, err := one(ctx, r.session, scanTarget, "select "+targetColumns+" from target where name = $1", name)
	if err != nil {
		return v, fmt.Errorf("target %s: %w", name, err)
	}
	return v, nil
}

// Targets implements run.Reader.
func (r runReader) Targets(ctx context.Context) ([]run.Target, error) {
	return collect(ctx, r.session, scanTarget, "select "+targetColumns+" from target order by name")
}

// Events implements run.Reader.
func (r runReader) Events(ctx context.Context, q run.EventQuery) ([]run.Event, error) {
	var where []string
	args := []any{atMost(q.Limit)}
	for _, c := range []struct {
		text string
		arg  any
		set  bool
	}{{"at_ms >= ", ms(q.Since), !q.Since.IsZero()}, {"who = ", q.By, q.By != ""}, {"act = ", q.Act, q.Act != ""}, {"seq < ", q.Before, q.Before > 0}} {
		if c.set {
			args = append(args, c.arg)
			where = append(where, c.text+dollar(len(args)))
		}
	}
	if q.Object != "" {
		args = append(args, q.Object, cmp.Or(q.Also, q.Object))
		where = append(where, "object in ("+dollar(len(args)-1)+", "+dollar(len(args))+")")
	}
	text := "select seq, at_ms, who, act, object, detail, via from audit"
	if len(where) > 0 {
		text += " where " + strings.Join(where, " and ")
	}
	return collect(ctx, r.session, func(rows *sql.Rows, e *run.Event) error {
		var at int64
		err := rows.Scan(&e.Seq, &at, &e.By, &e.Act, &e.Object, &e.Detail, &e.Via)
		e.At = moment(at)
		return err
	}, text+" order by seq desc limit $1", args...)
}

// PutTarget implements run.Tx.
func (t runTx) PutTarget(ctx context.Context, v run.Target) error {
	_, err := t.exec(ctx, "insert into target ("+targetColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (name) do update set active = excluded.active, rules = excluded.rules, paused = excluded.paused, stopped = excluded.stopped,
		probe = excluded.probe, listed = excluded.listed, mode = excluded.mode, known = excluded.known`,
		v.Name, v.Active, v.Rules, encode(v.Paused), encode(v.Stopped), ms(v.Probe), ms(v.Listed), v.Mode, v.Known)
	return err
}

// Raises implements run.Reader.
func (r runReader) Raises(ctx context.Context, target string, now time.Time) ([]run.Raise, error) {
	return collect(ctx, r.session, func(rows *sql.Rows, v *run.Raise) error {
		var until int64
		err := rows.Scan(&v.Target, &v.Class, &v.To, &until, &v.By, &v.Reason)
		v.Until = moment(until)
		return err
	}, "select target, class, upto, until, who, reason from limit_raise where target = $1 and until > $2 order by class", target, ms(now))
}

// PutRaise implements run.Tx. A class of a target has one raise at a time: the last one put.
func (t runTx) PutRaise(ctx context.Context, r run.Raise) error {
	_, err := t.exec(ctx, `insert into limit_raise (target, class, upto, until, who, reason) values ($1, $2, $3, $4, $5, $6)
		on conflict (target, class) do update set upto = excluded.upto, until = excluded.until, who = excluded.who, reason = excluded.reason`,
		r.Target, r.Class, r.To, ms(r.Until), r.By, r.Reason)
	return err
}

// Audit implements run.Tx.
func (t runTx) Audit(ctx context.Context, e run.Event) error {
	if a := run.RequestOf(ctx); a != nil {
		e.Via = cmp.Or(e.Via, a.Via)
		a.Note()
	}
	_, err := t.exec(ctx, "insert into audit (at_ms, who, act, object, detail, via) values ($1, $2, $3, $4, $5, $6)", ms(e.At), e.By, e.Act, e.Object, e.Detail, e.Via)
	return err
}
