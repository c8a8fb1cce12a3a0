package linktest

import (
	"context"
	"slices"
	"testing"

	"muster/internal/directory"
	"muster/internal/link"
)

// testReferred shows that whoever refers to a person is looked at again when that person's account is another, by itself and however it was written.
func testReferred(t *testing.T, s directory.Store) {
	boss, report, other := directory.NewID(), directory.NewID(), directory.NewID()
	update := func(fn func(context.Context, directory.Tx) error) {
		t.Helper()
		if err := s.Update(t.Context(), "test", func(tx directory.Tx) error { return fn(t.Context(), tx) }); err != nil {
			t.Fatal(err)
		}
	}
	update(func(ctx context.Context, tx directory.Tx) error {
		for key, id := range map[string]directory.ID{"b": boss, "r": report, "o": other} {
			if err := tx.PutObjects(ctx, directory.Object{ID: id, Kind: directory.Person, State: directory.Active}); err != nil {
				return err
			}
			if err := tx.PutRecords(ctx, directory.Record{Source: "corp", Key: key, Kind: directory.Person, Object: id, Status: directory.Present}); err != nil {
				return err
			}
		}
		return tx.PutReferences(ctx, "corp", []string{"r"}, directory.Reference{Key: "r", Name: "manager", To: "b"})
	})
	rev := func() directory.Rev {
		var rev directory.Rev
		err := s.View(t.Context(), func(r directory.Reader) error {
			objects, err := r.Objects(t.Context(), []directory.ID{report, other, boss})
			i := slices.IndexFunc(objects, func(o directory.Object) bool { return o.ID == report })
			rev = objects[i].Rev
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return rev
	}
	was := rev()
	for _, step := range []struct {
		rule   string
		change func(*link.Link)
		stirs  bool
	}{
		{"an account appears", func(*link.Link) {}, true},
		{"the same once more", func(*link.Link) {}, false},
		{"a value of it changes", func(l *link.Link) { l.Run = "another" }, false},
		{"it is being closed", func(l *link.Link) { l.State = link.Closing }, false},
		{"it is closed", func(l *link.Link) { l.State, l.Active = link.Closed, false }, true},
		{"another takes its place", func(l *link.Link) { l.State, l.Active, l.Remote = link.Linked, true, "r9" }, true},
		{"they are taken apart", func(l *link.Link) { *l = link.Link{Target: target, Object: l.Object, Kind: l.Kind} }, true},
	} {
		l := linked(boss, "r1")
		step.change(&l)
		putLinks(t, s, l, linked(other, "r2"))
		is := rev()
		equal(t, step.rule+": the report is in the feed again", was != is, step.stirs)
		was = is
	}
	changes, err := s.Changes(t.Context(), directory.Rev{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, c := range changes {
		if c.Object == report {
			n++
		}
	}
	equal(t, "the report stands in the feed once", n, 1)
}
