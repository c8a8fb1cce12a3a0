package adminapi

import (
	"context"
	"net/http"
	"time"

	"muster/internal/access"
	"muster/internal/run"
)

func (a *api) overviewRoutes() {
	add(a, route{"version", http.MethodGet, "/version", "Which program answers", access.View, 0},
		func(ctx context.Context, _ *none) (Version, error) { return a.svc.Version(ctx), nil })
	add(a, route{"status", http.MethodGet, "/status", "How everything stands", access.View, 0},
		func(ctx context.Context, _ *none) (Status, error) { return a.svc.Status(ctx) })
	add(a, route{"check-source", http.MethodPost, "/sources/{name}/check", "Try a source out", access.Run, 0},
		func(ctx context.Context, in *byName) (SourceCheck, error) { return a.svc.CheckSource(ctx, in.Name) })
	add(a, route{"check-target", http.MethodPost, "/targets/{name}/check", "Try a target out", access.Run, 0},
		func(ctx context.Context, in *byName) (TargetCheck, error) { return a.svc.CheckTarget(ctx, in.Name) })
	add(a, route{"sync", http.MethodPost, "/syncs", "Read sources and serve targets now", access.Run, http.StatusAccepted},
		func(ctx context.Context, in *struct{ Body SyncRequest }) (Started, error) {
			return a.svc.Sync(ctx, in.Body, callerOf(ctx))
		})
	a.runRoutes()
}

type runQuery struct {
	Name   string `query:"name" doc:"Only runs of this source or target."`
	Before string `query:"before" doc:"Continue before the run with this id: the next of the page before."`
	Limit  int    `query:"limit" default:"20" minimum:"1" maximum:"1000"`
}

type oneRun struct {
	ID   string `path:"id"`
	Wait string `query:"wait" doc:"Answer when the run has ended, or after this long: 30s. At most 1m."`
}

func (a *api) runRoutes() {
	add(a, route{"list-runs", http.MethodGet, "/runs", "Runs, newest first", access.View, 0},
		func(ctx context.Context, in *runQuery) (List[run.Run], error) {
			runs, err := a.svc.Runs(ctx, RunQuery{in.Name, in.Before, in.Limit})
			return list(runs, in.Limit, func(r run.Run) string { return r.ID }), err
		})
	add(a, route{"get-run", http.MethodGet, "/runs/{id}", "A run, with how far it has got", access.View, 0},
		func(ctx context.Context, in *oneRun) (RunView, error) {
			wait, err := parseWait(in.Wait)
			if err != nil {
				return RunView{}, err
			}
			return a.svc.Run(ctx, in.ID, wait)
		})
}

func parseWait(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, &run.Problem{Code: BadRequest, What: "The wait is not a duration.", Fix: "Write it with a unit: wait=30s."}
	}
	return min(d, LongestWait), nil
}
