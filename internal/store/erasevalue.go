package store

import (
	"database/sql"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
)

// records removes what sources stated of somebody.
func (x *erasing) records() (int, error) {
	type row struct{ source, base, status string }
	gone, err := collect(x.ctx, x.session, func(rows *sql.Rows, r *row) error { return rows.Scan(&r.source, &r.base, &r.status) },
		"delete from record where object = $1 and object <> '' returning source, base, status", x.Person)
	if err != nil {
		return 0, err
	}
	delta := tallyDelta{}
	for _, r := range gone {
		delta[tallyKey{"record", r.source + "/" + r.base, r.status}]--
	}
	x.tally(delta)
	x.doubt(x.Person)
	return len(gone), nil
}

// resources removes what clients have written of somebody.
func (x *erasing) resources() (int, error) {
	type row struct{ source, kind string }
	gone, err := collect(x.ctx, x.session, func(rows *sql.Rows, r *row) error { return rows.Scan(&r.source, &r.kind) },
		"delete from resource where object = $1 returning source, kind", x.Person)
	if err != nil {
		return 0, err
	}
	delta := tallyDelta{}
	for _, r := range gone {
		delta[tallyKey{"resource", r.source, r.kind}]--
	}
	x.tally(delta)
	return len(gone), nil
}

// observed removes what targets listed of the accounts of somebody. What stays at a target is listed again.
func (x *erasing) observed() (int, error) {
	links, err := linkReader{x.session}.LinksOf(x.ctx, x.Person)
	n := 0
	for _, l := range links {
		for _, table := range []string{"observed_key", "observed"} {
			m, err := x.run("delete from "+table+" where target = $1 and kind = $2 and id = $3", l.Target, string(l.Kind), string(l.Remote))
			if err != nil {
				return 0, err
			}
			n += m
		}
	}
	return n, err
}

// memberships forgets the memberships that somebody has at targets: who was closed needs none.
func (x *erasing) memberships() (int, error) {
	targets, err := collect(x.ctx, x.session, scanOne[string], "select name from target union select target from link where object = $1", x.Person)
	t := linkTx{linkReader{x.session}}
	for _, target := range targets {
		edges, err := t.EdgesOf(x.ctx, target, []directory.ID{x.Person})
		if err != nil {
			return 0, err
		}
		for i := range edges {
			edges[i].Wanted, edges[i].Applied = false, false
		}
		if _, err := t.Want(x.ctx, edges...); err != nil {
			return 0, err
		}
		if err := t.Seen(x.ctx, edges...); err != nil {
			return 0, err
		}
	}
	return 0, err
}

// links removes the links of somebody. That the accounts were theirs once is remembered: whoever matches them later is asked about.
func (x *erasing) links() (int, error) {
	links, err := linkReader{x.session}.LinksOf(x.ctx, x.Person)
	if err != nil || len(links) == 0 {
		return 0, err
	}
	none := make([]link.Link, len(links))
	for i, l := range links {
		none[i] = link.Link{Target: l.Target, Object: l.Object, Kind: l.Kind, Since: x.Asked}
	}
	return len(links), linkTx{linkReader{x.session}}.Put(x.ctx, none...)
}

// lines leaves of lines of plans what was done, and to whom. They are found target by target, as they are indexed.
func (x *erasing) lines() (int, error) {
	type row struct {
		plan string
		seq  int64
		data string
	}
	found, err := collect(x.ctx, x.session, func(rows *sql.Rows, r *row) error { return rows.Scan(&r.plan, &r.seq, &r.data) },
		"select plan, seq, data from line where target in (select target from plan) and object = $1 and name <> $1 order by plan, seq limit $2", x.Person, x.limit)
	for _, r := range found {
		var was plan.Line
		if err := decode(r.data, &was); err != nil {
			return 0, err
		}
		is := plan.Line{
			Key: was.Key, Target: was.Target, Object: was.Object, Kind: was.Kind, Name: string(was.Object), Verb: was.Verb, Of: was.Of, Remote: was.Remote, Active: was.Active, Add: was.Add,
			Remove: was.Remove, Cause: was.Cause, Class: was.Class, Count: was.Count, Code: was.Code,
		}
		if _, err := x.exec(x.ctx, "update line set data = $3, name = $4, reason = '' where plan = $1 and seq = $2", r.plan, r.seq, encode(is), string(was.Object)); err != nil {
			return 0, err
		}
	}
	return len(found), err
}

// object leaves of somebody that they were, without any value.
func (x *erasing) object() (int, error) {
	t := tx{reader{x.session}}
	was, err := t.Object(x.ctx, x.Person)
	if err != nil {
		return 0, err
	}
	is := directory.Object{ID: was.ID, Kind: was.Kind, State: directory.Gone, Cause: directory.Operator, Since: x.Asked, Epoch: was.Epoch, Attrs: attr.Set{}}
	if was.State == is.State && len(was.Attrs) == 0 && was.Digest == "" && was.Stop == nil {
		return 0, nil
	}
	is.Epoch++
	return 1, t.PutObjects(x.ctx, is)
}
