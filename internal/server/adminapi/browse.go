package adminapi

import (
	"context"
	"time"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/mapping"
	"muster/internal/run"
)

// Browsing is for people who look through what there is.
type Browsing interface {
	// Browse returns a page of people or groups by name, with their accounts.
	Browse(ctx context.Context, q BrowseQuery) (BrowsePage, error)
	// Members returns a page of the members of a group, with what brings them in and where they are members.
	Members(ctx context.Context, group string, q MemberQuery) (MemberPage, error)
	// Writes returns remote writes, newest first.
	Writes(ctx context.Context, q CallQuery) ([]CallAt, error)
	// Events returns what the audit log holds, newest first.
	Events(ctx context.Context, q run.EventQuery) ([]run.Event, error)
	// Records returns a page of what a source states, or of what it does not state any more.
	Records(ctx context.Context, q RecordQuery) (RecordPage, error)
	// Configuration returns what was read from the configuration, without secrets.
	Configuration(ctx context.Context) (Configuration, error)
}

// BrowseQuery selects people or groups; empty fields match everything.
type BrowseQuery struct {
	Kind    string // "person", "group"
	Text    string // what a word of a value begins with, or exactly an id, key or DN, or an account id at a target
	State   string // "active", "disabled", "gone"
	Target  string // who has an account there
	Source  string // who is stated by it, or missing there
	Missing bool   // of those of Source: who is missing there
	Own     bool   // whom no source speaks for, but for a load: they are managed in Muster
	After   string // Next of the page before
	Limit   int
}

// BrowsePage is a page of objects. Next is the After of the next page; it is "" at the end.
type BrowsePage struct {
	Objects []Object `json:"items"`
	Next    string   `json:"next,omitempty"`
}

// MemberQuery selects members of a group.
type MemberQuery struct {
	By    string // "direct" or ""; "groups": those in a group within it; "all"
	After directory.ID
	Limit int
}

// MemberPage is a page of members. Next is the After of the next page; it is "" at the end.
type MemberPage struct {
	Members []Member     `json:"items"`
	Next    directory.ID `json:"next,omitempty"`
}

// Member is a member of a group, directly or by groups within it.
type Member struct {
	ID    directory.ID    `json:"id"`
	Kind  directory.Kind  `json:"kind"`
	Name  string          `json:"name"`
	State directory.State `json:"state"`
	Path  []string        `json:"path,omitempty" doc:"Names from the group to the one that they are directly in, by the shortest way of those that were asked for: the group alone for a direct member."`
	At    []MemberAt      `json:"at,omitempty"` // targets at which the group is linked
}

// MemberAt is a membership at one target.
type MemberAt struct {
	Target  string `json:"target"`
	Wanted  bool   `json:"wanted"`
	Applied bool   `json:"applied"`
}

// CallQuery selects remote writes; empty fields match everything.
type CallQuery struct {
	Target string
	Who    string // as for Object
	Run    string
	Verb   string
	Result string    // "done", "failed", "unknown"
	Class  string    // only what counts for the limits of this class
	Since  time.Time // begun then or later
	Before string    // ID of a write: only older ones
	Limit  int
}

// CallAt is a remote write, of whom and where.
type CallAt struct {
	ID     string       `json:"id"`
	Target string       `json:"target"`
	Object directory.ID `json:"object"`
	Name   string       `json:"name"`
	Was    attr.Set     `json:"was,omitempty"`  // what was there before
	Want   attr.Set     `json:"want,omitempty"` // what was sent
	Counts int          `json:"counts,omitempty" doc:"What it counts for the limits of its class: 1, or memberships removed."`
	Class  string       `json:"class,omitempty" doc:"The class of limits that it counts for."`
	Call
}

// RecordQuery selects records of a source.
type RecordQuery struct {
	Source string
	What   string // "people", "groups": those it states and those missing; "missing": nothing is concluded of them yet; "waiting"
	After  string // Next of the page before
	Limit  int
}

// RecordPage is a page of records. Next is the After of the next page; it is "" at the end.
type RecordPage struct {
	Records []SourceRecord `json:"items"`
	Next    string         `json:"next,omitempty"`
}

// SourceRecord is a record, and who it is.
type SourceRecord struct {
	Record
	Object directory.ID   `json:"object,omitempty"` // "" = bound to nobody
	Kind   directory.Kind `json:"kind,omitempty"`
	Who    string         `json:"who,omitempty"`
}

// Configuration is what was read from the configuration.
type Configuration struct {
	File     string         `json:"file,omitempty"` // "" = there is none yet
	Data     string         `json:"data"`
	Listen   string         `json:"listen,omitempty"`
	Sources  []SourceConfig `json:"sources"`
	Targets  []TargetConfig `json:"targets"`
	Largest  int64          `json:"largest_load,omitempty"` // bytes of a file that is taken in to be loaded
	Warnings []string       `json:"warnings,omitempty"`
}

// SourceConfig is a source as configured.
type SourceConfig struct {
	Name     string              `json:"name"`
	Type     string              `json:"type"`
	At       string              `json:"at"` // "muster.yaml:2"
	Settings []Setting           `json:"settings"`
	Every    time.Duration       `json:"every"`
	Rules    mapping.SourceRules `json:"rules"`
}

// TargetConfig is a target as configured.
type TargetConfig struct {
	Name     string              `json:"name"`
	Type     string              `json:"type"`
	At       string              `json:"at"`
	Mode     string              `json:"mode"`
	Settings []Setting           `json:"settings"`
	Rules    mapping.TargetRules `json:"rules"`
}

// Setting is one setting; of a secret, where it is kept.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
