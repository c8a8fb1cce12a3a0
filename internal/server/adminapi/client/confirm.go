package client

import (
	"context"
	"net/url"

	"muster/internal/server/adminapi"
)

// PreviewScope asks what would be done if a replaced scope group were confirmed.
func (c *Client) PreviewScope(ctx context.Context, target string) (adminapi.ScopeChange, error) {
	return post[adminapi.ScopeChange](ctx, c, "/targets/"+esc(target)+"/scopes/preview", nil)
}

// ConfirmScope confirms it.
func (c *Client) ConfirmScope(ctx context.Context, target string, count int) (adminapi.ScopeChange, error) {
	return post[adminapi.ScopeChange](ctx, c, "/targets/"+esc(target)+"/scopes/confirm", adminapi.Confirmation{Count: count})
}

// PreviewBase asks who would enter and leave if a replaced search base were confirmed.
func (c *Client) PreviewBase(ctx context.Context, source, base string) (adminapi.BaseChange, error) {
	return post[adminapi.BaseChange](ctx, c, "/sources/"+esc(source)+"/base/preview"+of(base), nil)
}

// ConfirmBase confirms it.
func (c *Client) ConfirmBase(ctx context.Context, source, base string, count int) (adminapi.BaseChange, error) {
	return post[adminapi.BaseChange](ctx, c, "/sources/"+esc(source)+"/base/confirm"+of(base), adminapi.Confirmation{Count: count})
}

func of(base string) string {
	if base == "" {
		return ""
	}
	return "?base=" + url.QueryEscape(base)
}
