package console_test

import (
	"context"
	"errors"
	"time"

	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/scimapi"
)

// failing is a service that knows how everything stands, and cannot read anything more.
type failing struct{ adminapi.Service }

var errDisk = errors.New("disk full of secrets")

func (failing) Browse(context.Context, adminapi.BrowseQuery) (adminapi.BrowsePage, error) {
	return adminapi.BrowsePage{}, errDisk
}

func (failing) Object(context.Context, string, string) (adminapi.Object, error) {
	return adminapi.Object{}, errDisk
}

func (failing) Why(context.Context, string, string) (adminapi.Explanation, error) {
	return adminapi.Explanation{}, errDisk
}

func (failing) Beginning(context.Context) (adminapi.Beginning, error) {
	return adminapi.Beginning{}, errDisk
}

func (failing) Limits(context.Context, string) ([]adminapi.Limit, error) { return nil, errDisk }
func (failing) Plan(context.Context, string) (run.Plan, error)           { return run.Plan{}, errDisk }

func (f failing) Plans(ctx context.Context, q adminapi.PlanQuery) ([]run.Plan, error) {
	if q.Status == "" { // not those of the frame
		return nil, errDisk
	}
	return f.Service.Plans(ctx, q)
}

func (f failing) Runs(ctx context.Context, q adminapi.RunQuery) ([]run.Run, error) {
	if q.Limit > 1 {
		return nil, errDisk
	}
	return f.Service.Runs(ctx, q)
}

func (failing) RunRows(context.Context, adminapi.RunRowQuery) (adminapi.RunRowPage, error) {
	return adminapi.RunRowPage{}, errDisk
}

func (failing) Run(context.Context, string, time.Duration) (adminapi.RunView, error) {
	return adminapi.RunView{}, errDisk
}

func (failing) Writes(context.Context, adminapi.CallQuery) ([]adminapi.CallAt, error) {
	return nil, errDisk
}
func (failing) Events(context.Context, run.EventQuery) ([]run.Event, error) { return nil, errDisk }
func (failing) Configuration(context.Context) (adminapi.Configuration, error) {
	return adminapi.Configuration{}, errDisk
}

func (failing) Links(context.Context, string, adminapi.LinkQuery) ([]adminapi.Link, error) {
	return nil, errDisk
}
func (failing) Drift(context.Context, string, int) ([]adminapi.Drift, error) { return nil, errDisk }
func (failing) Report(context.Context, string, adminapi.ReportQuery) (adminapi.GoliveReport, error) {
	return adminapi.GoliveReport{}, errDisk
}

func (failing) Places(context.Context, adminapi.PlaceQuery) ([]adminapi.Place, error) {
	return nil, errDisk
}

func (failing) Place(context.Context, string) (adminapi.Place, error) {
	return adminapi.Place{}, errDisk
}

func (failing) PostsOf(context.Context, string, adminapi.PostQuery) ([]adminapi.Post, error) {
	return nil, errDisk
}
func (failing) LoadHistory(context.Context) ([]adminapi.LoadView, error) { return nil, errDisk }
func (failing) LoadView(context.Context, string) (adminapi.LoadView, error) {
	return adminapi.LoadView{}, errDisk
}
func (failing) Clients(context.Context) ([]scimapi.Stats, error)       { return nil, errDisk }
func (failing) Deletions(context.Context) ([]adminapi.Deletion, error) { return nil, errDisk }
func (failing) Sandbox(context.Context, adminapi.SandboxQuery) (adminapi.Sandbox, error) {
	return adminapi.Sandbox{}, errDisk
}

// down is a service that cannot even tell how everything stands.
type down struct{ adminapi.Service }

func (down) Status(context.Context) (adminapi.Status, error) { return adminapi.Status{}, errDisk }

func (failing) Sample(context.Context) (adminapi.Sample, error) { return adminapi.Sample{}, errDisk }

func (failing) Records(context.Context, adminapi.RecordQuery) (adminapi.RecordPage, error) {
	return adminapi.RecordPage{}, errDisk
}

func (f failing) Waiting(ctx context.Context, q adminapi.WaitQuery) ([]adminapi.Waiting, error) {
	if q.Target != "" { // not those of the frame
		return nil, errDisk
	}
	return f.Service.Waiting(ctx, q)
}

func (failing) Webhooks(context.Context) ([]adminapi.Webhook, error) { return nil, errDisk }
