package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"muster/internal/server/adminapi"
)

// Load sends a file and starts loading it.
func (c *Client) Load(ctx context.Context, req adminapi.LoadRequest, file io.Reader) (adminapi.Started, error) {
	var out adminapi.Started
	q := query("name", req.Name, "from", req.From)
	for name, on := range map[string]bool{"skip_bad": req.SkipBad, "dry_run": req.DryRun, "hold": req.Hold} {
		if on {
			q.Set(name, strconv.FormatBool(on))
		}
	}
	res, err := c.send(ctx, http.MethodPost, "/loads", q, file, "application/octet-stream")
	if err != nil {
		return out, err
	}
	defer res.Body.Close()
	return out, decode(res, &out)
}

// Loads returns the loads that are not done.
func (c *Client) Loads(ctx context.Context) ([]adminapi.Load, error) {
	l, err := get[adminapi.List[adminapi.Load]](ctx, c, "/loads", nil)
	return l.Items, err
}

// ResumeLoad goes on with a load.
func (c *Client) ResumeLoad(ctx context.Context, id string, skipBad bool) (adminapi.Started, error) {
	q := url.Values{}
	if skipBad {
		q.Set("skip_bad", "true")
	}
	return call[adminapi.Started](ctx, c, http.MethodPost, "/loads/"+esc(id)+"/resume", q, nil)
}

// LoadHistory returns loads with what came of them, newest first.
func (c *Client) LoadHistory(ctx context.Context) ([]adminapi.LoadView, error) {
	l, err := get[adminapi.List[adminapi.LoadView]](ctx, c, "/load-history", nil)
	return l.Items, err
}

// LoadView returns a load, and how far it is.
func (c *Client) LoadView(ctx context.Context, id string) (adminapi.LoadView, error) {
	return get[adminapi.LoadView](ctx, c, "/loads/"+esc(id), nil)
}

// Findings returns a page of what is wrong with the file of a load.
func (c *Client) Findings(ctx context.Context, id string, q adminapi.FindingQuery) ([]adminapi.Finding, error) {
	l, err := get[adminapi.List[adminapi.Finding]](ctx, c, "/loads/"+esc(id)+"/findings", query("level", q.Level, "after", count(q.After), "limit", count(q.Limit)))
	return l.Items, err
}

// DropLoad forgets a load.
func (c *Client) DropLoad(ctx context.Context, id string) error {
	_, err := call[struct{}](ctx, c, http.MethodDelete, "/loads/"+esc(id), nil, nil)
	return err
}

// Export writes everything into a ZIP. It is whole only if there is no error.
func (c *Client) Export(ctx context.Context, to io.Writer) error {
	res, err := c.send(ctx, http.MethodGet, "/export", nil, nil, "")
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return decode(res, nil)
	}
	if _, err := io.Copy(to, res.Body); err != nil {
		return fmt.Errorf("read the export: %w", err)
	}
	return nil
}

// send makes one request.
func (c *Client) send(ctx context.Context, method, path string, query url.Values, body io.Reader, kind string) (*http.Response, error) {
	u := c.base + "/api/v1" + path
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, u, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("call Muster: %w", cause(err))
	}
	return res, nil
}
