package client

import (
	"context"
	"net/http"
	"time"

	"muster/internal/directory"
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

// DeletePerson deletes a person for good.
func (c *Client) DeletePerson(ctx context.Context, who string, req adminapi.DeletionRequest) (adminapi.Deletion, error) {
	return post[adminapi.Deletion](ctx, c, person(who)+"/delete", req)
}

// Deletions returns all deletions.
func (c *Client) Deletions(ctx context.Context) ([]adminapi.Deletion, error) {
	l, err := get[adminapi.List[adminapi.Deletion]](ctx, c, "/deletions", nil)
	return l.Items, err
}

// Deletion returns how far a deletion is: when it is done, or after wait.
func (c *Client) Deletion(ctx context.Context, id directory.ID, wait time.Duration) (adminapi.Deletion, error) {
	return get[adminapi.Deletion](ctx, c, "/deletions/"+esc(string(id)), query("wait", wait.String()))
}
