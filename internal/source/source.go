// Package source is the contract of a system that people and groups come from: what it delivers, and what may be concluded from it.
//
// A Source is read, never written. It does not decide who joins or leaves: it states what it saw, and which search bases it provably saw whole; package
// ingest draws the conclusions. Implementations live in its child folders (ldap, file), the suite that they all pass in sourcetest.
package source

import (
	"context"
	"errors"
	"time"

	"muster/internal/attr"
)

// A Key is a source's immutable id of an entry (objectGUID, entryUUID …), never a DN, a name or an email. It is opaque and scoped to its source.
type Key string

// A Base names a search base of a source, as configured ("people", "groups"; a second one "people2" …).
type Base string

// A Kind says what a record describes.
type Kind string

// The kinds of record.
const (
	Person Kind = "person"
	Group  Kind = "group"
)

// A Cursor is where a later Pull resumes. It is opaque; "" asks for everything.
type Cursor string

// ErrCursorExpired says that a Cursor can no longer be honoured: read everything.
var ErrCursorExpired = errors.New("cursor expired")

// A Source is a system Muster reads people and groups from; it is never written to. It keeps no state between calls: all that is needed to resume is in
// the Cursor. One goroutine at a time uses it.
type Source interface {
	// Check binds, searches, counts and samples, and reports what it found and guessed. A Report may come with an error: it then tells how far
	// Check got.
	Check(ctx context.Context) (Report, error)
	// Pull reads what changed after since and calls yield once per Batch, in order, on the calling goroutine. The zero Cursor asks for
	// everything. An error from yield stops Pull and is returned as is. Records may be delivered again after a restart. If since can no longer
	// be honoured, Pull returns ErrCursorExpired before the first yield.
	//
	// A complete read yields the records of people before those of groups, references after both, and then members, group by group. When a read cannot be
	// finished, Pull returns an *Incomplete; batches already yielded stay true, and no base is Complete.
	Pull(ctx context.Context, since Cursor, yield func(Batch) error) error
}

// A Locator looks entries up one by one by their key, unfiltered, from the root of the naming context: the second opinion on a missing entry. All LDAP
// sources have it.
type Locator interface {
	// Locate returns the sightings of keys in any order. A key without a sighting was provably not there: the search succeeded and the canary was
	// readable in the same connection. Any doubt is an error, and then nothing is known.
	Locate(ctx context.Context, kind Kind, keys []Key) ([]Sighting, error)
}

// A Sighting is an entry that Locate found.
type Sighting struct {
	Record Record // Base is the base whose area and filter it matches, or "" when it lies outside every base: it left the scope of the source
	Where  string // where it is now, for people to read (a DN)
}

// A Watcher is a source that can tell when something changed. It only pokes Pull.
type Watcher interface {
	Watch(ctx context.Context, wake func()) error
}

// A Record is one entry as a source states it, without its members.
type Record struct {
	Kind     Kind
	Key      Key
	Base     Base
	Name     string    // where it stands, for people to read: the DN. Never an identity.
	Attrs    attr.Set  // lower-case names; binary values as text (a GUID, a SID) or left out
	Disabled bool      // the source states that the entry is disabled
	Expires  time.Time // the entry counts as disabled from this moment; zero = never
}

// A MemberOp says what a Membership states.
type MemberOp string

// The membership statements. Seen means: present at this moment, part of a whole list if the group is in Batch.Whole.
const (
	Add    MemberOp = "add"
	Remove MemberOp = "remove"
	Seen   MemberOp = "seen"
)

// A Membership is one edge by keys. Member may be a person or a group; one that was not read yet is resolved later.
type Membership struct {
	Group, Member Key
	Op            MemberOp
}

// Manager is the reference that sources have if nothing else is said: the manager of a person.
const Manager = "manager"

// A Reference states whom an attribute of a record names, such as the manager of a person: all of them at this moment, by their keys. A record of which
// nothing is stated refers to whom it did.
type Reference struct {
	Of   Key
	Name string // of the attribute, in lower case
	To   []Key  // none: the attribute is empty, or names nobody whom the source reads
}

// A Batch is one piece of a read. It is not retained by the source: the receiver may keep it.
type Batch struct {
	Records []Record     // upserts
	Members []Membership // all Seen memberships of one group arrive together: in one Batch or in consecutive ones
	Whole   []Key        // groups whose Seen memberships, up to and in this Batch, are all there are in this read
	// Dangling lists, for groups that are Whole but for them, the names of members that lead to no readable entry: hidden, or left behind by somebody
	// who is gone. The group counts as Whole if the receiver knows all of them to be gone.
	Dangling map[Key][]string
	Refers   []Reference  // those of one record together, after the records of all whom they may name
	Seen     []Key        // present but unchanged (RFC 4533 present phase)
	Deleted  []Key        // explicit tombstones only
	Cursor   Cursor       // resume point once this batch is durable; "" = none here
	Complete []Base       // bases that this read provably saw whole. Only they may yield absence
	Pins     map[Base]Pin // where the bases stand, by immutable id: keep the newest and hand them to the source's next reads
	Notes    []string     // what a person should know: continuation references not followed, members outside every base …
}

// A Pin ties a configured place (a search base, a scope group) to its immutable id, so that its rename or move is followed and its replacement by
// another entry of the same name is noticed. It counts only while For is what is configured.
type Pin struct {
	For string `json:"for"` // the DN as configured when the pin was made
	Key Key    `json:"key"` // the server's own immutable id of the entry, whatever attribute identifies people
	DN  string `json:"dn"`  // where the entry was last seen
}

// Incomplete says why a read cannot be trusted to have seen everything. It never carries secrets.
type Incomplete struct {
	// Code is stable, for docs and tests: "connect", "tls", "bind", "rights", "base", "empty", "size_limit", "time_limit", "busy", "cut", "paging",
	// "referral", "range", "attribute", "canary", "server".
	Code string
	What string // what happened, to which server and base
	Fix  string // what an administrator can do
	Err  error
}

func (e *Incomplete) Error() string {
	if e.Err == nil {
		return e.What
	}
	return e.What + ": " + e.Err.Error()
}

func (e *Incomplete) Unwrap() error { return e.Err }

// A Report is what Check found, for an administrator to read.
type Report struct {
	Server   string            `json:"server"`            // the address that answered
	Kind     string            `json:"kind"`              // "Active Directory", "OpenLDAP", "389 Directory Server", "LDAP"
	TLS      string            `json:"tls"`               // protocol version, or "none"
	Bound    string            `json:"bound,omitempty"`   // who we are there
	Guessed  map[string]string `json:"guessed,omitempty"` // setting → the value chosen, with why
	People   int               `json:"people"`
	Groups   int               `json:"groups"`
	Disabled int               `json:"disabled"`
	Samples  []Sample          `json:"samples,omitempty"`  // at most five people
	Warnings []Warning         `json:"warnings,omitempty"` // missing rights, risky filters …
	Places   []Place           `json:"places,omitempty"`   // where people and groups are, if that was asked
	Account  string            `json:"account,omitempty"`  // where the entry of the bind account is, if that was asked and found
}

// A Place is a part of a source that search bases can be chosen from: a naming context of a directory, or what lies below it.
type Place struct {
	DN     string `json:"dn"`
	Depth  int    `json:"depth" doc:"How far below the naming context it lies; 0 = it is one."`
	People int    `json:"people" doc:"How many are in it, at any depth."`
	Groups int    `json:"groups"`
}

// A Sample is one person as the source shows them.
type Sample struct {
	Name     string `json:"name"`
	Key      Key    `json:"key"`
	Username string `json:"username,omitempty"`
	Email    string `json:"email,omitempty"`
	Disabled bool   `json:"disabled,omitempty"`
}

// A Warning is something to look at, with the way to mend it.
type Warning struct {
	What string `json:"what"`
	Fix  string `json:"fix,omitempty"`
}
