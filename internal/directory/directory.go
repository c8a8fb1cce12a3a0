// Package directory holds the people and groups that Muster keeps, who is in which group, and the feed of what changed.
//
// It knows what a person is, not where they come from (package ingest) or where they go (package engine). Its Store is implemented by package store and
// proved by directorytest. Changing anything here changes what every stage sees, so the types are few and plain.
package directory

import (
	"encoding/base32"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"muster/internal/attr"
)

// Errors of the Store.
var (
	ErrNotFound = errors.New("not found")
	ErrConflict = errors.New("conflict") // a unique value is taken, or a Rev is stale
)

// An ID names an object for ever: 26 characters of 0-9a-v, the order-preserving base32 of a UUIDv7. Only NewID makes one.
type ID string

var base32hex = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

// NewID returns a fresh ID. IDs made later sort later, to the millisecond.
func NewID() ID {
	u := uuid.Must(uuid.NewV7())
	return ID(base32hex.EncodeToString(u[:]))
}

// A Kind is a kind of object.
type Kind string

// The kinds of object.
const (
	Person Kind = "person"
	Group  Kind = "group"
)

// A State is what Muster holds of an object.
type State string

// The states of an object.
const (
	Active   State = "active"
	Disabled State = "disabled" // deactivated: exists, may do nothing
	Gone     State = "gone"     // no source has it any more
)

// A Cause is why an object is not active, or out of a scope. Limits differ by cause.
type Cause string

// The causes.
const (
	NoCause  Cause = ""
	Stated   Cause = "stated"   // disabled, expired, a tombstone: the source says so
	Left     Cause = "left"     // read completely, and stands elsewhere or in no scope group now
	Missing  Cause = "missing"  // was in the last complete read, is in none now, and the look-up agrees
	Operator Cause = "operator" // a person of ours did it
)

// Paths of the attributes that Muster itself reads.
const (
	Username attr.Path = "username" // of a person; unique, ignoring case, among those who are not Gone
	Email    attr.Path = "email"
	Name     attr.Path = "name" // of a group; of a person: the display name
)

// An Object is a person or a group.
type Object struct {
	ID    ID
	Kind  Kind
	Rev   Rev      // set by the Store
	Attrs attr.Set // effective values, mapped from the records of its sources
	// Digest is of all that the sources state of the object, mapped or not: rules of targets may read a record itself.
	Digest string
	State  State
	Cause  Cause     // why State is not Active
	Since  time.Time // when State began
	Stop   *Stop     // an operator's own deactivation; no source lifts it
	Epoch  int64     // credentials issued under an older epoch are dead
}

// Handle returns the name by which people know o: a person's username, a group's name.
func (o Object) Handle() string {
	if o.Kind == Person {
		return o.Attrs.First(Username)
	}
	return o.Attrs.First(Name)
}

// A Stop is a deactivation by an operator.
type Stop struct {
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// Who is the operator's handle: By without the kind of actor that it begins with in journals.
func (s *Stop) Who() string { return strings.TrimPrefix(s.By, "operator:") }

// A Status is what is known of an entry at its source.
type Status string

// The statuses of a record.
const (
	Present Status = "present"
	Absent  Status = "absent"  // not in the last complete read; nothing is concluded yet
	Outside Status = "outside" // found elsewhere: it left the scope of the source
	Removed Status = "removed" // tombstone, or absent from two complete reads with the look-ups agreeing
)

// Loaded is the source whose people came from a file. It states once, and whoever comes from it alone is managed here.
const Loaded = "load"

// A Record is one entry as a source stated it last.
type Record struct {
	Source      string
	Key         string // the source's immutable id
	Kind        Kind
	Object      ID // "" while the record waits to be bound
	Base        string
	Name        string // DN
	Attrs       attr.Set
	Disabled    bool
	Expires     time.Time // zero = never
	Expired     bool      // Expires has passed and was acted on
	Status      Status
	Cause       Cause     // with Outside and Removed
	Since       time.Time // when Status became what it is
	Digest      string    // of everything above that the source states, and of the rules that mapped it
	MembersHash string    // of a group: order-free digest of its members
	Refers      string    // digest of what it refers to, and of whom that is; see Reference
	Waiting     string    // why it is not bound or not fully applied; "" = nothing
	Waits       time.Time // since when there has been such a reason; zero = there is none, or it is not known
}

// A Mark is what tells of a Record whether anything has changed.
type Mark struct {
	Key         string
	Kind        Kind
	Object      ID
	Status      Status
	Digest      string
	MembersHash string
	Refers      string
	Waiting     string
}

// A Reference is what an attribute of a record refers to: another entry of its source, by the immutable id, such as the manager of a person.
type Reference struct {
	Source string
	Key    string // of the record that refers
	Name   string // of the attribute, in lower case: "manager"
	To     string // the key of the entry; nothing need be known of it
	Object ID     // whom the record is bound to; set by the Store
	Person ID     // whom To is bound to, "" while that is nobody; set by the Store
}

// PartMembers is the MembersHash of a group of which some members are known and it is not known whether these are all.
const PartMembers = "part"

// KnowsMembers reports whether a group was once read with all its members. Until then, who is not among them may be one all the same.
func (r Record) KnowsMembers() bool { return r.MembersHash != "" && r.MembersHash != PartMembers }

// An Edge is one direct membership.
type Edge struct {
	Group, Member ID
}

// A Rev orders changes. Only a Store makes one; the zero Rev is before everything.
type Rev struct {
	Tx, Seq int64
}

// Unborn is the Rev of an object that is in no store yet: it is written as new, without a look at what is stored, and one that is there by its ID is a conflict.
var Unborn = Rev{Seq: -1}

// IsZero reports whether r is before everything.
func (r Rev) IsZero() bool { return r == Rev{} }

// Less reports whether r is before s.
func (r Rev) Less(s Rev) bool { return r.Tx < s.Tx || r.Tx == s.Tx && r.Seq < s.Seq }

// A Change says that an object, or with Member an edge, is not what it was. It carries no content: read the state.
type Change struct {
	Rev    Rev
	Object ID
	Member ID
}

// An Actor is who makes a change: "source:corp", "operator:olivia", "engine".
type Actor string
