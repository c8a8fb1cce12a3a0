package store_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/erase"
	"muster/internal/link"
	"muster/internal/notify"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/store"
	"muster/internal/testserver"
)

func person(username string) directory.Object {
	return directory.Object{ID: directory.NewID(), Kind: directory.Person, State: directory.Active, Attrs: attr.Set{directory.Username: {username}}}
}

func putAll(t *testing.T, s *store.Store, objects ...directory.Object) {
	t.Helper()
	update(t, s, func(ctx context.Context, tx directory.Tx) error { return tx.PutObjects(ctx, objects...) })
}

func exists(t *testing.T, s *store.Store, id directory.ID) bool {
	t.Helper()
	err := s.View(t.Context(), func(r directory.Reader) error { _, err := r.Object(t.Context(), id); return err })
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

// raw runs a statement on the database itself, past the store.
func raw(t *testing.T, driver, dsn, text string) {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), text); err != nil {
		t.Fatal(err)
	}
}

func TestReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new folder", "odd ?#%20 name.db")
	s, err := store.Open(t.Context(), "sqlite:"+path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a, b := person("a"), person("b")
	putAll(t, s, a)
	head, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the file is %v, %v; only its owner may read it", info, err)
	}
	s = open(t, path)
	if !exists(t, s, a.ID) {
		t.Error("what was written is gone after a restart")
	}
	putAll(t, s, b)
	changes, err := s.Changes(t.Context(), head, 10)
	if err != nil || len(changes) != 1 || changes[0].Object != b.ID {
		t.Errorf("the feed after a restart: %v, %v", changes, err)
	}
}

func TestNewerSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "muster.db")
	for driver, dsn := range map[string]string{"sqlite": path, "pgx": ""} {
		t.Run(driver, func(t *testing.T) {
			if driver == "pgx" {
				dsn = testserver.Postgres(t)
			}
			s, err := store.Open(t.Context(), dsn, store.Options{AllowNoSync: true})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			raw(t, driver, dsn, "insert into goose_db_version (version_id, is_applied) values (99999, true)")
			if _, err = store.Open(t.Context(), dsn, store.Options{AllowNoSync: true}); err == nil || !strings.Contains(err.Error(), "99999") {
				t.Errorf("a schema from the future is opened: %v", err)
			}
		})
	}
}

func TestNotADatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "muster.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("this is no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := store.Open(t.Context(), path, store.Options{}); err == nil {
		t.Errorf("a text file is opened as a database: %v", s.Close())
	}
	if s, err := store.Open(t.Context(), "postgres://127.0.0.1:1/none?connect_timeout=2&password=sesame", store.Options{}); err == nil {
		t.Errorf("no server is opened as a database: %v", s.Close())
	} else if strings.Contains(err.Error(), "sesame") {
		t.Errorf("the error holds the password: %v", err)
	}
}

// A server that may lose what it has confirmed is refused, and one that may not is taken: the same server, told to sync and not to.
func TestNoSyncIsRefused(t *testing.T) {
	dsn := testserver.Postgres(t)
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	run := func(statements ...string) {
		t.Helper()
		for _, text := range statements {
			if _, err := db.Exec(text); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
		}
	}
	defer func() {
		run("alter system reset fsync", "alter system reset full_page_writes", "select pg_reload_conf()")
	}()
	for _, c := range []struct{ fsync, pages, refused string }{{"off", "on", "fsync"}, {"on", "off", "full_page_writes"}, {"on", "on", ""}} {
		run("alter system set fsync = "+c.fsync, "alter system set full_page_writes = "+c.pages, "select pg_reload_conf()")
		awaitSettings(t, db, c.fsync, c.pages)
		s, err := store.Open(t.Context(), dsn, store.Options{})
		switch {
		case err == nil:
			_ = s.Close()
			if c.refused != "" {
				t.Errorf("fsync %s, full_page_writes %s: a server that may lose what it confirmed is taken", c.fsync, c.pages)
			}
		case c.refused == "" || !strings.Contains(err.Error(), c.refused):
			t.Errorf("fsync %s, full_page_writes %s: %v", c.fsync, c.pages, err)
		}
	}
}

// awaitSettings waits until a server has reloaded its configuration: new connections go by it then.
func awaitSettings(t *testing.T, db *sql.DB, fsync, pages string) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); ; {
		var f, p string
		conn, err := db.Conn(t.Context())
		if err == nil {
			err = conn.QueryRowContext(t.Context(), "select current_setting('fsync'), current_setting('full_page_writes')").Scan(&f, &p)
			_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // the next look is by a new connection
			_ = conn.Close()
		}
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("the server did not take its settings: fsync %s, full_page_writes %s, %v", f, p, err)
		}
		if f == fsync && p == pages {
			return
		}
		<-tick.C
	}
}

func TestBackup(t *testing.T) {
	s := sqlite(t)
	a := person("a")
	putAll(t, s, a)
	path := filepath.Join(t.TempDir(), "it's a backup.db")
	if err := s.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	putAll(t, s, person("b"))
	copied := open(t, path)
	if !exists(t, copied, a.ID) {
		t.Error("the backup lacks what was there")
	}
	if err := s.Backup(t.Context(), path); err == nil {
		t.Error("a backup overwrites a file")
	}
}

// TestNothingToWrite: what is stored just so is not written again, not even the same bytes.
func TestNothingToWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "muster.db")
	s := open(t, path)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1) // the version counts what other connections wrote
	version := func() (v int) {
		if err := db.QueryRowContext(t.Context(), "pragma data_version").Scan(&v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	a, g := person("a"), directory.Object{ID: directory.NewID(), Kind: directory.Group, Attrs: attr.Set{directory.Name: {"g"}}}
	put := func() {
		update(t, s, func(ctx context.Context, tx directory.Tx) error {
			return errors.Join(tx.PutObjects(ctx, a, g), tx.PutEdges(ctx, g.ID, []directory.ID{a.ID}, []directory.ID{g.ID}),
				tx.PutRecords(ctx, directory.Record{Source: "corp", Key: "k", Kind: directory.Person, Object: a.ID, Attrs: attr.Set{"cn": {"x", "y"}}}))
		})
	}
	empty := version()
	put()
	full := version()
	if full == empty {
		t.Fatal("a write is not seen by the check")
	}
	put()
	if again := version(); again != full {
		t.Error("putting everything again has written to the file")
	}
}

// TestTwoProcesses: a command may open the file while a server has it. Nobody is turned away.
func TestTwoProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "muster.db")
	stores := []*store.Store{open(t, path), open(t, path)}
	var wg sync.WaitGroup
	for n, s := range stores {
		for w := range 2 {
			wg.Go(func() {
				for i := range 20 {
					o := person(strings.Repeat("x", 100*n+50*w+i+1))
					if err := s.Update(t.Context(), "test", func(tx directory.Tx) error { return tx.PutObjects(t.Context(), o) }); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	changes, err := stores[0].Changes(t.Context(), directory.Rev{}, 1000)
	if err != nil || len(changes) != 80 {
		t.Errorf("%d changes of 80, %v", len(changes), err)
	}
	for i := 1; i < len(changes); i++ {
		if !changes[i-1].Rev.Less(changes[i].Rev) {
			t.Fatalf("two changes have Revs %v and %v", changes[i-1].Rev, changes[i].Rev)
		}
	}
}

func TestCancel(t *testing.T) {
	s := sqlite(t)
	ctx, cancel := context.WithCancel(t.Context())
	held, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = s.Update(t.Context(), "slow", func(directory.Tx) error { close(held); <-release; return nil })
	})
	<-held
	cancel()
	if err := s.Update(ctx, "test", func(directory.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled writer that waits for another: %v", err)
	}
	close(release)
	wg.Wait()
	putAll(t, s, person("after"))
}

// TestNumbersOfARollback: an id that got its number in a transaction that failed must get another one.
func TestNumbersOfARollback(t *testing.T) {
	for name, open := range map[string]func(testing.TB) *store.Store{"sqlite": sqlite, "postgres": postgres} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			g, m, other := directory.NewID(), directory.NewID(), directory.NewID()
			boom := errors.New("boom")
			err := s.Update(t.Context(), "test", func(tx directory.Tx) error {
				return errors.Join(tx.PutEdges(t.Context(), g, []directory.ID{m}, nil), boom)
			})
			if !errors.Is(err, boom) {
				t.Fatal(err)
			}
			put := func(group, member directory.ID) {
				update(t, s, func(ctx context.Context, tx directory.Tx) error {
					return tx.PutEdges(ctx, group, []directory.ID{member}, nil)
				})
			}
			put(other, g) // would take the numbers that the rollback freed
			put(g, m)
			err = s.View(t.Context(), func(r directory.Reader) error {
				got, err := r.Members(t.Context(), g, "", 10)
				if len(got) != 1 || got[0] != m {
					t.Errorf("members of g: %v, want %v", got, m)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestRestoredCluster: transaction ids of PostgreSQL start anew in a new cluster. Changes made there must still come after those that were restored.
func TestRestoredCluster(t *testing.T) {
	dsn := testserver.Postgres(t)
	s, err := store.Open(t.Context(), dsn, store.Options{AllowNoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	a, b := person("a"), person("b")
	putAll(t, s, a)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	raw(t, "pgx", dsn, "update object set rev_tx = rev_tx + 5000000000") // as if the old cluster had seen as many transactions
	s = open(t, dsn)
	putAll(t, s, b)
	for deadline := time.After(20 * time.Second); ; {
		changes, err := s.Changes(t.Context(), directory.Rev{}, 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(changes) == 2 {
			if changes[0].Object != a.ID || changes[1].Object != b.ID {
				t.Errorf("the feed after a restore: %v, want %s and then %s", changes, a.ID, b.ID)
			}
			return
		}
		select {
		case <-deadline:
			t.Fatalf("the feed after a restore: %v", changes)
		case <-time.After(time.Millisecond):
		}
	}
}

// TestNodesWakeEachOther: a commit on one node wakes those who follow the feed on another.
func TestNodesWakeEachOther(t *testing.T) {
	dsn := testserver.Postgres(t)
	one, two := open(t, dsn), open(t, dsn)
	wake := two.Wake()
	<-wake // it listens from here on
	putAll(t, one, person("a"))
	select {
	case <-wake:
	case <-time.After(10 * time.Second):
		t.Error("a commit on another node wakes nobody")
	}
}

func TestPrune(t *testing.T) {
	for name, open := range map[string]func(testing.TB) *store.Store{"sqlite": sqlite, "postgres": postgres} {
		t.Run(name, func(t *testing.T) { testPrune(t, open(t)) })
	}
}

func testPrune(t *testing.T, s *store.Store) {
	old, now := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	g, m, o := directory.NewID(), directory.NewID(), directory.NewID()
	update(t, s, func(ctx context.Context, tx directory.Tx) error {
		l, r := link.In(tx), run.In(tx)
		epoch, err := l.Lead(ctx, "wiki")
		if err != nil {
			return err
		}
		was := link.Link{Target: "wiki", Object: o, Kind: "user", Remote: "r", State: link.Linked, Active: true, Confirmed: old}
		is := was
		is.Active, is.Confirmed = false, old.Add(time.Hour)
		return errors.Join(
			l.Begin(ctx, epoch, link.Intent{ID: "old", Target: "wiki", Object: o, At: old}, link.Intent{ID: "open", Target: "wiki", Object: o, At: old},
				link.Intent{ID: "new", Target: "wiki", Object: o, At: now}),
			l.Settle(ctx, link.Outcome{Intent: "old", Result: link.Done, At: old}, link.Outcome{Intent: "new", Result: link.Done, At: now}),
			l.Put(ctx, was), l.Put(ctx, is),
			r.PutRun(ctx, run.Run{ID: "old", Started: old, Ended: old}), r.PutRun(ctx, run.Run{ID: "endless", Started: old}),
			r.PutPlan(ctx, run.Plan{ID: "old", Status: run.Finished, Created: old, Decided: old}), r.AddLines(ctx, "old", plan.Line{Key: "a"}),
			r.PutPlan(ctx, run.Plan{ID: "who", Class: "matches", Status: run.Finished, Created: old, Decided: old}), r.AddLines(ctx, "who", plan.Line{Key: "a"}),
			r.PutPlan(ctx, run.Plan{ID: "waiting", Status: run.Waiting, Created: old}), r.AddLines(ctx, "waiting", plan.Line{Key: "a"}),
			erase.In(tx).PutErasure(ctx, erase.Erasure{Person: m, Asked: old, Done: old}), erase.In(tx).PutErasure(ctx, erase.Erasure{Person: o, Asked: old}),
			r.Audit(ctx, run.Event{At: old}), r.PutTarget(ctx, run.Target{Name: "wiki"}),
			tx.PutEdges(ctx, g, []directory.ID{m, o}, nil),
		)
	})
	update(t, s, func(ctx context.Context, tx directory.Tx) error { return tx.PutEdges(ctx, g, nil, []directory.ID{m}) })
	prune := func(want int64, why string) {
		t.Helper()
		if n, err := s.Prune(t.Context(), now.Add(-time.Hour)); err != nil || n != want {
			t.Errorf("%s: pruned %d, %v; want %d", why, n, err, want)
		}
	}
	prune(7, "an entry, an interval, a run, a plan with its line, an audit event, an erasure")
	err := s.View(t.Context(), func(r directory.Reader) error {
		entries, err := link.Of(r).Journal(t.Context(), link.Query{})
		spans, err2 := link.Of(r).Intervals(t.Context(), "wiki", o)
		runs, err3 := run.Of(r).Runs(t.Context(), "", 0)
		lines, err4 := run.Of(r).Lines(t.Context(), "waiting", "", -1, 0)
		if left, err := erase.Of(r).Erasures(t.Context(), true); err != nil || len(left) != 1 || left[0].Person != o {
			t.Errorf("left are erasures %v, %v", left, err)
		}
		if len(entries) != 2 || entries[1].ID != "open" || len(spans) != 1 || spans[0].Value != "disabled" || len(runs) != 1 || len(lines) != 1 {
			t.Errorf("left are entries %v, intervals %v, runs %v, lines %v", entries, spans, runs, lines)
		}
		return errors.Join(err, err2, err3, err4)
	})
	if err != nil {
		t.Fatal(err)
	}
	changes := func() int {
		c, err := s.Changes(t.Context(), directory.Rev{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		return len(c)
	}
	before := changes()
	for deadline := time.After(20 * time.Second); before != 2; before = changes() { // another database of the server may hold up the feed
		select {
		case <-deadline:
			t.Fatalf("%d changes", before)
		case <-time.After(time.Millisecond):
		}
	}
	prune(0, "a tombstone that a target has not seen")
	head, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	update(t, s, func(ctx context.Context, tx directory.Tx) error { return link.In(tx).Advance(ctx, "wiki", head) })
	told := func(upto directory.Rev) {
		t.Helper()
		update(t, s, func(ctx context.Context, tx directory.Tx) error {
			return notify.In(tx).PutCursor(ctx, notify.Cursor{Hook: "intranet", After: upto})
		})
	}
	told(directory.Rev{})
	prune(0, "a tombstone that a webhook was not told of")
	told(head)
	prune(1, "a tombstone that every target has seen, and every webhook was told of")
	if after := changes(); after != 1 {
		t.Errorf("%d changes are left, want 1", after)
	}
	err = s.View(t.Context(), func(r directory.Reader) error {
		pruned, err := r.Anchor(t.Context(), notify.FeedAnchor, notify.PrunedAnchor)
		if rev, bad := directory.ParseRev(pruned); bad != nil || rev.IsZero() || head.Less(rev) {
			t.Errorf("what was forgotten is remembered as %q; the head was %s", pruned, head)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A transaction that is cancelled as it begins must leave nothing behind: the connection goes back to the pool.
func TestCancelledBegin(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "muster.db"))
	for i := range 3000 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%60)*time.Microsecond)
		_ = s.Update(ctx, "test", func(directory.Tx) error { return nil })
		_ = s.View(ctx, func(directory.Reader) error { return nil })
		cancel()
		if err := s.Update(t.Context(), "test", func(directory.Tx) error { return nil }); err != nil {
			t.Fatalf("after %d cancelled transactions: %v", i+1, err)
		}
		if err := s.View(t.Context(), func(directory.Reader) error { return nil }); err != nil {
			t.Fatalf("after %d cancelled transactions: %v", i+1, err)
		}
	}
}

// Words of people who were stored before there were words are written when the database is opened.
func TestWordsOfOld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "muster.db")
	s, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ada := directory.Object{ID: directory.NewID(), Kind: directory.Person, State: directory.Active, Attrs: attr.Set{directory.Username: {"ada"}, directory.Name: {"Ada Lovelace"}}}
	if err := s.Update(t.Context(), "test", func(tx directory.Tx) error { return tx.PutObjects(t.Context(), ada) }); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	raw(t, "sqlite", path, "delete from word; delete from anchor")
	open(t, path) // which checks them when it is closed
}
