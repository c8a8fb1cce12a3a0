package directorytest

import (
	"context"
	"fmt"
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
	equal(t, "whom no source but a load speaks for", look(directory.Look{Kind: directory.Person, Own: "load"}), []directory.ID{ada.ID, bea.ID, cem.ID, loaded.ID})
	equal(t, "and is found by words", look(directory.Look{Kind: directory.Person, Own: "load", Text: "e"}), []directory.ID{loaded.ID})
	people.Own = "load"
	for text, want := range map[string][]directory.ID{
		"A": {ada.ID}, "love": {ada.ID}, "velace": nil, "be": {bea.ID}, "bea@ex": {bea.ID}, "100%_": {cem.ID}, "m_": nil, "mül": {cem.ID}, `"`: nil, "name": nil,
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
