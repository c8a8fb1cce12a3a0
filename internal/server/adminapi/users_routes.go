package adminapi

import (
	"context"
	"net/http"

	"muster/internal/access"
)

func (a *api) userRoutes() {
	type changing struct {
		Who  string `path:"who" doc:"Id, username, name, email, key or DN."`
		Body UserChange
	}
	type editing struct {
		Who  string `path:"who" doc:"Id, username, name, email, key or DN."`
		Body PersonEdit
	}
	type resetting struct {
		Who  string `path:"who" doc:"Id, username, name, email, key or DN."`
		Body PasswordReset
	}
	add(a, route{"deactivate-person", http.MethodPost, "/people/{who}/deactivate", "Deactivate a person whom no source speaks for", access.Provision, 0},
		func(ctx context.Context, in *changing) (UserDone, error) {
			return a.svc.Deactivate(ctx, in.Who, in.Body, callerOf(ctx))
		})
	add(a, route{"activate-person", http.MethodPost, "/people/{who}/activate", "Lift what deactivate-person did; sessions and tokens do not come back", access.Provision, 0},
		func(ctx context.Context, in *changing) (UserDone, error) {
			return a.svc.Activate(ctx, in.Who, in.Body, callerOf(ctx))
		})
	add(a, route{"edit-person", http.MethodPatch, "/people/{who}", "Change a person whom no source speaks for", access.Provision, 0},
		func(ctx context.Context, in *editing) (UserDone, error) {
			return a.svc.EditPerson(ctx, in.Who, in.Body, callerOf(ctx))
		})
	add(a, route{"reset-password", http.MethodPost, "/people/{who}/reset-password", "End a person's password, sessions and tokens", access.Provision, 0},
		func(ctx context.Context, in *resetting) (PasswordGiven, error) {
			return a.svc.ResetPassword(ctx, in.Who, in.Body, callerOf(ctx))
		})
}
