package e2e

import (
	"database/sql"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"muster/internal/run"
	"muster/internal/scim"
	"muster/internal/scim/scimtest"
)

// A town is one directory, one `muster serve` and some targets, in which many stories happen side by side. Each story has people of its own, and is told in a
// straight line: change something, sync, look. At sync the stories wait for each other, and one `muster sync` brings all of them on.
//
// Limits are out of the way here: many stories at once are more than one company does in a day.
type town struct {
	*house
	company *company
	at      map[string]*scimtest.Server
	server  *process

	mu                      sync.Mutex // guards all below
	moved                   *sync.Cond
	present, waiting, round int
	over                    bool // nobody syncs any more
	last                    result
}

// A story is one of the stories of a town.
type story struct {
	*testing.T
	*town
	company *company
}

// town builds a town with these targets: the name of each, and its YAML below the line with the token.
func (c *company) town(targets map[string]string) *town {
	c.t.Helper()
	w := &town{company: c, at: map[string]*scimtest.Server{}}
	w.moved = sync.NewCond(&w.mu)
	text := "targets:\n"
	for _, name := range slices.Sorted(maps.Keys(targets)) {
		s := scimtest.NewServer(c.t, scimtest.Config{Token: wikiToken})
		w.at[name] = s
		text += "  - name: " + name + "\n    type: scim\n    mode: live\n    settings: {url: \"" + s.URL + "\", token: {env: WIKI_TOKEN}}\n" + targets[name]
		if name != "wiki" && strings.Contains(targets[name], "cn="+name+",ou=Groups") {
			c.group(name, c.bind) // OpenLDAP has no empty groups, and whoever is in no base is no member
		}
	}
	w.house = newHouse(c.t, c.source(), text)
	w.write("ldap-password", c.secret+"\n")
	return w
}

// play plays stories until all have ended. The first sync is the first day: it makes the first plans, and they are approved.
func (w *town) play(stories map[string]func(*story)) {
	w.t.Helper()
	var all sync.WaitGroup
	w.present = len(stories)
	for name, tell := range stories {
		all.Go(func() {
			defer w.leave()
			w.t.Run(name, func(t *testing.T) {
				c := *w.company
				c.Directory, c.t = c.For(t), t
				h := *w.house
				h.t = t
				tell(&story{T: t, town: w, company: &c})
			})
		})
	}
	defer all.Wait()
	defer w.end()
	for w.gathered() {
		w.day()
		w.proceed()
	}
}

// day is what happens when all stories wait.
func (w *town) day() {
	w.t.Helper()
	if w.round == 0 {
		w.server = w.serve()
		w.ok("sync")
		for name := range w.at {
			for _, class := range []string{"stated", "left", "missing", "memberships", "groups", "names", "creates"} {
				w.ok("limit", "raise", name, class, "--to", "10000", "--until", "24h", "--reason", "many stories")
			}
			p := decode[showed](w.house, 0, "plan", "show", name).Plan
			if p.Kind == run.First {
				w.ok("plan", "approve", p.ID, "--confirm-count", strconv.Itoa(p.People))
			}
		}
		w.ok("limit", "raise", "corp", "shrink", "--to", "10000", "--until", "24h", "--reason", "many stories")
	}
	if w.last = w.muster("sync"); w.last.code != 0 && w.last.code != 4 {
		w.t.Fatalf("muster sync: exit code %d\n%s%s", w.last.code, w.last.out, w.last.err)
	}
}

// gathered waits until all stories that go on wait for the next sync. It returns false when there are none.
func (w *town) gathered() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.present > 0 && w.waiting < w.present {
		w.moved.Wait()
	}
	return w.present > 0
}

// proceed lets the stories go on.
func (w *town) proceed() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = 0
	w.round++
	w.moved.Broadcast()
}

func (w *town) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.present--
	w.moved.Broadcast()
}

func (w *town) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	w.moved.Broadcast()
}

// sync waits for the other stories and brings everything in step.
func (s *story) sync() {
	s.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	round := s.round
	s.waiting++
	s.moved.Broadcast()
	for s.round == round && !s.over {
		s.moved.Wait()
	}
	if s.round == round {
		s.Skip("the town is no more")
	}
}

// in returns the house for commands of this story.
func (s *story) in() *house {
	h := *s.house
	h.t = s.T
	return &h
}

// pass lets time pass for an entry: if it was missing in the last read, it has been missing for that much longer.
func (s *story) pass(dn string, d time.Duration) {
	s.Helper()
	db, err := sql.Open("sqlite", "file:"+s.path("muster-data/muster.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(s.Context(), "update record set since = since - $1 where status = 'absent' and lower(name) = lower($2)", d.Milliseconds(), dn); err != nil {
		s.Fatal(err)
	}
}

// How an account can stand.
const (
	active   = "active"
	disabled = "disabled"
	none     = "no account"
)

// is checks how somebody stands at a target.
func (s *story) is(target, username, want string) {
	s.Helper()
	got := none
	if u, ok := s.at[target].Snapshot().User(username); ok {
		if got = disabled; u.Active {
			got = active
		}
	}
	if got != want {
		s.Errorf("%s is %s at %s, want %s", username, got, target, want)
	}
}

// account returns somebody's account.
func (s *story) account(target, username string) scimtest.User {
	s.Helper()
	u, ok := s.at[target].Snapshot().User(username)
	if !ok {
		s.Fatalf("%s has no account at %s", username, target)
	}
	return u
}

// holds checks an attribute of somebody's account; "" means that it has none.
func (s *story) holds(target, username, attribute, want string) {
	s.Helper()
	if got := s.account(target, username).Resource.Text(attribute); got != want {
		s.Errorf("%s of %s at %s is %q, want %q", attribute, username, target, got, want)
	}
}

// members checks the members of a group at a target by user name.
func (s *story) members(target, group string, want ...string) {
	s.Helper()
	snapshot := s.at[target].Snapshot()
	g, ok := snapshot.Group(group)
	if !ok {
		s.Errorf("%s has no group %s", target, group)
		return
	}
	got := []string{}
	for _, u := range snapshot.Users {
		if slices.Contains(g.Members, u.ID) {
			got = append(got, u.UserName)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		s.Errorf("the members of %s at %s are %q, want %q", group, target, got, want)
	}
}

// noGroup checks that a target does not have a group.
func (s *story) noGroup(target, group string) {
	s.Helper()
	if _, ok := s.at[target].Snapshot().Group(group); ok {
		s.Errorf("%s has the group %s, want none", target, group)
	}
}

// writes returns what a target was asked to write about the user or group of this name since the story last asked.
func (s *story) writes(target, name string, since int) []scimtest.Write {
	var out []scimtest.Write
	for _, w := range s.at[target].Writes()[since:] {
		if strings.EqualFold(w.Name, name) {
			out = append(out, w)
		}
	}
	return out
}

// costs checks how many writes a sync costs that are about the user or group of this name.
func (s *story) costs(want int, target, name string) {
	s.Helper()
	before := len(s.at[target].Writes())
	s.sync()
	if got := s.writes(target, name, before); len(got) != want {
		s.Errorf("%d writes about %s at %s, want %d: %+v", len(got), name, target, want, got)
	}
}

// seed puts an account into a target as if it had always been there.
func (s *story) seed(target string, user scim.Resource) {
	s.Helper()
	if _, err := s.at[target].Seed([]scim.Resource{user}, nil); err != nil {
		s.Fatal(err)
	}
}
