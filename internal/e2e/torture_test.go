package e2e

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/scim/scimtest"
	"muster/internal/server/adminapi"
	"muster/internal/testserver"
)

// X6, P1, P6: TestTorture kills the server at random moments while the directory changes and the wiki misbehaves. Then it lets both rest, and counts: nobody
// has two accounts, nobody who should have one lacks it, nobody was closed who should not have been, and the next full comparison finds nothing to do.
//
// MUSTER_TORTURE=1 plays it with 10,000 people and 200 kills instead of 500 and 10, and on PostgreSQL too; MUSTER_PEOPLE and MUSTER_KILLS set other sizes.
// MUSTER_SEED replays the changes, the faults and the moments of a run; what the scheduler makes of them is another matter.
func TestTorture(t *testing.T) {
	t.Parallel()
	people, kills := 500, 10
	long := os.Getenv("MUSTER_TORTURE") != ""
	if long {
		people, kills = 10_000, 200
	}
	people, kills = size(t, "MUSTER_PEOPLE", people), size(t, "MUSTER_KILLS", kills)
	t.Run("SQLite", func(t *testing.T) { torture(t, people, kills, func(*house) {}) })
	if long {
		t.Run("PostgreSQL", func(t *testing.T) {
			torture(t, people, kills, func(h *house) {
				h.write("database", testserver.Postgres(t)+"\n")
				h.edit("\nnetwork:", "\ndatabase: {file: database}\nnetwork:")
			})
		})
	}
}

// size is a number from the environment.
func size(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

func torture(t *testing.T, people, kills int, prepare func(*house)) {
	seed := seeded(t)
	c := gather(t, seed, people)
	h := c.house()
	prepare(h)
	h.ok("sync", "-c", "muster.yaml")
	for _, class := range []string{"stated", "left", "missing", "memberships", "groups", "names", "creates"} {
		h.ok("limit", "raise", "wiki", class, "--to", "1000000", "--until", "24h", "--reason", "torture")
	}
	// The more there is to read and to write, the longer a life.
	kill(t, h, c, kills, rand.New(rand.NewPCG(seed, 2)), 1500*time.Millisecond+time.Duration(people/5)*time.Millisecond)
	h.rest(patience + time.Duration(people)*100*time.Millisecond)
	if verify(t, h, c); t.Failed() {
		t.Logf("%s", h.muster("plan", "list", "--all").out)
	}
	h.quiet(func() { h.ok("sync", "--full") })
	t.Logf("%d people, %d kills, %d changes, %d requests of which %d were writes that the wiki let in", c.count, kills, c.steps, h.wiki.Requests(), len(h.wiki.Writes()))
}

// kill approves the first plan and kills the server again and again.
func kill(t *testing.T, h *house, c *crowd, kills int, rng *rand.Rand, longest time.Duration) {
	p := decode[showed](h, 0, "plan", "show", "wiki").Plan
	h.wiki.Fail(misbehaving()...)
	server := h.serve()
	h.ok("plan", "approve", p.ID, "--confirm-count", fmt.Sprint(p.People), "--no-wait")
	most := 20 + c.count/50
	ctx, stop := context.WithCancel(t.Context())
	var busy sync.WaitGroup
	busy.Go(func() { c.bustle(ctx) })
	defer busy.Wait()
	defer stop()
	for i := range kills {
		life, requests := time.Duration(rng.Int64N(int64(longest))), 0
		switch i % 4 {
		case 3:
			life /= 10 // while it starts
		case 1, 2:
			life, requests = 4*longest, 1+rng.IntN(most) // while it writes
		}
		if !outlive(h, server, life, requests) {
			t.Fatalf("muster serve ended by itself: %v\n%s", server.err, server.log.tail(40))
		}
		server.kill()
		if i%10 == 5 {
			h.ok("status")
		}
		server = h.launch()
	}
	server.listens()
}

// outlive waits until the life of a server is over, or it has sent the wiki that many requests. It reports false if the server ended by itself.
func outlive(h *house, server *process, life time.Duration, requests int) bool {
	over, look := time.After(life), time.NewTicker(time.Millisecond)
	defer look.Stop()
	for last := h.wiki.Requests() + requests; requests == 0 || h.wiki.Requests() < last; {
		select {
		case <-over:
			return true
		case <-server.ended:
			return false
		case <-look.C:
		}
	}
	return true
}

// misbehaving is what the wiki does wrong: of 100 requests, three fail in one way or another. Of 1,000, one is told to come later, and all others with it.
func misbehaving() []scimtest.Fault {
	return []scimtest.Fault{
		{Kind: scimtest.ServerError, Chance: 0.01},
		{Kind: scimtest.Lost, Chance: 0.01},
		{Kind: scimtest.Cut, Chance: 0.01},
		{Kind: scimtest.Throttle, Chance: 0.001, Wait: time.Second},
		{Kind: scimtest.Latency, Chance: 0.1, Wait: 30 * time.Millisecond},
	}
}

// rest lets the wiki heal and the server that runs catch up.
func (h *house) rest(patience time.Duration) {
	h.t.Helper()
	h.wiki.Fail()
	h.awaitFor(patience, "everything is in step", func() bool {
		r := h.muster("sync", "--full", "--json")
		if r.code != 0 {
			h.t.Logf("sync --full: exit %d\n%s%s", r.code, r.out, r.err)
		}
		for _, s := range decode[adminapi.Status](h, 0, "status").Targets {
			if s.State == "held" {
				h.letGo()
			}
			if s.State != "in step" {
				h.t.Logf("%s is %s: %d pending, %d held, %d retrying", s.Name, s.State, s.Pending, s.Held, s.Retrying)
				return false
			}
		}
		return r.code == 0
	})
}

// letGo approves what is to be done instead of approved lines that do not hold any more, because people changed before it was their turn.
func (h *house) letGo() {
	h.t.Helper()
	for _, hold := range decode[waiting](h, 0, "hold", "list", "wiki").Holds {
		if hold.Class != "follow-up" {
			h.t.Fatalf("held for another reason: %+v", hold)
		}
		h.muster("hold", "release", hold.ID, "--confirm-count", fmt.Sprint(hold.People))
	}
}

// verify compares the wiki with what the directory says.
func verify(t *testing.T, h *house, c *crowd) {
	if err := h.wiki.Invariants(); err != nil {
		t.Error(err)
	}
	s := h.wiki.Snapshot()
	accounts, numbers := map[string]scimtest.User{}, map[string]string{}
	for _, u := range s.Users {
		number := u.Resource.Text("nickName")
		if twin, ok := accounts[number]; ok {
			t.Errorf("duplicate: %s has the accounts %s (%s) and %s (%s)", number, twin.ID, twin.UserName, u.ID, u.UserName)
		}
		accounts[number], numbers[u.ID] = u, number
	}
	fates, active := c.fates(), 0
	for _, number := range slices.Sorted(maps.Keys(fates)) {
		f := fates[number]
		u, ok := accounts[number]
		switch {
		case f.active && !ok:
			t.Errorf("lost: %s (%s) has no account", number, f.username)
		case f.active && !u.Active:
			t.Errorf("wrongly closed: %s (%s)", number, f.username)
		case !f.active && u.Active:
			t.Errorf("not closed: %s (%s): %s", number, f.username, h.muster("why", f.username, "wiki").out)
		case f.active && (u.UserName != f.username || workMail(u) != f.mail || familyName(u) != f.surname):
			t.Errorf("%s is %s, %s, %s at the wiki, want %+v", number, u.UserName, workMail(u), familyName(u), *f)
		}
		if f.active {
			active++
		}
	}
	for _, w := range h.wiki.Writes() {
		number, ok := numbers[w.ID]
		if ok && !c.out[number] && !slices.Contains(c.gone, number) && strings.Contains(w.Body, `"active"`) && strings.Contains(w.Body, "false") {
			t.Errorf("wrongly closed for a while: %s: %s %s", number, w.Method, w.Body)
		}
	}
	verifyGroups(t, s, c, fates, numbers)
	t.Logf("%d accounts, %d of them active, %d groups", len(s.Users), active, len(s.Groups))
}

// verifyGroups looks at the members of whom something can be said: those who should have an account, and those who should not be in the group.
func verifyGroups(t *testing.T, s scimtest.Snapshot, c *crowd, fates map[string]*fate, numbers map[string]string) {
	if len(s.Groups) != crowdGroups {
		t.Errorf("%d groups, want %d", len(s.Groups), crowdGroups)
	}
	for _, name := range c.groups() {
		g, ok := s.Group(name)
		if !ok {
			t.Errorf("lost: the group %s", name)
		}
		in := map[string]bool{}
		for _, id := range g.Members {
			in[numbers[id]] = true
		}
		for number, f := range fates {
			switch wanted := slices.Contains(f.groups, name); {
			case f.active && wanted && !in[number]:
				t.Errorf("lost: %s in %s", number, name)
			case f.active && !wanted && in[number]:
				t.Errorf("not removed: %s from %s", number, name)
			}
		}
	}
}
