// Package connector is the contract of the code for one kind of target: accounts and groups of one remote service, and nothing else.
//
// A connector does as told. It does not diff, retry, cache, pace, log policy or decide, and it never learns where data came from; package engine does all
// that around it. The suite that every connector passes is connectortest, the model to copy is memory, the list of those built in is all.
package connector

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"muster/internal/attr"
)

// A RemoteID is the id by which a service knows an account or group. It is opaque.
type RemoteID string

// A Kind is a kind of remote object.
type Kind string

// The kinds of remote object.
const (
	User  Kind = "user"
	Group Kind = "group"
)

// A Connector keeps accounts and groups of one remote service in step. It does as told. Safe for concurrent use; returns promptly when ctx ends.
// Its errors are those of this package; an error that is none of them means "try again later".
type Connector interface {
	// Check proves address and credentials with one cheap read, and says what this tenant supports.
	Check(ctx context.Context) (Features, error)
	// List yields every remote object of a kind exactly once, in any order, on the calling goroutine, groups without their members. On error the
	// objects seen prove nothing. An error from yield stops List and is returned as is.
	List(ctx context.Context, kind Kind, yield func(Remote) error) error
	// Get returns one object, groups without their members, or ErrNotFound.
	Get(ctx context.Context, kind Kind, id RemoteID) (Remote, error)
	// Apply performs op and returns what the service now holds. Idempotent: disabling the disabled, deleting the absent, re-adding a member
	// succeed. op.Repeat says that an earlier try may have taken effect: a Create then looks up by op.Match first and returns what it finds.
	// After a Delete the returned Remote has the zero ID.
	Apply(ctx context.Context, op Op) (Remote, error)
}

// A Finder can look an object up by an attribute. Offered when Features.FindBy, or FindGroupBy for groups, names the attribute.
type Finder interface {
	// Find returns the one object of kind whose attribute by equals value, disabled ones included; ErrNotFound if there is none; ErrExists if
	// there are several.
	Find(ctx context.Context, kind Kind, by attr.Path, value string) (Remote, error)
}

// Members can list who is in a group. Offered when Features.MembersReadable.
type Members interface {
	// Members yields each member of group exactly once. On error the members seen prove nothing.
	Members(ctx context.Context, group RemoteID, yield func(RemoteID) error) error
}

// A Normalizer knows how its service rewrites values, so that planning after success finds nothing to do. It is pure.
type Normalizer interface {
	// Normalize returns want as the service would store it, and what it cannot represent. It does not change want.
	Normalize(kind Kind, want attr.Set) (attr.Set, []Problem)
}

// A Problem is a value that a service cannot hold.
type Problem struct {
	Path   attr.Path `json:"path"`
	Reason string    `json:"reason"`
}

// A Remote is an account or group as the service states it.
type Remote struct {
	ID     RemoteID `json:"id"`
	Kind   Kind     `json:"kind"`
	Attrs  attr.Set `json:"attrs"`  // what the service returned of the attributes it knows; "active" is not among them
	Active bool     `json:"active"` // may sign in; groups are always active
}

// A Verb is what an Op does.
type Verb string

// The verbs of an Op. Members adds op.Add to and removes op.Remove from the group op.ID.
const (
	Create  Verb = "create"
	Update  Verb = "update"
	Enable  Verb = "enable"  // also carries changed attributes
	Disable Verb = "disable" // nothing else changes
	Delete  Verb = "delete"
	Member  Verb = "members"
)

// An Op is one remote write, as data.
type Op struct {
	Key     string // ours, for logs and transcripts
	Verb    Verb
	Kind    Kind
	ID      RemoteID    // empty for Create
	Want    attr.Set    // Create: everything; Update, Enable: everything mapped, for services that replace the whole
	Changed []attr.Path // Update, Enable: the paths of Want that differ; the rest must not change
	Active  bool        // Create: create as active. Update keeps the account as active as this says when the service replaces the whole
	Match   []attr.Path // Create with Repeat: look up by these, in order
	Add     []RemoteID  // Member
	Remove  []RemoteID  // Member
	Repeat  bool
}

// Features says what a tenant supports. Each false has its reason in Notes under the field's name as in JSON: Notes["delete_user"].
type Features struct {
	FindBy          []attr.Path       `json:"find_by,omitempty"`       // attributes by which Find finds users
	FindGroupBy     []attr.Path       `json:"find_group_by,omitempty"` // attributes by which Find finds groups
	Groups          bool              `json:"groups"`
	MembersReadable bool              `json:"members_readable"`
	RenameGroup     bool              `json:"rename_group"`
	Disable         bool              `json:"disable"`
	DisabledGone    bool              `json:"disabled_gone,omitempty"` // a disabled account may answer as if it were gone; it is not
	CreateDisabled  bool              `json:"create_disabled"`
	DeleteUser      bool              `json:"delete_user"`
	MemberBatch     int               `json:"member_batch,omitempty"` // most members in one Op; 0 = no limit
	Required        []attr.Path       `json:"required,omitempty"`     // attributes without which a user cannot be created
	Notes           map[string]string `json:"notes,omitempty"`
}

// Env is all the world a connector gets.
type Env struct {
	HTTP *http.Client // paced, redacting, bounded; never replaced
	Log  *slog.Logger
	Now  func() time.Time
}
