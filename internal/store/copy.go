package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// copied are the tables of people and groups: who they are, what sources and clients state of them, who is in which group, and who has which role. What opens
// something is not among them: tokens, passwords, sessions, codes, keys.
var copied = []struct{ table, columns, key string }{
	{"node", "n, id", "n"},
	{"object", "id, kind, handle, email, attrs, digest, state, cause, since, stop, epoch, actor, hash, rev_tx, rev_seq", "id"},
	{"record", recordColumns + ", name_fold, hash", "source, key"},
	{"reference", "source, key, name, towards", "source, key, name, towards"},
	{"edge", "grp, member, rev_tx, rev_seq, removed", "grp, member"},
	{"resource", "n, source, kind, id, object, handle, external, name, doc, active, version, created, modified", "n"},
	{"resource_value", "attr, value, res, elem", "attr, value, res, elem"},
	{"word", "kind, word, handle, object", "kind, word, handle, object"},
	{"own", "object, kind, handle", "object"},
	{"tally", "about, name, sort, shard, n", "about, name, sort, shard"},
	{"role_grant", "person, role, who, at_ms", "person, role"},
}

const copyPage = 5000

// CopyPeople copies everybody, their groups and their roles into a store that holds nobody yet, from one snapshot, and never a secret. The copy must be closed
// and opened again before it is used. It is on the same kind of database.
func (s *Store) CopyPeople(ctx context.Context, into *Store) error {
	return s.view(ctx, func(from *session) error {
		for _, t := range copied {
			if err := copyTable(ctx, from, into, t.table, t.columns, t.key); err != nil {
				return fmt.Errorf("copy %s: %w", t.table, err)
			}
		}
		n, err := one(ctx, from, scanOne[int64], "select n from feed")
		if err != nil {
			return err
		}
		return into.update(ctx, "sandbox", func(to *session) error {
			if _, err := to.exec(ctx, "update feed set n = $1", n); err != nil || !to.d.numbered {
				return err
			}
			for _, table := range []string{"node", "resource"} { // the numbers that come next
				const next = "select setval(pg_get_serial_sequence($1, 'n'), coalesce((select max(n) from %s), 0) + 1, false)"
				if _, err := one(ctx, to, scanOne[int64], fmt.Sprintf(next, table), table); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// Size returns how many bytes the database takes, its log apart.
func (s *Store) Size(ctx context.Context) (n int64, err error) {
	err = s.view(ctx, func(x *session) error {
		text := "select page_count * page_size from pragma_page_count(), pragma_page_size()"
		if x.d.numbered {
			text = "select coalesce(sum(pg_total_relation_size(oid)), 0)::bigint from pg_class where relnamespace = current_schema()::regnamespace and relkind in ('r', 'm')"
		}
		n, err = one(ctx, x, scanOne[int64], text)
		return err
	})
	return n, err
}

// copyTable copies page by page, in the order of the key.
func copyTable(ctx context.Context, from *session, into *Store, name, columns, key string) error {
	names, keys := strings.Split(columns, ", "), strings.Split(key, ", ")
	at := make([]int, len(keys))
	for i, k := range keys {
		for j, c := range names {
			if c == k {
				at[i] = j
			}
		}
	}
	head := "insert into " + name + " (" + columns + ")"
	if from.d.numbered && names[0] == "n" {
		head += " overriding system value"
	}
	for last := []any(nil); ; {
		where := ""
		if last != nil {
			marks := make([]string, len(keys))
			for i := range keys {
				marks[i] = dollar(i + 1)
			}
			where = " where (" + key + ") > (" + strings.Join(marks, ", ") + ")"
		}
		rows, err := collect(ctx, from, func(rows *sql.Rows, row *[]any) error { return scanAny(rows, row, len(names)) },
			fmt.Sprintf("select %s from %s%s order by %s limit %d", columns, name, where, key, copyPage), last...)
		if err != nil || len(rows) == 0 {
			return err
		}
		err = into.update(ctx, "sandbox", func(to *session) error {
			_, err := bulk(ctx, to, make(table, len(names)), head, "", rows, func(row, a []any) []any { return append(a, row...) })
			return err
		})
		if err != nil || len(rows) < copyPage {
			return err
		}
		last = make([]any, len(keys))
		for i, j := range at {
			last[i] = rows[len(rows)-1][j]
		}
	}
}

func scanAny(rows *sql.Rows, row *[]any, n int) error {
	*row = make([]any, n)
	into := make([]any, n)
	for i := range into {
		into[i] = &(*row)[i]
	}
	return rows.Scan(into...)
}

// InSchema returns the address of a PostgreSQL database with all tables in a schema of that name. dsn is "postgres://…".
func InSchema(dsn, schema string) (string, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return "", fmt.Errorf("database address: %w", err)
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// HasSchema reports whether a PostgreSQL database has a schema.
func HasSchema(ctx context.Context, dsn, schema string) (yes bool, err error) {
	err = onPostgres(ctx, dsn, func(db *sql.DB) error {
		return db.QueryRowContext(ctx, "select exists (select 1 from pg_namespace where nspname = $1)", schema).Scan(&yes)
	})
	return yes, err
}

// MakeSchema makes a schema in a PostgreSQL database.
func MakeSchema(ctx context.Context, dsn, schema string) error {
	return onPostgres(ctx, dsn, func(db *sql.DB) error {
		_, err := db.ExecContext(ctx, "create schema "+pgx.Identifier{schema}.Sanitize())
		return err
	})
}

// DropSchema removes a schema of a PostgreSQL database with all that is in it, if there is one.
func DropSchema(ctx context.Context, dsn, schema string) error {
	return onPostgres(ctx, dsn, func(db *sql.DB) error {
		_, err := db.ExecContext(ctx, "drop schema if exists "+pgx.Identifier{schema}.Sanitize()+" cascade")
		return err
	})
}

func onPostgres(ctx context.Context, dsn string, do func(*sql.DB) error) error {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return fmt.Errorf("database address: %w", err)
	}
	db := stdlib.OpenDB(*cfg)
	if err := do(db); err != nil {
		_ = db.Close() // what went wrong came before
		return fmt.Errorf("PostgreSQL at %s: %w", cfg.Host, err)
	}
	return db.Close()
}
