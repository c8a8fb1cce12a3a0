package store

import (
	"context"
	"database/sql"
	"fmt"

	"muster/internal/directory"
	"muster/internal/link"
)

// Intervals implements link.Reader.
func (r linkReader) Intervals(ctx context.Context, target string, object directory.ID) ([]link.Interval, error) {
	return collect(ctx, r.session, scanSpan, `select t.id, s.what, coalesce(o.id, ''), coalesce(m.id, ''), s.value, s.since, s.upto, s.cause, s.run
		from span s join node t on t.n = s.target left join node o on o.n = s.object left join node m on m.n = s.member
		where s.target = `+nodeOf(1)+" and s.object = case when $2 = '' then 0 else "+nodeOf(2)+" end order by s.since, s.what, s.member", target, object)
}

func scanSpan(rows *sql.Rows, i *link.Interval) error {
	var since, upto int64
	err := rows.Scan(&i.Target, &i.What, &i.Object, &i.Member, &i.Value, &since, &upto, &i.Cause, &i.Run)
	i.From, i.To = moment(since), moment(upto)
	return err
}

var (
	spanKeys = table{"bigint", "bigint", "text", "bigint", "bigint", "text"}
	spanRows = table{"bigint", "bigint", "text", "bigint", "bigint", "text", "text", "text"}
)

type spanKey struct {
	target, what   string
	object, member directory.ID
}

// PutInterval implements link.Tx. An interval that would be empty, because it closes at the moment it opened, is replaced.
func (t linkTx) PutInterval(ctx context.Context, intervals ...link.Interval) error {
	rows, err := t.spanRows(ctx, intervals)
	if err != nil {
		return fmt.Errorf("intervals: %w", err)
	}
	const same = " = v.target and %[1]s.object = v.object and %[1]s.what = v.what and %[1]s.member = v.member and %[1]s.upto = 0"
	_, err = bulk(ctx, t.session, spanKeys, "with v (target, object, what, member, since, value) as (",
		`) update span set upto = case when v.since > span.since then v.since else span.since end from v
		where span.target`+fmt.Sprintf(same, "span")+" and span.value <> v.value", rows, spanArgs)
	if err != nil {
		return fmt.Errorf("close intervals: %w", err)
	}
	_, err = bulk(ctx, t.session, spanRows, "with v (target, object, what, member, since, value, cause, run) as (",
		`) insert into span (target, object, what, member, since, upto, value, cause, run)
		select v.target, v.object, v.what, v.member, v.since, 0, v.value, v.cause, v.run from v
		where not exists (select 1 from span s where s.target`+fmt.Sprintf(same, "s")+`)
		on conflict (target, object, what, member, since) do update set upto = 0, value = excluded.value, cause = excluded.cause, run = excluded.run`,
		rows, func(i spanRow, a []any) []any { return append(spanArgs(i, a), i.Cause, i.Run) })
	if err != nil {
		return fmt.Errorf("open intervals: %w", err)
	}
	return nil
}

// spanRow is an interval with numbers in place of names.
type spanRow struct {
	link.Interval
	target, object, member int64
}

func (t linkTx) spanRows(ctx context.Context, intervals []link.Interval) ([]spanRow, error) {
	intervals = last(intervals, func(i link.Interval) spanKey { return spanKey{i.Target, i.What, i.Object, i.Member} })
	names := make([]string, 0, 3*len(intervals))
	for _, i := range intervals {
		names = append(names, i.Target, string(i.Object), string(i.Member))
	}
	n, err := t.numbers(ctx, names)
	if err != nil {
		return nil, err
	}
	rows := make([]spanRow, len(intervals))
	for k, i := range intervals {
		rows[k] = spanRow{i, n[i.Target], n[string(i.Object)], n[string(i.Member)]}
	}
	return rows, nil
}

func spanArgs(i spanRow, a []any) []any {
	return append(a, i.target, i.object, i.What, i.member, ms(i.From), i.Value)
}
