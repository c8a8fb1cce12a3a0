package adminapi

import (
	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/mapping"
	"muster/internal/plan"
	"muster/internal/run"
)

// Origin is what one source states of one attribute.
type Origin struct {
	Path    attr.Path   `json:"path"`
	Source  string      `json:"source"`
	Key     string      `json:"key"`
	Value   attr.Values `json:"value,omitempty"`
	Won     bool        `json:"won"` // this is what counts
	Problem string      `json:"problem,omitempty"`
}

// Rule is one rule of a scope and what it says of the object.
type Rule struct {
	Rule   string            `json:"rule"`   // "state", "source", "group", "filter", "if", "everybody"
	Text   string            `json:"text"`   // as configured
	Result plan.Scope        `json:"result"` // "in" = it holds, "out" = it does not, "unknown" = it cannot be told
	Why    string            `json:"why"`
	At     string            `json:"at,omitempty"` // "muster.yaml:12"
	Inputs []mapping.Reading `json:"inputs,omitempty"`
}

// Tried is one match attribute and the accounts that were listed with its value.
type Tried struct {
	By    attr.Path   `json:"by"`
	Value string      `json:"value,omitempty"`
	Found []Candidate `json:"found,omitempty"`
}

// Candidate is an account that a match attribute found.
type Candidate struct {
	Remote connector.RemoteID `json:"remote"`
	Active bool               `json:"active"`
	Owner  directory.ID       `json:"owner,omitempty"` // whose it is already
	Name   string             `json:"name,omitempty"`
}

// Differs compares one attribute.
type Differs struct {
	Path  attr.Path   `json:"path"`
	Want  attr.Values `json:"want,omitempty"`
	There attr.Values `json:"there,omitempty"` // as the target had it last
	Same  bool        `json:"same"`
}

// HeldIn is a line of a plan that waits for a person, or is approved.
type HeldIn struct {
	Plan   string     `json:"plan"`
	Status run.Status `json:"status"`
	Verb   plan.Verb  `json:"verb"`
	Class  string     `json:"class,omitempty"`
	Why    string     `json:"why,omitempty"`
	Key    string     `json:"key"`
}
