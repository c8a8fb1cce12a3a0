package ingest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/directory"
	"muster/internal/source"
)

func TestMemberships(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	ada, bob, cleo := c.person("ada"), c.person("bob"), c.person("cleo")
	all := c.group("all", ada, bob, "p-unheard-of")
	top := c.group("top", all, cleo)
	c.member[all] = append(c.member[all], top) // a cycle
	c.group("self", "g-self")
	wantCounts(t, w.calm("corp"), map[string]int{"read": 6, "added": 6, "memberships_added": 6})
	wantMembers(t, w, all, "ada", "bob", "top")
	wantMembers(t, w, top, "all", "cleo")
	wantMembers(t, w, "g-self", "self")
	c.member[all] = []source.Key{cleo, top, bob}
	wantCounts(t, w.calm("corp"), map[string]int{"read": 6, "unchanged": 6, "memberships_added": 1, "memberships_removed": 1})
	wantMembers(t, w, all, "bob", "cleo", "top")
	updates := w.store.updates
	c.member[all] = []source.Key{bob, bob, cleo, top}
	wantCounts(t, w.calm("corp"), map[string]int{"read": 6, "unchanged": 6})
	if n := w.store.updates - updates; n != 0 {
		t.Errorf("another order of members opened %d write transactions", n)
	}
	c.member[all] = nil
	w.calm("corp")
	wantMembers(t, w, all)
}

func TestGroupThatIsNotWholeLosesNobody(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	ada, bob, cleo := c.person("ada"), c.person("bob"), c.person("cleo")
	all := c.group("all", ada, bob)
	next := c.group("next", ada)
	w.calm("corp")
	c.part[all] = true
	c.member[all] = []source.Key{bob, cleo}
	c.member[next] = []source.Key{bob}
	w.calm("corp")
	wantMembers(t, w, all, "ada", "bob", "cleo")
	wantMembers(t, w, next, "bob")
	updates := w.store.updates
	w.calm("corp")
	if n := w.store.updates - updates; n != 0 {
		t.Errorf("%d writes for a group of which a part came again", n)
	}
	c.member[all] = nil
	w.calm("corp")
	wantMembers(t, w, all, "ada", "bob", "cleo")
	delete(c.part, all)
	w.calm("corp")
	wantMembers(t, w, all)
}

// A source may say that a group was whole long after its members. They must not be taken for none.
func TestWholeThatComesLate(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	ada, bob := c.person("ada"), c.person("bob")
	all, next := c.group("all", ada, bob), c.group("next", ada, bob)
	w.calm("corp")
	seen := func(g source.Key, members ...source.Key) (out []source.Membership) {
		for _, m := range members {
			out = append(out, source.Membership{Group: g, Member: m, Op: source.Seen})
		}
		return out
	}
	known := source.Batch{Seen: []source.Key{ada, bob, all, next}}
	take(w, known,
		source.Batch{Members: seen(all, ada)},
		source.Batch{Members: append(seen(all, bob), seen(next, ada)...)},
		source.Batch{Members: seen(next, bob)},
		source.Batch{Whole: []source.Key{all, next}},
	)
	wantMembers(t, w, all, "ada", "bob")
	wantMembers(t, w, next, "ada", "bob")
	take(w, known, source.Batch{Members: append(append(seen(all, ada), seen(next, ada)...), seen(all, bob)...), Whole: []source.Key{all, next}})
	wantMembers(t, w, all, "ada", "bob")
	wantMembers(t, w, next, "ada")
}

// The first part of a group comes in one batch with an empty group, the rest in the next.
func TestEmptyGroupBetweenTheParts(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	ada, bob := c.person("ada"), c.person("bob")
	all, none := c.group("all", ada, bob), c.group("none")
	w.calm("corp")
	take(w, source.Batch{Seen: []source.Key{ada, bob, all, none}},
		source.Batch{Members: []source.Membership{{Group: all, Member: ada, Op: source.Seen}}, Whole: []source.Key{none}},
		source.Batch{Members: []source.Membership{{Group: all, Member: bob, Op: source.Seen}}, Whole: []source.Key{all}})
	wantMembers(t, w, all, "ada", "bob")
}

// What came of a group before a read broke off is true.
func TestPartOfTheLastGroup(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	ada, bob := c.person("ada"), c.person("bob")
	all := c.group("all", ada)
	w.calm("corp")
	c.member[all], c.part[all], c.fail = []source.Key{bob}, true, &source.Incomplete{Code: "cut", What: "cut"}
	w.read("corp")
	wantMembers(t, w, all, "ada", "bob")
}

func TestDeltas(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	ada, bob := c.person("ada"), c.person("bob")
	all := c.group("all", ada)
	w.calm("corp")
	delta := func(member source.Key, op source.MemberOp) source.Membership {
		return source.Membership{Group: all, Member: member, Op: op}
	}
	take(w, source.Batch{Members: []source.Membership{delta(bob, source.Add), delta("p-x", source.Add), {Group: ada, Member: bob, Op: source.Add}}})
	wantMembers(t, w, all, "ada", "bob")
	take(w, source.Batch{Members: []source.Membership{delta(bob, source.Remove), delta(ada, source.Remove), delta(ada, source.Add)}})
	wantMembers(t, w, all, "ada")
	// What a delta said is not taken for granted: the complete read compares again.
	take(w, source.Batch{Members: []source.Membership{delta(bob, source.Add)}})
	w.calm("corp")
	wantMembers(t, w, all, "ada")
	// And in the same read.
	rec := c.groups[all]
	take(w, source.Batch{Seen: []source.Key{ada, bob, all}}, source.Batch{Records: []source.Record{rec}, Members: []source.Membership{delta(bob, source.Add)}},
		source.Batch{Members: []source.Membership{delta(ada, source.Seen)}, Whole: []source.Key{all}})
	wantMembers(t, w, all, "ada")
}

func TestLargeGroup(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	c.crowd(5700)
	c.batch = 700
	all := c.group("all", c.keys(c.people)...)
	wantCounts(t, w.calm("corp"), map[string]int{"read": 5701, "added": 5701, "memberships_added": 5700})
	everybody := c.member[all]
	c.member[all] = everybody[:500]
	// The second of three transactions fails: the rest is done by the next read.
	writes := 0
	w.store.fail = func() error {
		if writes++; writes == 2 {
			return fmt.Errorf("the power went off")
		}
		return nil
	}
	r, err := w.door.Read("corp")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.pull(func(b source.Batch) error { return r.Take(t.Context(), b) }); err == nil {
		t.Fatal("the failure was swallowed")
	}
	w.store.fail = nil
	c.member[all] = everybody[:600]
	w.calm("corp")
	if got := len(w.members("corp", all)); got != 600 {
		t.Errorf("%d members, want 600", got)
	}
	updates := w.store.updates
	w.calm("corp")
	if n := w.store.updates - updates; n != 0 {
		t.Errorf("%d writes without a change", n)
	}
}

// A group keeps a member who is not in the read until it is known why, and also while they are of a base that is not read.
func TestMissingMembersStay(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	c.crowd(50)
	ada := c.person("ada")
	all := c.group("all", c.keys(c.people)...)
	w.calm("corp")
	c.hidden[ada] = true
	c.hidden["p-p001"] = true
	c.locate = fmt.Errorf("busy")
	for range 3 {
		w.calm("corp")
		w.after(time.Hour)
		if got := len(w.members("corp", all)); got != 51 {
			t.Fatalf("%d members, want 51", got)
		}
	}
	updates := w.store.updates
	w.calm("corp")
	if n := w.store.updates - updates; n != 0 {
		t.Errorf("%d writes to keep members", n)
	}
	c.locate = nil
	w.calm("corp")
	w.after(time.Hour)
	w.calm("corp")
	w.calm("corp")
	if got := len(w.members("corp", all)); got != 49 {
		t.Errorf("%d members, want 49", got)
	}
}

func TestWhoWaitsBecomesAMember(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	ada := c.person("ada")
	twin := c.person("twin")
	c.set(twin, "uid", "ada")
	all := c.group("all", ada, twin)
	w.calm("corp")
	wantMembers(t, w, all, "ada")
	c.set(twin, "uid", "twin")
	w.calm("corp")
	wantMembers(t, w, all, "ada", "twin")
}

func TestGroupLifecycle(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	ada := c.person("ada")
	all := c.group("all", ada)
	c.group("other")
	w.calm("corp")
	id := w.object("corp", all).ID
	r := c.groups[all]
	r.Attrs, r.Name = r.Attrs.Clone(), "cn=everybody,dc=corp"
	r.Attrs["cn"] = []string{"everybody"}
	c.groups[all] = r
	w.calm("corp")
	if o := w.object("corp", all); o.ID != id || o.Handle() != "everybody" {
		t.Errorf("renamed: %+v", o)
	}
	c.hidden[all] = true
	w.calm("corp")
	w.after(11 * time.Minute)
	w.calm("corp")
	if o := w.object("corp", all); o.State != directory.Gone {
		t.Errorf("deleted: %+v", o)
	}
	delete(c.hidden, all)
	c.member[all] = []source.Key{}
	w.calm("corp")
	if o := w.object("corp", all); o.ID != id || o.State != directory.Active {
		t.Errorf("back: %+v", o)
	}
	if diff := cmp.Diff([]string(nil), w.members("corp", all)); diff != "" {
		t.Error(diff)
	}
}

// Servers without referential integrity leave the names of leavers in their groups. That must not keep others in.
func TestNamesLeftBehindKeepNobodyIn(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	ada, bob, cleo := c.person("ada"), c.person("bob"), c.person("cleo")
	all := c.group("all", ada, bob, cleo)
	c.crowd(40)
	w.calm("corp")
	c.hidden[bob] = true
	c.litter[all] = []string{w.record("corp", bob).Name}
	c.member[all] = []source.Key{ada}
	w.calm("corp")
	wantMembers(t, w, all, "ada", "bob", "cleo") // nothing is known of bob yet
	w.calm("corp")
	wantMembers(t, w, all, "ada", "bob") // bob is an open leaver: his own memberships wait, cleo's do not
	c.litter[all] = append(c.litter[all], "uid=somebody,dc=corp")
	c.member[all] = nil
	w.calm("corp")
	wantMembers(t, w, all, "ada", "bob") // a name of nobody: ada may have been renamed
}

func TestGroupThatNeverCameWhole(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	ada, bob := c.person("ada"), c.person("bob")
	all := c.group("all", ada)
	c.part[all] = true
	w.calm("corp")
	if w.record("corp", all).KnowsMembers() {
		t.Error("a group of which a part came counts as known")
	}
	c.member[all] = []source.Key{bob}
	w.calm("corp")
	wantMembers(t, w, all, "ada", "bob")
	if w.record("corp", all).KnowsMembers() {
		t.Error("a group of which two parts came counts as known")
	}
	delete(c.part, all)
	w.calm("corp")
	wantMembers(t, w, all, "bob")
	if !w.record("corp", all).KnowsMembers() {
		t.Error("a group that came whole does not count as known")
	}
}
