// Package link is Muster's memory of each target: which account belongs to whom, what was last confirmed there, and every remote write before and after
// it happened.
//
// It decides nothing: package plan compares, package engine calls and settles. Its Store is implemented by package store. The journal is written before
// each call and completed after it, so that no crash makes a second account and no answer is lost; intervals remember what was true when.
package link

import (
	"time"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
)

// A State is where a link stands.
type State string

// The states of a link.
const (
	Linked  State = "linked"
	Closing State = "closing" // a disable or delete was ordered and not yet confirmed by a read-back
	Closed  State = "closed"  // confirmed: disabled or gone at the target
	Lost    State = "lost"    // the target no longer knows the id though it should; planned again
)

// An Origin is how an account came to be linked.
type Origin string

// The origins of a link.
const (
	Created Origin = "created"
	Adopted Origin = "adopted"
	Paired  Origin = "paired" // by hand
)

// A Link joins an object to its account or group at a target. The zero Link (no Remote) means: none.
type Link struct {
	Target    string
	Object    directory.ID
	Kind      connector.Kind
	Remote    connector.RemoteID
	State     State
	Origin    Origin
	Active    bool     // as last confirmed
	Applied   attr.Set // mapped attributes as last confirmed
	Cause     directory.Cause
	Since     time.Time // of State
	Confirmed time.Time // last time the target said so
	Run       string    // that wrote it last
}

// An Edge is one membership at a target. Member is ours, or Foreign is a remote account that is nobody of ours.
type Edge struct {
	Target  string
	Group   directory.ID
	Member  directory.ID
	Foreign connector.RemoteID
	Wanted  bool
	Applied bool
}

// A Class is what a limit counts. See plan.Judge.
type Class string

// The classes of effects.
const (
	NoClass     Class = ""
	Stated      Class = "stated"      // disabled or deleted because the source states it
	LeftScope   Class = "left"        // disabled or deleted because they left a scope
	Missing     Class = "missing"     // disabled or deleted because they are missing
	Unmember    Class = "memberships" // memberships removed
	GroupDelete Class = "groups"      // groups deleted or replaced
	Overwrite   Class = "names"       // username or email of an existing account changed
	Creates     Class = "creates"     // accounts and groups created
)

// An Intent is a remote write about to happen. It is durable before the call.
type Intent struct {
	ID     string // unique; also the Op's Key
	Target string
	Object directory.ID
	Kind   connector.Kind
	Verb   connector.Verb
	Remote connector.RemoteID
	Run    string
	Line   string // plan line key
	Cause  directory.Cause
	Class  Class
	Count  int      // effects that the limit counts: 1, or memberships removed
	Absent bool     // Create: a look-up, or a complete list, found nothing before
	Before attr.Set // what was applied
	Active bool     // whether it was active before
	Want   attr.Set // what is sent
	Add    []directory.ID
	Remove []directory.ID
	At     time.Time
}

// A Result is how a remote write ended.
type Result string

// The results of an Outcome.
const (
	Done    Result = "done"
	Failed  Result = "failed"  // the target answered no: it had no effect
	Unknown Result = "unknown" // no answer: it may have had one
)

// An Outcome completes an Intent and changes what we remember, in one transaction.
type Outcome struct {
	Intent string
	Result Result
	Answer string // cut and redacted, for people
	Took   time.Duration
	At     time.Time
	Link   *Link    // the link as it is now; nil leaves it
	Edges  []Edge   // edges as they are now; one neither wanted nor applied is dropped
	Wait   *Waiting // what the object waits for now
	Clear  bool     // the object waits for nothing any more
}

// An Entry is an Intent with its Outcome, if there is one.
type Entry struct {
	Intent
	Result Result // "" = open
	Answer string
	Took   time.Duration
	Ended  time.Time
}

// A Wait is the way in which an object waits.
type Wait string

// The ways to wait.
const (
	Retrying Wait = "retrying" // tried again by itself at Next
	Held     Wait = "held"     // needs a person, or a change of the object or the rules
)

// Waiting is an object that is not in step, and why.
type Waiting struct {
	Target   string
	Object   directory.ID
	Member   directory.ID // for one membership; else ""
	Wait     Wait
	Code     string // stable: "missing_value", "conflict", "invalid", "limit", "unsupported", "network" …
	Reason   string // for people: what, why, how to fix
	Line     string // plan line key it waits with, if any
	Attempts int
	Since    time.Time
	Next     time.Time
}

// Observed is an account or group as a target listed it.
type Observed struct {
	Target string
	connector.Remote
	At time.Time // when it was listed so first
}

// Rules is the What of an Interval that says which rules were in force at a target. Its Value is their digest, or "none".
const Rules = "rules"

// An Interval is something that was true for a while.
type Interval struct {
	Target string
	What   string // "account", "member", "scope"; of a target, without Object: Rules
	Object directory.ID
	Member directory.ID
	Value  string // "active", "disabled", "in", "out" …
	From   time.Time
	To     time.Time // zero = still
	Cause  string
	Run    string
}
