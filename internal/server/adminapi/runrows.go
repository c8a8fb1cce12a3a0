package adminapi

import (
	"context"
	"net/http"

	"muster/internal/access"
	"muster/internal/directory"
)

// RunRowQuery asks for what a run counted.
type RunRowQuery struct {
	Run   string
	What  string // the name of the count: "added"
	After int    // Seq, exclusive
	Limit int
}

// RunRowPage is a page of what a run counted. Next is the After of the next page; it is 0 at the end.
type RunRowPage struct {
	Rows []RunRow `json:"items"`
	Next int      `json:"next,omitempty"`
}

// RunRow is one thing that a run counted: a person or group, a membership, or an entry of a source that is nobody yet.
type RunRow struct {
	Seq        int             `json:"seq"`
	Object     directory.ID    `json:"object,omitempty" doc:"The person or group, or the group of a membership."`
	Kind       directory.Kind  `json:"kind,omitempty"`
	Name       string          `json:"name,omitempty" doc:"What they are called now; left out if they were deleted for good."`
	State      directory.State `json:"state,omitempty" doc:"How they stand now."`
	Member     directory.ID    `json:"member,omitempty" doc:"Of a membership: who."`
	MemberKind directory.Kind  `json:"member_kind,omitempty"`
	MemberName string          `json:"member_name,omitempty"`
	Entry      string          `json:"entry,omitempty" doc:"Of an entry that was nobody yet: its key at the source."`
}

func (a *api) runRowRoutes() {
	type query struct {
		ID    string `path:"id"`
		What  string `query:"what" required:"true" doc:"The name of a count of the run that is among those kept: added, changed, removed …"`
		After int    `query:"after" minimum:"0" doc:"Continue behind a page: its next."`
		Limit int    `query:"limit" default:"100" minimum:"1" maximum:"1000"`
	}
	add(a, route{"list-run-rows", http.MethodGet, "/runs/{id}/rows", "What a run counted, row by row", access.View, 0},
		func(ctx context.Context, in *query) (RunRowPage, error) {
			page, err := a.svc.RunRows(ctx, RunRowQuery{in.ID, in.What, in.After, in.Limit})
			if page.Rows == nil {
				page.Rows = []RunRow{}
			}
			return page, err
		})
}
