package adminapi

import (
	"context"
	"net/http"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/server/scimapi"
)

// Clients are the identity providers that write to Muster by SCIM, and the people and groups that are made by hand, such as those whose tokens they use.
type Clients interface {
	// Clients returns how the clients are doing.
	Clients(ctx context.Context) ([]scimapi.Stats, error)
	// Exchanges returns what a client sent last, newest first; failed = only what was answered with an error.
	Exchanges(ctx context.Context, client string, failed bool) ([]scimapi.Exchange, error)
	// MakePerson makes a person whom no source states.
	MakePerson(ctx context.Context, req NewPerson, by access.Caller) (Object, error)
	// MakeGroup makes a group that no source states.
	MakeGroup(ctx context.Context, req NewGroup, by access.Caller) (Object, error)
	// EditMembers adds and removes members of a group that was made by hand.
	EditMembers(ctx context.Context, group string, req MemberEdit, by access.Caller) (Moved, error)
	// MayHaveRole returns a problem if a person or group cannot be given a role: a group that a client provisions.
	MayHaveRole(ctx context.Context, id directory.ID) error
}

// NewPerson asks for a person.
type NewPerson struct {
	Username   string `json:"username" minLength:"1" maxLength:"256"`
	Name       string `json:"name,omitempty" maxLength:"256" doc:"The first and last name if left out."`
	Email      string `json:"email,omitempty" maxLength:"320"`
	GivenName  string `json:"given_name,omitempty" maxLength:"256"`
	FamilyName string `json:"family_name,omitempty" maxLength:"256"`
	Title      string `json:"title,omitempty" maxLength:"256"`
	DryRun     bool   `json:"dry_run,omitempty" doc:"Only say who would be made: they have no id."`
}

// NewGroup asks for a group.
type NewGroup struct {
	Name   string `json:"name" minLength:"1" maxLength:"256"`
	DryRun bool   `json:"dry_run,omitempty" doc:"Only say what would be made: it has no id."`
}

// MemberEdit says who comes into a group and who goes.
type MemberEdit struct {
	Add    []string `json:"add,omitempty" maxItems:"1000" doc:"Id, username or email."`
	Remove []string `json:"remove,omitempty" maxItems:"1000"`
	DryRun bool     `json:"dry_run,omitempty" doc:"Only say what would be done."`
}

// RoleGrant is a role that a person or a group has. A group's role counts for its direct members.
type RoleGrant struct {
	ID   directory.ID   `json:"id"`
	Kind directory.Kind `json:"kind,omitempty"`
	Name string         `json:"name"`
	Role access.Role    `json:"role"`
	By   string         `json:"by"`
	At   time.Time      `json:"at,omitzero"`
}

// RoleChange gives or takes a role.
type RoleChange struct {
	Who  string      `json:"who" minLength:"1" doc:"A person or group."`
	Kind string      `json:"kind,omitempty" enum:"person,group" doc:"Which of them, if both have the name."`
	Role access.Role `json:"role" minLength:"1"`
}

// RoleView says what a role may do.
type RoleView struct {
	Role   access.Role `json:"role"`
	Rights []string    `json:"rights"`
}

func (a *api) clientRoutes() {
	type oneClient struct {
		Name   string `path:"name"`
		Failed bool   `query:"failed" doc:"Only what was answered with an error."`
	}
	add(a, route{"list-clients", http.MethodGet, "/clients", "The identity providers that write to Muster, and how they are doing", access.View, 0},
		func(ctx context.Context, _ *none) (List[scimapi.Stats], error) {
			found, err := a.svc.Clients(ctx)
			return list(found, 0, nil), err
		})
	add(a, route{"list-exchanges", http.MethodGet, "/clients/{name}/exchanges", "What a client sent last, newest first, secrets struck out", access.View, 0},
		func(ctx context.Context, in *oneClient) (List[scimapi.Exchange], error) {
			found, err := a.svc.Exchanges(ctx, in.Name, in.Failed)
			return list(found, 0, nil), err
		})
	add(a, route{"make-person", http.MethodPost, "/people", "Make a person whom no source states", access.Provision, http.StatusCreated},
		func(ctx context.Context, in *struct{ Body NewPerson }) (Object, error) {
			return a.svc.MakePerson(ctx, in.Body, callerOf(ctx))
		})
	add(a, route{"make-group", http.MethodPost, "/groups", "Make a group that no source states", access.Provision, http.StatusCreated},
		func(ctx context.Context, in *struct{ Body NewGroup }) (Object, error) {
			return a.svc.MakeGroup(ctx, in.Body, callerOf(ctx))
		})
	type editing struct {
		Who  string `path:"who"`
		Body MemberEdit
	}
	add(a, route{"edit-members", http.MethodPost, "/groups/{who}/members", "Add and remove members of a group that was made by hand", access.Provision, 0},
		func(ctx context.Context, in *editing) (Moved, error) {
			return a.svc.EditMembers(ctx, in.Who, in.Body, callerOf(ctx))
		})
	a.setupRoutes(scimapi.Prefix)
	a.roleRoutes()
}

func (a *api) roleRoutes() {
	add(a, route{"list-roles", http.MethodGet, "/roles", "The roles and what they may do", access.View, 0},
		func(context.Context, *none) (List[RoleView], error) {
			var out []RoleView
			for _, role := range access.AllRoles() {
				v := RoleView{Role: role, Rights: []string{}}
				for _, r := range access.RightsOf(role) {
					v.Rights = append(v.Rights, r.Title())
				}
				out = append(out, v)
			}
			return list(out, 0, nil), nil
		})
	add(a, route{"list-grants", http.MethodGet, "/grants", "Who has which role", access.View, 0},
		func(ctx context.Context, _ *none) (List[RoleGrant], error) {
			out, err := a.grants(ctx)
			return list(out, 0, nil), err
		})
	add(a, route{"give-role", http.MethodPost, "/grants", "Give a person or a group a role", access.Roles, http.StatusCreated},
		func(ctx context.Context, in *struct{ Body RoleChange }) (none, error) {
			o, err := a.meant(ctx, in.Body)
			if err == nil {
				err = a.svc.MayHaveRole(ctx, o.ID)
			}
			if err == nil {
				err = a.keeper.Give(ctx, callerOf(ctx), o.ID, in.Body.Role)
			}
			return none{}, err
		})
	add(a, route{"take-role", http.MethodPost, "/grants/take", "Take a role from a person or a group", access.Roles, 0},
		func(ctx context.Context, in *struct{ Body RoleChange }) (none, error) {
			o, err := a.meant(ctx, in.Body)
			if err == nil {
				err = a.keeper.Take(ctx, callerOf(ctx), o.ID, in.Body.Role)
			}
			return none{}, err
		})
}

func (a *api) meant(ctx context.Context, c RoleChange) (Object, error) {
	return a.svc.Object(ctx, c.Kind, c.Who)
}

func (a *api) grants(ctx context.Context) ([]RoleGrant, error) {
	all, err := a.keeper.Grants(ctx, callerOf(ctx))
	if err != nil {
		return nil, err
	}
	var out []RoleGrant
	for _, g := range all {
		v := RoleGrant{ID: g.Person, Name: string(g.Person), Role: g.Role, By: g.By, At: g.At}
		if o, err := a.svc.Object(ctx, "", string(g.Person)); err == nil {
			v.Kind, v.Name = o.Kind, o.Name
		}
		out = append(out, v)
	}
	return out, nil
}
