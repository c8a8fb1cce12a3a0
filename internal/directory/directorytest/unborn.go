package directorytest

import (
	"errors"
	"testing"

	"muster/internal/directory"
)

func testUnborn(t *testing.T, s directory.Store) {
	unborn := func(name string) directory.Object {
		o := person(name)
		o.Rev = directory.Unborn
		return o
	}
	ada := unborn("ada")
	put(t, s, ada)
	if got := get(t, s, ada.ID); got.Handle() != "ada" || got.Rev == directory.Unborn || got.Rev.IsZero() {
		t.Errorf("an unborn object is stored as %+v", got)
	}
	again := unborn("other")
	again.ID = ada.ID
	known := person("known")
	put(t, s, known)
	known.Epoch = 3
	err := s.Update(t.Context(), "test", func(tx directory.Tx) error {
		is(t, "unborn, and there", tx.PutObjects(t.Context(), again), directory.ErrConflict)
		is(t, "unborn, and there, among others", tx.PutObjects(t.Context(), unborn("eve"), again, known), directory.ErrConflict)
		is(t, "unborn, with a username that is taken", tx.PutObjects(t.Context(), unborn("ADA")), directory.ErrConflict)
		is(t, "unborn, with one that is taken, among others", tx.PutObjects(t.Context(), unborn("eve"), unborn("ADA"), known), directory.ErrConflict)
		if err := tx.PutObjects(t.Context(), unborn("bea"), known, unborn("cyd")); err != nil {
			return err
		}
		found, err := tx.ObjectsByHandle(t.Context(), directory.Person, []string{"ada", "other", "eve", "bea", "cyd", "known"})
		equal(t, "who is there after conflicts", len(found), 4)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "one that was known is written along", get(t, s, known.ID).Epoch, int64(3))
	changes, err := s.Changes(t.Context(), directory.Rev{}, 10)
	if err != nil || len(changes) != 4 {
		t.Errorf("feed of four people: %v, %v", changes, err)
	}
}

func testTallies(t *testing.T, s directory.Store) {
	put(t, s, person("ada"))
	count := func(r directory.Reader) (people, records int) {
		t.Helper()
		all, err := r.Count(t.Context(), directory.Person)
		n, more := r.CountRecords(t.Context(), "corp", "people", []directory.Status{directory.Present})
		if err := errors.Join(err, more); err != nil {
			t.Fatal(err)
		}
		return all[directory.Active], n
	}
	err := s.Update(t.Context(), "test", func(tx directory.Tx) error {
		ada := person("ADA")
		rec := record("k")
		rec.Base, rec.Status = "people", directory.Present
		if err := errors.Join(tx.PutObjects(t.Context(), person("bea")), tx.PutRecords(t.Context(), rec)); err != nil {
			return err
		}
		is(t, "a username that is taken", tx.PutObjects(t.Context(), ada, person("cyd")), directory.ErrConflict)
		people, records := count(tx)
		equal(t, "people seen by the transaction that made one", people, 2)
		equal(t, "records seen by it", records, 1)
		return tx.PutObjects(t.Context(), person("dan"))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.View(t.Context(), func(r directory.Reader) error {
		people, records := count(r)
		equal(t, "people after that", people, 3)
		equal(t, "records after that", records, 1)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
