package client

import (
	"context"
	"net/http"
	"strconv"

	"muster/internal/server/adminapi"
)

// Sandbox returns what would have happened, had the sandbox been real.
func (c *Client) Sandbox(ctx context.Context, limit int) (adminapi.Sandbox, error) {
	return get[adminapi.Sandbox](ctx, c, "/sandbox", query("limit", strconv.Itoa(limit)))
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
