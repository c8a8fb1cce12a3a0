package directorytest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"muster/internal/attr"
	"muster/internal/directory"
)

func testBrowse(t *testing.T, s directory.Store) {
	ada, bea, cem := person("ada"), person("Bea"), person("cem")
	ada.Attrs[directory.Name] = attr.Values{"Ada Lovelace"}
	cem.Attrs[directory.Name] = attr.Values{"Cem Müller 100%_mild"}
	cem.State = directory.Disabled
	wiki := group("ada's group")
	put(t, s, cem, bea, ada, wiki)
	look := func(l directory.Look) []directory.ID {
		l.Limit = max(l.Limit, 1)
		var all []directory.ID
		for {
			page := view(t, s, func(ctx context.Context, r directory.Reader) ([]directory.Object, error) { return r.Browse(ctx, l) })
			all = append(all, idsOf(page)...)
			if len(page) < l.Limit {
				return all
			}
			last := page[len(page)-1]
			l.AfterName, l.After = last.Handle(), last.ID
		}
	}
	people := directory.Look{Kind: directory.Person, Limit: 2}
	equal(t, "everybody, by name", look(people), []directory.ID{ada.ID, bea.ID, cem.ID})
	equal(t, "one by one", look(directory.Look{Kind: directory.Person}), []directory.ID{ada.ID, bea.ID, cem.ID})
	equal(t, "by state", look(directory.Look{Kind: directory.Person, State: directory.Disabled}), []directory.ID{cem.ID})
	equal(t, "groups", look(directory.Look{Kind: directory.Group, Text: "ADA"}), []directory.ID{wiki.ID})
	stated, loaded := person("dora"), person("emil")
	put(t, s, stated, loaded)
	there, kept, left := record("k-stated"), record("k-loaded"), record("k-left")
	there.Object, kept.Object, kept.Source, left.Object, left.Status = stated.ID, loaded.ID, "load", bea.ID, directory.Outside
	putRecords(t, s, there, kept, left)
	equal(t, "whom no source but a load speaks for", look(directory.Look{Kind: directory.Person, Own: true}), []directory.ID{ada.ID, bea.ID, cem.ID, loaded.ID})
	equal(t, "and is found by words", look(directory.Look{Kind: directory.Person, Own: true, Text: "e"}), []directory.ID{loaded.ID})
	testOwn(t, s, look, stated, left)
	people.Own = true
	for text, want := range map[string][]directory.ID{
		"A": {ada.ID}, "love": {ada.ID}, "love ada": {ada.ID}, "love bea": nil, "velace": nil, "be": {bea.ID}, "bea@ex": {bea.ID}, "100%_": {cem.ID}, "m_": nil, "mül": {cem.ID}, `"`: nil, "name": nil,
	} {
		people.Text = text
		equal(t, fmt.Sprintf("beginning with %q", text), look(people), want)
	}
	absent, other := record("k-absent"), record("k-other")
	absent.Object, absent.Status, other.Object, other.Source = ada.ID, directory.Absent, cem.ID, "hr"
	putRecords(t, s, absent, other)
	of := directory.Look{Kind: directory.Person, Source: there.Source}
	equal(t, "of a source", look(of), []directory.ID{ada.ID, stated.ID})
	of.Text = "do"
	equal(t, "of a source, found by words", look(of), []directory.ID{stated.ID})
	of.Text, of.Missing = "", true
	equal(t, "missing at a source", look(of), []directory.ID{ada.ID})
	equal(t, "of a source, in a state", look(directory.Look{Kind: directory.Person, Source: "hr", State: directory.Disabled}), []directory.ID{cem.ID})
	equal(t, "groups of a source", look(directory.Look{Kind: directory.Group, Source: there.Source}), nil)
}

// testOwn has people begin and cease to be own: stated was, and is left to be, somebody for whom a source speaks; out is a record that left its source.
func testOwn(t *testing.T, s directory.Store, look func(directory.Look) []directory.ID, stated directory.Object, out directory.Record) {
	own := directory.Look{Kind: directory.Person, Own: true, Limit: 2}
	before := look(own)
	back := out
	back.Status = directory.Present
	putRecords(t, s, back)
	equal(t, "whom a source speaks for again is not own", look(own), without(before, back.Object))
	back.Object = stated.ID
	putRecords(t, s, back)
	equal(t, "whose record went to somebody else is", look(own), before)
	fay, gus := person("aaron"), person("gus")
	fays, guss := record("k-fay"), record("k-gus")
	fays.Object, fays.Source, guss.Object, guss.Source = fay.ID, "school", gus.ID, "school"
	failed := errors.New("not this time")
	err := s.Update(t.Context(), "test", func(tx directory.Tx) error {
		if err := errors.Join(tx.PutObjects(t.Context(), fay, gus), tx.PutRecords(t.Context(), fays, guss)); err != nil {
			return err
		}
		fays.Status = directory.Removed
		if err := tx.PutRecords(t.Context(), fays); err != nil {
			return err
		}
		first, err := tx.Browse(t.Context(), directory.Look{Kind: directory.Person, Own: true, Limit: 1})
		if len(first) != 1 || first[0].ID != fay.ID {
			t.Errorf("inside the transaction, %v come first", idsOf(first))
		}
		if taken := tx.PutObjects(t.Context(), person("gus"), person("hal")); !errors.Is(taken, directory.ErrConflict) {
			t.Errorf("a name twice: %v", taken)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "who is new is own unless a source speaks for them", look(own), append([]directory.ID{fay.ID}, before...))
	fay.Attrs = fay.Attrs.Clone()
	fay.Attrs[directory.Username] = attr.Values{"zoe"}
	put(t, s, fay)
	equal(t, "who is called something else stands elsewhere", look(own), append(slices.Clone(before), fay.ID))
	err = s.Update(t.Context(), "test", func(tx directory.Tx) error {
		fays.Status = directory.Present
		return errors.Join(tx.PutRecords(t.Context(), fays), failed)
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	equal(t, "what was not committed changes nobody", look(own), append(slices.Clone(before), fay.ID))
	fays.Status = directory.Present
	putRecords(t, s, fays, out)
	equal(t, "as it was", look(own), before)
}

func without(list []directory.ID, id directory.ID) []directory.ID {
	return slices.DeleteFunc(slices.Clone(list), func(x directory.ID) bool { return x == id })
}
