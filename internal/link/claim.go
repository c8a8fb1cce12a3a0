package link

import (
	"context"
	"time"

	"muster/internal/connector"
	"muster/internal/directory"
)

// A Tie is what a Claim says about an account and an object.
type Tie string

// The ties.
const (
	Was Tie = "was" // they were linked once
	Cut Tie = "cut" // a person took them apart
)

// A Claim is what is remembered of an account and an object besides their link: what was once so, or what a person said. It outlives the link.
type Claim struct {
	Target string
	Kind   connector.Kind
	Remote connector.RemoteID
	Object directory.ID
	Tie    Tie
	By     string // who said so; "" for Was
	Reason string
	At     time.Time
}

// A StrayQuery selects listed objects that neither a link nor a line of a stored plan names.
type StrayQuery struct {
	Target string
	Kind   connector.Kind
	Plan   string
	Text   string // part of the id or of a value that it is matched by, case aside; with * for any text and ? for any letter, all of it
}

// A ClaimReader reads claims.
type ClaimReader interface {
	// Claims returns what is remembered about accounts, by account and object.
	Claims(ctx context.Context, target string, kind connector.Kind, remotes []connector.RemoteID) ([]Claim, error)
	// ClaimsOf returns what is remembered about objects, by account and object.
	ClaimsOf(ctx context.Context, target string, objects []directory.ID) ([]Claim, error)
	// Strays returns listed objects that are nobody's, by id; after is exclusive.
	Strays(ctx context.Context, q StrayQuery, after connector.RemoteID, limit int) ([]Observed, error)
	// CountStrays returns how many there are.
	CountStrays(ctx context.Context, q StrayQuery) (int, error)
}

// A ClaimTx writes them. Was follows by itself from links that are removed or that change their account.
type ClaimTx interface {
	PutClaims(ctx context.Context, claims ...Claim) error
	// DropClaims forgets what was said of an account and an object, but not that they were linked once.
	DropClaims(ctx context.Context, target string, kind connector.Kind, remote connector.RemoteID, object directory.ID) error
	// Forget removes up to a few thousand rows of what is remembered of a target, the journal and the intervals excepted, and reports whether anything is
	// left. It is for a target that is configured no more.
	Forget(ctx context.Context, target string) (more bool, err error)
}
