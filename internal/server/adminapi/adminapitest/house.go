// Package adminapitest has a small company for tests of the admin API and of its clients: a Service with answers that never change by themselves, and a
// person with a token for each role. It provisions nothing; what the answers should be like in earnest is for package app.
package adminapitest

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"muster/internal/access"
	"muster/internal/access/accesstest"
	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/secret"
	"muster/internal/server/adminapi"
)

// Now is the time in the company.
var Now = time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)

// A House is the API of the company, and who may use it.
type House struct {
	*Service
	Keeper  *access.Keeper
	Handler http.Handler
	tokens  map[access.Role]secret.String
	people  map[access.Role]directory.ID
}

// New returns a House. Log, if not nil, gets what the API logs.
func New(t testing.TB, log *slog.Logger) *House {
	t.Helper()
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	h, err := Open(t.Context(), log)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Open returns a House for a process that is no test itself.
func Open(ctx context.Context, log *slog.Logger) (*House, error) {
	h := &House{Service: NewService(), tokens: map[access.Role]secret.String{}, people: map[access.Role]directory.ID{}}
	h.Keeper = &access.Keeper{Store: accesstest.New(), Now: func() time.Time { return Now }}
	for _, role := range []access.Role{access.Owner, access.Admin, access.Operator, access.Helpdesk, access.Auditor} {
		if err := h.hire(ctx, role); err != nil {
			return nil, err
		}
	}
	h.Keeper.Audit = func(ctx context.Context, _ directory.Tx, by, act, object string) error {
		return h.Record(ctx, act, object, access.Caller{Handle: by})
	}
	h.Handler = adminapi.New(h.Service, h.Keeper, log)
	return h, nil
}

// hire makes a person with a role and a token.
func (h *House) hire(ctx context.Context, role access.Role) error {
	id := directory.NewID()
	err := h.Keeper.Store.Update(ctx, "test", func(tx directory.Tx) error {
		o := directory.Object{ID: id, Kind: directory.Person, State: directory.Active, Attrs: attr.Set{directory.Username: {string(role)}}}
		if err := tx.PutObjects(ctx, o); err != nil {
			return err
		}
		return access.In(tx).PutGrant(ctx, access.Grant{Person: id, Role: role, By: "test", At: Now})
	})
	if err != nil {
		return err
	}
	by := access.Caller{Person: id, Handle: string(role), Roles: []access.Role{role}}
	text, _, err := h.Keeper.Issue(ctx, by, id, "test", 0)
	h.tokens[role], h.people[role] = text, id
	return err
}

// Token returns a token of the person with a role.
func (h *House) Token(role access.Role) secret.String { return h.tokens[role] }

// Person returns the id of the person with a role.
func (h *House) Person(role access.Role) directory.ID { return h.people[role] }
