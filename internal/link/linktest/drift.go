package linktest

import (
	"context"
	"testing"
	"time"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
)

// Drift keeps the moment when it was first seen, and goes when it is not seen again; that of members goes when the membership is as wanted.
func testDrift(t *testing.T, s directory.Store) {
	ada, team := directory.ID("1"), directory.ID("2")
	drift := func(object directory.ID, field string, member directory.ID, other connector.RemoteID, when time.Time) link.Drift {
		return link.Drift{Target: target, Object: object, Kind: connector.User, Field: field, Member: member, Foreign: other, Wanted: "a", Found: "b", Since: when, Seen: when}
	}
	title, phone := drift(ada, "title", "", "", at(1)), drift(ada, "phone", "", "", at(1))
	inside, stranger, lost := drift(team, link.FieldMember, ada, "", at(1)), drift(team, link.FieldMember, "", "u9", at(1)), drift(team, link.FieldMember, "3", "", at(1))
	elsewhere := title
	elsewhere.Target = "other"
	update(t, s, func(ctx context.Context, tx link.Tx) error {
		if err := tx.PutDrift(ctx, title, phone, inside, stranger, lost, elsewhere); err != nil {
			return err
		}
		return tx.Seen(ctx, link.Edge{Target: target, Group: team, Member: ada, Applied: true}, link.Edge{Target: target, Group: team, Foreign: "u9", Applied: true})
	})
	again := drift(ada, "title", "", "", at(9))
	again.Found = "c"
	update(t, s, func(ctx context.Context, tx link.Tx) error {
		if err := tx.PutDrift(ctx, again); err != nil {
			return err
		}
		return tx.SweepDrift(ctx, target, at(9))
	})
	again.Since = at(1)
	all := func() []link.Drift {
		return view(t, s, func(ctx context.Context, r link.Reader) ([]link.Drift, error) { return r.Drifts(ctx, target, 10) })
	}
	equal(t, "what was seen again, with its first moment, and memberships that are not as wanted", all(), []link.Drift{again, stranger, inside})
	of := view(t, s, func(ctx context.Context, r link.Reader) ([]link.Drift, error) {
		return r.DriftsIn(ctx, target, team)
	})
	equal(t, "drift of members", of, []link.Drift{stranger, inside})
	of = view(t, s, func(ctx context.Context, r link.Reader) ([]link.Drift, error) {
		return r.DriftsOf(ctx, target, []directory.ID{ada, team})
	})
	equal(t, "drift of objects", of, []link.Drift{again})
	update(t, s, func(ctx context.Context, tx link.Tx) error {
		if _, err := tx.Want(ctx, link.Edge{Target: target, Group: team, Member: ada, Wanted: true}); err != nil {
			return err
		}
		if err := tx.SweepDrift(ctx, target, at(9)); err != nil {
			return err
		}
		return tx.DropDrift(ctx, drift(ada, "title", "", "", at(0)))
	})
	equal(t, "what is left", all(), []link.Drift{stranger})
	n := view(t, s, func(ctx context.Context, r link.Reader) (int, error) { return r.CountDrift(ctx, "other") })
	equal(t, "drift elsewhere", n, 1)
}
