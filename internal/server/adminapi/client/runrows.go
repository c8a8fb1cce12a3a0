package client

import (
	"context"

	"muster/internal/server/adminapi"
)

// RunRows returns a page of what a run counted under a name.
func (c *Client) RunRows(ctx context.Context, q adminapi.RunRowQuery) (adminapi.RunRowPage, error) {
	return get[adminapi.RunRowPage](ctx, c, "/runs/"+esc(q.Run)+"/rows", query("what", q.What, "after", count(q.After), "limit", count(q.Limit)))
}
