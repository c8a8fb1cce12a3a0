package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"muster/internal/directory"
	"muster/internal/inbound"
	"muster/internal/scim"
)

type (
	inboundReader struct{ *session }
	inboundTx     struct{ inboundReader }
)

var _ inbound.Tx = inboundTx{}

// InboundReader returns the reading half of package inbound's contract.
func (r reader) InboundReader() inbound.Reader { return inboundReader(r) }

// InboundTx returns package inbound's contract.
func (t tx) InboundTx() inbound.Tx { return inboundTx{inboundReader{t.session}} }

const resourceColumns = "r.n, r.source, r.kind, r.id, r.object, r.handle, r.external, r.name, r.doc, r.active, r.version, r.created, r.modified"

func scanResource(rows *sql.Rows, r *inbound.Resource) error {
	var created, modified int64
	err := rows.Scan(&r.N, &r.Source, &r.Kind, &r.ID, &r.Object, &r.Handle, &r.External, &r.Name, &r.Doc, &r.Active, &r.Version, &created, &modified)
	r.Created, r.Modified = moment(created), moment(modified)
	return err
}

// Resource implements inbound.Reader.
func (r inboundReader) Resource(ctx context.Context, source string, kind directory.Kind, id string) (inbound.Resource, error) {
	return r.resource(ctx, source, kind, id, "")
}

func (r inboundReader) resource(ctx context.Context, source string, kind directory.Kind, id, suffix string) (inbound.Resource, error) {
	v, err := one(r.calm(ctx), r.session, scanResource, "select "+resourceColumns+" from resource r where r.id = $1 and r.source = $2 and r.kind = $3"+suffix, id, source, kind)
	if err != nil {
		return v, fmt.Errorf("resource: %w", err)
	}
	return v, nil
}

// ByHandle implements inbound.Reader.
func (r inboundReader) ByHandle(ctx context.Context, source string, kind directory.Kind, handle string) (inbound.Resource, error) {
	return one(ctx, r.session, scanResource, "select "+resourceColumns+" from resource r where r.source = $1 and r.kind = $2 and r.handle = $3", source, kind, fold(handle))
}

// ByID implements inbound.Reader.
func (r inboundReader) ByID(ctx context.Context, source string, list []string) ([]inbound.Resource, error) {
	if len(list) == 0 {
		return nil, nil
	}
	once := slices.Compact(slices.Sorted(slices.Values(list)))
	return collect(ctx, r.session, scanResource, "select "+resourceColumns+" from "+r.d.list(2)+
		" cross join resource r"+r.d.by("sqlite_autoindex_resource_1")+" where r.id = l.value and r.source = $1", source, ids(r.session, once))
}

// ByObject implements inbound.Reader.
func (r inboundReader) ByObject(ctx context.Context, source string, objects []directory.ID) ([]inbound.Resource, error) {
	if len(objects) == 0 {
		return nil, nil
	}
	in, arg := among(r.session, "r.object", 2, objects)
	return collect(r.calm(ctx), r.session, scanResource, "select "+resourceColumns+" from resource r"+r.d.by("resource_by_object")+" where r.source = $1 and "+in, source, arg)
}

// Around implements inbound.Reader.
func (r inboundReader) Around(ctx context.Context, source string, objects []directory.ID) ([]inbound.Around, error) {
	if len(objects) == 0 {
		return nil, nil
	}
	in, arg := among(r.session, "m.id", 2, objects)
	return collect(r.calm(ctx), r.session, func(rows *sql.Rows, a *inbound.Around) error { return rows.Scan(&a.Member, &a.Group, &a.ID, &a.Name) },
		"with recursive up (member, grp) as (select e.member, e.grp from node m cross join edge e where "+in+" and e.member = m.n and not e.removed"+
			" union select e.member, e.grp from up cross join edge e where e.member = up.grp and not e.removed)"+
			" select m.id, g.id, coalesce(r.id, ''), coalesce(r.name, '') from up cross join node m cross join node g"+
			" left join resource r"+r.d.by("resource_by_object")+" on r.source = $1 and r.object = g.id and r.kind = 'group' where m.n = up.member and g.n = up.grp", source, arg)
}

// Twins implements inbound.Reader.
func (r inboundReader) Twins(ctx context.Context, source string, kind directory.Kind, handle, external string) ([]inbound.Resource, error) {
	const of = " from resource r where r.source = $1 and r.kind = $2 and "
	text, args := "select "+resourceColumns+of+"r.handle = $3", []any{source, kind, fold(handle)}
	if external != "" { // whoever has both comes once
		text += " union all select " + resourceColumns + of + "r.external = $4 and r.external <> '' and r.handle <> $3"
		args = append(args, external)
	}
	return collect(r.calm(ctx), r.session, scanResource, text, args...)
}

// Members implements inbound.Reader.
func (r inboundReader) Members(ctx context.Context, source string, group, after directory.ID, limit int) ([]inbound.Member, directory.ID, error) {
	type row struct {
		inbound.Member
		object directory.ID
	}
	rows, err := collect(ctx, r.session, func(rows *sql.Rows, m *row) error { return rows.Scan(&m.ID, &m.Kind, &m.Name, &m.object) },
		"select r.id, r.kind, r.name, r.object from edge e join node m on m.n = e.member join resource r on r.source = $1 and r.object = m.id where e.grp = "+nodeOf(2)+
			" and e.member > coalesce("+nodeOf(3)+", 0) and not e.removed order by e.member limit $4", source, group, after, atMost(limit))
	out := make([]inbound.Member, len(rows))
	last := directory.ID("")
	for i, m := range rows {
		out[i], last = m.Member, m.object
	}
	return out, last, err
}

// Lock implements inbound.Tx.
func (t inboundTx) Lock(ctx context.Context, source string, kind directory.Kind, id string) (inbound.Resource, error) {
	return t.resource(ctx, source, kind, id, t.d.forWrite)
}

// Put implements inbound.Tx.
func (t inboundTx) Put(ctx context.Context, r inbound.Resource, values []scim.Value) error {
	if r.N != 0 {
		n, err := t.exec(ctx, `update resource set object = $2, handle = $3, external = $4, name = $5, doc = $6, active = $7, version = $8, modified = $9 where n = $1`,
			r.N, r.Object, fold(r.Handle), r.External, r.Name, r.Doc, r.Active, r.Version, ms(r.Modified))
		if err == nil && n == 0 {
			err = directory.ErrNotFound
		}
		if err != nil {
			return t.conflict(err)
		}
		return t.putValues(ctx, r, false, values)
	}
	n, err := one(ctx, t.session, scanOne[int64], `insert into resource (source, kind, id, object, handle, external, name, doc, active, version, created, modified)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning n`,
		r.Source, r.Kind, r.ID, r.Object, fold(r.Handle), r.External, r.Name, r.Doc, r.Active, r.Version, ms(r.Created), ms(r.Modified))
	if err != nil {
		return t.conflict(err)
	}
	r.N = n
	t.tally(tallyDelta{{"resource", r.Source, string(r.Kind)}: 1})
	return t.putValues(ctx, r, true, values)
}

type valueRow struct {
	attr  int64
	value string
	elem  int
}

// putValues makes the values of a resource those given, writing only what differs.
func (t inboundTx) putValues(ctx context.Context, r inbound.Resource, fresh bool, values []scim.Value) error {
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = attrNode(r.Source, r.Kind, v.Path)
	}
	numbers, err := t.numbers(ctx, names)
	if err != nil {
		return err
	}
	want := make(map[valueRow]bool, len(values))
	for i, v := range values {
		want[valueRow{numbers[names[i]], valid(v.Key), v.Elem}] = true
	}
	var have []valueRow
	if !fresh {
		have, err = collect(ctx, t.session, func(rows *sql.Rows, v *valueRow) error { return rows.Scan(&v.attr, &v.value, &v.elem) },
			"select attr, value, elem from resource_value where res = $1", r.N)
	}
	if err != nil {
		return err
	}
	for _, v := range have {
		if want[v] {
			delete(want, v)
			continue
		}
		if _, err := t.exec(ctx, "delete from resource_value where attr = $1 and value = $2 and res = $3 and elem = $4", v.attr, v.value, r.N, v.elem); err != nil {
			return err
		}
	}
	rows := make([]valueRow, 0, len(want))
	for v := range want {
		rows = append(rows, v)
	}
	tail := " on conflict do nothing"
	if fresh { // nothing can be there
		tail = ""
	}
	_, err = bulk(ctx, t.session, table{"", "", "", ""}, "insert into resource_value (attr, value, res, elem)", tail, rows, func(v valueRow, a []any) []any {
		return append(a, v.attr, v.value, r.N, v.elem)
	})
	return err
}

// attrNode names a path of one source and kind among the nodes.
func attrNode(source string, kind directory.Kind, path string) string {
	return "scim " + source + " " + string(kind) + " " + path
}

// Touch implements inbound.Tx.
func (t inboundTx) Touch(ctx context.Context, r inbound.Resource) error {
	_, err := t.exec(ctx, "update resource set version = $2, modified = $3 where n = $1", r.N, r.Version, ms(r.Modified))
	return err
}

// Delete implements inbound.Tx.
func (t inboundTx) Delete(ctx context.Context, r inbound.Resource) error {
	if _, err := t.exec(ctx, "delete from resource_value where res = $1", r.N); err != nil {
		return err
	}
	if n, err := t.exec(ctx, "delete from resource where n = $1", r.N); err != nil || n == 0 {
		return err
	}
	t.tally(tallyDelta{{"resource", r.Source, string(r.Kind)}: -1})
	return nil
}

// Attempt implements inbound.Tx.
func (t inboundTx) Attempt(ctx context.Context, fn func() error) error {
	made, own := maps.Clone(t.made), maps.Clone(t.own)
	err := t.atomic(ctx, fn)
	if err != nil {
		t.made, t.own = made, own
	}
	return err
}
