package linktest

import (
	"context"
	"slices"
	"testing"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
)

func putLinks(t *testing.T, s directory.Store, links ...link.Link) {
	t.Helper()
	update(t, s, func(ctx context.Context, tx link.Tx) error { return tx.Put(ctx, links...) })
}

func byObject(links []link.Link) []link.Link {
	slices.SortFunc(links, func(a, b link.Link) int {
		return slices.Compare([]string{string(a.Object), a.Target}, []string{string(b.Object), b.Target})
	})
	return links
}

func testLinks(t *testing.T, s directory.Store) {
	a, b := linked(directory.NewID(), "r1"), linked(directory.NewID(), "r2")
	get := func(object directory.ID) (link.Link, error) {
		var l link.Link
		err := s.View(t.Context(), func(r directory.Reader) (err error) { l, err = link.Of(r).Get(t.Context(), target, object); return err })
		return l, err
	}
	_, err := get(a.Object)
	is(t, "an object without a link", err, directory.ErrNotFound)
	b.State, b.Active, b.Cause, b.Origin, b.Run = link.Closed, false, directory.Missing, link.Adopted, ""
	elsewhere := linked(a.Object, "r1")
	elsewhere.Target = "other"
	group := linked(directory.NewID(), "r1")
	group.Kind = connector.Group
	putLinks(t, s, a, b, elsewhere, group)
	got, err := get(b.Object)
	is(t, "get", err, nil)
	equal(t, "a link comes back as it was put", got, b)
	equal(t, "links of objects", byObject(view(t, s, func(ctx context.Context, r link.Reader) ([]link.Link, error) {
		return r.Links(ctx, target, []directory.ID{a.Object, b.Object, directory.NewID()})
	})), byObject([]link.Link{a, b}))
	equal(t, "all links of an object", byObject(view(t, s, func(ctx context.Context, r link.Reader) ([]link.Link, error) {
		return r.LinksOf(ctx, a.Object)
	})), byObject([]link.Link{a, elsewhere}))
	equal(t, "links to remote ids, closed ones included, of that kind and target only", byObject(view(t, s, func(ctx context.Context, r link.Reader) ([]link.Link, error) {
		return r.ByRemote(ctx, target, connector.User, []connector.RemoteID{"r1", "r2", "r3", ""})
	})), byObject([]link.Link{a, b}))
	equal(t, "counts: active accounts and groups", view(t, s, func(ctx context.Context, r link.Reader) (link.Counts, error) {
		return r.CountLinks(ctx, target)
	}), link.Counts{Users: 1, Groups: 1})

	a.Applied, a.Remote = attr.Set{"userName": {"new"}}, "r9"
	putLinks(t, s, a)
	got, err = get(a.Object)
	is(t, "get again", err, nil)
	equal(t, "put replaces", got, a)
	putLinks(t, s, link.Link{Target: target, Object: a.Object, Kind: connector.User})
	_, err = get(a.Object)
	is(t, "a detached object has no link", err, directory.ErrNotFound)
}

func testList(t *testing.T, s directory.Store) {
	var want []directory.ID
	for i := range 12 {
		l := linked(directory.NewID(), connector.RemoteID(rune('a'+i)))
		if i%3 == 0 {
			l.State = link.Closing
		} else {
			want = append(want, l.Object)
		}
		putLinks(t, s, l)
	}
	var got []directory.ID
	for after := directory.ID(""); ; {
		page := view(t, s, func(ctx context.Context, r link.Reader) ([]link.Link, error) {
			return r.List(ctx, target, connector.User, []link.State{link.Linked, link.Lost}, after, 3)
		})
		for _, l := range page {
			got = append(got, l.Object)
		}
		if len(page) < 3 {
			break
		}
		after = page[len(page)-1].Object
	}
	equal(t, "pages of linked ones, by object", got, want)
	all := view(t, s, func(ctx context.Context, r link.Reader) ([]link.Link, error) {
		return r.List(ctx, target, connector.User, nil, "", 100)
	})
	equal(t, "no states means all", len(all), 12)
}

func intervals(t *testing.T, s directory.Store, object directory.ID) []link.Interval {
	t.Helper()
	return view(t, s, func(ctx context.Context, r link.Reader) ([]link.Interval, error) {
		return r.Intervals(ctx, target, object)
	})
}

func testLinkIntervals(t *testing.T, s directory.Store) {
	l := linked(directory.NewID(), "r1")
	putLinks(t, s, l)
	l.Confirmed, l.Applied = at(1), attr.Set{"userName": {"other"}}
	putLinks(t, s, l) // still active
	l.Active, l.State, l.Cause, l.Run, l.Confirmed = false, link.Closed, directory.Stated, "run2", at(2)
	putLinks(t, s, l)
	putLinks(t, s, link.Link{Target: target, Object: l.Object, Kind: connector.User, Confirmed: at(3), Run: "run3"})
	account := link.Interval{Target: target, What: "account", Object: l.Object}
	active, disabled, none := account, account, account
	active.Value, active.From, active.To, active.Run = "active", at(0), at(2), "run1"
	disabled.Value, disabled.From, disabled.To, disabled.Run, disabled.Cause = "disabled", at(2), at(3), "run2", "stated"
	none.Value, none.From, none.Run = "none", at(3), "run3"
	equal(t, "intervals follow the link", intervals(t, s, l.Object), []link.Interval{active, disabled, none})
}

func testCursor(t *testing.T, s directory.Store) {
	cursor := func() directory.Rev {
		return view(t, s, func(ctx context.Context, r link.Reader) (directory.Rev, error) { return r.Cursor(ctx, target) })
	}
	equal(t, "a new target is before everything", cursor(), directory.Rev{})
	for _, step := range []struct{ to, want directory.Rev }{
		{directory.Rev{Tx: 5, Seq: 7}, directory.Rev{Tx: 5, Seq: 7}},
		{directory.Rev{Tx: 5, Seq: 6}, directory.Rev{Tx: 5, Seq: 7}},
		{directory.Rev{Tx: 4, Seq: 9}, directory.Rev{Tx: 5, Seq: 7}},
		{directory.Rev{Tx: 6, Seq: 1}, directory.Rev{Tx: 6, Seq: 1}},
	} {
		update(t, s, func(ctx context.Context, tx link.Tx) error { return tx.Advance(ctx, target, step.to) })
		equal(t, "the cursor never goes back", cursor(), step.want)
	}
}

func testTogether(t *testing.T, s directory.Store) {
	o := directory.Object{ID: directory.NewID(), Kind: directory.Person, State: directory.Active, Attrs: attr.Set{directory.Username: {"ada"}}}
	boom := directory.ErrConflict
	for _, fail := range []bool{true, false} {
		err := s.Update(t.Context(), "test", func(tx directory.Tx) error {
			if err := tx.PutObjects(t.Context(), o); err != nil {
				return err
			}
			if err := link.In(tx).Put(t.Context(), linked(o.ID, "r1")); err != nil {
				return err
			}
			if fail {
				return boom
			}
			return nil
		})
		links := view(t, s, func(ctx context.Context, r link.Reader) ([]link.Link, error) { return r.LinksOf(ctx, o.ID) })
		if fail {
			is(t, "the error comes back", err, boom)
			equal(t, "a rollback takes the link with it", len(links), 0)
			continue
		}
		is(t, "commit", err, nil)
		equal(t, "a commit keeps the link with the object", len(links), 1)
	}
}
