package adminapi

import (
	"context"
	"net/http"

	"muster/internal/access"
	"muster/internal/run"
)

type planQuery struct {
	Target string `query:"target"`
	Kind   string `query:"kind" enum:"first,change,hold,preview"`
	Status string `query:"status" enum:"waiting,approved,rejected,done,stale,superseded"`
	Before string `query:"before" doc:"Continue before the plan with this id: the next of the page before."`
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"1000"`
}

type onePlan struct {
	Ref string `path:"ref" doc:"Id of a plan, or name of a target for its newest plan that waits."`
}

type lineQuery struct {
	Ref string `path:"ref" doc:"Id of a plan, or name of a target for its newest plan that waits."`
	Selection
	After int `query:"after" default:"-1" minimum:"-1"`
	Limit int `query:"limit" default:"500" minimum:"1" maximum:"5000"`
}

func (a *api) planRoutes() {
	add(a, route{"list-plans", http.MethodGet, "/plans", "Stored plans, newest first", access.View, 0},
		func(ctx context.Context, in *planQuery) (List[run.Plan], error) {
			plans, err := a.svc.Plans(ctx, PlanQuery{Target: in.Target, Kind: run.PlanKind(in.Kind), Status: run.Status(in.Status), Before: in.Before, Limit: in.Limit})
			return list(plans, in.Limit, func(p run.Plan) string { return p.ID }), err
		})
	add(a, route{"get-plan", http.MethodGet, "/plans/{ref}", "A stored plan", access.View, 0},
		func(ctx context.Context, in *onePlan) (run.Plan, error) { return a.svc.Plan(ctx, in.Ref) })
	add(a, route{"list-plan-lines", http.MethodGet, "/plans/{ref}/lines", "Lines of a plan", access.View, 0},
		func(ctx context.Context, in *lineQuery) (LinePage, error) {
			page, err := a.svc.Lines(ctx, in.Ref, LineQuery{in.Selection, in.After, in.Limit})
			if page.Lines == nil {
				page.Lines = []run.Line{}
			}
			return page, err
		})
	add(a, route{"preview", http.MethodPost, "/targets/{name}/preview", "What would be done at a target now", access.Run, 0},
		func(ctx context.Context, in *byName) (run.Plan, error) { return a.svc.Preview(ctx, in.Name) })
	a.decisionRoutes()
}

func (a *api) decisionRoutes() {
	type approval struct {
		Ref  string `path:"ref" doc:"Id of a plan, or name of a target for its newest plan that waits."`
		Body Approval
	}
	type rejection struct {
		Ref  string `path:"ref" doc:"Id of a plan, or name of a target for its newest plan that waits."`
		Body Rejection
	}
	add(a, route{"approve-plan", http.MethodPost, "/plans/{ref}/approve", "Approve a plan, release a hold", access.Approve, 0},
		func(ctx context.Context, in *approval) (Decision, error) {
			p, err := a.decidable(ctx, in.Ref)
			if err != nil {
				return Decision{}, err
			}
			return a.svc.Approve(ctx, p.ID, in.Body, callerOf(ctx))
		})
	add(a, route{"reject-plan", http.MethodPost, "/plans/{ref}/reject", "Reject a plan or hold", access.Approve, 0},
		func(ctx context.Context, in *rejection) (Decision, error) {
			p, err := a.decidable(ctx, in.Ref)
			if err != nil {
				return Decision{}, err
			}
			return a.svc.Reject(ctx, p.ID, in.Body, callerOf(ctx))
		})
	a.startRoutes()
}

// decidable returns the plan if the caller may decide on one of its kind: holds take the right to release.
func (a *api) decidable(ctx context.Context, ref string) (run.Plan, error) {
	p, err := a.svc.Plan(ctx, ref)
	if err != nil {
		return p, err
	}
	switch p.Kind {
	case run.Hold:
		return p, callerOf(ctx).Authorize(access.Release)
	case run.Preview:
		return p, &run.Problem{
			Code: Decided, What: "Plan " + p.ID + " is a preview: it shows what would be done and is never carried out.",
			Fix: "muster plan list shows the plans that wait.",
		}
	}
	return p, nil
}
