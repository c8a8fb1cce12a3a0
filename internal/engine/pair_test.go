package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/directory"
	"muster/internal/engine"
	"muster/internal/link"
	"muster/internal/run"
	"muster/internal/scim/scimtest"
	"muster/internal/source"
)

func (w *world) person(handle string) directory.ID {
	w.t.Helper()
	var id directory.ID
	_ = w.store.View(w.t.Context(), func(v directory.Reader) error { id = w.id(v, handle); return nil })
	return id
}

// pair pairs somebody with an account, and returns what is in the way, or "".
func (w *world) pair(who, account string, write bool) string {
	w.t.Helper()
	got, err := w.Pair(w.t.Context(), "wiki", "olivia", "they are the same", write, engine.Pair{Object: w.person(who), Account: account})
	if err != nil {
		w.t.Fatal(err)
	}
	if p := got[0].Problem; p != nil {
		return p.Code
	}
	return ""
}

// P1: a person whose account is called otherwise is paired with it by hand: it is updated, and no second one is made.
func TestPairedByHand(t *testing.T) {
	w := newWorld(t)
	w.rules.Groups = nil
	w.corp.person("ada", "wiki")
	w.live()
	for _, user := range []string{"the-boss", "other"} {
		w.seed(account(user, user+"@example.com", "Old"))
	}
	boss := string(w.idOf("the-boss"))
	w.corp.person("bob", "wiki")
	w.corp.person("cleo", "wiki")
	w.corp.person("dan", "wiki")
	w.protect = func(_ string, o directory.Object, _ []directory.Record, _ link.Link) string {
		if o.Handle() == "dan" {
			return "dan owns this Muster"
		}
		return ""
	}
	w.start()
	w.read(run.Done)
	for _, c := range []struct{ who, account, want string }{
		{"bob", "nobody", "not_found"}, {"bob", "ada", "conflict"}, {"ada", "the-boss", "conflict"}, {"dan", "other", "protected"}, {"bob", "the-boss", ""},
	} {
		if got := w.pair(c.who, c.account, false); got != c.want {
			t.Errorf("pairing %s with %s: %q, want %q", c.who, c.account, got, c.want)
		}
	}
	if w.owners(w.idOf("the-boss")) != 0 {
		t.Fatal("looking at a pair linked it")
	}
	w.pair("bob", "the-boss", true)
	w.follow(run.Done)
	if got := w.linkOf("bob"); string(got.Remote) != boss || got.Origin != link.Paired {
		t.Errorf("bob is linked to %s (%s), want %s", got.Remote, got.Origin, boss)
	}
	if u, _ := w.target.Snapshot().User("bob"); u.ID != boss || w.titled("bob") != "Name of bob" {
		t.Errorf("the account is %+v, want the boss's, brought up to date", u)
	}
	if got := w.pair("cleo", boss, true); got != "conflict" {
		t.Errorf("the account was given to a second person: %q", got)
	}
	w.owners("")
}

// P1: a link that is dropped leaves the account alone (in groups that Muster overwrites it is a stranger now), and nothing takes it over again before somebody says so.
func TestLinkIsDropped(t *testing.T) {
	w := newWorld(t)
	w.corp.group("wiki-x")
	w.corp.person("ada", "wiki", "wiki-x")
	w.corp.person("bob", "wiki")
	w.live()
	ada := w.person("ada")
	before := w.target.Count("PATCH", scimtest.Users) + w.target.Count("PUT", scimtest.Users) + w.target.Count("DELETE", scimtest.Users)
	if _, err := w.Unpair(t.Context(), "wiki", ada, "olivia", "not hers", true, false); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(25 * time.Hour)
	w.sync(run.Held)
	after := w.target.Count("PATCH", scimtest.Users) + w.target.Count("PUT", scimtest.Users) + w.target.Count("DELETE", scimtest.Users)
	if after != before || !w.accounts()["ada"] {
		t.Errorf("%d writes to accounts after the link was dropped, active %t", after-before, w.accounts()["ada"])
	}
	if p := w.hold(); p.Class != "ask" || p.People != 1 {
		t.Errorf("the hold is %+v, want the question about ada", p)
	}
	if got := w.pair("ada", "ada", true); got != "" {
		t.Fatalf("ada cannot be paired again: %s", got)
	}
	w.follows()
	w.sync(run.Done)
	if len(w.holds()) != 0 || w.linkOf("ada").Origin != link.Paired {
		t.Errorf("holds %v, link %+v", w.holds(), w.linkOf("ada"))
	}
	if diff := cmp.Diff([]string{"ada"}, w.members("wiki-x")); diff != "" {
		t.Errorf("members after all (-want +got):\n%s", diff)
	}
}

// P1, X6: a link that Muster needs to close somebody is not dropped by mistake.
func TestLinkOfAnOpenLeaverIsKept(t *testing.T) {
	w := newWorld(t)
	w.rules.Groups = nil
	w.corp.person("ada", "wiki")
	w.corp.person("bob", "wiki")
	w.live()
	w.target.Fail(scimtest.Fault{Kind: scimtest.ServerError, Method: "PATCH"})
	w.corp.change("ada", func(r *source.Record) { r.Disabled = true })
	w.read(run.Done)
	w.follows()
	ada := w.person("ada")
	if _, err := w.Unpair(t.Context(), "wiki", ada, "olivia", "x", true, false); err == nil {
		t.Error("the link of an open leaver was dropped without a word")
	}
	if _, err := w.Unpair(t.Context(), "wiki", ada, "olivia", "closed by hand", true, true); err != nil {
		t.Errorf("it cannot be dropped at all: %v", err)
	}
}

// P1: many pairs are looked up in one list of the target, and each is judged by itself.
func TestManyPairs(t *testing.T) {
	w := newWorld(t)
	w.rules.Groups = nil
	var pairs []engine.Pair
	for i := range 40 {
		w.corp.person(who(i), "wiki")
		w.seed(account(fmt.Sprint("old-", i), fmt.Sprint("old", i, "@example.com"), "Old"))
	}
	w.start()
	w.read(run.Done)
	for i := range 40 {
		pairs = append(pairs, engine.Pair{Object: w.person(who(i)), Account: fmt.Sprint("old-", i)})
	}
	pairs[7].Account = "old-6"
	before := w.target.Count("GET", scimtest.Users)
	got, err := w.Pair(t.Context(), "wiki", "olivia", "import", true, pairs...)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range got {
		if (p.Problem != nil) != (i == 7) {
			t.Errorf("pair %d: %+v", i, p.Problem)
		}
	}
	if n := w.target.Count("GET", scimtest.Users) - before; n > 5 {
		t.Errorf("%d requests for 40 pairs", n)
	}
	p := w.preview()
	if p.Counts["create"] != 1 || p.Counts["update"] != 39 {
		t.Errorf("the plan is %v, want one create and 39 updates", p.Counts)
	}
}
