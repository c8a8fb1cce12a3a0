package client

import (
	"context"
	"net/http"
	"strconv"

	"muster/internal/server/adminapi"
	"muster/internal/server/scimapi"
)

// Sandbox returns what would have happened, had the sandbox been real.
func (c *Client) Sandbox(ctx context.Context, q adminapi.SandboxQuery) (adminapi.Sandbox, error) {
	return get[adminapi.Sandbox](ctx, c, "/sandbox", query("what", q.What, "after", q.After, "limit", strconv.Itoa(q.Limit)))
}

// SandboxExchanges returns what a client sent to the sandbox last.
func (c *Client) SandboxExchanges(ctx context.Context, name string, failed bool) ([]scimapi.Exchange, error) {
	return c.exchanges(ctx, "/sandbox/clients/"+esc(name), failed)
}

// RevokeSandboxToken ends a token of the sandbox.
func (c *Client) RevokeSandboxToken(ctx context.Context, id string) error {
	_, err := call[struct{}](ctx, c, http.MethodDelete, "/sandbox/tokens/"+esc(id), nil, nil)
	return err
}

// MakeSandbox copies people and groups into a sandbox.
func (c *Client) MakeSandbox(ctx context.Context) (adminapi.Sandbox, error) {
	return post[adminapi.Sandbox](ctx, c, "/sandbox", nil)
}

// ResetSandbox copies them anew.
func (c *Client) ResetSandbox(ctx context.Context) (adminapi.Sandbox, error) {
	return post[adminapi.Sandbox](ctx, c, "/sandbox/reset", nil)
}

// DropSandbox removes the sandbox.
func (c *Client) DropSandbox(ctx context.Context) error {
	_, err := call[struct{}](ctx, c, http.MethodDelete, "/sandbox", nil, nil)
	return err
}

// SandboxToken makes a token that works in the sandbox alone.
func (c *Client) SandboxToken(ctx context.Context, req adminapi.SandboxToken) (adminapi.Issued, error) {
	return post[adminapi.Issued](ctx, c, "/sandbox/tokens", req)
}
