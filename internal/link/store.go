package link

import (
	"context"
	"time"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
)

// A Reader reads what is remembered of targets. Lists are ascending by object; after is exclusive; fewer than limit items means the end.
type Reader interface {
	ClaimReader
	OrderReader
	LeaverReader
	RenameReader
	DriftReader

	// Get returns the link of an object at a target, or directory.ErrNotFound.
	Get(ctx context.Context, target string, object directory.ID) (Link, error)
	// Links returns those of objects that are linked, in any order.
	Links(ctx context.Context, target string, objects []directory.ID) ([]Link, error)
	// LinksOf returns all links of one object.
	LinksOf(ctx context.Context, object directory.ID) ([]Link, error)
	// ByRemote returns the links, closed ones included, to any of remotes.
	ByRemote(ctx context.Context, target string, kind connector.Kind, remotes []connector.RemoteID) ([]Link, error)
	// List returns the links of a target of one kind in one of the given states (none = all).
	List(ctx context.Context, target string, kind connector.Kind, in []State, after directory.ID, limit int) ([]Link, error)
	// CountLinks returns how many objects of a kind are linked with an active account, and how many memberships are applied to groups.
	CountLinks(ctx context.Context, target string) (Counts, error)

	// Edges returns the edges of a group at a target, by member, then by foreign id.
	Edges(ctx context.Context, target string, group directory.ID) ([]Edge, error)
	// OpenEdges returns edges whose Wanted and Applied differ, at most limit, by group; group or member "" means any.
	OpenEdges(ctx context.Context, target string, group, member directory.ID, limit int) ([]Edge, error)
	// EdgesOf returns the edges of members at a target, in any order.
	EdgesOf(ctx context.Context, target string, members []directory.ID) ([]Edge, error)
	// CountApplied returns the number of applied edges of a group.
	CountApplied(ctx context.Context, target string, group directory.ID) (int, error)

	// Cursor returns how far the target has followed the feed.
	Cursor(ctx context.Context, target string) (directory.Rev, error)
	// Open returns intents of a target without an outcome: what a crash left behind.
	Open(ctx context.Context, target string) ([]Intent, error)
	// Journal returns entries, newest first, at most limit; empty fields of the query match everything.
	Journal(ctx context.Context, q Query) ([]Entry, error)
	// Effects returns the sum of Count by class of writes since then that were Done or Unknown or are open.
	Effects(ctx context.Context, target string, since time.Time) (map[Class]int, error)

	// Waiting returns what waits at a target by object; Wait "" means any; object "" means any.
	Waiting(ctx context.Context, target string, wait Wait, object, after directory.ID, limit int) ([]Waiting, error)
	// WaitingOf returns how objects wait at a target, without what waits for one membership only, in any order.
	WaitingOf(ctx context.Context, target string, objects []directory.ID) ([]Waiting, error)
	// CountWaiting returns how many objects wait at a target, by how.
	CountWaiting(ctx context.Context, target string) (map[Wait]int, error)
	// Due returns retrying objects whose time has come.
	Due(ctx context.Context, target string, now time.Time, limit int) ([]Waiting, error)

	// FindObserved returns listed objects whose attribute by equals value, ignoring case. by must be one that PutObserved was told to index.
	FindObserved(ctx context.Context, target string, kind connector.Kind, by attr.Path, values []string) ([]Observed, error)
	// GetObserved returns those of ids that were listed.
	GetObserved(ctx context.Context, target string, kind connector.Kind, ids []connector.RemoteID) ([]Observed, error)
	// NewObserved returns those of seen that are not stored just so, the time aside, with the index entries that index asks for: what a list has changed.
	NewObserved(ctx context.Context, index []attr.Path, seen ...Observed) ([]Observed, error)
	// ListedIDs returns the ids of listed objects of a kind, ascending.
	ListedIDs(ctx context.Context, target string, kind connector.Kind, after connector.RemoteID, limit int) ([]connector.RemoteID, error)

	// Intervals returns what is remembered about an object at a target, oldest first; object "" means the target itself.
	Intervals(ctx context.Context, target string, object directory.ID) ([]Interval, error)
}

// A Query selects journal entries; empty fields match everything.
type Query struct {
	Target string
	Object directory.ID
	Run    string
	Verb   connector.Verb
	Result Result
	Class  Class     // only what counts for the limits of this class: done, open, or perhaps done
	Since  time.Time // begun then or later
	Before string    // Intent.ID of an entry: only older ones
	Limit  int
}

// Counts are the numbers that limits are percentages of.
type Counts struct {
	Users, Groups, Memberships int
}

// A Tx also writes. All of it happens in the directory.Tx that In was given.
type Tx interface {
	Reader
	ClaimTx
	OrderTx
	RenameTx
	DriftTx
	// Lead makes this process the one that serves target and returns its epoch; every earlier epoch is fenced off.
	Lead(ctx context.Context, target string) (epoch int64, err error)
	// Begin records intents before their calls. A stale epoch is directory.ErrConflict, and nothing is recorded.
	Begin(ctx context.Context, epoch int64, intents ...Intent) error
	// Settle records outcomes with what they changed. Settling twice changes nothing; an intent that was never begun is directory.ErrNotFound.
	// Intervals follow links and edges by themselves.
	Settle(ctx context.Context, outcomes ...Outcome) error
	// Put writes links without a remote write: adoption, detachment. One with neither Remote nor State removes what is stored; that comes first.
	// No account is ever held by two links of a target, whoever writes them, here or with Settle: that is directory.ErrConflict, and nothing is stored. A
	// link that is lost, or closed by a delete, holds no account any more.
	Put(ctx context.Context, links ...Link) error
	// Want sets Wanted of edges; an edge that becomes neither wanted nor applied is dropped. It returns the number of edges that changed.
	Want(ctx context.Context, edges ...Edge) (int, error)
	// Seen sets Applied of edges as a target stated it.
	Seen(ctx context.Context, edges ...Edge) error
	// Advance moves the cursor of a target, never backwards.
	Advance(ctx context.Context, target string, to directory.Rev) error
	PutWaiting(ctx context.Context, w ...Waiting) error
	DropWaiting(ctx context.Context, target string, objects ...directory.ID) error
	// PutObserved stores listed objects and indexes them by the given paths.
	PutObserved(ctx context.Context, index []attr.Path, seen ...Observed) error
	// DropObserved removes listed objects.
	DropObserved(ctx context.Context, target string, kind connector.Kind, ids ...connector.RemoteID) error
	// PutInterval closes the open interval of the same target, what, object and member if its value differs, and opens this one.
	PutInterval(ctx context.Context, i ...Interval) error
}

// In returns the link contract of tx. A Tx of package store has it.
func In(tx directory.Tx) Tx { return tx.(interface{ LinkTx() Tx }).LinkTx() }

// Of returns the reading half of the link contract of r.
func Of(r directory.Reader) Reader { return r.(interface{ LinkReader() Reader }).LinkReader() }
