package directorytest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"muster/internal/attr"
	"muster/internal/directory"
)

func testObjects(t *testing.T, s directory.Store) {
	err := s.View(t.Context(), func(r directory.Reader) error { _, err := r.Object(t.Context(), directory.NewID()); return err })
	is(t, "an object that was never put", err, directory.ErrNotFound)

	o := person("ada")
	o.Attrs["title"] = attr.Values{"Countess", "Programmer"}
	o.Attrs["empty"] = attr.Values{}
	o.State, o.Cause, o.Epoch = directory.Disabled, directory.Operator, 7
	o.Stop = &directory.Stop{By: "operator:olivia", Reason: "left the \"house\"", At: since.Add(time.Hour)}
	put(t, s, o)
	got := get(t, s, o.ID)
	if got.Rev.IsZero() {
		t.Error("a stored object has the zero Rev")
	}
	equal(t, "an object comes back as it was put", cmp.Diff(o, got, cmpopts.IgnoreFields(directory.Object{}, "Rev"), cmpopts.EquateEmpty()), "")

	o.Stop, o.State, o.Cause = nil, directory.Active, directory.NoCause
	put(t, s, o)
	again := get(t, s, o.ID)
	if again.Stop != nil || again.State != directory.Active {
		t.Errorf("put replaces: got %+v", again)
	}
	if !got.Rev.Less(again.Rev) {
		t.Errorf("a later write has a later Rev: %v then %v", got.Rev, again.Rev)
	}
	g := group("Wiki")
	put(t, s, g)
	list := view(t, s, func(ctx context.Context, r directory.Reader) ([]directory.Object, error) {
		return r.Objects(ctx, []directory.ID{g.ID, directory.NewID(), o.ID})
	})
	equal(t, "Objects returns those that exist", sorted(idsOf(list)...), sorted(o.ID, g.ID))

	twice := person("bea")
	first := twice
	first.Epoch = 1
	put(t, s, first, twice)
	equal(t, "the last of two equal ids in one call counts", get(t, s, twice.ID).Epoch, int64(0))
}

func testHandles(t *testing.T, s directory.Store) {
	a := person("Ada")
	put(t, s, a)
	try := func(o directory.Object) error {
		return s.Update(t.Context(), "test", func(tx directory.Tx) error { return tx.PutObjects(t.Context(), o) })
	}
	is(t, "a username differing only in case is taken", try(person("aDA")), directory.ErrConflict)
	put(t, s, group("ada"), group("Ada"), person(""), person(""))

	found := view(t, s, func(ctx context.Context, r directory.Reader) ([]directory.Object, error) {
		return r.ObjectsByHandle(ctx, directory.Person, []string{"ADA", "nobody", ""})
	})
	equal(t, "ObjectsByHandle ignores case, and nobody is called nothing", idsOf(found), []directory.ID{a.ID})

	a.Attrs[directory.Email] = attr.Values{"Ada@example.com"}
	put(t, s, a)
	found = view(t, s, func(ctx context.Context, r directory.Reader) ([]directory.Object, error) {
		return r.ObjectsByEmail(ctx, directory.Person, []string{"ada@EXAMPLE.com", "", "x@example.com"})
	})
	equal(t, "ObjectsByEmail ignores case, and nobody has no address", idsOf(found), []directory.ID{a.ID})

	gone := a
	gone.State = directory.Gone
	put(t, s, gone)
	b := person("ada")
	put(t, s, b)
	found = view(t, s, func(ctx context.Context, r directory.Reader) ([]directory.Object, error) {
		return r.ObjectsByHandle(ctx, directory.Person, []string{"ada"})
	})
	equal(t, "a person who is gone frees the username", idsOf(found), []directory.ID{b.ID})
	is(t, "nobody comes back under a username that is taken by now", try(a), directory.ErrConflict)

	composed, decomposed := person("caf\u00e9"), person("cafe\u0301")
	put(t, s, composed)
	is(t, "composed and decomposed text are one username", try(decomposed), directory.ErrConflict)
}

func testExchange(t *testing.T, s directory.Store) {
	a, b, c := person("a"), person("b"), person("c")
	put(t, s, a, b, c)
	a.Attrs[directory.Username], b.Attrs[directory.Username], c.Attrs[directory.Username] = attr.Values{"b"}, attr.Values{"c"}, attr.Values{"a"}
	put(t, s, a, b, c)
	equal(t, "usernames move in a circle in one call", get(t, s, a.ID).Handle()+get(t, s, b.ID).Handle()+get(t, s, c.ID).Handle(), "bca")

	heir := person("b")
	a.State = directory.Gone
	put(t, s, heir, a)
	equal(t, "a leaver's username is free for a joiner in the same call", get(t, s, heir.ID).Handle(), "b")
	found := view(t, s, func(ctx context.Context, r directory.Reader) ([]directory.Object, error) {
		return r.Search(ctx, "b", 10)
	})
	equal(t, "a leaver is still found under the old username", sorted(idsOf(found)...), sorted(a.ID, heir.ID))
}

func testConflictGoesOn(t *testing.T, s directory.Store) {
	put(t, s, person("taken"))
	fine, other := person("fine"), person("other")
	update(t, s, func(ctx context.Context, tx directory.Tx) error {
		is(t, "taken", tx.PutObjects(ctx, other, person("Taken")), directory.ErrConflict)
		return tx.PutObjects(ctx, fine)
	})
	equal(t, "what came after a conflict is written", get(t, s, fine.ID).Handle(), "fine")
	err := s.View(t.Context(), func(r directory.Reader) error { _, err := r.Object(t.Context(), other.ID); return err })
	is(t, "a call that met a conflict wrote nothing", err, directory.ErrNotFound)
}

func testStale(t *testing.T, s directory.Store) {
	o := person("ada")
	put(t, s, o)
	old := get(t, s, o.ID)
	o.Epoch = 1
	put(t, s, o)
	old.Epoch = 2
	err := s.Update(t.Context(), "test", func(tx directory.Tx) error { return tx.PutObjects(t.Context(), old) })
	is(t, "an object that changed since it was read", err, directory.ErrConflict)
	equal(t, "a stale write changes nothing", get(t, s, o.ID).Epoch, int64(1))
	update(t, s, func(ctx context.Context, tx directory.Tx) error {
		now, err := tx.Object(ctx, o.ID)
		if err != nil {
			return err
		}
		for now.Epoch = 3; now.Epoch < 6; now.Epoch++ { // one's own writes are not somebody else's
			if err := tx.PutObjects(ctx, now); err != nil {
				return err
			}
		}
		return nil
	})
	equal(t, "a transaction writes an object several times", get(t, s, o.ID).Epoch, int64(5))
}

func testSearch(t *testing.T, s directory.Store) {
	a, g := person("Ada"), group("Wiki")
	a.State = directory.Gone
	put(t, s, a, g, person("bea"))
	update(t, s, func(ctx context.Context, tx directory.Tx) error {
		return tx.PutRecords(ctx, directory.Record{Source: "corp", Key: "3c650e00", Kind: "person", Object: a.ID, Base: "people", Name: "CN=Ada,OU=People"},
			directory.Record{Source: "hr", Key: "4711", Kind: "person", Object: a.ID, Base: "people", Name: "", Status: directory.Present},
			directory.Record{Source: "hr", Key: "4712", Kind: "person", Base: "people", Name: "unbound", Status: directory.Present})
	})
	for text, want := range map[string][]directory.ID{
		"aDA": {a.ID}, "ADA@example.com": {a.ID}, "3C650E00": {a.ID}, "4711": {a.ID}, "cn=ada,ou=people": {a.ID}, string(a.ID): {a.ID}, "wiki": {g.ID},
		"ad": nil, "": nil, "unbound": nil, "%": nil,
	} {
		got := view(t, s, func(ctx context.Context, r directory.Reader) ([]directory.Object, error) {
			return r.Search(ctx, text, 10)
		})
		equal(t, fmt.Sprintf("search %q", text), idsOf(got), want)
	}
}

func testList(t *testing.T, s directory.Store) {
	var people []directory.ID
	for i := range 25 {
		o := person(fmt.Sprint("p", i))
		if i%5 == 0 {
			o.State = directory.Disabled
		}
		put(t, s, o)
		people = append(people, o.ID)
	}
	put(t, s, group("g"))
	var got []directory.ID
	for after := directory.ID(""); ; {
		page := view(t, s, func(ctx context.Context, r directory.Reader) ([]directory.Object, error) {
			return r.ListObjects(ctx, directory.Person, after, 10)
		})
		ids := view(t, s, func(ctx context.Context, r directory.Reader) ([]directory.ID, error) {
			return r.ListIDs(ctx, directory.Person, after, 10)
		})
		equal(t, "the ids of a page", ids, idsOf(page))
		got = append(got, idsOf(page)...)
		if len(page) < 10 {
			break
		}
		after = page[len(page)-1].ID
	}
	equal(t, "pages hold everybody once, in order", got, sorted(people...))
	count := view(t, s, func(ctx context.Context, r directory.Reader) (map[directory.State]int, error) {
		return r.Count(ctx, directory.Person)
	})
	equal(t, "count", count, map[directory.State]int{directory.Active: 20, directory.Disabled: 5})
}

func testOddText(t *testing.T, s directory.Store) {
	o := person("nul\x00 and \xff broken")
	o.Attrs["note"] = attr.Values{"tab\t nul\x00 quote\" 漢字 \U0001F600"}
	put(t, s, o, person("fine"))
	got := get(t, s, o.ID)
	equal(t, "odd text is kept", got.Attrs["note"], o.Attrs["note"])
	r := directory.Record{Source: "corp", Key: "k\x00", Kind: "person", Name: "CN=\xff", Base: "people", Status: directory.Present}
	update(t, s, func(ctx context.Context, tx directory.Tx) error { return tx.PutRecords(ctx, r) })
}
