// Package notifytest proves that a store keeps package notify's promises, and has a small mail server with switchable faults for tests that send mail.
package notifytest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/notify"
)

// Run runs the suite. open returns an empty store, which the suite does not close; it is called once per case.
func Run(t *testing.T, open func(t *testing.T) directory.Store) {
	for _, c := range []struct {
		name string
		test func(*testing.T, directory.Store)
	}{
		{"messages", testMessages},
		{"claims", testClaims},
		{"rollback with the directory", testRollback},
		{"cursors", testCursors},
		{"who changed it", testChangedBy},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

var start = time.Date(2026, 2, 3, 4, 5, 6, 789e6, time.UTC)

func update(t *testing.T, s directory.Store, fn func(context.Context, notify.Tx) error) {
	t.Helper()
	err := s.Update(t.Context(), "test", func(tx directory.Tx) error { return fn(t.Context(), notify.In(tx)) })
	if err != nil {
		t.Fatalf("update: %v", err)
	}
}

func view[T any](t *testing.T, s directory.Store, fn func(context.Context, notify.Reader) (T, error)) T {
	t.Helper()
	var out T
	err := s.View(t.Context(), func(r directory.Reader) (err error) { out, err = fn(t.Context(), notify.Of(r)); return err })
	if err != nil {
		t.Fatalf("view: %v", err)
	}
	return out
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func testMessages(t *testing.T, s directory.Store) {
	a, b, c := notify.New(notify.Mail, "invitation", start), notify.New(notify.Mail, "test", start.Add(time.Minute)), notify.New("hook:intranet", "changes", start)
	a.To, a.Person, a.Body = "ada@example.com", directory.NewID(), "Grüße\n\U0001F44B"
	b.Next = start.Add(time.Hour)
	update(t, s, func(ctx context.Context, tx notify.Tx) error { return tx.Put(ctx, a, b, c) })
	equal(t, "a message comes back as it was put", view(t, s, func(ctx context.Context, r notify.Reader) (notify.Message, error) { return r.Message(ctx, a.ID) }), a)
	due := func(at time.Time) []notify.Message {
		return view(t, s, func(ctx context.Context, r notify.Reader) ([]notify.Message, error) {
			return r.Due(ctx, notify.Mail, at, 10)
		})
	}
	equal(t, "what may be tried now", due(start), []notify.Message{a})
	equal(t, "the oldest try comes first", due(start.Add(time.Hour)), []notify.Message{a, b})
	find := func(q notify.Query) []notify.Message {
		return view(t, s, func(ctx context.Context, r notify.Reader) ([]notify.Message, error) { return r.Messages(ctx, q) })
	}
	equal(t, "all, the newest first", find(notify.Query{}), []notify.Message{c, b, a})
	equal(t, "those about a person", find(notify.Query{Person: a.Person}), []notify.Message{a})
	equal(t, "those to an address", find(notify.Query{To: a.To, Since: start}), []notify.Message{a})
	equal(t, "those since then", find(notify.Query{Channel: notify.Mail, Since: start.Add(time.Second)}), []notify.Message{b})
	sent := b
	sent.State, sent.Ended = notify.Sent, start.Add(2*time.Hour)
	update(t, s, func(ctx context.Context, tx notify.Tx) error { return tx.Put(ctx, sent) })
	equal(t, "what was sent is not due", due(start.Add(time.Hour)), []notify.Message{a})
	no := notify.New(notify.Mail, "test", start)
	no.State, no.Ended = notify.Refused, start
	update(t, s, func(ctx context.Context, tx notify.Tx) error { return tx.Put(ctx, no) })
	for channel, want := range map[string]notify.Backlog{"hook:intranet": {Waiting: 1, Oldest: start}, notify.Mail: {Waiting: 1, Refused: 1, Oldest: start}, "hook:x": {}} {
		equal(t, "backlog of "+channel, view(t, s, func(ctx context.Context, r notify.Reader) (notify.Backlog, error) { return r.Backlog(ctx, channel) }), want)
	}
	late := notify.New(notify.Mail, "test", start)
	late.State, late.Ended = notify.Dropped, start.Add(4*time.Hour)
	update(t, s, func(ctx context.Context, tx notify.Tx) error {
		if err := tx.Put(ctx, late); err != nil {
			return err
		}
		n, err := tx.Sweep(ctx, start.Add(3*time.Hour), 10)
		equal(t, "what was sent or refused before then is swept", n, 2)
		return err
	})
	equal(t, "what is left", find(notify.Query{}), []notify.Message{late, c, a})
}

func testClaims(t *testing.T, s directory.Store) {
	a := notify.New("hook:x", "changes", start)
	update(t, s, func(ctx context.Context, tx notify.Tx) error {
		return tx.Put(ctx, a, notify.New("hook:x", "changes", start))
	})
	first := func() notify.Message {
		return view(t, s, func(ctx context.Context, r notify.Reader) (notify.Message, error) { return r.First(ctx, "hook:x") })
	}
	until := start.Add(time.Minute)
	update(t, s, func(ctx context.Context, tx notify.Tx) error {
		m, err := tx.Claim(ctx, a, until)
		equal(t, "attempts", m.Attempts, 1)
		return err
	})
	if m := first(); m.ID != a.ID || !m.Next.Equal(until) || m.Attempts != 1 {
		t.Errorf("a claimed message stays the first: %+v", m)
	}
	err := s.Update(t.Context(), "test", func(tx directory.Tx) error { _, err := notify.In(tx).Claim(t.Context(), a, until); return err })
	if !errors.Is(err, directory.ErrConflict) {
		t.Errorf("a message is claimed twice: %v", err)
	}
	err = s.View(t.Context(), func(r directory.Reader) error { _, err := notify.Of(r).First(t.Context(), "hook:y"); return err })
	if !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("the first of none: %v", err)
	}
}

func testRollback(t *testing.T, s directory.Store) {
	m := notify.New(notify.Mail, "test", start)
	gaveUp := errors.New("gave up")
	err := s.Update(t.Context(), "test", func(tx directory.Tx) error {
		if err := notify.In(tx).Put(t.Context(), m); err != nil {
			return err
		}
		return gaveUp
	})
	if !errors.Is(err, gaveUp) {
		t.Fatal(err)
	}
	err = s.View(t.Context(), func(r directory.Reader) error { _, err := notify.Of(r).Message(t.Context(), m.ID); return err })
	if !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("a message outlives the transaction that it was written in: %v", err)
	}
}

func testCursors(t *testing.T, s directory.Store) {
	c := notify.Cursor{Hook: "x", After: directory.Rev{Tx: 3, Seq: 7}, Started: start}
	x, y := directory.NewID(), directory.NewID()
	m := notify.New(notify.HookChannel("x"), "changes", start)
	update(t, s, func(ctx context.Context, tx notify.Tx) error {
		if _, err := tx.Cursor(ctx, "x"); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("a cursor of nobody: %v", err)
		}
		if err := errors.Join(tx.PutCursor(ctx, c), tx.Put(ctx, m)); err != nil {
			return err
		}
		return tx.PutTold(ctx, "x", map[directory.ID]directory.State{x: directory.Active, y: directory.Gone})
	})
	told := func() map[directory.ID]directory.State {
		return view(t, s, func(ctx context.Context, r notify.Reader) (map[directory.ID]directory.State, error) {
			return r.Told(ctx, "x", []directory.ID{x, y, directory.NewID()})
		})
	}
	equal(t, "cursor", view(t, s, func(ctx context.Context, r notify.Reader) (notify.Cursor, error) { return r.Cursor(ctx, "x") }), c)
	equal(t, "told", told(), map[directory.ID]directory.State{x: directory.Active, y: directory.Gone})
	c.After.Seq = 2 // again from an earlier place
	update(t, s, func(ctx context.Context, tx notify.Tx) error {
		if err := errors.Join(tx.PutCursor(ctx, c), tx.PutTold(ctx, "x", map[directory.ID]directory.State{x: directory.Disabled})); err != nil {
			return err
		}
		all, err := tx.Cursors(ctx)
		equal(t, "cursors", all, []notify.Cursor{c})
		return err
	})
	equal(t, "told anew", told()[x], directory.Disabled)
	update(t, s, func(ctx context.Context, tx notify.Tx) error { return tx.DropCursor(ctx, "x") })
	equal(t, "a webhook that was dropped was told nothing", told(), map[directory.ID]directory.State{})
	equal(t, "and nothing waits for it", view(t, s, func(ctx context.Context, r notify.Reader) ([]notify.Message, error) {
		return r.Messages(ctx, notify.Query{Channel: m.Channel})
	}), []notify.Message(nil))
}

func testChangedBy(t *testing.T, s directory.Store) {
	ada := directory.Object{ID: directory.NewID(), Kind: directory.Person, State: directory.Active, Attrs: attr.Set{directory.Username: {"ada"}}}
	write := func(by directory.Actor) {
		if err := s.Update(t.Context(), by, func(tx directory.Tx) error { return tx.PutObjects(t.Context(), ada) }); err != nil {
			t.Fatal(err)
		}
	}
	who := func() map[directory.ID]directory.Actor {
		return view(t, s, func(ctx context.Context, r notify.Reader) (map[directory.ID]directory.Actor, error) {
			return r.ChangedBy(ctx, []directory.ID{ada.ID, directory.NewID()})
		})
	}
	write("source:corp")
	ada.Attrs = attr.Set{directory.Username: {"ada.b"}}
	write("operator:olivia")
	equal(t, "who changed it last", who(), map[directory.ID]directory.Actor{ada.ID: "operator:olivia"})
	write("source:corp") // nothing new
	equal(t, "who wrote the same changed nothing", who(), map[directory.ID]directory.Actor{ada.ID: "operator:olivia"})
}
