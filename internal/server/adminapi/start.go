package adminapi

import (
	"context"
	"net/http"
	"time"

	"muster/internal/access"
)

// Starts are approvals that begin a little later, so that whoever gave one can take it back. Until one begins nothing has been decided.
type Starts interface {
	// Start says how the last approval of a plan that was to begin later stands, or that there is none.
	Start(ctx context.Context, ref string) (Start, error)
	// CancelStart takes it back. What has begun already goes on: that is a problem.
	CancelStart(ctx context.Context, ref string, by access.Caller) (Start, error)
}

// A Start is an approval that begins later.
type Start struct {
	State  string    `json:"state" enum:"none,waiting,begun,cancelled,lost,failed" doc:"Lost: the server ended before it began. Lost, cancelled and failed: nothing has begun."`
	By     string    `json:"by,omitempty"`
	Begins time.Time `json:"begins,omitzero"`
	Why    string    `json:"why,omitempty" doc:"Failed: why it did not begin."`
}

func (a *api) startRoutes() {
	type ref struct {
		Ref string `path:"ref" doc:"Id of a plan."`
	}
	add(a, route{"get-start", http.MethodGet, "/plans/{ref}/start", "How an approval that begins later stands", access.View, 0},
		func(ctx context.Context, in *ref) (Start, error) { return a.svc.Start(ctx, in.Ref) })
	add(a, route{"cancel-start", http.MethodDelete, "/plans/{ref}/start", "Take back an approval that has not begun", access.Approve, 0},
		func(ctx context.Context, in *ref) (Start, error) {
			p, err := a.decidable(ctx, in.Ref)
			if err != nil {
				return Start{}, err
			}
			return a.svc.CancelStart(ctx, p.ID, callerOf(ctx))
		})
}
