package plan

import (
	"cmp"
	"slices"

	"muster/internal/connector"
	"muster/internal/directory"
)

// Order sorts lines into the order in which they are carried out: whoever must lose access first, what others refer to before them.
//
//	1  disable, with the link that it needs
//	2  remove members
//	3  link, update, enable
//	4  create, with the disable of what a target could not create disabled; people before groups
//	5  add members
//	6  delete
//	7  skip
//
// The sort is stable: lines of one rank keep their order, so those of one object stay as Object gave them.
func Order(lines []Line) {
	disabled := map[directory.ID]bool{}
	for _, l := range lines {
		if l.Verb == DisableUser && l.Remote != "" {
			disabled[l.Object] = true
		}
	}
	slices.SortStableFunc(lines, func(a, b Line) int {
		return cmp.Compare(rank(a, disabled[a.Object]), rank(b, disabled[b.Object]))
	})
}

// rank returns the place of l in Order, times two, plus one for groups.
func rank(l Line, disabled bool) int {
	n := 0
	if l.Kind == connector.Group {
		n = 1
	}
	switch {
	case l.Verb == DisableUser && l.Remote != "", l.Verb == Link && disabled:
		return n + 2
	case l.Verb == RemoveMembers:
		return n + 4
	case l.Verb == Link, l.Verb == Update, l.Verb == Enable:
		return n + 6
	case l.Verb == Create, l.Verb == DisableUser:
		return n + 8
	case l.Verb == AddMembers:
		return n + 10
	case l.Verb == DeleteRemote:
		return n + 12
	}
	return n + 14
}
