package console_test

import (
	"context"
	"fmt"
	"time"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/adminapitest"
)

// busy is a service that is in the middle of everything: the first read of its source goes on, targets are served, somebody is being closed, a plan is being
// carried out, a file is loaded and somebody is deleted.
type busy struct{ adminapi.Service }

func going(name string, kind run.Kind) run.Run {
	return run.Run{ID: "run-" + name, Kind: kind, Name: name, Started: adminapitest.Now.Add(-time.Minute), Outcome: run.Running}
}

func (b busy) Status(ctx context.Context) (adminapi.Status, error) {
	s, err := b.Service.Status(ctx)
	s.Summary = "corp is read for the first time; 2 targets wait for it."
	s.Sources, s.Attention = s.Sources[:1], nil
	read, serve := going("corp", run.Read), going("wiki", run.Reconcile)
	s.Sources[0].Complete, s.Sources[0].Run, s.Sources[0].Last, s.Sources[0].Reading = time.Time{}, &read, nil, true
	s.Targets = s.Targets[:2]
	for i := range s.Targets {
		t := &s.Targets[i]
		t.State, t.Pending, t.Held, t.Holds, t.Draft, t.Waits = "working", 4_120, 0, nil, "", "the first read of corp"
	}
	s.Targets[0].Run, s.Targets[0].Last = &serve, nil
	return s, err
}

func (busy) Browse(context.Context, adminapi.BrowseQuery) (adminapi.BrowsePage, error) {
	return adminapi.BrowsePage{}, nil
}

func (busy) Plans(context.Context, adminapi.PlanQuery) ([]run.Plan, error) { return nil, nil }

func (busy) Waiting(context.Context, adminapi.WaitQuery) ([]adminapi.Waiting, error) { return nil, nil }

func (busy) Runs(_ context.Context, q adminapi.RunQuery) ([]run.Run, error) {
	if q.Name == "" {
		return []run.Run{going("wiki", run.Reconcile), going("corp", run.Read)}, nil
	}
	return []run.Run{going(q.Name, run.Serve)}, nil
}

func (busy) Run(_ context.Context, id string, _ time.Duration) (adminapi.RunView, error) {
	return adminapi.RunView{Run: going("wiki", run.Reconcile), Phase: "serving", Done: 1_204, Total: 4_120, PerSecond: 40, Left: 75}, nil
}

// Writes are three beside each other, of which one has its answer.
func (busy) Writes(_ context.Context, q adminapi.CallQuery) ([]adminapi.CallAt, error) {
	var out []adminapi.CallAt
	for i, result := range []string{"", "", "done"} {
		out = append(out, adminapi.CallAt{ID: fmt.Sprint("write-", 3-i), Target: "wiki", Object: olivia, Name: "olivia.berg", Call: adminapi.Call{
			At: adminapitest.Now.Add(time.Duration(-10*i-5) * time.Second), Verb: connector.Update, Result: result, Took: map[bool]string{true: "18s"}[result == "done"], Run: q.Run,
		}})
	}
	return out, nil
}

// Plan is being carried out.
func (b busy) Plan(ctx context.Context, ref string) (run.Plan, error) {
	p, err := b.Service.Plan(ctx, ref)
	p.Status, p.By, p.Decided = run.Approved, "owner", adminapitest.Now.Add(-time.Minute)
	return p, err
}

func (b busy) Lines(ctx context.Context, id string, q adminapi.LineQuery) (adminapi.LinePage, error) {
	page, err := b.Service.Lines(ctx, id, q)
	for i := range page.Lines {
		page.Lines[i].Status = []run.Status{run.Finished, run.Approved}[i%2]
	}
	return page, err
}

// Object is somebody who is being closed.
func (b busy) Object(ctx context.Context, kind, who string) (adminapi.Object, error) {
	o, err := b.Service.Object(ctx, kind, who)
	if o.Kind == directory.Person {
		o.State, o.Cause, o.Stop = directory.Disabled, directory.Operator, &directory.Stop{By: "owner", Reason: "lost laptop", At: adminapitest.Now.Add(-time.Minute)}
		for i := range o.Links {
			o.Links[i].State = "closing"
		}
	}
	return o, err
}

func (busy) LoadHistory(ctx context.Context) ([]adminapi.LoadView, error) {
	v, err := (&adminapitest.Service{}).LoadView(ctx, "load-4")
	return []adminapi.LoadView{v}, err
}

func (busy) Deletions(context.Context) ([]adminapi.Deletion, error) {
	return []adminapi.Deletion{
		{Person: olivia, Name: "olivia.berg", State: "removing", By: "operator:owner", Asked: adminapitest.Now, Removed: map[string]int{"posts": 1_200}},
		{Person: mia, Name: "mia.lang", State: "waiting", By: "operator:owner", Asked: adminapitest.Now, Waits: []string{"wiki has not confirmed that the account is closed: muster leavers"}},
	}, nil
}

func (busy) Sample(context.Context) (adminapi.Sample, error) {
	return adminapi.Sample{State: "starting"}, nil
}
