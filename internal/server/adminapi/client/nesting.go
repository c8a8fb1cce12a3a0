package client

import (
	"context"

	"muster/internal/server/adminapi"
)

// Nesting returns the groups around a group, and what brings somebody in if one is named.
func (c *Client) Nesting(ctx context.Context, group, member string) (adminapi.Nesting, error) {
	return get[adminapi.Nesting](ctx, c, "/groups/"+esc(group)+"/nesting", query("member", member))
}

// Members returns a page of the members of a group, with what brings them in.
func (c *Client) Members(ctx context.Context, group string, q adminapi.MemberQuery) (adminapi.MemberPage, error) {
	return get[adminapi.MemberPage](ctx, c, "/groups/"+esc(group)+"/members", query("by", q.By, "after", string(q.After), "limit", count(q.Limit)))
}
