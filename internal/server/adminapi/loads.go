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
	Hold    bool   // as DryRun, but keep the file: ResumeLoad loads it
}

// Load is a file that was taken in, and what came of it.
type Load struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	From    string    `json:"from,omitempty"`
	SkipBad bool      `json:"skip_bad,omitempty"`
	By      string    `json:"by"`
	Started time.Time `json:"started"`
	Size    int64     `json:"size"`
	Run     string    `json:"run"`            // newest run of it
	Running bool      `json:"running"`        // that run has not ended
	Hold    bool      `json:"hold,omitempty"` // it was only checked so far
	Done    bool      `json:"done,omitempty"` // it was loaded to its end or refused: the file is not kept any more
	Report  *Report   `json:"report,omitempty"`
}

// Report is what checking a file has found.
type Report struct {
	Lines    int            `json:"lines"`
	Counts   map[string]int `json:"counts"` // objects by type, replies, reactions, attachments and memberships too
	Errors   int            `json:"errors"`
	Warnings int            `json:"warnings"`
	Bad      int            `json:"bad_lines"`         // lines with an error: they are not loaded
	Codes    map[string]int `json:"codes,omitempty"`   // findings by what is wrong
	Unused   int            `json:"unused,omitempty"`  // attachments that no line names
	Unkept   int            `json:"unkept,omitempty"`  // findings beyond those that are kept
	Waiting  []LoadWait     `json:"waiting,omitempty"` // people who are not loaded until somebody has decided
	More     int            `json:"more_waiting,omitempty"`
}

// LoadWait is somebody who waits, and why.
type LoadWait struct {
	Username string `json:"username"`
	Why      string `json:"why"`
}

// Finding is one thing that is wrong with a file.
type Finding struct {
	Seq   int    `json:"seq"`            // from 1, in the order in which they were found
	Line  int    `json:"line"`           // from 1; 0 = the file as a whole
	Type  string `json:"type,omitempty"` // of the line
	Field string `json:"field,omitempty"`
	Level string `json:"level" enum:"error,warning"` // a line with an error is not loaded; a warning says what is loaded otherwise, or left out
	Code  string `json:"code"`
	What  string `json:"what"` // with the cause
	Fix   string `json:"fix,omitempty"`
}

// FindingQuery selects findings; empty fields match everything.
type FindingQuery struct {
	Level string
	After int // Seq
	Limit int
}

// LoadView is a load with its newest run.
type LoadView struct {
	Load
	State string  `json:"state" enum:"checking,checked,loading,waiting,cut off,loaded,refused"`
	Last  RunView `json:"last"`
}

// Loads bring whole installations into the workspace, and write them.
type Loads interface {
	// Load takes a file in, starts loading it and returns the run to wait for.
	Load(ctx context.Context, req LoadRequest, file io.Reader, by access.Caller) (Started, error)
	// Loads returns the loads that are not done, oldest first.
	Loads(ctx context.Context) ([]Load, error)
	// ResumeLoad goes on with a load that was cut off, or some of whose people waited.
	// One that was only checked so far it begins. skipBad loads what is right of a file with bad lines.
	ResumeLoad(ctx context.Context, id string, skipBad bool, by access.Caller) (Started, error)
	// LoadHistory returns the loads of which something is kept, those that are done too, newest first.
	LoadHistory(ctx context.Context) ([]LoadView, error)
	LoadView(ctx context.Context, id string) (LoadView, error)
	// Findings returns a page of what is wrong with a file, in the order in which it was found: by line, then names that nobody has.
	Findings(ctx context.Context, id string, q FindingQuery) ([]Finding, error)
	// DropLoad forgets a load. What it brought stays.
	DropLoad(ctx context.Context, id string, by access.Caller) error
	// Export writes everything as a ZIP that Load takes.
	Export(ctx context.Context, to io.Writer, by access.Caller) error
}
