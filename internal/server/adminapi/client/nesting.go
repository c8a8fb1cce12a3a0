package client

import (
	"context"

	"muster/internal/server/adminapi"
)

// Nesting returns the groups around a group, and what brings somebody in if one is named.
func (c *Client) Nesting(ctx context.Context, group, member string) (adminapi.Nesting, error) {
	return get[adminapi.Nesting](ctx, c, "/groups/"+esc(group)+"/nesting", query("member", member))
}
