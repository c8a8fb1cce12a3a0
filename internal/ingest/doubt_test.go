package ingest_test

import (
	"testing"

	"muster/internal/directory"
	"muster/internal/source"
)

// The right to read mail is lost, while somebody is disabled: the mail stays, and the leaver goes out.
func TestLostAttributesAreKeptUntilTheReadIsBelieved(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	c.crowd(40)
	w.calm("corp")
	before := w.object("corp", "p-p007").Attrs.First(directory.Email)
	c.without["mail"] = true
	c.change("p-p007", func(r *source.Record) { r.Disabled = true })
	for range 2 {
		if sum := w.read("corp"); !sum.Suspicious {
			t.Fatalf("%+v", sum)
		}
		if o := w.object("corp", "p-p007"); before == "" || o.Attrs.First(directory.Email) != before || o.State != directory.Disabled {
			t.Errorf("p007 is %s with the mail %q, want disabled, with %q", o.State, o.Attrs.First(directory.Email), before)
		}
	}
	delete(c.without, "mail")
	w.calm("corp")

	t.Log("a few who lose theirs lose it")
	c.set("p-p007", "mail", "")
	w.calm("corp")
	if o := w.object("corp", "p-p007"); o.Attrs.First(directory.Email) != "" {
		t.Errorf("p007 still has the mail %q", o.Attrs.First(directory.Email))
	}
	updates := w.store.updates
	w.calm("corp")
	if n := w.store.updates - updates; n != 0 {
		t.Errorf("%d writes for a read that changes nothing", n)
	}
}

// The right to read members is lost: groups stay as they are. One that is emptied is emptied.
func TestEmptiedGroupsAreKeptUntilTheReadIsBelieved(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	ada, bob := c.person("ada"), c.person("bob")
	groups := []source.Key{c.group("a", ada), c.group("b", bob), c.group("c", ada, bob), c.group("d", ada)}
	c.group("never", "p-unheard-of")
	w.calm("corp")
	members := c.member
	c.member = map[source.Key][]source.Key{}
	if sum := w.read("corp"); !sum.Suspicious || sum.Problem.Code != "source_members" {
		t.Errorf("%+v", sum.Problem)
	}
	wantMembers(t, w, groups[2], "ada", "bob")
	c.member = members
	w.calm("corp")
	c.member[groups[2]] = nil
	w.calm("corp")
	wantMembers(t, w, groups[2])
	wantMembers(t, w, groups[0], "ada")
}
