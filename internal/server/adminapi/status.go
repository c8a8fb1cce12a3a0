package adminapi

import (
	"time"

	"muster/internal/connector"
	"muster/internal/run"
	"muster/internal/source"
)

// Version says which program answers.
type Version struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go,omitempty"`
}

// Status is how everything stands.
type Status struct {
	Summary   string         `json:"summary"` // in one sentence: "All 2 targets are in step."
	Since     time.Time      `json:"since"`   // when this process started
	People    map[string]int `json:"people"`  // by state
	Groups    map[string]int `json:"groups"`
	Sources   []SourceStatus `json:"sources"`
	Targets   []TargetStatus `json:"targets"`
	Attention []Attention    `json:"attention"` // what needs a person, most urgent first
	Unsure    []Unsure       `json:"unsure" doc:"Of what it is not known whether every leaver is closed; only if there is none, no open leaver means that all are."`
}

// Unsure is a source or a target that cannot say whether every leaver is closed.
type Unsure struct {
	Source string `json:"source,omitempty"`
	Target string `json:"target,omitempty"`
	Why    string `json:"why"`
	Fix    string `json:"fix"` // the command that tells more
}

// SourceStatus is how a source stands.
type SourceStatus struct {
	Name        string       `json:"name"`
	Type        string       `json:"type"`
	Complete    time.Time    `json:"complete,omitzero"` // start of the last read that was complete and believed
	Heard       time.Time    `json:"heard,omitzero"`    // when a client that writes the source by itself last called; such a source is never read
	Reading     bool         `json:"reading,omitempty" doc:"It is being read now."`
	Next        time.Time    `json:"next,omitzero"` // the first of Upcoming
	Upcoming    []time.Time  `json:"upcoming,omitempty" doc:"When it is read next by itself, three times. What comes due while it is still being read is made up for by one read, at once."`
	People      int          `json:"people"`
	Groups      int          `json:"groups"`
	Waiting     int          `json:"waiting"` // records that are not bound or not fully applied
	Oldest      time.Time    `json:"oldest_waiting,omitzero" doc:"Since when the record waits that has waited longest, of those that are counted; left out if none does, or not known."`
	Absent      int          `json:"absent"`                // records that were missing and about which nothing is concluded yet
	Differences int          `json:"differences,omitempty"` // people and groups that the draft would change
	Holds       []string     `json:"holds,omitempty"`
	Run         *run.Run     `json:"run,omitempty" doc:"The read that is under way."`
	Last        *run.Run     `json:"last,omitempty" doc:"The last read that has ended."`
	Problem     *run.Problem `json:"problem,omitempty"`
	Troubled    time.Time    `json:"troubled_since,omitzero" doc:"Since when it has a problem, as far as its last runs tell."`
}

// TargetStatus is how a target stands.
type TargetStatus struct {
	Name        string       `json:"name"`
	Type        string       `json:"type"`
	Mode        string       `json:"mode"`                  // "observe", "pilot", "live"
	State       string       `json:"state"`                 // "in step", "working", "draft", "held", "paused", "stopped"
	Users       int          `json:"users"`                 // active accounts that are linked
	Groups      int          `json:"groups"`                // groups that are linked
	Pending     int          `json:"pending"`               // objects that are about to be looked at
	Held        int          `json:"held"`                  // objects that wait for a person
	Retrying    int          `json:"retrying"`              // objects that are tried again
	Leavers     int          `json:"leavers"`               // people who are not confirmed to be closed
	Overdue     int          `json:"overdue,omitempty"`     // of these, for more than 15 minutes
	Drift       int          `json:"drift"`                 // things that somebody changed there by hand
	Draft       string       `json:"draft,omitempty"`       // id of the first or change plan that waits
	Differences int          `json:"differences,omitempty"` // people and groups that the draft would change
	Holds       []string     `json:"holds,omitempty"`       // ids of the holds that wait
	Paused      *run.Note    `json:"paused,omitempty"`      //
	Stopped     *run.Problem `json:"stopped,omitempty"`     //
	Troubled    time.Time    `json:"troubled_since,omitzero" doc:"Since when it is stopped, as far as its last runs tell."`
	Waits       string       `json:"waits,omitempty" doc:"What the target as a whole waits for by itself: the first read of a source, or its list, which broke off and is asked for again."`
	Listed      time.Time    `json:"listed,omitzero"` // last full comparison that finished
	Upcoming    []time.Time  `json:"upcoming,omitempty" doc:"When everybody is compared next by itself, three times, unless that is asked for earlier; left out while one is due, the target is paused or stopped, or nothing is written there. What changes is sent at once."`
	Run         *run.Run     `json:"run,omitempty" doc:"The run that is under way."`
	Last        *run.Run     `json:"last,omitempty" doc:"The last run that has ended."`
}

// Attention is something that needs a person.
type Attention struct {
	What   string    `json:"what"`
	Fix    string    `json:"fix,omitempty"` // the command that answers it
	Since  time.Time `json:"since,omitzero"`
	Kind   string    `json:"kind,omitempty" doc:"scope: a question about the groups that bound a target."`
	Target string    `json:"target,omitempty" doc:"The target that it is about; of a scope."`
}

// SourceCheck is what a source answered. With a Problem the report tells how far the check got.
type SourceCheck struct {
	Name    string        `json:"name"`
	Report  source.Report `json:"report"`
	Problem *run.Problem  `json:"problem,omitempty"`
}

// TargetCheck is what a target answered.
type TargetCheck struct {
	Name     string             `json:"name"`
	Type     string             `json:"type"`
	At       time.Time          `json:"at,omitzero"`
	Features connector.Features `json:"features"`
	Facts    []connector.Fact   `json:"facts,omitempty" doc:"What is written of the service, and what this tenant has shown."`
	Account  string             `json:"account,omitempty" doc:"The throw-away account that it was tried out with last."`
	Left     string             `json:"left,omitempty" doc:"What is left of that account at the service: disabled, as it cannot be deleted."`
	Problem  *run.Problem       `json:"problem,omitempty"`
}

// A TargetProbe names a throw-away account.
type TargetProbe struct {
	Account string `json:"account" minLength:"3" doc:"An address that nobody has at the service: muster-probe@example.com."`
}

// A TargetView is a target with what its last test has shown.
type TargetView struct {
	Status TargetStatus `json:"status"`
	Check  *TargetCheck `json:"check,omitempty"`
}

// SyncRequest says what to bring in step.
type SyncRequest struct {
	Name   string `json:"name,omitempty" doc:"A source or target; all of them if left out."`
	Person string `json:"person,omitempty" doc:"Only this person: id, username, email, key or DN."`
	Full   bool   `json:"full,omitempty" doc:"Read and compare everything, not only what changed."`
}

// Started names the runs that were started, in the order in which to wait for them. Runs of targets begin when those of the sources have ended.
type Started struct {
	Runs []string `json:"runs"`
	Load string   `json:"load,omitempty"` // id of the load that was started
}

// RunQuery selects runs; empty fields match everything.
type RunQuery struct {
	Name   string // source, target or file
	Before string // id of a run: only those before it
	Limit  int
}

// RunView is a run with how far it has got.
type RunView struct {
	run.Run
	Phase string `json:"phase,omitempty"` // "waiting", "reading people", "serving" …
	Done  int    `json:"done,omitempty"`
	Total int    `json:"total,omitempty"` // 0 = not known
	// Kept names the counts of which it is known what was counted, row by row: see RunRows.
	Kept []string `json:"kept,omitempty" doc:"The counts of which it is kept what was counted, row by row."`
	// PerSecond is how fast it goes, 0 = not known.
	PerSecond float64 `json:"per_second,omitempty"`
	Left      int     `json:"left,omitempty" doc:"Seconds that what is left takes at the rates of the service; 0 = not known, or no time."`
}
