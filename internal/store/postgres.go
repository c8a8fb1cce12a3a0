package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// postgresDB is a PostgreSQL database. Transactions that write are READ COMMITTED: correctness rests on constraints and row locks.
type postgresDB struct {
	db       *sql.DB
	base     int64 // added to transaction ids, so that they still grow after a restore into a new cluster
	stop     context.CancelFunc
	listener sync.WaitGroup
}

// planning makes the plans of statements independent of when statistics were last taken. Every statement of ours goes by an index; a plan made while a table
// was empty, and kept with the prepared statement, would read all of it for every row once it has grown.
//
// The feed stops at the oldest open transaction, so one that a lost node has left behind must end soon.
const planning = `set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set jit = off; set plan_cache_mode = force_custom_plan;
	set idle_in_transaction_session_timeout = '60s'; set timezone = 'UTC'`

func openPostgres(ctx context.Context, dsn string, o Options, ring func()) (database, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("database address: %w", err) // pgx leaves the password out
	}
	cfg.RuntimeParams["application_name"] = "muster"
	d := &postgresDB{db: stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, planning)
		return err
	}))}
	n := o.Readers
	if n == 0 {
		n = 8
	}
	d.db.SetMaxOpenConns(n)
	d.db.SetMaxIdleConns(n)
	if err := d.prepare(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("open PostgreSQL at %s: %w", cfg.Host, err), d.db.Close())
	}
	listening, stop := context.WithCancel(context.WithoutCancel(ctx))
	d.stop = stop
	d.listener.Go(func() { listen(listening, cfg, ring, o.Log) })
	return d, nil
}

func (d *postgresDB) prepare(ctx context.Context, o Options) error {
	for _, setting := range []string{"fsync", "full_page_writes"} {
		var value string
		if err := d.db.QueryRowContext(ctx, "select current_setting($1)", setting).Scan(&value); err != nil {
			return err
		}
		if value != "on" && !o.AllowNoSync {
			return fmt.Errorf("%s is %s: a crash of the server could lose what Muster has confirmed; switch it on", setting, value)
		}
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	if err := migrate(ctx, goose.DialectPostgres, d.db, "migrations/postgres", goose.WithSessionLocker(locker)); err != nil {
		return err
	}
	return d.anchor(ctx)
}

// anchor finds the base of transaction ids. They are those of the cluster: after a restore into a fresh one they would start below what the feed holds, and
// changes would hide behind the cursors. So the base is raised until the next id is above everything that is stored.
func (d *postgresDB) anchor(ctx context.Context) error {
	_, err := d.db.ExecContext(ctx, `
		update feed set n = top.rev + 1 from (
			select greatest(coalesce((select max(rev_tx) from object), 0), coalesce((select max(rev_tx) from edge), 0),
				coalesce((select max(rev_tx) from target_cursor), 0)) as rev) top
		where feed.n + pg_snapshot_xmax(pg_current_snapshot())::text::bigint <= top.rev`)
	if err != nil {
		return err
	}
	return d.db.QueryRowContext(ctx, "select n from feed").Scan(&d.base)
}

func (d *postgresDB) close() error {
	d.stop()
	d.listener.Wait()
	return d.db.Close()
}

func (d *postgresDB) read(ctx context.Context, fn func(querier) error) error {
	return d.transaction(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, fn)
}

func (d *postgresDB) write(ctx context.Context, fn func(querier) error) error {
	return d.transaction(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted}, fn)
}

func (d *postgresDB) transaction(ctx context.Context, o *sql.TxOptions, fn func(querier) error) (err error) {
	t, err := d.db.BeginTx(ctx, o)
	if err != nil {
		return err
	}
	defer func() {
		if back := t.Rollback(); back != nil && !errors.Is(back, sql.ErrTxDone) && err == nil {
			err = back
		}
	}()
	if err := fn(pgTx{t}); err != nil {
		return err
	}
	return t.Commit()
}

func (d *postgresDB) again(err error) bool {
	switch postgresCode(err) {
	case "40001", "40P01": // serialization failure, deadlock
		return true
	}
	return false
}

func (d *postgresDB) taken(err error) bool { return postgresCode(err) == "23505" }

func postgresCode(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

func (d *postgresDB) dialect() dialect {
	base := strconv.FormatInt(d.base, 10)
	return dialect{
		contains: func(at, key string) string { return "position(" + key + " in " + at + ") > 0" },
		numbered: true,
		revTx:    "=pg_current_xact_id()::text::bigint + " + base,
		shard:    "=pg_backend_pid() % 64",
		settled:  "rev_tx < pg_snapshot_xmin(pg_current_snapshot())::text::bigint + " + base,
		forShare: " for share",
		forWrite: " for update",
		member:   func(column string, n int) string { return column + " = any($" + strconv.Itoa(n) + "::text[])" },
		list: func(n int) string {
			return "(select u.key - 1 as key, u.value collate \"C\" as value from unnest($" + strconv.Itoa(n) + "::text[]) with ordinality as u (value, key)) l"
		},
		by:   func(string) string { return "" }, // it has statistics
		bind: func(list []string) any { return list },
	}
}

type pgTx struct{ tx *sql.Tx }

func (t pgTx) exec(ctx context.Context, text string, args []any) (int64, error) {
	res, err := t.tx.ExecContext(ctx, text, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (t pgTx) query(ctx context.Context, text string, args []any) (*sql.Rows, error) {
	return t.tx.QueryContext(ctx, text, args...)
}
