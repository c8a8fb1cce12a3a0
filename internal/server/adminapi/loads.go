package adminapi

import (
	"context"
	"io"
	"time"

	"muster/internal/access"
)

// LoadRequest says how to load a file that holds an installation.
type LoadRequest struct {
	Name    string // of the file, for people to read
	From    string // installation that it was exported from; "" = "default"
	SkipBad bool   // load what is right of a file with bad lines
	DryRun  bool   // say what is wrong with the file here, and write nothing
}

// Load is a file that was taken in and is not loaded to its end.
type Load struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	From    string    `json:"from,omitempty"`
	SkipBad bool      `json:"skip_bad,omitempty"`
	By      string    `json:"by"`
	Started time.Time `json:"started"`
	Size    int64     `json:"size"`
	Run     string    `json:"run"`     // newest run of it
	Running bool      `json:"running"` // that run has not ended
}

// Loads bring whole installations into the workspace, and write them.
type Loads interface {
	// Load takes a file in, starts loading it and returns the run to wait for.
	Load(ctx context.Context, req LoadRequest, file io.Reader, by access.Caller) (Started, error)
	// Loads returns the loads that are not done, oldest first.
	Loads(ctx context.Context) ([]Load, error)
	// ResumeLoad goes on with a load that was cut off, or some of whose people waited.
	ResumeLoad(ctx context.Context, id string, by access.Caller) (Started, error)
	// DropLoad forgets a load. What it brought stays.
	DropLoad(ctx context.Context, id string, by access.Caller) error
	// Export writes everything as a ZIP that Load takes.
	Export(ctx context.Context, to io.Writer, by access.Caller) error
}
