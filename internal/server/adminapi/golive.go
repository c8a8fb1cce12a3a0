package adminapi

import (
	"context"
	"time"

	"muster/internal/access"
	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/run"
)

// Golive is what it takes to go live on accounts that exist already: to see what is there, and to choose what may be done.
type Golive interface {
	// Report counts the five lists of the newest plan that compared a target with what it should hold. Nothing is computed anew: see Preview.
	Report(ctx context.Context, target string, q ReportQuery) (GoliveReport, error)
	// ReportList returns a page of one of the five lists.
	ReportList(ctx context.Context, target, name string, q ReportQuery) (ReportPage, error)
	// Tally counts the lines of a plan that are selected, by what they are.
	Tally(ctx context.Context, ref string, sel Selection, lines []string) (Tallied, error)
	// Retry has what waits at a target (or, "", at all) for somebody (or, "", for everybody) tried again now, but not what waits for a decision.
	Retry(ctx context.Context, req RetryRequest, by access.Caller) (Retried, error)
}

// Selection chooses lines of a plan; empty fields match everything. What is decided about a line is decided about everything that the plan does to its
// person or group.
type Selection struct {
	Acts   []string `json:"acts,omitempty" query:"act" doc:"What the lines do: create, update, link, disable, skip ask …"`
	Class  string   `json:"class,omitempty" query:"class" doc:"The limit that counts them: stated, left, missing, memberships, groups, names, creates."`
	Cause  string   `json:"cause,omitempty" query:"cause" doc:"Why somebody is to be closed: stated, left, missing, operator."`
	Kind   string   `json:"kind,omitempty" query:"kind" enum:"user,group"`
	Name   string   `json:"name,omitempty" query:"name" doc:"Part of the name; with * for any text and ? for any letter, the whole name."`
	Status string   `json:"status,omitempty" query:"status" enum:"waiting,approved,rejected,done,failed,stale,superseded" doc:"Those that wait, if left out in a decision; rejected ones can be approved after all."`
}

// Filter is the selection as package run takes it.
func (s Selection) Filter() run.LineFilter {
	return run.LineFilter{
		Status: run.Status(s.Status), Acts: s.Acts, Class: s.Class, Cause: directory.Cause(s.Cause), Kind: connector.Kind(s.Kind), Name: s.Name,
	}
}

// Tallied is how many lines are selected, and how many people and groups they are about: the number to type.
type Tallied struct {
	Plan   string      `json:"plan"`
	Lines  int         `json:"lines"`
	People int         `json:"people"`
	By     []run.Tally `json:"by"`
}

// ReportQuery selects from the lists of a report.
type ReportQuery struct {
	Kind  connector.Kind
	Text  string // part of a name or account; with * and ? the whole of it
	After string
	Limit int
}

// GoliveReport says what going live would do to a target.
type GoliveReport struct {
	Target   string           `json:"target"`
	Mode     string           `json:"mode"`
	Plan     string           `json:"plan"` // what it is taken from
	Made     time.Time        `json:"made"`
	Kind     connector.Kind   `json:"kind"`
	Accounts int              `json:"accounts"` // there when the plan was made
	Lists    []GoliveListSize `json:"lists"`    // always the same five
}

// GoliveListSize is how long a list is.
type GoliveListSize struct {
	List string `json:"list"` // "link", "create", "ask", "close", "unknown"
	What string `json:"what"` // in words
	N    int    `json:"n"`
}

// GoliveRow is an entry of a list: somebody of ours, an account there, or both.
type GoliveRow struct {
	Object  directory.ID       `json:"object,omitempty"`
	Name    string             `json:"name,omitempty"`
	Account connector.RemoteID `json:"account,omitempty"`
	Values  attr.Set           `json:"values,omitempty"` // of the account, as far as it is known by them
	Active  bool               `json:"active"`           // the account
	Act     string             `json:"act,omitempty"`    // what the plan does
	Why     string             `json:"why,omitempty"`
	Status  run.Status         `json:"status,omitempty"`
	Key     string             `json:"key,omitempty"` // of the line, to decide about it
}

// ReportPage is a page of a list. Next is the After of the next page; it is absent at the end.
type ReportPage struct {
	List string      `json:"list"`
	Rows []GoliveRow `json:"rows"`
	Next string      `json:"next,omitempty"`
}

// RetryRequest says what to try again.
type RetryRequest struct {
	Target string `json:"target,omitempty" doc:"All targets if left out."`
	Who    string `json:"who,omitempty" doc:"Only this person or group: id, username, email, key or DN."`
}

// Retried is how many objects are tried again at each target, and the runs that do it.
type Retried struct {
	Targets map[string]int `json:"targets"`
	Runs    []string       `json:"runs,omitempty"`
}
