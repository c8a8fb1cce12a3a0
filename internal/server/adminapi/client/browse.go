package client

import (
	"context"
	"strconv"
	"time"

	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// Events returns who did what, newest first.
func (c *Client) Events(ctx context.Context, q run.EventQuery) ([]run.Event, error) {
	before := ""
	if q.Before > 0 {
		before = strconv.FormatInt(q.Before, 10)
	}
	since := ""
	if !q.Since.IsZero() {
		since = q.Since.UTC().Format(time.RFC3339Nano)
	}
	l, err := get[adminapi.List[run.Event]](ctx, c, "/events", query("object", q.Object, "by", q.By, "act", q.Act, "since", since, "before", before, "limit", count(q.Limit)))
	return l.Items, err
}
