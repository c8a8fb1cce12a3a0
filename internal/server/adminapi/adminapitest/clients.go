package adminapitest

import (
	"context"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/scimapi"
)

// Clients returns the client entra, which was refused once.
func (s *Service) Clients(context.Context) ([]scimapi.Stats, error) {
	e := exchange()
	return []scimapi.Stats{{
		Client: "entra", Profile: "standard", Since: Now.Add(-6 * time.Hour), Last: Now, Agent: "MSScim/1.0", Requests: 12, Errors: 1, Kept: 1, KeptErrors: 1, PerMinute: 2.4, Tolerances: map[string]int{"op_case": 3},
		LastError: &e, Suggest: "entra",
	}}, nil
}

func exchange() scimapi.Exchange {
	return scimapi.Exchange{
		At: Now, Method: "POST", Path: "/scim/v2/Users", Status: 400, Millis: 3, Error: "there is no attribute \"shoeSize\"", Fix: "Mend the attribute mapping at the provider.",
		Request: `{"shoeSize":41}`, Used: []string{"op_case"},
	}
}

// Exchanges returns what entra was refused.
func (s *Service) Exchanges(_ context.Context, client string, _ bool) ([]scimapi.Exchange, error) {
	if client != "entra" {
		return nil, missing("source", client)
	}
	return []scimapi.Exchange{exchange()}, nil
}

// MakePerson makes nobody, and says who it would be.
func (s *Service) MakePerson(_ context.Context, req adminapi.NewPerson, by access.Caller) (adminapi.Object, error) {
	if req.Username == "olivia.berg" {
		return adminapi.Object{}, &run.Problem{Code: adminapi.Conflict, What: "there is a person \"olivia.berg\" already", Now: "Nothing was changed.", Fix: "Take another name."}
	}
	if req.DryRun {
		return adminapi.Object{Kind: directory.Person, Name: req.Username, State: directory.Active}, nil
	}
	s.note(by, "make person %s", req.Username)
	return adminapi.Object{ID: directory.NewID(), Kind: directory.Person, Name: req.Username, State: directory.Active}, nil
}

// MakeGroup makes nothing, and says what it would be.
func (s *Service) MakeGroup(_ context.Context, req adminapi.NewGroup, by access.Caller) (adminapi.Object, error) {
	if req.DryRun {
		return adminapi.Object{Kind: directory.Group, Name: req.Name, State: directory.Active}, nil
	}
	s.note(by, "make group %s", req.Name)
	return adminapi.Object{ID: directory.NewID(), Kind: directory.Group, Name: req.Name, State: directory.Active}, nil
}

// EditMembers notes the edit.
func (s *Service) EditMembers(_ context.Context, group string, req adminapi.MemberEdit, by access.Caller) (adminapi.Moved, error) {
	if !req.DryRun {
		s.note(by, "members of %s: +%v -%v", group, req.Add, req.Remove)
	}
	return moved(append(req.Add, req.Remove...))
}

// MayHaveRole refuses what is gone.
func (s *Service) MayHaveRole(_ context.Context, id directory.ID) error {
	if id == "" {
		return &run.Problem{Code: adminapi.NotFound, What: "nobody"}
	}
	return nil
}
