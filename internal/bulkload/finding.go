package bulkload

import "fmt"

// A Level says what a finding means.
type Level string

// The levels. A line with an error is not loaded; a warning says what is loaded otherwise than written, or left out.
const (
	Error   Level = "error"
	Warning Level = "warning"
)

// A Finding is one thing that is wrong with a file.
type Finding struct {
	Line  int    `json:"line"`            // from 1; 0 = the file as a whole
	Type  string `json:"type,omitempty"`  // of the line
	Field string `json:"field,omitempty"` // "user.teams[1].name"
	Level Level  `json:"level"`
	Code  string `json:"code"` // stable: "missing", "too_long", "unknown_user" …
	What  string `json:"what"`
	Fix   string `json:"fix,omitempty"`
}

func (f Finding) String() string {
	where := fmt.Sprintf("line %d", f.Line)
	if f.Line == 0 {
		where = "file"
	}
	if f.Field != "" {
		where += ", " + f.Field
	}
	return where + ": " + f.What
}

// A Report is what a file holds and how much is wrong with it.
type Report struct {
	File     string         `json:"file"`
	Content  string         `json:"content,omitempty"` // of a ZIP: the entry that was read
	Lines    int            `json:"lines"`
	Counts   map[string]int `json:"counts"`           // objects by type, replies, reactions, attachments and memberships too
	Errors   int            `json:"errors"`           // findings
	Warnings int            `json:"warnings"`         // findings
	Bad      int            `json:"bad_lines"`        // lines with an error
	Codes    map[string]int `json:"codes,omitempty"`  // findings by code
	Unused   int            `json:"unused,omitempty"` // attachments that no line names
}
