package adminapitest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// own is somebody of the company who is Muster's own: whoever is called so. The people of the company come from corp.
func (s *Service) own(who string) (adminapi.UserDone, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.people {
		if o.Name == who || string(o.ID) == who {
			return adminapi.UserDone{}, &run.Problem{
				Code: adminapi.OwnedBySource, What: fmt.Sprintf("%s comes from corp", o.Name), Now: "Nothing was changed.", Fix: "Change them there. If they must be out now: `muster disable " + o.Name + "`.",
			}
		}
	}
	if who == "nobody" {
		return adminapi.UserDone{}, missing("person", who)
	}
	name := strings.TrimSuffix(who, "@example.com") // found by their address too
	return adminapi.UserDone{Object: adminapi.Object{ID: directory.ID("person-" + name), Kind: directory.Person, Name: name, State: directory.Active}, Changed: true}, nil
}

// Deactivate notes whom.
func (s *Service) Deactivate(_ context.Context, who string, req adminapi.UserChange, by access.Caller) (adminapi.UserDone, error) {
	out, err := s.own(who)
	if out.DryRun = req.DryRun; err == nil && !req.DryRun {
		s.note(by, "deactivate %s (%s)", who, req.Reason)
		out.Object.State = directory.Disabled
	}
	return out, err
}

// Activate says that they are active already.
func (s *Service) Activate(_ context.Context, who string, req adminapi.UserChange, by access.Caller) (adminapi.UserDone, error) {
	out, err := s.own(who)
	if err == nil {
		s.note(by, "activate %s (%s)", who, req.Reason)
		out.Changed, out.Note = false, "already active"
	}
	return out, err
}

// EditPerson notes the username and email.
func (s *Service) EditPerson(_ context.Context, who string, req adminapi.PersonEdit, by access.Caller) (adminapi.UserDone, error) {
	out, err := s.own(who)
	if err == nil && req.Username != nil {
		s.note(by, "rename %s to %s", who, *req.Username)
		out.Object.Name = *req.Username
	}
	return out, err
}

// ResetPassword gives a code unless a password is given.
func (s *Service) ResetPassword(_ context.Context, who string, req adminapi.PasswordReset, by access.Caller) (adminapi.PasswordGiven, error) {
	out := adminapi.PasswordGiven{Person: olivia, Name: who}
	if who == "nobody" {
		return out, missing("person", who)
	}
	s.note(by, "reset the password of %s (given %t)", who, req.Password != "")
	if req.Password == "" {
		out.Code = &adminapi.Code{Person: olivia, Path: adminapi.WelcomePath("C0DE"), Listen: "127.0.0.1:8480", Expires: Now}
	}
	return out, nil
}

// DeletePerson deletes whoever is confirmed.
func (s *Service) DeletePerson(_ context.Context, who string, req adminapi.DeletionRequest, by access.Caller) (adminapi.Deletion, error) {
	out, err := s.own(who)
	if err != nil {
		return adminapi.Deletion{}, err
	}
	if req.DryRun {
		return adminapi.Deletion{Person: out.Object.ID, Name: who, State: "dry run", Waits: []string{"wiki has not confirmed that the account is closed: muster leavers"}}, nil
	}
	if req.Confirm != who {
		return adminapi.Deletion{}, &run.Problem{Code: adminapi.BadRequest, What: req.Confirm + " is not the username", Now: "Nothing was changed."}
	}
	s.note(by, "delete %s", who)
	return adminapi.Deletion{Person: out.Object.ID, Name: who, State: "removing"}, nil
}

// Deletions returns one that is done.
func (s *Service) Deletions(context.Context) ([]adminapi.Deletion, error) {
	d, err := s.Deletion(context.Background(), "person-9", 0)
	return []adminapi.Deletion{d}, err
}

// Deletion returns one that is done.
func (s *Service) Deletion(_ context.Context, person directory.ID, _ time.Duration) (adminapi.Deletion, error) {
	return adminapi.Deletion{
		Person: person, State: "done", By: "operator:owner", Asked: ago(0), Done: Now, Removed: map[string]int{"posts": 12, "people": 1}, Kept: []string{"wiki: u-9"},
	}, nil
}
