package adminapitest

import (
	"context"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/server/adminapi"
)

// Sandbox returns a sandbox in which one person was created and one changed.
func (s *Service) Sandbox(context.Context, int) (adminapi.Sandbox, error) {
	return adminapi.Sandbox{
		Made: Now, By: "olivia", Address: "/scim/sandbox/v2", People: 12, Groups: 2, Counts: map[string]int{"created": 1, "changed": 1},
		Changes: []adminapi.SandboxChange{
			{What: "created", Kind: directory.Person, ID: "00000000000000000000000ada", Name: "ada"},
			{What: "changed", Kind: directory.Person, ID: "00000000000000000000000ben", Name: "ben", Fields: []adminapi.SandboxField{{Path: "title", Was: []string{"Clerk"}, Is: []string{"Boss"}}}},
		},
	}, nil
}

// MakeSandbox notes that one was made.
func (s *Service) MakeSandbox(ctx context.Context, by access.Caller) (adminapi.Sandbox, error) {
	s.note(by, "make sandbox")
	return s.Sandbox(ctx, 0)
}

// ResetSandbox notes that it was made anew.
func (s *Service) ResetSandbox(ctx context.Context, by access.Caller) (adminapi.Sandbox, error) {
	s.note(by, "reset sandbox")
	return s.Sandbox(ctx, 0)
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
