package adminapitest

import (
	"context"
	"fmt"

	"muster/internal/access"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// Scopes returns one that was replaced, of the wiki.
func (s *Service) Scopes(_ context.Context, target string) ([]adminapi.ScopeGroup, error) {
	if !isTarget(target) {
		return nil, missing("target", target)
	}
	if target != "wiki" {
		return nil, nil
	}
	return []adminapi.ScopeGroup{{Scope: "people", Group: "CN=Wiki,OU=Groups,DC=corp,DC=example", Pinned: "g1", Now: "g2", State: "replaced"}}, nil
}

// PreviewScope says that three people would be affected at the wiki.
func (s *Service) PreviewScope(ctx context.Context, target string) (adminapi.ScopeChange, error) {
	groups, err := s.Scopes(ctx, target)
	if err != nil || len(groups) == 0 {
		return adminapi.ScopeChange{}, first(err, &run.Problem{Code: "nothing_to_confirm", What: "no scope group of " + target + " was replaced by another of its name", Now: "Nothing was changed."})
	}
	p := run.Plan{ID: "scope-preview", Target: target, Kind: run.Preview, Status: run.Waiting, Created: ago(0), People: 3, Counts: map[string]int{string(plan.Create): 1, string(plan.DisableUser): 2}}
	return adminapi.ScopeChange{Groups: groups, Plan: p}, nil
}

// ConfirmScope takes 3 for an answer.
func (s *Service) ConfirmScope(ctx context.Context, target string, count int, _ access.Caller) (adminapi.ScopeChange, error) {
	c, err := s.PreviewScope(ctx, target)
	if err == nil {
		err = counted(c.Plan.People, count)
	}
	return c, err
}

// PreviewBase says that two would enter and one would leave, of the source corp.
func (s *Service) PreviewBase(_ context.Context, source, base string) (adminapi.BaseChange, error) {
	if source != "corp" || base != "" && base != "people" {
		return adminapi.BaseChange{}, missing("source or base", source+" "+base)
	}
	return adminapi.BaseChange{
		Source: source, Base: "people", DN: "OU=People,DC=corp,DC=example", Was: "guid-1", Now: "guid-2", Read: 301, Enter: 2, Leave: 1,
		Names: []string{"CN=Mia Koch,OU=People,DC=corp,DC=example"}, Count: 3,
	}, nil
}

// ConfirmBase takes 3 for an answer.
func (s *Service) ConfirmBase(ctx context.Context, source, base string, count int, _ access.Caller) (adminapi.BaseChange, error) {
	c, err := s.PreviewBase(ctx, source, base)
	if err == nil {
		err = counted(c.Count, count)
	}
	return c, err
}

func counted(want, got int) error {
	if want == got {
		return nil
	}
	return &run.Problem{Code: adminapi.BadCount, What: fmt.Sprintf("it affects %d, not %d", want, got), Now: "Nothing was changed."}
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
