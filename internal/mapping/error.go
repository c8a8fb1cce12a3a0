package mapping

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrMissing is in the chain of what Map returns when a rule with Need gives no value.
var ErrMissing = errors.New("a needed value is missing")

// An Error says what is wrong with one rule, where, and what is allowed.
type Error struct {
	At     string // the rule's own At: "muster.yaml:12", or ""
	Rule   string // attribute or setting: "title", "from.filter"
	Line   int    // within the expression or filter, from 1; 0 = the rule as a whole
	Column int    // from 1
	What   string
	Fix    string // what is allowed, the nearest name, or ""
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.At != "" {
		b.WriteString(e.At + ": ")
	}
	b.WriteString(e.Rule + ": ")
	if e.Line > 1 {
		fmt.Fprintf(&b, "line %d, ", e.Line)
	}
	if e.Line > 0 {
		fmt.Fprintf(&b, "column %d: ", e.Column)
	}
	b.WriteString(e.What)
	if e.Fix != "" {
		b.WriteString("; " + e.Fix)
	}
	return b.String()
}

// advice names what is nearest to a misspelt name, or all that is allowed.
func advice(name string, known []string) string {
	if best := nearest(name, known); best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	if len(known) == 0 {
		return "none is configured"
	}
	const many = 20
	list := slices.Sorted(slices.Values(known))
	if len(list) > many {
		return fmt.Sprintf("known: %s and %d more", strings.Join(list[:many], ", "), len(list)-many)
	}
	return "known: " + strings.Join(list, ", ")
}

// nearest returns the one of known that name was probably meant to be, or "".
func nearest(name string, known []string) string {
	best, at := "", max(2, len(name)/3)+1
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < at && d < len(k) {
			best, at = k, d
		}
	}
	return best
}

// distance counts the insertions, deletions, changes and swaps of neighbours that turn a into b.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	var before []int
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(x); i++ {
		next := make([]int, len(y)+1)
		next[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(y)]
}
