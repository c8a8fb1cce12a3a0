// Package adminapi is the administrators' HTTP API under /api/v1: what the command line and, later, the console use.
//
// It authenticates and authorizes by package access, checks requests, and hands them to a Service; it decides nothing by itself. The Service is
// implemented by package app, the only client in the tree is package cli. What waits for a person is gathered here, of what a Service says: see Inbox.
// Requests and answers are the types of this package and those of run and plan; their JSON is stable within /api/v1: fields are added, never renamed.
package adminapi

import (
	"context"
	"time"

	"muster/internal/access"
	"muster/internal/run"
)

// A Service does what the API offers. Safe for concurrent use.
//
// An error that a person can do something about is a *run.Problem with a code of this package (see HTTPStatus), anything else is reported as an internal
// error, its text kept in the log. directory.ErrNotFound and directory.ErrConflict count as such problems, if with little to say. Arguments called by are
// authorized already.
type Service interface {
	Overview
	Checks
	Syncs
	Plans
	Waits
	People
	Closings
	Targets
	Drifts
	Confirmations
	Browsing
	Recording
	Loads
	Golive
	Clients
	Sandboxes
	Places
	Users
	Posts
	Telling
	Samples
	Nestings
	Beginnings
	Measures
	Starts
}

// Overview says how everything stands.
type Overview interface {
	Version(ctx context.Context) Version
	Status(ctx context.Context) (Status, error)
}

// Checks try a configured source or target out. They change nothing.
type Checks interface {
	// CheckSource connects, searches and counts. A source that answers wrongly is no error: the result says so.
	CheckSource(ctx context.Context, name string) (SourceCheck, error)
	// CheckTarget connects, asks for what is supported and remembers it. A target that answers wrongly is no error: the result says so.
	CheckTarget(ctx context.Context, name string) (TargetCheck, error)
}

// Syncs start runs and follow them.
type Syncs interface {
	// Sync starts reading sources and serving targets, and returns the runs to wait for without waiting for them.
	Sync(ctx context.Context, req SyncRequest, by access.Caller) (Started, error)
	// Run returns a run. With wait it returns when the run has ended, or after that long as it stands then.
	Run(ctx context.Context, id string, wait time.Duration) (RunView, error)
	// Runs returns the newest first.
	Runs(ctx context.Context, q RunQuery) ([]run.Run, error)
	// RunRows returns a page of what a run counted under a name.
	RunRows(ctx context.Context, q RunRowQuery) (RunRowPage, error)
}

// Plans show stored plans and take decisions on them. Holds are plans of kind run.Hold. A ref is the id of a plan, or the name of a target: then its
// newest plan that waits is meant, holds only if nothing else waits.
type Plans interface {
	Plans(ctx context.Context, q PlanQuery) ([]run.Plan, error)
	Plan(ctx context.Context, ref string) (run.Plan, error)
	// Lines returns a page of the lines of a plan, by Seq.
	Lines(ctx context.Context, id string, q LineQuery) (LinePage, error)
	// Preview computes what would be done at a target now, stores it as a plan of kind run.Preview and returns it. Nothing is sent.
	Preview(ctx context.Context, target string) (run.Plan, error)
	// Approve approves a plan, or lines of it, and starts carrying it out. The count must equal the plan's People, or the number of lines named.
	Approve(ctx context.Context, ref string, req Approval, by access.Caller) (Decision, error)
	// Reject rejects a plan, or lines of it, until their inputs change.
	Reject(ctx context.Context, ref string, req Rejection, by access.Caller) (Decision, error)
}

// Waits show what is not in step.
type Waits interface {
	// Waiting returns single objects that wait, by target and object.
	Waiting(ctx context.Context, q WaitQuery) ([]Waiting, error)
}

// People find people and groups, and explain them. Who is meant is given as an id, a username, an email, or the key or DN of a
// record; who fits several is a problem that lists them.
type People interface {
	// Objects returns a page of people or groups by id, or those that a text finds.
	Objects(ctx context.Context, q ObjectQuery) ([]Object, error)
	Object(ctx context.Context, kind, who string) (Object, error)
	// Why explains a person or group at a target, or at all of them if target is "".
	Why(ctx context.Context, who, target string) (Explanation, error)
}

// Targets steer single targets.
type Targets interface {
	// Target returns how a target stands, and what its last test has shown.
	Target(ctx context.Context, name string) (TargetView, error)
	// ProbeTarget is CheckTarget with a throw-away account, which is made, changed, disabled and, where the service can, deleted.
	ProbeTarget(ctx context.Context, name string, req TargetProbe, by access.Caller) (TargetCheck, error)
	Pause(ctx context.Context, target, reason string, by access.Caller) (run.Target, error)
	Resume(ctx context.Context, target, reason string, by access.Caller) (run.Target, error)
	// Links returns a page of the links of a target, by object.
	Links(ctx context.Context, target string, q LinkQuery) ([]Link, error)
	// Limits returns the limits of a target, or of all if it is "".
	Limits(ctx context.Context, target string) ([]Limit, error)
	Raise(ctx context.Context, target string, req Raise, by access.Caller) (run.Raise, error)
}
