package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"muster/internal/attr"
	"muster/internal/directory"
)

// Writes that come together share a commit: who fails leaves nothing behind, who succeeds is there, and readers see nothing before.
func TestSharedCommits(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "muster.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	refused := errors.New("refused")
	const writers = 40
	ids, errs := make([]directory.ID, writers), make([]error, writers)
	var groups sync.Map
	db := s.db.(*sqliteDB)
	enough := make(chan struct{})
	var all sync.WaitGroup
	for i := range writers {
		ids[i] = directory.NewID()
		all.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					errs[i] = refused
				}
			}()
			errs[i] = s.Update(t.Context(), "test", func(tx directory.Tx) error {
				if i == 0 {
					<-enough // until everybody waits
				}
				o := directory.Object{ID: ids[i], Kind: directory.Person, State: directory.Active, Attrs: attr.Set{directory.Username: {fmt.Sprint("p", i)}}}
				if err := tx.PutObjects(t.Context(), o); err != nil {
					return err
				}
				if g := db.conns[0].open; g != nil {
					groups.Store(g, true)
				}
				switch i % 4 {
				case 1:
					return refused
				case 2:
					panic("refused")
				}
				return nil
			})
		})
		for i == 0 && len(db.writer) > 0 { // the first has it before the others come
			runtime.Gosched()
		}
	}
	for db.waiting.Load() < writers-1 {
		if found := count(t, s); found != 0 {
			t.Fatalf("%d are seen before anything is committed", found)
		}
	}
	close(enough)
	all.Wait()
	for i, err := range errs {
		if kept := i%4 == 0 || i%4 == 3; kept != (err == nil) {
			t.Errorf("writer %d: %v", i, err)
		}
	}
	if found := count(t, s); found != writers/2 {
		t.Errorf("%d people are there, want %d", found, writers/2)
	}
	shared := 0
	groups.Range(func(any, any) bool { shared++; return true })
	if shared == 0 || shared > writers/4 {
		t.Errorf("%d writers had %d commits that they shared", writers, shared)
	}
}

func count(t *testing.T, s *Store) int {
	t.Helper()
	n := map[directory.State]int{}
	err := s.View(t.Context(), func(r directory.Reader) (err error) {
		n, err = r.Count(t.Context(), directory.Person)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n[directory.Active]
}

// A commit that fails fails for everybody who shares it.
func TestSharedFailure(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "muster.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	db := s.db.(*sqliteDB)
	enough := make(chan struct{})
	errs := make([]error, 3)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			errs[i] = db.write(t.Context(), func(q querier) error {
				if i == 0 {
					<-enough
				}
				if i == 2 { // the transaction ends within a part, as after an error of the disk
					_, err := q.exec(context.Background(), "rollback", nil)
					return errors.Join(errors.New("disk"), err)
				}
				_, err := q.exec(t.Context(), "insert into source_cursor (source, value) values ($1, '')", []any{fmt.Sprint(i)})
				return err
			})
		})
		for i > 0 && db.waiting.Load() < int32(i) || i == 0 && len(db.writer) > 0 {
			runtime.Gosched()
		}
	}
	close(enough)
	all.Wait()
	for i, err := range errs {
		if err == nil {
			t.Errorf("writer %d was told that its part is kept", i)
		}
	}
	if err := s.Update(t.Context(), "test", func(tx directory.Tx) error { return tx.SetCursor(t.Context(), "x", "y") }); err != nil {
		t.Errorf("the next write: %v", err)
	}
}

// Who waits to join a group and gives up leaves nobody behind: those who have had their part are told all the same.
func TestSharedGivenUp(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "muster.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	db := s.db.(*sqliteDB)
	for round := range 50 {
		ctx, leave := context.WithCancel(t.Context())
		begun, enough := make(chan struct{}), make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() {
			err := db.write(t.Context(), func(q querier) error {
				close(begun)
				<-enough
				_, err := q.exec(t.Context(), "insert into source_cursor (source, value) values ($1, '')", []any{fmt.Sprint(round)})
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
		<-begun
		for range 3 {
			all.Go(func() { _ = db.write(ctx, func(querier) error { return errors.New("no") }) })
		}
		for db.waiting.Load() < 3 {
			runtime.Gosched()
		}
		all.Go(leave)
		close(enough)
		all.Wait() // for ever, if nobody commits
		leave()
	}
}

// Who shares a commit with a write that fails is run again, once, and only if that write had written something.
func TestSharedAgain(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "muster.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	db := s.db.(*sqliteDB)
	for name, c := range map[string]struct {
		writes bool
		want   int
	}{"after it wrote": {true, 2}, "before it wrote": {false, 1}} {
		db.conns[0].careful = time.Time{}
		begun, enough := make(chan struct{}), make(chan struct{})
		once := sync.OnceFunc(func() { close(begun); <-enough })
		var all sync.WaitGroup
		runs := 0
		all.Go(func() {
			err := s.Update(t.Context(), "test", func(tx directory.Tx) error {
				runs++
				once()
				return tx.SetCursor(t.Context(), name, "kept")
			})
			if err != nil {
				t.Error(err)
			}
		})
		<-begun
		refused := errors.New("refused")
		all.Go(func() {
			err := s.Update(t.Context(), "test", func(tx directory.Tx) error {
				if c.writes {
					if err := tx.SetCursor(t.Context(), name+", refused", "left behind"); err != nil {
						return err
					}
				}
				return refused
			})
			if !errors.Is(err, refused) {
				t.Errorf("%s: %v", name, err)
			}
		})
		for db.waiting.Load() < 1 {
			runtime.Gosched()
		}
		close(enough)
		all.Wait()
		if runs != c.want {
			t.Errorf("a write that shared its commit with one that failed %s ran %d times, want %d", name, runs, c.want)
		}
		if err := s.View(t.Context(), func(r directory.Reader) error {
			kept, err := r.Cursor(t.Context(), name)
			left, err2 := r.Cursor(t.Context(), name+", refused")
			if kept != "kept" || left != "" {
				t.Errorf("%s: kept %q, left behind %q", name, kept, left)
			}
			return errors.Join(err, err2)
		}); err != nil {
			t.Fatal(err)
		}
	}
}
