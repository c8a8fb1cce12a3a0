package ingest

import (
	"sort"

	"muster/internal/source"
)

// A BaseCount is what a complete read saw of one search base.
type BaseCount struct {
	Base source.Base
	// Seen is how many of the known entries were in the read, Known how many there were to see.
	Seen, Known int
	// Floor is how many must be seen: a read that sees fewer is not believed, unless a person has said of some that they are gone, or announced it.
	Floor   int
	Tripped bool // this one was not, for what it lacked
}

// shrinks reports whether a read is not believed in which so many of the entries of a base are missing. It is the one rule: plots ask it, too.
func shrinks(missing, present, announced int) bool {
	return missing >= shrinkLeast && missing*100 > present*shrinkPercent && missing > announced
}

// floor returns the smallest number of entries that may be seen of those present.
func floor(present, announced int) int {
	return present - sort.Search(present, func(missing int) bool { return shrinks(missing+1, present, announced) })
}

// tally notes what was seen of a base.
func (r *Reading) tally(base source.Base, l lack, announced int) {
	if l.lost == 0 && l.present == 0 { // nobody walked over them: they were all seen
		l.present = r.bound[base]
	}
	r.sum.Bases = append(r.sum.Bases, BaseCount{
		Base: base, Seen: l.present - l.gone, Known: l.present, Floor: floor(l.present, announced), Tripped: shrinks(l.fresh, l.present, announced),
	})
}
