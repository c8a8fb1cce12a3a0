package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/mapping"
	"muster/internal/run"
	"muster/internal/scim/scimtest"
	"muster/internal/source"
)

// speaking is a world whose target is a vendor's sandbox.
func speaking(t *testing.T, dialect string, c scimtest.Config) *world {
	t.Helper()
	w := newWorld(t)
	c.Vendor, c.Token, c.Speed = scimtest.Vendor(dialect), "s3cret", 100_000
	w.dialect, w.target = dialect, scimtest.NewServer(t, c)
	for _, p := range []attr.Path{"name.givenName", "name.familyName"} {
		w.rules.People.Attributes[p] = mapping.Rule{Expr: "person.name"}
	}
	if dialect == "meisterplan" {
		delete(w.rules.People.Attributes, "title")
		delete(w.rules.People.Attributes, "displayName")
	}
	return w
}

func (w *world) waitOf(handle string) link.Waiting {
	w.t.Helper()
	var out link.Waiting
	err := w.store.View(w.t.Context(), func(v directory.Reader) error {
		all, err := link.Of(v).Waiting(w.t.Context(), "wiki", "", "", "", 1000)
		for _, x := range all {
			if x.Object == w.id(v, handle) {
				out = x
			}
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// P10: a service refuses a change of members as a whole because of one whom it does not know or has deactivated. The others get in, the one is named.
func TestOneRefusedMemberKeepsNobodyOut(t *testing.T) {
	for dialect, spoil := range map[string]func(w *world, path string){
		"slack":       func(w *world, path string) { w.send("DELETE", path, "") }, // which deactivates there
		"aws":         func(w *world, path string) { w.send("DELETE", path, "") },
		"atlassian":   func(w *world, path string) { w.send("DELETE", path, "") },
		"meisterplan": func(w *world, path string) { w.send("DELETE", path, "") },
	} {
		t.Run(dialect, func(t *testing.T) {
			w := speaking(t, dialect, scimtest.Config{})
			const people = 60
			for i := range people {
				w.corp.person(who(i), "wiki")
			}
			w.live()
			spoil(w, "/Users/"+string(w.linkOf(who(41)).Remote))
			w.corp.group("wiki-x")
			var want []string
			for i := range people {
				w.corp.member["g-wiki-x"] = append(w.corp.member["g-wiki-x"], source.Key("p-"+who(i)))
				if i != 41 {
					want = append(want, who(i))
				}
			}
			w.read(run.Done)
			before := w.target.Count("PATCH", scimtest.Groups)
			w.follow(run.Held)
			if diff := cmp.Diff(want, w.members("wiki-x")); diff != "" {
				t.Errorf("members (-want +got):\n%s", diff)
			}
			if n := w.target.Count("PATCH", scimtest.Groups) - before; n > 13 {
				t.Errorf("%d calls to find one of %d, want 13 at most", n, people)
			}
			x := w.waitOf("wiki-x")
			if x.Wait != link.Held || !strings.Contains(x.Reason, who(41)) || !strings.Contains(x.Reason, "1 of 60") {
				t.Errorf("waits as %s: %q; want held, and %s named", x.Wait, x.Reason, who(41))
			}
		})
	}
}

// P9: a group that is full is not asked again for each of those who do not get in.
func TestFullGroupIsNotParted(t *testing.T) {
	w := speaking(t, "slack", scimtest.Config{Tenant: scimtest.Tenant{GroupMax: 30}})
	w.rules.Groups.From.Filter = "(cn=wiki-*)"
	for i := range 40 {
		w.corp.person(who(i), "wiki")
	}
	w.live()
	w.corp.group("wiki-x")
	w.corp.member["g-wiki-x"] = w.corp.member["g-wiki"]
	w.read(run.Done)
	w.follow(run.Held)
	if n := w.target.Count("PATCH", scimtest.Groups); n != 1 {
		t.Errorf("%d calls for a group that is full, want 1", n)
	}
	if x := w.waitOf("wiki-x"); x.Wait != link.Held || !strings.Contains(x.Reason, "group_member_max_exceeded") {
		t.Errorf("waits as %s: %q", x.Wait, x.Reason)
	}
}

// hidingWorld is a world whose target hides disabled accounts.
func hidingWorld(t *testing.T) *world {
	w := speaking(t, "atlassian", scimtest.Config{Tenant: scimtest.Tenant{DisabledGone: true}})
	w.corp.group("wiki-x")
	for i := range 8 {
		w.corp.person(who(i), "wiki", "wiki-x")
	}
	return w
}

func (w *world) disableRecord(name string, disabled bool) {
	w.corp.change(name, func(r *source.Record) { r.Disabled = disabled })
	w.read(run.Done)
}

// R22, X6: an account that the target hides once we have disabled it is closed, and nobody takes it for lost; who comes back has it again, in their groups.
func TestDisabledAccountThatIsHidden(t *testing.T) {
	w := hidingWorld(t)
	w.live()
	w.disableRecord(who(3), true)
	w.follow(run.Done)
	if l := w.linkOf(who(3)); l.State != link.Closed || l.Active {
		t.Fatalf("after the disable the link is %s, active %t", l.State, l.Active)
	}
	w.now = w.now.Add(time.Hour)
	if r := w.sync(run.Done); r.Counts["lost"]+r.Counts["created"] > 0 {
		t.Errorf("a comparison with the target counts %v", r.Counts)
	}
	if l := w.linkOf(who(3)); l.State != link.Closed {
		t.Errorf("after the comparison the link is %s", l.State)
	}
	w.disableRecord(who(3), false)
	w.follow(run.Done)
	if !w.accounts()[who(3)] || len(w.accounts()) != 8 {
		t.Errorf("accounts: %v", w.accounts())
	}
	if n := len(w.members("wiki-x")); n != 8 {
		t.Errorf("%d members, want 8", n)
	}
	w.settlesWithin(1)
}

// R22: the answer to a disable is lost, and the account is hidden when it is looked for: it is closed all the same.
func TestLostAnswerOfADisableThatHides(t *testing.T) {
	w := hidingWorld(t)
	w.live()
	w.target.Fail(scimtest.Fault{Kind: scimtest.Lost, Method: "PATCH"})
	w.disableRecord(who(3), true)
	w.follows()
	w.target.Fail()
	w.now = w.now.Add(time.Hour)
	if r := w.sync(run.Done); r.Counts["lost"] > 0 {
		t.Errorf("counts %v", r.Counts)
	}
	if l := w.linkOf(who(3)); l.State != link.Closed {
		t.Errorf("the link is %s", l.State)
	}
	w.settlesWithin(1)
}

// R22: an account made for somebody who is disabled is hidden from the start. It is not made again at every comparison, and enabled when they are.
func TestAccountCreatedDisabledThatIsHidden(t *testing.T) {
	w := hidingWorld(t)
	w.rules.People.ProvisionDisabled = true
	w.corp.change(who(3), func(r *source.Record) { r.Disabled = true })
	w.live()
	for range 2 {
		w.now = w.now.Add(25 * time.Hour)
		if r := w.sync(run.Done); r.Counts["lost"]+r.Counts["created"] > 0 {
			t.Errorf("a comparison counts %v", r.Counts)
		}
	}
	w.disableRecord(who(3), false)
	for range 2 { // enabling is refused, and then they are created
		w.follows()
	}
	if !w.accounts()[who(3)] || len(w.accounts()) != 8 {
		t.Errorf("accounts: %v", w.accounts())
	}
	w.settlesWithin(1)
}

// Where accounts are not hidden, one that is gone is gone.
func TestGoneIsGoneElsewhere(t *testing.T) {
	w := speaking(t, "atlassian", scimtest.Config{})
	for i := range 12 {
		w.corp.person(who(i), "wiki")
	}
	w.live()
	w.send("DELETE", "/Users/"+string(w.linkOf(who(3)).Remote), "")
	w.now = w.now.Add(time.Hour)
	r := w.sync(run.Done)
	if r.Counts["lost"] != 1 || r.Counts["created"] != 1 {
		t.Errorf("counts %v, want one lost and created again", r.Counts)
	}
	if len(w.accounts()) != 12 {
		t.Errorf("accounts %v", w.accounts())
	}
}
