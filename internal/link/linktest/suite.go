// Package linktest proves that a store keeps package link's promises: links, edges, the journal of remote writes, what waits, what was observed, and when
// what was true. A store's own tests call Run; each failure says which rule is broken.
package linktest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
)

// Run runs the suite. open returns an empty store, which the suite does not close; it is called once per case.
func Run(t *testing.T, open func(t *testing.T) directory.Store) {
	for _, c := range []struct {
		name string
		test func(*testing.T, directory.Store)
	}{
		{"links", testLinks},
		{"links by state, in pages", testList},
		{"one account, one link", testOneHolder},
		{"intervals of links", testLinkIntervals},
		{"wanted and seen edges", testEdges},
		{"edges without flags do not exist", testEdgeDrop},
		{"numbers of applied edges", testEdgeCounts},
		{"begin and settle", testJournal},
		{"settle twice", testSettleTwice},
		{"settle what was never begun", testSettleUnknown},
		{"crash between begin and settle", testCrash},
		{"a stale epoch is fenced off", testEpoch},
		{"lead waits for who is beginning", testLeadWaits},
		{"effects", testEffects},
		{"journal queries", testJournalQueries},
		{"settle changes everything or nothing", testSettleRollback},
		{"intervals of memberships", testMemberIntervals},
		{"put interval", testPutInterval},
		{"waiting", testWaiting},
		{"outcomes set and clear what waits", testOutcomeWaits},
		{"observed", testObserved},
		{"claims outlive links", testClaims},
		{"forget a target", testForget},
		{"answers about names", testRenames},
		{"drift", testDrift},
		{"orders", testOrders},
		{"leavers", testLeavers},
		{"cursor never goes back", testCursor},
		{"who refers to an account", testReferred},
		{"one transaction over directory and link", testTogether},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

const target = "wiki"

var start = time.Date(2026, 2, 3, 4, 5, 6, 789e6, time.UTC)

// at is n minutes after start.
func at(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }

func update(t *testing.T, s directory.Store, fn func(context.Context, link.Tx) error) {
	t.Helper()
	if err := try(t, s, fn); err != nil {
		t.Fatalf("update: %v", err)
	}
}

func try(t *testing.T, s directory.Store, fn func(context.Context, link.Tx) error) error {
	t.Helper()
	return s.Update(t.Context(), "test", func(tx directory.Tx) error { return fn(t.Context(), link.In(tx)) })
}

func view[T any](t *testing.T, s directory.Store, fn func(context.Context, link.Reader) (T, error)) T {
	t.Helper()
	var out T
	err := s.View(t.Context(), func(r directory.Reader) (err error) { out, err = fn(t.Context(), link.Of(r)); return err })
	if err != nil {
		t.Fatalf("view: %v", err)
	}
	return out
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

// linked is the link of a user with an active account.
func linked(object directory.ID, remote connector.RemoteID) link.Link {
	return link.Link{
		Target: target, Object: object, Kind: connector.User, Remote: remote, State: link.Linked, Origin: link.Created, Active: true,
		Applied: attr.Set{"userName": {string(remote)}}, Since: start, Confirmed: start, Run: "run1",
	}
}

// lead makes the caller the one who serves target.
func lead(t *testing.T, s directory.Store) int64 {
	t.Helper()
	var epoch int64
	update(t, s, func(ctx context.Context, tx link.Tx) (err error) { epoch, err = tx.Lead(ctx, target); return err })
	return epoch
}

func begin(t *testing.T, s directory.Store, epoch int64, intents ...link.Intent) {
	t.Helper()
	update(t, s, func(ctx context.Context, tx link.Tx) error { return tx.Begin(ctx, epoch, intents...) })
}

func settle(t *testing.T, s directory.Store, outcomes ...link.Outcome) {
	t.Helper()
	update(t, s, func(ctx context.Context, tx link.Tx) error { return tx.Settle(ctx, outcomes...) })
}

// intent is the creation of an account for object.
func intent(object directory.ID) link.Intent {
	return link.Intent{
		ID: string(directory.NewID()), Target: target, Object: object, Kind: connector.User, Verb: connector.Create, Run: "run1", Line: "line-" + string(object),
		Class: link.Creates, Count: 1, Absent: true, Active: true, Want: attr.Set{"userName": {"ada"}}, At: start,
	}
}

func done(i link.Intent, when time.Time) link.Outcome {
	l := linked(i.Object, connector.RemoteID("r-"+i.Object))
	l.Since, l.Confirmed = when, when
	return link.Outcome{Intent: i.ID, Result: link.Done, Answer: "201 Created", Took: 12345 * time.Microsecond, At: when, Link: &l}
}
