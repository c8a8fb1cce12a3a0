package store

import (
	"context"
	"database/sql"
	"fmt"

	"muster/internal/link"
)

const renameColumns = "target, object, remote, answer, name, who, at_ms"

func scanRename(rows *sql.Rows, r *link.Rename) error {
	var at int64
	err := rows.Scan(&r.Target, &r.Object, &r.Remote, &r.Answer, &r.Name, &r.By, &at)
	r.At = moment(at)
	return err
}

// Renames implements link.RenameReader.
func (r linkReader) Renames(ctx context.Context, target string) ([]link.Rename, error) {
	return collect(ctx, r.session, scanRename, "select "+renameColumns+" from link_rename where target = $1 order by object, remote", target)
}

// PutRename implements link.RenameTx.
func (t linkTx) PutRename(ctx context.Context, answers ...link.Rename) error {
	_, err := bulk(ctx, t.session, make(table, 7), "insert into link_rename ("+renameColumns+")",
		` on conflict (target, object, remote) do update set answer = excluded.answer, name = excluded.name, who = excluded.who, at_ms = excluded.at_ms`,
		last(answers, keyOfRename), func(r link.Rename, a []any) []any {
			return append(a, r.Target, string(r.Object), string(r.Remote), r.Answer, r.Name, r.By, ms(r.At))
		})
	if err != nil {
		return fmt.Errorf("put answers about names: %w", err)
	}
	return nil
}

// DropRename implements link.RenameTx.
func (t linkTx) DropRename(ctx context.Context, answers ...link.Rename) error {
	_, err := bulk(ctx, t.session, table{"text", "text", "text"}, "with v (target, object, remote) as (",
		") delete from link_rename where (target, object, remote) in (select target, object, remote from v)", last(answers, keyOfRename),
		func(r link.Rename, a []any) []any { return append(a, r.Target, string(r.Object), string(r.Remote)) })
	if err != nil {
		return fmt.Errorf("drop answers about names: %w", err)
	}
	return nil
}

func keyOfRename(r link.Rename) [3]string {
	return [3]string{r.Target, string(r.Object), string(r.Remote)}
}
