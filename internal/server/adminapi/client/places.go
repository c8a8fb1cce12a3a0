package client

import (
	"context"
	"net/http"
	"net/url"

	"muster/internal/directory"
	"muster/internal/server/adminapi"
)

type channelNames struct {
	Channels []string `json:"channels"`
}

func place(ref string) string { return "/places/" + esc(ref) }

// Places returns the teams, or the channels of a team.
func (c *Client) Places(ctx context.Context, q adminapi.PlaceQuery) ([]adminapi.Place, error) {
	l, err := get[adminapi.List[adminapi.Place]](ctx, c, "/places", query("team", q.Team, "q", q.Text, "after", q.After, "limit", count(q.Limit)))
	return l.Items, err
}

// Place returns a team or channel.
func (c *Client) Place(ctx context.Context, ref string) (adminapi.Place, error) {
	return get[adminapi.Place](ctx, c, place(ref), nil)
}

// NewPlace makes a team or channel.
func (c *Client) NewPlace(ctx context.Context, p adminapi.NewPlace) (adminapi.Place, error) {
	return post[adminapi.Place](ctx, c, "/places", p)
}

// EditPlace changes a team or channel.
func (c *Client) EditPlace(ctx context.Context, ref string, e adminapi.PlaceEdit) (adminapi.Place, error) {
	return call[adminapi.Place](ctx, c, http.MethodPatch, place(ref), nil, e)
}

// PlaceMembers returns a page of who is in a place or was, and where the next one begins, "" at the end.
func (c *Client) PlaceMembers(ctx context.Context, ref string, q adminapi.PlaceMemberQuery) ([]adminapi.PlaceMember, directory.ID, error) {
	l, err := get[adminapi.List[adminapi.PlaceMember]](ctx, c, place(ref)+"/members", query("q", q.Text, "after", string(q.After), "limit", count(q.Limit)))
	return l.Items, directory.ID(l.Next), err
}

// AddToPlace adds people.
func (c *Client) AddToPlace(ctx context.Context, ref string, who adminapi.Membership) (adminapi.Moved, error) {
	return post[adminapi.Moved](ctx, c, place(ref)+"/members", who)
}

// RemoveFromPlace takes people out.
func (c *Client) RemoveFromPlace(ctx context.Context, ref string, who adminapi.Membership) (adminapi.Moved, error) {
	return post[adminapi.Moved](ctx, c, place(ref)+"/members/remove", who)
}

// LinkGroup links a group.
func (c *Client) LinkGroup(ctx context.Context, ref, group string, admin bool) (adminapi.Place, error) {
	q := url.Values{}
	if admin {
		q.Set("admin", "true")
	}
	return call[adminapi.Place](ctx, c, http.MethodPut, place(ref)+"/groups/"+esc(group), q, nil)
}

// UnlinkGroup ends a link.
func (c *Client) UnlinkGroup(ctx context.Context, ref, group string) (adminapi.Place, error) {
	return call[adminapi.Place](ctx, c, http.MethodDelete, place(ref)+"/groups/"+esc(group), nil, nil)
}

// Leaving returns who would be out if membership followed the groups.
func (c *Client) Leaving(ctx context.Context, ref string) (adminapi.Leaving, error) {
	return get[adminapi.Leaving](ctx, c, place(ref)+"/leaving", nil)
}

// SetManaged has membership follow the groups, or not.
func (c *Client) SetManaged(ctx context.Context, ref string, m adminapi.Managed) (adminapi.Place, error) {
	return call[adminapi.Place](ctx, c, http.MethodPut, place(ref)+"/managed", nil, m)
}

// DefaultChannels returns the default channels.
func (c *Client) DefaultChannels(ctx context.Context) ([]string, error) {
	l, err := get[channelNames](ctx, c, "/default-channels", nil)
	return l.Channels, err
}

// SetDefaultChannels chooses them.
func (c *Client) SetDefaultChannels(ctx context.Context, names []string) ([]string, error) {
	l, err := call[channelNames](ctx, c, http.MethodPut, "/default-channels", nil, channelNames{names})
	return l.Channels, err
}

// AddToDefaults has those in a team join its default channels.
func (c *Client) AddToDefaults(ctx context.Context, team string) (adminapi.Moved, error) {
	return post[adminapi.Moved](ctx, c, place(team)+"/default-channels", nil)
}
