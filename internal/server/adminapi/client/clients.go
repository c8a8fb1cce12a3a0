package client

import (
	"context"
	"net/http"

	"muster/internal/server/adminapi"
	"muster/internal/server/scimapi"
)

// Clients returns the identity providers that write to Muster.
func (c *Client) Clients(ctx context.Context) ([]scimapi.Stats, error) {
	l, err := get[adminapi.List[scimapi.Stats]](ctx, c, "/clients", nil)
	return l.Items, err
}

// Exchanges returns what one of them sent last.
func (c *Client) Exchanges(ctx context.Context, name string, failed bool) ([]scimapi.Exchange, error) {
	return c.exchanges(ctx, "/clients/"+esc(name), failed)
}

func (c *Client) exchanges(ctx context.Context, path string, failed bool) ([]scimapi.Exchange, error) {
	only := ""
	if failed {
		only = "true"
	}
	l, err := get[adminapi.List[scimapi.Exchange]](ctx, c, path+"/exchanges", query("failed", only))
	return l.Items, err
}

// Setup returns the values to copy to an identity provider.
func (c *Client) Setup(ctx context.Context, name, provider string, sandbox bool) (adminapi.Setup, error) {
	only := ""
	if sandbox {
		only = "true"
	}
	return get[adminapi.Setup](ctx, c, "/clients/"+esc(name)+"/setup", query("provider", provider, "sandbox", only))
}

// MakePerson makes a person by hand.
func (c *Client) MakePerson(ctx context.Context, req adminapi.NewPerson) (adminapi.Object, error) {
	return post[adminapi.Object](ctx, c, "/people", req)
}

// MakeGroup makes a group by hand.
func (c *Client) MakeGroup(ctx context.Context, req adminapi.NewGroup) (adminapi.Object, error) {
	return post[adminapi.Object](ctx, c, "/groups", req)
}

// EditMembers changes who is in a group that was made by hand.
func (c *Client) EditMembers(ctx context.Context, group string, req adminapi.MemberEdit) (adminapi.Moved, error) {
	return post[adminapi.Moved](ctx, c, "/groups/"+esc(group)+"/members", req)
}

// Roles returns the roles and what they may do.
func (c *Client) Roles(ctx context.Context) ([]adminapi.RoleView, error) {
	l, err := get[adminapi.List[adminapi.RoleView]](ctx, c, "/roles", nil)
	return l.Items, err
}

// Grants returns who has which role.
func (c *Client) Grants(ctx context.Context) ([]adminapi.RoleGrant, error) {
	l, err := get[adminapi.List[adminapi.RoleGrant]](ctx, c, "/grants", nil)
	return l.Items, err
}

// GiveRole gives a role.
func (c *Client) GiveRole(ctx context.Context, req adminapi.RoleChange) error {
	_, err := post[struct{}](ctx, c, "/grants", req)
	return err
}

// TakeRole takes a role.
func (c *Client) TakeRole(ctx context.Context, req adminapi.RoleChange) error {
	_, err := post[struct{}](ctx, c, "/grants/take", req)
	return err
}

// RotateToken makes a token that takes the place of another.
func (c *Client) RotateToken(ctx context.Context, id string, req adminapi.Rotation) (adminapi.Issued, error) {
	return call[adminapi.Issued](ctx, c, http.MethodPost, "/tokens/"+esc(id)+"/rotate", nil, req)
}
