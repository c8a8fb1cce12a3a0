package client

import (
	"context"
	"strconv"
	"time"

	"muster/internal/directory"
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

// Writes returns what was sent to targets, the newest first.
func (c *Client) Writes(ctx context.Context, q adminapi.CallQuery) ([]adminapi.CallAt, error) {
	l, err := get[adminapi.List[adminapi.CallAt]](ctx, c, "/writes", query("target", q.Target, "who", q.Who, "run", q.Run, "before", q.Before, "limit", count(q.Limit)))
	return l.Items, err
}

// Browse returns a page of people or groups by name.
func (c *Client) Browse(ctx context.Context, q adminapi.BrowseQuery) (adminapi.BrowsePage, error) {
	path := "/browse/people"
	if q.Kind == string(directory.Group) {
		path = "/browse/groups"
	}
	v := query("text", q.Text, "state", q.State, "target", q.Target, "source", q.Source, "after", q.After, "limit", count(q.Limit))
	if q.Missing {
		v.Set("missing", "true")
	}
	if q.Own {
		v.Set("own", "true")
	}
	return get[adminapi.BrowsePage](ctx, c, path, v)
}

// Records returns a page of what a source states, or does not state any more, and of what waits.
func (c *Client) Records(ctx context.Context, q adminapi.RecordQuery) (adminapi.RecordPage, error) {
	return get[adminapi.RecordPage](ctx, c, "/sources/"+esc(q.Source)+"/records", query("what", q.What, "after", q.After, "limit", count(q.Limit)))
}
