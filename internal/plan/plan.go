// Package plan compares what a target should hold with what it holds, and says in plain data what to do about it.
//
// It is pure: no I/O, no clock, no goroutine. The same inputs give the same lines with the same keys, and planning again after success gives none. It does
// not resolve names to remote ids, order calls or make them (package engine), nor decide who is in scope (package mapping). See table.go for the whole
// decision drawn as a table.
package plan

import (
	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
)

// A Scope says whether a target receives an object.
type Scope string

// The verdicts on scope. Unknown plans nothing: absence is not evidence.
const (
	In      Scope = "in"
	Out     Scope = "out"
	Unknown Scope = "unknown"
)

// A Removal is what happens to an account or group that a target should no longer have.
type Removal string

// The removals.
const (
	Disable Removal = "disable"
	Delete  Removal = "delete"
	Empty   Removal = "empty" // of a group: remove its members, keep it
	Leave   Removal = "nothing"
)

// A Policy is what a target's rules allow.
type Policy struct {
	Create            bool
	Update            bool
	Remove            Removal
	Removing          bool // Remove is switched on
	ProvisionDisabled bool
	Names             []attr.Path // attributes whose overwrite counts as Overwrite: user name and emails
}

// Desired is what a target should hold for one object.
type Desired struct {
	Target  string
	Object  directory.ID
	Kind    connector.Kind
	Name    string // for people to read
	Scope   Scope
	Reason  string              // the deciding rule in one sentence
	Cause   directory.Cause     // why out, or why not active
	Active  bool                // the account may be used
	Attrs   attr.Set            // always
	Once    attr.Set            // on create only
	Refs    []Ref               // attributes that hold the account of somebody else
	Ahead   bool                // references are planned to accounts that are still to come, too: for a plan that somebody looks at
	Missing []attr.Path         // required and without a value: the object waits
	Invalid []connector.Problem // values that the target cannot hold: the object waits
	Match   []attr.Path
	Doubt   []string // what Ask rests on: a code, and whom and what else it is about; an answer holds only while it is the same
	Ask     string   // why a person must decide first; "" = nobody need. Whatever would be done to the object waits, its removal too
	Size    int      // of a group: members applied now
	Policy  Policy
}

// A Verb is what a Line does: one of connector's verbs, or Link.
type Verb string

// The verbs of a line.
const (
	Link          Verb = "link" // remember that this account is theirs; nothing is sent
	Create        Verb = "create"
	Update        Verb = "update"
	Enable        Verb = "enable"
	DisableUser   Verb = "disable"
	DeleteRemote  Verb = "delete"
	AddMembers    Verb = "add members"
	RemoveMembers Verb = "remove members"
	Refer         Verb = "refer" // an attribute gets the account of somebody else, or nobody's any more
	Skip          Verb = "skip"  // would do something, but a rule switched it off or a person must decide: see Why
)

// A Line is one intended act on one object. It is stored, hashed and approved; it names people by directory id.
type Line struct {
	Key     string               `json:"key"` // digest of everything that decides; equal keys mean the same act on the same state
	Target  string               `json:"target"`
	Object  directory.ID         `json:"object"`
	Kind    connector.Kind       `json:"kind"`
	Name    string               `json:"name"`
	Verb    Verb                 `json:"verb"`
	Of      Verb                 `json:"of,omitempty"` // Skip: what is not done
	Remote  connector.RemoteID   `json:"remote,omitempty"`
	Fields  []attr.Change        `json:"fields,omitempty"`
	Active  bool                 `json:"active,omitempty"` // Create: create as active
	Add     []directory.ID       `json:"add,omitempty"`
	Remove  []directory.ID       `json:"remove,omitempty"`
	To      directory.ID         `json:"to,omitempty"`      // Refer: whose account the attribute in Fields gets; "" = nobody's
	Foreign []connector.RemoteID `json:"foreign,omitempty"` // members to remove that are nobody of ours
	Size    int                  `json:"size,omitempty"`    // of a group: members applied before
	Left    int                  `json:"left,omitempty"`    // of a group: members applied after
	Cause   directory.Cause      `json:"cause,omitempty"`
	Class   link.Class           `json:"class,omitempty"`
	Count   int                  `json:"count,omitempty"`   // effects that the limit counts
	Why     string               `json:"why,omitempty"`     // in one sentence
	Doubt   []string             `json:"doubt,omitempty"`   // of a question: what it rests on, see Desired
	Code    string               `json:"code,omitempty"`    // Skip: "switched_off", "missing_value", "ask", "unsupported", "invalid", CodeGone
	Answers []string             `json:"answers,omitempty"` // of a question: one of these must be given with an approval; none = approving answers it
}
