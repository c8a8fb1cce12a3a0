package client

import (
	"context"
	"net/http"

	"muster/internal/server/adminapi"
)

func person(who string) string { return "/people/" + esc(who) }

// Deactivate deactivates a person whom no source speaks for.
func (c *Client) Deactivate(ctx context.Context, who string, req adminapi.UserChange) (adminapi.UserDone, error) {
	return post[adminapi.UserDone](ctx, c, person(who)+"/deactivate", req)
}

// Activate lifts what Deactivate did.
func (c *Client) Activate(ctx context.Context, who string, req adminapi.UserChange) (adminapi.UserDone, error) {
	return post[adminapi.UserDone](ctx, c, person(who)+"/activate", req)
}

// EditPerson changes a person whom no source speaks for.
func (c *Client) EditPerson(ctx context.Context, who string, req adminapi.PersonEdit) (adminapi.UserDone, error) {
	return call[adminapi.UserDone](ctx, c, http.MethodPatch, person(who), nil, req)
}

// ResetPassword ends the password of a person.
func (c *Client) ResetPassword(ctx context.Context, who string, req adminapi.PasswordReset) (adminapi.PasswordGiven, error) {
	return post[adminapi.PasswordGiven](ctx, c, person(who)+"/reset-password", req)
}
