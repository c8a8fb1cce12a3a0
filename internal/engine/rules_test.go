package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/engine"
	"muster/internal/link"
	"muster/internal/mapping"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/scim"
	"muster/internal/scim/scimtest"
	"muster/internal/source"
)

func TestSwitchedOffActionsAreCounted(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.corp.person("bob", "wiki")
	w.live()
	w.rules.People.Create, w.rules.People.Update, w.rules.People.WhenRemoved = false, false, plan.Leave
	w.start()
	w.release(w.preview())
	w.sync(run.Done)
	writes := len(w.target.Writes())
	w.corp.person("cleo", "wiki")
	w.corp.change("ada", func(r *source.Record) { r.Attrs["cn"] = []string{"Ada L."} })
	w.corp.change("bob", func(r *source.Record) { r.Disabled = true })
	w.read(run.Done)
	r := w.follow(run.Done)
	if n := len(w.target.Writes()) - writes; n != 0 {
		t.Errorf("%d writes though all is switched off", n)
	}
	if r.Counts["switched_off"] != 3 {
		t.Errorf("counts %v, want switched_off 3: a create, an update and a removal", r.Counts)
	}
}

func TestDisabledPeopleAreProvisionedOnlyIfAskedFor(t *testing.T) {
	for _, on := range []bool{false, true} {
		w := newWorld(t)
		w.rules.People.ProvisionDisabled = on
		w.corp.person("ada", "wiki")
		w.corp.change("ada", func(r *source.Record) { r.Disabled = true })
		w.live()
		want := map[string]bool{}
		if on {
			want["ada"] = false
		}
		if diff := cmp.Diff(want, w.accounts()); diff != "" {
			t.Errorf("with provision_disabled %t (-want +got):\n%s", on, diff)
		}
		w.corp.change("ada", func(r *source.Record) { r.Disabled = false })
		w.read(run.Done)
		w.follow(run.Done)
		if diff := cmp.Diff([]string{"ada"}, w.members("wiki")); diff != "" || !w.accounts()["ada"] {
			t.Errorf("once enabled: active %t, members %s", w.accounts()["ada"], diff)
		}
	}
}

func TestMissingValueWaitsAndHeals(t *testing.T) {
	w := newWorld(t)
	w.rules.People.Attributes["nickName"] = mapping.Rule{Expr: "source.corp.nick", Need: true}
	w.corp.person("ada", "wiki")
	w.corp.change("ada", func(r *source.Record) { r.Attrs["nick"] = []string{"A"} })
	w.live()
	w.corp.person("bob", "wiki")
	w.corp.person("cleo", "wiki")
	w.corp.change("cleo", func(r *source.Record) { r.Attrs["nick"] = []string{"C"} })
	w.read(run.Done)
	w.follow(run.Done)
	if diff := cmp.Diff(map[string]int{"held missing_value": 1}, w.waits()); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
	w.corp.change("bob", func(r *source.Record) { r.Attrs["nick"] = []string{"B"} })
	w.corp.change("ada", func(r *source.Record) { delete(r.Attrs, "nick"); r.Disabled = true }) // does not keep ada in
	w.read(run.Done)
	w.follow(run.Done)
	if diff := cmp.Diff(map[string]bool{"ada": false, "bob": true, "cleo": true}, w.accounts()); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	if len(w.waits()) != 0 {
		t.Errorf("waits: %v", w.waits())
	}
}

func TestRejectedValueIsHeldUntilItChanges(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.live()
	w.refuse(func(body string) (int, string) {
		if strings.Contains(body, "Bad Name") {
			return 400, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"scimType":"invalidValue","status":"400"}`
		}
		return 0, ""
	})
	w.start()
	w.corp.change("ada", func(r *source.Record) { r.Attrs["cn"] = []string{"Bad Name"} })
	w.corp.person("bob", "wiki")
	w.read(run.Done)
	w.follow(run.Held)
	if !w.accounts()["bob"] {
		t.Error("one rejected value held bob up")
	}
	calls := w.refused
	w.now = w.now.Add(48 * time.Hour)
	w.follows()
	w.sync(run.Done)
	if w.refused != calls {
		t.Errorf("%d more calls with the rejected value", w.refused-calls)
	}
	w.corp.change("ada", func(r *source.Record) { r.Attrs["cn"] = []string{"Good Name"} })
	w.read(run.Done)
	w.follow(run.Done)
	if ada, _ := w.target.Snapshot().User("ada"); ada.Resource.Text("displayName") != "Good Name" {
		t.Errorf("the account is called %q", ada.Resource.Text("displayName"))
	}
	if len(w.waits()) != 0 {
		t.Errorf("waits: %v", w.waits())
	}
}

func TestTakenNameIsAConflictAfterThreeTries(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.live()
	w.refuse(func(body string) (int, string) {
		if strings.Contains(body, `"userName":"bob"`) {
			return 409, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"scimType":"uniqueness","status":"409"}`
		}
		return 0, ""
	})
	w.start()
	w.corp.person("bob", "wiki")
	w.read(run.Done)
	for range 6 {
		w.follows()
		w.now = w.now.Add(time.Hour)
	}
	w.sync(run.Done)
	if w.refused != 3 {
		t.Errorf("%d tries, want 3", w.refused)
	}
	if diff := cmp.Diff(map[string]int{"held conflict": 1}, w.waits()); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
}

func TestUnknownMemberKeepsTheOthersIn(t *testing.T) {
	w := newWorld(t)
	w.corp.group("wiki-x")
	for i := range 250 {
		w.corp.person(who(i), "wiki")
	}
	w.live()
	bad := map[string]bool{string(w.linkOf("p003").Remote): true, string(w.linkOf("p120").Remote): true}
	w.refuse(func(body string) (int, string) {
		for id := range bad {
			if strings.Contains(body, id) {
				return 400, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"scimType":"invalidValue","status":"400"}`
			}
		}
		return 0, ""
	})
	w.start()
	for i := range 250 {
		w.corp.member["g-wiki-x"] = append(w.corp.member["g-wiki-x"], source.Key("p-"+who(i)))
	}
	w.read(run.Done)
	w.follow(run.Held)
	if n := len(w.members("wiki-x")); n != 248 {
		t.Errorf("%d members, want 248: all but those whom the target does not know", n)
	}
	if diff := cmp.Diff(map[string]int{"held member_invalid": 1}, w.waits()); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
	clear(bad)
	w.now = w.now.Add(24 * time.Hour)
	w.sync(run.Done)
	if n := len(w.members("wiki-x")); n != 250 {
		t.Errorf("%d members after the target mended, want 250", n)
	}
	if len(w.waits()) != 0 {
		t.Errorf("waits: %v", w.waits())
	}
}

func TestTwoPeopleOneAccountAsks(t *testing.T) {
	w := newWorld(t)
	w.rules.People.Match = []attr.Path{"userName", `emails[type eq "work"].value`}
	w.corp.person("ada", "wiki")
	w.corp.person("bob", "wiki")
	for _, name := range []string{"ada", "bob"} {
		w.corp.change(name, func(r *source.Record) { r.Attrs["mail"] = []string{"shared@example.com"} })
	}
	_, err := w.target.Seed([]scim.Resource{{"userName": "old", "active": true, "emails": []any{map[string]any{"type": "work", "value": "shared@example.com"}}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.start()
	w.read(run.Done)
	p := w.preview()
	if p.Counts["skip ask"] != 2 || p.Counts["link"] != 0 {
		t.Errorf("counts %v, want two questions", p.Counts)
	}
}

func TestAnsweredQuestionLinksTheAccount(t *testing.T) {
	for _, how := range []string{"follow", "sync"} {
		t.Run(how, func(t *testing.T) {
			w := newWorld(t)
			w.corp.group("wiki-x")
			w.corp.person("ada", "wiki")
			w.live()
			if _, err := w.target.Seed([]scim.Resource{{"userName": "bob", "active": false, "displayName": "Old Bob"}}, nil); err != nil {
				t.Fatal(err)
			}
			w.corp.person("bob", "wiki", "wiki-x")
			w.read(run.Done)
			w.follow(run.Held)
			if w.accounts()["bob"] {
				t.Fatal("a deactivated account was enabled unasked")
			}
			w.release(w.hold())
			w.now = w.now.Add(time.Minute)
			if how == "follow" {
				w.follow(run.Done)
			} else {
				w.sync(run.Done)
			}
			if diff := cmp.Diff([]string{"bob"}, w.members("wiki-x")); diff != "" || !w.accounts()["bob"] {
				t.Errorf("bob active: %t; members %s", w.accounts()["bob"], diff)
			}
			if len(w.holds()) != 0 || len(w.waits()) != 0 {
				t.Errorf("holds %+v, waits %v", w.holds(), w.waits())
			}
			w.settles()
		})
	}
}

func TestChangedRulesWaitWhileTheOldOnesServe(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.corp.person("bob", "wiki")
	w.live()
	w.rules.People.Attributes["nickName"] = mapping.Rule{Expr: "person.username"}
	w.rules.People.From = mapping.From{Group: "cn=nobody,dc=corp"}
	w.start()
	w.corp.change("bob", func(r *source.Record) { r.Disabled = true })
	w.corp.person("cleo", "wiki")
	w.read(run.Done)
	p := w.preview()
	if p.Kind != run.Change {
		t.Errorf("a plan of kind %s, want change", p.Kind)
	}
	w.follow(run.Done)
	w.sync(run.Done)
	if diff := cmp.Diff(map[string]bool{"ada": true, "bob": false, "cleo": true}, w.accounts()); diff != "" {
		t.Errorf("accounts under the approved rules (-want +got):\n%s", diff)
	}
	if ada, _ := w.target.Snapshot().User("ada"); ada.Resource.Text("nickName") != "" {
		t.Error("rules that nobody approved were applied")
	}
	w.rules.People.From = mapping.From{Group: "cn=wiki,dc=corp"}
	w.start()
	p = w.preview()
	if _, err := w.Approve(t.Context(), engine.Decision{Plan: p.ID, By: "olivia", Count: p.People + 1}); err == nil {
		t.Error("a wrong count approved changed rules")
	}
	w.release(p)
	w.sync(run.Done)
	if ada, _ := w.target.Snapshot().User("ada"); ada.Resource.Text("nickName") != "ada" {
		t.Error("approved rules were not applied")
	}
}

func TestObserveWritesNothingAndPilotOnlyForTheNamed(t *testing.T) {
	w := newWorld(t)
	w.mode = engine.Observe
	w.corp.person("ada", "wiki")
	w.corp.person("bob", "wiki")
	w.start()
	w.read(run.Done)
	p := w.preview()
	if _, err := w.Approve(t.Context(), engine.Decision{Plan: p.ID, By: "olivia", Count: p.People}); err == nil {
		t.Error("a plan was approved while the target only observes")
	}
	w.sync(run.Done)
	w.follow("")
	if n := len(w.target.Writes()); n != 0 {
		t.Errorf("%d writes while observing", n)
	}
	w.mode, w.rules.Pilot = engine.Pilot, []string{"ADA"}
	w.start()
	w.release(w.preview())
	w.sync(run.Done)
	w.corp.person("cleo", "wiki")
	w.read(run.Done)
	w.follows()
	if diff := cmp.Diff(map[string]bool{"ada": true}, w.accounts()); diff != "" {
		t.Errorf("accounts in pilot (-want +got):\n%s", diff)
	}
	if n := w.target.Count("", scimtest.Groups) - w.target.Count("GET", scimtest.Groups); n != 0 {
		t.Errorf("%d writes about groups in pilot", n)
	}
	w.mode, w.rules.Pilot = engine.Live, nil
	w.start()
	w.sync(run.Done)
	if diff := cmp.Diff(map[string]bool{"ada": true}, w.accounts()); diff != "" {
		t.Errorf("accounts before going live was approved (-want +got):\n%s", diff)
	}
	w.release(w.preview())
	w.sync(run.Done)
	if diff := cmp.Diff([]string{"ada", "bob", "cleo"}, w.members("wiki")); diff != "" {
		t.Errorf("members once live (-want +got):\n%s", diff)
	}
}

func TestOperatorGoesPastLimitsAndHolds(t *testing.T) {
	w := crowd(t, 40)
	w.disable(0, 12)
	w.read(run.Done)
	w.follow(run.Held)
	w.stop("p000", "p030", "p031")
	w.follow(run.Done)
	got := w.accounts()
	if got["p000"] || got["p030"] || got["p031"] || active(got) != 37 {
		t.Errorf("%d active, p000 %t, p030 %t: an operator's disable waited for a hold", active(got), got["p000"], got["p030"])
	}
	if p := w.hold(); p.People != 11 {
		t.Errorf("%d people wait, want 11", p.People)
	}
	w.corp.leave("p032", "wiki")
	w.stop("p033")
	w.read(run.Done)
	w.follow(run.Done)
	if got := w.accounts(); got["p033"] || got["p032"] {
		t.Error("who left and who was stopped have active accounts")
	}
}

// stop disables people as an operator does.
func (w *world) stop(names ...string) {
	w.t.Helper()
	err := w.store.Update(w.t.Context(), "operator:olivia", func(tx directory.Tx) error {
		for _, name := range names {
			o, err := tx.Object(w.t.Context(), w.id(tx, name))
			if err != nil {
				return err
			}
			o.Stop = &directory.Stop{By: "olivia", Reason: "lost laptop", At: w.now}
			o.State, o.Cause, o.Since = directory.Disabled, directory.Operator, w.now
			if err := tx.PutObjects(w.t.Context(), o); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestProtectedPeopleAreNeverClosedByARun(t *testing.T) {
	w := newWorld(t)
	w.protect = func(_ string, o directory.Object, _ []directory.Record, _ link.Link) string {
		if o.Handle() == "root" {
			return "owns the token"
		}
		return ""
	}
	w.corp.person("root", "wiki")
	w.corp.person("ada", "wiki")
	w.live()
	for _, name := range []string{"root", "ada"} {
		w.corp.change(name, func(r *source.Record) { r.Disabled = true })
	}
	w.read(run.Done)
	w.follow(run.Held)
	w.release(w.hold())
	for range 3 {
		w.now = w.now.Add(time.Hour)
		w.follows()
		w.sync(run.Done)
	}
	if diff := cmp.Diff(map[string]bool{"ada": false, "root": true}, w.accounts()); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
}

func TestScopeGroupIsFollowedAndItsLossMovesNobody(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.corp.person("bob", "wiki")
	w.live()
	g := w.corp.groups["g-wiki"]
	g.Name, g.Attrs = "cn=wiki-users,ou=moved,dc=corp", attr.Set{"cn": {"wiki-users"}}
	w.corp.groups["g-wiki"] = g
	w.corp.leave("bob", "wiki")
	w.corp.person("cleo", "wiki")
	w.read(run.Done)
	w.follow(run.Done)
	if diff := cmp.Diff(map[string]bool{"ada": true, "bob": false, "cleo": true}, w.accounts()); diff != "" {
		t.Errorf("accounts after the scope group was renamed and moved (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ada", "cleo"}, w.members("wiki-users")); diff != "" {
		t.Errorf("members of the renamed group (-want +got):\n%s", diff)
	}
	delete(w.corp.groups, "g-wiki")
	delete(w.corp.member, "g-wiki")
	w.corp.deleted = []source.Key{"g-wiki"}
	w.corp.person("dan")
	w.read(run.Done)
	w.follows()
	w.now = w.now.Add(time.Hour)
	w.sync(run.Done)
	if diff := cmp.Diff(map[string]bool{"ada": true, "bob": false, "cleo": true}, w.accounts()); diff != "" {
		t.Errorf("accounts after the scope group was deleted (-want +got):\n%s", diff)
	}
}
