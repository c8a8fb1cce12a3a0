package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"muster/internal/scim/scimtest"
)

// A Step is one part of the demo: what was done, counted and checked.
type Step struct {
	Name   string         `json:"name"`
	OK     bool           `json:"ok"`
	Took   float64        `json:"took_seconds"`
	Counts map[string]int `json:"counts,omitempty"`
	Checks []Check        `json:"checks"`
}

// An event is one piece of a step, as it happens: a line to read, a check, or the end.
type event struct {
	Title string `json:"title,omitempty"`
	Say   string `json:"say,omitempty"`
	Check *Check `json:"check,omitempty"`
	Step  *Step  `json:"step,omitempty"` // the end
	Error string `json:"error,omitempty"`
}

// A stage is where a step is played.
type stage struct {
	*world
	step  Step
	emit  func(event)
	known []string // what was wrong before the step, and is not its fault
	began time.Time
	wrote int // writes to the wiki before the step
}

// An act is what a step does. It ends with the wiki as it must be, unless it failed; then the error says why.
type act func(context.Context, *stage) error

// unplayable says why a step cannot be played as things stand. Nothing was changed, and nobody made a mistake.
type unplayable string

func (u unplayable) Error() string { return string(u) }

// play plays a step: the act, then the audit that follows each. What breaks a step off is a failed check, like a mistake of Muster's.
func (w *world) play(ctx context.Context, name string, emit func(event), act act) Step {
	step, end := w.perform(ctx, name, nil, emit, act)
	emit(end)
	return step
}

// perform is play when some things are known to be wrong before. It leaves the last event to the caller.
func (w *world) perform(ctx context.Context, name string, known []string, emit func(event), act act) (Step, event) {
	s := &stage{world: w, step: Step{Name: name, Counts: map[string]int{}}, emit: emit, known: known, began: time.Now(), wrote: len(w.wiki.Writes())}
	emit(event{Title: name})
	err := act(ctx, s)
	if u, ok := errors.AsType[unplayable](err); ok {
		s.step.Checks = append(s.step.Checks, check("playable", []string{u.Error()}))
		return s.step, event{Error: u.Error()}
	}
	if err != nil {
		s.check("played", err.Error())
	}
	s.audit()
	s.count()
	s.step.Took = float64(time.Since(s.began).Milliseconds()) / 1000
	s.step.OK = !slices.ContainsFunc(s.step.Checks, func(c Check) bool { return !c.OK })
	return s.step, event{Step: &s.step}
}

func (s *stage) say(format string, args ...any) { s.emit(event{Say: fmt.Sprintf(format, args...)}) }

// check records a check; wrong lists what speaks against it.
func (s *stage) check(name string, wrong ...string) {
	c := check(name, wrong)
	s.step.Checks = append(s.step.Checks, c)
	s.emit(event{Check: &c})
}

// expect records a check that holds or not.
func (s *stage) expect(name string, holds bool, format string, args ...any) {
	if holds {
		s.check(name)
	} else {
		s.check(name, fmt.Sprintf(format, args...))
	}
}

// audit compares the whole wiki with what it must hold: before the approval of the first plan, what it held on the first day.
func (s *stage) audit() {
	if s.approved {
		for _, c := range s.ledger.audit(s.staff(), s.wiki.Snapshot()) {
			s.check(c.name, slices.DeleteFunc(c.wrong, func(w string) bool { return slices.Contains(s.known, w) })...)
		}
	} else {
		s.check("nothing is touched before the approval", s.ledger.auditOthers(s.wiki.Snapshot())...)
	}
	s.check("Slack, Atlassian and Meisterplan", slices.DeleteFunc(s.auditSites(), func(w string) bool { return slices.Contains(s.known, w) })...)
	if err := s.wiki.Invariants(); err != nil {
		s.check("no contradictions", err.Error())
	} else {
		s.check("no contradictions")
	}
}

// count counts what the wiki holds, and what was written to it.
func (s *stage) count() {
	now := s.wiki.Snapshot()
	s.step.Counts["wiki_accounts"], s.step.Counts["wiki_groups"] = len(now.Users), len(now.Groups)
	for _, u := range now.Users {
		if u.Active {
			s.step.Counts["wiki_active"]++
		}
	}
	for _, g := range now.Groups {
		s.step.Counts["wiki_memberships"] += len(g.Members)
	}
	s.step.Counts["wiki_writes"] = len(s.writes())
}

func (w *world) staff() staff {
	return readStaff(w.directory, w.ledger.peopleID, w.ledger.groupsID, time.Now())
}

// writes returns what was written to the wiki in this step.
func (s *stage) writes() []scimtest.Write { return s.wiki.Writes()[s.wrote:] }

// writesTo returns what was written to one account or group in this step.
func (s *stage) writesTo(id string) []scimtest.Write {
	return slices.DeleteFunc(s.writes(), func(w scimtest.Write) bool { return w.ID != id })
}

// someone returns an employee with an open account in at least two groups of the wiki, whom no scene has had yet.
func (s *stage) someone() (wanted, error) {
	people := s.those(func(w wanted, groups []string) bool { return len(groups) >= 2 })
	for _, w := range people {
		if !s.used[w.id] {
			s.used[w.id] = true
			return w, nil
		}
	}
	return wanted{}, unplayable("nobody is left whom this could happen to: start the demo anew")
}

// those returns the employees with open accounts that match, with the names of their groups in the wiki.
func (s *stage) those(match func(wanted, []string) bool) []wanted {
	now := s.wiki.Snapshot()
	var out []wanted
	for _, w := range s.ledger.wanted(s.staff()) {
		if w.active && w.account != "" && match(w, groupsOf(now, w.account)) {
			out = append(out, w)
		}
	}
	return out
}

// groupsOf names the groups that an account is in.
func groupsOf(s scimtest.Snapshot, account string) []string {
	var out []string
	for _, g := range s.Groups {
		if slices.Contains(g.Members, account) {
			out = append(out, g.DisplayName)
		}
	}
	return out
}

// account returns an account as it is now.
func (s *stage) account(id string) scimtest.User { return byID(s.wiki.Snapshot().Users)[id] }
