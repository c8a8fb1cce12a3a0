package ingest_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/directory"
	"muster/internal/ingest"
	"muster/internal/run"
	"muster/internal/source"
)

func TestAbsentThenRemoved(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	ada := c.person("ada")
	c.person("bob")
	c.group("all", c.keys(c.people)...)
	w.calm("corp")
	c.hidden[ada] = true
	wantCounts(t, w.calm("corp"), map[string]int{"read": 2, "unchanged": 2, "absent": 1})
	wantStates(t, w, "ada active", "bob active")
	wantMembers(t, w, "g-all", "ada", "bob")
	w.after(10*time.Minute - time.Millisecond)
	updates := w.store.updates
	w.calm("corp")
	wantStates(t, w, "ada active", "bob active")
	wantMembers(t, w, "g-all", "ada", "bob")
	w.after(time.Millisecond)
	wantCounts(t, w.calm("corp"), map[string]int{"read": 2, "unchanged": 2, "removed": 1})
	wantStates(t, w, "ada gone missing", "bob active")
	if n := w.store.updates - updates; n > 3 {
		t.Errorf("%d write transactions to remove one person", n)
	}
	w.calm("corp")
	wantMembers(t, w, "g-all", "bob")
	delete(c.hidden, ada)
	if sum := w.calm("corp"); sum.Returned != 1 {
		t.Errorf("%d returned, want 1", sum.Returned)
	}
	wantStates(t, w, "ada active", "bob active")
	wantMembers(t, w, "g-all", "ada", "bob")
}

func TestBackBeforeTheGraceStartsOver(t *testing.T) {
	for name, back := range map[string]func(*world, *site, source.Key){
		"in a read": func(w *world, c *site, ada source.Key) {
			delete(c.hidden, ada)
			w.calm("corp")
		},
		"as unchanged": func(w *world, _ *site, ada source.Key) { take(w, source.Batch{Seen: []source.Key{ada}}) },
		"found by the look-up": func(w *world, c *site, ada source.Key) {
			delete(c.hidden, ada)
			c.inside[ada] = true
			w.calm("corp")
			delete(c.inside, ada)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c := w.sites["corp"]
			ada := c.person("ada")
			c.person("bob")
			w.calm("corp")
			c.hidden[ada] = true
			w.calm("corp")
			w.after(9 * time.Minute)
			back(w, c, ada)
			c.hidden[ada] = true
			w.after(9 * time.Minute)
			w.calm("corp")
			wantStates(t, w, "ada active", "bob active")
			w.after(11 * time.Minute)
			w.calm("corp")
			wantStates(t, w, "ada gone missing", "bob active")
		})
	}
}

// Ten minutes lie between the first look-up and the beginning of the read that decides, however long a read takes.
func TestGraceOfLongReads(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	ada := c.person("ada")
	c.person("bob")
	w.calm("corp")
	c.hidden[ada] = true
	r, err := w.door.Read("corp")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.pull(func(b source.Batch) error {
		w.after(10 * time.Minute)
		return r.Take(t.Context(), b)
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Close(t.Context(), c, nil); err != nil {
		t.Fatal(err)
	}
	w.after(time.Minute)
	w.calm("corp")
	wantStates(t, w, "ada active", "bob active")
	w.after(9 * time.Minute)
	w.calm("corp")
	wantStates(t, w, "ada gone missing", "bob active")
}

func TestLookUps(t *testing.T) {
	tests := []struct {
		name  string
		hide  func(c *site, ada source.Key)
		state string
		notes int
	}{
		{"error", func(c *site, ada source.Key) { c.hidden[ada], c.locate = true, errors.New("busy") }, "ada active", 1},
		{"no look-up offered", func(c *site, ada source.Key) { c.hidden[ada], c.blind = true, true }, "ada active", 1},
		{"found inside", func(c *site, ada source.Key) { c.inside[ada] = true }, "ada active", 1},
		{"found elsewhere", func(c *site, ada source.Key) { c.moved[ada] = "uid=ada,ou=elsewhere" }, "ada gone left", 0},
		{"incomplete", func(c *site, ada source.Key) {
			c.hidden[ada], c.fail = true, &source.Incomplete{Code: "cut", What: "cut"}
		}, "ada active", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			c := w.sites["corp"]
			ada := c.person("ada")
			c.person("bob")
			w.calm("corp")
			tt.hide(c, ada)
			for range 3 {
				sum := w.read("corp")
				w.after(11 * time.Minute)
				if tt.notes > 0 && len(sum.Notes) != tt.notes {
					t.Errorf("notes %q", sum.Notes)
				}
				if (sum.Problem != nil) != (c.fail != nil) {
					t.Errorf("problem %+v", sum.Problem)
				}
			}
			wantStates(t, w, tt.state, "bob active")
		})
	}
}

func TestMovedOutAndBack(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	ada := c.person("ada")
	c.person("bob")
	w.calm("corp")
	id := w.object("corp", ada).ID
	c.moved[ada] = "uid=ada,ou=elsewhere"
	wantCounts(t, w.calm("corp"), map[string]int{"read": 1, "unchanged": 1, "outside": 1})
	if got := w.record("corp", ada).Name; got != "uid=ada,ou=elsewhere" {
		t.Errorf("stands at %q", got)
	}
	asked := c.asked
	w.calm("corp")
	if c.asked != asked {
		t.Error("someone who left is looked up again and again")
	}
	delete(c.moved, ada)
	w.calm("corp")
	if o := w.object("corp", ada); o.ID != id || o.State != directory.Active {
		t.Errorf("came back as %+v", o)
	}
}

func TestMovedBetweenBases(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	ada := c.person("ada")
	c.person("bob")
	w.calm("corp")
	c.change(ada, func(r *source.Record) { r.Base = "people2" })
	wantCounts(t, w.calm("corp"), map[string]int{"read": 2, "changed": 1, "unchanged": 1})
	wantStates(t, w, "ada active", "bob active")
	// people2 was not read whole, so that nothing follows from not seeing her there.
	c.hidden[ada] = true
	for range 3 {
		w.calm("corp")
		w.after(11 * time.Minute)
	}
	wantStates(t, w, "ada active", "bob active")
}

func TestShrinkTrip(t *testing.T) {
	tests := []struct {
		people, missing int
		trips           bool
	}{
		{30, 4, false}, {30, 5, true}, {30, 30, true}, {100, 10, false}, {100, 11, true}, {6, 4, false}, {5, 5, true},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%d of %d", tt.missing, tt.people), func(t *testing.T) {
			w := newWorld(t)
			c := w.sites["corp"]
			c.crowd(tt.people)
			c.group("all", c.keys(c.people)...)
			w.calm("corp")
			before := w.dump()
			for i := range tt.missing {
				c.hidden[source.Key(fmt.Sprintf("p-p%03d", i))] = true
			}
			for i := range 4 {
				sum := w.read("corp")
				people := sum.Bases[slices.IndexFunc(sum.Bases, func(b ingest.BaseCount) bool { return b.Base == "people" })]
				if people.Tripped != tt.trips || people.Seen != tt.people-tt.missing || (people.Seen < people.Floor) != tt.trips || i == 0 && people.Known != tt.people {
					t.Errorf("read %d counts %+v", i, people)
				}
				if sum.Suspicious != tt.trips || (sum.Problem != nil) != tt.trips {
					t.Fatalf("suspicious %t, %+v; want %t", sum.Suspicious, sum.Problem, tt.trips)
				}
				w.after(time.Hour)
			}
			if tt.trips && c.asked != 0 {
				t.Errorf("%d look-ups in reads that are not believed", c.asked)
			}
			if diff := cmp.Diff(before, w.dump()); (diff == "") != tt.trips {
				t.Errorf("state:\n%s", diff)
			}
		})
	}
}

// A read is judged as one: what one base does not yield, the other does not either.
func TestATripHoldsEveryBase(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	c.crowd(30)
	for i := range 8 {
		c.group(fmt.Sprint("g", i))
	}
	w.calm("corp")
	c.hidden["g-g1"] = true
	for i := range 10 {
		c.hidden[source.Key(fmt.Sprintf("p-p%03d", i))] = true
	}
	for range 3 {
		if sum := w.read("corp"); !sum.Suspicious {
			t.Fatal("a third of the people is missing and nobody wonders")
		}
		w.after(time.Hour)
	}
	if got := w.object("corp", "g-g1").State; got != directory.Active {
		t.Errorf("a group is %s by a read that is not believed", got)
	}
}

func TestEmptyReadRemovesNobody(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	c.crowd(3)
	w.calm("corp")
	head := w.head()
	people := c.people
	c.people = nil
	c.locate = errors.New("the canary cannot be read")
	for range 3 {
		w.read("corp")
		w.after(time.Hour)
	}
	if w.head() != head {
		t.Error("an empty read changed something")
	}
	c.people, c.locate = people, nil
	w.calm("corp")
}

func TestAttributeLossTrip(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	c.crowd(40)
	w.calm("corp")
	c.without["mail"] = true
	c.hidden["p-p001"] = true
	for range 3 {
		sum := w.read("corp")
		if !sum.Suspicious || sum.Problem.Code != "source_attributes" || !strings.Contains(sum.Problem.What, "mail (100 % → 0 %)") {
			t.Fatalf("%+v", sum.Problem)
		}
		w.after(time.Hour)
	}
	delete(c.hidden, "p-p001")
	if sum := w.read("corp"); !sum.Suspicious {
		t.Error("a lost attribute goes unnoticed when nobody is missing")
	}
	c.hidden["p-p001"] = true
	if sum := w.read("corp"); !sum.Suspicious {
		t.Error("a read that was not believed became what the next one is measured by")
	}
	delete(c.without, "mail")
	w.calm("corp")
	w.after(time.Hour)
	w.calm("corp")
	if got := w.object("corp", "p-p001").State; got != directory.Gone {
		t.Errorf("after the attribute is back: %s", got)
	}
}

func TestAttributeSharesThatMayFall(t *testing.T) {
	tests := map[string]func(w *world, c *site){
		"a few":  func(_ *world, c *site) { c.set("p-p001", "mail", "") },
		"others": func(_ *world, c *site) { c.set("p-p001", "uid", "other") },
		"newcomers without it": func(_ *world, c *site) {
			for i := range 40 {
				c.set(c.person(fmt.Sprint("new", i)), "mail", "")
			}
		},
		"no rule reads it any more": func(w *world, c *site) {
			rules := plainRules("corp")
			delete(rules.People, "email")
			w.rule(rules)
			c.without["mail"] = true
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c := w.sites["corp"]
			c.crowd(40)
			w.calm("corp")
			change(w, c)
			w.calm("corp")
		})
	}
}

// R14: the ID attribute is switched, or its bytes are read in another order.
func TestSwitchedIDAttribute(t *testing.T) {
	for _, size := range []int{40, 120} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			w := newWorld(t)
			c := w.sites["corp"]
			c.crowd(size)
			c.group("all", c.keys(c.people)...)
			c.group("some", "p-p001", "p-p002", "g-all")
			w.calm("corp")
			before, people := w.states(), len(w.objects())
			c.prefix = "other-"
			for range 4 {
				if sum := w.read("corp"); !sum.Suspicious {
					t.Fatal("all keys are new and nobody wonders")
				}
				w.after(time.Hour)
				if diff := cmp.Diff(before, w.states()); diff != "" {
					t.Fatal(diff)
				}
			}
			if got := len(w.objects()); got != people {
				t.Errorf("%d people and groups, want %d: none twice", got, people)
			}
			c.prefix = ""
			for range 3 {
				w.read("corp")
				w.after(time.Hour)
			}
			w.calm("corp")
			if diff := cmp.Diff(before, w.states()); diff != "" {
				t.Error(diff)
			}
			if got := len(w.objects()); got != people {
				t.Errorf("%d people and groups, want %d", got, people)
			}
			if got := len(w.members("corp", "g-all")); got != size {
				t.Errorf("%d members, want %d", got, size)
			}
			wantMembers(t, w, "g-some", "all", "p001", "p002")
		})
	}
}

// Some ids change, fewer than the shrink trip minds.
func TestAnchorTrip(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	c.crowd(200)
	w.calm("corp")
	before := w.states()
	for i := range 3 {
		recreate(c, fmt.Sprintf("p%03d", i))
	}
	for range 3 {
		sum := w.read("corp")
		if !sum.Suspicious || sum.Problem.Code != "source_anchors" {
			t.Fatalf("%+v", sum.Problem)
		}
		w.after(time.Hour)
	}
	if diff := cmp.Diff(before, w.states()); diff != "" {
		t.Error(diff)
	}
}

// R16: what a read brought that was not believed is nobody, and when it is gone again nobody is missing: no leaver is told of.
func TestEntriesThatBecameNobodyLeaveNobodyMissing(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	c.crowd(50)
	w.calm("corp")
	before := w.states()
	was := maps.Clone(c.people)
	for i := range 50 {
		recreate(c, fmt.Sprintf("p%03d", i))
	}
	if sum := w.read("corp"); !sum.Suspicious {
		t.Fatalf("%+v", sum)
	}
	c.people = was
	w.after(time.Minute)
	if sum := w.calm("corp"); sum.Absent != 0 || sum.Removed != 0 {
		t.Errorf("%d absent and %d removed, want none", sum.Absent, sum.Removed)
	}
	for i := range 50 {
		if rec := w.record("corp", source.Key(fmt.Sprintf("q-p%03d", i))); rec.Status != directory.Removed || rec.Object != "" {
			t.Fatalf("an entry that was nobody is %s, and that of %q", rec.Status, rec.Object)
		}
	}
	if diff := cmp.Diff(before, w.states()); diff != "" {
		t.Error(diff)
	}
}

// recreate gives somebody another key, as when the account is deleted and made again.
func recreate(c *site, name string) source.Key {
	r := c.people[source.Key("p-"+name)]
	delete(c.people, r.Key)
	r.Key = source.Key("q-" + name)
	c.people[r.Key] = r
	return r.Key
}

// People whose names have been contested for long do not make every later read suspicious.
func TestStandingConflictsTripNothing(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	c.crowd(50)
	w.calm("corp")
	for i := range 10 {
		c.set(c.person(fmt.Sprint("twin", i)), "uid", fmt.Sprintf("p%03d", i))
	}
	w.calm("corp")
	c.hidden["p-p040"] = true
	w.calm("corp")
	w.after(11 * time.Minute)
	w.calm("corp")
	if got := w.object("corp", "p-p040").State; got != directory.Gone {
		t.Errorf("%s", got)
	}
}

// M7.
func TestRecreatedAccount(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	c.crowd(20)
	c.group("all", c.keys(c.people)...)
	w.calm("corp")
	old := w.object("corp", "p-p001")
	key := recreate(c, "p001")
	c.member["g-all"] = c.keys(c.people)
	w.calm("corp")
	rec := w.record("corp", key)
	if rec.Object != "" || rec.Waiting == "" {
		t.Fatalf("the new account is not tied to the old one and waits for its name: %+v", rec)
	}
	if got := w.object("corp", "p-p001"); got.State != directory.Active {
		t.Fatalf("the old one is %s before the grace", got.State)
	}
	w.after(11 * time.Minute)
	w.calm("corp")
	w.calm("corp")
	if got := w.object("corp", "p-p001"); got.State != directory.Gone || got.Cause != directory.Missing || got.ID != old.ID {
		t.Fatalf("the old one: %+v", got)
	}
	now := w.object("corp", key)
	if now.ID == old.ID || now.State != directory.Active || now.Handle() != "p001" || now.Attrs.First("email") != "p001@example.com" {
		t.Errorf("the new one: %+v", now)
	}
	if got := len(w.members("corp", "g-all")); got != 20 {
		t.Errorf("%d members, want 20: the new one, without the old one", got)
	}
	// The old account comes back after all: its name is another's now.
	r := c.people[key]
	r.Key = "p-p001"
	c.people["p-p001"] = r
	for range 2 {
		w.calm("corp")
		if o := w.object("corp", "p-p001"); o.State != directory.Gone || w.record("corp", "p-p001").Waiting == "" {
			t.Errorf("the old one with a taken name: %+v", o)
		}
	}
	c.set("p-p001", "uid", "p001-old")
	w.calm("corp")
	if o := w.object("corp", "p-p001"); o.ID != old.ID || o.State != directory.Active || o.Handle() != "p001-old" {
		t.Errorf("the old one with a name of its own: %+v", o)
	}
}

// A re-created group is no second group while the first may be there.
func TestRecreatedGroup(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	c.crowd(3)
	c.group("all", c.keys(c.people)...)
	w.calm("corp")
	r := c.groups["g-all"]
	delete(c.groups, "g-all")
	r.Key = "h-all"
	c.groups[r.Key], c.member[r.Key] = r, c.keys(c.people)
	w.calm("corp")
	if rec := w.record("corp", "h-all"); rec.Object != "" || rec.Waiting == "" {
		t.Fatalf("%+v", rec)
	}
	wantMembers(t, w, "g-all", "p000", "p001", "p002")
	w.after(11 * time.Minute)
	w.calm("corp")
	w.calm("corp")
	wantMembers(t, w, "h-all", "p000", "p001", "p002")
	if o := w.object("corp", "g-all"); o.State != directory.Gone {
		t.Errorf("the old group is %s", o.State)
	}
}

func TestManyMissingAreLookedUpInPages(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	c.crowd(2500)
	w.calm("corp")
	for i := range 240 {
		c.inside[source.Key(fmt.Sprintf("p-p%03d", i*10))] = true
	}
	sum := w.calm("corp")
	if c.asked != 240 {
		t.Errorf("%d looked up, want 240", c.asked)
	}
	if len(sum.Notes) > 20 {
		t.Errorf("%d notes", len(sum.Notes))
	}
	c.hidden, c.inside = c.inside, c.hidden
	if sum = w.calm("corp"); sum.Absent != 240 {
		t.Errorf("%d absent, want 240", sum.Absent)
	}
	w.after(11 * time.Minute)
	if sum = w.calm("corp"); sum.Removed != 240 {
		t.Errorf("%d removed, want 240", sum.Removed)
	}
}

// A server that stopped answering is not asked a hundred times more.
func TestLookUpGivesUp(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	c.crowd(2500)
	w.calm("corp")
	for i := range 240 {
		c.hidden[source.Key(fmt.Sprintf("p-p%03d", i*10))] = true
	}
	c.locate = errors.New("no answer")
	sum := w.calm("corp")
	if sum.Absent != 0 || len(sum.Notes) != 1 {
		t.Errorf("absent %d, notes %q", sum.Absent, sum.Notes)
	}
}

// A mass exit that a person announced is believed, and goes the way of every absence: look-up, grace, second read.
func TestAnnouncedShrink(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	keys := make([]source.Key, 0, 12)
	for i := range 12 {
		keys = append(keys, c.person(fmt.Sprintf("berlin%02d", i)))
	}
	c.crowd(40)
	w.calm("corp")
	for _, k := range keys {
		c.hidden[k] = true
	}
	if s := w.read("corp"); !s.Suspicious {
		t.Fatal("12 of 52 people missing, and the read was believed")
	}
	announce := func(n int) {
		t.Helper()
		r := run.Raise{Target: "corp", Class: ingest.Shrink, To: n, Until: w.now.Add(time.Hour), By: "olivia", Reason: "Berlin was sold"}
		err := w.store.Update(w.ctx, "olivia", func(tx directory.Tx) error { return run.In(tx).PutRaise(w.ctx, r) })
		if err != nil {
			t.Fatal(err)
		}
	}
	announce(11)
	if s := w.read("corp"); !s.Suspicious || s.Bases[1] != (ingest.BaseCount{Base: "people", Seen: 40, Known: 52, Floor: 41, Tripped: true}) {
		t.Fatalf("12 missing, 11 announced: %+v", s.Bases)
	}
	announce(12)
	if s := w.calm("corp"); s.Absent != 12 || s.Bases[1] != (ingest.BaseCount{Base: "people", Seen: 40, Known: 52, Floor: 40}) {
		t.Fatalf("%d absent, want 12; %+v", s.Absent, s.Bases)
	}
	if s := w.calm("corp"); s.Bases[1] != (ingest.BaseCount{Base: "people", Seen: 40, Known: 40, Floor: 28}) {
		t.Errorf("after that: %+v", s.Bases)
	}
	w.after(11 * time.Minute)
	if s := w.calm("corp"); s.Removed != 12 {
		t.Errorf("%d removed, want 12", s.Removed)
	}
}
