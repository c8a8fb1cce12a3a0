package adminapitest

import (
	"context"

	"muster/internal/access"
	"muster/internal/connector"
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
