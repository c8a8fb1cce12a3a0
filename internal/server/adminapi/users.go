package adminapi

import (
	"context"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
)

// Users manage people: those whom no source speaks for, or who were loaded, are Muster's own and are managed here. Whoever a source speaks for is managed
// there: what would change them is a problem OwnedBySource that says where.
type Users interface {
	// Deactivate ends what a person may do, with all their sessions and tokens, for good. Posts and memberships stay; targets follow within their limits.
	Deactivate(ctx context.Context, who string, req UserChange, by access.Caller) (UserDone, error)
	// Activate lifts what Deactivate did. What has ended does not come back with it.
	Activate(ctx context.Context, who string, req UserChange, by access.Caller) (UserDone, error)
	// EditPerson changes what is known of a person.
	EditPerson(ctx context.Context, who string, req PersonEdit, by access.Caller) (UserDone, error)
	// ResetPassword ends the password of a person with all their sessions and tokens, and sets the given one, or makes a code by which they set one themselves.
	ResetPassword(ctx context.Context, who string, req PasswordReset, by access.Caller) (PasswordGiven, error)
	// DeletePerson deletes a person for good, with all their content. It is deactivated at once, and goes on by itself, over restarts.
	DeletePerson(ctx context.Context, who string, req DeletionRequest, by access.Caller) (Deletion, error)
	// Deletions returns all deletions, by when they were asked for.
	Deletions(ctx context.Context) ([]Deletion, error)
	// Deletion returns how far a deletion is: when it is done, or after wait.
	Deletion(ctx context.Context, person directory.ID, wait time.Duration) (Deletion, error)
}

// DeletionRequest asks to delete a person for good.
type DeletionRequest struct {
	Confirm string `json:"confirm,omitempty" doc:"Their username: nothing brings them back."`
	Reason  string `json:"reason,omitempty" maxLength:"1000"`
	DryRun  bool   `json:"dry_run,omitempty" doc:"Only say what it would wait for."`
}

// Deletion is how far the deletion of a person is.
type Deletion struct {
	Person  directory.ID   `json:"person"`
	Name    string         `json:"name,omitempty"`                             // until it is done
	State   string         `json:"state" enum:"dry run,waiting,removing,done"` // waiting: see Waits
	By      string         `json:"by,omitempty"`
	Asked   time.Time      `json:"asked,omitzero"`
	Done    time.Time      `json:"done,omitzero"`
	Waits   []string       `json:"waits,omitempty"`   // what it waits for
	Removed map[string]int `json:"removed,omitempty"` // what was removed so far
	Kept    []string       `json:"kept,omitempty"`    // accounts that stay at targets, disabled
	Note    string         `json:"note,omitempty"`
}

// UserChange asks to deactivate or activate a person.
type UserChange struct {
	Reason string `json:"reason,omitempty" maxLength:"1000"`
	DryRun bool   `json:"dry_run,omitempty" doc:"Only say what would be done."`
}

// PersonEdit asks to change a person. What is left out stays; an empty text clears.
type PersonEdit struct {
	Username   *string `json:"username,omitempty" minLength:"1" maxLength:"256"`
	Email      *string `json:"email,omitempty" maxLength:"320"`
	Name       *string `json:"name,omitempty" maxLength:"256" doc:"The name shown to others. Of somebody who was loaded it follows from the first and last name."`
	GivenName  *string `json:"given_name,omitempty" maxLength:"256"`
	FamilyName *string `json:"family_name,omitempty" maxLength:"256"`
	Nickname   *string `json:"nickname,omitempty" maxLength:"256"`
	Title      *string `json:"title,omitempty" maxLength:"256"`
	DryRun     bool    `json:"dry_run,omitempty" doc:"Only say what would be done."`
}

// UserDone is what became of a request about a person.
type UserDone struct {
	Object  Object `json:"object"`
	Changed bool   `json:"changed"` // or, with a dry run, would be
	DryRun  bool   `json:"dry_run,omitempty"`
	Note    string `json:"note,omitempty"`
}

// PasswordReset asks to end a password.
type PasswordReset struct {
	Password string `json:"password,omitempty" maxLength:"1024" doc:"The new one. Left out, the answer holds a code by which the person sets one."`
}

// PasswordGiven is what takes the place of a password that was ended.
type PasswordGiven struct {
	Person directory.ID `json:"person"`
	Name   string       `json:"name"`
	Code   *Code        `json:"code,omitempty"` // if no password was given
}

// Ownership says that a source speaks for a person.
type Ownership struct {
	Source string `json:"source"`
	Where  string `json:"where"` // where they are managed, and how, in a sentence
}

// Availabilities of a person.
const (
	Online  = "online"  // used Muster in the last minutes
	Offline = "offline" // did not, or is deactivated
)

// Presence is how long after their last use of Muster a person counts as online.
const Presence = 5 * time.Minute
