package scimtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"muster/internal/scim"
)

// A Snapshot is everything that the service holds, oldest first.
type Snapshot struct {
	Users  []User
	Groups []Group
}

// A User is an account as the service holds it.
type User struct {
	ID         string
	UserName   string
	ExternalID string
	Active     bool
	Resource   scim.Resource
}

// A Group is a group as the service holds it.
type Group struct {
	ID          string
	DisplayName string
	ExternalID  string
	Members     []string // ids, sorted
	Resource    scim.Resource
}

// User returns the account with this userName, in any case of letters.
func (s Snapshot) User(userName string) (User, bool) {
	i := slices.IndexFunc(s.Users, func(u User) bool { return strings.EqualFold(u.UserName, userName) })
	if i < 0 {
		return User{}, false
	}
	return s.Users[i], true
}

// Group returns the group with this displayName, in any case of letters.
func (s Snapshot) Group(displayName string) (Group, bool) {
	i := slices.IndexFunc(s.Groups, func(g Group) bool { return strings.EqualFold(g.DisplayName, displayName) })
	if i < 0 {
		return Group{}, false
	}
	return s.Groups[i], true
}

// Snapshot returns everything that the service holds at this moment.
func (s *Server) Snapshot() Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := Snapshot{Users: make([]User, 0, len(s.users.order)), Groups: make([]Group, 0, len(s.groups.order))}
	for _, rec := range s.users.order {
		r := rec.resource.Clone()
		out.Users = append(out.Users, User{rec.id, r.Text("userName"), r.Text("externalId"), r.Active(), r})
	}
	for _, rec := range s.groups.order {
		r := rec.resource.Clone()
		members := slices.Sorted(slices.Values(rec.members.ids))
		out.Groups = append(out.Groups, Group{rec.id, r.Text("displayName"), r.Text("externalId"), members, r})
	}
	return out
}

// Seed puts users and groups in as if they had always been there: no request is counted and no fault strikes. The members of a group are named by id or
// by userName. It returns the ids, users first. Names must be free.
func (s *Server) Seed(users, groups []scim.Resource) ([]string, error) {
	ids := make([]string, 0, len(users)+len(groups))
	for i, r := range slices.Concat(users, groups) {
		t, urn := s.users, scim.UserURN
		if i >= len(users) {
			t, urn = s.groups, scim.GroupURN
		}
		r = r.Clone()
		if r.Get("schemas") == nil {
			r["schemas"] = []any{urn}
		}
		id, err := s.seed(t, r)
		if err != nil {
			return nil, fmt.Errorf("seed %s %q: %w", t.kind, r.Text(t.name()), err)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (s *Server) seed(t *table, r scim.Resource) (string, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return "", err
	}
	in, members, err := s.incoming(&call{table: t, body: body})
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, m := range members {
		if found := s.users.at("userName", m); len(found) == 1 {
			members[i] = found[0].id
		}
	}
	rec, err := s.create(t, in, members)
	if err != nil {
		return "", err
	}
	return rec.id, nil
}

// Invariants returns an error if the state contradicts itself: two users or two groups of one name, a member that does not exist, an index that lies.
func (s *Server) Invariants() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range []*table{s.users, s.groups} {
		seen := map[string]string{}
		for _, rec := range t.order {
			name := strings.ToLower(rec.resource.Text(t.name()))
			if other, ok := seen[name]; ok {
				return fmt.Errorf("%s and %s are both %s %q", other, rec.id, t.name(), name)
			}
			seen[name] = rec.id
			if found := t.at(t.name(), name); len(found) != 1 || found[0] != rec || t.byID[rec.id] != rec {
				return fmt.Errorf("%s %s is not found by its %s", t.kind, rec.id, t.name())
			}
			if err := s.known(rec.members.ids); err != nil {
				return fmt.Errorf("group %s: %w", rec.id, err)
			}
		}
		if len(seen) != len(t.byID) {
			return fmt.Errorf("%d %ss stand in order, %d in the index", len(seen), t.kind, len(t.byID))
		}
	}
	return nil
}

var _ http.Handler = (*Server)(nil)
