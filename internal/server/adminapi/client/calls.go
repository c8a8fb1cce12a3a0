package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

func get[T any](ctx context.Context, c *Client, path string, q url.Values) (T, error) {
	return call[T](ctx, c, http.MethodGet, path, q, nil)
}

func post[T any](ctx context.Context, c *Client, path string, body any) (T, error) {
	return call[T](ctx, c, http.MethodPost, path, nil, body)
}

func esc(s string) string { return url.PathEscape(s) }

// Version returns which program answers.
func (c *Client) Version(ctx context.Context) (adminapi.Version, error) {
	return get[adminapi.Version](ctx, c, "/version", nil)
}

// Status returns how everything stands.
func (c *Client) Status(ctx context.Context) (adminapi.Status, error) {
	return get[adminapi.Status](ctx, c, "/status", nil)
}

// CheckSource tries a source out.
func (c *Client) CheckSource(ctx context.Context, name string) (adminapi.SourceCheck, error) {
	return post[adminapi.SourceCheck](ctx, c, "/sources/"+esc(name)+"/check", nil)
}

// CheckTarget tries a target out.
func (c *Client) CheckTarget(ctx context.Context, name string) (adminapi.TargetCheck, error) {
	return post[adminapi.TargetCheck](ctx, c, "/targets/"+esc(name)+"/check", nil)
}

// Target returns how a target stands, and what its last test has shown.
func (c *Client) Target(ctx context.Context, name string) (adminapi.TargetView, error) {
	return get[adminapi.TargetView](ctx, c, "/targets/"+esc(name), nil)
}

// ProbeTarget tries a target out with a throw-away account.
func (c *Client) ProbeTarget(ctx context.Context, name string, req adminapi.TargetProbe) (adminapi.TargetCheck, error) {
	return post[adminapi.TargetCheck](ctx, c, "/targets/"+esc(name)+"/probe", req)
}

// Sync starts runs.
func (c *Client) Sync(ctx context.Context, req adminapi.SyncRequest) (adminapi.Started, error) {
	return post[adminapi.Started](ctx, c, "/syncs", req)
}

// Run returns a run; with wait, when it has ended or after that long.
func (c *Client) Run(ctx context.Context, id string, wait time.Duration) (adminapi.RunView, error) {
	q := url.Values{}
	if wait > 0 {
		q.Set("wait", wait.String())
	}
	return get[adminapi.RunView](ctx, c, "/runs/"+esc(id), q)
}

// Runs returns runs, the newest first.
func (c *Client) Runs(ctx context.Context, q adminapi.RunQuery) ([]run.Run, error) {
	l, err := get[adminapi.List[run.Run]](ctx, c, "/runs", query("name", q.Name, "before", q.Before, "limit", count(q.Limit)))
	return l.Items, err
}

// Plans returns the newest plans.
func (c *Client) Plans(ctx context.Context, q adminapi.PlanQuery) ([]run.Plan, error) {
	l, err := get[adminapi.List[run.Plan]](ctx, c, "/plans",
		query("target", q.Target, "kind", string(q.Kind), "status", string(q.Status), "before", q.Before, "limit", count(q.Limit)))
	return l.Items, err
}

// Plan returns a plan by id, or the newest that waits of a target.
func (c *Client) Plan(ctx context.Context, ref string) (run.Plan, error) {
	return get[run.Plan](ctx, c, "/plans/"+esc(ref), nil)
}

// Lines returns a page of the lines of a plan.
func (c *Client) Lines(ctx context.Context, id string, q adminapi.LineQuery) (adminapi.LinePage, error) {
	v := selection(q.Selection)
	v.Set("limit", count(q.Limit))
	v.Set("after", strconv.Itoa(q.After))
	return get[adminapi.LinePage](ctx, c, "/plans/"+esc(id)+"/lines", v)
}

// Preview computes what would be done at a target now.
func (c *Client) Preview(ctx context.Context, target string) (run.Plan, error) {
	return post[run.Plan](ctx, c, "/targets/"+esc(target)+"/preview", nil)
}

// Approve approves a plan or lines of it.
func (c *Client) Approve(ctx context.Context, ref string, req adminapi.Approval) (adminapi.Decision, error) {
	return post[adminapi.Decision](ctx, c, "/plans/"+esc(ref)+"/approve", req)
}

// Start returns how an approval of a plan that begins later stands.
func (c *Client) Start(ctx context.Context, ref string) (adminapi.Start, error) {
	return get[adminapi.Start](ctx, c, "/plans/"+esc(ref)+"/start", nil)
}

// CancelStart takes back an approval that has not begun.
func (c *Client) CancelStart(ctx context.Context, ref string) (adminapi.Start, error) {
	return call[adminapi.Start](ctx, c, http.MethodDelete, "/plans/"+esc(ref)+"/start", nil, nil)
}

// Reject rejects a plan or lines of it.
func (c *Client) Reject(ctx context.Context, ref string, req adminapi.Rejection) (adminapi.Decision, error) {
	return post[adminapi.Decision](ctx, c, "/plans/"+esc(ref)+"/reject", req)
}

// Waiting returns objects that are not in step.
func (c *Client) Waiting(ctx context.Context, q adminapi.WaitQuery) ([]adminapi.Waiting, error) {
	l, err := get[adminapi.List[adminapi.Waiting]](ctx, c, "/waiting", query("target", q.Target, "wait", q.Wait, "after", string(q.After), "limit", count(q.Limit)))
	return l.Items, err
}

// Objects returns a page of people or groups.
func (c *Client) Objects(ctx context.Context, q adminapi.ObjectQuery) (adminapi.List[adminapi.Object], error) {
	return get[adminapi.List[adminapi.Object]](ctx, c, plural(q.Kind), query("text", q.Text, "after", string(q.After), "limit", count(q.Limit)))
}

// Object returns a person or group with all that is known.
func (c *Client) Object(ctx context.Context, kind, who string) (adminapi.Object, error) {
	return get[adminapi.Object](ctx, c, plural(kind)+"/"+esc(who), nil)
}

func plural(kind string) string {
	if kind == string(directory.Group) {
		return "/groups"
	}
	return "/people"
}

// Why explains someone at a target, or at all.
func (c *Client) Why(ctx context.Context, who, target string) (adminapi.Explanation, error) {
	return get[adminapi.Explanation](ctx, c, "/why", query("who", who, "target", target))
}

// Pause stops sending to a target.
func (c *Client) Pause(ctx context.Context, target, reason string) (run.Target, error) {
	return post[run.Target](ctx, c, "/targets/"+esc(target)+"/pause", adminapi.Reason{Reason: reason})
}

// Resume serves a paused target again.
func (c *Client) Resume(ctx context.Context, target, reason string) (run.Target, error) {
	return post[run.Target](ctx, c, "/targets/"+esc(target)+"/resume", adminapi.Reason{Reason: reason})
}

// Links returns a page of the links of a target.
func (c *Client) Links(ctx context.Context, target string, q adminapi.LinkQuery) (adminapi.List[adminapi.Link], error) {
	return get[adminapi.List[adminapi.Link]](ctx, c, "/targets/"+esc(target)+"/links",
		query("kind", string(q.Kind), "state", q.State, "active", flag(q.Active), "after", string(q.After), "limit", count(q.Limit)))
}

func flag(on bool) string {
	if on {
		return "true"
	}
	return ""
}

// Limits returns the limits of a target, or of all.
func (c *Client) Limits(ctx context.Context, target string) ([]adminapi.Limit, error) {
	l, err := get[adminapi.List[adminapi.Limit]](ctx, c, "/limits", query("target", target))
	return l.Items, err
}

// Raise announces a window.
func (c *Client) Raise(ctx context.Context, target string, req adminapi.Raise) (run.Raise, error) {
	return post[run.Raise](ctx, c, "/targets/"+esc(target)+"/limits", req)
}

// Tokens returns the tokens that may be seen.
func (c *Client) Tokens(ctx context.Context) ([]adminapi.Token, error) {
	l, err := get[adminapi.List[adminapi.Token]](ctx, c, "/tokens", nil)
	return l.Items, err
}

// CreateToken makes a token.
func (c *Client) CreateToken(ctx context.Context, req adminapi.NewToken) (adminapi.Issued, error) {
	return post[adminapi.Issued](ctx, c, "/tokens", req)
}

// RevokeToken ends a token.
func (c *Client) RevokeToken(ctx context.Context, id string) error {
	_, err := call[struct{}](ctx, c, http.MethodDelete, "/tokens/"+esc(id), nil, nil)
	return err
}

// CreateCode makes a code that signs somebody in to the console; person "" is the caller.
func (c *Client) CreateCode(ctx context.Context, person string) (adminapi.Code, error) {
	return post[adminapi.Code](ctx, c, "/sign-in-codes", adminapi.NewCode{Person: person})
}
