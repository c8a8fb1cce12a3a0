package adminapitest

import (
	"context"

	"muster/internal/access"
	"muster/internal/connector"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// Report counts the lists of ReportList.
func (s *Service) Report(ctx context.Context, target string, q adminapi.ReportQuery) (adminapi.GoliveReport, error) {
	if !isTarget(target) {
		return adminapi.GoliveReport{}, missing("target", target)
	}
	out := adminapi.GoliveReport{Target: target, Mode: "observe", Plan: FirstPlan, Made: Now, Kind: connector.User, Accounts: 4}
	for _, list := range []string{run.ListLink, run.ListCreate, run.ListAsk, run.ListClose, run.ListUnknown} {
		page, _ := s.ReportList(ctx, target, list, q)
		out.Lists = append(out.Lists, adminapi.GoliveListSize{List: list, What: "of " + list, N: len(page.Rows)})
	}
	return out, nil
}

// ReportList returns one row of two of the lists.
func (s *Service) ReportList(_ context.Context, target, list string, _ adminapi.ReportQuery) (adminapi.ReportPage, error) {
	page := adminapi.ReportPage{List: list}
	switch {
	case !isTarget(target):
		return page, missing("target", target)
	case list == run.ListLink:
		page.Rows = []adminapi.GoliveRow{{Object: olivia, Name: "olivia.berg", Account: "u-1", Active: true, Act: "link", Why: "matches one that is there already, by userName", Status: run.Waiting, Key: "key-1"}}
	case list == run.ListUnknown:
		page.Rows = []adminapi.GoliveRow{{Account: "u-9", Active: true}}
	}
	return page, nil
}

// Tally counts the lines of a plan.
func (s *Service) Tally(ctx context.Context, ref string, sel adminapi.Selection, keys []string) (adminapi.Tallied, error) {
	p, err := s.Plan(ctx, ref)
	if err != nil {
		return adminapi.Tallied{}, err
	}
	out := adminapi.Tallied{Plan: p.ID, People: p.People}
	if len(keys) > 0 {
		out.People = len(keys)
	}
	for _, l := range lines(p) {
		out.Lines++
		out.By = append(out.By, run.Tally{Kind: l.Kind, Act: run.Act(l.Line), Class: string(l.Class), Cause: l.Cause, Status: l.Status, Lines: 1})
	}
	return out, nil
}

// Retry tries Ben's account again.
func (s *Service) Retry(_ context.Context, req adminapi.RetryRequest, by access.Caller) (adminapi.Retried, error) {
	s.note(by, "retry %s %s", req.Target, req.Who)
	if req.Target != "" && !isTarget(req.Target) {
		return adminapi.Retried{}, missing("target", req.Target)
	}
	return adminapi.Retried{Targets: map[string]int{"wiki": 1}, Runs: []string{"run-corp"}}, nil
}

// Pair pairs with any account but "taken".
func (s *Service) Pair(ctx context.Context, target string, req adminapi.PairRequest, by access.Caller) (adminapi.Pairing, error) {
	s.note(by, "pair %s %s %s dry %v (%s)", target, req.Who, req.Account, req.DryRun, req.Reason)
	o, err := s.Object(ctx, "person", req.Who)
	switch {
	case err != nil:
		return adminapi.Pairing{}, err
	case req.Account == "taken":
		return adminapi.Pairing{}, &run.Problem{Code: adminapi.Conflict, What: "the account taken is linked to ben.ito", Now: "Nothing was changed."}
	}
	line := plan.Line{Object: o.ID, Kind: connector.User, Name: o.Name, Verb: plan.Update, Remote: "u-7", Why: "differs there in title", Key: "key-7"}
	return adminapi.Pairing{Object: o.ID, Name: o.Name, Account: "u-7", Active: true, Lines: []plan.Line{line}}, nil
}

// Pairs pairs each with any account but "taken".
func (s *Service) Pairs(_ context.Context, target string, req adminapi.PairsRequest, by access.Caller) (adminapi.PairsDone, error) {
	s.note(by, "pair %d at %s dry %v skip bad %v", len(req.Pairs), target, req.DryRun, req.SkipBad)
	out := adminapi.PairsDone{Pairs: len(req.Pairs), Acts: []run.Tally{}, Findings: []adminapi.PairFinding{}}
	for _, p := range req.Pairs {
		if p.Account == "taken" {
			out.Findings = append(out.Findings, adminapi.PairFinding{PairLine: p, Problem: run.Problem{Code: adminapi.Conflict, What: "the account taken is linked to ben.ito"}})
			continue
		}
		out.Linked++
	}
	out.Written = !req.DryRun && (req.SkipBad || len(out.Findings) == 0)
	return out, nil
}

// Unpair drops the first link.
func (s *Service) Unpair(ctx context.Context, target, who string, req adminapi.UnpairRequest, by access.Caller) (adminapi.Link, error) {
	s.note(by, "unpair %s %s dry %v open %v (%s)", target, who, req.DryRun, req.LeaveOpen, req.Reason)
	o, err := s.Object(ctx, "person", who)
	if err != nil || len(o.Links) == 0 {
		return adminapi.Link{Target: target, Name: o.Name}, err
	}
	return o.Links[0], nil
}

// Mode says that a target observes.
func (s *Service) Mode(_ context.Context, target string) (adminapi.TargetMode, error) {
	if !isTarget(target) {
		return adminapi.TargetMode{}, missing("target", target)
	}
	return adminapi.TargetMode{Target: target, Mode: "observe", Plan: FirstPlan, People: 5, Lines: 6}, nil
}

// SetMode sets any mode but that of chat, whose is in the file.
func (s *Service) SetMode(ctx context.Context, target string, req adminapi.ModeRequest, by access.Caller) (adminapi.TargetMode, error) {
	s.note(by, "mode %s %s (%s)", target, req.Mode, req.Reason)
	m, err := s.Mode(ctx, target)
	if target == "chat" {
		return m, &run.Problem{Code: adminapi.ManagedByFile, What: "the mode of chat is set in muster.yaml:12", Now: "Nothing was changed.", Fix: "Change it there."}
	}
	m.Mode = req.Mode
	return m, err
}

// Remembered knows one dropped target, "gone".
func (s *Service) Remembered(_ context.Context, target string) (adminapi.Remembered, error) {
	if target != "gone" {
		return adminapi.Remembered{}, missing("dropped target", target)
	}
	return adminapi.Remembered{Target: target, Links: 3, Leavers: []adminapi.Leaver{{Object: mia, Name: "mia.lang", Target: target, Remote: "u-3", State: "open", Why: "the target is not configured any more", Since: Now}}}, nil
}

// Forget forgets it if the number is right.
func (s *Service) Forget(ctx context.Context, target string, req adminapi.ForgetRequest, by access.Caller) (adminapi.Remembered, error) {
	s.note(by, "forget %s count %d (%s)", target, req.Count, req.Reason)
	r, err := s.Remembered(ctx, target)
	if err == nil && req.Count != r.Links {
		return r, &run.Problem{Code: adminapi.BadCount, What: "3 links are remembered", Now: "Nothing was changed."}
	}
	r.Gone = err == nil
	return r, err
}
