package adminapi

import (
	"context"
	"net/http"

	"muster/internal/access"
	"muster/internal/directory"
)

// Nestings say how groups are within each other.
type Nestings interface {
	// Nesting returns which groups are in a group and which it is in, how many of its members targets hold, and, if somebody is named, what brings them in.
	Nesting(ctx context.Context, group, who string) (Nesting, error)
}

// Nesting is a group among others.
type Nesting struct {
	Above []NestedGroup `json:"above" doc:"Groups that it is in, directly or not, the nearest first."`
	Below []NestedGroup `json:"below" doc:"Groups that are in it, directly or not, the nearest first: their members come in by them."`
	More  bool          `json:"more,omitempty" doc:"There are more groups than are listed."`
	At    []GroupAt     `json:"at" doc:"Targets at which it is linked."`
	Who   *NestedMember `json:"who,omitempty"`

	Members  int `json:"members" doc:"People and groups in it, directly or by groups within it."`
	Direct   int `json:"direct" doc:"Those directly in it."`
	ByGroups int `json:"by_groups" doc:"Those in a group within it; they may be in it directly as well."`
}

// NestedGroup is a group within another one.
type NestedGroup struct {
	ID   directory.ID `json:"id"`
	Name string       `json:"name"`
	Path []string     `json:"path" doc:"Names from the outer group to the inner one, both included."`
}

// GroupAt is how the members of a group at a target are, and should be.
type GroupAt struct {
	Target  string   `json:"target"`
	Wanted  int      `json:"wanted"`
	Applied int      `json:"applied"`
	Missing []string `json:"missing,omitempty" doc:"Names of those wanted who are not there, 20 at most."`
	Extra   []string `json:"extra,omitempty" doc:"Names, or ids there, of those there who are not wanted, 20 at most."`
	More    bool     `json:"more,omitempty" doc:"So many differ that not all were counted: wanted is not exact."`
}

// NestedMember is somebody, and what brings them in.
type NestedMember struct {
	ID    directory.ID `json:"id"`
	Name  string       `json:"name"`
	Paths [][]string   `json:"paths" doc:"Each by the names of groups, from the outer one to the one that they are directly in; none = they are not in it."`
}

func (a *api) nestingRoutes() {
	add(a, route{"nesting", http.MethodGet, "/groups/{who}/nesting", "Which groups are within a group, and what brings somebody in", access.View, 0},
		func(ctx context.Context, in *struct {
			Who    string `path:"who" doc:"Id, name, key or DN."`
			Member string `query:"member" doc:"What brings this person or group in: id, username, name, email, key or DN."`
		},
		) (Nesting, error) {
			return a.svc.Nesting(ctx, in.Who, in.Member)
		})
}
