package docs

import (
	"fmt"
	"strings"

	"muster/internal/link"
	"muster/internal/plan"
)

// classes are the limits in the order in which they are told, with what they count.
var classes = []struct {
	class link.Class
	what  string
	of    string
}{
	{link.Stated, "people disabled or deleted because their source says so: disabled, expired, deleted, or closed by an operator", "accounts"},
	{link.LeftScope, "people disabled or deleted because they left the scope of the target", "accounts"},
	{link.Missing, "people disabled or deleted because they are not to be found at the source any more", "accounts"},
	{link.Unmember, "members taken out of groups", "memberships"},
	{link.GroupDelete, "groups deleted", "groups"},
	{link.Overwrite, "user names and emails overwritten with another value", "accounts"},
	{link.Creates, "accounts and groups created", "accounts"},
}

// much is a size of target at which percentages can be read off exactly.
const much = 1_000_000

// limits is the page about limits. Its numbers are asked of package plan.
func limits() string {
	var b strings.Builder
	b.WriteString(limitsIntroduction)
	b.WriteString("| limit | counts | at least | or this share | at most |\n|---|---|---|---|---|\n")
	for _, c := range classes {
		least, share, most := shape(c.class)
		fmt.Fprintf(&b, "| `%s` | %s | %d | %s | %s |\n", c.class, c.what, least, percent(share, c.of), ceiling(most))
	}
	b.WriteString(limitsRest)
	b.WriteString("| the target holds |")
	sizes := []int{50, 500, 5_000, 50_000}
	for _, n := range sizes {
		fmt.Fprintf(&b, " %d |", n)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(sizes)) + "\n")
	for _, c := range classes {
		fmt.Fprintf(&b, "| `%s` |", c.class)
		for _, n := range sizes {
			fmt.Fprintf(&b, " %d |", allowed(c.class, n))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// allowed asks package plan how many effects of a class pass at a target that holds n of everything.
func allowed(class link.Class, n int) int {
	line := plan.Line{Class: class, Count: 1}
	return plan.Judge(plan.Budget{Have: link.Counts{Users: n, Groups: n, Memberships: n}}, []plan.Line{line})[0].Limit
}

// shape finds out of what a limit is made. A class whose share grows on is without a ceiling.
func shape(class link.Class) (least, share, most int) {
	least = allowed(class, 0)
	if allowed(class, 2*much) == allowed(class, much) {
		most = allowed(class, much)
	}
	for n := 100; n <= much; n += 100 {
		if got := allowed(class, n); got > least && (most == 0 || got < most) {
			return least, got * 100 / n, most
		}
	}
	return least, 0, most
}

func percent(share int, of string) string { return fmt.Sprintf("%d %% of the %s", share, of) }

func ceiling(most int) string {
	if most == 0 {
		return "–"
	}
	return fmt.Sprint(most)
}

const limitsIntroduction = `# Limits

Each target has these limits. They cannot be set in the configuration, and nothing switches them off. A limit is the larger of a number and a share of
what Muster keeps at the target. It is judged before the first write of a wave, on what the wave would do plus what was done in the last 24 hours. All that a
read of a source found makes one wave; while a read is under way, nobody is removed for having left or for being missing.

What goes over a limit is **held**: the whole class of this wave waits for a person, everything else flows. See
[How to release a hold](../how-to/release-a-hold.md).

`

const limitsRest = `
Two groups of lines are held even within their limit, unless it was raised: a group of ten members or more that would lose all of them, and a group of ten
members or more that would be deleted.

A target's first plan, and a plan for changed rules, are approved by a person who types the number of people affected. This approval counts as the release
of the limits for what is in the plan.

For a planned change, announce a window. It ends by itself, after 30 days at the latest:

` + "```sh\nmuster limit raise wiki left --to 120 --until 4h --reason 'Berlin moves to its own wiki'\n```\n" + `
## In numbers

`
