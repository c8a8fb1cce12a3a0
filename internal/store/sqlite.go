package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
)

// minSQLite is the first release without a known fault that could lose data of ours.
const minSQLite = "3.51.3"

// The settings of connections. One connection writes and is never turned away; the others read, and cannot do anything else.
const (
	writerPragmas = "&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=busy_timeout(5000)" +
		"&_pragma=cache_size(-32768)&_pragma=temp_store(MEMORY)&_pragma=wal_autocheckpoint(16384)&_pragma=journal_size_limit(67108864)" +
		"&_pragma=secure_delete(1)" // what is removed is overwritten, so that no page of the file holds it any more
	readerPragmas = "&mode=ro&_pragma=query_only(1)&_pragma=busy_timeout(5000)&_pragma=cache_size(-8192)&_pragma=temp_store(MEMORY)"
)

// sqliteDB is a SQLite file in WAL mode: one writer, many readers, each connection with its prepared statements.
type sqliteDB struct {
	writing, reading *sql.DB
	writer, readers  chan *liteConn
	waiting          atomic.Int32 // writes that wait for the writer
	conns            []*liteConn
	sentry           chan *liteConn // reads nothing but whether something was committed
}

func openSQLite(ctx context.Context, path string, o Options) (database, error) {
	if err := makePrivate(path); err != nil {
		return nil, err
	}
	d := &sqliteDB{}
	if err := d.open(ctx, path, o); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), d.close())
	}
	return d, nil
}

// makePrivate creates the file so that only its owner can read it: it holds everybody's names. SQLite gives its side files the same mode.
func makePrivate(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the folder of the database: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	return f.Close()
}

func (d *sqliteDB) open(ctx context.Context, path string, o Options) (err error) {
	uri := "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path) + "?_txlock=immediate"
	if d.writing, err = sql.Open("sqlite", uri+writerPragmas); err != nil {
		return err
	}
	d.writing.SetMaxOpenConns(1)
	if err := d.check(ctx); err != nil {
		return err
	}
	if err := migrate(ctx, goose.DialectSQLite3, d.writing, "migrations/sqlite"); err != nil {
		return err
	}
	if d.writer, err = d.connect(ctx, d.writing, 1); err != nil {
		return err
	}
	if d.reading, err = sql.Open("sqlite", strings.Replace(uri, "_txlock=immediate", "_txlock=deferred", 1)+readerPragmas); err != nil {
		return err
	}
	n := o.Readers
	if n == 0 {
		n = max(4, runtime.GOMAXPROCS(0))
	}
	if d.readers, err = d.connect(ctx, d.reading, n); err != nil {
		return err
	}
	if d.sentry, err = d.connect(ctx, d.reading, 1); err != nil {
		return err
	}
	return assert(ctx, d.reading, map[string]string{"query_only": "1"})
}

// check asserts what the safety of the data rests on.
func (d *sqliteDB) check(ctx context.Context) error {
	var version string
	if err := d.writing.QueryRowContext(ctx, "select sqlite_version()").Scan(&version); err != nil {
		return err
	}
	if older(version, minSQLite) {
		return fmt.Errorf("SQLite %s is built in; %s or newer is needed", version, minSQLite)
	}
	return assert(ctx, d.writing, map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"})
}

func assert(ctx context.Context, db *sql.DB, pragmas map[string]string) error {
	for name, want := range pragmas {
		var got string
		if err := db.QueryRowContext(ctx, "pragma "+name).Scan(&got); err != nil {
			return fmt.Errorf("pragma %s: %w", name, err)
		}
		if got != want {
			return fmt.Errorf("pragma %s is %s, must be %s: the file system may not support what SQLite needs (a local disk does)", name, got, want)
		}
	}
	return nil
}

// older reports whether version a comes before b, number by number.
func older(a, b string) bool {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range bs {
		if i >= len(as) {
			return true
		}
		x, _ := strconv.Atoi(as[i])
		y, _ := strconv.Atoi(bs[i])
		if x != y {
			return x < y
		}
	}
	return false
}

func (d *sqliteDB) connect(ctx context.Context, db *sql.DB, n int) (chan *liteConn, error) {
	db.SetMaxOpenConns(len(d.conns) + n + 1) // one to spare, for assertions
	pool := make(chan *liteConn, n)
	for range n {
		conn, err := db.Conn(ctx)
		if err != nil {
			return nil, err
		}
		c := &liteConn{conn: conn, stmts: map[string]*sql.Stmt{}, brief: db == d.writing}
		d.conns = append(d.conns, c)
		pool <- c
	}
	return pool, nil
}

func (d *sqliteDB) close() error {
	if d.writer != nil {
		_, _ = d.idle(context.Background()) // it never ends
	}
	for range cap(d.readers) {
		<-d.readers
	}
	for range cap(d.sentry) {
		<-d.sentry
	}
	var errs []error
	for _, c := range d.conns {
		errs = append(errs, c.forget(), c.conn.Close())
	}
	for _, db := range []*sql.DB{d.reading, d.writing} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

func (d *sqliteDB) read(ctx context.Context, fn func(querier) error) error {
	return inTransaction(ctx, d.readers, fn)
}

func inTransaction(ctx context.Context, pool chan *liteConn, fn func(querier) error) (err error) {
	var c *liteConn
	select {
	case c = <-pool:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { pool <- c }()
	if err := ctx.Err(); err != nil {
		return err
	}
	// A begin that is cancelled may have begun all the same: the connection would go back with a transaction open.
	if _, err := c.exec(context.WithoutCancel(ctx), "begin", nil); err != nil {
		return err
	}
	done := false
	defer func() {
		if !done { // also after a panic in fn
			if _, back := c.exec(context.WithoutCancel(ctx), "rollback", nil); back != nil {
				err = errors.Join(err, back)
			}
		}
	}()
	if err := fn(c); err != nil {
		return err
	}
	if _, err := c.exec(context.WithoutCancel(ctx), "commit", nil); err != nil {
		return err
	}
	done = true
	return nil
}

func (d *sqliteDB) again(err error) bool {
	if errors.Is(err, errRedo) {
		return true
	}
	switch code := sqliteCode(err); code & 0xff {
	case 5, 6: // SQLITE_BUSY with its kin, SQLITE_LOCKED: another process writes
		return true
	}
	return false
}

func (d *sqliteDB) taken(err error) bool {
	switch sqliteCode(err) {
	case 1555, 2067: // SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE
		return true
	}
	return false
}

func sqliteCode(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()
	}
	return 0
}

func (d *sqliteDB) dialect() dialect {
	return dialect{
		contains: func(at, key string) string { return "instr(" + at + ", " + key + ") > 0" },
		revTx:    "=0",
		shard:    "=0",
		settled:  "true",
		member: func(column string, n int) string {
			return column + " in (select value from json_each($" + strconv.Itoa(n) + "))"
		},
		list: func(n int) string { return "(select key, value from json_each($" + strconv.Itoa(n) + ")) l" },
		by:   func(index string) string { return " indexed by " + index }, // without statistics it would often read a whole source or target
		bind: func(list []string) any {
			b, _ := json.Marshal(list) // strings always marshal
			return string(b)
		},
	}
}

// maxStmts bounds the prepared statements of a connection. There are far fewer texts; the bound is a net.
const maxStmts = 1000

// liteConn is one connection with the statements it has prepared: preparing costs more than running for most of ours.
type liteConn struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	open  *group // of writes that are not committed yet
	feed  feedHead
	wrote bool // something that is no plain select ran since this was unset

	careful time.Time // until when writes that share a commit have savepoints
	brief   bool      // no statement takes long: none is to be interrupted, which would take a goroutine for each
}

// calm is ctx as the driver gets it.
func (c *liteConn) calm(ctx context.Context) (context.Context, error) {
	if !c.brief {
		return ctx, nil
	}
	return context.WithoutCancel(ctx), ctx.Err()
}

func (c *liteConn) prepare(ctx context.Context, text string) (*sql.Stmt, error) {
	if st, ok := c.stmts[text]; ok {
		return st, nil
	}
	if len(c.stmts) >= maxStmts {
		if err := c.forget(); err != nil {
			return nil, err
		}
	}
	st, err := c.conn.PrepareContext(ctx, text)
	if err == nil {
		c.stmts[text] = st
	}
	return st, err
}

func (c *liteConn) forget() error {
	var errs []error
	for text, st := range c.stmts {
		errs = append(errs, st.Close())
		delete(c.stmts, text)
	}
	return errors.Join(errs...)
}

func (c *liteConn) exec(ctx context.Context, text string, args []any) (int64, error) {
	ctx, err := c.calm(ctx)
	if err != nil {
		return 0, err
	}
	c.wrote = true
	st, err := c.prepare(ctx, text) //nolint:sqlclosecheck // kept for the next time; forget closes it
	if err != nil {
		return 0, err
	}
	res, err := st.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (c *liteConn) query(ctx context.Context, text string, args []any) (*sql.Rows, error) {
	ctx, err := c.calm(ctx)
	if err != nil {
		return nil, err
	}
	c.wrote = c.wrote || !strings.HasPrefix(text, "select ")
	st, err := c.prepare(ctx, text) //nolint:sqlclosecheck // kept for the next time; forget closes it
	if err != nil {
		return nil, err
	}
	return st.QueryContext(ctx, args...)
}

// errRead says that a reader still needs what the log of the database holds.
var errRead = errors.New("the log of the database is being read")

// Scrub empties the log of the database, in which what was removed can still be read. It does not wait: while somebody reads, it fails and can be called
// again. On PostgreSQL it does nothing: what was removed goes with the next vacuum there.
func (s *Store) Scrub(ctx context.Context) error {
	d, ok := s.db.(*sqliteDB)
	if !ok {
		return nil
	}
	c, err := d.idle(ctx)
	if err != nil {
		return err
	}
	defer func() { d.writer <- c }()
	if _, err := c.conn.ExecContext(ctx, "pragma busy_timeout(0)"); err != nil {
		return err
	}
	var busy, pages, moved int
	err = c.conn.QueryRowContext(ctx, "pragma wal_checkpoint(truncate)").Scan(&busy, &pages, &moved)
	if err == nil && busy != 0 {
		err = errRead
	}
	_, back := c.conn.ExecContext(context.WithoutCancel(ctx), "pragma busy_timeout(5000)")
	return errors.Join(err, back)
}

// Backup writes a copy of the database to path, which must not exist, while everything goes on. On PostgreSQL it is an error: use pg_dump.
func (s *Store) Backup(ctx context.Context, path string) error {
	d, ok := s.db.(*sqliteDB)
	if !ok {
		return errors.New("backup: this database is PostgreSQL; use pg_dump")
	}
	c, err := d.idle(ctx)
	if err != nil {
		return err
	}
	defer func() { d.writer <- c }()
	if _, err := c.conn.ExecContext(ctx, "vacuum into $1", path); err != nil {
		return fmt.Errorf("back up to %s: %w", path, err)
	}
	return os.Chmod(path, 0o600)
}
