package client

import (
	"context"

	"muster/internal/server/adminapi"
)

// Inbox returns a page of what waits for a person.
func (c *Client) Inbox(ctx context.Context, q adminapi.InboxQuery) (adminapi.InboxPage, error) {
	return get[adminapi.InboxPage](ctx, c, "/inbox", query("kind", q.Kind, "after", q.After, "limit", count(q.Limit)))
}
