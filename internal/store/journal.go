package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"muster/internal/directory"
	"muster/internal/link"
)

const intentColumns = "id, target, object, kind, verb, remote, run, line, cause, class, effects, absent, was, active, want, adds, removes, began"

func scanIntent(rows *sql.Rows, i *link.Intent) error { return scanIntentInto(rows, i) }

func scanIntentInto(rows *sql.Rows, i *link.Intent, more ...any) error {
	var was, want, adds, removes string
	var began int64
	into := append([]any{
		&i.ID, &i.Target, &i.Object, &i.Kind, &i.Verb, &i.Remote, &i.Run, &i.Line, &i.Cause, &i.Class, &i.Count, &i.Absent, &was, &i.Active,
		&want, &adds, &removes, &began,
	}, more...)
	if err := rows.Scan(into...); err != nil {
		return err
	}
	i.At = moment(began)
	for _, f := range []struct {
		text string
		into any
	}{{was, &i.Before}, {want, &i.Want}, {adds, &i.Add}, {removes, &i.Remove}} {
		if err := decode(f.text, f.into); err != nil {
			return err
		}
	}
	return nil
}

func scanEntry(rows *sql.Rows, e *link.Entry) error {
	var took, ended int64
	err := scanIntentInto(rows, &e.Intent, &e.Result, &e.Answer, &took, &ended)
	e.Took, e.Ended = time.Duration(took)*time.Microsecond, moment(ended)
	return err
}

// Open implements link.Reader.
func (r linkReader) Open(ctx context.Context, target string) ([]link.Intent, error) {
	return collect(ctx, r.session, scanIntent, "select "+intentColumns+" from journal"+r.d.by("journal_open")+" where target = $1 and result = '' order by seq", target)
}

// Journal implements link.Reader.
func (r linkReader) Journal(ctx context.Context, q link.Query) ([]link.Entry, error) {
	from := " from journal"
	switch { // by the rarest: the others would be walked over
	case q.Object != "":
		from += r.d.by("journal_by_object")
	case q.Run != "":
		from += r.d.by("journal_by_run")
	case q.Class != "" && q.Target != "":
		from += r.d.by("journal_effects")
	case q.Target != "":
		from += r.d.by("journal_by_target")
	}
	text, args := "select "+intentColumns+", result, answer, took, ended"+from+" where true", []any{atMost(q.Limit)}
	for _, f := range []struct{ column, value string }{{"target", q.Target}, {"object", string(q.Object)}, {"run", q.Run}, {"verb", string(q.Verb)}, {"result", string(q.Result)}, {"class", string(q.Class)}} {
		if f.value != "" {
			args = append(args, f.value)
			text += " and " + f.column + " = " + dollar(len(args))
		}
	}
	if q.Class != "" {
		text += " and effects > 0 and result in ('', 'done', 'unknown')"
	}
	if !q.Since.IsZero() {
		args = append(args, ms(q.Since))
		text += " and began >= " + dollar(len(args))
	}
	if q.Before != "" {
		args = append(args, q.Before)
		text += " and seq < (select seq from journal where id = " + dollar(len(args)) + ")"
	}
	return collect(ctx, r.session, scanEntry, text+" order by seq desc limit $1", args...)
}

// Effects implements link.Reader.
func (r linkReader) Effects(ctx context.Context, target string, since time.Time) (map[link.Class]int, error) {
	type sum struct {
		class link.Class
		n     int
	}
	all, err := collect(ctx, r.session, func(rows *sql.Rows, s *sum) error { return rows.Scan(&s.class, &s.n) },
		"select class, sum(effects) from journal"+r.d.by("journal_effects")+` where target = $1 and began >= $2 and effects > 0 and class <> '' and result in ('', 'done', 'unknown')
		group by class`, target, ms(since))
	out := make(map[link.Class]int, len(all))
	for _, s := range all {
		out[s.class] = s.n
	}
	return out, err
}

// Lead implements link.Tx.
func (t linkTx) Lead(ctx context.Context, target string) (int64, error) {
	return one(ctx, t.session, scanOne[int64], `insert into lead (target, epoch) values ($1, 1)
		on conflict (target) do update set epoch = lead.epoch + 1 returning epoch`, target)
}

// Begin implements link.Tx. The row of the epoch stays locked until the commit: whoever leads next sees these intents as open.
func (t linkTx) Begin(ctx context.Context, epoch int64, intents ...link.Intent) error {
	targets := map[string]bool{}
	for _, i := range intents {
		if targets[i.Target] {
			continue
		}
		targets[i.Target] = true
		now, err := collect(ctx, t.session, scanOne[int64], "select epoch from lead where target = $1"+t.d.forShare, i.Target)
		if err != nil {
			return err
		}
		if !slices.Equal(now, []int64{epoch}) {
			return fmt.Errorf("begin at %s: epoch %d has ended: %w", i.Target, epoch, directory.ErrConflict)
		}
	}
	intents = last(intents, func(i link.Intent) string { return i.ID })
	_, err := bulk(ctx, t.session, append(make(table, 18), "=''", "=''", "=0", "=0"), "insert into journal ("+intentColumns+", result, answer, took, ended)",
		" on conflict (id) do nothing", intents, func(i link.Intent, a []any) []any {
			return append(a, i.ID, i.Target, string(i.Object), string(i.Kind), string(i.Verb), string(i.Remote), i.Run, i.Line, string(i.Cause),
				string(i.Class), i.Count, i.Absent, encode(i.Before), i.Active, encode(i.Want), encode(i.Add), encode(i.Remove), ms(i.At))
		})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	return nil
}

// settled is an intent that got its outcome just now.
type settled struct {
	id, target, run string
	object          directory.ID
	cause           directory.Cause
}

// Settle implements link.Tx. An outcome of an intent that was never begun is directory.ErrNotFound.
func (t linkTx) Settle(ctx context.Context, outcomes ...link.Outcome) error {
	outcomes = last(outcomes, func(o link.Outcome) string { return o.Intent })
	now, err := t.close(ctx, outcomes)
	if err != nil {
		return fmt.Errorf("settle: %w", err)
	}
	var links []link.Link
	var edges []link.Edge
	var spans []link.Interval
	var waits []link.Waiting
	at, clear := map[linkKey]time.Time{}, map[string][]directory.ID{}
	for _, o := range outcomes {
		i, ok := now[o.Intent]
		if !ok {
			continue // settled before
		}
		if o.Link != nil {
			links = append(links, *o.Link)
			at[keyOf(*o.Link)] = o.At
		}
		edges = append(edges, o.Edges...)
		spans = append(spans, edgeSpans(o, i)...)
		if o.Wait != nil {
			waits = append(waits, *o.Wait)
		}
		if o.Clear {
			clear[i.target] = append(clear[i.target], i.object)
		}
	}
	if err := t.putLinks(ctx, links, at); err != nil {
		return err
	}
	if err := t.putEdges(ctx, edges); err != nil {
		return fmt.Errorf("settle edges: %w", err)
	}
	if err := t.PutInterval(ctx, spans...); err != nil {
		return err
	}
	for target, objects := range clear {
		if err := t.DropWaiting(ctx, target, objects...); err != nil {
			return err
		}
	}
	return t.PutWaiting(ctx, waits...)
}

// close writes the outcomes into the journal and returns the intents that had none before.
func (t linkTx) close(ctx context.Context, outcomes []link.Outcome) (map[string]settled, error) {
	rows, err := bulkQuery(ctx, t.session, table{"text", "text", "text", "bigint", "bigint"}, "with v (id, result, answer, took, ended) as (",
		`) update journal set result = v.result, answer = v.answer, took = v.took, ended = v.ended from v
		where journal.id = v.id and journal.result = '' returning journal.id, journal.target, journal.object, journal.cause, journal.run`,
		outcomes, func(o link.Outcome, a []any) []any {
			return append(a, o.Intent, string(o.Result), o.Answer, o.Took.Microseconds(), ms(o.At))
		}, func(rows *sql.Rows, s *settled) error {
			return rows.Scan(&s.id, &s.target, &s.object, &s.cause, &s.run)
		})
	if err != nil {
		return nil, err
	}
	now := make(map[string]settled, len(rows))
	for _, s := range rows {
		now[s.id] = s
	}
	if len(now) == len(outcomes) {
		return now, nil
	}
	return now, t.begun(ctx, outcomes)
}

// begun checks that all outcomes are of intents that exist.
func (t linkTx) begun(ctx context.Context, outcomes []link.Outcome) error {
	want := make([]string, len(outcomes))
	for i, o := range outcomes {
		want[i] = o.Intent
	}
	have, err := collect(ctx, t.session, scanOne[string], "select id from journal where "+t.d.member("id", 1), ids(t.session, want))
	if err != nil {
		return err
	}
	for _, id := range want {
		if !slices.Contains(have, id) {
			return fmt.Errorf("intent %s: %w", id, directory.ErrNotFound)
		}
	}
	return nil
}

// edgeSpans is what intervals remember of the memberships that an outcome changed.
func edgeSpans(o link.Outcome, i settled) []link.Interval {
	if o.Result != link.Done {
		return nil
	}
	out := make([]link.Interval, 0, len(o.Edges))
	for _, e := range o.Edges {
		if e.Member == "" {
			continue // nobody of ours
		}
		value := "out"
		if e.Applied {
			value = "in"
		}
		out = append(out, link.Interval{
			Target: e.Target, What: "member", Object: e.Group, Member: e.Member, Value: value, From: o.At,
			Cause: string(i.cause), Run: i.run,
		})
	}
	return out
}
