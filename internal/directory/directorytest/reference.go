package directorytest

import (
	"context"
	"testing"

	"muster/internal/directory"
)

func testReferences(t *testing.T, s directory.Store) {
	ada, ben, cem := person("ada"), person("ben"), person("cem")
	put(t, s, ada, ben, cem)
	of := func(key string, object directory.ID) directory.Record {
		r := record(key)
		r.Object = object
		return r
	}
	unread := directory.Reference{Source: "corp", Key: "c", Name: "manager", To: "z", Object: cem.ID}
	toAda := directory.Reference{Source: "corp", Key: "b", Name: "manager", To: "a", Object: ben.ID, Person: ada.ID}
	toSelf := directory.Reference{Source: "corp", Key: "b", Name: "secretary", To: "b", Object: ben.ID, Person: ben.ID}
	elsewhere := of("a", cem.ID)
	elsewhere.Source = "other"
	putRecords(t, s, of("a", ada.ID), of("b", ben.ID), of("c", cem.ID), of("d", ""), elsewhere)
	refer := func(keys []string, refs ...directory.Reference) {
		update(t, s, func(ctx context.Context, tx directory.Tx) error { return tx.PutReferences(ctx, "corp", keys, refs...) })
	}
	loose := directory.Reference{Source: "corp", Key: "d", Name: "manager", To: "a", Person: ada.ID}
	refer([]string{"b", "c", "d", "nobody"}, toSelf, toAda, unread, loose, toAda)
	from := func(list ...directory.ID) []directory.Reference {
		return view(t, s, func(ctx context.Context, r directory.Reader) ([]directory.Reference, error) {
			return r.References(ctx, list)
		})
	}
	to := func(keys ...string) []directory.Reference {
		return view(t, s, func(ctx context.Context, r directory.Reader) ([]directory.Reference, error) {
			return r.ReferencesTo(ctx, "corp", keys)
		})
	}
	equal(t, "references of objects", from(ada.ID, ben.ID, cem.ID), []directory.Reference{toAda, toSelf, unread})
	equal(t, "references of nobody", from(), nil)
	equal(t, "references to keys, known or not, from records that nobody is bound to as well", to("a", "z", "c"), []directory.Reference{toAda, unread, loose})

	putRecords(t, s, of("z", ada.ID))
	unread.Person = ada.ID
	equal(t, "a reference that came before its entry", from(cem.ID), []directory.Reference{unread})
	refer([]string{"b"}, toSelf)
	equal(t, "references are replaced, those of other records stay", from(ben.ID, cem.ID), []directory.Reference{toSelf, unread})
	refer([]string{"c"})
	equal(t, "references end", from(cem.ID), nil)

	r := of("b", ben.ID)
	r.Refers = "digest"
	putRecords(t, s, r)
	marks := view(t, s, func(ctx context.Context, r directory.Reader) ([]directory.Mark, error) {
		return r.Marks(ctx, "corp", []string{"b"})
	})
	equal(t, "the digest of the references, in the mark", marks[0].Refers, "digest")
}
