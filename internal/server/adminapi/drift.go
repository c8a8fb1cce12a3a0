package adminapi

import (
	"context"
	"net/http"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
)

// Drifts tell what somebody changed at targets by hand.
type Drifts interface {
	// Drift returns what the last full comparison found at a target, or at all of them if target is "", at most limit.
	Drift(ctx context.Context, target string, limit int) ([]Drift, error)
}

// Drift is one thing that somebody changed at a target by hand.
type Drift struct {
	Target  string       `json:"target"`
	Object  directory.ID `json:"object"`
	Kind    string       `json:"kind"` // "user", "group"
	Name    string       `json:"name"`
	Field   string       `json:"field"`             // an attribute, "active", "account" (whether it is there) or "member"
	Member  string       `json:"member,omitempty"`  // of a group: who
	Account string       `json:"account,omitempty"` // of a group: the account of a member that is nobody of ours
	Wanted  string       `json:"wanted"`
	Found   string       `json:"found"`
	Since   time.Time    `json:"since"`
	Repairs bool         `json:"repairs"` // the rules of the target undo it; else it stays
}

type driftQuery struct {
	Target string `query:"target"`
	Limit  int    `query:"limit" default:"1000" minimum:"1" maximum:"10000"`
}

func (a *api) driftRoutes() {
	add(a, route{"list-drift", http.MethodGet, "/drift", "What somebody changed at targets by hand", access.View, 0},
		func(ctx context.Context, in *driftQuery) (List[Drift], error) {
			found, err := a.svc.Drift(ctx, in.Target, in.Limit)
			return list(found, 0, nil), err
		})
}
