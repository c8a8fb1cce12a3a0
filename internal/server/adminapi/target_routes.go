package adminapi

import (
	"context"
	"net/http"

	"muster/internal/access"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/run"
)

type linkQuery struct {
	Name  string `path:"name"`
	Kind  string `query:"kind" enum:"user,group"`
	State string `query:"state" enum:"linked,closing,closed,lost"`
	After string `query:"after"`
	Limit int    `query:"limit" default:"100" minimum:"1" maximum:"1000"`

	Active bool `query:"active" doc:"Only those whose account is active."`
}

type waitQuery struct {
	Target string `query:"target"`
	Wait   string `query:"wait" enum:"held,retrying"`
	After  string `query:"after" doc:"With a target: continue behind this object."`
	Limit  int    `query:"limit" default:"100" minimum:"1" maximum:"1000"`

	Alone bool `query:"alone" doc:"Only what waits by itself: questions stand in a hold."`
}

func (a *api) targetRoutes() {
	type reason struct {
		Name string `path:"name"`
		Body Reason
	}
	type probe struct {
		Name string `path:"name"`
		Body TargetProbe
	}
	add(a, route{"get-target", http.MethodGet, "/targets/{name}", "How a target stands, and what its last test has shown", access.View, 0},
		func(ctx context.Context, in *byName) (TargetView, error) { return a.svc.Target(ctx, in.Name) })
	add(a, route{"probe-target", http.MethodPost, "/targets/{name}/probe", "Try a target out with a throw-away account", access.Configure, 0},
		func(ctx context.Context, in *probe) (TargetCheck, error) {
			return a.svc.ProbeTarget(ctx, in.Name, in.Body, callerOf(ctx))
		})
	add(a, route{"pause", http.MethodPost, "/targets/{name}/pause", "Send nothing to a target for now", access.Pause, 0},
		func(ctx context.Context, in *reason) (run.Target, error) {
			return a.svc.Pause(ctx, in.Name, in.Body.Reason, callerOf(ctx))
		})
	add(a, route{"resume", http.MethodPost, "/targets/{name}/resume", "Serve a paused target again", access.Pause, 0},
		func(ctx context.Context, in *reason) (run.Target, error) {
			return a.svc.Resume(ctx, in.Name, in.Body.Reason, callerOf(ctx))
		})
	add(a, route{"list-links", http.MethodGet, "/targets/{name}/links", "Who has which account at a target", access.View, 0},
		func(ctx context.Context, in *linkQuery) (List[Link], error) {
			q := LinkQuery{connector.Kind(in.Kind), in.State, in.Active, directory.ID(in.After), in.Limit}
			links, err := a.svc.Links(ctx, in.Name, q)
			return list(links, in.Limit, func(l Link) string { return string(l.Object) }), err
		})
	add(a, route{"list-waiting", http.MethodGet, "/waiting", "Who is not in step, and why", access.View, 0},
		func(ctx context.Context, in *waitQuery) (List[Waiting], error) {
			found, err := a.svc.Waiting(ctx, WaitQuery{in.Target, in.Wait, directory.ID(in.After), in.Limit, in.Alone})
			return list(found, 0, nil), err
		})
	a.driftRoutes()
	a.confirmRoutes()
	a.limitRoutes()
}

func (a *api) limitRoutes() {
	type query struct {
		Target string `query:"target"`
	}
	type raise struct {
		Name string `path:"name"`
		Body Raise
	}
	add(a, route{"list-limits", http.MethodGet, "/limits", "Limits, and how much of them is used", access.View, 0},
		func(ctx context.Context, in *query) (List[Limit], error) {
			limits, err := a.svc.Limits(ctx, in.Target)
			return list(limits, 0, nil), err
		})
	add(a, route{"raise-limit", http.MethodPost, "/targets/{name}/limits", "Announce a window in which more may change", access.Release, 0},
		func(ctx context.Context, in *raise) (run.Raise, error) {
			return a.svc.Raise(ctx, in.Name, in.Body, callerOf(ctx))
		})
}
