package ingest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/ingest"
	"muster/internal/mapping"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/source"
)

// holdOf returns the hold of a class that waits at a source, or fails.
func (w *world) holdOf(name, class string) run.Plan {
	w.Helper()
	for _, p := range w.holds(name) {
		if p.Class == class && p.Status == run.Waiting {
			return p
		}
	}
	w.Fatalf("no hold for %s waits at %s: %+v", class, name, w.holds(name))
	return run.Plan{}
}

func (w *world) holds(name string) []run.Plan {
	w.Helper()
	var out []run.Plan
	w.view(func(v directory.Reader) (err error) {
		out, err = run.Of(v).Plans(w.ctx, name, run.Hold, "", 100)
		return err
	})
	return out
}

func (w *world) lines(p run.Plan) []run.Line {
	w.Helper()
	var out []run.Line
	w.view(func(v directory.Reader) (err error) {
		out, err = run.Of(v).Lines(w.ctx, p.ID, "", -1, 10000)
		return err
	})
	return out
}

// decide records what a person says about a hold, as the engine does.
func (w *world) decide(p run.Plan, to run.Status, answer run.Answer, keys ...string) {
	w.Helper()
	err := w.store.Store.Update(w.ctx, "olivia", func(tx directory.Tx) error {
		t := run.In(tx)
		if _, err := t.Decide(w.ctx, p.ID, run.LineFilter{Status: run.Waiting, Keys: keys}, run.Verdict{To: to, By: "olivia", Answer: answer, At: w.now}); err != nil {
			return err
		}
		p.Status, p.Decided, p.By = to, w.now, "olivia"
		return t.PutPlan(w.ctx, p)
	})
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) status(id string) run.Status {
	w.Helper()
	var p run.Plan
	w.view(func(v directory.Reader) (err error) {
		p, err = run.Of(v).Plan(w.ctx, id)
		return err
	})
	return p.Status
}

func onSQLite(t *testing.T) func(...mapping.SourceRules) *world {
	return func(rules ...mapping.SourceRules) *world { return newWorld(t, rules...) }
}

// shrunken is a world of 40 people of whom 12 are suddenly missing.
func shrunken(open func(...mapping.SourceRules) *world) (*world, *site) {
	w := open()
	c := w.sites["corp"]
	c.crowd(40)
	w.calm("corp")
	for i := range 12 {
		c.hidden[source.Key(fmt.Sprintf("p-p%03d", i))] = true
	}
	return w, c
}

// X2: a read that is not believed is a hold with numbers, people, cause and fix; a person who says that it is right releases that reading and no other.
func TestAShrunkenReadIsReleased(t *testing.T) {
	eachStore(t, aShrunkenReadIsReleased)
}

func aShrunkenReadIsReleased(t *testing.T, open func(...mapping.SourceRules) *world) {
	w, c := shrunken(open)
	for range 3 {
		if sum := w.read("corp"); !sum.Suspicious {
			t.Fatal("12 of 40 are missing, and the read was believed")
		}
		updates := w.store.updates
		w.read("corp")
		if n := w.store.updates - updates; n > 0 {
			t.Errorf("%d writes for a hold that is as it was", n)
		}
		w.after(time.Hour)
	}
	p := w.holdOf("corp", ingest.Shrink)
	on, ok := p.Problem()
	if !ok || on.Code != "source_shrank" || p.People != 12 || p.Counts["miss"] != 12 || !strings.Contains(p.Why, "such as p000, p001") {
		t.Errorf("the hold is %+v, resting on %+v", p, on)
	}
	w.decide(p, run.Approved, "")
	if sum := w.calm("corp"); sum.Absent != 12 {
		t.Fatalf("%d absent after the release, want 12", sum.Absent)
	}
	if got := w.status(p.ID); got != run.Finished {
		t.Errorf("the hold is %s after it was used", got)
	}
	w.after(11 * time.Minute)
	if sum := w.calm("corp"); sum.Removed != 12 {
		t.Fatalf("%d removed, want 12", sum.Removed)
	}
	for i := 12; i < 24; i++ {
		c.hidden[source.Key(fmt.Sprintf("p-p%03d", i))] = true
	}
	if sum := w.read("corp"); !sum.Suspicious {
		t.Error("the release of one reading released another")
	}
}

func TestAReleaseLapsesAndIsForOneReading(t *testing.T) {
	w, c := shrunken(onSQLite(t))
	w.read("corp")
	p := w.holdOf("corp", ingest.Shrink)
	w.decide(p, run.Approved, "")
	w.after(31 * time.Minute)
	if sum := w.read("corp"); !sum.Suspicious {
		t.Error("a release of 31 minutes ago still holds")
	}
	p = w.holdOf("corp", ingest.Shrink)
	w.decide(p, run.Approved, "")
	for i := 20; i < 30; i++ {
		c.hidden[source.Key(fmt.Sprintf("p-p%03d", i))] = true
	}
	if sum := w.read("corp"); !sum.Suspicious {
		t.Error("ten more are missing than were released, and the read was believed")
	}
	if p = w.holdOf("corp", ingest.Shrink); p.People != 22 {
		t.Errorf("the hold states %d, want all 22", p.People)
	}
	w.decide(p, run.Rejected, "")
	for range 2 {
		if sum := w.read("corp"); !sum.Suspicious {
			t.Error("a rejected hold let the read pass")
		}
	}
	if n := len(w.holds("corp")); n != 1 {
		t.Errorf("%d holds: what was rejected was asked again", n)
	}
	c.hidden["p-p030"] = true
	w.read("corp")
	if p = w.holdOf("corp", ingest.Shrink); p.People != 23 {
		t.Errorf("another reading than the rejected one is about %d, want 23", p.People)
	}
	w.decide(p, run.Rejected, "")
	clear(c.hidden)
	w.calm("corp")
	for i := range 12 {
		c.hidden[source.Key(fmt.Sprintf("p-p%03d", i))] = true
	}
	w.read("corp")
	if p = w.holdOf("corp", ingest.Shrink); p.People != 12 {
		t.Errorf("%d wait, want 12", p.People)
	}
}

func TestAHoldDissolvesWhenTheReadIsWell(t *testing.T) {
	w, c := shrunken(onSQLite(t))
	w.read("corp")
	p := w.holdOf("corp", ingest.Shrink)
	c.fail = &source.Incomplete{Code: "cut", What: "cut"}
	w.read("corp")
	if got := w.status(p.ID); got != run.Waiting {
		t.Errorf("a read that proves nothing made the hold %s", got)
	}
	c.fail = nil
	clear(c.hidden)
	w.calm("corp")
	if got := w.status(p.ID); got != run.Superseded {
		t.Errorf("everybody is back, and the hold is %s", got)
	}
}

// Design §8: while a read is not believed, what the source states goes out: the disabled, the expired and tombstones.
func TestStatedLeaversFlowDuringATrip(t *testing.T) {
	for name, trip := range map[string]func(*site){
		"shrunken": func(c *site) {
			for i := 20; i < 30; i++ {
				c.hidden[source.Key(fmt.Sprintf("p-p%03d", i))] = true
			}
		},
		"an attribute is lost": func(c *site) { c.without["mail"] = true },
		"new ids": func(c *site) {
			for i := 30; i < 34; i++ {
				recreate(c, fmt.Sprintf("p%03d", i))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c := w.sites["corp"]
			c.crowd(40)
			c.change("p-p001", func(r *source.Record) { r.Expires = w.now.Add(time.Minute) })
			w.calm("corp")
			trip(c)
			c.change("p-p000", func(r *source.Record) { r.Disabled = true })
			w.after(2 * time.Minute)
			if n, err := w.door.Expire(w.ctx, "corp"); n != 1 || err != nil {
				t.Errorf("%d expired, %v; want 1", n, err)
			}
			if sum := w.read("corp"); !sum.Suspicious {
				t.Fatal("the read was believed")
			}
			take(w, source.Batch{Deleted: []source.Key{"p-p002"}})
			for i, want := range []directory.State{directory.Disabled, directory.Disabled, directory.Gone, directory.Active} {
				if got := w.object("corp", source.Key(fmt.Sprintf("p-p%03d", i))); got.State != want {
					t.Errorf("p%03d is %s, want %s", i, got.State, want)
				}
			}
		})
	}
}

// R14, M7: entries under new ids are the same people if a person says so: nobody leaves and nobody is made twice.
func TestNewIDsAreBoundAgain(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	c.crowd(40)
	c.group("all", c.keys(c.people)...)
	w.calm("corp")
	before, ada := w.states(), w.object("corp", "p-p001")
	c.prefix = "other-"
	for range 2 {
		if sum := w.read("corp"); !sum.Suspicious || sum.Problem.Code != "source_anchors" {
			t.Fatalf("%+v", sum.Problem)
		}
	}
	p := w.holdOf("corp", ingest.Anchors)
	if p.People != 41 || p.Counts["rebind"] != 40 || p.Counts["group rebind"] != 1 {
		t.Fatalf("the hold counts %d, %v", p.People, p.Counts)
	}
	w.decide(p, run.Approved, run.Adopt)
	w.calm("corp")
	if got := w.object("corp", "other-p-p001"); got.ID != ada.ID || got.State != directory.Active {
		t.Errorf("under the new id stands %+v", got)
	}
	if got := w.status(p.ID); got != run.Finished {
		t.Errorf("the hold is %s", got)
	}
	w.after(time.Hour)
	w.calm("corp")
	if got := strings.Join(w.states(), ","); got != strings.Join(before, ",") {
		t.Errorf("people are %s", got)
	}
	if n := len(w.members("corp", "other-g-all")); n != 40 {
		t.Errorf("%d members, want 40", n)
	}
	c.hidden["p-p001"] = true
	w.calm("corp")
	w.after(11 * time.Minute)
	w.calm("corp")
	if got := w.object("corp", "other-p-p001"); got.State != directory.Gone {
		t.Errorf("a leaver under a new id is %s", got.State)
	}
}

// M7: or they are others: then the old ones leave like everybody, and the new ones follow.
func TestNewIDsAreOtherPeople(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	c.crowd(60)
	w.calm("corp")
	old := w.object("corp", "p-p000").ID
	for i := range 4 {
		recreate(c, fmt.Sprintf("p%03d", i))
	}
	w.read("corp")
	p := w.holdOf("corp", ingest.Anchors)
	w.decide(p, run.Approved, run.Create)
	w.calm("corp")
	if got := w.status(p.ID); got != run.Finished {
		t.Errorf("the hold is %s", got)
	}
	for range 3 {
		w.after(11 * time.Minute)
		w.calm("corp")
	}
	if got := w.object("corp", "p-p000"); got.State != directory.Gone {
		t.Errorf("the old one is %s", got.State)
	}
	if got := w.object("corp", "q-p000"); got.ID == old || got.State != directory.Active {
		t.Errorf("the new one is %+v", got)
	}
}

func TestAnAttributeLossIsReleased(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	c.crowd(40)
	w.calm("corp")
	c.without["mail"] = true
	c.hidden["p-p001"] = true
	w.read("corp")
	p := w.holdOf("corp", ingest.Attributes)
	lines := w.lines(p)
	if p.People != 39 || len(lines) != 39 || lines[0].Verb != plan.Clear || lines[0].Fields[0].Path != "mail" || lines[0].Fields[0].Old.First() == "" {
		t.Fatalf("%+v, %+v", p, lines[0])
	}
	w.decide(p, run.Approved, "")
	c.fail = &source.Incomplete{Code: "cut", What: "cut"}
	w.read("corp")
	if o := w.object("corp", "p-p007"); o.Attrs.First(directory.Email) == "" {
		t.Error("a read that was cut took the mail of somebody")
	}
	c.fail = nil
	w.calm("corp")
	if o := w.object("corp", "p-p007"); o.Attrs.First(directory.Email) != "" {
		t.Error("the mail is still there after the release")
	}
	if got := w.status(p.ID); got != run.Finished {
		t.Errorf("the hold is %s", got)
	}
	w.after(11 * time.Minute)
	w.calm("corp")
	if got := w.object("corp", "p-p001").State; got != directory.Gone {
		t.Errorf("the leaver is %s after the release", got)
	}
}

func TestEmptiedGroupsAreReleased(t *testing.T) {
	w := newWorld(t)
	c := w.sites["corp"]
	c.crowd(3)
	for i := range 4 {
		c.group(fmt.Sprint(i), "p-p000", "p-p001")
	}
	w.calm("corp")
	for i := range 3 {
		c.member[source.Key(fmt.Sprint("g-", i))] = nil
	}
	w.read("corp")
	p := w.holdOf("corp", ingest.Members)
	if p.People != 3 || w.lines(p)[0].Name != "0" || w.lines(p)[0].Kind != "group" {
		t.Errorf("%+v %+v", p, w.lines(p))
	}
	w.decide(p, run.Approved, "")
	w.calm("corp")
	wantMembers(t, w, "g-0")
	wantMembers(t, w, "g-3", "p000", "p001")
}

// known is a world in which HR states the 20 people whom corp states.
func known(n int, open func(...mapping.SourceRules) *world) (*world, *site) {
	w := open(plainRules("corp"), plainRules("hr", by("email", "record.mail")))
	w.sites["corp"].crowd(20)
	w.calm("corp")
	hr := w.sites["hr"]
	for i := range n {
		hr.set(hr.person(fmt.Sprintf("h%03d", i)), "mail", fmt.Sprintf("p%03d@example.com", i))
	}
	return w, hr
}

// Design §6: many first matches of a second source are one plan to approve; until then nobody is bound, and nobody is made twice.
func TestManyFirstMatchesAreOnePlan(t *testing.T) {
	eachStore(t, manyFirstMatchesAreOnePlan)
}

func manyFirstMatchesAreOnePlan(t *testing.T, open func(...mapping.SourceRules) *world) {
	w, hr := known(12, open)
	hr.person("joiner")
	for range 2 {
		w.calm("hr")
		w.after(time.Hour)
	}
	updates := w.store.updates
	w.calm("hr")
	if n := w.store.updates - updates; n > 1 {
		t.Errorf("%d writes while matches wait as they did", n)
	}
	p := w.holdOf("hr", ingest.Matches)
	lines := w.lines(p)
	l := lines[0]
	if p.People != 12 || l.Verb != plan.Link || l.Name != "p000" || l.Object != w.object("corp", "p-p000").ID || !strings.Contains(l.Why, `"p000@example.com"; known from corp`) || l.Fields[0].Path != directory.Email {
		t.Fatalf("%+v\n%+v", p, l)
	}
	if n := len(w.objects()); n != 21 {
		t.Errorf("%d people, want 21: those of corp, and the joiner", n)
	}
	w.decide(p, run.Approved, "", lines[0].Key, lines[1].Key)
	w.decide(w.plan(p.ID), run.Rejected, "", lines[2].Key)
	w.decide(w.plan(p.ID), run.Approved, run.Create, lines[3].Key)
	w.calm("hr")
	if got := w.object("hr", "p-h000").ID; got != l.Object {
		t.Error("an approved match is not bound")
	}
	if rec := w.record("hr", "p-h002"); rec.Object != "" || !strings.Contains(rec.Waiting, "rejected") {
		t.Errorf("a rejected match: %+v", rec)
	}
	if got := w.object("hr", "p-h003").ID; got == w.object("corp", "p-p003").ID {
		t.Error("somebody else was bound nevertheless")
	}
	if p = w.holdOf("hr", ingest.Matches); p.People != 8 {
		t.Errorf("%d wait, want 8", p.People)
	}
	w.decide(p, run.Approved, run.Adopt)
	w.calm("hr")
	if n := len(w.objects()); n != 22 {
		t.Errorf("%d people, want 22", n)
	}
	if got := w.status(p.ID); got != run.Finished {
		t.Errorf("the hold is %s", got)
	}

	t.Log("joiners bind by themselves from now on; what was rejected stays so")
	w.sites["corp"].crowd(40)
	w.calm("corp")
	for i := 20; i < 40; i++ {
		hr.set(hr.person(fmt.Sprintf("h%03d", i)), "mail", fmt.Sprintf("p%03d@example.com", i))
	}
	w.calm("hr")
	if got := w.object("hr", "p-h030").ID; got != w.object("corp", "p-p030").ID {
		t.Error("a joiner was not bound")
	}
	if rec := w.record("hr", "p-h002"); rec.Object != "" {
		t.Error("a rejected match was bound later")
	}
}

func (w *world) plan(id string) run.Plan {
	w.Helper()
	var p run.Plan
	w.view(func(v directory.Reader) (err error) {
		p, err = run.Of(v).Plan(w.ctx, id)
		return err
	})
	return p
}

func TestFewFirstMatchesBindByThemselves(t *testing.T) {
	w, _ := known(5, onSQLite(t))
	sum := w.calm("hr")
	if sum.Waiting != 0 || sum.Added != 5 || len(w.holds("hr")) != 0 || len(w.objects()) != 20 {
		t.Errorf("%+v, %d people", sum, len(w.objects()))
	}
}

// A changed rule is looked at anew.
func TestAChangedCorrelationIsLookedAt(t *testing.T) {
	w, hr := known(3, onSQLite(t))
	w.calm("hr")
	for i := 3; i < 15; i++ {
		hr.set(hr.person(fmt.Sprintf("h%03d", i)), "uid", "unknown"+fmt.Sprint(i))
	}
	w.calm("hr")
	w.sites["corp"].crowd(30)
	w.calm("corp")
	w.rule(plainRules("hr", by("username", `"p0" + record.uid.substring(7)`)))
	for i := 15; i < 25; i++ {
		hr.change(hr.person(fmt.Sprintf("h%03d", i)), func(r *source.Record) {
			r.Attrs["uid"] = attr.Values{fmt.Sprintf("unknown%d", i)}
		})
	}
	w.calm("hr")
	if p := w.holdOf("hr", ingest.Matches); p.People != 10 {
		t.Errorf("%d wait, want 10", p.People)
	}
	clear(hr.people)
}

// Matches found by a read that was cut are held by none: the next whole read says how many they are.
func TestMatchesOfAReadThatWasCut(t *testing.T) {
	w, hr := known(12, onSQLite(t))
	hr.fail = &source.Incomplete{Code: "cut", What: "cut"}
	w.read("hr")
	if len(w.holds("hr")) != 0 || w.record("hr", "p-h001").Object != "" {
		t.Error("a read that was cut bound or held somebody")
	}
	hr.fail = nil
	w.calm("hr")
	p := w.holdOf("hr", ingest.Matches)
	hr.hidden["p-h001"] = true
	w.calm("hr")
	if got := w.plan(p.ID); got.People != 11 || got.Status != run.Waiting {
		t.Errorf("somebody who left still waits: %+v", got)
	}
}
