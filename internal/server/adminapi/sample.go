package adminapi

import (
	"context"
	"net/http"

	"muster/internal/access"
	"muster/internal/run"
)

// Samples play the sample company beside a Muster that keeps nobody in step yet: with a Muster of its own, in a folder of its own, that nothing outlives.
type Samples interface {
	// Sample says whether the sample company plays, or why it cannot.
	Sample(ctx context.Context) (Sample, error)
	// StartSample starts it without waiting for it; started already, it goes on. Where people or systems are real, it is a problem that says so.
	StartSample(ctx context.Context, by access.Caller) (Sample, error)
	// EndSample ends it, and everything that belongs to it is gone when it returns.
	EndSample(ctx context.Context, by access.Caller) error
}

// A Sample is how the sample company stands.
type Sample struct {
	State   string       `json:"state" enum:"off,starting,playing,ending"`
	Folder  string       `json:"folder,omitempty" doc:"Its data folder: muster status -d FOLDER."`
	Address string       `json:"address,omitempty" doc:"Where its own console and API answer, once it plays."`
	Problem *run.Problem `json:"problem,omitempty" doc:"Off: why it cannot be started, or what it ended with."`
}

func (a *api) sampleRoutes() {
	add(a, route{"sample", http.MethodGet, "/sample", "Whether the sample company plays", access.View, 0},
		func(ctx context.Context, _ *none) (Sample, error) { return a.svc.Sample(ctx) })
	add(a, route{"start-sample", http.MethodPost, "/sample", "Play the sample company beside an empty Muster", access.Configure, http.StatusAccepted},
		func(ctx context.Context, _ *none) (Sample, error) { return a.svc.StartSample(ctx, callerOf(ctx)) })
	add(a, route{"end-sample", http.MethodDelete, "/sample", "End the sample company, and forget it", access.Configure, 0},
		func(ctx context.Context, _ *none) (Sample, error) {
			if err := a.svc.EndSample(ctx, callerOf(ctx)); err != nil {
				return Sample{}, err
			}
			return a.svc.Sample(ctx)
		})
}
