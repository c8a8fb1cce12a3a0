package linktest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"muster/internal/directory"
	"muster/internal/link"
)

func edge(group, member directory.ID) link.Edge {
	return link.Edge{Target: target, Group: group, Member: member, Wanted: true}
}

func want(t *testing.T, s directory.Store, edges ...link.Edge) int {
	t.Helper()
	n := 0
	update(t, s, func(ctx context.Context, tx link.Tx) (err error) { n, err = tx.Want(ctx, edges...); return err })
	return n
}

func seen(t *testing.T, s directory.Store, edges ...link.Edge) {
	t.Helper()
	update(t, s, func(ctx context.Context, tx link.Tx) error { return tx.Seen(ctx, edges...) })
}

func edges(t *testing.T, s directory.Store, group directory.ID) []link.Edge {
	t.Helper()
	return view(t, s, func(ctx context.Context, r link.Reader) ([]link.Edge, error) { return r.Edges(ctx, target, group) })
}

func open(t *testing.T, s directory.Store, group, member directory.ID, limit int) []link.Edge {
	t.Helper()
	return view(t, s, func(ctx context.Context, r link.Reader) ([]link.Edge, error) {
		return r.OpenEdges(ctx, target, group, member, limit)
	})
}

func off(e link.Edge) link.Edge {
	e.Wanted, e.Applied = false, false
	return e
}

func testEdges(t *testing.T, s directory.Store) {
	g, h, p, q := directory.NewID(), directory.NewID(), directory.NewID(), directory.NewID()
	gp, gq, hp := edge(g, p), edge(g, q), edge(h, p)
	other := link.Edge{Target: "other", Group: g, Member: p, Wanted: true}
	equal(t, "edges that became wanted", want(t, s, gp, gq, hp, other, gp), 4)
	equal(t, "wanting them again changes none", want(t, s, gp, gq, hp), 0)
	equal(t, "edges of a group, by member", edges(t, s, g), []link.Edge{gp, gq})
	equal(t, "open edges of everybody, by group", open(t, s, "", "", 10), []link.Edge{gp, gq, hp})
	equal(t, "open edges of a group", open(t, s, h, "", 10), []link.Edge{hp})
	equal(t, "open edges of a member", open(t, s, "", p, 10), []link.Edge{gp, hp})
	equal(t, "at most so many", open(t, s, "", "", 2), []link.Edge{gp, gq})

	foreign := link.Edge{Target: target, Group: g, Foreign: "r-nobody", Applied: true}
	applied := gp
	applied.Applied = true
	seen(t, s, applied, foreign)
	equal(t, "seen edges keep Wanted", edges(t, s, g), []link.Edge{foreign, applied, gq})
	equal(t, "applied edges of a group", view(t, s, func(ctx context.Context, r link.Reader) (int, error) { return r.CountApplied(ctx, target, g) }), 2)
	equal(t, "counts", view(t, s, func(ctx context.Context, r link.Reader) (link.Counts, error) { return r.CountLinks(ctx, target) }), link.Counts{Memberships: 2})
	equal(t, "open: wanted but not applied, applied but not wanted", open(t, s, g, "", 10), []link.Edge{foreign, gq})
	of := view(t, s, func(ctx context.Context, r link.Reader) ([]link.Edge, error) {
		return r.EdgesOf(ctx, target, []directory.ID{p, directory.NewID()})
	})
	slices.SortFunc(of, func(a, b link.Edge) int { return strings.Compare(string(a.Group), string(b.Group)) })
	equal(t, "edges of a member", of, []link.Edge{applied, hp})
}

func testEdgeDrop(t *testing.T, s directory.Store) {
	g, p, q := directory.NewID(), directory.NewID(), directory.NewID()
	gp, gq := edge(g, p), edge(g, q)
	want(t, s, gp, gq)
	gq.Applied = true
	seen(t, s, gq)
	equal(t, "edges no longer wanted", want(t, s, off(gp), off(gq), off(edge(g, directory.NewID()))), 2)
	gq.Wanted = false
	equal(t, "one neither wanted nor applied is dropped", edges(t, s, g), []link.Edge{gq})
	equal(t, "wanting less again changes none", want(t, s, off(gp), off(gq)), 0)
	seen(t, s, off(gq))
	equal(t, "the last flag off drops the edge", len(edges(t, s, g)), 0)
}

// testEdgeCounts proves that the numbers of applied edges, which are kept and not counted, are always those of the edges.
func testEdgeCounts(t *testing.T, s directory.Store) {
	epoch := lead(t, s)
	g, h := directory.NewID(), directory.NewID()
	var all []link.Edge
	for i := range 300 { // more than fit into one statement
		e := edge(g, directory.NewID())
		if i == 299 {
			e = edge(h, e.Member)
		}
		all = append(all, e)
	}
	check := func(what string, inG, inH int) {
		t.Helper()
		for group, n := range map[directory.ID]int{g: inG, h: inH} {
			equal(t, what, view(t, s, func(ctx context.Context, r link.Reader) (int, error) { return r.CountApplied(ctx, target, group) }), n)
		}
		equal(t, what+", in all", view(t, s, func(ctx context.Context, r link.Reader) (link.Counts, error) { return r.CountLinks(ctx, target) }), link.Counts{Memberships: inG + inH})
	}
	want(t, s, all...)
	check("wanted edges do not count", 0, 0)
	put := func(applied, wanted bool, edges ...link.Edge) {
		t.Helper()
		i, out := intent(g), make([]link.Edge, len(edges))
		for n, e := range edges {
			e.Applied, e.Wanted = applied, wanted
			out[n] = e
		}
		begin(t, s, epoch, i)
		settle(t, s, link.Outcome{Intent: i.ID, Result: link.Done, At: at(1), Edges: out})
	}
	put(true, true, all...)
	put(true, true, all[:10]...)
	check("settled edges, some twice", 299, 1)
	seen(t, s, all[:100]...) // Applied is off
	seen(t, s, all[:100]...)
	check("edges that are not there any more", 199, 1)
	want(t, s, off(all[150]), off(all[0]))
	check("edges not wanted any more", 199, 1)
	put(false, false, all[150:160]...)
	put(false, false, all[299])
	check("removed edges", 189, 0)
}

func testMemberIntervals(t *testing.T, s directory.Store) {
	epoch := lead(t, s)
	g, p, q := directory.NewID(), directory.NewID(), directory.NewID()
	want(t, s, edge(g, p), edge(g, q))
	add, remove := intent(g), intent(g)
	add.Verb, add.Add, remove.Verb, remove.Remove, remove.Cause, remove.Run = "members", []directory.ID{p, q}, "members", []directory.ID{p}, directory.Left, "run2"
	begin(t, s, epoch, add, remove)
	in, in2, out := edge(g, p), edge(g, q), off(edge(g, p))
	in.Applied, in2.Applied = true, true
	settle(t, s, link.Outcome{Intent: add.ID, Result: link.Done, At: at(1), Edges: []link.Edge{in, in2}})
	equal(t, "edges as settled", edges(t, s, g), []link.Edge{in, in2})
	settle(t, s, link.Outcome{Intent: remove.ID, Result: link.Done, At: at(2), Edges: []link.Edge{out}})
	equal(t, "a removed edge is dropped", edges(t, s, g), []link.Edge{in2})
	i := link.Interval{Target: target, What: "member", Object: g}
	inP, inQ, outP := i, i, i
	inP.Member, inP.Value, inP.From, inP.To, inP.Run = p, "in", at(1), at(2), "run1"
	inQ.Member, inQ.Value, inQ.From, inQ.Run = q, "in", at(1), "run1"
	outP.Member, outP.Value, outP.From, outP.Run, outP.Cause = p, "out", at(2), "run2", "left"
	equal(t, "intervals follow memberships", intervals(t, s, g), []link.Interval{inP, inQ, outP})
}

func testPutInterval(t *testing.T, s directory.Store) {
	o := directory.NewID()
	put := func(value string, n int) {
		t.Helper()
		update(t, s, func(ctx context.Context, tx link.Tx) error {
			return tx.PutInterval(ctx, link.Interval{Target: target, What: "scope", Object: o, Value: value, From: at(n), Cause: "why", Run: "r"})
		})
	}
	put("in", 1)
	put("in", 2)
	put("out", 3)
	put("in", 3) // the same moment: what was empty is replaced
	var got [][3]string
	for _, i := range intervals(t, s, o) {
		end := "still"
		if !i.To.IsZero() {
			end = i.To.Sub(start).String()
		}
		got = append(got, [3]string{i.Value, i.From.Sub(start).String(), end})
	}
	rules := link.Interval{Target: target, What: link.Rules, Value: "abc", From: at(4), Cause: "plan p1, approved by olivia"}
	update(t, s, func(ctx context.Context, tx link.Tx) error { return tx.PutInterval(ctx, rules) })
	equal(t, "intervals of the target itself", intervals(t, s, ""), []link.Interval{rules})
	equal(t, "intervals of an object that nobody has heard of", intervals(t, s, directory.NewID()), nil)
	equal(t, "intervals neither overlap nor repeat", got, [][3]string{{"in", "1m0s", "3m0s"}, {"in", "3m0s", "still"}})
}
