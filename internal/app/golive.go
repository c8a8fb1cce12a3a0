package app

import (
	"context"
	"fmt"
	"strconv"

	"muster/internal/access"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/engine"
	"muster/internal/link"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// lists are the five lists of a report, in words.
var lists = []struct{ name, what string }{
	{run.ListLink, "will be linked to their people"},
	{run.ListCreate, "will be created"},
	{run.ListAsk, "need an answer: the evidence disagrees"},
	{run.ListClose, "are active there, and their people are disabled or gone here"},
	{run.ListUnknown, "are nobody's here: never touched"},
}

// Report implements adminapi.Golive.
func (m *Muster) Report(ctx context.Context, target string, q adminapi.ReportQuery) (adminapi.GoliveReport, error) {
	out := adminapi.GoliveReport{Target: target, Mode: m.modeOf(target), Kind: kindOf(q)}
	return out, m.Store.View(ctx, func(v directory.Reader) error {
		p, err := m.compared(ctx, v, target)
		if err != nil {
			return err
		}
		report, _ := p.Report()
		out.Plan, out.Made, out.Accounts = p.ID, p.Created, report.Accounts
		if out.Kind == connector.Group {
			out.Accounts = report.Groups
		}
		for _, l := range lists {
			n, err := countList(ctx, v, p, l.name, q)
			if err != nil {
				return err
			}
			out.Lists = append(out.Lists, adminapi.GoliveListSize{List: l.name, What: l.what, N: n})
		}
		return nil
	})
}

func kindOf(q adminapi.ReportQuery) connector.Kind {
	if q.Kind == "" {
		return connector.User
	}
	return q.Kind
}

// compared returns the newest plan of a target that came from a comparison.
func (m *Muster) compared(ctx context.Context, v directory.Reader, target string) (run.Plan, error) {
	if _, ok := m.File.Target(target); !ok {
		return run.Plan{}, m.unknown("target", target)
	}
	plans, err := run.Of(v).Plans(ctx, target, "", "", 50)
	for _, p := range plans {
		if _, ok := p.Report(); ok && p.Status != run.Superseded && p.Kind != run.Hold {
			return p, err
		}
	}
	if err != nil {
		return run.Plan{}, err
	}
	return run.Plan{}, &run.Problem{
		Code: adminapi.NotFound, What: fmt.Sprintf("target %s was not compared yet with what it should hold", target), Why: "There is no plan to report from.",
		Now: "Nothing was changed.", Fix: "Compare it: `muster target report " + target + " --now`.",
	}
}

func countList(ctx context.Context, v directory.Reader, p run.Plan, name string, q adminapi.ReportQuery) (int, error) {
	if name == run.ListUnknown {
		return link.Of(v).CountStrays(ctx, strays(p, q))
	}
	tally, err := run.Of(v).TallyLines(ctx, p.ID, listed(name, q))
	n := 0
	for _, t := range tally {
		n += t.Lines
	}
	return n, err
}

func strays(p run.Plan, q adminapi.ReportQuery) link.StrayQuery {
	return link.StrayQuery{Target: p.Target, Kind: kindOf(q), Plan: p.ID, Text: q.Text}
}

func listed(name string, q adminapi.ReportQuery) run.LineFilter {
	return run.LineFilter{Acts: run.Lists(name), Kind: kindOf(q), Name: q.Text}
}

// ReportList implements adminapi.Golive.
func (m *Muster) ReportList(ctx context.Context, target, name string, q adminapi.ReportQuery) (adminapi.ReportPage, error) {
	out := adminapi.ReportPage{List: name, Rows: []adminapi.GoliveRow{}}
	if q.Limit <= 0 {
		q.Limit = 100
	}
	return out, m.Store.View(ctx, func(v directory.Reader) error {
		p, err := m.compared(ctx, v, target)
		switch {
		case err != nil:
			return err
		case name == run.ListUnknown:
			return unknownRows(ctx, v, p, q, &out)
		}
		return lineRows(ctx, v, p, q, &out)
	})
}

func unknownRows(ctx context.Context, v directory.Reader, p run.Plan, q adminapi.ReportQuery, out *adminapi.ReportPage) error {
	page, err := link.Of(v).Strays(ctx, strays(p, q), connector.RemoteID(q.After), q.Limit)
	for _, o := range page {
		out.Rows = append(out.Rows, adminapi.GoliveRow{Account: o.ID, Values: o.Attrs, Active: o.Active})
	}
	if len(page) == q.Limit {
		out.Next = string(page[q.Limit-1].ID)
	}
	return err
}

func lineRows(ctx context.Context, v directory.Reader, p run.Plan, q adminapi.ReportQuery, out *adminapi.ReportPage) error {
	after := -1
	if q.After != "" {
		n, err := strconv.Atoi(q.After)
		if err != nil {
			return &run.Problem{Code: adminapi.BadRequest, What: "the place to continue from is none", Fix: "Begin with the first page."}
		}
		after = n
	}
	lines, err := run.Of(v).FindLines(ctx, p.ID, listed(out.List, q), after, q.Limit)
	if err != nil {
		return err
	}
	var ids []connector.RemoteID
	for _, l := range lines {
		if l.Remote != "" {
			ids = append(ids, l.Remote)
		}
	}
	seen, err := link.Of(v).GetObserved(ctx, p.Target, kindOf(q), ids)
	by := map[connector.RemoteID]link.Observed{}
	for _, o := range seen {
		by[o.ID] = o
	}
	for _, l := range lines {
		out.Rows = append(out.Rows, adminapi.GoliveRow{
			Object: l.Object, Name: l.Name, Account: l.Remote, Values: by[l.Remote].Attrs, Active: by[l.Remote].Active, Act: run.Act(l.Line), Why: l.Why,
			Status: l.Status, Key: l.Key,
		})
	}
	if len(lines) == q.Limit {
		out.Next = strconv.Itoa(lines[q.Limit-1].Seq)
	}
	return err
}

// Tally implements adminapi.Golive.
func (m *Muster) Tally(ctx context.Context, ref string, sel adminapi.Selection, lines []string) (adminapi.Tallied, error) {
	p, err := m.Plan(ctx, ref)
	if err != nil {
		return adminapi.Tallied{}, err
	}
	out := adminapi.Tallied{Plan: p.ID}
	d := engine.Decision{Plan: p.ID, Keys: lines, Select: sel.Filter()}
	if out.Lines, out.People, err = m.Engine.Selected(ctx, d, run.Approved); err != nil {
		return out, err
	}
	f := sel.Filter()
	f.Keys = lines
	return out, m.Store.View(ctx, func(v directory.Reader) (err error) {
		out.By, err = run.Of(v).TallyLines(ctx, p.ID, f)
		return err
	})
}

// Retry implements adminapi.Golive.
func (m *Muster) Retry(ctx context.Context, req adminapi.RetryRequest, by access.Caller) (adminapi.Retried, error) {
	out := adminapi.Retried{Targets: map[string]int{}}
	if _, ok := m.File.Target(req.Target); req.Target != "" && !ok {
		return out, m.unknown("target", req.Target)
	}
	var object directory.ID
	if req.Who != "" {
		o, err := m.one(ctx, "", req.Who)
		if err != nil {
			return out, err
		}
		object = o.ID
	}
	var tasks []task
	for _, t := range m.File.Targets {
		if req.Target != "" && t.Name != req.Target {
			continue
		}
		n, err := m.Engine.Retry(ctx, t.Name, object)
		if err != nil {
			return out, err
		}
		if n == 0 {
			continue
		}
		out.Targets[t.Name] = n
		tasks = append(tasks, task{name: t.Name, kind: run.Serve, do: m.serving(t, false, "")})
	}
	err := m.Store.Update(ctx, by.Actor(), func(tx directory.Tx) error {
		return run.In(tx).Audit(ctx, run.Event{At: m.now(), By: string(by.Actor()), Act: "retry", Object: req.Target, Detail: req.Who})
	})
	if err != nil || len(tasks) == 0 {
		return out, err
	}
	started, err := m.start(ctx, tasks)
	out.Runs = started.Runs
	return out, err
}
