package run

import (
	"context"
	"time"

	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
)

// A Verdict is what a person said about lines of a plan.
type Verdict struct {
	To     Status
	By     string
	Reason string
	Answer Answer // to a question
	At     time.Time
}

// An Answer is what a person says to the question of a line. Which of them a line takes is in its Answers.
type Answer string

// The answers to the question whether an account is somebody's. To leave an account alone is to reject the line.
const (
	Adopt  Answer = "adopt"  // it is theirs
	Create Answer = "create" // it is not: make another
)

// The answers to the question what becomes of a group whose new name the target cannot give it.
const (
	Replace Answer = link.Replace // a new group takes its place
	Keep    Answer = link.Keep    // it keeps the old name there
)

// Act returns what a line does as people choose and count lines by: its verb, or "skip" with the reason.
func Act(l plan.Line) string {
	if l.Verb == plan.Skip {
		return "skip " + l.Code
	}
	return string(l.Verb)
}

// A LineFilter selects lines of a plan; empty fields match everything.
type LineFilter struct {
	Status Status
	Acts   []string // see Act
	Class  string
	Object directory.ID
}

// The lists of a plan by which a person judges going live on accounts that exist already. Unknown is no list of lines: see link.Reader, Strays.
const (
	ListLink    = "link"    // accounts that will be linked to their people
	ListCreate  = "create"  // accounts that will be made
	ListAsk     = "ask"     // the evidence disagrees, or does not suffice
	ListClose   = "close"   // active there, disabled or gone here
	ListUnknown = "unknown" // accounts that are nobody's here: never touched
)

// Lists returns the acts of the lines in each list that is one of lines.
func Lists(name string) []string {
	return map[string][]string{
		ListLink: {string(plan.Link)}, ListCreate: {string(plan.Create)}, ListAsk: {"skip ask"},
		ListClose: {string(plan.DisableUser), string(plan.DeleteRemote)},
	}[name]
}

// A LineReader finds lines.
type LineReader interface {
	// FindLines returns lines of a plan that a filter selects, by Seq; after is exclusive, -1 starts.
	FindLines(ctx context.Context, planID string, f LineFilter, after, limit int) ([]Line, error)
	// CountLines returns how many lines of a plan have each status. The sum is their number.
	CountLines(ctx context.Context, planID string) (map[Status]int, error)
}

// A LineTx decides about them.
type LineTx interface {
	// Decide records what a person said about those lines of a plan that have status from ("" = any) and one of keys; no keys = all. It returns how many
	// there were.
	Decide(ctx context.Context, planID string, from Status, v Verdict, keys ...string) (int, error)
}
