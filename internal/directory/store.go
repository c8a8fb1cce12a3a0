package directory

import "context"

// A Store keeps the people. Safe for concurrent use; shares no memory with callers. A missing object is ErrNotFound; a taken unique value or a stale Rev
// is ErrConflict.
type Store interface {
	// View runs fn on one consistent snapshot.
	View(ctx context.Context, fn func(Reader) error) error
	// Update runs fn in one retried transaction: fn may run more than once, no side effects besides the Tx. Correctness rests on unique
	// constraints, row locks and lease epochs, never on the isolation level. Packages link, run and access write in the same Tx (link.In(tx) …).
	// No write transaction should last longer than 50 ms. Writing equal values changes nothing and enters no feed.
	Update(ctx context.Context, by Actor, fn func(Tx) error) error
	// Changes returns at most limit changes after rev, oldest first, at most one per object and edge; none means caught up. A slow writer
	// overtaken by a fast one is never skipped.
	Changes(ctx context.Context, after Rev, limit int) ([]Change, error)
	// Head returns the Rev after which Changes has nothing now, never beyond a transaction that is still open.
	Head(ctx context.Context) (Rev, error)
	// Wake returns a channel that receives after commits that entered the feed, in this process at least; a 1 s poll is the net. Every call returns a
	// channel of its own: ask once and keep it.
	Wake() <-chan struct{}
}

// A Stamper is a Store that can tell that nothing at all was committed: what was read since the stamp was s is true as long as it is s.
type Stamper interface {
	// Stamp returns a number that is another one after every commit, whoever made it, or false if only reading tells.
	Stamp(ctx context.Context) (int64, bool)
}

// A Reader reads one snapshot. Lists come in ascending order of ID or key; after is exclusive, "" starts at the beginning; fewer than limit items means
// the end.
type Reader interface {
	Object(ctx context.Context, id ID) (Object, error)
	// Objects returns those of ids that exist, in any order.
	Objects(ctx context.Context, ids []ID) ([]Object, error)
	// ObjectsByHandle returns the objects of kind whose Handle equals one of handles, ignoring case, Gone ones left out.
	ObjectsByHandle(ctx context.Context, kind Kind, handles []string) ([]Object, error)
	// ObjectsByEmail returns the objects of kind whose first Email equals one of addresses, ignoring case, Gone ones left out.
	ObjectsByEmail(ctx context.Context, kind Kind, addresses []string) ([]Object, error)
	ListObjects(ctx context.Context, kind Kind, after ID, limit int) ([]Object, error)
	// ListIDs returns the ids of what ListObjects returns.
	ListIDs(ctx context.Context, kind Kind, after ID, limit int) ([]ID, error)
	// Search finds objects by ID, handle, email, or the key or name of a record, ignoring case; exact matches only, Gone ones included.
	Search(ctx context.Context, text string, limit int) ([]Object, error)
	// Browse returns objects by Handle, case folded, and then by ID or in the order in which they became known: what a person looks through.
	Browse(ctx context.Context, l Look) ([]Object, error)
	// Count returns the number of objects of kind in each state.
	Count(ctx context.Context, kind Kind) (map[State]int, error)

	Records(ctx context.Context, source string, keys []string) ([]Record, error)
	// Marks returns the marks of those of Records with the keys, in any order: what most reads need, since most of what is read is as it was.
	Marks(ctx context.Context, source string, keys []string) ([]Mark, error)
	// RecordsByName returns records of source whose Name equals one of names, ignoring case, whatever their status.
	RecordsByName(ctx context.Context, source string, names []string) ([]Record, error)
	// RecordsOf returns the records bound to ids.
	RecordsOf(ctx context.Context, ids []ID) ([]Record, error)
	// ListRecords returns the records of source in a base with one of the given statuses, by key.
	ListRecords(ctx context.Context, source, base string, in []Status, after string, limit int) ([]Record, error)
	// ListHeads is ListRecords without Attrs, for walks over everybody.
	ListHeads(ctx context.Context, source, base string, in []Status, after string, limit int) ([]Record, error)
	// CountRecords returns the number of records of source in a base with one of the given statuses.
	CountRecords(ctx context.Context, source, base string, in []Status) (int, error)
	// Waiting returns records whose Waiting is set, by key.
	Waiting(ctx context.Context, source, after string, limit int) ([]Record, error)
	// References returns what the records bound to ids refer to, by source, key, name and To.
	References(ctx context.Context, ids []ID) ([]Reference, error)
	// ReferencesTo returns what refers to the entries of source with the keys, likewise.
	ReferencesTo(ctx context.Context, source string, keys []string) ([]Reference, error)
	// Due returns Present records of source, by key, with Expires at or before now (Unix milliseconds) that are not Expired.
	Due(ctx context.Context, source string, now int64, limit int) ([]Record, error)

	// Members returns the direct members of a group by member ID, or in the order in which they became known, which is nearly the same.
	Members(ctx context.Context, group, after ID, limit int) ([]ID, error)
	// MembersOf is Members of several groups: whoever is directly in one of them, once.
	MembersOf(ctx context.Context, groups []ID, after ID, limit int) ([]ID, error)
	// CountMembersOf returns how many MembersOf would be in all.
	CountMembersOf(ctx context.Context, groups []ID) (int, error)
	// GroupsOf returns the edges whose member is one of members.
	GroupsOf(ctx context.Context, members []ID) ([]Edge, error)
	// Above returns groups and every group that contains one of them, directly or not. Cycles end.
	Above(ctx context.Context, groups []ID) ([]ID, error)
	// Below returns groups and every group contained in one of them, directly or not. Cycles end.
	Below(ctx context.Context, groups []ID) ([]ID, error)
	// Within returns those of members that are direct members of one of groups.
	Within(ctx context.Context, groups, members []ID) ([]ID, error)

	// Cursor returns the resume point of a source, or "".
	Cursor(ctx context.Context, source string) (string, error)
	// Anchor returns a value remembered by SetAnchor, or "".
	Anchor(ctx context.Context, owner, name string) (string, error)
}

// A Tx reads and writes. Slices may be long: implementations write in multi-row statements.
type Tx interface {
	Reader
	// PutObjects inserts or replaces objects by ID. An object equal to the stored one, Rev aside, is not written and enters no feed. Handles may be
	// exchanged among the objects of one call. A person's Handle that another person who is not Gone has is ErrConflict, and so is a Rev that is not
	// zero and not the stored one; Unborn asks for none that is stored. A call that meets a conflict writes nothing, and the transaction may go on.
	PutObjects(ctx context.Context, objects ...Object) error
	// PutRecords inserts or replaces records by source and key. Of one that waits already, Waits stays as it is stored, whatever the reason is now; of one
	// that does not wait it is cleared. A record that differs in nothing but Waits is not written.
	PutRecords(ctx context.Context, records ...Record) error
	// PutEdges adds and removes direct members of group. Both are idempotent; only real changes enter the feed.
	PutEdges(ctx context.Context, group ID, add, remove []ID) error
	// PutReferences makes refs all that the records of source with the keys refer to.
	PutReferences(ctx context.Context, source string, keys []string, refs ...Reference) error
	SetCursor(ctx context.Context, source, cursor string) error
	// SetAnchor remembers a value: the immutable id behind a name that a person configured.
	SetAnchor(ctx context.Context, owner, name, value string) error
}
