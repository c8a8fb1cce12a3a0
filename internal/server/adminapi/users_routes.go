package adminapi

import (
	"context"
	"net/http"

	"muster/internal/access"
	"muster/internal/directory"
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
	a.deletionRoutes()
}

func (a *api) deletionRoutes() {
	type deleting struct {
		Who  string `path:"who" doc:"Id, username, name, email, key or DN."`
		Body DeletionRequest
	}
	type oneDeletion struct {
		ID   string `path:"id" doc:"Id of the person."`
		Wait string `query:"wait" doc:"Answer when it is done, or after this long: 30s. At most 1m."`
	}
	add(a, route{"delete-person", http.MethodPost, "/people/{who}/delete", "Delete a person for good, with all their content", access.Provision, 0},
		func(ctx context.Context, in *deleting) (Deletion, error) {
			return a.svc.DeletePerson(ctx, in.Who, in.Body, callerOf(ctx))
		})
	add(a, route{"list-deletions", http.MethodGet, "/deletions", "People who are or were deleted for good", access.View, 0},
		func(ctx context.Context, _ *none) (List[Deletion], error) {
			all, err := a.svc.Deletions(ctx)
			return list(all, 0, nil), err
		})
	add(a, route{"get-deletion", http.MethodGet, "/deletions/{id}", "How far a deletion is", access.View, 0},
		func(ctx context.Context, in *oneDeletion) (Deletion, error) {
			wait, err := parseWait(in.Wait)
			if err != nil {
				return Deletion{}, err
			}
			return a.svc.Deletion(ctx, directory.ID(in.ID), wait)
		})
}
