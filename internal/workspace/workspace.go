// Package workspace holds where people meet: teams and their channels, who is in them and why, what was posted there, and the bots that post too.
//
// People themselves are in package directory; a person is in teams without ceasing to exist when they leave. The package reads and writes no file format
// (package bulkload does) and speaks no protocol. Its Store is implemented by package store, in the transactions of package directory, and proved by
// workspacetest; what is attached to posts lies in package files.
package workspace

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"muster/internal/directory"
)

// A Kind is what a Place is.
type Kind string

// The kinds of place.
const (
	Team    Kind = "team"
	Public  Kind = "public"  // channel that anybody in the team may join
	Private Kind = "private" // channel
	Direct  Kind = "direct"  // channel of two people, or of one with themselves
	Few     Kind = "few"     // channel of three to eight people
)

// A Place is a team or a channel.
type Place struct {
	ID   directory.ID
	Kind Kind
	Team directory.ID // of a Public or Private channel
	// Name is lower case, and unique among teams, or among the channels of a team. Those of Direct and Few are what NameOf gives.
	Name     string
	Title    string
	Purpose  string // of a team: its description
	Header   string // of a channel
	Scheme   string
	Open     bool // a team that takes members without invitation
	Joinable bool // a team that is listed, so that anybody may join it
	Managed  bool // who is in it follows the groups that are linked to it
	Created  time.Time
	Updated  time.Time
	Archived time.Time // zero = in use
}

// NameOf is the Name of the channel that exactly these people share, in any order.
func NameOf(people []directory.ID) string {
	sorted := slices.Sorted(slices.Values(people))
	var b strings.Builder
	for _, id := range slices.Compact(sorted) {
		b.WriteString(string(id))
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:20])
}

// A State is whether somebody is in a place.
type State string

// The states of a membership. Who left by choice is told apart from who was removed: what adds people by rule leaves the former alone.
const (
	Present State = "in"
	Left    State = "left"    // by their own choice
	Removed State = "removed" // by somebody else, or by a rule
)

// A Via is what put somebody into a place.
type Via string

// The ways into a place.
const (
	ByHand    Via = "hand"
	ByLoad    Via = "load"
	ByDefault Via = "default" // a default channel of the team
	ByGroup   Via = "group"   // a linked group
)

// A Member is somebody in a place, or who was.
type Member struct {
	Place, Person directory.ID
	Roles         string // names, with a space between
	Via           Via
	State         State
	Since         time.Time // when State began
	More          string    // JSON of what is kept for those who keep it: notifications, what was read
}

// A Profile is what the workspace knows of a person and the directory does not.
type Profile struct {
	Person  directory.ID
	Roles   string // names, with a space between
	Picture File   // zero = none
	More    string // JSON of preferences and the like
}

// A Bot posts and is no person: no source knows it and no target receives it.
type Bot struct {
	ID          directory.ID
	Username    string // lower case, unique among bots
	Owner       directory.ID
	Title       string
	Description string
	Disabled    time.Time // zero = active
	Picture     File
}

// A Post is a message in a channel, with what belongs to it.
type Post struct {
	ID      directory.ID
	Channel directory.ID
	Author  directory.ID // a person or a bot
	Root    directory.ID // of a reply: the post that began the thread
	Kind    string       // "" = written by its author
	Message string
	Props   string // JSON
	Created time.Time
	Edited  time.Time
	Deleted time.Time // zero = there
	Pinned  bool
	Marks   []Mark
	Files   []File
}

// A MarkKind is what somebody did to a post.
type MarkKind string

// The kinds of mark.
const (
	Reaction MarkKind = "reaction"
	Saved    MarkKind = "saved"
	Follows  MarkKind = "follows" // the thread
)

// A Mark is what somebody did to a post. There is one of each Kind, Person and Name.
type Mark struct {
	Kind   MarkKind
	Person directory.ID
	Name   string    // of a Reaction: the emoji
	At     time.Time // of a Reaction: when; of Follows: what was seen last
	Unread int64     // of Follows: mentions
}

// A File is attached to something; its content is in package files, under Hash.
type File struct {
	Hash string
	Name string
	Size int64
}

// A DefinitionKind is what a Definition defines.
type DefinitionKind string

// The kinds of definition.
const (
	Role   DefinitionKind = "role"
	Scheme DefinitionKind = "scheme"
	Emoji  DefinitionKind = "emoji"
)

// A Definition is a named thing that Muster keeps as it was stated, and does not interpret.
type Definition struct {
	Kind DefinitionKind
	Name string
	Doc  string // JSON
	File File   // of an Emoji: its image
}
