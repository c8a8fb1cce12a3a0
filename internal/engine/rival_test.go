package engine_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/run"
	"muster/internal/scim"
	"muster/internal/source"
)

// rivals makes a world whose accounts are matched by user name, then by mail.
func rivals(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.rules.Groups = nil
	w.rules.People.Match = []attr.Path{"userName", `emails[type eq "work"].value`}
	return w
}

// account is one as the target has it before Muster comes.
func account(user, mail, name string) scim.Resource {
	return scim.Resource{
		"userName": user, "active": true, "displayName": name, "title": "-", "emails": []any{map[string]any{"type": "work", "value": mail}},
	}
}

func (w *world) seed(all ...scim.Resource) {
	w.t.Helper()
	if _, err := w.target.Seed(all, nil); err != nil {
		w.t.Fatal(err)
	}
}

// shares gives people the mail address of one of them.
func (w *world) shares(mail string, names ...string) {
	for _, name := range names {
		w.corp.change(name, func(r *source.Record) { r.Attrs["mail"] = []string{mail} })
	}
}

// idOf returns the id of an account at the target.
func (w *world) idOf(user string) connector.RemoteID {
	w.t.Helper()
	u, ok := w.target.Snapshot().User(user)
	if !ok {
		w.t.Fatalf("there is no account %s", user)
	}
	return connector.RemoteID(u.ID)
}

// owners fails if an account is linked to two people, and returns to how many one of them is.
func (w *world) owners(id connector.RemoteID) int {
	w.t.Helper()
	seen := map[connector.RemoteID]int{}
	err := w.store.View(w.t.Context(), func(v directory.Reader) error {
		links, err := link.Of(v).List(w.t.Context(), "wiki", connector.User, nil, "", 2000)
		for _, l := range links {
			if seen[l.Remote]++; l.Remote != "" && seen[l.Remote] > 1 {
				w.t.Errorf("the account %s is linked to %d people", l.Remote, seen[l.Remote])
			}
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return seen[id]
}

// P1: two people who match one account are asked about, however many are between them.
func TestRivalsFarApartAreBothAsked(t *testing.T) {
	w := rivals(t)
	for i := range 600 {
		w.corp.person(who(i), "wiki")
		if i != 3 && i != 597 {
			w.seed(account(who(i), who(i)+"@example.com", "Name of "+who(i)))
		}
	}
	w.shares("shared@example.com", who(3), who(597))
	w.seed(account("old", "shared@example.com", "Old"))
	old := w.idOf("old")
	w.start()
	w.read(run.Done)
	p := w.preview()
	if p.Counts["skip ask"] != 2 || p.Counts["link"] != 598 {
		t.Errorf("counts %v, want two questions and 598 links", p.Counts)
	}
	w.release(p)
	w.sync(run.Held) // whoever came second is asked about again: it is somebody's now
	if n := w.owners(old); n != 1 {
		t.Errorf("the shared account has %d owners", n)
	}
}

// P1: the same where accounts are looked up one by one.
func TestRivalsWhoAreLookedUp(t *testing.T) {
	w := rivals(t)
	w.corp.person("ada", "wiki")
	w.live()
	w.raiseAll()
	w.seed(account("old", "shared@example.com", "Old"))
	old := w.idOf("old")
	for i := range 300 {
		w.corp.person(who(i), "wiki")
		if i != 1 && i != 299 {
			w.seed(account(who(i), who(i)+"@example.com", "Name of "+who(i)))
		}
	}
	w.shares("shared@example.com", who(1), who(299))
	w.read(run.Done)
	w.follow(run.Held)
	if n := w.owners(old); n > 1 {
		t.Errorf("the shared account has %d owners", n)
	}
	if p := w.hold(); p.Class != "ask" || p.People < 1 || p.People+w.owners(old) != 2 {
		t.Errorf("the hold is %+v, want whoever has not got the account", p)
	}
	w.now = w.now.Add(time.Hour)
	w.sync(run.Done)
	w.owners(old)
}

// P1: whatever comes in whatever order, no account has two people.
func TestRivalsInAnyOrder(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 7))
			w := rivals(t)
			w.corp.person("ada", "wiki")
			w.live()
			w.raiseAll()
			for i := range 3 {
				w.seed(account(fmt.Sprint("old", i), fmt.Sprintf("shared%d@example.com", i), "Old"))
			}
			for i := range 8 {
				w.corp.person(who(i), "wiki")
				w.shares(fmt.Sprintf("shared%d@example.com", rnd.IntN(3)), who(i))
				if rnd.IntN(3) > 0 {
					continue
				}
				w.read(run.Done)
				w.now = w.now.Add(time.Hour)
				switch rnd.IntN(3) {
				case 0:
					w.follows()
				case 1:
					_, _ = w.Sync(t.Context(), "wiki", "")
				}
				for _, p := range w.holds() {
					if rnd.IntN(2) == 0 {
						w.release(p)
					}
				}
				w.owners("")
			}
			w.read(run.Done)
			_, _ = w.Sync(t.Context(), "wiki", "")
			w.owners("")
		})
	}
}

// P1: an approval answers the question that was asked. The account became somebody else's meanwhile: that is another question.
func TestApprovalDoesNotAnswerAnotherQuestion(t *testing.T) {
	for _, how := range []string{"follow", "sync"} {
		t.Run(how, func(t *testing.T) {
			w := rivals(t)
			w.corp.person("ada", "wiki")
			w.live()
			old := account("bob", "bob@example.com", "Bob")
			old["active"] = false
			w.seed(old)
			w.corp.person("bob", "wiki")
			w.read(run.Done)
			w.follow(run.Held)
			w.release(w.hold())
			bob := w.idOf("bob")
			other := link.Link{Target: "wiki", Object: directory.NewID(), Kind: connector.User, Remote: bob, State: link.Linked, Active: true, Since: w.now}
			err := w.store.Update(t.Context(), "test", func(tx directory.Tx) error { return link.In(tx).Put(t.Context(), other) })
			if err != nil {
				t.Fatal(err)
			}
			w.now = w.now.Add(time.Minute)
			if how == "follow" {
				w.follows()
			} else {
				_, _ = w.Sync(t.Context(), "wiki", "")
			}
			if n := w.owners(bob); n != 1 || w.accounts()["bob"] {
				t.Errorf("%d owners, active %t: the approval gave bob somebody else's account", n, w.accounts()["bob"])
			}
			if p := w.hold(); p.Class != "ask" || p.People != 1 {
				t.Errorf("the hold is %+v, want the new question", p)
			}
		})
	}
}
