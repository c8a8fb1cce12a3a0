package engine_test

import (
	"testing"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/engine"
	"muster/internal/link"
	"muster/internal/run"
	"muster/internal/scim"
)

// P1: the user name says one account and the mail another: the evidence disagrees, and nothing is linked or made unasked.
func TestMatchAttributesThatDisagreeAsk(t *testing.T) {
	w := newWorld(t)
	w.rules.People.Match = []attr.Path{"userName", `emails[type eq "work"].value`}
	w.corp.person("ada", "wiki")
	mail := []any{map[string]any{"type": "work", "value": "ada@example.com"}}
	if _, err := w.target.Seed([]scim.Resource{{"userName": "ada", "active": true}, {"userName": "other", "active": true, "emails": mail}}, nil); err != nil {
		t.Fatal(err)
	}
	w.start()
	w.read(run.Done)
	if p := w.preview(); p.Counts["skip ask"] != 1 || p.Counts["link"]+p.Counts["create"] != 0 {
		t.Errorf("counts %v, want one question", p.Counts)
	}
}

// P1: the same holds for an account that a look-up finds after going live.
func TestOnceOwnedAccountAsksWhenLookedUp(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.live()
	if _, err := w.target.Seed([]scim.Resource{{"userName": "bob", "active": true}}, nil); err != nil {
		t.Fatal(err)
	}
	bob, ok := w.target.Snapshot().User("bob")
	if !ok {
		t.Fatal("the account was not seeded")
	}
	err := w.store.Update(t.Context(), "test", func(tx directory.Tx) error {
		l := link.Link{Target: "wiki", Object: directory.NewID(), Kind: connector.User, Remote: connector.RemoteID(bob.ID), State: link.Linked, Since: w.now}
		if err := link.In(tx).Put(t.Context(), l); err != nil {
			return err
		}
		return link.In(tx).Put(t.Context(), link.Link{Target: "wiki", Object: l.Object})
	})
	if err != nil {
		t.Fatal(err)
	}
	w.corp.person("bob", "wiki")
	w.read(run.Done)
	w.follow(run.Held)
	if p := w.hold(); p.Class != "ask" || p.People != 1 {
		t.Errorf("the hold is %+v, want one question", p)
	}
}

// P1, X1: an account that was linked to another person once asks, whoever has what account now; and a rejection keeps its reason.
func TestOnceOwnedAccountAsks(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	_, err := w.target.Seed([]scim.Resource{{"userName": "ada", "active": true}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	id := connector.RemoteID(w.target.Snapshot().Users[0].ID)
	err = w.store.Update(t.Context(), "test", func(tx directory.Tx) error {
		l := link.Link{Target: "wiki", Object: directory.NewID(), Kind: connector.User, Remote: id, State: link.Linked, Since: w.now}
		if err := link.In(tx).Put(t.Context(), l); err != nil {
			return err
		}
		l.Remote = "another"
		return link.In(tx).Put(t.Context(), l)
	})
	if err != nil {
		t.Fatal(err)
	}
	w.start()
	w.read(run.Done)
	p := w.preview()
	if p.Counts["skip ask"] != 1 || p.Counts["link"]+p.Counts["create"] != 0 {
		t.Errorf("counts %v, want one question", p.Counts)
	}
	if _, err := w.Reject(t.Context(), engine.Decision{Plan: p.ID, By: "olivia", Reason: "another Ada"}); err != nil {
		t.Fatal(err)
	}
	err = w.store.View(t.Context(), func(v directory.Reader) error {
		lines, err := run.Of(v).Lines(t.Context(), p.ID, run.Rejected, -1, 100)
		for _, l := range lines {
			if l.By != "olivia" || l.Reason != "another Ada" {
				t.Errorf("%s of %s was rejected by %q because %q", l.Verb, l.Name, l.By, l.Reason)
			}
		}
		if len(lines) == 0 {
			t.Error("nothing was rejected")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
