package store

import (
	"context"
	"time"

	"muster/internal/directory"
	"muster/internal/link"
)

// leaverColumns are linkColumns of the table link, in joins.
const leaverColumns = "l.target, l.object, l.kind, l.remote, l.state, l.origin, l.active, l.applied, l.cause, l.since, l.confirmed, l.run"

// Unclosed implements link.LeaverReader. Each way of being a leaver is read by an index of its own, so that those who stay are not walked over. Of those who are
// out of scope and those who have an account, the fewer are walked over.
func (r linkReader) Unclosed(ctx context.Context, target string, after directory.ID, limit int) ([]link.Link, error) {
	few, err := reader(r).fewAt(ctx, target)
	if err != nil {
		return nil, err
	}
	out := "span s" + r.d.by("span_out") + " cross join node n cross join link l"
	if few {
		out = "link l cross join node n cross join span s" + r.d.by("span_out")
	}
	return collect(ctx, r.session, scanLink, "select "+leaverColumns+` from (
			select object from link`+r.d.by("link_closing")+` where target = $1 and kind = 'user' and state = 'closing' and object > $2
			union select o.id from object o`+r.d.by("object_left")+` cross join link l
				where o.kind = 'person' and o.state <> 'active' and o.id > $2 and l.target = $1 and l.object = o.id and l.kind = 'user' and (l.active or l.state = 'lost')
			union select s.object from stray_link s cross join link l where s.target = $1 and s.object > $2 and l.target = $1 and l.object = s.object
				and l.kind = 'user' and l.active and not exists (select 1 from object o where o.id = s.object)
			union select n.id from `+out+` where s.target = (select n from node where id = $1) and s.object = n.n and s.what = 'scope' and s.value = 'out' and s.upto = 0
				and n.id > $2 and l.target = $1 and l.object = n.id and l.kind = 'user' and l.active
		) c cross join link l where l.target = $1 and l.object = c.object order by l.object limit $3`, target, after, atMost(limit))
}

// stray notes those of links whose person is not stored. It is asked again whether they are not when somebody reads it.
func (t linkTx) stray(ctx context.Context, links []link.Link) error {
	_, err := bulk(ctx, t.session, table{"text", "text"}, "with v (target, object) as (", `) insert into stray_link (target, object)
		select v.target, v.object from v where not exists (select 1 from object o where o.id = v.object) on conflict do nothing`, links,
		func(l link.Link, a []any) []any { return append(a, l.Target, string(l.Object)) })
	return err
}

// ClosedSince implements link.LeaverReader.
func (r linkReader) ClosedSince(ctx context.Context, target string, since time.Time, after directory.ID, limit int) ([]link.Link, error) {
	return collect(ctx, r.session, scanLink, "select "+linkColumns+` from link where target = $1 and kind = 'user' and state = 'closed' and since >= $2
		and object > $3 order by object limit $4`, target, ms(since), after, atMost(limit))
}

// Remembered implements link.LeaverReader.
func (r linkReader) Remembered(ctx context.Context) ([]string, error) {
	return collect(ctx, r.session, scanOne[string], `select l.target from lead l where exists (select 1 from link k where k.target = l.target)
		or exists (select 1 from target t where t.name = l.target) union select target from stop_order order by 1`)
}
