package client

import (
	"context"
	"strconv"

	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// Events returns who did what, newest first.
func (c *Client) Events(ctx context.Context, q run.EventQuery) ([]run.Event, error) {
	before := ""
	if q.Before > 0 {
		before = strconv.FormatInt(q.Before, 10)
	}
	l, err := get[adminapi.List[run.Event]](ctx, c, "/events", query("object", q.Object, "by", q.By, "act", q.Act, "before", before, "limit", count(q.Limit)))
	return l.Items, err
}
