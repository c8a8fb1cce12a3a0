package adminapi

import (
	"context"
	"net/http"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/run"
)

// Confirmations show and confirm what has taken the place of a scope group or a search base. Until somebody does, nobody leaves because of it.
type Confirmations interface {
	// Scopes returns the groups that the rules of a target name, as they stand.
	Scopes(ctx context.Context, target string) ([]ScopeGroup, error)
	// PreviewScope compares a target with what it would hold under the groups that have the configured names now. Nothing is sent.
	PreviewScope(ctx context.Context, target string) (ScopeChange, error)
	// ConfirmScope takes these groups. The count must be that of the preview.
	ConfirmScope(ctx context.Context, target string, count int, by access.Caller) (ScopeChange, error)
	// PreviewBase reads a source as if the base had never been read. base "" means the one that was replaced.
	PreviewBase(ctx context.Context, source, base string) (BaseChange, error)
	// ConfirmBase takes the entry that stands in place of the base. The count must be that of the preview.
	ConfirmBase(ctx context.Context, source, base string, count int, by access.Caller) (BaseChange, error)
}

// ScopeGroup is a group that the rules of a target name.
type ScopeGroup struct {
	Scope  string       `json:"scope"`            // whose scope it is: "people", "groups"
	Group  string       `json:"group"`            // as configured
	Pinned directory.ID `json:"pinned,omitempty"` // the group that was found by that name first
	Name   string       `json:"name,omitempty"`   // what its source calls it now; absent: it is gone
	Now    directory.ID `json:"now,omitempty"`    // the group that has the configured name now
	State  string       `json:"state,omitempty"`  // "followed", "missing", "replaced", "taken"; absent: it is what is configured
}

// ScopeChange is what would come of taking the groups that have the configured names now.
type ScopeChange struct {
	Groups []ScopeGroup `json:"groups"` // those that would change
	Plan   run.Plan     `json:"plan"`   // what would be done then; its people are the number to give
}

// BaseChange is what would come of taking the entry that stands in place of a search base.
type BaseChange struct {
	Source string   `json:"source"`
	Base   string   `json:"base"`
	DN     string   `json:"dn"`  // as configured
	Was    string   `json:"was"` // id of the entry that was there first
	Now    string   `json:"now"` // id of the one that is there now
	Read   int      `json:"read"`
	Enter  int      `json:"enter"`           // entries that were not in the base before
	Leave  int      `json:"leave"`           // entries that were, and are not any more
	Names  []string `json:"names,omitempty"` // of those who would leave, the first few
	Count  int      `json:"count"`           // the number to give
}

// Confirmation confirms what a preview showed.
type Confirmation struct {
	Count int `json:"count" doc:"The number of people and groups affected, as the preview states it, typed by a person."`
}

func (a *api) confirmRoutes() {
	type scope struct {
		Name string `path:"name"`
		Body Confirmation
	}
	type base struct {
		Name string `path:"name"`
		Base string `query:"base" doc:"Only needed if several bases were replaced."`
	}
	type confirmation struct {
		Name string `path:"name"`
		Base string `query:"base" doc:"Only needed if several bases were replaced."`
		Body Confirmation
	}
	add(a, route{"list-scopes", http.MethodGet, "/targets/{name}/scopes", "The groups that the rules of a target name, as they stand", access.View, 0},
		func(ctx context.Context, in *byName) (List[ScopeGroup], error) {
			groups, err := a.svc.Scopes(ctx, in.Name)
			return list(groups, 0, nil), err
		})
	add(a, route{"preview-scope", http.MethodPost, "/targets/{name}/scopes/preview", "What would be done if a replaced scope group were confirmed", access.Run, 0},
		func(ctx context.Context, in *byName) (ScopeChange, error) { return a.svc.PreviewScope(ctx, in.Name) })
	add(a, route{"confirm-scope", http.MethodPost, "/targets/{name}/scopes/confirm", "Confirm the group that has the name of a scope group now", access.Release, 0},
		func(ctx context.Context, in *scope) (ScopeChange, error) {
			return a.svc.ConfirmScope(ctx, in.Name, in.Body.Count, callerOf(ctx))
		})
	add(a, route{"preview-base", http.MethodPost, "/sources/{name}/base/preview", "Who would enter and leave if a replaced search base were confirmed", access.Run, 0},
		func(ctx context.Context, in *base) (BaseChange, error) {
			return a.svc.PreviewBase(ctx, in.Name, in.Base)
		})
	add(a, route{"confirm-base", http.MethodPost, "/sources/{name}/base/confirm", "Confirm the entry that stands in place of a search base", access.Release, 0},
		func(ctx context.Context, in *confirmation) (BaseChange, error) {
			return a.svc.ConfirmBase(ctx, in.Name, in.Base, in.Body.Count, callerOf(ctx))
		})
}
