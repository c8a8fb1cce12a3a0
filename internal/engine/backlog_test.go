package engine_test

import (
	"testing"

	"muster/internal/link"
	"muster/internal/run"
	"muster/internal/source"
)

// P9: removals that come in several pages of the feed are judged together, before the first of them.
func TestRemovalsOfOneReadAreOneWave(t *testing.T) {
	const people, leave, title = 1300, 100, 950 // 65 may leave the scope; 50 of them come in the first page of 1,000
	w := crowd(t, people)
	for i := range title {
		w.corp.change(who(i), func(r *source.Record) { r.Attrs["title"] = []string{"Manager"} })
	}
	for i := people - leave; i < people; i++ {
		w.corp.leave(who(i), "wiki")
	}
	w.read(run.Done)
	w.follow(run.Held)
	if n := people - active(w.accounts()); n != 0 {
		t.Errorf("%d were closed before the limit was judged", n)
	}
	if p := w.hold(); p.People != leave || p.Class != string(link.LeftScope) {
		t.Errorf("%d people are held for %s, want all %d who left", p.People, p.Class, leave)
	}
	w.release(w.hold())
	w.follow(run.Done)
	if n := people - active(w.accounts()); n != leave {
		t.Errorf("%d were closed after the release, want %d", n, leave)
	}
}

// leavers makes six people leave the scope group, one leave a group of the target, and one be disabled.
func (w *world) leavers() {
	for i := range 6 {
		w.corp.leave(who(i), "wiki")
	}
	w.corp.leave("p007", "wiki-a")
	w.disable(10, 11)
}

// P9: while a read is under way, what it has found so far removes nobody but those of whom it is stated.
func TestRemovalsWaitForTheEndOfTheReadThatFindsThem(t *testing.T) {
	for name, serve := range map[string]func(*world){
		"follow": func(w *world) { w.follows(); w.follows() },
		"sync":   func(w *world) { w.sync(run.Done) },
	} {
		t.Run(name, func(t *testing.T) {
			w := crowd(t, 40, "wiki-a")
			w.leavers()
			w.corp.halfway = func() {
				serve(w)
				if w.accounts()["p010"] {
					t.Error("a leaver waits for the end of the read")
				}
				if n := active(w.accounts()); n != 39 {
					t.Errorf("%d active accounts, want 39: who left the scope waits", n)
				}
				if n := len(w.members("wiki-a")); n != 40 {
					t.Errorf("%d members, want 40: removals from groups wait", n)
				}
			}
			w.read(run.Done)
			w.follow(run.Done)
			if n := active(w.accounts()); n != 33 {
				t.Errorf("%d active accounts, want 33", n)
			}
			if n := len(w.members("wiki-a")); n != 39 {
				t.Errorf("%d members, want 39", n)
			}
			w.settlesWithin(1)
		})
	}
}

// P9: a mass exit of which a target sees the first part early is held as a whole.
func TestTheFirstPartOfAMassExitIsHeldToo(t *testing.T) {
	w := crowd(t, 100)
	for i := range 6 {
		w.corp.leave(who(i), "wiki")
	}
	for i := 6; i < 12; i++ { // found to be elsewhere when the read ends
		w.corp.moved[source.Key("p-"+who(i))] = "uid=x,ou=elsewhere"
	}
	w.corp.halfway = func() { w.follows() }
	w.read(run.Done)
	w.follow(run.Held)
	if n := active(w.accounts()); n != 100 {
		t.Errorf("%d active accounts, want 100", n)
	}
	if p := w.hold(); p.People != 12 {
		t.Errorf("%d people are held, want all 12", p.People)
	}
}

// P9: reads that follow one another at once keep nobody's removal waiting.
func TestBackToBackReadsStarveNoRemoval(t *testing.T) {
	w := crowd(t, 40, "wiki-a")
	w.leavers()
	w.corp.halfway = func() { w.follows() }
	w.read(run.Done)
	w.corp.halfway = func() {
		w.follows()
		if n := active(w.accounts()); n != 33 {
			t.Errorf("%d active accounts, want 33: the read that found them has ended", n)
		}
		if n := len(w.members("wiki-a")); n != 39 {
			t.Errorf("%d members, want 39", n)
		}
	}
	w.read(run.Done)
}

// secondSource is another source, which the scope does not need.
func (w *world) secondSource() *corp {
	w.rules.People.From.Source, w.rules.Groups.From.Source = "corp", "corp"
	c := newCorp()
	clear(c.groups) // it has none
	return c
}

// overlap has a read of hr begin in the middle of the next one of corp, and stay under way until the function that it returns is called.
func (w *world) overlap() (end func()) {
	release, ended := make(chan struct{}), make(chan struct{})
	w.corp.halfway = func() {
		began := make(chan struct{})
		w.hr.halfway = func() { close(began); <-release }
		go func() {
			defer close(ended)
			if _, err := w.Read(w.t.Context(), "hr", ""); err != nil {
				w.t.Error(err)
			}
		}()
		<-began
	}
	return func() { close(release); <-ended }
}

// P9: what a read found is judged at once though another source is being read since its middle.
func TestOverlappingReadsAreNotJudgedInParts(t *testing.T) {
	w := newWorld(t)
	w.hr = w.secondSource()
	for i := range 100 {
		w.corp.person(who(i), "wiki")
		w.hr.person("h" + who(i))
	}
	w.live()
	for i := range 6 {
		w.corp.leave(who(i), "wiki")
	}
	for i := 6; i < 12; i++ { // found to be elsewhere when the read ends
		w.corp.moved[source.Key("p-"+who(i))] = "uid=x,ou=elsewhere"
	}
	w.hr.change("h"+who(1), func(r *source.Record) { r.Attrs["cn"] = []string{"Another"} })
	end := w.overlap()
	w.read(run.Done)
	w.follow(run.Held)
	if n := active(w.accounts()); n != 100 {
		t.Errorf("%d active accounts, want 100: part of a mass exit went out", n)
	}
	if p := w.hold(); p.People != 12 {
		t.Errorf("%d people are held, want all 12", p.People)
	}
	end()
	w.follows()
	if p := w.hold(); p.People != 12 || active(w.accounts()) != 100 {
		t.Errorf("after the other read, %d are held and %d active, want 12 and 100", p.People, active(w.accounts()))
	}
}

// P9: within the limits, the removals of a read that has ended do not wait for another source that is slow.
func TestASlowSourceKeepsNobodysRemovalWaiting(t *testing.T) {
	w := newWorld(t)
	w.hr = w.secondSource()
	for i := range 40 {
		w.corp.person(who(i), "wiki", "wiki-a")
		w.hr.person("h" + who(i))
	}
	w.corp.group("wiki-a")
	w.live()
	w.leavers()
	end := w.overlap()
	w.read(run.Done)
	w.follow(run.Done)
	if n := active(w.accounts()); n != 33 {
		t.Errorf("%d active accounts, want 33: their read has ended", n)
	}
	if n := len(w.members("wiki-a")); n != 39 {
		t.Errorf("%d members, want 39", n)
	}
	end()
}

// P9: two sources that are read at once and found something about the same people are judged together.
func TestEntangledReadsAreJudgedTogether(t *testing.T) {
	w := newWorld(t)
	w.hr = w.secondSource()
	w.correlate = true
	for i := range 100 {
		w.corp.person(who(i), "wiki")
	}
	w.live()
	for i := range 5 {
		w.hr.person(who(i))
	}
	if _, err := w.Read(t.Context(), "hr", ""); err != nil {
		t.Fatal(err)
	}
	w.follows()
	for i := range 12 {
		w.corp.leave(who(i), "wiki")
	}
	for i := range 5 {
		w.hr.change(who(i), func(r *source.Record) { r.Attrs["cn"] = []string{"By HR"} })
	}
	end := w.overlap()
	w.read(run.Done)
	w.follows()
	if n := active(w.accounts()); n != 100 {
		t.Errorf("%d active accounts, want 100", n)
	}
	end()
	w.follow(run.Held)
	if p := w.hold(); p.People != 12 || active(w.accounts()) != 100 {
		t.Errorf("%d are held, %d active, want 12 and 100", p.People, active(w.accounts()))
	}
}
