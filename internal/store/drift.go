package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"muster/internal/directory"
	"muster/internal/link"
)

const (
	driftColumns = "target, object, kind, field, member, other, wanted, found, since, seen"
	driftOrder   = " order by object, field, member, other"
)

func scanDrift(rows *sql.Rows, d *link.Drift) error {
	var since, seen int64
	err := rows.Scan(&d.Target, &d.Object, &d.Kind, &d.Field, &d.Member, &d.Foreign, &d.Wanted, &d.Found, &since, &seen)
	d.Since, d.Seen = moment(since), moment(seen)
	return err
}

// Drifts implements link.DriftReader.
func (r linkReader) Drifts(ctx context.Context, target string, limit int) ([]link.Drift, error) {
	return collect(ctx, r.session, scanDrift, "select "+driftColumns+" from drift where target = $1"+driftOrder+" limit $2", target, atMost(limit))
}

// DriftsOf implements link.DriftReader.
func (r linkReader) DriftsOf(ctx context.Context, target string, objects []directory.ID) ([]link.Drift, error) {
	if len(objects) == 0 {
		return nil, nil
	}
	return collect(ctx, r.session, scanDrift, "select "+driftColumns+" from drift where target = $1 and "+r.d.member("object", 2)+" and field <> $3"+driftOrder,
		target, ids(r.session, objects), link.FieldMember)
}

// DriftsIn implements link.DriftReader.
func (r linkReader) DriftsIn(ctx context.Context, target string, group directory.ID) ([]link.Drift, error) {
	return collect(ctx, r.session, scanDrift, "select "+driftColumns+" from drift where target = $1 and object = $2 and field = $3"+driftOrder, target, group, link.FieldMember)
}

// CountDrift implements link.DriftReader.
func (r linkReader) CountDrift(ctx context.Context, target string) (int, error) {
	return one(ctx, r.session, scanOne[int], "select count(*) from drift where target = $1", target)
}

// PutDrift implements link.DriftTx.
func (t linkTx) PutDrift(ctx context.Context, drifts ...link.Drift) error {
	_, err := bulk(ctx, t.session, make(table, 10), "insert into drift ("+driftColumns+")",
		` on conflict (target, object, field, member, other) do update set wanted = excluded.wanted, found = excluded.found, seen = excluded.seen`,
		last(drifts, keyOfDrift), func(d link.Drift, a []any) []any {
			return append(a, d.Target, string(d.Object), string(d.Kind), d.Field, string(d.Member), string(d.Foreign), d.Wanted, d.Found, ms(d.Since), ms(d.Seen))
		})
	if err != nil {
		return fmt.Errorf("put drift: %w", err)
	}
	return nil
}

// DropDrift implements link.DriftTx.
func (t linkTx) DropDrift(ctx context.Context, drifts ...link.Drift) error {
	_, err := bulk(ctx, t.session, table{"text", "text", "text", "text", "text"}, "with v (target, object, field, member, other) as (",
		") delete from drift where (target, object, field, member, other) in (select target, object, field, member, other from v)", last(drifts, keyOfDrift),
		func(d link.Drift, a []any) []any {
			return append(a, d.Target, string(d.Object), d.Field, string(d.Member), string(d.Foreign))
		})
	if err != nil {
		return fmt.Errorf("drop drift: %w", err)
	}
	return nil
}

// SweepDrift implements link.DriftTx.
func (t linkTx) SweepDrift(ctx context.Context, target string, began time.Time) error {
	if _, err := t.exec(ctx, "delete from drift where target = $1 and field <> $2 and seen < $3", target, link.FieldMember, ms(began)); err != nil {
		return fmt.Errorf("sweep drift: %w", err)
	}
	_, err := t.exec(ctx, `delete from drift where target = $1 and field = $2 and not exists (select 1 from link_edge e where e.target = `+nodeOf(1)+`
		and e.grp = (select n from node where id = drift.object) and e.member = coalesce((select n from node where id = nullif(drift.member, '')), 0)
		and e.other = drift.other and e.wanted <> e.applied)`, target, link.FieldMember)
	if err != nil {
		return fmt.Errorf("sweep drift of members: %w", err)
	}
	return nil
}

func keyOfDrift(d link.Drift) [5]string {
	return [5]string{d.Target, string(d.Object), d.Field, string(d.Member), string(d.Foreign)}
}
