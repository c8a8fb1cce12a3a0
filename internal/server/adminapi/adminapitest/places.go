package adminapitest

import (
	"context"
	"encoding/json"
	"errors"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

var staffTeam = adminapi.Place{ID: "place-1", Ref: "staff", Kind: "team", Title: "The staff", Members: 3, Groups: []adminapi.PlaceGroup{{ID: "group-1", Name: "Staff", By: "operator:owner", Since: ago(0)}}}

var newsChannel = adminapi.Place{ID: "place-2", Ref: "staff:news", Kind: "public", Title: "News", Purpose: "What everybody should know", Members: 2, Managed: true}

// Places returns the team staff, or its channel.
func (s *Service) Places(_ context.Context, q adminapi.PlaceQuery) ([]adminapi.Place, error) {
	if q.Team == "" {
		return []adminapi.Place{staffTeam}, nil
	}
	return []adminapi.Place{newsChannel}, nil
}

// Place returns the team staff, or its channel.
func (s *Service) Place(_ context.Context, ref string) (adminapi.Place, error) {
	switch ref {
	case staffTeam.Ref:
		return staffTeam, nil
	case newsChannel.Ref:
		return newsChannel, nil
	}
	return adminapi.Place{}, missing("team or channel", ref)
}

// NewPlace notes what was asked for.
func (s *Service) NewPlace(_ context.Context, p adminapi.NewPlace, by access.Caller) (adminapi.Place, error) {
	if p.DryRun {
		return adminapi.Place{Ref: p.Ref, Kind: "team", Title: p.Title}, nil
	}
	s.note(by, "make %s (private %t)", p.Ref, p.Private)
	return adminapi.Place{ID: "place-3", Ref: p.Ref, Kind: "team", Title: p.Title}, nil
}

// EditPlace notes the edit.
func (s *Service) EditPlace(_ context.Context, ref string, e adminapi.PlaceEdit, by access.Caller) (adminapi.Place, error) {
	p, err := s.Place(context.Background(), ref)
	if err != nil {
		return p, err
	}
	dry := e.DryRun
	e.DryRun = false
	said, err := json.Marshal(e)
	if !dry {
		s.note(by, "edit %s %s", ref, said)
	}
	if e.Title != nil {
		p.Title = *e.Title
	}
	if e.Archived != nil && *e.Archived {
		p.Archived = Now
	}
	return p, err
}

// PlaceMembers returns one who is in, one who has left, one who was removed and one who is deactivated.
func (s *Service) PlaceMembers(_ context.Context, ref string, q adminapi.PlaceMemberQuery) ([]adminapi.PlaceMember, error) {
	if ref != staffTeam.Ref && ref != newsChannel.Ref {
		return nil, missing("team or channel", ref)
	}
	if q.After != "" {
		return nil, nil
	}
	return []adminapi.PlaceMember{
		{ID: olivia, Name: "olivia.berg", Roles: "team_user", Via: "group", State: "in", Since: ago(0)},
		{ID: ben, Name: "ben.ode", Via: "hand", State: "left", Since: ago(0)},
		{ID: mia, Name: "mia.lang", Roles: "team_user", Via: "load", State: "in", Inactive: true, Since: ago(0)},
		{ID: staff, Name: "tom.fox", Via: "default", State: "removed", Since: ago(0)},
	}, nil
}

// AddToPlace notes who was added.
func (s *Service) AddToPlace(_ context.Context, ref string, m adminapi.Membership, by access.Caller) (adminapi.Moved, error) {
	if !m.DryRun {
		s.note(by, "add %v to %s", m.People, ref)
	}
	return moved(m.People)
}

// RemoveFromPlace notes who was removed.
func (s *Service) RemoveFromPlace(_ context.Context, ref string, m adminapi.Membership, by access.Caller) (adminapi.Moved, error) {
	if !m.DryRun {
		s.note(by, "remove %v from %s (left %t)", m.People, ref, m.Left)
	}
	return moved(m.People)
}

// moved says that something changed for everybody but mia, who was there already; "nobody" is nobody.
func moved(who []string) (adminapi.Moved, error) {
	var out adminapi.Moved
	for _, name := range who {
		x := adminapi.Mover{Who: name, ID: directory.NewID(), Name: name, Changed: name != "mia.lang"}
		if name == "nobody" {
			problem, _ := errors.AsType[*run.Problem](missing("person", name))
			x = adminapi.Mover{Who: name, Problem: problem}
		}
		if x.Changed {
			out.Changed++
		}
		out.Each = append(out.Each, x)
	}
	if len(who) == 1 && out.Each[0].Problem != nil {
		return adminapi.Moved{}, out.Each[0].Problem
	}
	return out, nil
}

// LinkGroup notes the link.
func (s *Service) LinkGroup(_ context.Context, ref, group string, admin bool, by access.Caller) (adminapi.Place, error) {
	s.note(by, "link %s to %s (admin %t)", group, ref, admin)
	return staffTeam, nil
}

// UnlinkGroup notes the end of a link.
func (s *Service) UnlinkGroup(_ context.Context, ref, group string, by access.Caller) (adminapi.Place, error) {
	s.note(by, "unlink %s from %s", group, ref)
	return staffTeam, nil
}

// Leaving says that one would be out.
func (s *Service) Leaving(context.Context, string) (adminapi.Leaving, error) {
	return adminapi.Leaving{Count: 1, Some: []string{"ben.ode"}}, nil
}

// SetManaged notes the wish.
func (s *Service) SetManaged(_ context.Context, ref string, m adminapi.Managed, by access.Caller) (adminapi.Place, error) {
	s.note(by, "manage %s %t (%d)", ref, m.Managed, m.Count)
	return staffTeam, nil
}

// DefaultChannels returns the usual ones.
func (s *Service) DefaultChannels(context.Context) ([]string, error) {
	return []string{"town-square", "off-topic"}, nil
}

// SetDefaultChannels notes the list.
func (s *Service) SetDefaultChannels(_ context.Context, names []string, by access.Caller) ([]string, error) {
	s.note(by, "default channels %v", names)
	return append([]string{"town-square"}, names...), nil
}

// AddToDefaults notes the team.
func (s *Service) AddToDefaults(_ context.Context, team string, by access.Caller) (adminapi.Moved, error) {
	s.note(by, "join default channels of %s", team)
	return adminapi.Moved{Changed: 2}, nil
}
