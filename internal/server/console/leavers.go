package console

import (
	"cmp"
	"slices"

	"muster/internal/server/adminapi"
)

// A leaversView is a page of the open leavers.
type leaversView struct {
	page    []adminapi.Leaver
	all     int // who fit what was asked for
	next    string
	targets []tally // at which somebody is open, with how many, whatever their state
	states  []tally // in which somebody is open, at the target that was asked for
}

func (c *console) leaversPage(v *visit) (view, error) {
	q := adminapi.LeaverQuery{Target: v.query("target"), State: v.query("state")}
	x := leaversView{targets: leaversBy(v.leavers, adminapi.LeaverQuery{}, func(l adminapi.Leaver) string { return l.Target })}
	x.states = leaversBy(v.leavers, adminapi.LeaverQuery{Target: q.Target}, func(l adminapi.Leaver) string { return l.State })
	x.all = len(q.Page(slices.Clone(v.leavers)))
	q.After, q.Limit = v.query("after"), 2*rowsShown
	var err error
	if x.page, err = c.Service.Leavers(v.ctx(), q); err != nil {
		return view{}, err
	}
	if len(x.page) == q.Limit && x.all > q.Limit {
		x.next = x.page[q.Limit-1].Place()
	}
	return view{title: "Open leavers", entry: "inbox", body: leaversBody(v, x)}, nil
}

// leaversBy counts those of q by a name; who has none is left out.
func leaversBy(all []adminapi.Leaver, q adminapi.LeaverQuery, name func(adminapi.Leaver) string) []tally {
	n := map[string]int{}
	for _, l := range q.Page(slices.Clone(all)) {
		n[name(l)]++
	}
	delete(n, "")
	out := tallies(n)
	slices.SortFunc(out, func(a, b tally) int { return cmp.Compare(a.name, b.name) })
	return out
}

// untilWhat says what a time in the future is the time of.
func untilWhat(state string) string {
	if state == "missing" {
		return "At the earliest"
	}
	return "Tried again"
}

// sure says what no open leaver means: that all are closed, or that nothing speaks against it where anybody would say so.
func sure(s adminapi.Status) (title, text string) {
	switch {
	case len(s.Targets) == 0:
		return "No leaver is open", "There is no target yet at which anybody could have an account."
	case len(s.Unsure) == 0:
		return "Every leaver is closed", "Each target has confirmed it."
	}
	return "No leaver is known to be open", "Where it is known, every target has confirmed that its leavers are closed. Here it is not known yet:"
}
