package linktest

import (
	"context"
	"testing"
	"time"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
)

// X10.
func testOrders(t *testing.T, s directory.Store) {
	ben := directory.NewID()
	person := link.Order{
		Target: target, Object: ben, Name: "ben", By: "operator:olivia", Reason: "dismissed", At: at(2), Named: true, Through: true, State: link.Ordered,
		Remote: "r1", Code: "throttled", Answer: "wait", Attempts: 2, Next: at(5),
	}
	bare := link.Order{Target: target, Account: "r9", Name: "zoe", By: "operator:olivia", Reason: "nobody of ours", At: at(1), State: link.Ordered}
	elsewhere := person
	elsewhere.Target, elsewhere.At, elsewhere.State, elsewhere.Confirmed, elsewhere.Next = "other", at(3), link.Obeyed, at(4), time.Time{}
	update(t, s, func(ctx context.Context, tx link.Tx) error { return tx.PutOrders(ctx, person, bare, elsewhere, person) })
	orders := func(fn func(context.Context, link.Reader) ([]link.Order, error)) []link.Order { return view(t, s, fn) }
	due := func(n int) []link.Order {
		return orders(func(ctx context.Context, r link.Reader) ([]link.Order, error) {
			return r.DueOrders(ctx, target, at(n), 10)
		})
	}
	equal(t, "orders about people come back as they were put", orders(func(ctx context.Context, r link.Reader) ([]link.Order, error) {
		return r.Orders(ctx, target, []directory.ID{ben, directory.NewID(), ""})
	}), []link.Order{person})
	equal(t, "orders about accounts", orders(func(ctx context.Context, r link.Reader) ([]link.Order, error) {
		return r.OrdersOn(ctx, target, []connector.RemoteID{"r9", "r1", ""})
	}), []link.Order{bare})
	in := func(target string, states ...link.OrderState) []link.Order {
		return orders(func(ctx context.Context, r link.Reader) ([]link.Order, error) {
			return r.OrdersIn(ctx, target, states, 10)
		})
	}
	equal(t, "open orders, the latest first", in(target, link.Ordered, link.Reopen), []link.Order{person, bare})
	equal(t, "obeyed orders of a target", in("other", link.Obeyed, link.Nobody), []link.Order{elsewhere})
	equal(t, "none is obeyed here", in(target, link.Obeyed), nil)
	equal(t, "due now", due(4), []link.Order{bare})
	equal(t, "due later", due(5), []link.Order{bare, person})
	bare.State = link.Reopen
	person.State, person.Confirmed = link.Obeyed, at(6)
	update(t, s, func(ctx context.Context, tx link.Tx) error { return tx.PutOrders(ctx, person, bare) })
	equal(t, "what is obeyed is not due; what is lifted is until it is done", due(9), []link.Order{bare})
	update(t, s, func(ctx context.Context, tx link.Tx) error { return tx.DropOrders(ctx, bare) })
	equal(t, "a dropped order is gone", due(9), nil)
	equal(t, "targets that are remembered", view(t, s, func(ctx context.Context, r link.Reader) ([]string, error) { return r.Remembered(ctx) }),
		[]string{"other", target})
	lead(t, s)
	equal(t, "and those that were served once", view(t, s, func(ctx context.Context, r link.Reader) ([]string, error) { return r.Remembered(ctx) }),
		[]string{"other", target})
}

// X6.
func testLeavers(t *testing.T, s directory.Store) {
	put := func(state directory.State) directory.ID {
		t.Helper()
		o := directory.Object{ID: directory.NewID(), Kind: directory.Person, State: state, Cause: directory.Stated}
		if err := s.Update(t.Context(), "test", func(tx directory.Tx) error { return tx.PutObjects(t.Context(), o) }); err != nil {
			t.Fatal(err)
		}
		return o.ID
	}
	active, left, gone, lost, closing, closed, deleted, outside, back :=
		put(directory.Active), put(directory.Disabled), put(directory.Gone), put(directory.Disabled), put(directory.Active), put(directory.Disabled),
		directory.NewID(), put(directory.Active), put(directory.Active)
	links := map[directory.ID]link.Link{}
	for i, id := range []directory.ID{active, left, gone, lost, closing, closed, deleted, outside, back} {
		links[id] = linked(id, connector.RemoteID(rune('a'+i)))
	}
	change := func(id directory.ID, fn func(*link.Link)) {
		l := links[id]
		fn(&l)
		links[id] = l
	}
	change(lost, func(l *link.Link) { l.State, l.Active = link.Lost, false })
	change(closing, func(l *link.Link) { l.State = link.Closing })
	change(closed, func(l *link.Link) { l.State, l.Active, l.Since, l.Confirmed = link.Closed, false, at(3), at(3) })
	for _, l := range links {
		elsewhere := l
		elsewhere.Target = "other"
		putLinks(t, s, l)
		if l.Object == left {
			putLinks(t, s, elsewhere)
		}
	}
	scope := func(id directory.ID, value string, n int) {
		update(t, s, func(ctx context.Context, tx link.Tx) error {
			return tx.PutInterval(ctx, link.Interval{Target: target, What: "scope", Object: id, Value: value, From: at(n)})
		})
	}
	scope(outside, "out", 1)
	scope(back, "out", 1)
	scope(back, "in", 2)
	page := func(after directory.ID, limit int) (out []directory.ID) {
		for _, l := range view(t, s, func(ctx context.Context, r link.Reader) ([]link.Link, error) {
			return r.Unclosed(ctx, target, after, limit)
		}) {
			equal(t, "a link as it was put", l, links[l.Object])
			out = append(out, l.Object)
		}
		return out
	}
	want := []directory.ID{left, gone, lost, closing, deleted, outside}
	equal(t, "who is not known to be closed", page("", 10), want)
	equal(t, "in pages", page(gone, 2), want[2:4])
	since := func(n int) (out []directory.ID) {
		for _, l := range view(t, s, func(ctx context.Context, r link.Reader) ([]link.Link, error) {
			return r.ClosedSince(ctx, target, at(n), "", 10)
		}) {
			out = append(out, l.Object)
		}
		return out
	}
	equal(t, "closed since then", since(3), []directory.ID{closed})
	equal(t, "nobody since later", since(4), nil)
}
