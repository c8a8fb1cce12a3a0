package plan_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
)

var classes = []link.Class{link.Stated, link.LeftScope, link.Missing, link.Unmember, link.GroupDelete, link.Overwrite, link.Creates}

// effects returns n lines of a class, each with one effect.
func effects(class link.Class, n int) []plan.Line {
	out := make([]plan.Line, n)
	for i := range out {
		out[i] = plan.Line{Object: directory.ID(fmt.Sprint(class, i)), Verb: plan.DisableUser, Class: class, Count: 1, Size: 1}
	}
	return out
}

// Each limit is the larger of a number and a percentage of what the target holds, rounded down.
func TestJudgeLimits(t *testing.T) {
	tests := []struct {
		class link.Class
		have  int
		want  int
	}{
		{link.Stated, 0, 10},
		{link.Stated, 549, 10},
		{link.Stated, 550, 11},
		{link.Stated, 599, 11},
		{link.Stated, 2500, 50},
		{link.Stated, 100000, 50},
		{link.LeftScope, 0, 10},
		{link.LeftScope, 219, 10},
		{link.LeftScope, 220, 11},
		{link.LeftScope, 100000, 5000},
		{link.Missing, 0, 5},
		{link.Missing, 119, 5},
		{link.Missing, 120, 6},
		{link.Missing, 100000, 5000},
		{link.Unmember, 0, 50},
		{link.Unmember, 254, 50},
		{link.Unmember, 255, 51},
		{link.Unmember, 1000, 200},
		{link.GroupDelete, 0, 2},
		{link.GroupDelete, 149, 2},
		{link.GroupDelete, 150, 3},
		{link.Overwrite, 0, 5},
		{link.Overwrite, 119, 5},
		{link.Overwrite, 120, 6},
		{link.Creates, 0, 200},
		{link.Creates, 401, 200},
		{link.Creates, 402, 201},
		{link.LeftScope, math.MaxInt, math.MaxInt / 20},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.class, " of ", tt.have), func(t *testing.T) {
			b := plan.Budget{Have: link.Counts{Users: tt.have}}
			switch tt.class {
			case link.Unmember:
				b.Have = link.Counts{Memberships: tt.have}
			case link.GroupDelete:
				b.Have = link.Counts{Groups: tt.have}
			}
			got := plan.Judge(b, effects(tt.class, 1))
			if len(got) != 1 || got[0].Class != tt.class || got[0].Limit != tt.want || got[0].Tripped {
				t.Fatalf("got %+v, want the limit %d", got, tt.want)
			}
			if tt.want > 6000 {
				return
			}
			if at := plan.Judge(b, effects(tt.class, tt.want))[0]; at.Tripped {
				t.Errorf("%d effects tripped the limit %d", tt.want, tt.want)
			}
			if over := plan.Judge(b, effects(tt.class, tt.want+1))[0]; !over.Tripped {
				t.Errorf("%d effects did not trip the limit %d", tt.want+1, tt.want)
			}
		})
	}
}

func TestJudge(t *testing.T) {
	members := func(object directory.ID, n, size, left int) plan.Line {
		return plan.Line{Object: object, Verb: plan.RemoveMembers, Class: link.Unmember, Count: n, Size: size, Left: left}
	}
	deletes := func(object directory.ID, size int) plan.Line {
		return plan.Line{Object: object, Verb: plan.DeleteRemote, Class: link.GroupDelete, Count: 1, Size: size}
	}
	spent := func(class link.Class, n int) plan.Budget { return plan.Budget{Spent: map[link.Class]int{class: n}} }
	raised := func(class link.Class, n int) plan.Budget { return plan.Budget{Raised: map[link.Class]int{class: n}} }
	mixed := effects(link.LeftScope, 3)
	mixed[1].Verb = plan.DeleteRemote

	tests := []struct {
		name   string
		budget plan.Budget
		lines  []plan.Line
		held   []bool // of each line
		why    string
	}{
		{"stated", plan.Budget{}, effects(link.Stated, 14), all(14, true), "14 disables because their source says so, 0 in the last 24 hours; the limit is 10"},
		{"what was spent counts", spent(link.Stated, 8), effects(link.Stated, 3), all(3, true), "3 disables because their source says so, 8 in the last 24 hours; the limit is 10"},
		{"what other classes spent does not", spent(link.Missing, 8), effects(link.Stated, 3), all(3, false), "3 disables because their source says so, 0 in the last 24 hours; the limit is 10"},
		{"raised", raised(link.Stated, 100), effects(link.Stated, 100), all(100, false), "100 disables because their source says so, 0 in the last 24 hours; the limit is 100"},
		{"raised, and more", raised(link.Stated, 100), effects(link.Stated, 101), all(101, true), "101 disables because their source says so, 0 in the last 24 hours; the limit is 100"},
		{"raised below the limit", raised(link.Stated, 1), effects(link.Stated, 9), all(9, false), "9 disables because their source says so, 0 in the last 24 hours; the limit is 10"},
		{"left, one of them a delete", plan.Budget{}, mixed, all(3, false), "3 disables and deletes because they left the scope, 0 in the last 24 hours; the limit is 10"},
		{"missing", plan.Budget{}, effects(link.Missing, 6), all(6, true), "6 disables because they are missing at their source, 0 in the last 24 hours; the limit is 5"},
		{"names", plan.Budget{}, effects(link.Overwrite, 1), all(1, false), "1 overwritten user name or email, 0 in the last 24 hours; the limit is 5"},
		{"creates", plan.Budget{}, effects(link.Creates, 201), all(201, true), "201 creations, 0 in the last 24 hours; the limit is 200"},
		{
			"memberships of lines add up",
			plan.Budget{},
			[]plan.Line{members("g1", 30, 100, 70), members("g2", 21, 100, 79)},
			all(2, true), "51 membership removals, 0 in the last 24 hours; the limit is 50",
		},
		{
			"a group of ten emptied is held alone",
			plan.Budget{},
			[]plan.Line{members("g1", 6, 10, 0), members("g2", 9, 9, 0), members("g3", 10, 11, 1), members("g1", 4, 10, 0)},
			[]bool{true, false, false, true},
			"29 membership removals, 0 in the last 24 hours; the limit is 50; 1 of the groups with 10 members or more would have none left",
		},
		{"a group of ten emptied in a window", raised(link.Unmember, 10), []plan.Line{members("g1", 10, 10, 0)}, all(1, false), "10 membership removals, 0 in the last 24 hours; the limit is 50"},
		{
			"a group of ten deleted is held alone",
			plan.Budget{},
			[]plan.Line{deletes("g1", 10), deletes("g2", 9)},
			[]bool{true, false},
			"2 group deletions, 0 in the last 24 hours; the limit is 2; 1 of the groups with 10 members or more would have none left",
		},
		{"three groups", plan.Budget{}, []plan.Line{deletes("g1", 1), deletes("g2", 0), deletes("g3", 0)}, all(3, true), "3 group deletions, 0 in the last 24 hours; the limit is 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := plan.Judge(tt.budget, tt.lines)
			if len(got) != 1 || got[0].Why != tt.why {
				t.Fatalf("got %+v, want one verdict: %s", got, tt.why)
			}
			if diff := cmp.Diff(tt.held, held(got, tt.lines)); diff != "" {
				t.Errorf("held differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestJudgeHoldsOnlyTheTrippedClass(t *testing.T) {
	lines := slices.Concat(effects(link.Missing, 6), effects(link.Stated, 2), effects(link.Creates, 1), []plan.Line{{Verb: plan.Update}, {Verb: plan.Skip, Of: plan.DisableUser}})
	got := plan.Judge(plan.Budget{}, lines)
	if len(got) != 3 || got[0].Class != link.Stated || got[1].Class != link.Missing || got[2].Class != link.Creates {
		t.Fatalf("got %+v, want stated, missing and creates in this order", got)
	}
	if diff := cmp.Diff(append(all(6, true), all(5, false)...), held(got, lines)); diff != "" {
		t.Errorf("held differ (-want +got):\n%s", diff)
	}
}

// An account that is created and then disabled counts once, and both its lines are held together.
func TestJudgeHoldsADisableWithItsCreate(t *testing.T) {
	lines := append(effects(link.Creates, 200), plan.Line{Verb: plan.DisableUser, Class: link.Creates})
	if got := held(plan.Judge(plan.Budget{}, lines), lines); slices.Contains(got, true) {
		t.Errorf("the disable counted as one more create")
	}
	lines = append(lines, effects(link.Creates, 1)...)
	if got := held(plan.Judge(plan.Budget{}, lines), lines); slices.Contains(got, false) {
		t.Errorf("a part of the class was not held: %v", got)
	}
}

func all(n int, v bool) []bool {
	out := make([]bool, n)
	for i := range out {
		out[i] = v
	}
	return out
}

func held(v []plan.Verdict, lines []plan.Line) []bool {
	out := make([]bool, len(lines))
	for i, l := range lines {
		_, out[i] = plan.Tripped(v, l)
	}
	return out
}

// More lines never release what fewer lines hold; more room never holds what less room lets pass.
func TestJudgeIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var lines []plan.Line
		for i := range rapid.IntRange(1, 60).Draw(t, "lines") {
			lines = append(lines, plan.Line{
				Object: directory.ID(fmt.Sprint(i % 40)), Class: anyOf(t, classes, "class"), Count: rapid.IntRange(0, 20).Draw(t, "count"),
				Size: rapid.IntRange(0, 12).Draw(t, "size"), Left: rapid.IntRange(0, 1).Draw(t, "left"),
			})
		}
		n := func(label string) int { return rapid.IntRange(0, 500).Draw(t, label) }
		class := anyOf(t, classes, "spent class")
		b := plan.Budget{Have: link.Counts{Users: n("users"), Groups: n("groups"), Memberships: n("memberships")}, Spent: map[link.Class]int{class: n("spent")}}
		all := held(plan.Judge(b, lines), lines)

		fewer := lines[:rapid.IntRange(0, len(lines)).Draw(t, "fewer")]
		released(t, "more lines", held(plan.Judge(b, fewer), fewer), all)

		more := b
		more.Spent = map[link.Class]int{class: b.Spent[class] + n("more spent")}
		released(t, "more spent", all, held(plan.Judge(more, lines), lines))

		room := b
		room.Have.Users += n("more users")
		room.Raised = map[link.Class]int{class: n("raised")}
		released(t, "less room", held(plan.Judge(room, lines), lines), all)
	})
}

// released fails if something that was held before is not held after.
func released(t *rapid.T, what string, before, after []bool) {
	for i := range before {
		if before[i] && !after[i] {
			t.Fatalf("%s released line %d", what, i)
		}
	}
}
