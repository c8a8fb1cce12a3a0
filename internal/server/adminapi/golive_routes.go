package adminapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"muster/internal/access"
	"muster/internal/connector"
	"muster/internal/run"
)

type reportQuery struct {
	Name string `path:"name" doc:"Name of a target."`
	Kind string `query:"kind" enum:"user,group" default:"user"`
	Text string `query:"text" doc:"Count only these: part of a name or account; with * for any text and ? for any letter, the whole of it."`
}

type tallyQuery struct {
	Ref string `path:"ref" doc:"Id of a plan, or name of a target for its newest plan that waits."`
	Selection
	Lines []string `query:"line" doc:"Keys of lines."`
}

func (a *api) goliveRoutes() {
	type listQuery struct {
		Name  string `path:"name" doc:"Name of a target."`
		List  string `path:"list" enum:"link,create,ask,close,unknown"`
		Kind  string `query:"kind" enum:"user,group" default:"user"`
		Text  string `query:"text" doc:"Part of a name or account; with * for any text and ? for any letter, the whole of it."`
		After string `query:"after"`
		Limit int    `query:"limit" default:"100" minimum:"1" maximum:"1000"`
	}
	type retry struct{ Body RetryRequest }
	add(a, route{"golive-report", http.MethodGet, "/targets/{name}/report", "What going live would do to a target, in five numbers", access.View, 0},
		func(ctx context.Context, in *reportQuery) (GoliveReport, error) {
			return a.svc.Report(ctx, in.Name, ReportQuery{Kind: connector.Kind(in.Kind), Text: in.Text})
		})
	add(a, route{"golive-list", http.MethodGet, "/targets/{name}/report/{list}", "Who is in a list of the report", access.View, 0},
		func(ctx context.Context, in *listQuery) (ReportPage, error) {
			page, err := a.svc.ReportList(ctx, in.Name, in.List, ReportQuery{connector.Kind(in.Kind), in.Text, in.After, in.Limit})
			if page.Rows == nil {
				page.Rows = []GoliveRow{}
			}
			return page, err
		})
	add(a, route{"tally-plan", http.MethodGet, "/plans/{ref}/tally", "How many lines of a plan are selected, by what they are", access.View, 0},
		func(ctx context.Context, in *tallyQuery) (Tallied, error) {
			out, err := a.svc.Tally(ctx, in.Ref, in.Selection, in.Lines)
			if out.By == nil {
				out.By = []run.Tally{}
			}
			return out, err
		})
	add(a, route{"retry", http.MethodPost, "/retries", "Try again now what is tried again by itself later, or was refused", access.Run, 0},
		func(ctx context.Context, in *retry) (Retried, error) {
			return a.svc.Retry(ctx, in.Body, callerOf(ctx))
		})
	a.pairRoutes()
	a.modeRoutes()
}

// largeBody is how large the list of pairs may be.
const largeBody = 64 << 20

func (a *api) pairRoutes() {
	type pair struct {
		Name string `path:"name"`
		Body PairRequest
	}
	type pairs struct {
		Name string `path:"name"`
		Body PairsRequest
	}
	type unpair struct {
		Name string `path:"name"`
		Who  string `path:"who" doc:"Id, username, email, key or DN."`
		Body UnpairRequest
	}
	add(a, route{"pair", http.MethodPost, "/targets/{name}/pair", "Link a person with an account that exists", access.Approve, 0},
		func(ctx context.Context, in *pair) (Pairing, error) {
			return a.svc.Pair(ctx, in.Name, in.Body, callerOf(ctx))
		})
	addOp(a, route{"pair-many", http.MethodPost, "/targets/{name}/pairs", "Link many people with accounts that exist", access.Approve, 0}, func(o *huma.Operation) { o.MaxBodyBytes = largeBody },
		func(ctx context.Context, in *pairs) (PairsDone, error) {
			return a.svc.Pairs(ctx, in.Name, in.Body, callerOf(ctx))
		})
	add(a, route{"unpair", http.MethodPost, "/targets/{name}/links/{who}/drop", "Forget whose account it is, and leave the account alone", access.Approve, 0},
		func(ctx context.Context, in *unpair) (Link, error) {
			return a.svc.Unpair(ctx, in.Name, in.Who, in.Body, callerOf(ctx))
		})
}

func (a *api) modeRoutes() {
	type mode struct {
		Name string `path:"name"`
		Body ModeRequest
	}
	type forget struct {
		Name string `path:"name"`
		Body ForgetRequest
	}
	add(a, route{"get-mode", http.MethodGet, "/targets/{name}/mode", "How far a target may go", access.View, 0},
		func(ctx context.Context, in *byName) (TargetMode, error) { return a.svc.Mode(ctx, in.Name) })
	add(a, route{"set-mode", http.MethodPost, "/targets/{name}/mode", "Let a target observe, serve a pilot, or go live", access.Configure, 0},
		func(ctx context.Context, in *mode) (TargetMode, error) {
			return a.svc.SetMode(ctx, in.Name, in.Body, callerOf(ctx))
		})
	add(a, route{"get-remembered", http.MethodGet, "/targets/{name}/remembered", "What is remembered of a target that is configured no more", access.View, 0},
		func(ctx context.Context, in *byName) (Remembered, error) { return a.svc.Remembered(ctx, in.Name) })
	add(a, route{"forget-target", http.MethodPost, "/targets/{name}/forget", "Forget a target that is configured no more", access.Configure, 0},
		func(ctx context.Context, in *forget) (Remembered, error) {
			return a.svc.Forget(ctx, in.Name, in.Body, callerOf(ctx))
		})
}
