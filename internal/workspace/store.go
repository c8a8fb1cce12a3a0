package workspace

import (
	"context"
	"time"

	"muster/internal/directory"
)

// A PlaceSearch selects teams, or the channels of a team, by what people call them.
type PlaceSearch struct {
	Kinds []Kind
	Team  directory.ID // "" = what belongs to no team
	Text  string       // that the name or the title has in it, "" = any
	After string       // name, exclusive, "" = from the beginning
	Limit int
}

// A PlaceQuery selects places.
type PlaceQuery struct {
	Kinds []Kind
	Team  directory.ID // "" = any, and those that belong to none
	After directory.ID // exclusive, "" = from the beginning
	Limit int
}

// A Moment is a point in a channel.
type Moment struct {
	Channel directory.ID
	At      time.Time // to the millisecond
}

// A PostQuery selects posts of a channel, replies of a thread, or posts and replies of an author.
type PostQuery struct {
	Channel directory.ID // the posts of it that are no replies
	Root    directory.ID // the replies to it
	Author  directory.ID // posts and replies of theirs
	After   directory.ID // exclusive, in the order asked for; "" = from the beginning
	Newest  bool         // the newest first, else the oldest
	Limit   int
}

// A Reader reads one snapshot. What is not there is directory.ErrNotFound, or left out of lists.
type Reader interface {
	Place(ctx context.Context, id directory.ID) (Place, error)
	// PlacesByName returns the teams with one of names, or the channels of team; what belongs to no team is among the teams.
	PlacesByName(ctx context.Context, team directory.ID, names []string) ([]Place, error)
	// ListPlaces returns places in the order in which they became known; fewer than q.Limit means the end.
	ListPlaces(ctx context.Context, q PlaceQuery) ([]Place, error)
	// FindPlaces returns places by name, for people who look through them; fewer than q.Limit means the end.
	FindPlaces(ctx context.Context, q PlaceSearch) ([]Place, error)
	// Members returns a page of those who are in a place or were, in the order in which they became known.
	Members(ctx context.Context, place, after directory.ID, limit int) ([]Member, error)
	// CountMembers returns how many are in a place now.
	CountMembers(ctx context.Context, place directory.ID) (int, error)
	// MembersOf returns all memberships, present and past, of people.
	MembersOf(ctx context.Context, people []directory.ID) ([]Member, error)
	Profiles(ctx context.Context, people []directory.ID) ([]Profile, error)
	// Bots returns the bots with one of usernames; nil = all.
	Bots(ctx context.Context, usernames []string) ([]Bot, error)
	// Posts returns a page of the posts of a channel that are no replies, oldest first, behind the one whose ID is after.
	Posts(ctx context.Context, channel, after directory.ID, limit int) ([]Post, error)
	// Replies returns the replies of threads, oldest first.
	Replies(ctx context.Context, roots []directory.ID) ([]Post, error)
	// ListPosts returns a page of what exactly one of Channel, Root and Author of q selects.
	ListPosts(ctx context.Context, q PostQuery) ([]Post, error)
	// PostsByID returns those of posts and replies that are there, in any order.
	PostsByID(ctx context.Context, ids []directory.ID) ([]Post, error)
	// CountReplies returns how many replies threads have; those without any are left out.
	CountReplies(ctx context.Context, roots []directory.ID) (map[directory.ID]int, error)
	// PostsAt returns the posts and replies that were made at one of moments.
	PostsAt(ctx context.Context, moments []Moment) ([]Post, error)
	// Definitions returns all definitions of a kind by name.
	Definitions(ctx context.Context, kind DefinitionKind) ([]Definition, error)
	// GroupLinks returns the links of groups, of places, or with neither all of them, by place and group.
	GroupLinks(ctx context.Context, groups, places []directory.ID) ([]GroupLink, error)
}

// A Tx also writes: each Put inserts, or replaces by ID, by Place and Person, by Person or by Kind and Name. Slices may be long. A Name that another place of
// the same team has, or a bot's Username that another bot has, is directory.ErrConflict.
type Tx interface {
	Reader
	PutPlaces(ctx context.Context, places ...Place) error
	PutMembers(ctx context.Context, members ...Member) error
	PutProfiles(ctx context.Context, profiles ...Profile) error
	PutBots(ctx context.Context, bots ...Bot) error
	// PutPosts writes posts with all their marks and files. The Root of a reply must be among them, or there already.
	PutPosts(ctx context.Context, posts ...Post) error
	PutDefinitions(ctx context.Context, definitions ...Definition) error
	PutGroupLink(ctx context.Context, l GroupLink) error
	DropGroupLink(ctx context.Context, group, place directory.ID) error
}

// In returns the contract of tx.
func In(tx directory.Tx) Tx { return tx.(interface{ WorkspaceTx() Tx }).WorkspaceTx() }

// Of returns the reading half of the contract of r.
func Of(r directory.Reader) Reader {
	return r.(interface{ WorkspaceReader() Reader }).WorkspaceReader()
}
