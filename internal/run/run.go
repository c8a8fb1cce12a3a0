// Package run keeps what happened and what waits for a person: runs, stored plans with their lines, holds and approvals, and where each target stands.
//
// It decides nothing: package plan makes lines and judges limits, package engine carries them out. Its Store is implemented by package store.
package run

import (
	"context"
	"encoding/json"
	"time"

	"muster/internal/directory"
	"muster/internal/plan"
)

// An Outcome is how a run ended.
type Outcome string

// The outcomes. Only Done is success.
const (
	Running    Outcome = "running"
	Done       Outcome = "done"
	Incomplete Outcome = "incomplete" // a source could not be read whole: nobody was removed
	Suspicious Outcome = "suspicious" // read whole, but too much is gone or changed: nobody was removed
	Held       Outcome = "held"       // done, but for lines that wait for a person
	Stopped    Outcome = "stopped"    // the target refuses or is not what it was
	Failed     Outcome = "failed"
)

// A Kind is what a run did.
type Kind string

// The kinds of run.
const (
	Read      Kind = "read"      // of a source
	Serve     Kind = "serve"     // a wave of changes to a target
	Reconcile Kind = "reconcile" // a full comparison with a target
	Load      Kind = "load"      // of a file into the workspace
)

// A Run is one reading of a source, serving of a target, or loading of a file.
type Run struct {
	ID      string         `json:"id"`
	Kind    Kind           `json:"kind"`
	Name    string         `json:"name"` // source, target or file
	Started time.Time      `json:"started"`
	Ended   time.Time      `json:"ended,omitzero"`
	Outcome Outcome        `json:"outcome"`
	Counts  map[string]int `json:"counts,omitempty"`
	Problem *Problem       `json:"problem,omitempty"`
	Notes   []string       `json:"notes,omitempty"` // what a person should know besides
}

// A Problem says in four parts what is wrong. It never holds a secret.
type Problem struct {
	Code string `json:"code"` // stable
	What string `json:"what"` // what happened, to whom, where
	Why  string `json:"why,omitempty"`
	Now  string `json:"now,omitempty"` // what it means now
	Fix  string `json:"fix,omitempty"`
}

func (p *Problem) Error() string { return p.What }

// A PlanKind is why a plan was stored.
type PlanKind string

// The kinds of plan.
const (
	First   PlanKind = "first"   // a new target
	Change  PlanKind = "change"  // its rules changed
	Hold    PlanKind = "hold"    // a limit tripped, or a line asks
	Preview PlanKind = "preview" // what would be done now; never approved
)

// A Status is where a plan or a line of it stands.
type Status string

// The statuses.
const (
	Waiting    Status = "waiting"
	Approved   Status = "approved" // to be carried out, line by line while it holds
	Rejected   Status = "rejected" // stays rejected until its inputs change
	Finished   Status = "done"
	Stale      Status = "stale" // its inputs changed: planned anew
	Superseded Status = "superseded"
)

// A Plan is stored intention.
type Plan struct {
	ID       string         `json:"id"`
	Target   string         `json:"target"`
	Kind     PlanKind       `json:"kind"`
	Class    string         `json:"class,omitempty"` // Hold: the class that tripped, or "ask"
	Status   Status         `json:"status"`
	Rules    string         `json:"rules,omitempty"` // digest of the rules it was made with
	Created  time.Time      `json:"created"`
	Decided  time.Time      `json:"decided,omitzero"`
	By       string         `json:"by,omitempty"`
	Why      string         `json:"why,omitempty"` // Hold: "12 disables wanted, limit 10"
	People   int            `json:"people"`        // objects affected: the number to type
	Counts   map[string]int `json:"counts,omitempty"`
	Verdicts []plan.Verdict `json:"verdicts,omitempty"`
	Note     string         `json:"note,omitempty"`   // of a first plan: observed, linkable, unknown there …, as JSON
	Reason   string         `json:"reason,omitempty"` // why it was rejected, or approved, in the words of who did
	Whole    Whole          `json:"whole,omitempty"`
	Follows  string         `json:"follows,omitempty"` // the plan whose lines did not hold any more when they were to be carried out: these took their place
	Takes    int            `json:"takes,omitempty"`   // seconds that it takes at the rates of the target, and as fast as it answered last; not stored: whoever shows the plan fills it in
	Was      string         `json:"-"`                 // digest of the rules that were in force before its approval, and those rules
	WasRules []byte         `json:"-"`
}

// Whole says whether a plan is carried out only if every line of it holds.
type Whole string

// What becomes of the wish for all or nothing. The zero Whole is no such wish.
const (
	WholeAsked  Whole = "asked"  // judged before the first line is carried out
	WholePassed Whole = "passed" // every line held then
)

// A Report is what the comparison behind a plan found at the target.
type Report struct {
	Accounts int    `json:"accounts"` // there
	Groups   int    `json:"groups"`   // there
	Link     int    `json:"link"`     // accounts that belong to people we know
	Create   int    `json:"create"`
	Update   int    `json:"update"`
	Close    int    `json:"close"`   // active there, disabled or gone here
	Ask      int    `json:"ask"`     // the evidence does not suffice
	Wait     int    `json:"wait"`    // something is missing
	Unknown  int    `json:"unknown"` // accounts there that nobody here has: never touched
	Digest   string `json:"digest"`  // of all lines
}

// Report returns what is in the Note of a plan that came from a comparison, and false for others.
func (p Plan) Report() (Report, bool) {
	var r Report
	err := json.Unmarshal([]byte(p.Note), &r)
	return r, err == nil && r.Digest != ""
}

// A Line is a line of a stored plan.
type Line struct {
	Plan   string `json:"plan"`
	Seq    int    `json:"seq"`
	Status Status `json:"status"`
	plan.Line
	By      string    `json:"decided_by,omitempty"`
	Reason  string    `json:"reason,omitempty"` // of the decision
	Answer  Answer    `json:"answer,omitempty"`
	Decided time.Time `json:"decided,omitzero"`
}

// Target is where a target stands, apart from its configuration.
type Target struct {
	Name    string    `json:"name"`
	Mode    string    `json:"mode,omitempty"`   // how far it may go, where the configuration does not say
	Active  string    `json:"active,omitempty"` // digest of the rules that are approved and in force; "" = none yet
	Rules   []byte    `json:"-"`                // those rules, as configured
	Paused  *Note     `json:"paused,omitempty"`
	Stopped *Problem  `json:"stopped,omitempty"` // credentials, wrong address: nothing is sent until it answers again
	Probe   time.Time `json:"probe,omitzero"`    // when a stopped target is tried next
	Listed  time.Time `json:"listed,omitzero"`   // last full reconcile that finished
	Known   []byte    `json:"-"`                 // what a test of the tenant has shown, as the engine writes it; nil = never tested
}

// A Note is who did something, when and why.
type Note struct {
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// A Raise lets a class go past its limit for a while: an announced window.
type Raise struct {
	Target string    `json:"target"`
	Class  string    `json:"class"`
	To     int       `json:"to"`
	Until  time.Time `json:"until"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
}

// A Reader reads runs and plans. Missing things are directory.ErrNotFound.
type Reader interface {
	LineReader
	RowReader
	Run(ctx context.Context, id string) (Run, error)
	// Runs returns the newest first, at most limit; name "" means any.
	Runs(ctx context.Context, name string, limit int) ([]Run, error)
	// LastDone returns the newest run of a kind that ended Done, however many came after it.
	LastDone(ctx context.Context, kind Kind, name string) (Run, error)
	// FindRuns returns those that a filter selects, the newest first, at most limit.
	FindRuns(ctx context.Context, f Filter, limit int) ([]Run, error)
	Plan(ctx context.Context, id string) (Plan, error)
	// Plans returns the newest first; empty fields match everything.
	Plans(ctx context.Context, target string, kind PlanKind, status Status, limit int) ([]Plan, error)
	// FindPlans returns those that a filter selects, the newest first, at most limit.
	FindPlans(ctx context.Context, f PlanFilter, limit int) ([]Plan, error)
	// Lines returns lines of a plan by Seq; after is exclusive, -1 starts; status "" means any.
	Lines(ctx context.Context, planID string, status Status, after, limit int) ([]Line, error)
	// LinesByKey returns the newest stored line for each of keys at a target, those of superseded plans and previews left out. It tells where a line
	// stands, not what it says: only Plan, Seq, Status, Key, Target, Object and what a person said are filled in.
	LinesByKey(ctx context.Context, target string, keys []string) ([]Line, error)
	// LinesOf returns the lines about objects in plans that wait or are approved, previews left out, the oldest plan first.
	LinesOf(ctx context.Context, target string, objects ...directory.ID) ([]Line, error)
	Target(ctx context.Context, name string) (Target, error)
	Targets(ctx context.Context) ([]Target, error)
	Raises(ctx context.Context, target string, now time.Time) ([]Raise, error)
	// Events returns what the audit log holds, newest first.
	Events(ctx context.Context, q EventQuery) ([]Event, error)
}

// A Filter selects runs; empty fields match everything. Before is the id of a run: those before it in time are meant, none if there is no such run.
type Filter struct {
	Name   string
	Before string
}

// A PlanFilter selects plans; empty fields match everything. Before is the id of a plan: those made before it are meant, none if there is no such plan.
type PlanFilter struct {
	Target string
	Kind   PlanKind
	Status Status
	Before string
}

// A Tx also writes, in the directory.Tx that In was given.
type Tx interface {
	Reader
	LineTx
	RowTx
	PutRun(ctx context.Context, r Run) error
	PutPlan(ctx context.Context, p Plan) error
	// AddLines appends lines to a plan; a line whose key the plan has already is left alone. One that a person has rejected is rejected from the start: see
	// Rejections.
	AddLines(ctx context.Context, planID string, lines ...plan.Line) error
	// MarkLines sets the status of those lines of a plan that have status from ("" = any) and one of keys; no keys = all. It returns how many changed.
	MarkLines(ctx context.Context, planID string, from, to Status, keys ...string) (int, error)
	PutTarget(ctx context.Context, t Target) error
	PutRaise(ctx context.Context, r Raise) error
	// Audit appends who did what to the audit log.
	Audit(ctx context.Context, e Event) error
}

// An Event is one line of the audit log.
type Event struct {
	Seq    int64     `json:"seq,omitempty"` // set by the Store; later ones are larger
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Act    string    `json:"act"`    // "plan.approve", "disable" …
	Object string    `json:"object"` // id or name of what it was done to
	Detail string    `json:"detail,omitempty"`
	Via    string    `json:"via,omitempty"` // the token by which it was done; set by the Store from the Request of the context
}

// An EventQuery selects events; empty fields match everything.
type EventQuery struct {
	Object string
	Also   string // another name of Object
	Since  time.Time
	By     string
	Act    string
	Before int64 // Seq, exclusive; 0 = the newest
	Limit  int
}

// In returns the run contract of tx.
func In(tx directory.Tx) Tx { return tx.(interface{ RunTx() Tx }).RunTx() }

// Of returns the reading half of the run contract of r.
func Of(r directory.Reader) Reader { return r.(interface{ RunReader() Reader }).RunReader() }
