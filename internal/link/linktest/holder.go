package linktest

import (
	"context"
	"testing"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
)

// No account is held by two links of a target, whichever way the second one comes; one that was given up may be taken. P1.
func testOneHolder(t *testing.T, s directory.Store) {
	holder := linked(directory.NewID(), "r1")
	putLinks(t, s, holder)
	put := func(links ...link.Link) error {
		return try(t, s, func(ctx context.Context, tx link.Tx) error { return tx.Put(ctx, links...) })
	}
	second := linked(directory.NewID(), "r1")
	is(t, "a second link by put", put(second), directory.ErrConflict)
	is(t, "two links in one put", put(linked(directory.NewID(), "r2"), linked(directory.NewID(), "r2")), directory.ErrConflict)

	epoch := lead(t, s)
	create := intent(second.Object)
	begin(t, s, epoch, create)
	answer := done(create, at(1))
	answer.Link.Remote = "r1"
	is(t, "a second link by settle", try(t, s, func(ctx context.Context, tx link.Tx) error { return tx.Settle(ctx, answer) }), directory.ErrConflict)
	equal(t, "who holds the account", holders(t, s, "r1"), []directory.ID{holder.Object})
	equal(t, "nothing was stored of the settle", len(view(t, s, func(ctx context.Context, r link.Reader) ([]link.Intent, error) {
		return r.Open(ctx, target)
	})), 1)

	group, elsewhere := linked(directory.NewID(), "r1"), linked(directory.NewID(), "r1")
	group.Kind, elsewhere.Target = connector.Group, "other"
	is(t, "the same id of another kind, and at another target", put(group, elsewhere), nil)
	closed := holder
	closed.State, closed.Active = link.Closed, false
	is(t, "a disabled account", put(closed), nil)
	is(t, "belongs to whom it was disabled for", put(second), directory.ErrConflict)
	for name, ended := range map[string]link.Link{
		"lost":    {State: link.Lost, Remote: "r1"},
		"deleted": {State: link.Closed, Remote: "r1"},
		"removed": {},
	} {
		ended.Target, ended.Object, ended.Kind = target, holder.Object, connector.User
		is(t, name+": given up and taken at once", put(ended, second), nil)
		is(t, name+": back again", put(link.Link{Target: target, Object: second.Object, Kind: connector.User}, holder), nil)
	}
}

func holders(t *testing.T, s directory.Store, remote connector.RemoteID) []directory.ID {
	t.Helper()
	var out []directory.ID
	for _, l := range view(t, s, func(ctx context.Context, r link.Reader) ([]link.Link, error) {
		return r.ByRemote(ctx, target, connector.User, []connector.RemoteID{remote})
	}) {
		out = append(out, l.Object)
	}
	return out
}
