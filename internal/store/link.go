package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
)

const linkColumns = "target, object, kind, remote, state, origin, active, applied, cause, since, confirmed, run"

func scanLink(rows *sql.Rows, l *link.Link) error {
	var applied string
	var since, confirmed int64
	if err := rows.Scan(&l.Target, &l.Object, &l.Kind, &l.Remote, &l.State, &l.Origin, &l.Active, &applied, &l.Cause, &since, &confirmed, &l.Run); err != nil {
		return err
	}
	l.Since, l.Confirmed = moment(since), moment(confirmed)
	return decode(applied, &l.Applied)
}

// Get implements link.Reader.
func (r linkReader) Get(ctx context.Context, target string, object directory.ID) (link.Link, error) {
	l, err := one(ctx, r.session, scanLink, "select "+linkColumns+" from link where target = $1 and object = $2", target, object)
	if err != nil {
		return l, fmt.Errorf("link of %s at %s: %w", object, target, err)
	}
	return l, nil
}

// Links implements link.Reader.
func (r linkReader) Links(ctx context.Context, target string, objects []directory.ID) ([]link.Link, error) {
	if len(objects) == 0 {
		return nil, nil
	}
	return collect(ctx, r.session, scanLink, "select "+linkColumns+" from link where target = $1 and "+r.d.member("object", 2), target, ids(r.session, objects))
}

// LinksOf implements link.Reader.
func (r linkReader) LinksOf(ctx context.Context, object directory.ID) ([]link.Link, error) {
	return collect(ctx, r.session, scanLink, "select "+linkColumns+" from link where object = $1 order by target", object)
}

// ByRemote implements link.Reader.
func (r linkReader) ByRemote(ctx context.Context, target string, kind connector.Kind, remotes []connector.RemoteID) ([]link.Link, error) {
	if len(remotes) == 0 {
		return nil, nil
	}
	return collect(ctx, r.session, scanLink, "select "+linkColumns+" from link"+r.d.by("link_by_remote")+" where target = $1 and kind = $2 and remote <> '' and "+r.d.member("remote", 3)+
		" order by object", target, kind, ids(r.session, remotes))
}

// List implements link.Reader.
func (r linkReader) List(ctx context.Context, target string, kind connector.Kind, in []link.State, after directory.ID, limit int) ([]link.Link, error) {
	from := " from link"
	if kind == connector.User && slices.Equal(in, []link.State{link.Closing}) { // the few of many
		from += r.d.by("link_closing") + " where kind = 'user' and state = 'closing' and "
	} else {
		from += " where "
	}
	text, args := "select "+linkColumns+from+"target = $1 and kind = $2 and object > $3", []any{target, kind, after, atMost(limit)}
	if len(in) > 0 {
		text += " and " + r.d.member("state", 5)
		args = append(args, ids(r.session, in))
	}
	return collect(ctx, r.session, scanLink, text+" order by object limit $4", args...)
}

// CountLinks implements link.Reader.
func (r linkReader) CountLinks(ctx context.Context, target string) (link.Counts, error) {
	all, err := r.tallies(ctx, "link", target)
	if err != nil {
		return link.Counts{}, err
	}
	c := link.Counts{Users: all[string(connector.User)], Groups: all[string(connector.Group)]}
	c.Memberships, err = one(ctx, r.session, scanOne[int], "select coalesce(sum(applied), 0) from link_group where target = "+nodeOf(1), target)
	return c, err
}

// Put implements link.Tx. A link that holds neither Remote nor State is the zero Link: what is stored is removed.
func (t linkTx) Put(ctx context.Context, links ...link.Link) error {
	return t.putLinks(ctx, links, nil)
}

// putLinks writes links, and the intervals that follow from them; cause tells why, nil takes what the link says.
func (t linkTx) putLinks(ctx context.Context, links []link.Link, at map[linkKey]time.Time) error {
	links = last(links, keyOf)
	var keep, drop []link.Link
	spans := make([]link.Interval, len(links))
	for i, l := range links {
		if l.Remote == "" && l.State == "" {
			drop = append(drop, l)
		} else {
			keep = append(keep, l)
		}
		spans[i] = spanOf(l, at[keyOf(l)])
	}
	if err := t.outlive(ctx, links); err != nil {
		return err
	}
	delta, err := t.fewerLinks(ctx, links)
	if err != nil {
		return fmt.Errorf("count links: %w", err)
	}
	referring, err := t.referring(ctx, links)
	if err != nil {
		return err
	}
	_, err = bulk(ctx, t.session, table{"text", "text"}, "with v (target, object) as (",
		") delete from link where (target, object) in (select target, object from v)", drop,
		func(l link.Link, a []any) []any { return append(a, l.Target, string(l.Object)) })
	if err != nil {
		return fmt.Errorf("drop links: %w", err)
	}
	if err := t.upsertLinks(ctx, keep); err != nil {
		return fmt.Errorf("put links: %w", err)
	}
	for _, l := range keep {
		if l.Active && (l.State == link.Linked || l.State == link.Closing) {
			delta[tallyKey{"link", l.Target, string(l.Kind)}]++
		}
	}
	t.tally(delta)
	if err := errors.Join(t.stray(ctx, keep), t.stir(ctx, referring)); err != nil {
		return err
	}
	return t.PutInterval(ctx, spans...)
}

// fewerLinks is what the number of accounts becomes without what is stored of links.
func (t linkTx) fewerLinks(ctx context.Context, links []link.Link) (tallyDelta, error) {
	stored, err := bulkQuery(ctx, t.session, table{"text", "text"}, "with v (target, object) as (",
		`) select l.target, l.kind, count(*) from v join link l on l.target = v.target and l.object = v.object
		where l.active and l.state in ('linked', 'closing') group by l.target, l.kind`, links,
		func(l link.Link, a []any) []any { return append(a, l.Target, string(l.Object)) },
		func(rows *sql.Rows, c *linkCount) error { return rows.Scan(&c.target, &c.kind, &c.n) })
	delta := tallyDelta{}
	for _, c := range stored {
		delta[tallyKey{"link", c.target, c.kind}] -= c.n
	}
	return delta, err
}

type linkCount struct {
	target, kind string
	n            int
}

type linkKey struct {
	target string
	object directory.ID
}

func keyOf(l link.Link) linkKey { return linkKey{l.Target, l.Object} }

func (t linkTx) upsertLinks(ctx context.Context, links []link.Link) error {
	_, err := bulk(ctx, t.session, make(table, 12), "insert into link ("+linkColumns+")",
		` on conflict (target, object) do update set kind = excluded.kind, remote = excluded.remote, state = excluded.state, origin = excluded.origin,
		active = excluded.active, applied = excluded.applied, cause = excluded.cause, since = excluded.since, confirmed = excluded.confirmed, run = excluded.run
		where (link.kind, link.remote, link.state, link.origin, link.active, link.applied, link.cause, link.since, link.confirmed, link.run) <>
		(excluded.kind, excluded.remote, excluded.state, excluded.origin, excluded.active, excluded.applied, excluded.cause, excluded.since,
		excluded.confirmed, excluded.run)`,
		links, func(l link.Link, a []any) []any {
			return append(a, l.Target, string(l.Object), string(l.Kind), string(l.Remote), string(l.State), string(l.Origin), l.Active, encode(l.Applied),
				string(l.Cause), ms(l.Since), ms(l.Confirmed), l.Run)
		})
	return err
}

// spanOf is what an interval remembers of a link.
func spanOf(l link.Link, at time.Time) link.Interval {
	value := "disabled"
	switch {
	case l.Remote == "" || l.State == link.Lost:
		value = "none"
	case l.Active:
		value = "active"
	}
	for _, other := range []time.Time{l.Confirmed, l.Since, time.Now()} {
		if at.IsZero() {
			at = other
		}
	}
	return link.Interval{Target: l.Target, What: "account", Object: l.Object, Value: value, From: at, Cause: string(l.Cause), Run: l.Run}
}

// Cursor implements link.Reader.
func (r linkReader) Cursor(ctx context.Context, target string) (directory.Rev, error) {
	revs, err := collect(ctx, r.session, scanRev, "select rev_tx, rev_seq from target_cursor where target = $1", target)
	if err != nil || len(revs) == 0 {
		return directory.Rev{}, err
	}
	return revs[0], nil
}

// Advance implements link.Tx.
func (t linkTx) Advance(ctx context.Context, target string, to directory.Rev) error {
	_, err := t.exec(ctx, `insert into target_cursor (target, rev_tx, rev_seq) values ($1, $2, $3)
		on conflict (target) do update set rev_tx = excluded.rev_tx, rev_seq = excluded.rev_seq
		where (target_cursor.rev_tx, target_cursor.rev_seq) < (excluded.rev_tx, excluded.rev_seq)`, target, to.Tx, to.Seq)
	return err
}
