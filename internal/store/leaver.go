package store

import (
	"context"
	"time"

	"muster/internal/directory"
	"muster/internal/link"
)

// leaverColumns are linkColumns of the table link, in joins.
const leaverColumns = "l.target, l.object, l.kind, l.remote, l.state, l.origin, l.active, l.applied, l.cause, l.since, l.confirmed, l.run"

// Unclosed implements link.LeaverReader. Each way of being a leaver has an index of its own, so that those who stay are not walked over.
func (r linkReader) Unclosed(ctx context.Context, target string, after directory.ID, limit int) ([]link.Link, error) {
	return collect(ctx, r.session, scanLink, "select "+leaverColumns+` from link l join (
			select object from link where target = $1 and kind = 'user' and state = 'closing' and object > $2
			union select l.object from object o join link l on l.target = $1 and l.object = o.id
				where o.kind = 'person' and o.state <> 'active' and o.id > $2 and l.kind = 'user' and (l.active or l.state = 'lost')
			union select l.object from link l where l.target = $1 and l.kind = 'user' and l.active and l.object > $2
				and not exists (select 1 from object o where o.id = l.object)
			union select n.id from span s join node n on n.n = s.object join link l on l.target = $1 and l.object = n.id
				where s.target = (select n from node where id = $1) and s.what = 'scope' and s.value = 'out' and s.upto = 0 and l.kind = 'user' and l.active
					and n.id > $2
		) c on c.object = l.object where l.target = $1 order by l.object limit $3`, target, after, atMost(limit))
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
