package adminapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	"muster/internal/access"
	"muster/internal/run"
)

type leaverQuery struct {
	All   bool   `query:"all" doc:"Those who are closed too, with the proof."`
	Since string `query:"since" doc:"With all: closed at or after this time (RFC 3339); 30 days ago if left out."`

	Target string `query:"target" doc:"Only at this target."`
	State  string `query:"state" enum:"missing,closing,held,retrying,stopped,paused,open,lost" doc:"Only open ones in this state."`
	After  string `query:"after" doc:"Continue behind a page of open ones."`
	Limit  int    `query:"limit" minimum:"0" maximum:"1000" doc:"Most open ones; all if left out."`
}

func (q leaverQuery) query() (LeaverQuery, error) {
	out := LeaverQuery{Closed: q.All, Target: q.Target, State: q.State, After: q.After, Limit: q.Limit}
	if q.Since == "" {
		return out, nil
	}
	var err error
	if out.Since, err = time.Parse(time.RFC3339, q.Since); err != nil {
		return out, &run.Problem{Code: BadRequest, What: "since is not a time", Fix: "Write it like 2026-03-02T09:00:00Z."}
	}
	return out, nil
}

type (
	ofPerson struct {
		Who  string `path:"who" doc:"Id, username, name, email, key or DN."`
		Wait string `query:"wait" doc:"Answer when nothing more is to be expected soon, or after this long: 30s. At most 1m."`
	}
	ofAccount struct {
		Name    string `path:"name"`
		Account string `path:"account" doc:"Its id or its name at the target."`
		Wait    string `query:"wait" doc:"Answer when nothing more is to be expected soon, or after this long: 30s. At most 1m."`
	}
)

func (a *api) closingRoutes() {
	add(a, route{"list-leavers", http.MethodGet, "/leavers", "Who should be closed at a target: open ones, and with all those who are, with proof", access.View, 0},
		func(ctx context.Context, in *leaverQuery) (List[Leaver], error) {
			q, err := in.query()
			if err != nil {
				return List[Leaver]{}, err
			}
			found, err := a.svc.Leavers(ctx, q)
			out := list(found, 0, nil)
			open := slices.IndexFunc(found, func(l Leaver) bool { return l.State == "closed" })
			if open < 0 {
				open = len(found)
			}
			if q.Limit > 0 && open == q.Limit {
				out.Next = found[open-1].Place()
			}
			return out, err
		})
	a.personClosingRoutes()
	a.accountClosingRoutes()
}

func (a *api) personClosingRoutes() {
	type closing struct {
		Who  string `path:"who"`
		Body Closing
	}
	type opening struct {
		Who  string `path:"who"`
		Body Opening
	}
	add(a, route{"disable", http.MethodPost, "/people/{who}/disable", "Close a person at once", access.Disable, 0},
		func(ctx context.Context, in *closing) (Closed, error) {
			return a.svc.Disable(ctx, in.Who, in.Body, callerOf(ctx))
		})
	add(a, route{"enable", http.MethodPost, "/people/{who}/enable", "Lift what disable did", access.Disable, 0},
		func(ctx context.Context, in *opening) (Closed, error) {
			return a.svc.Enable(ctx, in.Who, in.Body, callerOf(ctx))
		})
	add(a, route{"get-closing", http.MethodGet, "/people/{who}/closing", "How far the closing of a person has got", access.View, 0},
		func(ctx context.Context, in *ofPerson) (Closed, error) {
			wait, err := parseWait(in.Wait)
			if err != nil {
				return Closed{}, err
			}
			return a.svc.Closing(ctx, in.Who, wait)
		})
}

func (a *api) accountClosingRoutes() {
	type closing struct {
		Name    string `path:"name"`
		Account string `path:"account" doc:"Its id or its name at the target."`
		Body    Closing
	}
	type opening struct {
		Name    string `path:"name"`
		Account string `path:"account" doc:"Its id or its name at the target."`
		Body    Reason
	}
	add(a, route{"disable-account", http.MethodPost, "/targets/{name}/accounts/{account}/disable", "Close an account at once, be it nobody's", access.Disable, 0},
		func(ctx context.Context, in *closing) (Closed, error) {
			return a.svc.DisableAccount(ctx, in.Name, in.Account, in.Body, callerOf(ctx))
		})
	add(a, route{"enable-account", http.MethodPost, "/targets/{name}/accounts/{account}/enable", "Lift what disable-account did", access.Disable, 0},
		func(ctx context.Context, in *opening) (Closed, error) {
			return a.svc.EnableAccount(ctx, in.Name, in.Account, in.Body.Reason, callerOf(ctx))
		})
	add(a, route{"get-account-closing", http.MethodGet, "/targets/{name}/accounts/{account}/closing", "How far the closing of an account has got", access.View, 0},
		func(ctx context.Context, in *ofAccount) (Closed, error) {
			wait, err := parseWait(in.Wait)
			if err != nil {
				return Closed{}, err
			}
			return a.svc.ClosingAccount(ctx, in.Name, in.Account, wait)
		})
}
