package adminapi

import (
	"time"

	"muster/internal/directory"
	"muster/internal/run"
)

// PlanQuery selects plans, newest first; empty fields match everything.
type PlanQuery struct {
	Target string
	Kind   run.PlanKind
	Status run.Status
	Before string // id of a plan: only those made before it
	Limit  int
}

// LineQuery selects lines of a plan.
type LineQuery struct {
	Selection
	After int // Seq, exclusive; -1 starts
	Limit int
}

// LinePage is a page of lines. Next is the After of the next page; it is absent at the end.
type LinePage struct {
	Lines []run.Line              `json:"lines"`
	Names map[directory.ID]string `json:"names,omitempty"` // of members that lines add and remove, as far as they are shown
	Next  *int                    `json:"next,omitempty"`
}

// Approval approves a plan.
type Approval struct {
	Count        int       `json:"count" doc:"The number of people and groups that the plan affects, typed by a person."`
	Lines        []string  `json:"lines,omitempty" doc:"Keys of the lines to approve, each with the rest of its object; all if left out."`
	Select       Selection `json:"select,omitzero" doc:"Lines to approve by what they are, each with the rest of its object."`
	Answer       string    `json:"answer,omitempty" doc:"What to do about lines that ask which of several things to do: see their answers."`
	AllOrNothing bool      `json:"all_or_nothing,omitempty" doc:"Carry nothing out if any line does not hold any more when the first one is about to be."`
	After        int       `json:"after,omitempty" minimum:"0" maximum:"60" doc:"Begin after so many seconds, until when it can be cancelled and nothing is decided. At once if left out."`
}

// Rejection rejects a plan.
type Rejection struct {
	Lines  []string  `json:"lines,omitempty" doc:"Keys of the lines to reject, each with the rest of its object; all if left out."`
	Select Selection `json:"select,omitzero" doc:"Lines to reject by what they are, each with the rest of its object."`
	Reason string    `json:"reason,omitempty"`
}

// Decision is what became of a plan.
type Decision struct {
	Plan  run.Plan `json:"plan"`
	Lines int      `json:"lines"`           // lines that were decided
	Stale int      `json:"stale,omitempty"` // lines that did not hold any more and are planned anew
	Runs  []string `json:"runs,omitempty"`  // runs that carry it out
	Start *Start   `json:"start,omitempty" doc:"When it begins, if it does not begin at once; until then nothing is decided."`
}

// WaitQuery selects objects that wait; empty fields match everything.
type WaitQuery struct {
	Target string
	Wait   string       // "held", "retrying"
	After  directory.ID // of one Target: only objects behind this one
	Limit  int
	Alone  bool // only what waits by itself: questions stand in a hold
}

// Waiting is an object that is not in step at a target, and why.
type Waiting struct {
	Target   string       `json:"target"`
	Object   directory.ID `json:"object"`
	Name     string       `json:"name"`
	Member   string       `json:"member,omitempty"` // for one membership: who
	Wait     string       `json:"wait"`             // "held", "retrying"
	Code     string       `json:"code"`
	Reason   string       `json:"reason"`
	Plan     string       `json:"plan,omitempty"` // the hold it waits in
	Attempts int          `json:"attempts,omitempty"`
	Since    time.Time    `json:"since"`
	Next     time.Time    `json:"next,omitzero"`
}

// Limit is how far one class may go at a target within 24 hours.
type Limit struct {
	Target string     `json:"target"`
	Class  string     `json:"class"`
	Limit  int        `json:"limit"`
	Spent  int        `json:"spent"` // in the last 24 hours
	Raised *run.Raise `json:"raised,omitempty"`
}

// Raise announces a window in which a class may go further.
type Raise struct {
	Class  string    `json:"class"`
	To     int       `json:"to" minimum:"1"`
	Until  time.Time `json:"until"`
	Reason string    `json:"reason" minLength:"1"`
}
