package client

import (
	"context"
	"strconv"

	"muster/internal/server/adminapi"
)

// Drift returns what somebody changed by hand at a target, or at all.
func (c *Client) Drift(ctx context.Context, target string, limit int) ([]adminapi.Drift, error) {
	l, err := get[adminapi.List[adminapi.Drift]](ctx, c, "/drift", query("target", target, "limit", strconv.Itoa(limit)))
	return l.Items, err
}
