package adminapitest

import (
	"context"
	"slices"

	"muster/internal/access"
	"muster/internal/run"
)

// Record keeps what was recorded; see Recorded.
func (s *Service) Record(ctx context.Context, act, object string, by access.Caller) error {
	via := ""
	if a := run.RequestOf(ctx); a != nil {
		via = a.Via
		a.Note()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recorded = append(s.recorded, run.Event{By: string(by.Actor()), Act: act, Object: object, Via: via})
	return nil
}

// Recorded returns what was recorded, oldest first.
func (s *Service) Recorded() []run.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.recorded)
}
