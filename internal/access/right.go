package access

import (
	"errors"
	"fmt"
	"slices"

	"muster/internal/directory"
)

// A Right lets a person do one sort of thing.
type Right string

// The rights.
const (
	View      Right = "view"      // read everything but secrets
	Run       Right = "run"       // read a source, serve a target, test them
	Approve   Right = "approve"   // approve and reject plans of new targets and changed rules
	Release   Right = "release"   // release and reject what a limit holds, raise a limit for a while
	Disable   Right = "disable"   // close and reopen one person
	Pause     Right = "pause"     // pause and resume a target
	Configure Right = "configure" // sources, targets, rules
	Begin     Right = "begin"     // write the first configuration, and try out what it would connect to
	OwnTokens Right = "tokens"    // make, list and revoke one's own tokens
	AllTokens Right = "tokens.all"
	Roles     Right = "roles" // give and take roles
	UseAPI    Right = "api"   // use APIs and connect external applications
	Provision Right = "users" // manage users and user groups
	Content   Right = "posts" // read what was posted, private channels included, and download files
)

// The rights of each role, in one place. Rights of a person are those of all their roles.
var rights = map[Role][]Right{
	Owner:    {View, Run, Approve, Release, Disable, Pause, Configure, Begin, OwnTokens, AllTokens, Roles, UseAPI, Provision, Content},
	Admin:    {View, Run, Approve, Release, Disable, Pause, Configure, OwnTokens, AllTokens, UseAPI, Provision, Content},
	Operator: {View, Run, Disable, Pause, OwnTokens, UseAPI},
	Helpdesk: {View, Run, OwnTokens, UseAPI},
	Auditor:  {View, OwnTokens, UseAPI, Content},

	Provisioner: {UseAPI, Provision},
}

var titles = map[Right]string{
	View: "read everything but secrets", Run: "read sources and serve targets", Approve: "approve and reject plans", Release: "release holds and raise limits",
	Disable: "disable and enable people", Pause: "pause and resume targets", Configure: "change the configuration", Begin: "write the first configuration", OwnTokens: "make tokens of one's own",
	AllTokens: "make tokens for others", Roles: "give and take roles",
	UseAPI: "use APIs and connect external applications", Provision: "manage users and user groups", Content: "read posts and files",
}

// Title returns what people call a right.
func (r Right) Title() string { return titles[r] }

// AllRoles returns the roles, from most to least.
func AllRoles() []Role { return []Role{Owner, Admin, Operator, Helpdesk, Auditor, Provisioner} }

// RightsOf returns the rights of a role. An unknown role has none.
func RightsOf(r Role) []Right { return slices.Clone(rights[r]) }

// Errors of this package.
var (
	// ErrUnknown says that a credential is missing, malformed, unknown, expired, revoked or issued under an older epoch. Which of these it is stays
	// between us and the log.
	ErrUnknown = errors.New("who you are is not known")
	// ErrDenied says that a person lacks a right.
	ErrDenied = errors.New("not allowed")
)

// A Caller is a person who was authenticated, with what they may do at this moment.
type Caller struct {
	Person    directory.ID
	Handle    string // username
	Token     string // public part of the token used, or ""
	TokenName string // what its maker called it
	Local     bool   // the token is that of the command line on the machine itself
	Roles     []Role
}

// May reports whether c has right.
func (c Caller) May(right Right) bool {
	return slices.ContainsFunc(c.Roles, func(r Role) bool { return slices.Contains(rights[r], right) })
}

// Authorize returns nil if c has right, else an error that wraps ErrDenied and names the roles that have it.
func (c Caller) Authorize(right Right) error {
	if c.May(right) {
		return nil
	}
	var who []Role
	for _, r := range AllRoles() {
		if slices.Contains(rights[r], right) {
			who = append(who, r)
		}
	}
	return fmt.Errorf("%w: %s has no right to %s; roles that have it: %v", ErrDenied, c.Handle, right, who)
}

// Actor names c in records of changes.
func (c Caller) Actor() directory.Actor { return directory.Actor("operator:" + c.Handle) }
