package adminapitest

import (
	"context"

	"muster/internal/access"
	"muster/internal/server/adminapi"
)

// Start says that no approval begins later.
func (s *Service) Start(context.Context, string) (adminapi.Start, error) {
	return adminapi.Start{State: "none"}, nil
}

// CancelStart takes one back.
func (s *Service) CancelStart(_ context.Context, ref string, by access.Caller) (adminapi.Start, error) {
	s.note(by, "cancel %s", ref)
	return adminapi.Start{State: "cancelled", By: by.Handle, Begins: Now}, nil
}
