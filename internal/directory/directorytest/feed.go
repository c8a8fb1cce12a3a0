package directorytest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"muster/internal/directory"
)

// drain reads the feed after rev to its end in pages, and returns the changes and the last Rev.
func drain(t *testing.T, s directory.Store, after directory.Rev, page int) ([]directory.Change, directory.Rev) {
	t.Helper()
	var out []directory.Change
	for {
		changes, err := s.Changes(t.Context(), after, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range changes {
			if !after.Less(c.Rev) {
				t.Fatalf("the feed goes on after %v with %v", after, c.Rev)
			}
			after = c.Rev
		}
		out = append(out, changes...)
		if len(changes) == 0 {
			return out, after
		}
	}
}

// until is drain, again and again, until at least n changes have come: on a server that others use, too, an older transaction may still be open.
func until(t *testing.T, s directory.Store, after directory.Rev, page, n int) ([]directory.Change, directory.Rev) {
	t.Helper()
	for deadline := time.After(20 * time.Second); ; {
		changes, last := drain(t, s, after, page)
		if len(changes) >= n {
			return changes, last
		}
		select {
		case <-deadline:
			return changes, last
		case <-time.After(time.Millisecond):
		}
	}
}

// settle waits until the feed shows everything that is committed: on a server that other tests use, too, an older transaction may still be open.
func settle(t *testing.T, s directory.Store, id directory.ID) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		changes, _ := drain(t, s, directory.Rev{}, 1000)
		for _, c := range changes {
			if c.Object == id {
				return
			}
		}
		select {
		case <-deadline:
			t.Fatalf("the feed does not show %s", id)
		case <-time.After(time.Millisecond):
		}
	}
}

func keys(changes []directory.Change) []string {
	out := make([]string, len(changes))
	for i, c := range changes {
		out[i] = string(c.Object)
		if c.Member != "" {
			out[i] += ">" + string(c.Member)
		}
	}
	return out
}

func head(t *testing.T, s directory.Store) directory.Rev {
	t.Helper()
	h, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func testFeed(t *testing.T, s directory.Store) {
	if h := head(t, s); !h.IsZero() {
		t.Errorf("the head of an empty feed is %v", h)
	}
	a, b, g := person("a"), person("b"), group("g")
	put(t, s, a, b)
	put(t, s, g)
	putEdges(t, s, g.ID, []directory.ID{a.ID}, nil)
	changes, last := until(t, s, directory.Rev{}, 100, 4)
	equal(t, "the feed, oldest first", keys(changes), []string{string(a.ID), string(b.ID), string(g.ID), string(g.ID) + ">" + string(a.ID)})
	equal(t, "the head is the last change", head(t, s), last)
	equal(t, "a change carries the object's Rev", get(t, s, a.ID).Rev, changes[0].Rev)

	a.Epoch++
	put(t, s, a)
	changes, last2 := until(t, s, last, 100, 1)
	equal(t, "only what is new", keys(changes), []string{string(a.ID)})
	changes, _ = drain(t, s, directory.Rev{}, 100)
	equal(t, "an object is in the feed once, at its last change", keys(changes),
		[]string{string(b.ID), string(g.ID), string(g.ID) + ">" + string(a.ID), string(a.ID)})
	changes, _ = drain(t, s, last2, 100)
	equal(t, "caught up", len(changes), 0)
}

func testFeedPages(t *testing.T, s directory.Store) {
	g := group("g")
	members := newIDs(40)
	var people []directory.Object
	for i := range 30 {
		people = append(people, person(fmt.Sprint("p", i)))
	}
	update(t, s, func(ctx context.Context, tx directory.Tx) error {
		if err := tx.PutObjects(ctx, people...); err != nil {
			return err
		}
		if err := tx.PutEdges(ctx, g.ID, members, nil); err != nil {
			return err
		}
		return tx.PutObjects(ctx, g)
	})
	for _, page := range []int{1, 7, 1000} {
		changes, _ := until(t, s, directory.Rev{}, page, 71)
		seen := map[string]bool{}
		for _, k := range keys(changes) {
			seen[k] = true
		}
		equal(t, fmt.Sprintf("one transaction by pages of %d", page), []int{len(changes), len(seen)}, []int{71, 71})
	}
}

func testQuietFeed(t *testing.T, s directory.Store) {
	a, g := person("a"), group("g")
	a.Attrs["x"] = []string{"1", "2"}
	put(t, s, a, g)
	putEdges(t, s, g.ID, []directory.ID{a.ID}, nil)
	_, before := until(t, s, directory.Rev{}, 10, 3)
	a.Attrs["x"] = []string{"2", "1", "1"}
	a.Attrs["y"] = nil
	put(t, s, a, g)
	put(t, s, get(t, s, a.ID))
	putEdges(t, s, g.ID, []directory.ID{a.ID}, newIDs(2))
	putRecords(t, s, record("k"))
	changes, _ := drain(t, s, before, 10)
	equal(t, "writing equal values enters no feed", keys(changes), nil)
	equal(t, "nor does it move the head", head(t, s), before)
}

func testTombstones(t *testing.T, s directory.Store) {
	g, m := group("g"), person("m")
	put(t, s, g, m)
	putEdges(t, s, g.ID, []directory.ID{m.ID}, nil)
	_, before := until(t, s, directory.Rev{}, 10, 3)
	putEdges(t, s, g.ID, nil, []directory.ID{m.ID})
	changes, before := until(t, s, before, 10, 1)
	equal(t, "a removed edge is a change", keys(changes), []string{string(g.ID) + ">" + string(m.ID)})
	putEdges(t, s, g.ID, nil, []directory.ID{m.ID})
	changes, _ = drain(t, s, before, 10)
	equal(t, "removing what is removed is none", keys(changes), nil)
	putEdges(t, s, g.ID, []directory.ID{m.ID}, nil)
	changes, _ = until(t, s, before, 10, 1)
	equal(t, "adding it again is one", keys(changes), []string{string(g.ID) + ">" + string(m.ID)})
}

// testSlowWriter holds one transaction open after it has written, and commits others meanwhile. Where the database lets them pass (PostgreSQL), a reader that
// follows the feed all along must still get the slow one's change; where it does not (SQLite), they wait their turn.
func testSlowWriter(t *testing.T, s directory.Store) {
	first := person("first")
	put(t, s, first)
	settle(t, s, first.ID)
	slow := person("slow")
	wrote, release, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		var once sync.Once
		done <- s.Update(t.Context(), "slow", func(tx directory.Tx) error {
			if err := tx.PutObjects(t.Context(), slow); err != nil {
				return err
			}
			once.Do(func() { close(wrote) })
			<-release
			return nil
		})
	}()
	<-wrote
	fast := person("fast")
	passed := make(chan error, 1)
	go func() {
		passed <- s.Update(t.Context(), "fast", func(tx directory.Tx) error { return tx.PutObjects(t.Context(), fast) })
	}()
	select {
	case err := <-passed:
		if err != nil {
			t.Fatal(err)
		}
		passed <- nil
	case <-time.After(200 * time.Millisecond): // one writer at a time: it waits for the slow one
	}
	early, cursor := drain(t, s, directory.Rev{}, 10)
	if h := head(t, s); cursor != h {
		t.Errorf("the head is %v while the slow writer is open, the feed ends at %v", h, cursor)
	}
	close(release)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := <-passed; err != nil {
		t.Fatal(err)
	}
	settle(t, s, slow.ID)
	settle(t, s, fast.ID)
	late, _ := drain(t, s, cursor, 10)
	seen := map[directory.ID]int{}
	for _, c := range append(early, late...) {
		seen[c.Object]++
	}
	equal(t, "a reader that went on gets the slow writer's change and the fast one's, each once", []int{seen[slow.ID], seen[fast.ID]}, []int{1, 1})
}

// testConcurrentFeed follows the feed while many write, and must have seen every object in the end.
func testConcurrentFeed(t *testing.T, s directory.Store) {
	const writers, each = 4, 25
	var wg sync.WaitGroup
	want := make(chan directory.ID, writers*each)
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				o := person(fmt.Sprintf("w%d-%d", w, i))
				if err := s.Update(t.Context(), "test", func(tx directory.Tx) error { return tx.PutObjects(t.Context(), o) }); err != nil {
					t.Error(err)
				}
				want <- o.ID
			}
		})
	}
	finished := make(chan struct{})
	go func() { wg.Wait(); close(want); close(finished) }()
	seen := map[directory.ID]bool{}
	var cursor directory.Rev
	follow := func() {
		changes, last := drain(t, s, cursor, 10)
		cursor = last
		for _, c := range changes {
			seen[c.Object] = true
		}
	}
	for running := true; running; {
		follow()
		select {
		case <-finished:
			running = false
		default:
		}
	}
	var all []directory.ID
	for id := range want {
		all = append(all, id)
		settle(t, s, id)
	}
	follow()
	for _, id := range all {
		if !seen[id] {
			t.Errorf("%s was committed, and a reader that followed the feed never saw it", id)
		}
	}
}

func testWake(t *testing.T, s directory.Store) {
	one, two := s.Wake(), s.Wake()
	put(t, s, person("a"))
	for name, c := range map[string]<-chan struct{}{"first": one, "second": two} {
		select {
		case <-c:
		case <-time.After(10 * time.Second):
			t.Errorf("the %s who asked was not woken by a commit", name)
		}
	}
}
