package link

import (
	"context"
	"time"

	"muster/internal/connector"
	"muster/internal/directory"
)

// The fields of a Drift that are no attributes.
const (
	FieldActive  = "active"  // whether the account may be used
	FieldAccount = "account" // whether the account or group is there at all
	FieldMember  = "member"  // whether Member or Foreign is in the group
)

// A Drift is something that somebody changed at a target by hand: what the last complete list shows is neither what the target had confirmed nor what is
// wanted there.
type Drift struct {
	Target  string
	Object  directory.ID
	Kind    connector.Kind
	Field   string             // an attribute path, or one of the fields above
	Member  directory.ID       // FieldMember: one of ours
	Foreign connector.RemoteID // FieldMember: nobody of ours
	Wanted  string
	Found   string
	Since   time.Time // when it was first seen
	Seen    time.Time // when it was seen last
}

// A DriftReader reads what was changed by hand.
type DriftReader interface {
	// Drifts returns what is known of a target, by object, field, member and account, at most limit.
	Drifts(ctx context.Context, target string, limit int) ([]Drift, error)
	// DriftsOf returns what is known of objects besides their members, in that order.
	DriftsOf(ctx context.Context, target string, objects []directory.ID) ([]Drift, error)
	// DriftsIn returns what is known of the members of a group, in that order.
	DriftsIn(ctx context.Context, target string, group directory.ID) ([]Drift, error)
	CountDrift(ctx context.Context, target string) (int, error)
}

// A DriftTx writes it.
type DriftTx interface {
	// PutDrift remembers drifts. One that is known keeps its Since.
	PutDrift(ctx context.Context, drifts ...Drift) error
	// DropDrift forgets drifts: those of the same object, field, member and account.
	DropDrift(ctx context.Context, drifts ...Drift) error
	// SweepDrift forgets what a comparison that began then has not seen again. Members are forgotten once their membership is as wanted.
	SweepDrift(ctx context.Context, target string, began time.Time) error
}
