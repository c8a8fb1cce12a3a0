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
	return collect(ctx, r.session, scanSpan, `select target, what, object, member, value, since, upto, cause, run from span
		where target = $1 and object = $2 order by since, what, member`, target, object)
}

func scanSpan(rows *sql.Rows, i *link.Interval) error {
	var since, upto int64
	err := rows.Scan(&i.Target, &i.What, &i.Object, &i.Member, &i.Value, &since, &upto, &i.Cause, &i.Run)
	i.From, i.To = moment(since), moment(upto)
	return err
}

var (
	spanKeys = table{"text", "text", "text", "text", "bigint", "text"}
	spanRow  = table{"text", "text", "text", "text", "bigint", "text", "text", "text"}
)

type spanKey struct {
	target, what   string
	object, member directory.ID
}

// PutInterval implements link.Tx. An interval that would be empty, because it closes at the moment it opened, is replaced.
func (t linkTx) PutInterval(ctx context.Context, intervals ...link.Interval) error {
	intervals = last(intervals, func(i link.Interval) spanKey { return spanKey{i.Target, i.What, i.Object, i.Member} })
	const same = " = v.target and %[1]s.object = v.object and %[1]s.what = v.what and %[1]s.member = v.member and %[1]s.upto = 0"
	_, err := bulk(ctx, t.session, spanKeys, "with v (target, object, what, member, since, value) as (",
		`) update span set upto = case when v.since > span.since then v.since else span.since end from v
		where span.target`+fmt.Sprintf(same, "span")+" and span.value <> v.value", intervals, spanArgs)
	if err != nil {
		return fmt.Errorf("close intervals: %w", err)
	}
	_, err = bulk(ctx, t.session, spanRow, "with v (target, object, what, member, since, value, cause, run) as (",
		`) insert into span (target, object, what, member, since, upto, value, cause, run)
		select v.target, v.object, v.what, v.member, v.since, 0, v.value, v.cause, v.run from v
		where not exists (select 1 from span s where s.target`+fmt.Sprintf(same, "s")+`)
		on conflict (target, object, what, member, since) do update set upto = 0, value = excluded.value, cause = excluded.cause, run = excluded.run`,
		intervals, func(i link.Interval, a []any) []any { return append(spanArgs(i, a), i.Cause, i.Run) })
	if err != nil {
		return fmt.Errorf("open intervals: %w", err)
	}
	return nil
}

func spanArgs(i link.Interval, a []any) []any {
	return append(a, i.Target, string(i.Object), i.What, string(i.Member), ms(i.From), i.Value)
}
