package ingest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/ingest"
	"muster/internal/mapping"
	"muster/internal/source"
)

func wantStates(t *testing.T, w *world, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, w.states()); diff != "" {
		t.Errorf("people (-want +got):\n%s", diff)
	}
}

func wantMembers(t *testing.T, w *world, group source.Key, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, w.members("corp", group)); diff != "" {
		t.Errorf("members of %s (-want +got):\n%s", group, diff)
	}
}

func wantCounts(t *testing.T, got ingest.Summary, want map[string]int) {
	t.Helper()
	if diff := cmp.Diff(want, got.Counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestNoChangeWritesNothing(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	c.crowd(700)
	c.group("all", c.keys(c.people)...)
	c.group("none")
	wantCounts(t, w.calm("corp"), map[string]int{"read": 702, "added": 702, "memberships_added": 700})
	head, updates := w.head(), w.store.updates
	w.after(time.Hour)
	wantCounts(t, w.calm("corp"), map[string]int{"read": 702, "unchanged": 702})
	if n := w.store.updates - updates; n != 0 {
		t.Errorf("a read without changes opened %d write transactions", n)
	}
	if w.head() != head {
		t.Error("a read without changes entered the feed")
	}
}

// Someone who waits is tried again at each read, and that is no change.
func TestWaitingIsNoChange(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	c.person("ada")
	w.calm("corp")
	c.set(c.person("twin"), "uid", "ada")
	wantCounts(t, w.calm("corp"), map[string]int{"read": 2, "added": 1, "unchanged": 1, "waiting": 1})
	head := w.head()
	w.after(time.Hour)
	since := w.record("corp", "p-twin").Since
	wantCounts(t, w.calm("corp"), map[string]int{"read": 2, "unchanged": 2, "waiting": 1})
	if w.head() != head || !w.record("corp", "p-twin").Since.Equal(since) {
		t.Error("waiting was written again")
	}
}

func TestJoinChangeLeave(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	ada, bob := c.person("ada"), c.person("bob")
	w.calm("corp")
	wantStates(t, w, "ada active", "bob active")
	id := w.object("corp", ada).ID

	c.person("cleo")
	c.set(ada, "mail", "lovelace@example.com")
	c.set(ada, "uid", "lovelace")
	c.change(ada, func(r *source.Record) { r.Name = "uid=lovelace,ou=math,dc=corp" })
	c.change(bob, func(r *source.Record) { r.Disabled = true })
	wantCounts(t, w.calm("corp"), map[string]int{"read": 3, "added": 1, "changed": 2})
	wantStates(t, w, "bob disabled stated", "cleo active", "lovelace active")
	o := w.object("corp", ada)
	if o.ID != id || o.Attrs.First("email") != "lovelace@example.com" {
		t.Errorf("while the key stays the person stays, with new values: %+v", o)
	}
	if got := w.object("corp", bob).Epoch; got != 1 {
		t.Errorf("epoch %d after a deactivation, want 1", got)
	}
	c.change(bob, func(r *source.Record) { r.Disabled = false })
	w.calm("corp")
	wantStates(t, w, "bob active", "cleo active", "lovelace active")
	if got := w.object("corp", bob).Epoch; got != 1 {
		t.Errorf("epoch %d after enabling, want 1: old credentials stay dead", got)
	}
}

func TestExpiryByTheClock(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	ada := c.person("ada")
	c.change(ada, func(r *source.Record) { r.Expires = w.now.Add(time.Hour) })
	w.calm("corp")
	wantStates(t, w, "ada active")
	expire := func(want int) {
		t.Helper()
		if n, err := w.door.Expire(t.Context(), "corp"); n != want || err != nil {
			t.Errorf("%d people expired, %v; want %d", n, err, want)
		}
	}
	w.after(59 * time.Minute)
	expire(0)
	w.after(time.Minute)
	expire(1)
	expire(0)
	wantStates(t, w, "ada disabled stated")
	updates := w.store.updates
	w.calm("corp")
	expire(0)
	if n := w.store.updates - updates; n != 0 {
		t.Errorf("%d writes after the expiry was acted on", n)
	}
	c.change(ada, func(r *source.Record) { r.Expires = w.now.Add(time.Hour) }) // extended
	w.calm("corp")
	wantStates(t, w, "ada active")
	w.after(time.Hour)
	w.calm("corp") // a read alone does not enable, nor forget
	expire(1)
	c.change(ada, func(r *source.Record) { r.Expires = time.Time{} })
	w.calm("corp")
	wantStates(t, w, "ada active")
	c.change(ada, func(r *source.Record) { r.Expires = w.now.Add(-time.Second) })
	w.calm("corp")
	wantStates(t, w, "ada disabled stated")
}

func TestManyExpire(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	c.crowd(600)
	for _, key := range c.keys(c.people) {
		c.change(key, func(r *source.Record) { r.Expires = w.now.Add(time.Minute) })
	}
	w.calm("corp")
	w.after(time.Minute)
	if n, err := w.door.Expire(t.Context(), "corp"); n != 600 || err != nil {
		t.Errorf("%d people expired, %v; want 600", n, err)
	}
}

func TestTombstone(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	ada := c.person("ada")
	c.person("bob")
	w.calm("corp")
	take(w, source.Batch{Deleted: []source.Key{ada, "p-unheard-of"}})
	wantStates(t, w, "ada gone stated", "bob active")
	head := w.head()
	take(w, source.Batch{Deleted: []source.Key{ada}})
	if w.head() != head {
		t.Error("a tombstone that comes again is a change")
	}
	sum := w.calm("corp") // restored
	if sum.Returned != 1 {
		t.Errorf("%d returned, want 1", sum.Returned)
	}
	wantStates(t, w, "ada active", "bob active")
}

// take lets batches in, in a read that never ends.
func take(w *world, batches ...source.Batch) ingest.Summary {
	w.Helper()
	r, err := w.door.Read("corp")
	if err != nil {
		w.Fatal(err)
	}
	for _, b := range batches {
		if err := r.Take(w.ctx, b); err != nil {
			w.Fatal(err)
		}
	}
	return r.Summary()
}

func TestTombstoneOfOneWhoWaits(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	c.person("ada")
	w.calm("corp")
	twin := c.person("twin")
	c.set(twin, "uid", "ada")
	w.calm("corp")
	take(w, source.Batch{Deleted: []source.Key{twin}})
	if rec := w.record("corp", twin); rec.Status != directory.Removed || rec.Waiting != "" {
		t.Errorf("still waiting: %+v", rec)
	}
}

func TestMappingErrorKeepsOldValues(t *testing.T) {
	rules := plainRules("corp")
	rules.People["number"] = mapping.Rule{Expr: "string(int(record.number) + 1)"}
	w := newWorld(t, rules)
	c := w.sites["corp"]
	ada := c.person("ada")
	c.set(ada, "number", "6")
	w.calm("corp")
	c.set(ada, "number", "seven")
	c.set(ada, "cn", "Ada L.")
	sum := w.calm("corp")
	o := w.object("corp", ada)
	if o.Attrs.First("number") != "7" || o.Attrs.First("name") != "Ada L." || o.State != directory.Active {
		t.Errorf("a value that cannot be computed must stay, the others must come in: %v", o.Attrs)
	}
	if sum.Waiting != 1 || !strings.Contains(w.record("corp", ada).Waiting, "number") {
		t.Errorf("waiting %q", w.record("corp", ada).Waiting)
	}
	c.set(ada, "number", "7")
	w.calm("corp")
	if o := w.object("corp", ada); o.Attrs.First("number") != "8" || w.record("corp", ada).Waiting != "" {
		t.Errorf("not healed: %v, waiting %q", o.Attrs, w.record("corp", ada).Waiting)
	}
}

func TestNewRulesMapEverybodyAgain(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	ada := c.person("ada")
	w.calm("corp")
	rules := plainRules("corp")
	rules.People["name"] = mapping.Rule{Expr: "upper(record.cn)"}
	w.rule(rules)
	w.calm("corp")
	if got := w.object("corp", ada).Attrs.First("name"); got != "NAME OF ADA" {
		t.Errorf("name %q", got)
	}
}

// R15.
func TestStopOutlastsEveryRead(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	ada := c.person("ada")
	w.calm("corp")
	id := w.object("corp", ada).ID
	if _, err := w.door.Stop(t.Context(), "operator:olivia", id, &directory.Stop{By: "olivia", Reason: "lost laptop", At: w.now}, nil); err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		c.set(ada, "title", fmt.Sprint(i))
		c.change(ada, func(r *source.Record) { r.Disabled = i%3 == 0 })
		w.after(time.Minute)
		w.calm("corp")
		wantStates(t, w, "ada disabled operator")
	}
	c.hidden[ada] = true
	for range 3 {
		w.calm("corp")
		w.after(11 * time.Minute)
	}
	wantStates(t, w, "ada gone missing")
	delete(c.hidden, ada)
	w.calm("corp")
	wantStates(t, w, "ada disabled operator")
}

func TestStopOfOneWhoseNameIsContested(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	ada, bob := c.person("ada"), c.person("bob")
	w.calm("corp")
	c.set(bob, "uid", "ada")
	w.calm("corp")
	o, err := w.door.Stop(t.Context(), "operator:olivia", w.object("corp", bob).ID, &directory.Stop{By: "olivia", At: w.now}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if o.State != directory.Disabled || o.Handle() != "bob" {
		t.Errorf("stopped: %+v", o)
	}
	if o := w.object("corp", ada); o.State != directory.Active || o.Handle() != "ada" {
		t.Errorf("the other: %+v", o)
	}
}

func TestAKeyIsOneKindForEver(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	ada := c.person("ada")
	bob := c.person("bob")
	c.group("all", bob)
	w.calm("corp")
	id := w.object("corp", ada).ID
	// A directory whose people and groups are numbered apart: a group bears the number of a person.
	c.groups[ada] = source.Record{Kind: source.Group, Key: ada, Base: "groups", Name: "cn=clash,dc=corp", Attrs: attr.Set{"cn": {"clash"}}}
	c.member[ada] = []source.Key{bob}
	for range 3 {
		w.calm("corp")
		o := w.object("corp", ada)
		if o.ID != id || o.Kind != directory.Person || o.State != directory.Active || o.Handle() != "ada" {
			t.Fatalf("the person became %+v", o)
		}
		wantMembersOf(t, w, id)
	}
	head := w.head()
	if sum := w.calm("corp"); len(sum.Notes) == 0 || !strings.Contains(sum.Notes[0], "p-ada") {
		t.Errorf("nobody is told: %v", sum.Notes)
	}
	if w.head() != head {
		t.Error("it goes on for ever")
	}
}

func wantMembersOf(t *testing.T, w *world, id directory.ID, want ...directory.ID) {
	t.Helper()
	w.view(func(v directory.Reader) error {
		got, err := v.Members(w.ctx, id, "", 0)
		if !slices.Equal(got, want) {
			t.Errorf("members %v, want %v", got, want)
		}
		return err
	})
}

// Whatever a transaction did before it was run again must not be counted.
func TestTransactionsMayRunTwice(t *testing.T) {
	once, twice := newWorld(t), newWorld(t)
	twice.store.twice = true
	for _, w := range []*world{once, twice} {
		c := w.sites["corp"]
		c.crowd(30)
		c.group("all", c.keys(c.people)...)
		w.calm("corp")
		c.set("p-p001", "uid", "p002")
		c.set("p-p002", "uid", "p001")
		c.hidden["p-p003"], c.moved["p-p004"] = true, "uid=p004,ou=left"
		w.calm("corp")
		w.after(11 * time.Minute)
	}
	if diff := cmp.Diff(once.calm("corp"), twice.calm("corp")); diff != "" {
		t.Errorf("counts (-once +twice):\n%s", diff)
	}
	if diff := cmp.Diff(once.dump(), twice.dump()); diff != "" {
		t.Errorf("state (-once +twice):\n%s", diff)
	}
}

// One record that cannot be stored keeps nobody else out.
func TestConflictsBlockNobodyElse(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	c.crowd(40)
	conflicts := 0
	w.store.fail = func() error {
		if conflicts++; conflicts <= 2 {
			return fmt.Errorf("lost a race: %w", directory.ErrConflict)
		}
		return nil
	}
	w.calm("corp")
	if got := len(w.states()); got != 40 {
		t.Errorf("%d people, want 40", got)
	}
}

func TestStoreErrorEndsTheRead(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	c.crowd(3)
	broken := errors.New("disk full")
	w.store.fail = func() error { return broken }
	r, err := w.door.Read("corp")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.pull(func(b source.Batch) error { return r.Take(t.Context(), b) }); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

func TestNullByteAndBrokenTextInAUsername(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	c.set(c.person("ada"), "uid", "a\x00a")
	c.set(c.person("bob"), "uid", "a\xffa")
	c.person("cleo")
	w.calm("corp")
	w.calm("corp")
	if got := len(w.states()); got != 2 {
		t.Errorf("%d people, want 2: %q", got, w.states())
	}
}
