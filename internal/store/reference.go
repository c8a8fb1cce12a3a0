package store

import (
	"context"
	"database/sql"
	"fmt"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
)

func scanReference(rows *sql.Rows, f *directory.Reference) error {
	return rows.Scan(&f.Source, &f.Key, &f.Name, &f.To, &f.Object, &f.Person)
}

// references selects references with whom their ends are bound to.
const references = `select f.source, f.key, f.name, f.towards, r.object, coalesce(m.object, '') from reference f
	join record r on r.source = f.source and r.key = f.key left join record m on m.source = f.source and m.key = f.towards where `

// References implements directory.Reader.
func (r reader) References(ctx context.Context, list []directory.ID) ([]directory.Reference, error) {
	if len(list) == 0 {
		return nil, nil
	}
	in, arg := among(r.session, "r.object", 1, list)
	return collect(ctx, r.session, scanReference, references+"r.object <> '' and "+in+" order by 1, 2, 3, 4", arg)
}

// ReferencesTo implements directory.Reader.
func (r reader) ReferencesTo(ctx context.Context, source string, keys []string) ([]directory.Reference, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	in, arg := among(r.session, "f.towards", 2, keys)
	return collect(ctx, r.session, scanReference, references+"f.source = $1 and "+in+" order by 1, 2, 3, 4", source, arg)
}

// PutReferences implements directory.Tx.
func (t tx) PutReferences(ctx context.Context, source string, keys []string, refs ...directory.Reference) error {
	if len(keys) > 0 {
		if _, err := t.exec(ctx, "delete from reference where source = $1 and "+t.d.member("key", 2), source, ids(t.session, keys)); err != nil {
			return fmt.Errorf("put references: %w", err)
		}
	}
	_, err := bulk(ctx, t.session, make(table, 4), "insert into reference (source, key, name, towards)", " on conflict do nothing", refs,
		func(f directory.Reference, a []any) []any { return append(a, source, f.Key, f.Name, f.To) })
	if err != nil {
		return fmt.Errorf("put references: %w", err)
	}
	return nil
}

// referring returns the objects that refer to people whose account is opened, closed or exchanged by links, which are about to be written.
func (t linkTx) referring(ctx context.Context, links []link.Link) ([]directory.ID, error) {
	var people []link.Link
	for _, l := range links {
		if l.Kind != connector.Group {
			people = append(people, l)
		}
	}
	return bulkQuery(ctx, t.session, table{"text", "text", "text"}, "with v (target, object, account) as (",
		`) select distinct r.object from v join record m on m.object = v.object and m.object <> ''
		join reference f on f.source = m.source and f.towards = m.key join record r on r.source = f.source and r.key = f.key
		left join link l on l.target = v.target and l.object = v.object
		where r.object <> '' and v.account <> coalesce(case when l.active then l.remote else '' end, '') order by 1`, people,
		func(l link.Link, a []any) []any { return append(a, l.Target, string(l.Object), string(account(l))) }, scanOne[directory.ID])
}

// account is the account that others can refer to: one that is open.
func account(l link.Link) connector.RemoteID {
	if !l.Active {
		return ""
	}
	return l.Remote
}

// stir enters objects into the feed as they are: what follows from them is not what it was.
func (s *session) stir(ctx context.Context, list []directory.ID) error {
	if len(list) == 0 {
		return nil
	}
	list = last(list, func(id directory.ID) directory.ID { return id })
	seq, err := s.take(ctx, len(list))
	if err != nil {
		return err
	}
	n, err := bulk(ctx, s, table{"text", s.d.revTx, "bigint"}, "with v (id, rev_tx, rev_seq) as (",
		") update object set rev_tx = v.rev_tx, rev_seq = v.rev_seq from v where object.id = v.id", list,
		func(id directory.ID, a []any) []any {
			a = append(a, string(id), seq)
			seq++
			return a
		})
	if err != nil {
		return fmt.Errorf("enter what refers to them into the feed: %w", err)
	}
	s.fed = s.fed || n > 0
	s.wrote(list)
	return nil
}
