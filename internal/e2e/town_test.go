package e2e

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/run"
	"muster/internal/scim/scimtest"
	"muster/internal/secret"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

// A town is one directory, one `muster serve` and many targets, in which many stories happen side by side. Each story has people of its own, and is told in a
// straight line: change something, sync, look. At sync the stories wait for each other, and one `muster sync` brings all of them on.
//
// Stories name parts, not targets: the part wiki, say, is played by a target of each vendor of the town, and what a story says of a part holds for all of them.
//
// Limits are out of the way here: many stories at once are more than one company does in a day.
type town struct {
	*house
	company *company
	sites   []*site
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

// town builds a town with these targets.
func (c *company) town(sites ...*site) *town {
	c.t.Helper()
	w := &town{company: c, sites: sites}
	w.moved = sync.NewCond(&w.mu)
	text := "targets:\n"
	for _, x := range sites {
		x.Server = scimtest.NewServer(c.t, scimtest.Config{Vendor: x.vendor, Token: wikiToken, Speed: 100_000})
		text += x.yaml()
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
		w.raise()
		for _, x := range w.sites {
			p := decode[showed](w.house, 0, "plan", "show", x.name).Plan
			if p.Kind == run.First {
				if r := w.muster("plan", "approve", p.ID, "--confirm-count", strconv.Itoa(p.People)); r.code != 0 && r.code != 4 { // 4: somebody is asked
					w.t.Fatalf("muster plan approve: exit code %d\n%s%s", r.code, r.out, r.err)
				}
			}
		}
	}
	if w.last = w.muster("sync"); w.last.code != 0 && w.last.code != 4 {
		w.t.Fatalf("muster sync: exit code %d\n%s%s", w.last.code, w.last.out, w.last.err)
	}
}

// raise takes all limits out of the way.
func (w *town) raise() {
	w.t.Helper()
	token, err := os.ReadFile(w.path("muster-data/" + adminapi.TokenName))
	if err != nil {
		w.t.Fatal(err)
	}
	api := client.Socket(w.path("muster-data/"+adminapi.SocketName), secret.New(strings.TrimSpace(string(token))))
	raise := func(name, class string) {
		r := adminapi.Raise{Class: class, To: 10000, Until: time.Now().Add(24 * time.Hour), Reason: "many stories"}
		if _, err := api.Raise(w.t.Context(), name, r); err != nil {
			w.t.Fatal(err)
		}
	}
	raise("corp", "shrink")
	for _, x := range w.sites {
		for _, class := range []string{"stated", "left", "missing", "memberships", "groups", "names", "creates"} {
			raise(x.name, class)
		}
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
