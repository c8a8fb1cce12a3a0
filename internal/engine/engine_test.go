package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/engine"
	"muster/internal/mapping"
	"muster/internal/run"
	"muster/internal/scim"
	"muster/internal/scim/scimtest"
	"muster/internal/source"
)

func TestFirstPlanWritesNothing(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.corp.person("bob", "wiki")
	w.corp.person("carl")
	w.start()
	w.read(run.Done)
	p := w.preview()
	want := []string{"add members wiki", "create ada", "create bob", "create wiki"}
	if diff := cmp.Diff(want, w.lines(p.ID)); diff != "" {
		t.Errorf("first plan (-want +got):\n%s", diff)
	}
	w.sync(run.Done)
	w.follow("")
	if n := w.target.Count("POST", scimtest.Users) + w.target.Count("PATCH", scimtest.Users); n != 0 {
		t.Errorf("%d writes before the plan was approved", n)
	}
	if again := w.preview(); again.ID != p.ID {
		t.Error("a plan that says the same was stored again")
	}
}

func TestApprovedPlanIsCarriedOut(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.corp.person("bob", "wiki")
	w.live()
	if diff := cmp.Diff(map[string]bool{"ada": true, "bob": true}, w.accounts()); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ada", "bob"}, w.members("wiki")); diff != "" {
		t.Errorf("members of wiki (-want +got):\n%s", diff)
	}
	calls := w.target.Requests()
	w.read(run.Done)
	w.follow("")
	if n := w.target.Requests() - calls; n != 0 {
		t.Errorf("%d calls after a read without changes", n)
	}
	if r := w.sync(run.Done); r.Counts["updated"]+r.Counts["created"] != 0 {
		t.Errorf("a full reconcile of what is in step wrote: %v", r.Counts)
	}
}

func TestLifeFlows(t *testing.T) {
	w := newWorld(t)
	w.corp.group("wiki-editors")
	w.corp.person("ada", "wiki", "wiki-editors")
	w.corp.person("bob", "wiki")
	w.live()

	w.corp.person("cleo", "wiki", "wiki-editors")                                                    // joins
	w.corp.change("ada", func(r *source.Record) { r.Attrs["mail"] = []string{"ada.l@example.com"} }) // changes
	w.corp.change("bob", func(r *source.Record) { r.Disabled = true })                               // leaves
	w.read(run.Done)
	w.follow(run.Done)
	if diff := cmp.Diff(map[string]bool{"ada": true, "bob": false, "cleo": true}, w.accounts()); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ada", "cleo"}, w.members("wiki-editors")); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}

	w.corp.change("bob", func(r *source.Record) { r.Disabled = false }) // comes back
	w.corp.leave("ada", "wiki-editors")
	w.read(run.Done)
	w.follow(run.Done)
	if !w.accounts()["bob"] {
		t.Error("bob was not enabled again")
	}
	if diff := cmp.Diff([]string{"cleo"}, w.members("wiki-editors")); diff != "" {
		t.Errorf("members after one left (-want +got):\n%s", diff)
	}

	w.corp.leave("cleo", "wiki") // out of scope
	w.read(run.Done)
	w.follow(run.Done)
	if w.accounts()["cleo"] {
		t.Error("cleo left the scope group and still has an active account")
	}
}

func TestExistingAccountsAreAdopted(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.corp.person("bob", "wiki")
	w.corp.change("bob", func(r *source.Record) { r.Disabled = true })
	_, err := w.target.Seed([]scim.Resource{
		{"userName": "Ada", "active": true, "displayName": "Wrong", "title": "Kept"},
		{"userName": "bob", "active": true},
		{"userName": "stranger", "active": true},
	}, []scim.Resource{{"displayName": "wiki", "members": []any{map[string]any{"value": "stranger"}}}})
	if err != nil {
		t.Fatal(err)
	}
	w.start()
	w.read(run.Done)
	p := w.preview()
	want := []string{"add members wiki", "disable bob", "link ada", "link bob", "link wiki", "remove members wiki", "update ada"}
	if diff := cmp.Diff(want, w.lines(p.ID)); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	if _, err := w.Approve(t.Context(), engine.Decision{Plan: p.ID, By: "olivia", Count: p.People}); err != nil {
		t.Fatal(err)
	}
	w.sync(run.Done)
	if diff := cmp.Diff(map[string]bool{"ada": true, "bob": false, "stranger": true}, w.accounts()); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	ada, _ := w.target.Snapshot().User("ada")
	if got := ada.Resource["title"]; got != "Kept" {
		t.Errorf("a create-only value overwrote the account's title: %v", got)
	}
	if diff := cmp.Diff([]string{"ada"}, w.members("wiki")); diff != "" {
		t.Errorf("members of wiki (-want +got):\n%s", diff)
	}
}

func TestLimitHoldsAndReleases(t *testing.T) {
	w := newWorld(t)
	for i := range 40 {
		w.corp.person(fmt.Sprintf("p%02d", i), "wiki")
	}
	w.live()
	for i := range 12 {
		w.corp.change(fmt.Sprintf("p%02d", i), func(r *source.Record) { r.Disabled = true })
	}
	w.corp.person("newcomer", "wiki")
	w.read(run.Done)
	w.follow(run.Held)
	holds := w.holds()
	if len(holds) != 1 || holds[0].People != 12 {
		t.Fatalf("holds: %+v, want one of 12 people", holds)
	}
	if active(w.accounts()) != 41 {
		t.Errorf("%d active accounts, want 41: all old ones, and the newcomer", active(w.accounts()))
	}
	if r := w.follow(""); r.ID != "" {
		t.Errorf("a hold made another run: %+v", r)
	}
	if _, err := w.Approve(t.Context(), engine.Decision{Plan: holds[0].ID, By: "olivia", Count: 11}); err == nil {
		t.Error("a wrong count released the hold")
	}
	w.corp.change("p00", func(r *source.Record) { r.Disabled = false }) // not a leaver after all
	w.read(run.Done)
	if _, err := w.Approve(t.Context(), engine.Decision{Plan: holds[0].ID, By: "olivia", Count: 12}); err != nil {
		t.Fatal(err)
	}
	w.follow(run.Done)
	if got := active(w.accounts()); got != 30 {
		t.Errorf("%d active accounts after the release, want 30", got)
	}
	w.corp.change("p20", func(r *source.Record) { r.Disabled = true })
	w.read(run.Done)
	w.follow(run.Done) // what was released does not use the limit up
	if len(w.holds()) != 0 {
		t.Errorf("a single leaver after a release is held: %+v", w.holds())
	}
}

func active(accounts map[string]bool) int {
	n := 0
	for _, a := range accounts {
		if a {
			n++
		}
	}
	return n
}

func TestAbsenceIsNotEvidence(t *testing.T) {
	w := newWorld(t)
	for i := range 40 {
		w.corp.person(fmt.Sprintf("p%02d", i), "wiki")
	}
	w.live()

	w.corp.hidden["p-p01"] = true
	w.read(run.Done)
	w.follow("")
	if !w.accounts()["p01"] {
		t.Fatal("one read without p01 closed their account")
	}
	w.now = w.now.Add(5 * time.Minute)
	w.read(run.Done)
	w.follow("")
	if !w.accounts()["p01"] {
		t.Fatal("five minutes of absence closed p01")
	}
	w.corp.fail = &source.Incomplete{Code: "cut", What: "the connection broke"}
	w.now = w.now.Add(6 * time.Minute)
	w.read(run.Incomplete)
	w.follow("")
	if !w.accounts()["p01"] {
		t.Fatal("an incomplete read closed p01")
	}
	w.corp.fail = nil
	w.read(run.Done)
	w.follow(run.Done)
	if w.accounts()["p01"] {
		t.Error("p01 is still active after two complete reads and eleven minutes")
	}
	if diff := cmp.Diff(39, len(w.members("wiki"))); diff == "" {
		t.Log("the closed account was taken out of the group")
	}

	for i := 2; i < 12; i++ {
		w.corp.hidden[source.Key(fmt.Sprintf("p-p%02d", i))] = true
	}
	w.now = w.now.Add(time.Hour)
	w.read(run.Suspicious)
	w.now = w.now.Add(time.Hour)
	w.read(run.Suspicious)
	w.follow("")
	if got := active(w.accounts()); got != 39 {
		t.Errorf("%d active accounts after a shrunken read, want 39", got)
	}
}

func TestMovedOutOfTheSource(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.corp.person("bob", "wiki")
	w.live()
	w.corp.moved["p-ada"] = "uid=ada,ou=elsewhere,dc=corp"
	w.read(run.Done)
	w.follow(run.Done)
	if w.accounts()["ada"] {
		t.Error("ada moved out of the source's bases and is still active")
	}
	delete(w.corp.moved, "p-ada")
	w.read(run.Done)
	w.follow(run.Done)
	if !w.accounts()["ada"] {
		t.Error("ada came back and was not enabled")
	}
}

func TestRefusedTargetIsStoppedAndForgetsNothing(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.live()
	for _, fault := range []scimtest.Kind{scimtest.Unauthorized, scimtest.HTML, scimtest.Missing} {
		t.Run(string(fault), func(t *testing.T) {
			name := "new-" + string(fault[:3])
			w.corp.person(name, "wiki")
			w.read(run.Done)
			w.target.Fail(scimtest.Fault{Kind: fault})
			w.follow(run.Stopped)
			w.target.Fail()
			w.follow(run.Done)
			if !w.accounts()[name] {
				t.Errorf("%s was forgotten", name)
			}
			if !w.accounts()["ada"] {
				t.Error("ada was touched")
			}
		})
	}
}

func TestLostReplyMakesNoSecondAccount(t *testing.T) {
	for _, fault := range []scimtest.Kind{scimtest.Lost, scimtest.Cut, scimtest.ServerError, scimtest.Throttle} {
		t.Run(string(fault), func(t *testing.T) {
			w := newWorld(t)
			w.corp.person("ada", "wiki")
			w.live()
			for i := range 20 {
				w.corp.person(fmt.Sprintf("p%02d", i), "wiki")
			}
			w.read(run.Done)
			w.target.Fail(scimtest.Fault{Kind: fault, Method: "POST", Chance: 0.5})
			w.follow(run.Done)
			w.target.Fail()
			for range 5 {
				w.now = w.now.Add(time.Hour)
				if _, err := w.Follow(t.Context(), "wiki", ""); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.target.Invariants(); err != nil {
				t.Error(err)
			}
			if got := active(w.accounts()); got != 21 {
				t.Errorf("%d accounts, want 21", got)
			}
			if got := len(w.members("wiki")); got != 21 {
				t.Errorf("%d members of wiki, want 21", got)
			}
		})
	}
}

func TestUnmappedByThePersonAndMappedByTheTarget(t *testing.T) {
	w := newWorld(t)
	w.rules.People.Attributes["nickName"] = mapping.Rule{Expr: "source.corp.nick"}
	w.corp.person("ada", "wiki")
	w.corp.change("ada", func(r *source.Record) { r.Attrs["nick"] = []string{"Countess"} })
	w.live()
	w.corp.change("ada", func(r *source.Record) { r.Attrs["nick"] = []string{"Lovelace"} })
	w.read(run.Done)
	w.follow(run.Done)
	ada, _ := w.target.Snapshot().User("ada")
	if got := ada.Resource["nickName"]; got != "Lovelace" {
		t.Errorf("nickName is %v: a record changed, and the target that reads it was not told", got)
	}
	calls := w.target.Requests()
	w.corp.change("ada", func(r *source.Record) { r.Attrs["shoesize"] = []string{"38"} })
	w.read(run.Done)
	w.follow("")
	if n := w.target.Requests() - calls; n != 0 {
		t.Errorf("%d calls after an unmapped attribute changed", n)
	}
}

func TestLeaverIsClosedWhileTheScopeIsUnknown(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.corp.person("bob", "wiki")
	w.live()
	delete(w.corp.groups, "g-wiki") // the scope group is deleted: tombstone
	w.corp.deleted = append(w.corp.deleted, "g-wiki")
	w.corp.change("ada", func(r *source.Record) { r.Disabled = true })
	w.read(run.Done)
	w.follow(run.Done)
	if diff := cmp.Diff(map[string]bool{"ada": false, "bob": true}, w.accounts()); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
}
