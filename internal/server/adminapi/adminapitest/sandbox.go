package adminapitest

import (
	"context"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/server/adminapi"
	"muster/internal/server/scimapi"
)

// Sandbox returns a sandbox in which one person was created and one changed.
func (s *Service) Sandbox(context.Context, adminapi.SandboxQuery) (adminapi.Sandbox, error) {
	e := exchange()
	return adminapi.Sandbox{
		Made: Now.Add(-3 * 24 * time.Hour), By: "olivia", Address: "/scim/sandbox/v2", People: 12, Groups: 2, Bytes: 3 << 20, Counts: map[string]int{"created": 1, "changed": 1},
		Tokens:  []adminapi.Token{{ID: "trial1", Person: "0olivia0000000000000000000", Name: "trial", Created: Now, Expires: Now.Add(30 * 24 * time.Hour), Source: "entra"}},
		Clients: []scimapi.Stats{{Client: "entra", Profile: "entra", Last: Now, Agent: "MSScim/1.0", Requests: 4, Errors: 1, LastError: &e}},
		Changes: []adminapi.SandboxChange{
			{What: "created", Kind: directory.Person, ID: "00000000000000000000000ada", Name: "ada"},
			{What: "changed", Kind: directory.Person, ID: "00000000000000000000000ben", Name: "ben", Fields: []adminapi.SandboxField{{Path: "title", Was: []string{"Clerk"}, Is: []string{"Boss"}}}},
		},
	}, nil
}

// SandboxExchanges returns what entra was refused in it.
func (s *Service) SandboxExchanges(ctx context.Context, client string, failed bool) ([]scimapi.Exchange, error) {
	return s.Exchanges(ctx, client, failed)
}

// RevokeSandboxToken notes that a token was ended.
func (s *Service) RevokeSandboxToken(_ context.Context, id string, by access.Caller) error {
	if id != "trial1" {
		return missing("token", id)
	}
	s.note(by, "revoke sandbox token %s", id)
	return nil
}

// MakeSandbox notes that one was made.
func (s *Service) MakeSandbox(ctx context.Context, by access.Caller) (adminapi.Sandbox, error) {
	s.note(by, "make sandbox")
	return s.Sandbox(ctx, adminapi.SandboxQuery{})
}

// ResetSandbox notes that it was made anew.
func (s *Service) ResetSandbox(ctx context.Context, by access.Caller) (adminapi.Sandbox, error) {
	s.note(by, "reset sandbox")
	return s.Sandbox(ctx, adminapi.SandboxQuery{})
}

// DropSandbox notes that it was dropped.
func (s *Service) DropSandbox(_ context.Context, by access.Caller) error {
	s.note(by, "drop sandbox")
	return nil
}

// SandboxToken makes a token that opens nothing.
func (s *Service) SandboxToken(_ context.Context, req adminapi.SandboxToken, by access.Caller) (adminapi.Issued, error) {
	s.note(by, "sandbox token for %s", req.Source)
	return adminapi.IssuedToken(access.Token{ID: "sandbox1", Person: by.Person, Name: req.Name, Created: Now, Expires: Now}, "muster_pat_sandbox1"), nil
}
