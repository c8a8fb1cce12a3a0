package e2e

import (
	"maps"
	"slices"
	"strings"

	"muster/internal/attr"
	"muster/internal/run"
	"muster/internal/scim"
	"muster/internal/scim/scimtest"
	"muster/internal/server/adminapi"
)

// hired hires somebody: their user name is also their given name.
func (s *story) hired(username string, groups ...string) {
	s.Helper()
	s.company.join(username, "Story", username, groups...)
}

// cn is the DN of somebody whom a story hired.
func cn(username string) string { return person(username + " Story") }

// set sets an attribute of somebody whom the story hired; no values clear it.
func (s *story) set(username, attribute string, values ...string) {
	s.Helper()
	if attribute == "login" {
		attribute = s.company.login
	}
	s.company.Replace(cn(username), attribute, values...)
}

// How an account can stand.
const (
	active   = "active"
	disabled = "disabled"
	none     = "no account"
)

// is checks how somebody stands at the targets of a part.
func (s *story) is(part, username, want string) {
	s.Helper()
	for _, x := range s.parts(part) {
		got := none
		if u, ok := x.Snapshot().User(username); ok {
			if got = disabled; u.Active {
				got = active
			}
		}
		if got != want {
			s.Errorf("%s is %s at %s, want %s", username, got, x.name, want)
		}
	}
}

// account returns somebody's account.
func (s *story) account(x *site, username string) scimtest.User {
	s.Helper()
	u, ok := x.Snapshot().User(username)
	if !ok {
		s.Fatalf("%s has no account at %s", username, x.name)
	}
	return u
}

// ids returns the ids of somebody's accounts, by target.
func (s *story) ids(part, username string) map[string]string {
	s.Helper()
	out := map[string]string{}
	for _, x := range s.parts(part) {
		out[x.name] = s.account(x, username).ID
	}
	return out
}

// same checks that somebody has the accounts with these ids.
func (s *story) same(part, username string, ids map[string]string) {
	s.Helper()
	if got := s.ids(part, username); !maps.Equal(got, ids) {
		s.Errorf("%s has the accounts %v, and had %v", username, got, ids)
	}
}

// holds checks a value of somebody's accounts, wherever a target has a place for it; "" means that there is none.
func (s *story) holds(part, username, value, want string) {
	s.Helper()
	looked := false
	for _, x := range s.parts(part) {
		path, ok := x.places()[value]
		if !ok {
			continue
		}
		looked = true
		if got := strings.Join(scim.Values(s.account(x, username).Resource, attr.Path(path)), ", "); got != want {
			s.Errorf("%s of %s at %s is %q, want %q", value, username, x.name, got, want)
		}
	}
	if !looked {
		s.Errorf("no target that plays %s has a place for %s", part, value)
	}
}

// reports checks that somebody's accounts refer to the accounts of boss, wherever a target keeps that; "" = to nobody's.
func (s *story) reports(part, username, boss string) {
	s.Helper()
	looked := false
	for _, x := range s.parts(part) {
		path, ok := x.places()["manager"]
		if !ok {
			continue
		}
		looked = true
		want := ""
		if boss != "" {
			want = s.account(x, boss).ID
		}
		if got := strings.Join(scim.Values(s.account(x, username).Resource, attr.Path(path)), ", "); got != want {
			s.Errorf("the manager of %s at %s is %q, want %q, the account of %q", username, x.name, got, want, boss)
		}
	}
	if !looked {
		s.Errorf("no target that plays %s keeps a manager", part)
	}
}

// members checks the members of a group by user name.
func (s *story) members(part, group string, want ...string) {
	s.Helper()
	slices.Sort(want)
	for _, x := range s.parts(part) {
		snapshot := x.Snapshot()
		g, ok := snapshot.Group(group)
		if !ok {
			s.Errorf("%s has no group %s", x.name, group)
			continue
		}
		got := []string{}
		for _, u := range snapshot.Users {
			if slices.Contains(g.Members, u.ID) {
				got = append(got, u.UserName)
			}
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			s.Errorf("the members of %s at %s are %q, want %q", group, x.name, got, want)
		}
	}
}

// groupIDs returns the ids of a group, by target; "" where there is none.
func (s *story) groupIDs(part, group string) map[string]string {
	out := map[string]string{}
	for _, x := range s.parts(part) {
		g, _ := x.Snapshot().Group(group)
		out[x.name] = g.ID
	}
	return out
}

// sameGroup checks that a group has these ids.
func (s *story) sameGroup(part, group string, ids map[string]string) {
	s.Helper()
	if got := s.groupIDs(part, group); !maps.Equal(got, ids) {
		s.Errorf("the group %s is %v, and was %v", group, got, ids)
	}
}

// renaming are the targets of a part that can rename groups.
func (s *story) renaming(part string) []*site {
	s.Helper()
	return slices.DeleteFunc(slices.Clone(s.parts(part)), func(x *site) bool { return x.vendor == scimtest.Atlassian })
}

// noGroup checks that the targets of a part do not have a group.
func (s *story) noGroup(part, group string) {
	s.Helper()
	for _, x := range s.parts(part) {
		if _, ok := x.Snapshot().Group(group); ok {
			s.Errorf("%s has the group %s, want none", x.name, group)
		}
	}
}

// costs checks how many writes about the user or group of this name a sync costs at each target of a part, and returns them.
func (s *story) costs(want int, part, name string) []scimtest.Write {
	s.Helper()
	before := map[string]int{}
	for _, x := range s.parts(part) {
		before[x.name] = len(x.Writes())
	}
	s.sync()
	var all []scimtest.Write
	for _, x := range s.parts(part) {
		about := slices.DeleteFunc(x.Writes()[before[x.name]:], func(w scimtest.Write) bool { return !strings.EqualFold(w.Name, name) })
		if len(about) != want {
			s.Errorf("%d writes about %s at %s, want %d: %+v", len(about), name, x.name, want, about)
		}
		all = append(all, about...)
	}
	return all
}

// seed puts an account of this name into the targets of a part as if it had always been there, with an address of its own.
func (s *story) seed(part, username string, active bool) {
	s.Helper()
	mail := []any{map[string]any{"value": strings.ToLower(username) + "@old.example.com", "type": "work", "primary": true}}
	for _, x := range s.parts(part) {
		if _, err := x.Seed([]scim.Resource{{"userName": username, "active": active, "emails": mail}}, nil); err != nil {
			s.Fatal(err)
		}
	}
}

// seedGroup puts a group with these members into the targets of a part as if it had always been there.
func (s *story) seedGroup(part, name string, usernames ...string) {
	s.Helper()
	members := []any{}
	for _, u := range usernames {
		members = append(members, map[string]any{"value": u})
	}
	for _, x := range s.parts(part) {
		if _, err := x.Seed(nil, []scim.Resource{{"displayName": name, "members": members}}); err != nil {
			s.Fatal(err)
		}
	}
}

// waiting is what waits for a person.
type waiting struct {
	Holds   []run.Plan         `json:"holds"`
	Waiting []adminapi.Waiting `json:"waiting"`
}

// release approves the line about somebody or a group that is held at each target of a part, and syncs.
func (s *story) release(part, name string) {
	s.Helper()
	h := s.in()
	for _, x := range s.parts(part) {
		released := false
		for _, hold := range decode[waiting](h, 0, "hold", "list", x.name).Holds {
			for _, l := range decode[showed](h, 0, "hold", "show", hold.ID).Lines {
				if strings.EqualFold(l.Name, name) && l.Status == run.Waiting {
					r := h.muster("hold", "release", hold.ID, "--line", l.Key, "--confirm-count", "1")
					released = r.code == 0 || r.code == 4 // 4: others are still asked about
				}
			}
		}
		if !released {
			s.Errorf("nothing about %s is held at %s", name, x.name)
		}
	}
	s.sync()
}

// waits checks that at the targets of a part somebody is asked about each of these people or groups.
func (s *story) waits(part string, names ...string) {
	s.Helper()
	for _, x := range s.parts(part) {
		var got []string
		w := decode[waiting](s.in(), 0, "hold", "list", x.name)
		for _, one := range w.Waiting {
			got = append(got, one.Name)
		}
		for _, name := range names {
			if !slices.Contains(got, name) {
				s.Errorf("%s waits for nobody's answer at %s: %v", name, x.name, got)
			}
		}
	}
}
