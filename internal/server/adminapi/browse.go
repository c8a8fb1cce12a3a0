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
	// Members returns a page of the direct members of a group, with where they are members.
	Members(ctx context.Context, group string, q MemberQuery) (MemberPage, error)
	// Writes returns remote writes, newest first.
	Writes(ctx context.Context, q CallQuery) ([]CallAt, error)
	// Events returns what the audit log holds, newest first.
	Events(ctx context.Context, q run.EventQuery) ([]run.Event, error)
	// Configuration returns what was read from the configuration, without secrets.
	Configuration(ctx context.Context) (Configuration, error)
}

// BrowseQuery selects people or groups; empty fields match everything.
type BrowseQuery struct {
	Kind   string // "person", "group"
	Text   string // what a word of a value begins with, or exactly an id, key or DN
	State  string // "active", "disabled", "gone"
	Target string // who has an account there
	Own    bool   // whom no source speaks for, but for a load: they are managed in Muster
	After  string // Next of the page before
	Limit  int
}

// BrowsePage is a page of objects. Next is the After of the next page; it is "" at the end.
type BrowsePage struct {
	Objects []Object `json:"items"`
	Next    string   `json:"next,omitempty"`
}

// MemberQuery selects members of a group.
type MemberQuery struct {
	After directory.ID
	Limit int
}

// MemberPage is a page of members. Next is the After of the next page; it is "" at the end.
type MemberPage struct {
	Members []Member     `json:"items"`
	Next    directory.ID `json:"next,omitempty"`
}

// Member is a direct member of a group.
type Member struct {
	ID    directory.ID    `json:"id"`
	Kind  directory.Kind  `json:"kind"`
	Name  string          `json:"name"`
	State directory.State `json:"state"`
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
	Before string // id of a write: only those before it
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
	Call
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
