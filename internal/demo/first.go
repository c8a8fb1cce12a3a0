package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// firstPlan reads the directory and returns the plan that then waits, with what it found.
func (w *world) firstPlan(ctx context.Context) (run.Plan, run.Report, error) {
	var found run.Report
	started, err := w.muster.Sync(ctx, adminapi.SyncRequest{})
	if err != nil {
		return run.Plan{}, found, err
	}
	if err := w.finish(ctx, started.Runs); err != nil {
		return run.Plan{}, found, err
	}
	p, err := w.muster.Plan(ctx, targetName)
	if err != nil {
		return p, found, err
	}
	return p, found, json.Unmarshal([]byte(p.Note), &found)
}

// planning is the first step: the plan says what is wrong, and nothing is written.
func planning(ctx context.Context, s *stage) error {
	plan, found, err := s.firstPlan(ctx)
	if err != nil {
		return err
	}
	s.plan = plan
	for _, line := range summary(found, plan) {
		s.say("%s", line)
	}
	if err := s.planSites(ctx); err != nil {
		return err
	}
	for _, x := range s.sites {
		s.say("%s", x.summary())
		left := x.leavers(s.staff())
		s.expect(x.title+": those who left are found", left > 0 && x.plan.Counts["disable"] == left, "the plan closes %d, %d have left: %v", x.plan.Counts["disable"], left, x.plan.Counts)
	}
	c := s.step.Counts
	c["accounts_there"], c["link"], c["create"], c["close"], c["unknown"] = found.Accounts, found.Link, found.Create, found.Close, found.Unknown
	c["update"], c["ask"], c["people_and_groups"] = found.Update, found.Ask, plan.People
	s.expect("14 people who left still have accounts", found.Close == numLeavers, "the plan closes %d", found.Close)
	s.expect("nothing is written", len(s.writes()) == 0, "%d writes", len(s.writes()))
	return nil
}

// numLeavers is how many people of the sample company have left and still have accounts.
const numLeavers = 14

// summary says in lines what a first plan found.
func summary(found run.Report, plan run.Plan) []string {
	count := func(n int, text string) string { return fmt.Sprintf("%4d %s", n, text) }
	return []string{
		count(found.Close, "people who left still have accounts: will be closed"),
		count(found.Link, "accounts belong to people of the company: will be linked"),
		count(found.Update, "of them have a wrong name or address: will be put right"),
		count(found.Create, "people have no account yet: will be created"),
		count(plan.Counts["group create"]+plan.Counts["group link"], fmt.Sprintf("groups: %d will be created, %d are there", plan.Counts["group create"], plan.Counts["group link"])),
		count(found.Ask, "accounts are closed there, and somebody of that name works here: each waits for your word"),
		count(found.Unknown, "accounts are of nobody that the wiki is for: never touched"),
	}
}

// approval approves the plan with its count, as a person would, and waits until it is carried out.
func approval(ctx context.Context, s *stage) error {
	s.approved = true
	d, err := s.muster.Approve(ctx, s.plan.ID, adminapi.Approval{Count: s.plan.People})
	if err != nil {
		return err
	}
	if err := s.finish(ctx, d.Runs); err != nil {
		return err
	}
	if err := s.approveSites(ctx); err != nil {
		return err
	}
	if _, err := s.settled(ctx, time.Now()); err != nil {
		return err
	}
	s.say("Muster: carried the plan out with %d writes.", len(s.writes()))
	s.step.Counts["approved_lines"] = d.Lines
	return s.inStep(ctx)
}

// inStep checks that a whole comparison now finds nothing to do.
func (s *stage) inStep(ctx context.Context) error {
	writes := len(s.writes())
	started, err := s.muster.Sync(ctx, adminapi.SyncRequest{Name: targetName, Full: true})
	if err != nil {
		return err
	}
	if err := s.finish(ctx, started.Runs); err != nil {
		return err
	}
	more := len(s.writes()) - writes
	s.expect("a second comparison finds nothing to do", more == 0, "%d more writes", more)
	return nil
}
