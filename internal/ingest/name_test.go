package ingest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/mapping"
	"muster/internal/source"
)

// handles returns the usernames of keys.
func handles(w *world, keys ...source.Key) []string {
	w.Helper()
	var out []string
	for _, key := range keys {
		out = append(out, w.object("corp", key).Handle())
	}
	return out
}

func TestNamesGoRound(t *testing.T) {
	for _, batch := range []int{0, 1} { // all in one transaction, each in its own
		t.Run(fmt.Sprint(batch), func(t *testing.T) {
			w := newWorld(t)
			c := w.sites["corp"]
			c.batch = batch
			keys := []source.Key{c.person("a"), c.person("b"), c.person("c"), c.person("d")}
			w.calm("corp")
			for i, key := range keys[:3] {
				c.set(key, "uid", []string{"b", "C", "a"}[i])
			}
			w.calm("corp")
			if diff := cmp.Diff([]string{"b", "C", "a", "d"}, handles(w, keys...)); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
			for _, key := range keys {
				if why := w.record("corp", key).Waiting; why != "" {
					t.Errorf("%s waits: %s", key, why)
				}
			}
		})
	}
}

// Who waits keeps their old name, and so does the next one who wanted that.
func TestChainOfContestedNames(t *testing.T) {
	for _, batch := range []int{0, 1} {
		t.Run(fmt.Sprint(batch), func(t *testing.T) {
			w := newWorld(t)
			c := w.sites["corp"]
			c.batch = batch
			keys := []source.Key{c.person("a"), c.person("b"), c.person("c"), c.person("z")}
			w.calm("corp")
			c.set("p-a", "uid", "z") // which z keeps
			c.set("p-b", "uid", "a")
			c.set("p-c", "uid", "b")
			c.set(c.person("n"), "uid", "c")
			for range 2 {
				w.calm("corp")
				if diff := cmp.Diff([]string{"a", "b", "c", "z"}, handles(w, keys...)); diff != "" {
					t.Fatalf("names (-want +got):\n%s", diff)
				}
				if w.record("corp", "p-n").Object != "" {
					t.Fatal("a newcomer has a name that is somebody's")
				}
			}
			c.set("p-z", "uid", "y")
			w.calm("corp")
			w.calm("corp")
			if diff := cmp.Diff([]string{"z", "a", "b", "y", "c"}, handles(w, append(keys, "p-n")...)); diff != "" {
				t.Errorf("names after the way is free (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTwoClaimOneName(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	c.set(c.person("x1"), "uid", "ada")
	c.set(c.person("x2"), "uid", "Ada")
	c.person("bob")
	if sum := w.calm("corp"); sum.Waiting != 1 {
		t.Errorf("%d wait, want 1", sum.Waiting)
	}
	wantStates(t, w, "ada active", "bob active")
	if rec := w.record("corp", "p-x2"); rec.Object != "" || !strings.Contains(rec.Waiting, `"ada"`) {
		t.Errorf("%+v", rec)
	}
	c.set("p-x1", "uid", "lovelace")
	w.calm("corp")
	wantStates(t, w, "Ada active", "bob active", "lovelace active")
}

// The store compares names composed and in lower case, and so must we.
func TestNamesThatOnlyLookDifferent(t *testing.T) {
	pairs := [][2]string{{"zo\u00eb", "zoe\u0308"}, {"\u00c5sa", "A\u030asa"}, {"STRASSE", "strasse"}, {"\u0130x", "\u0130X"}}
	for _, pair := range pairs {
		for _, batch := range []int{0, 1} {
			t.Run(fmt.Sprintf("%q %d", pair, batch), func(t *testing.T) {
				w := newWorld(t)
				c := w.sites["corp"]
				c.batch = batch
				c.set(c.person("x1"), "uid", pair[0])
				c.set(c.person("x2"), "uid", pair[1])
				for range 2 {
					w.calm("corp")
					if got := len(w.states()); got != 1 {
						t.Errorf("%d people", got)
					}
				}
			})
		}
	}
}

func TestVeryLongNames(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	long := strings.Repeat("ä", 5000)
	c.set(c.person("x1"), "uid", long)
	c.set(c.person("x2"), "uid", long)
	c.set(c.person("x3"), "uid", long+"3")
	w.calm("corp")
	w.calm("corp")
	if got := len(w.states()); got != 2 {
		t.Errorf("%d people, want 2", got)
	}
}

func by(path, expr string) mapping.Key {
	return mapping.Key{Person: attr.Path(path), Expr: expr}
}

func TestCorrelation(t *testing.T) {
	tests := []struct {
		name  string
		key   mapping.Key
		field string
		value string
		same  bool
	}{
		{"username", by("username", "record.uid"), "uid", "ADA", true},
		{"email", by("email", "record.mail"), "mail", "Ada@example.com", true},
		{"any attribute", by("number", "record.number"), "number", "007", true},
		{"another value", by("number", "record.number"), "number", "008", false},
		{"no value", by("number", "record.number"), "number", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, plainRules("corp"), plainRules("hr", tt.key))
			ada := w.sites["corp"].person("ada")
			w.sites["corp"].set(ada, "number", "007")
			w.sites["corp"].person("bob")
			w.calm("corp")
			other := w.sites["hr"].person("h1")
			w.sites["hr"].set(other, attr.Path(tt.field), tt.value)
			w.calm("hr")
			same := w.object("hr", other).ID == w.object("corp", ada).ID
			if same != tt.same {
				t.Errorf("the same person: %t, want %t", same, tt.same)
			}
			w.sites["hr"].set(other, attr.Path(tt.field), "other")
			w.calm("hr")
			if again := w.object("hr", other).ID == w.object("corp", ada).ID; again != tt.same {
				t.Error("a binding did not last")
			}
		})
	}
}

func TestCorrelationBindsNobodyTwice(t *testing.T) {
	w := newWorld(t, plainRules("corp"), plainRules("hr", by("number", "record.number")))
	ada := w.sites["corp"].person("ada")
	w.sites["corp"].set(ada, "number", "007")
	w.calm("corp")
	hr := w.sites["hr"]
	hr.set(hr.person("h1"), "number", "007")
	hr.set(hr.person("h2"), "number", "007")
	for range 2 {
		w.calm("hr")
		first, second := w.record("hr", "p-h1"), w.record("hr", "p-h2")
		if first.Object != w.record("corp", ada).Object || second.Object != "" || second.Waiting == "" {
			t.Errorf("%+v\n%+v", first, second)
		}
	}
	hr.hidden["p-h1"] = true
	w.calm("hr")
	w.after(11 * time.Minute)
	w.calm("hr")
	w.calm("hr")
	if got := w.record("hr", "p-h2"); got.Object != w.record("corp", ada).Object {
		t.Errorf("the other entry takes over once the first is gone: %+v", got)
	}
}

func TestCorrelationThatFailsWaits(t *testing.T) {
	w := newWorld(t, plainRules("corp", by("number", "string(int(record.number))")))
	c := w.sites["corp"]
	ada := c.person("ada")
	c.set(ada, "number", "x")
	c.set(c.person("bob"), "number", "1")
	w.calm("corp")
	if rec := w.record("corp", ada); rec.Object != "" || !strings.HasPrefix(rec.Waiting, "correlation: ") {
		t.Errorf("%+v", rec)
	}
	wantStates(t, w, "bob active")
	c.set(ada, "number", "2")
	w.calm("corp")
	wantStates(t, w, "ada active", "bob active")
}

func TestAuthorityOfTwoSources(t *testing.T) {
	w := newWorld(t, plainRules("corp"), plainRules("hr", by("username", "record.uid")))
	corp, hr := w.sites["corp"], w.sites["hr"]
	ada := corp.person("ada")
	corp.person("bob")
	corp.set(ada, "mail", "")
	hr.person("ada")
	hr.person("bob")
	hr.set(ada, "cn", "Ada by HR")
	hr.set(ada, "title", "Countess")
	w.calm("corp")
	w.calm("hr")
	o := w.object("corp", ada)
	want := map[string]string{"name": "Name of ada", "email": "ada@example.com", "title": "Countess", "username": "ada"}
	for p, v := range want {
		if got := o.Attrs.First(attr.Path(p)); got != v {
			t.Errorf("%s is %q, want %q", p, got, v)
		}
	}
	hr.change(ada, func(r *source.Record) { r.Disabled = true })
	w.calm("hr")
	wantStates(t, w, "ada disabled stated", "bob active")
	hr.change(ada, func(r *source.Record) { r.Disabled = false })
	w.calm("hr")
	wantStates(t, w, "ada active", "bob active")

	leave := func(name string) {
		w.sites[name].hidden[ada] = true
		w.calm(name)
		w.after(11 * time.Minute)
		w.calm(name)
	}
	leave("hr")
	wantStates(t, w, "ada active", "bob active")
	if got := w.object("corp", ada).Attrs.First("title"); got != "" {
		t.Errorf("a source that has them no more still says title %q", got)
	}
	leave("corp")
	wantStates(t, w, "ada gone missing", "bob active")
	delete(hr.hidden, ada)
	w.calm("hr")
	wantStates(t, w, "ada active", "bob active")
	if got := w.object("hr", ada).Attrs.First("name"); got != "Ada by HR" {
		t.Errorf("name %q", got)
	}
}

// Somebody is gone only as surely as every source says so.
func TestCauseOfTwoSources(t *testing.T) {
	w := newWorld(t, plainRules("corp"), plainRules("hr", by("username", "record.uid")))
	ada := w.sites["corp"].person("ada")
	w.sites["corp"].person("bob")
	w.sites["hr"].person("ada")
	w.sites["hr"].person("bob")
	w.calm("corp")
	w.calm("hr")
	w.sites["hr"].hidden[ada] = true
	w.calm("hr")
	w.after(11 * time.Minute)
	w.calm("hr")
	w.sites["corp"].moved[ada] = "ou=elsewhere"
	w.calm("corp")
	if got := w.object("corp", ada); got.State != directory.Gone || got.Cause != directory.Missing {
		t.Errorf("%s %s, want gone, missing", got.State, got.Cause)
	}
}
