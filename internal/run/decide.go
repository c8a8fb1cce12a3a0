package run

import (
	"context"
	"time"

	"muster/internal/connector"
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
	Status  Status
	Acts    []string // see Act
	Class   string
	Cause   directory.Cause
	Kind    connector.Kind
	Object  directory.ID
	Objects []directory.ID
	Keys    []string
	Name    string // part of the name, case aside; with * for any text and ? for any letter, the whole name
	// Whole adds the other lines of the objects that are selected, those with Status: what is decided about an object is decided about all of it.
	Whole bool
}

// The lists of a plan by which a person judges going live on accounts that exist already. Unknown is no list of lines: see link.Reader, Strays.
const (
	ListLink    = "link"    // accounts that will be linked to their people
	ListCreate  = "create"  // accounts that will be made
	ListAsk     = "ask"     // the evidence disagrees, or does not suffice
	ListClose   = "close"   // active there, disabled or gone here: those that a removal is planned for, and those that stay as they are
	ListUnknown = "unknown" // accounts that are nobody's here: never touched
)

// Lists returns the acts of the lines in each list that is one of lines.
func Lists(name string) []string {
	return map[string][]string{
		ListLink: {string(plan.Link)}, ListCreate: {string(plan.Create)}, ListAsk: {"skip ask"},
		ListClose: {string(plan.DisableUser), string(plan.DeleteRemote), "skip " + plan.CodeGone},
	}[name]
}

// A Tally is how many lines of a plan have something in common.
type Tally struct {
	Kind   connector.Kind  `json:"kind"`
	Act    string          `json:"act"`
	Class  string          `json:"class,omitempty"`
	Cause  directory.Cause `json:"cause,omitempty"`
	Status Status          `json:"status"`
	Lines  int             `json:"lines"`
}

// Affected is what lines are about.
type Affected struct{ Lines, Objects int }

// A LineReader finds lines.
type LineReader interface {
	// FindLines returns lines of a plan that a filter selects, by Seq; after is exclusive, -1 starts.
	FindLines(ctx context.Context, planID string, f LineFilter, after, limit int) ([]Line, error)
	// TallyLines counts the lines that a filter selects, by everything that a Tally tells apart; the sum of all is the length of the list of FindLines.
	TallyLines(ctx context.Context, planID string, f LineFilter) ([]Tally, error)
	// Affected returns how many lines a filter selects, and how many people and groups those of them are about that do something, or ask.
	Affected(ctx context.Context, planID string, f LineFilter) (Affected, error)
	// Rejections returns, of keys at a target, those lines that a person has rejected and nobody has approved since, in whatever plan, previews excepted:
	// equal keys are equal inputs. As LinesByKey it tells where a line stands and what was said, not what it says.
	Rejections(ctx context.Context, target string, keys []string) ([]Line, error)
	// RejectedOf returns the rejected lines about objects at a target about which nothing else was decided since, whole.
	RejectedOf(ctx context.Context, target string, objects []directory.ID) ([]Line, error)
	// Rejects reports whether there is any rejected line at a target.
	Rejects(ctx context.Context, target string) (bool, error)
}

// A LineTx decides about them.
type LineTx interface {
	// Decide records what a person said about the lines of a plan that a filter selects. It returns how many there were.
	Decide(ctx context.Context, planID string, f LineFilter, v Verdict) (int, error)
	// DropPlan removes some thousand lines of a plan about which nobody has decided, and with the last of them the plan. It reports whether anything is left.
	DropPlan(ctx context.Context, planID string) (more bool, err error)
}
