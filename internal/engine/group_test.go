package engine_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/directory"
	"muster/internal/engine"
	"muster/internal/link"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/scim"
	"muster/internal/scim/scimtest"
	"muster/internal/source"
)

// call gives a group another name.
func (c *corp) call(group source.Key, name string) {
	g := c.groups["g-"+group]
	g.Attrs = g.Attrs.Clone()
	g.Attrs["cn"] = []string{name}
	c.groups["g-"+group] = g
}

// dissolve deletes a group, with a tombstone.
func (c *corp) dissolve(group source.Key) {
	delete(c.groups, "g-"+group)
	delete(c.member, "g-"+group)
	c.deleted = append(c.deleted, "g-"+group)
}

func (w *world) groups() []string {
	var out []string
	for _, g := range w.target.Snapshot().Groups {
		out = append(out, g.DisplayName)
	}
	return out
}

func TestGroupIsRenamedInPlace(t *testing.T) {
	w := newWorld(t)
	w.corp.group("wiki-x")
	w.corp.person("ada", "wiki", "wiki-x")
	w.live()
	before, _ := w.target.Snapshot().Group("wiki-x")
	w.corp.call("wiki-x", "wiki-y")
	w.read(run.Done)
	w.follow(run.Done)
	after, _ := w.target.Snapshot().Group("wiki-y")
	if after.ID != before.ID || len(after.Members) != 1 {
		t.Errorf("the group was %+v and is %+v", before, after)
	}
}

func TestGroupRenamedOutOfTheFilterAsks(t *testing.T) {
	w := newWorld(t)
	w.corp.group("wiki-x")
	w.corp.person("ada", "wiki", "wiki-x")
	w.live()
	w.corp.call("wiki-x", "other")
	w.read(run.Done)
	w.follow(run.Held)
	if diff := cmp.Diff([]string{"ada"}, w.members("wiki-x")); diff != "" {
		t.Errorf("members while nobody has decided (-want +got):\n%s", diff)
	}
	w.release(w.hold())
	w.follow(run.Done)
	if diff := cmp.Diff([]string{"wiki"}, w.groups()); diff != "" {
		t.Errorf("groups after the decision (-want +got):\n%s", diff)
	}
}

func TestWhatBecomesOfAGroupThatIsGone(t *testing.T) {
	for removal, want := range map[plan.Removal][]string{plan.Delete: nil, plan.Empty: {}, plan.Leave: {"ada"}} {
		t.Run(string(removal), func(t *testing.T) {
			w := newWorld(t)
			w.rules.Groups.WhenRemoved = removal
			w.corp.group("wiki-x")
			w.corp.person("ada", "wiki", "wiki-x")
			w.corp.person("bob", "wiki")
			w.live()
			w.corp.dissolve("wiki-x")
			w.read(run.Done)
			w.follows()
			w.now = w.now.Add(time.Hour)
			w.sync(run.Done)
			got, there := w.target.Snapshot().Group("wiki-x")
			if there != (removal != plan.Delete) || there && len(got.Members) != len(want) {
				t.Errorf("the group is there: %t, with %d members; want members %v", there, len(got.Members), want)
			}
			w.settlesWithin(1)
		})
	}
}

func TestGroupBackInScopeKeepsItsMembers(t *testing.T) {
	w := newWorld(t)
	w.rules.Groups.WhenRemoved = plan.Leave
	w.rules.Groups.From.Filter = "(&(cn=wiki*)(!(description=hidden)))"
	w.corp.group("wiki-x")
	for _, name := range []string{"ada", "bob", "cleo"} {
		w.corp.person(name, "wiki", "wiki-x")
	}
	w.live()
	describe := func(text string) {
		g := w.corp.groups["g-wiki-x"]
		g.Attrs = g.Attrs.Clone()
		g.Attrs["description"] = []string{text}
		w.corp.groups["g-wiki-x"] = g
	}
	describe("hidden")
	w.corp.change("ada", func(r *source.Record) { r.Attrs["cn"] = []string{"Ada"} })
	w.read(run.Done)
	w.follows()
	describe("shown")
	w.corp.leave("cleo", "wiki-x")
	w.read(run.Done)
	w.follows()
	for _, x := range w.target.Writes() {
		if x.Class == scimtest.Groups && strings.Contains(x.Body, "remove") && strings.Contains(x.Body, string(w.linkOf("ada").Remote)) {
			t.Error("ada was taken out of a group that came back into scope")
		}
	}
	if diff := cmp.Diff([]string{"ada", "bob"}, w.members("wiki-x")); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

func TestMergeRemovesNobody(t *testing.T) {
	w := newWorld(t)
	w.rules.Groups.Merge = true
	w.corp.group("wiki-x")
	w.corp.person("ada", "wiki", "wiki-x")
	w.seedGroup("wiki-x", 2)
	w.live()
	w.corp.leave("ada", "wiki-x")
	w.corp.person("bob", "wiki", "wiki-x")
	w.read(run.Done)
	w.follow(run.Done)
	if diff := cmp.Diff([]string{"ada", "bob", "wiki-x-stranger0", "wiki-x-stranger1"}, w.members("wiki-x")); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	w.settlesWithin(1)
}

func TestMembersOfGroupsWithinGroups(t *testing.T) {
	w := newWorld(t)
	w.rules.Groups.Nested = true
	w.corp.group("wiki-outer")
	w.corp.group("inner")
	w.corp.person("ada", "wiki", "inner")
	w.corp.person("bob", "wiki", "wiki-outer")
	w.live()
	w.corp.member["g-wiki-outer"] = append(w.corp.member["g-wiki-outer"], "g-inner")
	w.read(run.Done)
	w.follow(run.Done)
	if diff := cmp.Diff([]string{"ada", "bob"}, w.members("wiki-outer")); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	w.corp.person("cleo", "wiki", "inner")
	w.corp.leave("ada", "inner")
	w.read(run.Done)
	w.follow(run.Done)
	if diff := cmp.Diff([]string{"bob", "cleo"}, w.members("wiki-outer")); diff != "" {
		t.Errorf("members after changes within (-want +got):\n%s", diff)
	}
	w.corp.member["g-wiki-outer"] = []source.Key{"p-bob"}
	w.read(run.Done)
	w.follow(run.Done)
	if diff := cmp.Diff([]string{"bob"}, w.members("wiki-outer")); diff != "" {
		t.Errorf("members once the inner group is out (-want +got):\n%s", diff)
	}
	w.settlesWithin(1)
}

func TestClosedAccountKeepsItsMembershipsForTheDayItIsOpened(t *testing.T) {
	w := newWorld(t)
	w.corp.group("wiki-x")
	w.corp.group("wiki-y")
	w.corp.person("ada", "wiki", "wiki-x")
	w.corp.person("bob", "wiki", "wiki-x")
	w.live()
	w.corp.change("ada", func(r *source.Record) { r.Disabled = true })
	w.read(run.Done)
	w.follow(run.Done)
	w.now = w.now.Add(time.Hour)
	w.sync(run.Done)
	if diff := cmp.Diff([]string{"ada", "bob"}, w.members("wiki-x")); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	w.corp.member["g-wiki-y"] = []source.Key{"p-ada"} // while closed
	w.corp.leave("ada", "wiki-x")
	w.read(run.Done)
	w.follows()
	w.corp.change("ada", func(r *source.Record) { r.Disabled = false })
	w.read(run.Done)
	w.follow(run.Done)
	if diff := cmp.Diff([]string{"ada"}, w.members("wiki-y")); diff != "" {
		t.Errorf("members of wiki-y (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"bob"}, w.members("wiki-x")); diff != "" {
		t.Errorf("members of wiki-x (-want +got):\n%s", diff)
	}
}

// TestManyAtOnce has everything happen at the same time, and then expects the target in step. It is for the race detector.
func TestManyAtOnce(t *testing.T) {
	w := newWorld(t)
	w.corp.group("wiki-x")
	for i := range 60 {
		w.corp.person(who(i), "wiki", "wiki-x")
	}
	w.live()
	ctx := t.Context()
	w.disable(0, 12)
	for i := 60; i < 90; i++ {
		w.corp.person(who(i), "wiki", "wiki-x")
	}
	w.target.Fail(scimtest.Fault{Kind: scimtest.Lost, Chance: 0.1}, scimtest.Fault{Kind: scimtest.ServerError, Chance: 0.1})
	var wg sync.WaitGroup
	for _, do := range []func(){
		func() { _, _ = w.Read(ctx, "corp", "") },
		func() { _, _ = w.Follow(ctx, "wiki", "") },
		func() { _, _ = w.Sync(ctx, "wiki", "") },
		func() { _, _ = w.Preview(ctx, "wiki") },
		func() { _, _ = w.Judge(ctx, "wiki"); w.Active("wiki"); w.Poke("") },
		func() {
			for _, p := range w.holds() {
				_, _ = w.Approve(ctx, engine.Decision{Plan: p.ID, By: "olivia", Count: p.People})
			}
		},
	} {
		wg.Go(func() {
			for range 4 {
				do()
			}
		})
	}
	wg.Wait()
	w.target.Fail()
	for range 3 {
		w.now = w.now.Add(7 * time.Hour)
		w.read(run.Done)
		w.follows()
		for _, p := range w.holds() {
			w.release(p)
		}
		w.follows()
	}
	w.settles()
}

func TestCancelledWaveLeavesNothingRunningAndNothingOpen(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.live()
	for i := range 60 {
		w.corp.person(who(i), "wiki")
	}
	w.read(run.Done)
	ctx, cancel := context.WithCancel(t.Context())
	posts := 0
	var mu sync.Mutex
	w.refuse(func(body string) (int, string) {
		mu.Lock()
		defer mu.Unlock()
		if posts++; posts == 20 {
			cancel()
		}
		return 0, ""
	})
	w.start()
	if _, err := w.Follow(ctx, "wiki", ""); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled wave ended with %v", err)
	}
	stacks := make([]byte, 1<<20)
	if stacks = stacks[:runtime.Stack(stacks, true)]; strings.Contains(string(stacks), "engine.(*wave)") {
		t.Errorf("a goroutine of the wave is left:\n%s", stacks)
	}
	err := w.store.View(t.Context(), func(v directory.Reader) error {
		open, err := link.Of(v).Open(t.Context(), "wiki")
		if len(open) > 0 {
			t.Errorf("%d intents are open", len(open))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.answer = nil
	w.start()
	w.settles()
	if n := len(w.accounts()); n != 61 {
		t.Errorf("%d accounts, want 61", n)
	}
}

// TestRunEndsWithItsContext runs the loops themselves.
func TestRunEndsWithItsContext(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.live()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	w.corp.person("bob", "wiki")
	go func() { done <- w.Run(ctx) }()
	deadline, tick := time.After(20*time.Second), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for !w.accounts()["bob"] {
		select {
		case <-deadline:
			t.Fatal("bob has no account after 20 seconds")
		case <-tick.C:
		}
	}
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the loops go on")
	}
}

// A group that was never read whole may have members that nobody has seen: at the target, nobody is taken out of it.
func TestGroupNeverReadWholeLosesNobody(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.corp.person("bob")
	w.corp.part["g-wiki"] = true
	_, err := w.target.Seed([]scim.Resource{{"userName": "bob", "active": true}},
		[]scim.Resource{{"displayName": "wiki", "members": []any{map[string]any{"value": "bob"}}}})
	if err != nil {
		t.Fatal(err)
	}
	w.live()
	if diff := cmp.Diff([]string{"ada", "bob"}, w.members("wiki")); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	delete(w.corp.part, "g-wiki")
	w.read(run.Done)
	w.sync(run.Done)
	if diff := cmp.Diff([]string{"ada"}, w.members("wiki")); diff != "" {
		t.Errorf("members once the group is known (-want +got):\n%s", diff)
	}
}
