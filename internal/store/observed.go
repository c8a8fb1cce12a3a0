package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/link"
)

const observedColumns = "o.target, o.kind, o.id, o.attrs, o.active, o.at_ms"

func scanObserved(rows *sql.Rows, o *link.Observed) error {
	var attrs string
	var at int64
	if err := rows.Scan(&o.Target, &o.Kind, &o.ID, &attrs, &o.Active, &at); err != nil {
		return err
	}
	o.At = moment(at)
	return decode(attrs, &o.Attrs)
}

// FindObserved implements link.Reader.
func (r linkReader) FindObserved(ctx context.Context, target string, kind connector.Kind, by attr.Path, values []string) ([]link.Observed, error) {
	if len(values) == 0 {
		return nil, nil
	}
	return collect(ctx, r.session, scanObserved, "select "+observedColumns+` from observed o where o.target = $1 and o.kind = $2 and o.id in
		(select k.id from observed_key k where k.target = $1 and k.kind = $2 and k.path = $3 and `+r.d.member("k.value", 4)+") order by o.id",
		target, kind, by, ids(r.session, folds(values)))
}

// GetObserved implements link.Reader.
func (r linkReader) GetObserved(ctx context.Context, target string, kind connector.Kind, list []connector.RemoteID) ([]link.Observed, error) {
	if len(list) == 0 {
		return nil, nil
	}
	return collect(ctx, r.session, scanObserved, "select "+observedColumns+" from observed o where o.target = $1 and o.kind = $2 and "+r.d.member("o.id", 3)+
		" order by o.id", target, kind, ids(r.session, list))
}

type observedRow struct {
	link.Observed
	hash int64
}

type observedGroup struct {
	target string
	kind   connector.Kind
}

// PutObserved implements link.Tx. Of what is stored just so already nothing is written.
func (t linkTx) PutObserved(ctx context.Context, index []attr.Path, seen ...link.Observed) error {
	for g, rows := range observedGroups(index, seen) {
		changed, err := t.changedObserved(ctx, g, rows)
		if err == nil {
			err = t.putObserved(ctx, g, index, changed)
		}
		if err != nil {
			return fmt.Errorf("put observed: %w", err)
		}
	}
	return nil
}

// NewObserved implements link.Reader.
func (r linkReader) NewObserved(ctx context.Context, index []attr.Path, seen ...link.Observed) ([]link.Observed, error) {
	var out []link.Observed
	for g, rows := range observedGroups(index, seen) {
		changed, err := r.changedObserved(ctx, g, rows)
		if err != nil {
			return nil, err
		}
		for _, o := range changed {
			out = append(out, o.Observed)
		}
	}
	return out, nil
}

// ListedIDs implements link.Reader.
func (r linkReader) ListedIDs(ctx context.Context, target string, kind connector.Kind, after connector.RemoteID, limit int) ([]connector.RemoteID, error) {
	return collect(ctx, r.session, scanOne[connector.RemoteID], "select id from observed where target = $1 and kind = $2 and id > $3 order by id limit $4",
		target, kind, after, atMost(limit))
}

// observedGroups parts what was seen by target and kind, each object once.
func observedGroups(index []attr.Path, seen []link.Observed) map[observedGroup][]observedRow {
	type key struct {
		observedGroup
		id connector.RemoteID
	}
	groups := map[observedGroup][]observedRow{}
	for _, o := range last(seen, func(o link.Observed) key { return key{observedGroup{o.Target, o.Kind}, o.ID} }) {
		g := observedGroup{o.Target, o.Kind}
		groups[g] = append(groups[g], observedRow{o, observedHash(index, o)})
	}
	return groups
}

func observedHash(index []attr.Path, o link.Observed) int64 {
	var d digest
	d.flag(o.Active).text(o.Attrs.Hash())
	for _, p := range index {
		d.text(string(p)).text(o.Attrs[p]...)
	}
	return d.sum()
}

func (t linkTx) putObserved(ctx context.Context, g observedGroup, index []attr.Path, changed []observedRow) error {
	if len(changed) == 0 {
		return nil
	}
	if _, err := bulk(ctx, t.session, make(table, 7), "insert into observed (target, kind, id, attrs, active, at_ms, hash)",
		` on conflict (target, kind, id) do update set attrs = excluded.attrs, active = excluded.active, at_ms = excluded.at_ms, hash = excluded.hash`,
		changed, func(o observedRow, a []any) []any {
			return append(a, o.Target, string(o.Kind), string(o.ID), encode(o.Attrs), o.Active, ms(o.At), o.hash)
		}); err != nil {
		return err
	}
	list := make([]connector.RemoteID, len(changed))
	for i, o := range changed {
		list[i] = o.ID
	}
	if _, err := t.exec(ctx, "delete from observed_key where target = $1 and kind = $2 and "+t.d.member("id", 3), g.target, g.kind, ids(t.session, list)); err != nil {
		return err
	}
	_, err := bulk(ctx, t.session, make(table, 5), "insert into observed_key (target, kind, path, value, id)", " on conflict do nothing",
		observedKeys(index, changed), func(k observedKey, a []any) []any {
			return append(a, g.target, string(g.kind), string(k.path), k.value, string(k.id))
		})
	return err
}

// changedObserved returns those of rows that are not stored just so, the time aside.
func (r linkReader) changedObserved(ctx context.Context, g observedGroup, rows []observedRow) ([]observedRow, error) {
	list := make([]connector.RemoteID, len(rows))
	for i, o := range rows {
		list[i] = o.ID
	}
	type stored struct {
		id   connector.RemoteID
		hash int64
	}
	old, err := collect(ctx, r.session, func(rows *sql.Rows, s *stored) error { return rows.Scan(&s.id, &s.hash) },
		"select id, hash from observed where target = $1 and kind = $2 and "+r.d.member("id", 3), g.target, g.kind, ids(r.session, list))
	if err != nil {
		return nil, err
	}
	was := make(map[connector.RemoteID]int64, len(old))
	for _, s := range old {
		was[s.id] = s.hash
	}
	return slices.DeleteFunc(slices.Clone(rows), func(o observedRow) bool { h, ok := was[o.ID]; return ok && h == o.hash }), nil
}

// DropObserved implements link.Tx.
func (t linkTx) DropObserved(ctx context.Context, target string, kind connector.Kind, list ...connector.RemoteID) error {
	for _, table := range []string{"observed_key", "observed"} {
		if _, err := t.exec(ctx, "delete from "+table+" where target = $1 and kind = $2 and "+t.d.member("id", 3), target, kind, ids(t.session, list)); err != nil {
			return err
		}
	}
	return nil
}

type observedKey struct {
	path  attr.Path
	value string
	id    connector.RemoteID
}

func observedKeys(index []attr.Path, rows []observedRow) []observedKey {
	var out []observedKey
	for _, o := range rows {
		for _, p := range index {
			for _, v := range o.Attrs[p] {
				if v != "" {
					out = append(out, observedKey{p, fold(v), o.ID})
				}
			}
		}
	}
	return out
}
