package adminapi

import (
	"context"
	"time"

	"muster/internal/access"
	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/plan"
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
	// Pair links somebody with an account that is looked up at the target first. It sends nothing.
	Pair(ctx context.Context, target string, req PairRequest, by access.Caller) (Pairing, error)
	// Pairs links many, all or, but for those that cannot be, none. Every line is looked at first.
	Pairs(ctx context.Context, target string, req PairsRequest, by access.Caller) (PairsDone, error)
	// Unpair forgets whose account it is. The account stays as it is.
	Unpair(ctx context.Context, target, who string, req UnpairRequest, by access.Caller) (Link, error)
	// Mode says how far a target may go, and who says so.
	Mode(ctx context.Context, target string) (TargetMode, error)
	// SetMode changes it, unless the configuration file says it. What was not approved yet waits for approval.
	SetMode(ctx context.Context, target string, req ModeRequest, by access.Caller) (TargetMode, error)
	// Remembered says what is remembered of a target that is configured no more, and who has open accounts there though they left.
	Remembered(ctx context.Context, target string) (Remembered, error)
	// Forget forgets it, journal, intervals and audit excepted. Accounts stay as they are.
	Forget(ctx context.Context, target string, req ForgetRequest, by access.Caller) (Remembered, error)
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

// PairRequest pairs somebody with an account.
type PairRequest struct {
	Who     string `json:"who" minLength:"1" doc:"Id, username, email, key or DN of a person."`
	Account string `json:"account" minLength:"1" doc:"Id of an account, or the value that accounts are matched by."`
	Reason  string `json:"reason,omitempty"`
	DryRun  bool   `json:"dry_run,omitempty" doc:"Only say what would become of it."`
}

// Pairing is what became of a pair, or would: what is done to the account next.
type Pairing struct {
	Object  directory.ID       `json:"object"`
	Name    string             `json:"name"`
	Account connector.RemoteID `json:"account"`
	Values  attr.Set           `json:"values,omitempty"` // of the account
	Active  bool               `json:"active"`
	Already bool               `json:"already,omitempty"` // they are paired
	Lines   []plan.Line        `json:"lines"`
}

// PairsRequest pairs many people with accounts.
type PairsRequest struct {
	Pairs   []PairLine `json:"pairs" minItems:"1" maxItems:"200000"`
	Reason  string     `json:"reason,omitempty"`
	DryRun  bool       `json:"dry_run,omitempty" doc:"Only say what would become of them."`
	SkipBad bool       `json:"skip_bad,omitempty" doc:"Link the others even if some cannot be."`
}

// PairLine is a pair in a file.
type PairLine struct {
	Line    int    `json:"line"` // in the file
	Who     string `json:"who"`
	Account string `json:"account"`
}

// PairsDone is what became of many pairs, or would.
type PairsDone struct {
	Pairs    int           `json:"pairs"`
	Linked   int           `json:"linked"`  // or would be
	Already  int           `json:"already"` // were paired before
	Acts     []run.Tally   `json:"acts"`    // what is done to the accounts next
	Findings []PairFinding `json:"findings"`
	Written  bool          `json:"written"`
}

// PairFinding is a pair that cannot be.
type PairFinding struct {
	PairLine
	Problem run.Problem `json:"problem"`
}

// UnpairRequest drops a link.
type UnpairRequest struct {
	Reason    string `json:"reason" minLength:"1"`
	LeaveOpen bool   `json:"leave_open,omitempty" doc:"Even of somebody whose account should be closed and is open."`
	DryRun    bool   `json:"dry_run,omitempty" doc:"Only say which link it is."`
}

// TargetMode is how far a target may go.
type TargetMode struct {
	Target string `json:"target"`
	Mode   string `json:"mode"`           // "observe", "pilot", "live"
	File   string `json:"file,omitempty"` // where the configuration file says so; "" = it does not
	Plan   string `json:"plan,omitempty"` // the plan that waits for approval before anything more is sent
	People int    `json:"people"`         // that it affects
	Lines  int    `json:"lines"`          // differences that it shows
}

// ModeRequest changes how far a target may go.
type ModeRequest struct {
	Mode   string `json:"mode" enum:"observe,pilot,live"`
	Reason string `json:"reason,omitempty"`
}

// Remembered is what Muster remembers of a target that is configured no more.
type Remembered struct {
	Target  string   `json:"target"`
	Links   int      `json:"links"`   // people and groups with an account there: the number to type
	Leavers []Leaver `json:"leavers"` // whose accounts there are open though they left
	Gone    bool     `json:"gone"`    // it was forgotten just now
}

// ForgetRequest confirms that a target is to be forgotten.
type ForgetRequest struct {
	Count  int    `json:"count" doc:"The number of links that are forgotten, typed by a person."`
	Reason string `json:"reason,omitempty"`
}
