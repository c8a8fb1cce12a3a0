package adminapi

import (
	"context"
	"net/http"

	"muster/internal/access"
	"muster/internal/directory"
)

type byRef struct {
	Ref string `path:"ref" doc:"A team, or with a colon a channel: staff:news."`
}

type placeGroup struct {
	Ref   string `path:"ref" doc:"A team, or with a colon a channel: staff:news."`
	Group string `path:"group" doc:"Id, name, key or DN of a group."`
	Admin bool   `query:"admin" doc:"Its people are admins there."`
}

type placesQuery struct {
	Team  string `query:"team" doc:"List its channels."`
	Text  string `query:"q" doc:"What the name or title has in it."`
	After string `query:"after"`
	Limit int    `query:"limit" minimum:"0" maximum:"1000" doc:"All if left out."`
}

type placeMembersQuery struct {
	Ref   string `path:"ref"`
	Text  string `query:"q" doc:"What a word of somebody's name, username or email begins with."`
	After string `query:"after"`
	Limit int    `query:"limit" default:"100" minimum:"1" maximum:"1000"`
}

type managedInput struct {
	Ref  string `path:"ref"`
	Body Managed
}

type channelNames struct {
	Channels []string `json:"channels"`
}

func (a *api) placeRoutes() {
	add(a, route{"list-places", http.MethodGet, "/places", "Teams, or the channels of a team", access.View, 0},
		func(ctx context.Context, in *placesQuery) (List[Place], error) {
			places, err := a.svc.Places(ctx, PlaceQuery{Team: in.Team, Text: in.Text, After: in.After, Limit: in.Limit})
			return list(places, in.Limit, func(p Place) string { return p.Ref }), err
		})
	add(a, route{"get-place", http.MethodGet, "/places/{ref}", "A team or channel", access.View, 0},
		func(ctx context.Context, in *byRef) (Place, error) { return a.svc.Place(ctx, in.Ref) })
	add(a, route{"create-place", http.MethodPost, "/places", "Make a team or channel", access.Provision, http.StatusCreated},
		func(ctx context.Context, in *struct{ Body NewPlace }) (Place, error) {
			return a.svc.NewPlace(ctx, in.Body, callerOf(ctx))
		})
	type edited struct {
		Ref  string `path:"ref" doc:"A team, or with a colon a channel: staff:news."`
		Body PlaceEdit
	}
	add(a, route{"edit-place", http.MethodPatch, "/places/{ref}", "Change, archive or restore a team or channel", access.Provision, 0},
		func(ctx context.Context, in *edited) (Place, error) {
			return a.svc.EditPlace(ctx, in.Ref, in.Body, callerOf(ctx))
		})
	a.placeMemberRoutes()
	a.placeGroupRoutes()
	a.defaultRoutes()
}

func (a *api) placeMemberRoutes() {
	add(a, route{"list-place-members", http.MethodGet, "/places/{ref}/members", "Who is in a team or channel, or was", access.View, 0},
		func(ctx context.Context, in *placeMembersQuery) (List[PlaceMember], error) {
			members, err := a.svc.PlaceMembers(ctx, in.Ref, PlaceMemberQuery{Text: in.Text, After: directory.ID(in.After), Limit: in.Limit})
			return list(members, in.Limit, func(m PlaceMember) string { return string(m.ID) }), err
		})
	type asked struct {
		Ref  string `path:"ref"`
		Body Membership
	}
	add(a, route{"add-to-place", http.MethodPost, "/places/{ref}/members", "Add people to a team or channel", access.Provision, 0},
		func(ctx context.Context, in *asked) (Moved, error) {
			return a.svc.AddToPlace(ctx, in.Ref, in.Body, callerOf(ctx))
		})
	add(a, route{"remove-from-place", http.MethodPost, "/places/{ref}/members/remove", "Take people out of a team or channel", access.Provision, 0},
		func(ctx context.Context, in *asked) (Moved, error) {
			return a.svc.RemoveFromPlace(ctx, in.Ref, in.Body, callerOf(ctx))
		})
}

func (a *api) placeGroupRoutes() {
	add(a, route{"link-group", http.MethodPut, "/places/{ref}/groups/{group}", "Have the people of a group be in a team or channel", access.Provision, 0},
		func(ctx context.Context, in *placeGroup) (Place, error) {
			return a.svc.LinkGroup(ctx, in.Ref, in.Group, in.Admin, callerOf(ctx))
		})
	add(a, route{"unlink-group", http.MethodDelete, "/places/{ref}/groups/{group}", "End the link of a group", access.Provision, 0},
		func(ctx context.Context, in *placeGroup) (Place, error) {
			return a.svc.UnlinkGroup(ctx, in.Ref, in.Group, callerOf(ctx))
		})
	add(a, route{"list-leaving", http.MethodGet, "/places/{ref}/leaving", "Who would be out if membership followed the linked groups", access.View, 0},
		func(ctx context.Context, in *byRef) (Leaving, error) { return a.svc.Leaving(ctx, in.Ref) })
	add(a, route{"set-managed", http.MethodPut, "/places/{ref}/managed", "Have membership follow the linked groups, or not", access.Provision, 0},
		func(ctx context.Context, in *managedInput) (Place, error) {
			return a.svc.SetManaged(ctx, in.Ref, in.Body, callerOf(ctx))
		})
}

func (a *api) defaultRoutes() {
	add(a, route{"get-default-channels", http.MethodGet, "/default-channels", "Channels that whoever joins a team joins too", access.View, 0},
		func(ctx context.Context, _ *none) (channelNames, error) {
			names, err := a.svc.DefaultChannels(ctx)
			return channelNames{names}, err
		})
	add(a, route{"set-default-channels", http.MethodPut, "/default-channels", "Choose the default channels", access.Configure, 0},
		func(ctx context.Context, in *struct{ Body channelNames }) (channelNames, error) {
			names, err := a.svc.SetDefaultChannels(ctx, in.Body.Channels, callerOf(ctx))
			return channelNames{names}, err
		})
	add(a, route{"join-default-channels", http.MethodPost, "/places/{ref}/default-channels", "Have those who are in a team join its default channels", access.Provision, 0},
		func(ctx context.Context, in *byRef) (Moved, error) {
			return a.svc.AddToDefaults(ctx, in.Ref, callerOf(ctx))
		})
}
