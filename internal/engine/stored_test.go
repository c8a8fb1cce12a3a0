package engine_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/engine"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/scim/scimtest"
	"muster/internal/source"
)

// staff makes a world with people whose first plan waits; those in there have an account that is called otherwise.
func staff(t *testing.T, there []string, names ...string) (*world, run.Plan) {
	t.Helper()
	w := newWorld(t)
	w.rules.Groups = nil
	for _, name := range names {
		w.corp.person(name, "wiki")
	}
	for _, name := range there {
		w.seed(account(name, name+"@example.com", "Old name of "+name))
	}
	w.start()
	w.read(run.Done)
	return w, w.preview()
}

// titled is the name that an account shows.
func (w *world) titled(user string) string {
	u, _ := w.target.Snapshot().User(user)
	return u.Resource.Text("displayName")
}

func (w *world) rename(user, name string) {
	w.corp.change(user, func(r *source.Record) { r.Attrs["cn"] = []string{name} })
	w.read(run.Done)
}

func (w *world) approve(d engine.Decision) run.Plan {
	w.t.Helper()
	d.By = "olivia"
	p, err := w.Approve(w.t.Context(), d)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// plan returns a stored plan with the statuses of its lines, as "verb name: status".
func (w *world) stored(id string) (run.Plan, map[string]run.Status) {
	w.t.Helper()
	var p run.Plan
	out := map[string]run.Status{}
	err := w.store.View(w.t.Context(), func(v directory.Reader) (err error) {
		if p, err = run.Of(v).Plan(w.t.Context(), id); err != nil {
			return err
		}
		lines, err := run.Of(v).Lines(w.t.Context(), id, "", -1, 1000)
		for _, l := range lines {
			out[run.Act(l.Line)+" "+l.Name] = l.Status
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return p, out
}

func (w *world) keyOf(id, line string) string {
	w.t.Helper()
	key := ""
	err := w.store.View(w.t.Context(), func(v directory.Reader) error {
		lines, err := run.Of(v).Lines(w.t.Context(), id, "", -1, 1000)
		for _, l := range lines {
			if run.Act(l.Line)+" "+l.Name == line {
				key = l.Key
			}
		}
		return err
	})
	if err != nil || key == "" {
		w.t.Fatalf("no line %q in plan %s: %v", line, id, err)
	}
	return key
}

// X1: approving one line of link and update takes over the account and brings it up to date: the object is approved.
func TestApprovalOfOneLineIsOfTheWholeObject(t *testing.T) {
	w, p := staff(t, []string{"ada"}, "ada", "bob")
	if _, err := w.Approve(t.Context(), engine.Decision{Plan: p.ID, By: "olivia", Count: 2, Keys: []string{w.keyOf(p.ID, "link ada")}}); err == nil {
		t.Error("a count was taken that is not the number of people")
	}
	w.approve(engine.Decision{Plan: p.ID, Count: 1, Keys: []string{w.keyOf(p.ID, "link ada")}})
	w.sync(run.Done)
	if got := w.titled("ada"); got != "Name of ada" {
		t.Errorf("ada is called %q there: approving the link left the update out", got)
	}
	if _, there := w.accounts()["bob"]; there {
		t.Error("bob has an account, and nobody approved it")
	}
	p, lines := w.stored(p.ID)
	want := map[string]run.Status{"link ada": run.Finished, "update ada": run.Finished, "create bob": run.Waiting}
	if diff := cmp.Diff(want, lines); diff != "" || p.Status != run.Waiting || p.People != 1 {
		t.Errorf("the plan is %s for %d people, lines (-want +got):\n%s", p.Status, p.People, diff)
	}
}

// X1: lines are approved by what they do, whose they are and how they are called.
func TestApprovalBySelection(t *testing.T) {
	w, p := staff(t, []string{"ada", "adam"}, "ada", "adam", "bob", "ben")
	w.approve(engine.Decision{Plan: p.ID, Count: 2, Select: run.LineFilter{Acts: []string{string(plan.Create)}}})
	w.sync(run.Done)
	if got := w.accounts(); !got["bob"] || !got["ben"] || w.titled("ada") != "Old name of ada" {
		t.Errorf("accounts %v, ada is %q: only the creates were approved", got, w.titled("ada"))
	}
	w.approve(engine.Decision{Plan: p.ID, Count: 1, Select: run.LineFilter{Name: "ada?", Kind: connector.User}})
	w.sync(run.Done)
	if w.titled("adam") != "Name of adam" || w.titled("ada") != "Old name of ada" {
		t.Errorf("adam is %q, ada %q: adam alone was approved", w.titled("adam"), w.titled("ada"))
	}
}

// X1: a line that does not hold any more when it is to be carried out is not; what would be done instead is in a follow-up plan that names its predecessor.
func TestStaleLineGoesIntoAFollowUpPlan(t *testing.T) {
	w, p := staff(t, nil, "ada", "bob")
	w.approve(engine.Decision{Plan: p.ID, Count: 2})
	w.rename("bob", "Robert")
	w.corp.person("cleo", "wiki") // a joiner, whom the plan says nothing of
	w.read(run.Done)
	w.sync(run.Held)
	if diff := cmp.Diff(map[string]bool{"ada": true, "cleo": true}, w.accounts()); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	_, lines := w.stored(p.ID)
	if diff := cmp.Diff(map[string]run.Status{"create ada": run.Finished, "create bob": run.Stale}, lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	next := w.hold()
	if next.Follows != p.ID || next.Class != "follow-up" || next.People != 1 {
		t.Errorf("the follow-up is %+v, want bob, after %s", next, p.ID)
	}
	w.now = w.now.Add(time.Hour)
	w.sync(run.Done) // and it goes on to wait
	if _, there := w.accounts()["bob"]; there {
		t.Error("bob has an account, and nobody released the follow-up")
	}
	w.release(w.hold())
	w.follow(run.Done)
	if w.titled("bob") != "Robert" {
		t.Errorf("bob is %q once the follow-up was released", w.titled("bob"))
	}
}

// X1, P6: whoever has left since a plan was approved does not wait for a follow-up plan.
func TestLeaverDoesNotWaitForAFollowUp(t *testing.T) {
	w, p := staff(t, []string{"ada"}, "ada", "bob")
	w.approve(engine.Decision{Plan: p.ID, Count: 2})
	w.corp.change("ada", func(r *source.Record) { r.Disabled = true })
	w.read(run.Done)
	w.sync(run.Done)
	if diff := cmp.Diff(map[string]bool{"ada": false, "bob": true}, w.accounts()); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
}

// X1: all or nothing is judged when the plan is carried out: one stale line, and nothing of it is, nor are its rules in force.
func TestAllOrNothingIsJudgedWhenItIsCarriedOut(t *testing.T) {
	w, p := staff(t, nil, "ada", "bob")
	w.approve(engine.Decision{Plan: p.ID, Count: 2, Whole: true})
	w.rename("bob", "Robert")
	r := w.sync(run.Held)
	if r.Problem == nil || r.Problem.Code != "stale" {
		t.Errorf("the run says %+v, want that lines are stale", r.Problem)
	}
	if n := w.target.Count("POST", scimtest.Users); n != 0 {
		t.Errorf("%d accounts were made of a plan that did not hold as a whole", n)
	}
	if approved, _ := w.Active("wiki"); approved {
		t.Error("the rules of a plan that was taken back are in force")
	}
	w.start() // and after a restart
	if approved, _ := w.Active("wiki"); approved {
		t.Error("the rules of a plan that was taken back are in force after a restart")
	}
	p = w.preview()
	w.approve(engine.Decision{Plan: p.ID, Count: 2, Whole: true})
	w.sync(run.Done)
	if w.titled("bob") != "Robert" || w.titled("ada") != "Name of ada" {
		t.Error("a plan that holds as a whole was not carried out")
	}
	if p, _ := w.stored(p.ID); p.Whole != run.WholePassed {
		t.Errorf("the plan is %q, want passed", p.Whole)
	}
}

// X1: the same of a hold.
func TestAllOrNothingOfAHold(t *testing.T) {
	w := crowd(t, 40)
	w.disable(0, 12)
	w.read(run.Done)
	w.follow(run.Held)
	h := w.hold()
	w.approve(engine.Decision{Plan: h.ID, Count: 12, Whole: true})
	w.corp.change("p003", func(r *source.Record) { r.Disabled = false })
	w.read(run.Done)
	w.follow(run.Held)
	if n := active(w.accounts()); n != 40 {
		t.Errorf("%d accounts are active, want all: one of the twelve came back", n)
	}
	if h = w.hold(); h.People != 11 {
		t.Errorf("%d wait, want 11", h.People)
	}
	w.approve(engine.Decision{Plan: h.ID, Count: 11, Whole: true})
	w.follow(run.Done)
	if n := active(w.accounts()); n != 29 {
		t.Errorf("%d accounts are active, want 29", n)
	}
}

// X1: memberships are judged like accounts: of a first plan, of one for groups that are there, and of a hold.
func TestAllOrNothingJudgesMemberships(t *testing.T) {
	w := newWorld(t)
	w.corp.group("wiki-a")
	for i := range 12 {
		w.corp.person(who(i), "wiki", "wiki-a")
	}
	w.start()
	w.read(run.Done)
	whole := func(p run.Plan) engine.Decision { return engine.Decision{Plan: p.ID, Count: p.People, Whole: true} }
	p := w.preview()
	w.approve(whole(p))
	w.corp.leave(who(0), "wiki-a")
	w.read(run.Done)
	if r := w.sync(run.Held); r.Problem == nil || r.Problem.Code != "stale" || len(w.accounts()) != 0 {
		t.Fatalf("a first plan of which a membership does not hold any more: %+v, accounts %v", r.Problem, w.accounts())
	}
	w.approve(whole(w.preview()))
	w.sync(run.Done)
	w.follows()
	if n := len(w.members("wiki-a")); n != 11 || len(w.accounts()) != 12 {
		t.Fatalf("%d members and %d accounts, want 11 and 12", n, len(w.accounts()))
	}
	for i := 1; i < 12; i++ {
		w.corp.leave(who(i), "wiki-a")
	}
	w.read(run.Done)
	w.follow(run.Held)
	h := w.hold()
	w.approve(whole(h))
	w.corp.member["g-wiki-a"] = append(w.corp.member["g-wiki-a"], "p-"+source.Key(who(5)))
	w.read(run.Done)
	w.follows()
	if n := len(w.members("wiki-a")); n != 11 {
		t.Errorf("%d members, want 11: one of those to be removed came back", n)
	}
	w.corp.leave(who(5), "wiki-a")
	w.read(run.Done)
	w.follow(run.Held)
	w.approve(whole(w.hold()))
	w.follows()
	if n := len(w.members("wiki-a")); n != 0 {
		t.Errorf("%d members, want none: the hold held as a whole", n)
	}
}

// X1: a rejected line stays rejected, whatever comes: the rest of its plan, a full comparison, a restart, the next plan. When its inputs change, somebody
// is asked.
func TestRejectedStaysRejectedUntilItsInputsChange(t *testing.T) {
	w, p := staff(t, nil, "ada", "bob", "cleo")
	reject := func(plan, line string) {
		t.Helper()
		if _, err := w.Reject(t.Context(), engine.Decision{Plan: plan, By: "olivia", Reason: "not yet", Keys: []string{w.keyOf(plan, line)}}); err != nil {
			t.Fatal(err)
		}
	}
	reject(p.ID, "create bob")
	w.rename("cleo", "Cleopatra") // another plan takes the place of the first
	next := w.preview()
	if next.ID == p.ID || next.People != 2 {
		t.Fatalf("the next plan is for %d people, want 2: bob was rejected", next.People)
	}
	if _, lines := w.stored(next.ID); lines["create bob"] != run.Rejected {
		t.Errorf("bob's line is %s in the next plan", lines["create bob"])
	}
	w.release(next)
	for range 3 {
		w.sync(run.Done)
		w.start()
		w.now = w.now.Add(25 * time.Hour)
	}
	w.follows()
	if diff := cmp.Diff(map[string]bool{"ada": true, "cleo": true}, w.accounts()); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	w.rename("bob", "Robert")
	w.follow(run.Held)
	if _, there := w.accounts()["bob"]; there {
		t.Error("bob has an account though nobody took back that he was rejected")
	}
	w.release(w.hold())
	w.follow(run.Done)
	if w.titled("bob") != "Robert" {
		t.Errorf("bob is %q after he was approved", w.titled("bob"))
	}
	w.rename("bob", "Bobby")
	w.follow(run.Done)
	if w.titled("bob") != "Bobby" {
		t.Errorf("bob is %q: once approved, he is as everybody else", w.titled("bob"))
	}
}

// X1: what was rejected can be approved after all.
func TestRejectedIsApprovedAfterAll(t *testing.T) {
	w, p := staff(t, nil, "ada", "bob")
	if _, err := w.Reject(t.Context(), engine.Decision{Plan: p.ID, By: "olivia", Select: run.LineFilter{Name: "bob"}}); err != nil {
		t.Fatal(err)
	}
	w.approve(engine.Decision{Plan: p.ID, Count: 1})
	w.sync(run.Done)
	if len(w.accounts()) != 1 {
		t.Fatalf("accounts %v, want ada's", w.accounts())
	}
	w.approve(engine.Decision{Plan: p.ID, Count: 1, Select: run.LineFilter{Status: run.Rejected, Name: "bob"}})
	w.follow(run.Done)
	if len(w.accounts()) != 2 {
		t.Errorf("accounts %v, want bob's too", w.accounts())
	}
}

// X1, X11: plans that nobody has decided about do not pile up.
func TestReplacedPlansGo(t *testing.T) {
	w, p := staff(t, nil, "ada")
	w.rename("ada", "Countess")
	if next := w.preview(); next.ID == p.ID {
		t.Fatal("the plan did not change")
	}
	err := w.store.View(t.Context(), func(v directory.Reader) error {
		_, err := run.Of(v).Plan(t.Context(), p.ID)
		return err
	})
	if err == nil {
		t.Error("the plan that was replaced is still there")
	}
}
