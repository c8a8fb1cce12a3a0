package adminapi

import (
	"context"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/run"
)

// Place is a team or a channel.
type Place struct {
	ID       directory.ID `json:"id"`
	Ref      string       `json:"ref"` // how it is named here: "staff", "staff:news"
	Kind     string       `json:"kind" enum:"team,public,private"`
	Title    string       `json:"title"`
	Purpose  string       `json:"purpose,omitempty"`
	Header   string       `json:"header,omitempty"`
	Open     bool         `json:"open,omitempty"`    // a team that anybody may join
	Managed  bool         `json:"managed,omitempty"` // who is in it follows its groups
	Archived time.Time    `json:"archived,omitzero"`
	Members  int          `json:"members,omitempty"` // of one that was asked for
	Groups   []PlaceGroup `json:"groups,omitempty"`  // of one that was asked for
}

// PlaceGroup is a group that is linked to a place.
type PlaceGroup struct {
	ID    directory.ID `json:"id"`
	Name  string       `json:"name"`
	Admin bool         `json:"admin,omitempty"` // its people are admins there
	Gone  bool         `json:"gone,omitempty"`  // its source has it no more
	By    string       `json:"by"`
	Since time.Time    `json:"since"`
}

// PlaceQuery selects teams, or channels of a team; empty fields match everything.
type PlaceQuery struct {
	Team  string
	Text  string // that the name or title has in it
	After string // Ref of the last one of the page before
	Limit int    // 0 = all
}

// PlaceMemberQuery selects who is in a place, or was.
type PlaceMemberQuery struct {
	Text  string // that a word of their name, username or email begins with, of the first 1,000 people whom it finds; "" = everybody
	After directory.ID
	Limit int
}

// NewPlace asks for a team, or with a colon in its name for a channel: "staff:news".
type NewPlace struct {
	Ref     string `json:"ref" minLength:"1" maxLength:"130"`
	Title   string `json:"title,omitempty" maxLength:"64"`
	Purpose string `json:"purpose,omitempty" maxLength:"250"`
	Open    bool   `json:"open,omitempty" doc:"A team that anybody may join."`
	Private bool   `json:"private,omitempty" doc:"A channel that people are added to."`
	DryRun  bool   `json:"dry_run,omitempty" doc:"Only say what would be made: it has no id."`
}

// PlaceEdit asks to change a team or channel. What is left out stays.
type PlaceEdit struct {
	Title    *string `json:"title,omitempty" maxLength:"64"`
	Purpose  *string `json:"purpose,omitempty" maxLength:"255"`
	Header   *string `json:"header,omitempty" maxLength:"1024" doc:"Of a channel."`
	Open     *bool   `json:"open,omitempty" doc:"Of a team: whether anybody may join it."`
	Private  *bool   `json:"private,omitempty" doc:"Of a channel: whether people are added to it."`
	Archived *bool   `json:"archived,omitempty" doc:"Whether it is out of use: it can be read, and nobody comes in or goes out by a rule; a team holds its channels too."`
	DryRun   bool    `json:"dry_run,omitempty" doc:"Only say what would be."`
}

// PlaceMember is somebody in a place, or who was.
type PlaceMember struct {
	ID       directory.ID `json:"id"`
	Name     string       `json:"name"`
	Roles    string       `json:"roles,omitempty"`
	Via      string       `json:"via" enum:"hand,load,default,group"` // what put them there, or out
	State    string       `json:"state" enum:"in,left,removed"`       // left: by their own choice
	Inactive bool         `json:"inactive,omitempty"`                 // deactivated
	Since    time.Time    `json:"since"`
}

// Membership asks to add people to a place, or to take them out.
type Membership struct {
	People []string `json:"people" minItems:"1" maxItems:"1000" doc:"Ids, usernames, emails, keys or DNs."`
	Left   bool     `json:"left,omitempty" doc:"Of those who are taken out: they leave by their own choice, and no rule brings them back."`
	DryRun bool     `json:"dry_run,omitempty" doc:"Only say what would be done."`
}

// Moved says for how many people something changed, or with a dry run would, and what became of each. Whoever it cannot be done for keeps nobody else from it;
// of one alone it is an error.
type Moved struct {
	Changed int     `json:"changed"`
	Each    []Mover `json:"each,omitempty"` // of people who were named, in their order
}

// Mover is one of several people of a request.
type Mover struct {
	Who     string       `json:"who"` // as they were named
	ID      directory.ID `json:"id,omitempty"`
	Name    string       `json:"name,omitempty"`
	Changed bool         `json:"changed"`
	Problem *run.Problem `json:"problem,omitempty"`
}

// Managed asks to have membership follow the groups of a place, or not any more.
type Managed struct {
	Managed bool `json:"managed"`
	// Count is how many people would be out by that: it shows that somebody looked.
	Count int `json:"count,omitempty"`
}

// Leaving is who would be out of a place if its membership followed its groups.
type Leaving struct {
	Count int      `json:"count"`
	Some  []string `json:"some"`
}

// Places keep teams and channels: who is in them, and which groups are linked to them. A ref names a team, or with a colon a channel: "staff:news".
type Places interface {
	// Places returns a page of the teams, or of the channels of a team, by name.
	Places(ctx context.Context, q PlaceQuery) ([]Place, error)
	Place(ctx context.Context, ref string) (Place, error)
	NewPlace(ctx context.Context, p NewPlace, by access.Caller) (Place, error)
	// EditPlace changes a team or channel, and returns it as it is then.
	EditPlace(ctx context.Context, ref string, e PlaceEdit, by access.Caller) (Place, error)
	// PlaceMembers returns a page in the order in which they became known.
	PlaceMembers(ctx context.Context, ref string, q PlaceMemberQuery) ([]PlaceMember, error)
	AddToPlace(ctx context.Context, ref string, m Membership, by access.Caller) (Moved, error)
	RemoveFromPlace(ctx context.Context, ref string, m Membership, by access.Caller) (Moved, error)
	// LinkGroup has the people of a group be in a place.
	LinkGroup(ctx context.Context, ref, group string, admin bool, by access.Caller) (Place, error)
	UnlinkGroup(ctx context.Context, ref, group string, by access.Caller) (Place, error)
	Leaving(ctx context.Context, ref string) (Leaving, error)
	SetManaged(ctx context.Context, ref string, m Managed, by access.Caller) (Place, error)
	// DefaultChannels returns the channels that whoever joins a team joins too.
	DefaultChannels(ctx context.Context) ([]string, error)
	SetDefaultChannels(ctx context.Context, names []string, by access.Caller) ([]string, error)
	// AddToDefaults has those who are in a team already join its default channels.
	AddToDefaults(ctx context.Context, team string, by access.Caller) (Moved, error)
}
