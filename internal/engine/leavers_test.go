package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/mapping"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/source"
)

// renamedSource is a target whose approved rules name a source that is called otherwise now.
func renamedSource(t *testing.T, names ...string) *world {
	t.Helper()
	w := newWorld(t)
	for _, name := range names {
		w.corp.person(name, "wiki")
	}
	w.live()
	w.follows()
	w.rules.People.Attributes = mapping.Rules{
		"userName": {Expr: "person.username"}, `emails[type eq "work"].value`: {Expr: "person.email"}, "displayName": {Expr: "person.name"},
		"title": {Expr: "source.people.title", Default: attr.Values{"-"}, Once: true},
	}
	w.sources = []string{"people"}
	w.start()
	return w
}

// P6, X10, X11: approved rules that name a source which was renamed cannot be followed: it is told, nobody is created, updated or enabled, and leavers are
// closed and orders carried out all the same. The rules as they are configured wait for approval.
func TestLeaversAreClosedUnderRulesThatDoNotCompile(t *testing.T) {
	w := renamedSource(t, "ada", "bob", "cleo", "dan", "eve")
	p := w.Unruled("wiki")
	if p == nil || p.Code != "target_rules" || p.Why == "" {
		t.Fatalf("the target says %+v of its rules", p)
	}
	w.corp.change("bob", func(r *source.Record) { r.Disabled = true })
	w.corp.deleted = []source.Key{"p-cleo"}
	delete(w.corp.people, "p-cleo")
	w.corp.leave("cleo", "wiki")
	w.corp.leave("eve", "wiki") // out of scope by rules that cannot be followed: she stays
	w.corp.change("ada", func(r *source.Record) { r.Attrs["cn"] = attr.Values{"Countess"} })
	w.corp.person("fay", "wiki")
	w.read(run.Done)
	w.follow(run.Done)
	w.order("dan")
	if err := w.Obey(t.Context(), "wiki"); err != nil {
		t.Fatal(err)
	}
	w.sync(run.Done)
	want := map[string]bool{"ada": true, "bob": false, "cleo": false, "dan": false, "eve": true}
	if diff := cmp.Diff(want, w.accounts()); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	if got := w.titled("ada"); got != "Name of ada" {
		t.Errorf("ada is %q: she was updated by rules that cannot be followed", got)
	}
	w.corp.change("bob", func(r *source.Record) { r.Disabled = false })
	w.read(run.Done)
	w.follows()
	if w.accounts()["bob"] {
		t.Error("bob was enabled by rules that cannot be followed")
	}
	next := w.preview()
	if next.Kind != run.Change {
		t.Fatalf("the plan is %s, want that of a change", next.Kind)
	}
	w.release(next)
	w.sync(run.Done)
	w.follows()
	want = map[string]bool{"ada": true, "bob": true, "cleo": false, "dan": false, "eve": false, "fay": true}
	if diff := cmp.Diff(want, w.accounts()); diff != "" {
		t.Errorf("accounts once other rules are approved (-want +got):\n%s", diff)
	}
	if p := w.Unruled("wiki"); p != nil {
		t.Errorf("the target still says %+v of its rules", p)
	}
}

// X11: once the configuration is put back, the approved rules are followed again, and everybody is compared.
func TestRulesThatCompileAgainAreFollowedForEverybody(t *testing.T) {
	w := renamedSource(t, "ada")
	w.corp.person("bob", "wiki")
	w.read(run.Done)
	w.follows()
	w.rules.People.Attributes["title"] = mapping.Rule{Expr: "source.corp.title", Default: attr.Values{"-"}, Once: true}
	w.sources = []string{"corp"}
	w.start()
	var state run.Target
	err := w.store.View(t.Context(), func(v directory.Reader) (err error) {
		state, err = run.Of(v).Target(t.Context(), "wiki")
		return err
	})
	if err != nil || w.Unruled("wiki") != nil || !state.Listed.IsZero() {
		t.Fatalf("unruled: %+v, listed %s, %v; want that everybody is compared next", w.Unruled("wiki"), state.Listed, err)
	}
	w.sync(run.Done)
	if len(w.accounts()) != 2 {
		t.Errorf("accounts %v, want bob's too", w.accounts())
	}
}

// The limits judge what is closed under rules that cannot be followed like anything else, and the removal is that of the approved rules.
func TestLeaversUnderRulesThatDoNotCompileAreLimited(t *testing.T) {
	names := make([]string, 12)
	for i := range names {
		names[i] = string(rune('a'+i)) + "da"
	}
	w := renamedSource(t, names...)
	for _, name := range names {
		w.corp.change(name, func(r *source.Record) { r.Disabled = true })
	}
	w.read(run.Done)
	w.follow(run.Held)
	if n := active(w.accounts()); n != 12 || w.rules.People.WhenRemoved != plan.Disable {
		t.Errorf("%d accounts are active, want 12: the limit is 10", n)
	}
	w.release(w.hold())
	w.follow(run.Done)
	if n := active(w.accounts()); n != 0 {
		t.Errorf("%d accounts are active after the release", n)
	}
}
