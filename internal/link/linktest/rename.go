package linktest

import (
	"context"
	"testing"

	"muster/internal/directory"
	"muster/internal/link"
)

// Answers about names are kept by target, object and group; a later one takes the place of an earlier one.
func testRenames(t *testing.T, s directory.Store) {
	a, b := directory.ID("1"), directory.ID("2")
	keep := link.Rename{Target: target, Object: b, Remote: "g2", Answer: link.Keep, Name: "crew", By: "olivia", At: at(1)}
	first := link.Rename{Target: target, Object: a, Remote: "g1", Answer: link.Keep, Name: "team", By: "olivia", At: at(2)}
	second := first
	second.Answer, second.Name, second.At = link.Replace, "squad", at(3)
	older := link.Rename{Target: target, Object: a, Remote: "g0", Answer: link.Replace, Name: "old", By: "ben", At: at(0)}
	elsewhere := link.Rename{Target: "other", Object: a, Remote: "g1", Answer: link.Keep, At: at(1)}
	update(t, s, func(ctx context.Context, tx link.Tx) error {
		if err := tx.PutRename(ctx, keep, first, elsewhere); err != nil {
			return err
		}
		return tx.PutRename(ctx, second, older)
	})
	renames := func() []link.Rename {
		return view(t, s, func(ctx context.Context, r link.Reader) ([]link.Rename, error) { return r.Renames(ctx, target) })
	}
	equal(t, "answers, by object and group, the last one each", renames(), []link.Rename{older, second, keep})
	update(t, s, func(ctx context.Context, tx link.Tx) error {
		return tx.DropRename(ctx, second, link.Rename{Target: target, Object: b, Remote: "g2"})
	})
	equal(t, "answers that are left", renames(), []link.Rename{older})
}
