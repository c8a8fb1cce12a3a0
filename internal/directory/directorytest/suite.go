// Package directorytest proves that a directory.Store keeps its promises. A store's own tests call Run; each failure says which rule is broken.
//
// It tests the contract of package directory alone; linktest and runtest do the same for the contracts that are written in the same transactions.
package directorytest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"muster/internal/attr"
	"muster/internal/directory"
)

// Run runs the suite. open returns an empty store, which the suite does not close; it is called once per case.
func Run(t *testing.T, open func(t *testing.T) directory.Store) {
	for _, c := range []struct {
		name string
		test func(*testing.T, directory.Store)
	}{
		{"objects", testObjects},
		{"handles are unique", testHandles},
		{"handles are exchanged", testExchange},
		{"a conflict leaves the transaction usable", testConflictGoesOn},
		{"stale rev", testStale},
		{"unborn", testUnborn},
		{"numbers within a transaction", testTallies},
		{"search", testSearch},
		{"browse", testBrowse},
		{"list and count", testList},
		{"records", testRecords},
		{"records by base", testRecordLists},
		{"references", testReferences},
		{"edges", testEdges},
		{"above and below end in cycles", testCycles},
		{"many members", testManyMembers},
		{"cursors and anchors", testCursors},
		{"rollback", testRollback},
		{"retries after a panic", testPanic},
		{"snapshot", testSnapshot},
		{"feed", testFeed},
		{"feed by pages", testFeedPages},
		{"feed ignores what changes nothing", testQuietFeed},
		{"feed keeps removed edges", testTombstones},
		{"feed with a slow writer", testSlowWriter},
		{"feed under concurrent writers", testConcurrentFeed},
		{"concurrent read-modify-write", testCounter},
		{"wake", testWake},
		{"odd text", testOddText},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

var since = time.Date(2026, 2, 3, 4, 5, 6, 789e6, time.UTC)

// person returns an active person with a username.
func person(username string) directory.Object {
	return directory.Object{
		ID: directory.NewID(), Kind: directory.Person, State: directory.Active, Since: since,
		Attrs: attr.Set{directory.Username: {username}, directory.Email: {username + "@example.com"}},
	}
}

func group(name string) directory.Object {
	return directory.Object{ID: directory.NewID(), Kind: directory.Group, State: directory.Active, Since: since, Attrs: attr.Set{directory.Name: {name}}}
}

// update runs fn in a transaction that must succeed.
func update(t *testing.T, s directory.Store, fn func(context.Context, directory.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), "test", func(tx directory.Tx) error { return fn(t.Context(), tx) }); err != nil {
		t.Fatalf("update: %v", err)
	}
}

// view runs fn on a snapshot and returns what it returns.
func view[T any](t *testing.T, s directory.Store, fn func(context.Context, directory.Reader) (T, error)) T {
	t.Helper()
	var out T
	if err := s.View(t.Context(), func(r directory.Reader) (err error) { out, err = fn(t.Context(), r); return err }); err != nil {
		t.Fatalf("view: %v", err)
	}
	return out
}

func put(t *testing.T, s directory.Store, objects ...directory.Object) {
	t.Helper()
	update(t, s, func(ctx context.Context, tx directory.Tx) error { return tx.PutObjects(ctx, objects...) })
}

func putEdges(t *testing.T, s directory.Store, group directory.ID, add, remove []directory.ID) {
	t.Helper()
	update(t, s, func(ctx context.Context, tx directory.Tx) error { return tx.PutEdges(ctx, group, add, remove) })
}

func get(t *testing.T, s directory.Store, id directory.ID) directory.Object {
	t.Helper()
	return view(t, s, func(ctx context.Context, r directory.Reader) (directory.Object, error) { return r.Object(ctx, id) })
}

// equal fails unless got equals want; empty and nil are one.
func equal[T any](t *testing.T, rule string, got, want T) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("%s (-want +got):\n%s", rule, d)
	}
}

func is(t *testing.T, rule string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error is %v, want %v", rule, err, want)
	}
}

func idsOf(objects []directory.Object) []directory.ID {
	out := make([]directory.ID, len(objects))
	for i, o := range objects {
		out[i] = o.ID
	}
	return out
}

func sorted[T ~string](in ...T) []T {
	out := slices.Clone(in)
	slices.Sort(out)
	return out
}
