package client

import (
	"context"

	"muster/internal/server/adminapi"
)

// Beginning returns where a first configuration would stand, and what can be connected.
func (c *Client) Beginning(ctx context.Context) (adminapi.Beginning, error) {
	return get[adminapi.Beginning](ctx, c, "/beginning", nil)
}

// TryBeginning tries out what a first configuration would connect to.
func (c *Client) TryBeginning(ctx context.Context, req adminapi.NewConfiguration) (adminapi.Trial, error) {
	return post[adminapi.Trial](ctx, c, "/beginning/check", req)
}

// Begin writes the first configuration and has the server take it up.
func (c *Client) Begin(ctx context.Context, req adminapi.NewConfiguration) (adminapi.Trial, error) {
	return post[adminapi.Trial](ctx, c, "/beginning", req)
}
