package engine_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/engine"
	"muster/internal/run"
	"muster/internal/source"
)

// scoped is a world with ada and bob in the scope group, which is not provisioned itself.
func scoped(t *testing.T) *world {
	w := newWorld(t)
	w.rules.Groups = nil
	w.corp.person("ada", "wiki")
	w.corp.person("bob", "wiki")
	w.live()
	return w
}

// recreate deletes the scope group and makes another of its name, with other members.
func (c *corp) recreate(members ...source.Key) {
	c.dissolve("wiki")
	c.groups["g-again"] = source.Record{Kind: source.Group, Key: "g-again", Base: "groups", Name: "cn=wiki,dc=corp", Attrs: attr.Set{"cn": {"wiki"}}}
	c.member["g-again"] = members
}

func (w *world) scope() engine.ScopeGroup {
	w.t.Helper()
	groups, err := w.Scopes(w.t.Context(), "wiki")
	if err != nil || len(groups) != 1 {
		w.t.Fatalf("scope groups: %+v, %v", groups, err)
	}
	return groups[0]
}

// P3, X2: a scope group that is gone makes the scope unknown, and nobody leaves; nor when another of its name appears, until a person has confirmed it.
func TestScopeGroupIsRecreated(t *testing.T) {
	w := scoped(t)
	w.corp.dissolve("wiki")
	w.read(run.Done)
	w.now = w.now.Add(25 * time.Hour)
	r := w.sync(run.Done)
	if s := w.scope(); s.State != engine.Missing || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "not found") {
		t.Errorf("the scope group is %+v, the run says %q", s, r.Notes)
	}
	if _, err := w.PreviewScope(t.Context(), "wiki"); err == nil {
		t.Error("a group that is missing can be confirmed")
	}
	if diff := cmp.Diff(map[string]bool{"ada": true, "bob": true}, w.accounts()); diff != "" {
		t.Errorf("accounts while the group is missing (-want +got):\n%s", diff)
	}

	w.corp.person("cleo")
	w.corp.recreate("p-ada", "p-cleo")
	w.read(run.Done)
	w.follows()
	w.now = w.now.Add(25 * time.Hour)
	w.sync(run.Done)
	if s := w.scope(); s.State != engine.Replaced || s.Now == s.Pinned {
		t.Errorf("the scope group is %+v", s)
	}
	if diff := cmp.Diff(map[string]bool{"ada": true, "bob": true}, w.accounts()); diff != "" {
		t.Errorf("accounts before the new group was confirmed (-want +got):\n%s", diff)
	}

	before := len(w.target.Writes())
	c, err := w.PreviewScope(t.Context(), "wiki")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"create cleo", "disable bob"}, w.lines(c.Plan.ID)); diff != "" || c.Plan.People != 2 {
		t.Errorf("the preview is %+v (-want +got):\n%s", c.Plan, diff)
	}
	_, err = w.ConfirmScope(t.Context(), "wiki", "olivia", 3)
	if p, ok := errors.AsType[*run.Problem](err); !ok || p.Code != "count_mismatch" {
		t.Errorf("a wrong count: %v", err)
	}
	if n := len(w.target.Writes()) - before; n != 0 {
		t.Errorf("%d writes before it was confirmed", n)
	}
	if _, err = w.ConfirmScope(t.Context(), "wiki", "olivia", 2); err != nil {
		t.Fatal(err)
	}
	w.sync(run.Done)
	if diff := cmp.Diff(map[string]bool{"ada": true, "bob": false, "cleo": true}, w.accounts()); diff != "" {
		t.Errorf("accounts after it (-want +got):\n%s", diff)
	}
	if s := w.scope(); s.State != "" || s.Now != s.Pinned {
		t.Errorf("the scope group is %+v", s)
	}
	if e := w.events("scope.confirm"); len(e) != 1 || e[0].By != "olivia" || !strings.Contains(e[0].Detail, "2 affected") {
		t.Errorf("audit: %+v", e)
	}
}

// P3: a scope group that is renamed is followed, and the comparison says so.
func TestScopeGroupIsRenamed(t *testing.T) {
	w := scoped(t)
	g := w.corp.groups["g-wiki"]
	g.Name, g.Attrs = "cn=wiki people,ou=Moved,dc=corp", attr.Set{"cn": {"wiki people"}}
	w.corp.groups["g-wiki"] = g
	w.corp.leave("bob", "wiki")
	w.read(run.Done)
	w.follow(run.Done)
	w.now = w.now.Add(25 * time.Hour)
	r := w.sync(run.Done)
	if s := w.scope(); s.State != engine.Followed || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "ou=Moved") {
		t.Errorf("the scope group is %+v, the run says %q", s, r.Notes)
	}
	if diff := cmp.Diff(map[string]bool{"ada": true, "bob": false}, w.accounts()); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
}

// events returns what the audit log holds of an act.
func (w *world) events(act string) []run.Event {
	w.t.Helper()
	var out []run.Event
	err := w.store.View(w.t.Context(), func(v directory.Reader) (err error) {
		out, err = run.Of(v).Events(w.t.Context(), run.EventQuery{Act: act, Limit: 10})
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}
