package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os/exec"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"muster/internal/store"
)

// ldapsearch reads what Muster reads, entry for entry and attribute for attribute, page by page, and throws it away.
func (w *world) ldapsearch(tb testing.TB) float64 {
	tb.Helper()
	search, err := exec.LookPath("ldapsearch")
	if err != nil {
		tb.Fatal("ldapsearch is not installed: sudo apt-get install ldap-utils, or run scripts/install-test-servers.sh")
	}
	began := time.Now()
	for _, what := range [][]string{
		{"ou=People," + base, "(|(objectClass=inetOrgPerson)(objectClass=posixAccount))", "entryUUID", "uid", "cn", "displayName", "departmentNumber", "givenName", "mail", "sn", "title"},
		{"ou=Groups," + base, "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=groupOfMembers)(objectClass=posixGroup))", "entryUUID", "cn", "member"},
	} {
		args := append([]string{"-x", "-LLL", "-o", "ldif-wrap=no", "-H", w.slapd.URL, "-D", w.slapd.BindDN, "-y", w.path("password"), "-E", "pr=1000/noprompt", "-b"}, what...)
		cmd := exec.CommandContext(tb.Context(), search, args...)
		var errs strings.Builder
		cmd.Stderr = &errs
		if err := cmd.Run(); err != nil {
			tb.Fatalf("ldapsearch: %v\n%s", err, errs.String())
		}
	}
	return time.Since(began).Seconds()
}

// insert puts the rows that Muster stored into an empty database.
func (w *world) insert(tb testing.TB) result {
	return child(tb, "insert", task{From: w.path("data/muster.db"), To: w.path("floor.db")})
}

// rows are those of a table.
type rows struct {
	table, order string
	commit       int
}

// The rows of people and groups, in the order in which they were written, and how many of them go into one commit: as many as Muster writes at a time.
var written = []rows{{"object", "rowid", 500}, {"record", "rowid", 500}, {"node", "n", 5000}, {"edge", "rev_seq", 5000}}

const rowsPerStatement = 100

// insertRows is the floor of storing: the same rows into tables with the same indexes, by the same driver with the same pragmas, in prepared multi-row
// statements and commits of the same size. The rows are in memory before the clock starts, and no memory is collected while it runs.
func insertRows(ctx context.Context, t task) (r result, err error) {
	return insertTables(ctx, t, written)
}

func insertTables(ctx context.Context, t task, tables []rows) (r result, err error) {
	debug.SetGCPercent(-1)
	s, err := store.Open(ctx, t.To, store.Options{}) // makes the tables
	if err != nil {
		return r, err
	}
	if err := s.Close(); err != nil {
		return r, err
	}
	from, err := sql.Open("sqlite", "file:"+t.From+"?mode=ro")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := sql.Open("sqlite", "file:"+t.To+"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"+
		"&_pragma=busy_timeout(5000)&_pragma=cache_size(-65536)&_pragma=temp_store(MEMORY)&_pragma=wal_autocheckpoint(16384)&_pragma=journal_size_limit(67108864)")
	if err != nil {
		return r, err
	}
	to.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, to.Close()) }()
	r.Counts = map[string]int{}
	for _, w := range tables {
		columns, rows, err := load(ctx, from, w.table, w.order)
		if err != nil {
			return r, err
		}
		began := time.Now()
		for len(rows) > 0 {
			n := min(w.commit, len(rows))
			if err := commit(ctx, to, w.table, columns, rows[:n]); err != nil {
				return r, err
			}
			rows = rows[n:]
			r.Counts[w.table] += n
		}
		r.Seconds += time.Since(began).Seconds()
	}
	return r, nil
}

func load(ctx context.Context, db *sql.DB, table, order string) (columns []string, out [][]any, err error) {
	rows, err := db.QueryContext(ctx, "select * from "+table+" order by "+order)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if columns, err = rows.Columns(); err != nil {
		return nil, nil, err
	}
	for rows.Next() {
		values := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, nil, err
		}
		out = append(out, values)
	}
	return columns, out, rows.Err()
}

func commit(ctx context.Context, db *sql.DB, table string, columns []string, rows [][]any) (err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing is left to roll back after a commit
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", len(columns)), ",") + ")"
	st, err := tx.PrepareContext(ctx, "insert into "+table+" values "+strings.TrimSuffix(strings.Repeat(row+",", rowsPerStatement), ","))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	args := make([]any, 0, rowsPerStatement*len(columns))
	for len(rows) > 0 {
		n := min(rowsPerStatement, len(rows))
		args = args[:0]
		for _, r := range rows[:n] {
			args = append(args, r...)
		}
		if n == rowsPerStatement {
			_, err = st.ExecContext(ctx, args...)
		} else {
			_, err = tx.ExecContext(ctx, fmt.Sprintf("insert into %s values %s", table, strings.TrimSuffix(strings.Repeat(row+",", n), ",")), args...)
		}
		if err != nil {
			return err
		}
		rows = rows[n:]
	}
	return tx.Commit()
}
