package plan

import (
	"fmt"
	"slices"

	"muster/internal/directory"
	"muster/internal/link"
)

// A Verdict is the judgement of one class in one wave.
type Verdict struct {
	Class   link.Class     `json:"class"`
	Count   int            `json:"count"`            // effects in this wave
	Spent   int            `json:"spent"`            // effects of the last 24 hours
	Limit   int            `json:"limit"`            // Count + Spent may reach, not pass it
	Tripped bool           `json:"tripped"`          // the class is held, or only Groups of it
	Groups  []directory.ID `json:"groups,omitempty"` // the class is within its limit, but lines about these groups are held: ten members or more
	Why     string         `json:"why,omitempty"`
}

// A Budget is what limits are judged against.
type Budget struct {
	Have   link.Counts        // what the target holds of ours: percentages refer to it
	Spent  map[link.Class]int // effects of the last 24 hours
	Raised map[link.Class]int // announced windows: the limit is at least this
}

// big is the size from which a group may not be emptied or deleted unasked.
const big = 10

// A limit is how many effects of a class pass in 24 hours: the larger of least and percent of what the target holds, rounded down, but never over most.
type limit struct {
	class   link.Class
	least   int
	percent int
	of      func(link.Counts) int
	most    int // 0 = no ceiling
	what    func(sum) string
}

func users(c link.Counts) int       { return c.Users }
func groups(c link.Counts) int      { return c.Groups }
func memberships(c link.Counts) int { return c.Memberships }

// limits are the limits, in the order of the verdicts.
var limits = []limit{
	{link.Stated, 10, 2, users, 50, removals(" because their source says so")},
	{link.LeftScope, 10, 5, users, 0, removals(" because they left the scope")},
	{link.Missing, 5, 5, users, 0, removals(" because they are missing at their source")},
	{link.Unmember, 50, 20, memberships, 0, nouns("membership removal")},
	{link.GroupDelete, 2, 2, groups, 0, nouns("group deletion")},
	{link.Overwrite, 5, 5, users, 0, nouns("overwritten user name or email", "overwritten user names or emails")},
	{link.Creates, 200, 50, users, 0, nouns("creation")},
}

// A Load is what lines would do, summed up class by class: what limits are judged on. The zero Load is empty.
type Load struct{ of map[link.Class]*sum }

// A sum is what the lines of one class would do.
type sum struct {
	lines, count, deletes int
	large                 []directory.ID // groups of ten members or more that would have none left
}

// Add adds what lines would do.
func (x *Load) Add(lines ...Line) {
	for _, l := range lines {
		if l.Count <= 0 || l.Class == link.NoClass {
			continue
		}
		if x.of == nil {
			x.of = map[link.Class]*sum{}
		}
		s := x.of[l.Class]
		if s == nil {
			s = &sum{}
			x.of[l.Class] = s
		}
		s.lines++
		s.count += l.Count
		if l.Verb == DeleteRemote {
			s.deletes++
		}
		if l.Size >= big && l.Left == 0 {
			s.large = append(s.large, l.Object)
		}
	}
}

// Empty reports whether nothing was added that a limit counts.
func (x *Load) Empty() bool { return len(x.of) == 0 }

// Judge compares what lines would do with the limits, class by class, before the first of them is carried out. It returns a verdict for each class that
// lines have an effect in. Over its limit, a class is held as a whole; within it, a group of ten members or more that would be emptied or deleted is
// held alone, unless the limit was raised. More lines never release what fewer lines hold.
//
// Percentages of a target that holds nothing are nothing: what a new target may receive is decided by the approval of its first plan, not here.
func Judge(b Budget, lines []Line) []Verdict {
	var x Load
	x.Add(lines...)
	return x.Judge(b)
}

// Judge is Judge of the lines that were added.
func (x *Load) Judge(b Budget) []Verdict {
	var out []Verdict
	for _, m := range limits {
		if s := x.of[m.class]; s != nil {
			out = append(out, m.judge(b, *s))
		}
	}
	return out
}

// Tripped returns the verdict that holds l back, and false if none does.
func Tripped(verdicts []Verdict, l Line) (Verdict, bool) {
	for _, v := range verdicts {
		if v.Tripped && v.Class == l.Class && (len(v.Groups) == 0 || slices.Contains(v.Groups, l.Object)) {
			return v, true
		}
	}
	return Verdict{}, false
}

func (m limit) judge(b Budget, s sum) Verdict {
	v := Verdict{Class: m.class, Count: s.count, Spent: b.Spent[m.class], Limit: m.allow(b)}
	v.Why = fmt.Sprintf("%d %s, %d in the last 24 hours; the limit is %d", v.Count, m.what(s), v.Spent, v.Limit)
	if v.Tripped = v.Count+v.Spent > v.Limit; v.Tripped || b.Raised[m.class] > 0 {
		return v
	}
	if v.Groups = unique(slices.Clone(s.large)); len(v.Groups) > 0 {
		v.Tripped = true
		v.Why += fmt.Sprintf("; %d of the groups with %d members or more would have none left", len(v.Groups), big)
	}
	return v
}

// allow returns the limit under b.
func (m limit) allow(b Budget) int {
	have := m.of(b.Have)
	n := max(m.least, have/100*m.percent+have%100*m.percent/100)
	if m.most > 0 {
		n = min(n, m.most)
	}
	return max(n, b.Raised[m.class])
}

// removals says what the lines of a class of removals do.
func removals(why string) func(sum) string {
	return func(s sum) string {
		switch s.deletes {
		case 0:
			return plural(s.lines, "disable", "disables") + why
		case s.lines:
			return plural(s.lines, "delete", "deletes") + why
		}
		return "disables and deletes" + why
	}
}

// nouns says what is counted, in the singular or the plural.
func nouns(one string, many ...string) func(sum) string {
	return func(s sum) string { return plural(s.count, one, append(many, one+"s")[0]) }
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
