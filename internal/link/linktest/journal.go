package linktest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
)

func journal(t *testing.T, s directory.Store, q link.Query) []link.Entry {
	t.Helper()
	return view(t, s, func(ctx context.Context, r link.Reader) ([]link.Entry, error) { return r.Journal(ctx, q) })
}

func openIntents(t *testing.T, s directory.Store) []link.Intent {
	t.Helper()
	return view(t, s, func(ctx context.Context, r link.Reader) ([]link.Intent, error) { return r.Open(ctx, target) })
}

func testJournal(t *testing.T, s directory.Store) {
	epoch := lead(t, s)
	full := link.Intent{
		ID: "op-1", Target: target, Object: directory.NewID(), Kind: connector.Group, Verb: connector.Member, Remote: "r1", Run: "run1", Line: "key1",
		Cause: directory.Left, Class: link.Unmember, Count: 2, Absent: true, Before: attr.Set{"displayName": {"Old"}}, Active: true,
		Want: attr.Set{"displayName": {"New \"x\""}}, Add: []directory.ID{directory.NewID()}, Remove: []directory.ID{directory.NewID(), directory.NewID()}, At: at(1),
	}
	begin(t, s, epoch, full)
	equal(t, "an intent comes back as it was begun", openIntents(t, s), []link.Intent{full})
	begin(t, s, epoch, full)
	equal(t, "beginning it again changes nothing", openIntents(t, s), []link.Intent{full})
	settle(t, s, link.Outcome{Intent: full.ID, Result: link.Failed, Answer: "409 taken", Took: 1500 * time.Microsecond, At: at(2)})
	equal(t, "a settled intent is not open", len(openIntents(t, s)), 0)
	equal(t, "an entry is the intent with its outcome", journal(t, s, link.Query{Target: target}),
		[]link.Entry{{Intent: full, Result: link.Failed, Answer: "409 taken", Took: 1500 * time.Microsecond, Ended: at(2)}})
}

func testSettleTwice(t *testing.T, s directory.Store) {
	epoch := lead(t, s)
	i, j := intent(directory.NewID()), intent(directory.NewID())
	begin(t, s, epoch, i, j)
	settle(t, s, done(i, at(1)))
	again := done(i, at(5))
	again.Result, again.Answer = link.Unknown, "second"
	again.Link.Remote, again.Link.Active = "second", false
	again.Wait = &link.Waiting{Target: target, Object: i.Object, Wait: link.Held, Code: "conflict", Since: at(5)}
	settle(t, s, again, done(j, at(2)), done(j, at(2)))
	entries := journal(t, s, link.Query{Object: i.Object})
	if len(entries) != 1 || entries[0].Result != link.Done || entries[0].Answer != "201 Created" {
		t.Errorf("settling twice changed the journal: %+v", entries)
	}
	l := view(t, s, func(ctx context.Context, r link.Reader) (link.Link, error) { return r.Get(ctx, target, i.Object) })
	equal(t, "settling twice does not change the link", l, *done(i, at(1)).Link)
	equal(t, "nor intervals", len(intervals(t, s, i.Object)), 1)
	equal(t, "nor what waits", len(waiting(t, s, "", i.Object)), 0)
	equal(t, "the other outcome of the same call counts", len(intervals(t, s, j.Object)), 1)
}

func testSettleUnknown(t *testing.T, s directory.Store) {
	epoch := lead(t, s)
	i := intent(directory.NewID())
	begin(t, s, epoch, i)
	err := try(t, s, func(ctx context.Context, tx link.Tx) error {
		return tx.Settle(ctx, done(i, at(1)), link.Outcome{Intent: "never begun", Result: link.Done})
	})
	is(t, "an outcome of nothing", err, directory.ErrNotFound)
	equal(t, "nothing is settled then", len(openIntents(t, s)), 1)
}

func testCrash(t *testing.T, s directory.Store) {
	epoch := lead(t, s)
	var begun []link.Intent
	for range 5 {
		begun = append(begun, intent(directory.NewID()))
	}
	begin(t, s, epoch, begun...)
	settle(t, s, done(begun[1], at(1)), done(begun[3], at(1)))
	// Here the process dies. The next one leads, and finds what was left behind.
	next := lead(t, s)
	if next <= epoch {
		t.Fatalf("epoch %d comes after %d", next, epoch)
	}
	equal(t, "intents without an outcome, in the order in which they began", openIntents(t, s), []link.Intent{begun[0], begun[2], begun[4]})
	settle(t, s, done(begun[0], at(2)), link.Outcome{Intent: begun[2].ID, Result: link.Unknown, At: at(2)}, done(begun[4], at(2)))
	equal(t, "all are settled in the end", len(openIntents(t, s)), 0)
}

func testEpoch(t *testing.T, s directory.Store) {
	i := intent(directory.NewID())
	start := func(epoch int64, intents ...link.Intent) error {
		return try(t, s, func(ctx context.Context, tx link.Tx) error { return tx.Begin(ctx, epoch, intents...) })
	}
	is(t, "begin without having led", start(0, i), directory.ErrConflict)
	old := lead(t, s)
	now := lead(t, s)
	is(t, "begin under an earlier epoch", start(old, i), directory.ErrConflict)
	is(t, "begin under a later epoch", start(now+1, i), directory.ErrConflict)
	elsewhere := intent(directory.NewID())
	elsewhere.Target = "other"
	is(t, "begin at another target", start(now, i, elsewhere), directory.ErrConflict)
	equal(t, "nothing was recorded", len(journal(t, s, link.Query{})), 0)
	is(t, "begin under this epoch", start(now, i), nil)
}

// testLeadWaits: whoever leads next must see what the one before has begun, even if that commits a moment later.
func testLeadWaits(t *testing.T, s directory.Store) {
	epoch := lead(t, s)
	i := intent(directory.NewID())
	begun, release, led := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	first := make(chan error, 1)
	go func() {
		first <- s.Update(t.Context(), "old", func(tx directory.Tx) error {
			err := link.In(tx).Begin(t.Context(), epoch, i)
			close(begun)
			<-release
			return err
		})
	}()
	<-begun
	go func() {
		led <- s.Update(t.Context(), "new", func(tx directory.Tx) error { _, err := link.In(tx).Lead(t.Context(), target); return err })
	}()
	select {
	case err := <-led:
		t.Errorf("somebody leads (%v) while an intent of the epoch before is being written", err)
		led <- err
	case <-time.After(100 * time.Millisecond):
	}
	close(release)
	if err := errors.Join(<-first, <-led); err != nil {
		t.Fatal(err)
	}
	equal(t, "the next leader finds the intent", len(openIntents(t, s)), 1)
}

func testEffects(t *testing.T, s directory.Store) {
	epoch := lead(t, s)
	var outcomes []link.Outcome
	for n, c := range []struct {
		class  link.Class
		count  int
		result link.Result
		at     time.Time
	}{
		{link.Creates, 1, link.Done, at(10)},
		{link.Creates, 1, link.Unknown, at(10)},
		{link.Creates, 1, link.Failed, at(10)}, // had no effect
		{link.Creates, 1, "", at(11)},          // may be under way
		{link.Creates, 1, link.Done, at(9)},    // too long ago
		{link.Unmember, 40, link.Done, at(20)},
		{link.NoClass, 1, link.Done, at(20)},
	} {
		i := intent(directory.NewID())
		i.Class, i.Count, i.At = c.class, c.count, c.at
		begin(t, s, epoch, i)
		if c.result != "" {
			outcomes = append(outcomes, link.Outcome{Intent: i.ID, Result: c.result, At: at(30 + n)})
		}
	}
	settle(t, s, outcomes...)
	got := view(t, s, func(ctx context.Context, r link.Reader) (map[link.Class]int, error) {
		return r.Effects(ctx, target, at(10))
	})
	equal(t, "effects: done, unknown or open since then", got, map[link.Class]int{link.Creates: 3, link.Unmember: 40})
	equal(t, "the writes that they are of", len(journal(t, s, link.Query{Target: target, Class: link.Creates, Since: at(10), Limit: 10})), 3)
	equal(t, "those that were done", len(journal(t, s, link.Query{Target: target, Class: link.Creates, Since: at(10), Result: link.Done, Limit: 10})), 1)
}

func testJournalQueries(t *testing.T, s directory.Store) {
	epoch := lead(t, s)
	a, b := intent(directory.NewID()), intent(directory.NewID())
	c := intent(a.Object)
	c.Run = "run2"
	begin(t, s, epoch, a, b, c)
	for _, q := range []struct {
		name  string
		query link.Query
		want  []string
	}{
		{"everything, newest first", link.Query{Limit: 10}, []string{c.ID, b.ID, a.ID}},
		{"at most", link.Query{Limit: 2}, []string{c.ID, b.ID}},
		{"before an entry", link.Query{Before: c.ID, Limit: 10}, []string{b.ID, a.ID}},
		{"of a verb", link.Query{Verb: connector.Create, Limit: 10}, []string{c.ID, b.ID, a.ID}},
		{"of another", link.Query{Verb: connector.Disable, Limit: 10}, nil},
		{"begun since then", link.Query{Since: a.At.Add(time.Second), Limit: 10}, nil},
		{"with a result", link.Query{Result: link.Done, Limit: 10}, nil},
		{"of an object", link.Query{Object: a.Object, Limit: 10}, []string{c.ID, a.ID}},
		{"of a run", link.Query{Run: "run1", Target: target, Limit: 10}, []string{b.ID, a.ID}},
		{"before one of them", link.Query{Before: c.ID, Limit: 1}, []string{b.ID}},
		{"of an object, before", link.Query{Object: a.Object, Before: c.ID, Limit: 10}, []string{a.ID}},
		{"of a run, before", link.Query{Run: "run1", Before: b.ID, Limit: 10}, []string{a.ID}},
		{"of a target, before the first", link.Query{Target: target, Before: a.ID, Limit: 10}, nil},
		{"before none that there is", link.Query{Before: "none", Limit: 10}, nil},
		{"of another target", link.Query{Target: "other", Limit: 10}, nil},
	} {
		var got []string
		for _, e := range journal(t, s, q.query) {
			got = append(got, e.ID)
		}
		equal(t, q.name, got, q.want)
	}
}

func testSettleRollback(t *testing.T, s directory.Store) {
	epoch := lead(t, s)
	i := intent(directory.NewID())
	begin(t, s, epoch, i)
	boom := errors.New("boom")
	err := try(t, s, func(ctx context.Context, tx link.Tx) error {
		if err := tx.Settle(ctx, done(i, at(1))); err != nil {
			return err
		}
		return boom
	})
	is(t, "the error comes back", err, boom)
	equal(t, "the intent is open as before", openIntents(t, s), []link.Intent{i})
	links := view(t, s, func(ctx context.Context, r link.Reader) ([]link.Link, error) { return r.LinksOf(ctx, i.Object) })
	equal(t, "no link, no interval", len(links)+len(intervals(t, s, i.Object)), 0)
}

func waiting(t *testing.T, s directory.Store, wait link.Wait, object directory.ID) []link.Waiting {
	t.Helper()
	return view(t, s, func(ctx context.Context, r link.Reader) ([]link.Waiting, error) {
		return r.Waiting(ctx, target, wait, object, "", 100)
	})
}

func testWaiting(t *testing.T, s directory.Store) {
	o := []directory.ID{directory.NewID(), directory.NewID(), directory.NewID()}
	slices.Sort(o)
	held := link.Waiting{Target: target, Object: o[0], Wait: link.Held, Code: "conflict", Reason: "two accounts match", Line: "key1", Since: at(1)}
	soon := link.Waiting{Target: target, Object: o[1], Wait: link.Retrying, Code: "network", Attempts: 3, Since: at(1), Next: at(5)}
	later := soon
	later.Object, later.Next = o[2], at(9)
	member := link.Waiting{Target: target, Object: o[1], Member: o[0], Wait: link.Held, Code: "invalid", Since: at(2)}
	update(t, s, func(ctx context.Context, tx link.Tx) error { return tx.PutWaiting(ctx, held, soon, later, member) })
	equal(t, "everything that waits, by object", waiting(t, s, "", ""), []link.Waiting{held, soon, member, later})
	equal(t, "what is held", waiting(t, s, link.Held, ""), []link.Waiting{held, member})
	equal(t, "what waits about one object", waiting(t, s, "", o[1]), []link.Waiting{soon, member})
	page := view(t, s, func(ctx context.Context, r link.Reader) ([]link.Waiting, error) {
		return r.Waiting(ctx, target, "", "", o[1], 100)
	})
	equal(t, "a page", page, []link.Waiting{later})
	of := func(target string, objects ...directory.ID) int {
		return len(view(t, s, func(ctx context.Context, r link.Reader) ([]link.Waiting, error) {
			return r.WaitingOf(ctx, target, objects)
		}))
	}
	equal(t, "objects that wait, memberships aside", []int{of(target, o[1], o[0], directory.NewID()), of(target), of("elsewhere", o...)}, []int{2, 0, 0})
	due := func(n int) []link.Waiting {
		return view(t, s, func(ctx context.Context, r link.Reader) ([]link.Waiting, error) { return r.Due(ctx, target, at(n), 10) })
	}
	equal(t, "nothing is due yet", len(due(4)), 0)
	equal(t, "due", due(5), []link.Waiting{soon})
	soon.Attempts, soon.Next = 4, at(20)
	update(t, s, func(ctx context.Context, tx link.Tx) error { return tx.PutWaiting(ctx, soon) })
	equal(t, "put replaces", due(10), []link.Waiting{later})
	update(t, s, func(ctx context.Context, tx link.Tx) error {
		return tx.DropWaiting(ctx, target, o[1], directory.NewID())
	})
	equal(t, "dropping an object drops its memberships' too", waiting(t, s, "", ""), []link.Waiting{held, later})
}

func testOutcomeWaits(t *testing.T, s directory.Store) {
	epoch := lead(t, s)
	i, j := intent(directory.NewID()), intent(directory.NewID())
	j.Object = i.Object
	begin(t, s, epoch, i, j)
	w := link.Waiting{Target: target, Object: i.Object, Wait: link.Retrying, Code: "network", Attempts: 1, Since: at(1), Next: at(2)}
	settle(t, s, link.Outcome{Intent: i.ID, Result: link.Unknown, At: at(1), Wait: &w})
	equal(t, "the object waits", waiting(t, s, "", i.Object), []link.Waiting{w})
	o := done(j, at(3))
	o.Clear = true
	settle(t, s, o)
	equal(t, "the object waits for nothing any more", len(waiting(t, s, "", i.Object)), 0)
}
