package adminapi

import (
	"time"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/mapping"
	"muster/internal/plan"
	"muster/internal/run"
)

// ObjectQuery selects people or groups.
type ObjectQuery struct {
	Kind  string // "person", "group"
	Text  string // "" = all, by id; else what Search finds
	After directory.ID
	Limit int
}

// Object is a person or group. Lists leave Records and all below out.
type Object struct {
	ID      directory.ID    `json:"id"`
	Kind    directory.Kind  `json:"kind"`
	Name    string          `json:"name"` // username, or the group's name
	State   directory.State `json:"state"`
	Cause   directory.Cause `json:"cause,omitempty"`
	Since   time.Time       `json:"since,omitzero"`
	Stop    *directory.Stop `json:"stop,omitempty"` // closed by an operator
	Attrs   attr.Set        `json:"attrs,omitempty"`
	Records []Record        `json:"records,omitempty"`
	Groups  []string        `json:"groups,omitempty"`  // names of the groups it is directly in
	Members int             `json:"members,omitempty"` // of a group: direct members
	Links   []Link          `json:"links,omitempty"`
	Awaited []Awaited       `json:"awaited,omitempty" doc:"Where it is to have an account and has none yet; only in browse pages."`
	Owned   *Ownership      `json:"owned,omitempty"`        // by a source; absent = managed in Muster
	Present string          `json:"availability,omitempty"` // of a person: Online or Offline
}

// Awaited is an account that somebody is to have at a target and has not.
type Awaited struct {
	Target string `json:"target"`
	Wait   string `json:"wait" enum:"coming,waits,held,retrying" doc:"coming: it is about to be made; waits: in a plan, for a decision; held: it needs a person, or a change of whom it is for or of the rules; retrying: it is tried again by itself."`
	Reason string `json:"reason,omitempty"`
}

// Record is what a source states.
type Record struct {
	Source   string           `json:"source"`
	Key      string           `json:"key"`
	Base     string           `json:"base,omitempty"`
	Name     string           `json:"name"` // DN
	Status   directory.Status `json:"status"`
	Cause    directory.Cause  `json:"cause,omitempty"`
	Since    time.Time        `json:"since,omitzero"`
	Disabled bool             `json:"disabled,omitempty"`
	Expires  time.Time        `json:"expires,omitzero"`
	Attrs    attr.Set         `json:"attrs,omitempty"`
	Waiting  string           `json:"waiting,omitempty"`
	Waits    time.Time        `json:"waits_since,omitzero" doc:"Since when it waits; left out where it does not, or it is not known."`
}

// Link joins a person or group to their account at a target.
type Link struct {
	Target    string             `json:"target"`
	Object    directory.ID       `json:"object"`
	Name      string             `json:"name"`
	Kind      connector.Kind     `json:"kind"`
	Remote    connector.RemoteID `json:"remote"`
	State     string             `json:"state"`  // "linked", "closing", "closed", "lost"
	Origin    string             `json:"origin"` // "created", "adopted"
	Active    bool               `json:"active"`
	Applied   attr.Set           `json:"applied,omitempty"`
	Since     time.Time          `json:"since,omitzero"`
	Confirmed time.Time          `json:"confirmed,omitzero"`
}

// LinkQuery selects links of a target; empty fields match everything.
type LinkQuery struct {
	Kind   connector.Kind
	State  string
	Active bool // only those whose account is active
	After  directory.ID
	Limit  int
}

// Explanation says why someone is what they are.
type Explanation struct {
	Object
	Origins []Origin `json:"origins,omitempty"` // what each source states of each attribute, and which counts
	Targets []At     `json:"targets"`
	// What is meant where it is nobody of ours; then Object has no ID.
	Entries  []Unbound `json:"entries,omitempty"`
	Accounts []Bare    `json:"accounts,omitempty"`
}

// At explains an object at one target, in the order in which it was decided.
type At struct {
	Target  string        `json:"target"`
	Steps   []Step        `json:"steps"` // "read", "scope", "match", "map", "diff", "send", each once
	Scope   plan.Scope    `json:"scope"`
	Reason  string        `json:"reason"` // the deciding rule in one sentence
	Says    string        `json:"says"`   // how the object stands there, and the rule that decided it, in one sentence
	Rules   []Rule        `json:"rules,omitempty"`
	Path    []string      `json:"path,omitempty"`  // groups by which the object is in the scope group, from the innermost on
	Tried   []Tried       `json:"tried,omitempty"` // match attributes, in order
	Values  []Value       `json:"values,omitempty"`
	Differs []Differs     `json:"differs,omitempty"` // attribute by attribute: wanted, and there
	Lines   []plan.Line   `json:"lines,omitempty"`   // what would be done now
	Link    *Link         `json:"link,omitempty"`
	Waiting []Waiting     `json:"waiting,omitempty"`
	Last    *Call         `json:"last,omitempty"`  // what was sent last, and answered
	Calls   []Call        `json:"calls,omitempty"` // the last few, newest first
	Holds   []HeldIn      `json:"holds,omitempty"` // plans that it waits in, or is approved in
	Paused  *run.Note     `json:"paused,omitempty"`
	Stopped *run.Problem  `json:"stopped,omitempty"`
	Mode    string        `json:"mode,omitempty"`
	Version *RulesVersion `json:"version,omitempty"` // of the rules by which this is decided; absent while none are approved
}

// RulesVersion is a version of the rules of a target.
type RulesVersion struct {
	Digest string    `json:"digest"`
	Since  time.Time `json:"since"` // when it came into force
	Cause  string    `json:"cause"` // by which plan, and who approved it
}

// Step is one step of an explanation.
type Step struct {
	Name    string   `json:"name"`
	Verdict string   `json:"verdict"` // "pass", "skip", "wait", "fail"
	Text    string   `json:"text"`    // what happened, in one sentence
	Notes   []string `json:"notes,omitempty"`
}

// Value is how one value was computed.
type Value struct {
	Path      attr.Path         `json:"path"`
	Rule      string            `json:"rule"`         // the expression, or "constant"
	At        string            `json:"at,omitempty"` // "muster.yaml:12"
	Value     attr.Values       `json:"value,omitempty"`
	Defaulted bool              `json:"defaulted,omitempty"` // the expression was empty
	Once      bool              `json:"once,omitempty"`      // on create only
	Problem   string            `json:"problem,omitempty"`
	Inputs    []mapping.Reading `json:"inputs,omitempty"` // what the expression read
}

// Call is a remote write and its answer.
type Call struct {
	At     time.Time      `json:"at"`
	Verb   connector.Verb `json:"verb"`
	Result string         `json:"result"` // "done", "failed", "unknown", "" while open
	Answer string         `json:"answer,omitempty"`
	Took   string         `json:"took,omitempty"` // "120ms"
	Run    string         `json:"run,omitempty"`
	Cause  string         `json:"cause,omitempty"`
}
