package adminapi

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
)

// Closings close people and bare accounts at once, open them again, and list who should be closed. A closing is an order: it is stored before anything is sent,
// and open until the target was read back.
type Closings interface {
	// Disable closes a person at once: past limits, holds and queues. Nothing is sent with a dry run.
	Disable(ctx context.Context, who string, req Closing, by access.Caller) (Closed, error)
	// Enable lifts what Disable did; the person is then again what the sources say.
	Enable(ctx context.Context, who string, req Opening, by access.Caller) (Closed, error)
	// Closing says how far the closing of a person has got: when nothing more is to be expected soon, or after wait.
	Closing(ctx context.Context, who string, wait time.Duration) (Closed, error)
	// DisableAccount closes an account at a target, given by its id or its name there. One that belongs to a person is closed as theirs.
	DisableAccount(ctx context.Context, target, account string, req Closing, by access.Caller) (Closed, error)
	// EnableAccount lifts what DisableAccount did, and opens the account again if Muster closed it.
	EnableAccount(ctx context.Context, target, account, reason string, by access.Caller) (Closed, error)
	// ClosingAccount is Closing for an account.
	ClosingAccount(ctx context.Context, target, account string, wait time.Duration) (Closed, error)
	// Leavers returns people and accounts that should be closed at a target and are not confirmed to be, oldest first, a page of them if a Limit is given;
	// with Closed also those who are, the latest first.
	Leavers(ctx context.Context, q LeaverQuery) ([]Leaver, error)
}

// Closing asks to close a person or an account.
type Closing struct {
	Reason       string   `json:"reason" minLength:"1"`
	Targets      []string `json:"targets,omitempty" doc:"Only at these targets. Left out: everywhere, and the person is deactivated in Muster too."`
	ThroughPause bool     `json:"through_pause,omitempty" doc:"Send it to paused targets too. Takes the right to pause them."`
	DryRun       bool     `json:"dry_run,omitempty" doc:"Only say how things stand; nothing is stored or sent."`
}

// Opening asks to lift a closing.
type Opening struct {
	Reason  string   `json:"reason" minLength:"1"`
	Targets []string `json:"targets,omitempty" doc:"Only at these targets, of a person who was closed at single ones."`
}

// Closed is how far closing or reopening has got. Work goes on after the answer. Of a bare account, Object has the kind "account" and its name.
type Closed struct {
	Object  Object     `json:"object"`
	Targets []ClosedAt `json:"targets"`
	Runs    []string   `json:"runs,omitempty"` // of reopening: what was started
	DryRun  bool       `json:"dry_run,omitempty"`
}

// ClosedAt is how far it has got at one target.
type ClosedAt struct {
	Target    string    `json:"target"`
	Remote    string    `json:"remote,omitempty"`
	State     string    `json:"state"`                   // "closed", "none" (no account), "closing", "retrying", "stopped", "paused", "held", "open"
	Why       string    `json:"why,omitempty"`           // what the target said last, or what it waits for
	Code      string    `json:"code,omitempty"`          // what it waits for, as of people who wait
	How       string    `json:"how,omitempty"`           // how to close by hand what cannot be reached
	Ordered   time.Time `json:"ordered,omitzero"`        //
	By        string    `json:"by,omitempty"`            // who ordered it
	Reason    string    `json:"reason,omitempty"`        //
	Attempts  int       `json:"attempts,omitempty"`      // tries that failed
	Next      time.Time `json:"next,omitzero"`           // the next try
	Confirmed time.Time `json:"confirmed,omitzero"`      // when the target confirmed it
	Took      string    `json:"took,omitempty"`          // from the order to the confirmation: "1.2s"
	Proof     string    `json:"proof,omitempty"`         // what the target answered when it was read back
	Through   bool      `json:"through_pause,omitempty"` //
}

// Done reports whether the account is closed, or there is none.
func (c ClosedAt) Done() bool { return c.State == "closed" || c.State == "none" }

// Moves reports whether it is being tried: a person has nothing to do yet but wait.
func (c ClosedAt) Moves() bool { return c.State == "closing" || c.State == "retrying" }

// KindAccount is the kind of an Object that is a bare account.
const KindAccount directory.Kind = "account"

// LeaverQuery selects leavers.
type LeaverQuery struct {
	Closed bool      // those who are closed too
	Since  time.Time // closed at or after then; zero = 30 days ago
	Target string    // only at this one; "" = any
	State  string    // only open ones in this state; "" = any
	After  string    // Place of the one behind which the page begins; "" = from the oldest on
	Limit  int       // most open ones; 0 = all
}

// Page chooses from the open leavers, which it sorts: the oldest first.
func (q LeaverQuery) Page(open []Leaver) []Leaver {
	open = slices.DeleteFunc(open, func(l Leaver) bool {
		return q.Target != "" && l.Target != q.Target || q.State != "" && l.State != q.State || q.After != "" && l.Place() <= q.After
	})
	slices.SortFunc(open, func(a, b Leaver) int { return cmp.Compare(a.Place(), b.Place()) })
	if q.Limit > 0 && len(open) > q.Limit {
		open = open[:q.Limit]
	}
	return open
}

// Leaver is a person or a bare account that should be closed at a target: until that is confirmed, and with proof after that.
type Leaver struct {
	Object    directory.ID    `json:"object,omitempty"` // "" = a bare account
	Name      string          `json:"name"`
	Target    string          `json:"target,omitempty"` // "" = not concluded yet, at none
	Remote    string          `json:"remote,omitempty"`
	Cause     directory.Cause `json:"cause,omitempty"`
	State     string          `json:"state"`          // "missing", "closing", "held", "retrying", "stopped", "paused", "open", "lost"; "closed"
	Why       string          `json:"why"`            // what it waits for; of those closed, the proof
	Code      string          `json:"code,omitempty"` // what it waits for, as of people who wait
	Fix       string          `json:"fix,omitempty"`  // what to do, if anything is to be done
	Plan      string          `json:"plan,omitempty"` // held: the plan that it waits in
	Since     time.Time       `json:"since"`
	Until     time.Time       `json:"until,omitzero"` // missing: when the second read may conclude; else the next try
	Attempts  int             `json:"attempts,omitempty"`
	By        string          `json:"by,omitempty"` // who ordered it; "" = a source states it
	Reason    string          `json:"reason,omitempty"`
	Age       string          `json:"age,omitempty"`      // open: how long since Since: "3h12m0s"
	Overdue   bool            `json:"overdue,omitempty"`  // open for more than 15 minutes
	Confirmed time.Time       `json:"confirmed,omitzero"` // closed: when the target confirmed it
	Took      string          `json:"took,omitempty"`     // closed: from Since to Confirmed
	Sent      *Call           `json:"sent,omitempty"`     // closed: what was sent last, and answered
}

// Place returns where an open leaver stands in the order of the list.
func (l Leaver) Place() string {
	return fmt.Sprintf("%016x-%x", max(l.Since.UnixMilli(), 0), strings.Join([]string{l.Name, l.Target, string(l.Object), l.Remote}, "\x00"))
}
