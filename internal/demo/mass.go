package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/source/ldap/ldaptest"
)

// massSize is how many people the scene bulk-disable disables.
const massSize = 40

// bulkDisable: a script goes wild and disables 40 people at once.
func bulkDisable(ctx context.Context, s *stage) error {
	people := s.those(func(wanted, []string) bool { return true })
	if len(people) < massSize {
		return unplayable(fmt.Sprintf("only %d people with open accounts are left: start the demo anew", len(people)))
	}
	people = people[:massSize]
	before := s.wiki.Snapshot()
	if err := s.betweenReads(ctx); err != nil {
		return err
	}
	began := time.Now()
	if err := s.flag(people, "514"); err != nil {
		return err
	}
	defer func() { _ = s.flag(people, "512") }() // whatever happens; below it is done with care
	s.say("Directory: %d people are disabled at once.", massSize)
	if _, err := s.settled(ctx, began); err != nil {
		return err
	}
	if err := s.heldBack(ctx, people); err != nil {
		return err
	}
	gone := s.gone(before)
	s.step.Counts["disabled_in_directory"], s.step.Counts["removed"] = massSize, gone
	s.say("Wiki: %d accounts closed; all %d are still active.", gone, massSize)
	s.expect("everyone is still active", gone == 0, "%d accounts were closed", gone)
	return s.putBack(ctx, people)
}

// heldBack checks that one hold has all the people, and says how it would be released.
func (s *stage) heldBack(ctx context.Context, people []wanted) error {
	holds, err := s.holds(ctx)
	if err != nil {
		return err
	}
	s.expect("a limit holds them", len(holds) == 1 && holds[0].People == len(people), "holds: %+v", holds)
	for _, h := range holds {
		s.say("Muster: holds %d people: %s.", h.People, h.Why)
		s.say("If it were meant: %s hold release %s --confirm-count %d", s.command(), h.ID, h.People)
	}
	return nil
}

// holds returns the holds of stated removals that wait.
func (s *stage) holds(ctx context.Context) ([]run.Plan, error) {
	all, err := s.muster.Plans(ctx, adminapi.PlanQuery{Target: targetName, Kind: run.Hold, Status: run.Waiting, Limit: 20})
	var out []run.Plan
	for _, h := range all {
		if h.Class == "stated" {
			out = append(out, h)
		}
	}
	return out, err
}

// putBack enables the people again, and checks that nothing is left of it all.
func (s *stage) putBack(ctx context.Context, people []wanted) error {
	began := time.Now()
	if err := s.flag(people, "512"); err != nil {
		return err
	}
	s.say("Directory: somebody noticed, and enabled the %d again.", len(people))
	if _, err := s.settled(ctx, began); err != nil {
		return err
	}
	holds, err := s.holds(ctx)
	if err != nil {
		return err
	}
	s.expect("nothing is held any more", len(holds) == 0, "%d holds are left", len(holds))
	s.expect("nothing was written", len(s.writes()) == 0, "%d writes", len(s.writes()))
	s.say("Muster: nothing is held any more, nothing was written.")
	return nil
}

// flag sets the userAccountControl of people.
func (s *stage) flag(people []wanted, value string) error {
	for _, p := range people {
		if err := s.directory.Modify(p.dn, func(e *ldaptest.Entry) { e.Set("userAccountControl", value) }); err != nil {
			return err
		}
	}
	return nil
}

// renameOU: the unit that everybody stands in is called otherwise; played again, it gets yet another name.
func renameOU(ctx context.Context, s *stage) error {
	from := ""
	for _, e := range s.staff().byDN {
		if e.Get("objectGUID") == s.ledger.peopleID {
			from = e.DN
		}
	}
	to := "OU=Staff," + baseDN
	if strings.EqualFold(from, to) {
		to = "OU=Colleagues," + baseDN
	}
	before, people := s.wiki.Snapshot(), len(s.staff().people)
	began := time.Now()
	if err := s.directory.Rename(from, to); err != nil {
		return err
	}
	s.say("Directory: %s is now %s, with all %d people in it. muster.yaml still names %s.", from, to, people, peopleDN)
	read, err := s.settled(ctx, began)
	if err != nil {
		return err
	}
	s.say("Muster: the read is %s; %s.", read.Outcome, noteOr(read.Notes, "it noticed nothing"))
	s.expect("it is followed and told", read.Problem == nil && strings.Contains(strings.Join(read.Notes, " "), to), "the read ended as %s, notes %q", read.Outcome, read.Notes)
	gone := s.gone(before)
	s.step.Counts["removed"] = gone
	s.expect("nothing happens to anybody", gone == 0 && len(s.writes()) == 0, "%d are gone, %d writes", gone, len(s.writes()))
	s.say("Wiki: %d accounts closed or removed, %d changed.", gone, len(s.writes()))
	return nil
}

func noteOr(notes []string, without string) string {
	if len(notes) == 0 {
		return without
	}
	return strings.TrimSuffix(strings.Join(notes, "; "), ".")
}
