package engine_test

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/run"
	"muster/internal/scim/scimtest"
	"muster/internal/source"
)

// faults are what the target does wrong while things change.
var faults = []scimtest.Kind{
	scimtest.Lost, scimtest.Cut, scimtest.ServerError, scimtest.Throttle, scimtest.ShortPage, scimtest.IgnoreDisable, scimtest.IgnoreRemove,
}

// A chaos is a world in which random things happen.
type chaos struct {
	*world
	t    *rapid.T
	next int // of the names given
}

// TestAnyHistoryEndsInStep lets people and groups come, change and go in any order, with reads, runs and crashes between, while the target misbehaves. When
// it behaves again, two rounds bring it to what an independent reckoning says, and a further comparison writes nothing.
func TestAnyHistoryEndsInStep(t *testing.T) {
	checks, steps := "20", 14
	if torture() {
		checks, steps = "600", 40
	}
	if err := flag.Set("rapid.checks", checks); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		t.Run("", func(t *testing.T) { // a world of its own, closed when the history ends
			w := newWorld(t).managed()
			c := &chaos{world: w, t: rt}
			for range 6 {
				c.join()
			}
			c.foundGroup()
			w.live()
			w.raiseAll()
			for range rapid.IntRange(3, steps).Draw(rt, "steps") {
				c.step()
			}
			w.target.Fail()
			w.knife = nil
			w.start()
			w.settles()
		})
		if t.Failed() {
			rt.FailNow()
		}
	})
}

func (c *chaos) step() {
	switch what := rapid.SampledFrom([]string{
		"join", "join", "manager", "manager", "leave", "leave", "disable", "enable", "rename", "mail", "into", "out", "found", "dissolve", "call", "read", "read", "follow", "follow", "follow", "sync",
		"crash", "faults", "heal", "wait",
	}).Draw(c.t, "what"); what {
	case "join":
		c.join()
	case "leave":
		c.with(func(name string) { c.corp.leave(name, "wiki") })
	case "disable", "enable":
		c.with(func(name string) { c.corp.change(name, func(r *source.Record) { r.Disabled = what == "disable" }) })
	case "rename":
		c.with(func(name string) {
			c.next++
			c.corp.change(name, func(r *source.Record) { r.Attrs["uid"] = []string{fmt.Sprintf("renamed%d", c.next)} })
		})
	case "mail":
		c.with(func(name string) {
			c.next++
			c.corp.change(name, func(r *source.Record) { r.Attrs["mail"] = []string{fmt.Sprintf("mail%d@example.com", c.next)} })
		})
	case "manager":
		c.with(func(name string) { c.with(func(boss string) { c.corp.reports(name, boss) }) })
	case "into":
		c.with(func(name string) {
			g := c.group()
			if m := source.Key("p-" + name); !slices.Contains(c.corp.member[g], m) {
				c.corp.member[g] = append(c.corp.member[g], m)
			}
		})
	case "out":
		c.with(func(name string) {
			g := c.group()
			c.corp.member[g] = slices.DeleteFunc(c.corp.member[g], func(k source.Key) bool { return k == source.Key("p-"+name) })
		})
	case "found":
		c.foundGroup()
	case "dissolve":
		if g := c.group(); g != "g-wiki" {
			delete(c.corp.groups, g)
			delete(c.corp.member, g)
			c.corp.deleted = append(c.corp.deleted, g)
		}
	case "call":
		if g := c.group(); g != "g-wiki" {
			c.next++
			r := c.corp.groups[g]
			r.Attrs = r.Attrs.Clone()
			r.Attrs["cn"] = []string{fmt.Sprintf("wiki-called%d", c.next)}
			c.corp.groups[g] = r
		}
	default:
		c.act(what)
	}
}

// act has the engine do something; it may fail, or be ended in the middle.
func (c *chaos) act(what string) {
	ctx := c.world.t.Context()
	switch what {
	case "read":
		_, _ = c.Read(ctx, "corp", "")
	case "follow":
		_, _ = c.Follow(ctx, "wiki", "")
	case "sync":
		_, _ = c.Sync(ctx, "wiki", "")
	case "wait":
		c.now = c.now.Add(time.Duration(rapid.IntRange(1, 5000).Draw(c.t, "seconds")) * time.Second)
	case "heal":
		c.target.Fail()
	case "faults":
		var all []scimtest.Fault
		for _, k := range rapid.SliceOfNDistinct(rapid.SampledFrom(faults), 1, 4, rapid.ID).Draw(c.t, "faults") {
			all = append(all, scimtest.Fault{Kind: k, Chance: rapid.Float64Range(0.03, 0.3).Draw(c.t, "chance")})
		}
		c.target.Fail(all...)
	case "crash":
		c.knife = &knife{at: rapid.IntRange(1, 40).Draw(c.t, "at"), after: rapid.Bool().Draw(c.t, "after")}
		c.start()
		c.act(rapid.SampledFrom([]string{"read", "follow", "follow", "sync"}).Draw(c.t, "during"))
		c.knife = nil
		c.start()
	}
}

func (c *chaos) join() {
	c.next++
	c.corp.person(fmt.Sprintf("p%d", c.next), "wiki")
}

func (c *chaos) foundGroup() {
	c.next++
	c.corp.group(fmt.Sprintf("wiki-%d", c.next))
}

// with picks a person.
func (c *chaos) with(do func(name string)) {
	var names []string
	for key := range c.corp.people {
		names = append(names, string(key[2:]))
	}
	slices.Sort(names)
	do(rapid.SampledFrom(names).Draw(c.t, "who"))
}

func (c *chaos) group() source.Key {
	var keys []source.Key
	for key := range c.corp.groups {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return rapid.SampledFrom(keys).Draw(c.t, "group")
}

// raiseAll announces a window in every class: the histories are about state, not about limits.
func (w *world) raiseAll() {
	w.t.Helper()
	err := w.store.Update(w.t.Context(), "operator:olivia", func(tx directory.Tx) error {
		for _, class := range []link.Class{link.Stated, link.LeftScope, link.Missing, link.Unmember, link.GroupDelete, link.Overwrite, link.Creates} {
			if err := run.In(tx).PutRaise(w.t.Context(), run.Raise{Target: "wiki", Class: string(class), To: 1000, Until: w.now.AddDate(1, 0, 0), By: "olivia"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}
