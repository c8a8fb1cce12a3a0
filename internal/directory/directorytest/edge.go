package directorytest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"muster/internal/directory"
)

func newIDs(n int) []directory.ID {
	out := make([]directory.ID, n)
	for i := range out {
		out[i] = directory.NewID()
	}
	return out
}

func members(t *testing.T, s directory.Store, group directory.ID) []directory.ID {
	t.Helper()
	return view(t, s, func(ctx context.Context, r directory.Reader) ([]directory.ID, error) {
		return r.Members(ctx, group, "", 1_000_000)
	})
}

func membersOf(t *testing.T, s directory.Store, groups []directory.ID, after directory.ID, limit int) []directory.ID {
	t.Helper()
	return view(t, s, func(ctx context.Context, r directory.Reader) ([]directory.ID, error) {
		return r.MembersOf(ctx, groups, after, limit)
	})
}

func testEdges(t *testing.T, s directory.Store) {
	g, h := group("g"), group("h")
	put(t, s, g, h)
	p := newIDs(5)
	putEdges(t, s, g.ID, p[:4], nil)
	putEdges(t, s, g.ID, []directory.ID{p[4], p[0], p[0]}, []directory.ID{p[1], p[1], directory.NewID()})
	putEdges(t, s, h.ID, p[:1], nil)
	equal(t, "members after adds and removals", members(t, s, g.ID), sorted(p[0], p[2], p[3], p[4]))
	page := view(t, s, func(ctx context.Context, r directory.Reader) ([]directory.ID, error) {
		return r.Members(ctx, g.ID, p[0], 2)
	})
	equal(t, "a page of members", page, []directory.ID{p[2], p[3]})
	edges := view(t, s, func(ctx context.Context, r directory.Reader) ([]directory.Edge, error) {
		return r.GroupsOf(ctx, []directory.ID{p[0], p[1]})
	})
	slices.SortFunc(edges, func(a, b directory.Edge) int { return slices.Compare([]directory.ID{a.Group}, []directory.ID{b.Group}) })
	equal(t, "groups of members", edges, []directory.Edge{{Group: g.ID, Member: p[0]}, {Group: h.ID, Member: p[0]}})
	for _, groups := range [][]directory.ID{{g.ID, h.ID}, append(newIDs(40), g.ID, h.ID)} {
		in := view(t, s, func(ctx context.Context, r directory.Reader) ([]directory.ID, error) { return r.Within(ctx, groups, p) })
		equal(t, fmt.Sprintf("within %d groups", len(groups)), sorted(in...), sorted(p[0], p[2], p[3], p[4]))
	}
	both := []directory.ID{g.ID, h.ID}
	equal(t, "all members of two groups, each once", membersOf(t, s, both, "", 9), sorted(p[0], p[2], p[3], p[4]))
	equal(t, "a page of them", membersOf(t, s, append(newIDs(40), both...), p[0], 2), []directory.ID{p[2], p[3]})
	equal(t, "members of no group", membersOf(t, s, nil, "", 9), nil)
	equal(t, "how many", view(t, s, func(ctx context.Context, r directory.Reader) (int, error) { return r.CountMembersOf(ctx, both) }), 4)
	putEdges(t, s, g.ID, p[1:2], nil)
	equal(t, "a member comes back", len(members(t, s, g.ID)), 5)
}

func testCycles(t *testing.T, s directory.Store) {
	a, b, c, d := group("a"), group("b"), group("c"), group("d")
	ada := person("ada")
	put(t, s, a, b, c, d, ada)
	putEdges(t, s, a.ID, []directory.ID{b.ID}, nil)
	putEdges(t, s, b.ID, []directory.ID{c.ID, ada.ID}, nil)
	putEdges(t, s, c.ID, []directory.ID{a.ID, c.ID}, nil)
	putEdges(t, s, d.ID, []directory.ID{a.ID}, nil)
	above := func(g ...directory.ID) []directory.ID {
		return sorted(view(t, s, func(ctx context.Context, r directory.Reader) ([]directory.ID, error) { return r.Above(ctx, g) })...)
	}
	below := func(g ...directory.ID) []directory.ID {
		return sorted(view(t, s, func(ctx context.Context, r directory.Reader) ([]directory.ID, error) { return r.Below(ctx, g) })...)
	}
	equal(t, "above c: the cycle and what contains it", above(c.ID), sorted(a.ID, b.ID, c.ID, d.ID))
	equal(t, "above d: itself", above(d.ID), []directory.ID{d.ID})
	equal(t, "above nothing", above(), nil)
	equal(t, "below b: the cycle, no people", below(b.ID), sorted(a.ID, b.ID, c.ID))
	equal(t, "below d: everything in it", below(d.ID), sorted(a.ID, b.ID, c.ID, d.ID))
	putEdges(t, s, c.ID, nil, []directory.ID{a.ID})
	equal(t, "above a once the cycle is cut", above(a.ID), sorted(a.ID, d.ID))
	equal(t, "below c once the cycle is cut", below(c.ID), []directory.ID{c.ID})
	equal(t, "below two groups", below(c.ID, a.ID), sorted(a.ID, b.ID, c.ID))
}

func testManyMembers(t *testing.T, s directory.Store) {
	g := group("everybody")
	put(t, s, g)
	p := newIDs(25_000)
	putEdges(t, s, g.ID, p, nil)
	equal(t, "25,000 members in one call", len(members(t, s, g.ID)), len(p))
	in := view(t, s, func(ctx context.Context, r directory.Reader) ([]directory.ID, error) {
		return r.Within(ctx, []directory.ID{g.ID}, p[5:10])
	})
	equal(t, "within a big group", sorted(in...), sorted(p[5:10]...))
	putEdges(t, s, g.ID, nil, p[1:])
	equal(t, "all but one removed", members(t, s, g.ID), p[:1])
}
