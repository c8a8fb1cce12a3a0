package adminapitest

import (
	"context"
	"io"

	"muster/internal/access"
	"muster/internal/server/adminapi"
)

// Load notes what was asked, with the size of the file, and starts a run.
func (s *Service) Load(_ context.Context, req adminapi.LoadRequest, file io.Reader, by access.Caller) (adminapi.Started, error) {
	n, err := io.Copy(io.Discard, file)
	s.note(by, "load %s from %s (%d bytes, skip bad %t, dry run %t)", req.Name, req.From, n, req.SkipBad, req.DryRun)
	return adminapi.Started{Runs: []string{"run-load"}}, err
}

// Loads returns one that was cut off.
func (s *Service) Loads(context.Context) ([]adminapi.Load, error) {
	return []adminapi.Load{{ID: "load-1", Name: "old.zip", By: "owner", Size: 1024, Run: "run-load"}}, nil
}

// ResumeLoad goes on with load-1.
func (s *Service) ResumeLoad(_ context.Context, id string, by access.Caller) (adminapi.Started, error) {
	if id != "load-1" {
		return adminapi.Started{}, missing("load", id)
	}
	s.note(by, "resume %s", id)
	return adminapi.Started{Runs: []string{"run-load"}}, nil
}

// DropLoad forgets load-1.
func (s *Service) DropLoad(_ context.Context, id string, by access.Caller) error {
	if id != "load-1" {
		return missing("load", id)
	}
	s.note(by, "drop %s", id)
	return nil
}

// Export writes a few bytes.
func (s *Service) Export(_ context.Context, to io.Writer, by access.Caller) error {
	s.note(by, "export")
	_, err := io.WriteString(to, "PK")
	return err
}
