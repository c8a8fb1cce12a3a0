package client

import (
	"context"

	"muster/internal/server/adminapi"
)

// AllTargets returns how every target answered over time.
func (c *Client) AllTargets(ctx context.Context, span string) ([]adminapi.TargetSeries, error) {
	l, err := get[adminapi.List[adminapi.TargetSeries]](ctx, c, "/series/targets", query("range", span))
	return l.Items, err
}

// TargetSeries returns how a target answered over time.
func (c *Client) TargetSeries(ctx context.Context, name, span string) (adminapi.TargetSeries, error) {
	return get[adminapi.TargetSeries](ctx, c, "/targets/"+esc(name)+"/series", query("range", span))
}

// SourceSeries returns what complete reads of a source saw over time.
func (c *Client) SourceSeries(ctx context.Context, name, span string) (adminapi.SourceSeries, error) {
	return get[adminapi.SourceSeries](ctx, c, "/sources/"+esc(name)+"/series", query("range", span))
}
