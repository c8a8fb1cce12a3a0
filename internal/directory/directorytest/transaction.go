package directorytest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"muster/internal/attr"
	"muster/internal/directory"
)

func testRollback(t *testing.T, s directory.Store) {
	o, boom := person("ada"), errors.New("boom")
	err := s.Update(t.Context(), "test", func(tx directory.Tx) error {
		if err := tx.PutObjects(t.Context(), o); err != nil {
			return err
		}
		if got, err := tx.Object(t.Context(), o.ID); err != nil || got.Handle() != "ada" {
			t.Errorf("a transaction sees what it wrote: %v, %v", got, err)
		}
		if err := tx.PutRecords(t.Context(), record("k")); err != nil {
			return err
		}
		if err := tx.PutEdges(t.Context(), directory.NewID(), newIDs(3), nil); err != nil {
			return err
		}
		if err := tx.SetCursor(t.Context(), "corp", "c"); err != nil {
			return err
		}
		return boom
	})
	is(t, "the error of fn comes back", err, boom)
	err = s.View(t.Context(), func(r directory.Reader) error {
		if list, err := r.Records(t.Context(), "corp", []string{"k"}); err != nil || len(list) > 0 {
			t.Errorf("records after a rollback: %v, %v", list, err)
		}
		if c, err := r.Cursor(t.Context(), "corp"); err != nil || c != "" {
			t.Errorf("cursor after a rollback: %q, %v", c, err)
		}
		_, err := r.Object(t.Context(), o.ID)
		return err
	})
	is(t, "an object after a rollback", err, directory.ErrNotFound)
	changes, err := s.Changes(t.Context(), directory.Rev{}, 10)
	if err != nil || len(changes) > 0 {
		t.Errorf("feed after a rollback: %v, %v", changes, err)
	}
}

func testPanic(t *testing.T, s directory.Store) {
	func() {
		defer func() { _ = recover() }()
		_ = s.Update(t.Context(), "test", func(tx directory.Tx) error {
			if err := tx.PutObjects(t.Context(), person("ada")); err != nil {
				t.Error(err)
			}
			panic("fn has a fault")
		})
	}()
	put(t, s, person("ada")) // would wait for ever, or find the name taken, had the transaction not ended
}

func testSnapshot(t *testing.T, s directory.Store) {
	o := person("ada")
	put(t, s, o)
	err := s.View(t.Context(), func(r directory.Reader) error {
		before, err := r.Object(t.Context(), o.ID)
		if err != nil {
			return err
		}
		changed := o
		changed.Epoch = 9
		put(t, s, changed, person("bea"))
		after, err := r.Object(t.Context(), o.ID)
		if err != nil {
			return err
		}
		equal(t, "a view sees one moment", after, before)
		all, err := r.ListObjects(t.Context(), directory.Person, "", 10)
		equal(t, "a view does not see later objects", len(all), 1)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "the next view sees them", get(t, s, o.ID).Epoch, int64(9))
	got := get(t, s, o.ID)
	got.Attrs[directory.Username][0] = "changed by the caller"
	equal(t, "the store shares no memory with callers", get(t, s, o.ID).Handle(), "ada")
}

// testCounter reads and writes one object from many goroutines: no increment may be lost.
func testCounter(t *testing.T, s directory.Store) {
	const writers, each = 4, 10
	o := person("counter")
	put(t, s, o)
	var wg sync.WaitGroup
	errs := make(chan error, writers*each)
	for range writers {
		wg.Go(func() {
			for range each {
				errs <- increment(t.Context(), s, o.ID)
			}
		})
	}
	wg.Wait()
	close(errs)
	done := int64(0)
	for err := range errs {
		switch {
		case err == nil:
			done++
		case !errors.Is(err, directory.ErrConflict):
			t.Fatal(err)
		}
	}
	if got := get(t, s, o.ID).Epoch; got != done || done == 0 {
		t.Errorf("%d increments succeeded, the object counts %d", done, got)
	}
}

func increment(ctx context.Context, s directory.Store, id directory.ID) error {
	return s.Update(ctx, "test", func(tx directory.Tx) error {
		o, err := tx.Object(ctx, id)
		if err != nil {
			return err
		}
		o.Epoch++
		o.Attrs["n"] = attr.Values{"x"}
		return tx.PutObjects(ctx, o)
	})
}
