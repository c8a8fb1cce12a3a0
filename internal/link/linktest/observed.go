package linktest

import (
	"context"
	"strings"
	"testing"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
)

var index = []attr.Path{"userName", `emails[type eq "work"].value`}

func observed(id connector.RemoteID, userName, email string, n int) link.Observed {
	return link.Observed{Target: target, At: at(n), Remote: connector.Remote{
		ID: id, Kind: connector.User, Active: true, Attrs: attr.Set{"userName": {userName}, `emails[type eq "work"].value`: {email}, "title": {"x"}},
	}}
}

func putObserved(t *testing.T, s directory.Store, seen ...link.Observed) {
	t.Helper()
	update(t, s, func(ctx context.Context, tx link.Tx) error { return tx.PutObserved(ctx, index, seen...) })
}

func find(t *testing.T, s directory.Store, by attr.Path, values ...string) []link.Observed {
	t.Helper()
	return view(t, s, func(ctx context.Context, r link.Reader) ([]link.Observed, error) {
		return r.FindObserved(ctx, target, connector.User, by, values)
	})
}

func testObserved(t *testing.T, s directory.Store) {
	a, b := observed("r1", "Ada", "ada@example.com", 1), observed("r2", "bea", "ADA@example.com", 1)
	long := observed("r3", strings.Repeat("long ", 2000)+"a", "", 1)
	b.Active = false
	group := link.Observed{Target: target, At: at(1), Remote: connector.Remote{ID: "r1", Kind: connector.Group, Active: true, Attrs: attr.Set{"userName": {"ada"}}}}
	putObserved(t, s, a, b, group, long)
	equal(t, "by user name, ignoring case", find(t, s, "userName", "aDA", "nobody"), []link.Observed{a})
	equal(t, "by email: there may be several", find(t, s, index[1], "Ada@Example.com"), []link.Observed{a, b})
	equal(t, "not by what was not indexed", len(find(t, s, "title", "x")), 0)
	equal(t, "long values are told apart", len(find(t, s, "userName", strings.Repeat("long ", 2000)+"b")), 0)
	equal(t, "long values are found", find(t, s, "userName", strings.Repeat("Long ", 2000)+"A"), []link.Observed{long})
	got := view(t, s, func(ctx context.Context, r link.Reader) ([]link.Observed, error) {
		return r.GetObserved(ctx, target, connector.Group, []connector.RemoteID{"r1", "r2"})
	})
	equal(t, "by id", got, []link.Observed{group})

	a2 := observed("r1", "ada.lovelace", "ada@example.com", 2)
	again := b
	again.At = at(2)
	fresh := func(seen ...link.Observed) []link.Observed {
		return view(t, s, func(ctx context.Context, r link.Reader) ([]link.Observed, error) {
			return r.NewObserved(ctx, index, seen...)
		})
	}
	equal(t, "what differs from what is stored, the time aside", fresh(a2, again), []link.Observed{a2})
	putObserved(t, s, a2, again)
	equal(t, "nothing differs any more", len(fresh(a2, again)), 0)
	listed := func(after connector.RemoteID, limit int) []connector.RemoteID {
		return view(t, s, func(ctx context.Context, r link.Reader) ([]connector.RemoteID, error) {
			return r.ListedIDs(ctx, target, connector.User, after, limit)
		})
	}
	equal(t, "ids, in order", listed("", 2), []connector.RemoteID{"r1", "r2"})
	equal(t, "ids, the rest", listed("r2", 2), []connector.RemoteID{"r3"})
	equal(t, "an old value finds nobody", len(find(t, s, "userName", "ada")), 0)
	equal(t, "a new one does", find(t, s, "userName", "ada.lovelace"), []link.Observed{a2})
	equal(t, "what was seen unchanged is as it was, its time too", find(t, s, "userName", "bea"), []link.Observed{b})
	update(t, s, func(ctx context.Context, tx link.Tx) error {
		return tx.DropObserved(ctx, target, connector.User, "r3", "none")
	})
	equal(t, "dropped: what was named", len(find(t, s, "userName", strings.Repeat("long ", 2000)+"a")), 0)
	equal(t, "kept: the others", find(t, s, index[1], "ada@example.com"), []link.Observed{a2, b})
	got = view(t, s, func(ctx context.Context, r link.Reader) ([]link.Observed, error) {
		return r.GetObserved(ctx, target, connector.Group, []connector.RemoteID{"r1"})
	})
	equal(t, "kept: other kinds", got, []link.Observed{group})
}
