package client

import (
	"context"
	"strconv"
	"time"

	"muster/internal/server/adminapi"
)

// Leavers returns who should be closed at a target and is not confirmed to be, and with q.Closed also who is.
func (c *Client) Leavers(ctx context.Context, q adminapi.LeaverQuery) ([]adminapi.Leaver, error) {
	var all, since string
	if q.Closed {
		all = "true"
	}
	if !q.Since.IsZero() {
		since = q.Since.UTC().Format(time.RFC3339)
	}
	limit := ""
	if q.Limit > 0 {
		limit = strconv.Itoa(q.Limit)
	}
	l, err := get[adminapi.List[adminapi.Leaver]](ctx, c, "/leavers", query("all", all, "since", since, "target", q.Target, "state", q.State, "after", q.After, "limit", limit))
	return l.Items, err
}

// Disable closes a person at once.
func (c *Client) Disable(ctx context.Context, who string, req adminapi.Closing) (adminapi.Closed, error) {
	return post[adminapi.Closed](ctx, c, "/people/"+esc(who)+"/disable", req)
}

// Enable lifts what Disable did.
func (c *Client) Enable(ctx context.Context, who string, req adminapi.Opening) (adminapi.Closed, error) {
	return post[adminapi.Closed](ctx, c, "/people/"+esc(who)+"/enable", req)
}

// Closing says how far the closing of a person has got, at once or after wait.
func (c *Client) Closing(ctx context.Context, who string, wait time.Duration) (adminapi.Closed, error) {
	return get[adminapi.Closed](ctx, c, "/people/"+esc(who)+"/closing", query("wait", wait.String()))
}

// DisableAccount closes an account at a target at once.
func (c *Client) DisableAccount(ctx context.Context, target, account string, req adminapi.Closing) (adminapi.Closed, error) {
	return post[adminapi.Closed](ctx, c, accountPath(target, account)+"/disable", req)
}

// EnableAccount lifts what DisableAccount did.
func (c *Client) EnableAccount(ctx context.Context, target, account, reason string) (adminapi.Closed, error) {
	return post[adminapi.Closed](ctx, c, accountPath(target, account)+"/enable", adminapi.Reason{Reason: reason})
}

// ClosingAccount says how far the closing of an account has got, at once or after wait.
func (c *Client) ClosingAccount(ctx context.Context, target, account string, wait time.Duration) (adminapi.Closed, error) {
	return get[adminapi.Closed](ctx, c, accountPath(target, account)+"/closing", query("wait", wait.String()))
}

func accountPath(target, account string) string {
	return "/targets/" + esc(target) + "/accounts/" + esc(account)
}
