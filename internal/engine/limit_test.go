package engine_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/directory"
	"muster/internal/engine"
	"muster/internal/link"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/source"
)

// crowd makes n people in the scope group and in groups, and goes live.
func crowd(t *testing.T, n int, groups ...source.Key) *world {
	t.Helper()
	w := newWorld(t)
	for _, g := range groups {
		w.corp.group(string(g))
	}
	for i := range n {
		w.corp.person(who(i), append([]source.Key{"wiki"}, groups...)...)
	}
	w.live()
	return w
}

func who(i int) string { return fmt.Sprintf("p%03d", i) }

func (w *world) disable(from, to int) {
	for i := from; i < to; i++ {
		w.corp.change(who(i), func(r *source.Record) { r.Disabled = true })
	}
}

// hold returns the only hold that waits.
func (w *world) hold() run.Plan {
	w.t.Helper()
	holds := w.holds()
	if len(holds) != 1 {
		w.t.Fatalf("%d holds wait, want 1: %+v", len(holds), holds)
	}
	return holds[0]
}

func (w *world) release(p run.Plan, keys ...string) run.Plan {
	w.t.Helper()
	n := p.People
	if len(keys) > 0 {
		n = len(keys)
	}
	p, err := w.Approve(w.t.Context(), engine.Decision{Plan: p.ID, By: "olivia", Count: n, Keys: keys})
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// plan returns a stored plan and its lines by name.
func (w *world) plan(id string) (p run.Plan, lines map[string]run.Line) {
	w.t.Helper()
	lines = map[string]run.Line{}
	err := w.store.View(w.t.Context(), func(v directory.Reader) (err error) {
		if p, err = run.Of(v).Plan(w.t.Context(), id); err != nil {
			return err
		}
		all, err := run.Of(v).Lines(w.t.Context(), id, "", -1, 1000)
		for _, l := range all {
			lines[l.Name] = l
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return p, lines
}

func TestEachLimitTripsAndReleases(t *testing.T) {
	for _, c := range []struct {
		class  link.Class
		people int // affected
		happen func(*world)
		done   func(*world) int // how much of it is done
	}{
		{link.Stated, 11, func(w *world) { w.disable(0, 11) }, closedOf40},
		{link.LeftScope, 11, func(w *world) {
			for i := range 11 {
				w.corp.moved[source.Key("p-"+who(i))] = "uid=x,ou=elsewhere"
			}
			w.corp.hidden = map[source.Key]bool{}
		}, closedOf40},
		{link.Overwrite, 6, func(w *world) {
			for i := range 6 {
				w.corp.change(who(i), func(r *source.Record) { r.Attrs["mail"] = []string{"new@example.com"} })
			}
		}, func(w *world) int {
			n := 0
			for _, mail := range w.held().Active {
				if mail == "new@example.com" {
					n++
				}
			}
			return n
		}},
		{link.Unmember, 1, func(w *world) {
			w.corp.member["g-wiki-b"] = w.corp.member["g-wiki-b"][:39]
			w.corp.member["g-wiki-a"] = nil
		}, func(w *world) int { return (40 - len(w.members("wiki-a"))) / 40 }},
		{link.GroupDelete, 3, func(w *world) {
			for _, g := range []source.Key{"g-wiki-x", "g-wiki-y", "g-wiki-z"} {
				delete(w.corp.groups, g)
				w.corp.deleted = append(w.corp.deleted, g)
			}
		}, func(w *world) int { return 6 - len(w.target.Snapshot().Groups) }},
	} {
		t.Run(string(c.class), func(t *testing.T) {
			w := newWorld(t)
			for _, g := range []string{"wiki-x", "wiki-y", "wiki-z"} {
				w.corp.group(g)
			}
			for _, g := range []string{"wiki-a", "wiki-b"} {
				w.corp.group(g)
			}
			for i := range 40 {
				w.corp.person(who(i), "wiki", "wiki-a", "wiki-b")
			}
			w.live()
			c.happen(w)
			w.corp.person("newcomer", "wiki")
			if r, err := w.Read(t.Context(), "corp", ""); err != nil || r.Outcome != run.Done {
				if c.class != link.LeftScope { // so many are suspicious already
					t.Fatal(r, err)
				}
				t.Skipf("the source is not believed: %s", r.Problem)
			}
			w.follow(run.Held)
			p := w.hold()
			if p.Class != string(c.class) || p.People != c.people {
				t.Errorf("hold of %s with %d people, want %s with %d", p.Class, p.People, c.class, c.people)
			}
			if n := c.done(w); n != 0 {
				t.Errorf("%d done before the release", n)
			}
			if !w.accounts()["newcomer"] {
				t.Error("other classes were held too")
			}
			w.sync(run.Done)
			if n := c.done(w); n != 0 {
				t.Errorf("%d done by a comparison before the release", n)
			}
			w.release(p)
			w.follow(run.Done)
			if n := c.done(w); n != c.people {
				t.Errorf("%d done after the release, want %d", n, c.people)
			}
			if p, _ := w.plan(p.ID); p.Status != run.Finished {
				t.Errorf("the hold is %s, want done", p.Status)
			}
			w.settlesWithin(3)
		})
	}
}

// closedOf40 returns how many of a crowd of 40 have no active account.
func closedOf40(w *world) int {
	n := 40
	for i := range 40 {
		if w.accounts()[who(i)] {
			n--
		}
	}
	return n
}

// settlesWithin expects a comparison to write nothing after some rounds.
func (w *world) settlesWithin(rounds int) {
	w.t.Helper()
	for range rounds {
		w.now = w.now.Add(time.Hour)
		w.follows()
	}
	before := len(w.target.Writes())
	w.sync(run.Done)
	if n := len(w.target.Writes()) - before; n != 0 {
		w.t.Errorf("%d writes: %+v", n, w.target.Writes()[before:])
	}
}

func TestSlowBleedTrips(t *testing.T) {
	w := crowd(t, 60)
	gone := 0
	for range 24 {
		w.disable(gone, gone+1)
		gone++
		w.now = w.now.Add(50 * time.Minute)
		w.read(run.Done)
		w.follows()
	}
	if got := 60 - active(w.accounts()); got != 10 {
		t.Errorf("%d accounts were closed within 24 hours, want 10: the limit", got)
	}
	if p := w.hold(); p.People != 14 {
		t.Errorf("%d people wait, want 14", p.People)
	}
	w.now = w.now.Add(25 * time.Hour)
	w.disable(30, 31)
	w.read(run.Done)
	w.follow(run.Done)
	if got := 60 - active(w.accounts()); got != 11 {
		t.Errorf("%d closed, want 11: a day later there is room, and what is held stays held", got)
	}
}

func TestHoldShrinksWhenPeopleComeBack(t *testing.T) {
	w := crowd(t, 40)
	w.disable(0, 12)
	w.read(run.Done)
	w.follow(run.Held)
	p := w.hold()
	for i := range 11 {
		w.corp.change(who(i), func(r *source.Record) { r.Disabled = false })
	}
	w.read(run.Done)
	w.follows()
	if now := w.hold(); now.ID != p.ID || now.People != 1 {
		t.Errorf("%d people wait, want 1", now.People)
	}
	w.disable(0, 1)
	w.disable(12, 22)
	w.read(run.Done)
	w.follow(run.Held) // 11 are too many again
	if now := w.hold(); now.People != 12 {
		t.Errorf("%d people wait, want 12: one who left again, ten others, and the one of before", now.People)
	}
	for i := range 22 {
		w.corp.change(who(i), func(r *source.Record) { r.Disabled = false })
	}
	w.read(run.Done)
	w.follows()
	if len(w.holds()) != 0 {
		t.Errorf("a hold of nobody waits: %+v", w.holds())
	}
	if active(w.accounts()) != 40 {
		t.Errorf("%d active accounts, want 40", active(w.accounts()))
	}
}

func TestReleaseLapsesUnlessStarted(t *testing.T) {
	w := crowd(t, 40)
	w.disable(0, 12)
	w.read(run.Done)
	w.follow(run.Held)
	p := w.release(w.hold())
	w.now = w.now.Add(31 * time.Minute)
	w.follows()
	if active(w.accounts()) != 40 {
		t.Error("a release that was not started within 30 minutes was carried out")
	}
	if again := w.hold(); again.ID != p.ID || again.People != 12 {
		t.Errorf("the hold that waits again: %+v", again)
	}
	w.release(w.hold())
	w.now = w.now.Add(29 * time.Minute)
	w.follow(run.Done)
	if active(w.accounts()) != 28 {
		t.Errorf("%d active accounts, want 28", active(w.accounts()))
	}
}

func TestReleaseRunsToItsEndOnceStarted(t *testing.T) {
	w := crowd(t, 40)
	w.disable(0, 12)
	w.read(run.Done)
	w.follow(run.Held)
	p := w.release(w.hold())
	w.target.Fail(faultsOnce("PATCH", 5)...)
	w.follows()
	w.target.Fail()
	w.start() // restarts included
	w.now = w.now.Add(3 * time.Hour)
	w.follow(run.Done)
	if active(w.accounts()) != 28 {
		t.Errorf("%d active accounts, want 28", active(w.accounts()))
	}
	if p, _ := w.plan(p.ID); p.Status != run.Finished {
		t.Errorf("the hold is %s", p.Status)
	}
	if verdicts, _ := w.Judge(t.Context(), "wiki"); spent(verdicts, link.Stated) != 0 {
		t.Errorf("what was released used %d of the limit up", spent(verdicts, link.Stated))
	}
}

func spent(verdicts []plan.Verdict, c link.Class) int {
	for _, v := range verdicts {
		if v.Class == c {
			return v.Spent
		}
	}
	return 0
}

func TestRejectedLinesStayRejectedUntilTheirInputsChange(t *testing.T) {
	w := crowd(t, 40, "wiki-a")
	w.disable(0, 11)
	w.corp.member["g-wiki-a"] = nil
	w.read(run.Done)
	w.follow(run.Held)
	for _, p := range w.holds() {
		if _, err := w.Reject(t.Context(), engine.Decision{Plan: p.ID, By: "olivia"}); err != nil {
			t.Fatal(err)
		}
	}
	w.follows()
	w.now = w.now.Add(48 * time.Hour)
	w.sync(run.Done)
	w.corp.change("p020", func(r *source.Record) { r.Attrs["cn"] = []string{"Changed"} })
	w.read(run.Done)
	w.follow(run.Done)
	if active(w.accounts()) != 40 || len(w.members("wiki-a")) != 40 {
		t.Errorf("%d accounts, %d members: a rejected line was carried out", active(w.accounts()), len(w.members("wiki-a")))
	}
	w.corp.change("p000", func(r *source.Record) { r.Disabled = false })
	w.read(run.Done)
	w.follows()
	w.corp.change("p000", func(r *source.Record) { r.Attrs["mail"] = []string{"back@example.com"} })
	w.read(run.Done)
	w.follow(run.Done)
	if w.held().Active["p000"] != "back@example.com" {
		t.Error("another change of somebody whose disable was rejected was not written")
	}
}

func TestPartOfAHoldIsReleased(t *testing.T) {
	w := crowd(t, 40)
	w.disable(0, 12)
	w.read(run.Done)
	w.follow(run.Held)
	p := w.hold()
	_, lines := w.plan(p.ID)
	_, err := w.Approve(t.Context(), engine.Decision{Plan: p.ID, By: "olivia", Count: 2, Keys: []string{lines["p000"].Key, "nonsense"}})
	if problem := (*run.Problem)(nil); !errors.As(err, &problem) || problem.Code != "stale" {
		t.Errorf("approving a line that is not there: %v, want the problem stale", err)
	}
	w.release(p, lines["p000"].Key, lines["p001"].Key)
	w.follow(run.Done)
	if active(w.accounts()) != 38 {
		t.Errorf("%d active accounts, want 38", active(w.accounts()))
	}
	rest := w.hold()
	if rest.ID != p.ID || rest.People != 10 {
		t.Errorf("what waits: %+v, want the other ten in the same hold", rest)
	}
	if _, err := w.Reject(t.Context(), engine.Decision{Plan: p.ID, By: "olivia", Keys: []string{lines["p002"].Key}}); err != nil {
		t.Fatal(err)
	}
	rest = w.hold()
	if rest.People != 9 {
		t.Errorf("%d people wait, want 9", rest.People)
	}
	w.release(rest)
	w.follow(run.Done)
	if got := w.accounts(); active(got) != 29 || !got["p002"] {
		t.Errorf("%d active accounts, p002 %t; want 29, and p002", active(got), got["p002"])
	}
}

func TestHeldRemovalsKeepNobodyOutOfTheGroup(t *testing.T) {
	w := crowd(t, 60, "wiki-a")
	w.corp.person("late", "wiki")
	w.corp.member["g-wiki-a"] = append([]source.Key{"p-late"}, w.corp.member["g-wiki-a"][:2]...)
	w.read(run.Done)
	w.follow(run.Held)
	if n := len(w.members("wiki-a")); n != 61 {
		t.Errorf("%d members, want 61: the new one in, the removals held", n)
	}
	w.corp.member["g-wiki-a"] = w.corp.member["g-wiki-a"][:2]
	w.corp.member["g-wiki-a"] = slices.Clone(w.corp.member["g-wiki-a"])
	w.read(run.Done)
	w.follow(run.Done)
	if n := len(w.members("wiki-a")); n != 60 {
		t.Errorf("%d members, want 60: one removal more, by itself", n)
	}
	w.release(w.hold())
	w.follow(run.Done)
	if diff := cmp.Diff([]string{"late", "p000"}, w.members("wiki-a")); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

func TestFirstPlanReleasesTheMembersOfAdoptedGroups(t *testing.T) {
	w := newWorld(t)
	w.corp.group("wiki-a")
	w.corp.person("ada", "wiki", "wiki-a")
	w.seedGroup("wiki-a", 120)
	w.live()
	if diff := cmp.Diff([]string{"ada"}, w.members("wiki-a")); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if len(w.holds()) != 0 {
		t.Errorf("holds: %+v", w.holds())
	}
	w.settlesWithin(1)
}
