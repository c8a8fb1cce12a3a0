package client

import (
	"context"
	"net/url"
	"strings"

	"muster/internal/server/adminapi"
)

func selection(s adminapi.Selection) url.Values {
	return query("act", strings.Join(s.Acts, ","), "class", s.Class, "cause", s.Cause, "kind", s.Kind, "name", s.Name, "status", s.Status)
}

func report(q adminapi.ReportQuery) url.Values {
	return query("kind", string(q.Kind), "text", q.Text, "after", q.After, "limit", count(q.Limit))
}

// Report returns what going live would do to a target.
func (c *Client) Report(ctx context.Context, target string, q adminapi.ReportQuery) (adminapi.GoliveReport, error) {
	q.After, q.Limit = "", 0
	return get[adminapi.GoliveReport](ctx, c, "/targets/"+esc(target)+"/report", report(q))
}

// ReportList returns a page of one of its lists.
func (c *Client) ReportList(ctx context.Context, target, list string, q adminapi.ReportQuery) (adminapi.ReportPage, error) {
	return get[adminapi.ReportPage](ctx, c, "/targets/"+esc(target)+"/report/"+esc(list), report(q))
}

// Tally counts lines of a plan.
func (c *Client) Tally(ctx context.Context, ref string, sel adminapi.Selection, lines []string) (adminapi.Tallied, error) {
	v := selection(sel)
	if len(lines) > 0 {
		v.Set("line", strings.Join(lines, ","))
	}
	return get[adminapi.Tallied](ctx, c, "/plans/"+esc(ref)+"/tally", v)
}

// Retry has what waits tried again.
func (c *Client) Retry(ctx context.Context, req adminapi.RetryRequest) (adminapi.Retried, error) {
	return post[adminapi.Retried](ctx, c, "/retries", req)
}

// Pair links a person with an account.
func (c *Client) Pair(ctx context.Context, target string, req adminapi.PairRequest) (adminapi.Pairing, error) {
	return post[adminapi.Pairing](ctx, c, "/targets/"+esc(target)+"/pair", req)
}

// Pairs links many.
func (c *Client) Pairs(ctx context.Context, target string, req adminapi.PairsRequest) (adminapi.PairsDone, error) {
	return post[adminapi.PairsDone](ctx, c, "/targets/"+esc(target)+"/pairs", req)
}

// Unpair forgets whose account it is.
func (c *Client) Unpair(ctx context.Context, target, who string, req adminapi.UnpairRequest) (adminapi.Link, error) {
	return post[adminapi.Link](ctx, c, "/targets/"+esc(target)+"/links/"+esc(who)+"/drop", req)
}

// Mode says how far a target may go.
func (c *Client) Mode(ctx context.Context, target string) (adminapi.TargetMode, error) {
	return get[adminapi.TargetMode](ctx, c, "/targets/"+esc(target)+"/mode", nil)
}

// SetMode changes it.
func (c *Client) SetMode(ctx context.Context, target string, req adminapi.ModeRequest) (adminapi.TargetMode, error) {
	return post[adminapi.TargetMode](ctx, c, "/targets/"+esc(target)+"/mode", req)
}

// Remembered says what is remembered of a dropped target.
func (c *Client) Remembered(ctx context.Context, target string) (adminapi.Remembered, error) {
	return get[adminapi.Remembered](ctx, c, "/targets/"+esc(target)+"/remembered", nil)
}

// Forget forgets a dropped target.
func (c *Client) Forget(ctx context.Context, target string, req adminapi.ForgetRequest) (adminapi.Remembered, error) {
	return post[adminapi.Remembered](ctx, c, "/targets/"+esc(target)+"/forget", req)
}
