package plan_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
)

var (
	joins  = func(m directory.ID) link.Edge { return link.Edge{Group: "team0", Member: m, Wanted: true} }
	leaves = func(m directory.ID) link.Edge { return link.Edge{Group: "team0", Member: m, Applied: true} }
	stays  = func(m directory.ID) link.Edge {
		return link.Edge{Group: "team0", Member: m, Wanted: true, Applied: true}
	}
	foreign = func(r connector.RemoteID) link.Edge { return link.Edge{Group: "team0", Foreign: r, Applied: true} }
)

// briefMembers tells a membership line in a few words.
func briefMembers(l plan.Line) string {
	if l.Verb == plan.AddMembers {
		return fmt.Sprintf("%s+%v", l.Remote, l.Add)
	}
	return fmt.Sprintf("%s-%v%v [%s %d] %d>%d", l.Remote, l.Remove, l.Foreign, l.Class, l.Count, l.Size, l.Left)
}

func TestMembers(t *testing.T) {
	empties := rules(func(p *plan.Policy) { p.Remove = plan.Empty })
	tests := []struct {
		name    string
		row     row
		open    []link.Edge
		applied int
		merge   bool
		want    []string
	}{
		{"nothing open", team(linked(link.Linked, true)), nil, 7, false, nil},
		{"equal edges are passed over", team(linked(link.Linked, true)), []link.Edge{stays("a"), {Member: "b"}}, 7, false, nil},
		{
			"removals first, in order, in batches of two", team(linked(link.Linked, true), lacks(func(f *connector.Features) { f.MemberBatch = 2 })),
			[]link.Edge{joins("z"), leaves("c"), foreign("x"), joins("y"), leaves("a"), leaves("b"), joins("w"), stays("d")},
			11, false,
			[]string{"r1-[a b][] [memberships 2] 11>7", "r1-[c][x] [memberships 2] 11>7", "r1+[w y]", "r1+[z]"},
		},
		{"repetitions count once", team(linked(link.Linked, true)), []link.Edge{leaves("a"), leaves("a"), joins("b"), joins("b")}, 3, false, []string{"r1-[a][] [memberships 1] 3>2", "r1+[b]"}},
		{"merge removes nobody", team(linked(link.Linked, true)), []link.Edge{leaves("a"), foreign("x"), joins("b")}, 3, true, []string{"r1+[b]"}},
		{"everybody changes: additions do not count as left", team(linked(link.Linked, true)), []link.Edge{leaves("a"), joins("b")}, 1, false, []string{"r1-[a][] [memberships 1] 1>0", "r1+[b]"}},
		{"counted too low", team(linked(link.Linked, true)), []link.Edge{leaves("a")}, 0, false, []string{"r1-[a][] [memberships 1] 0>0"}},
		{"to be created", team(), []link.Edge{joins("a")}, 0, false, []string{"+[a]"}},
		{"lost, to be created", team(linked(link.Lost, true)), []link.Edge{joins("a")}, 0, false, []string{"+[a]"}},
		{"not to be created", team(rules(func(p *plan.Policy) { p.Create = false })), []link.Edge{joins("a")}, 0, false, nil},
		{"waits for a value", team(lacking), []link.Edge{joins("a")}, 0, false, nil},
		{"linked, and waits for a value", team(linked(link.Linked, true), lacking), []link.Edge{joins("a")}, 0, false, []string{"r1+[a]"}},
		{"waits for a person", team(asking), []link.Edge{joins("a")}, 0, false, nil},
		{"scope unknown", team(linked(link.Linked, true), func(r *row) { r.want.Scope = plan.Unknown }), []link.Edge{leaves("a"), joins("b")}, 1, false, nil},
		{"no groups there", team(linked(link.Linked, true), lacks(func(f *connector.Features) { f.Groups = false })), []link.Edge{leaves("a")}, 1, false, nil},
		{"out, to be deleted", team(linked(link.Linked, true), out(directory.Left)), []link.Edge{leaves("a")}, 1, false, nil},
		{"out, to be emptied", team(linked(link.Linked, true), out(directory.Left), empties), []link.Edge{leaves("a"), joins("b")}, 1, false, []string{"r1-[a][] [memberships 1] 1>0"}},
		{"gone, to be emptied", team(linked(link.Linked, true), disabled, empties), []link.Edge{leaves("a"), joins("b")}, 1, false, []string{"r1-[a][] [memberships 1] 1>0"}},
		{"out, to be emptied, merge", team(linked(link.Linked, true), out(directory.Left), empties), []link.Edge{leaves("a")}, 1, true, nil},
		{"out, to be emptied, off", team(linked(link.Linked, true), out(directory.Left), empties, rules(func(p *plan.Policy) { p.Removing = false })), []link.Edge{leaves("a")}, 1, false, nil},
		{"out, to be emptied, asks", team(linked(link.Linked, true), out(directory.Left), empties, asking), []link.Edge{leaves("a")}, 1, false, nil},
		{"out, closed", team(linked(link.Closed, true), out(directory.Left), empties), []link.Edge{leaves("a")}, 1, false, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, l := range plan.Members(tt.row.want, tt.row.have, tt.open, tt.applied, tt.merge, tt.row.can) {
				got = append(got, briefMembers(l))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("lines differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMembersTakesAHundredByDefault(t *testing.T) {
	var open []link.Edge
	for i := range 250 {
		open = append(open, joins(directory.ID(fmt.Sprintf("%03d", i))))
	}
	r := team(linked(link.Linked, true))
	var sizes []int
	for _, l := range plan.Members(r.want, r.have, open, 0, false, r.can) {
		sizes = append(sizes, len(l.Add))
	}
	if diff := cmp.Diff([]int{100, 100, 50}, sizes); diff != "" {
		t.Errorf("sizes of the lines differ (-want +got):\n%s", diff)
	}
}

// drawEdges draws edges of one group without repetitions.
func drawEdges(t *rapid.T) []link.Edge {
	members := rapid.SliceOfNDistinct(rapid.IntRange(0, 30), 0, 20, rapid.ID[int]).Draw(t, "members")
	var out []link.Edge
	for _, m := range members {
		e := link.Edge{Group: "team0", Member: directory.ID(fmt.Sprintf("m%02d", m)), Wanted: flip(t, "wanted"), Applied: flip(t, "applied")}
		if m > 25 {
			e.Foreign, e.Member, e.Wanted = connector.RemoteID(e.Member), "", false
		}
		out = append(out, e)
	}
	return out
}

func countApplied(edges []link.Edge) int {
	n := 0
	for _, e := range edges {
		if e.Applied {
			n++
		}
	}
	return n
}

// applyMembers carries lines out.
func applyMembers(edges []link.Edge, lines []plan.Line) []link.Edge {
	out := slices.Clone(edges)
	for _, l := range lines {
		for i, e := range out {
			switch {
			case e.Member != "" && slices.Contains(l.Add, e.Member):
				out[i].Applied = true
			case e.Member != "" && slices.Contains(l.Remove, e.Member), e.Foreign != "" && slices.Contains(l.Foreign, e.Foreign):
				out[i].Applied = false
			}
		}
	}
	return out
}

// Each open edge is in exactly one line of the right size, whatever the order of the edges; after success nothing is left to do.
func membersSettle(t *rapid.T) {
	r := team(linked(link.Linked, true))
	r.can, r.can.Groups = drawFeatures(t), true
	edges, merge := drawEdges(t), flip(t, "merge")
	first := plan.Members(r.want, r.have, edges, countApplied(edges), merge, r.can)
	shuffled := rapid.Permutation(edges).Draw(t, "shuffled")
	if diff := cmp.Diff(first, plan.Members(r.want, r.have, shuffled, countApplied(edges), merge, r.can)); diff != "" {
		t.Fatalf("the order of the edges shows:\n%s", diff)
	}
	named, open := 0, 0
	for _, l := range first {
		n := len(l.Add) + len(l.Remove) + len(l.Foreign)
		if named += n; n == 0 || r.can.MemberBatch > 0 && n > r.can.MemberBatch {
			t.Fatalf("a line of %d members, batch %d", n, r.can.MemberBatch)
		}
	}
	for _, e := range edges {
		if e.Wanted && !e.Applied || e.Applied && !e.Wanted && !merge {
			open++
		}
	}
	if named != open {
		t.Fatalf("%d edges are open, lines name %d", open, named)
	}
	after := applyMembers(edges, first)
	if again := plan.Members(r.want, r.have, after, countApplied(after), merge, r.can); len(again) > 0 {
		t.Fatalf("then again %v", again)
	}
}

func TestMembersSettle(t *testing.T) { rapid.Check(t, membersSettle) }

func FuzzMembersSettle(f *testing.F) { f.Fuzz(rapid.MakeFuzz(membersSettle)) }
