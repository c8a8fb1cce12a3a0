package ingest_test

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"os"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"muster/internal/directory"
	"muster/internal/source"
)

// TestMain runs fewer random histories than rapid does by default: each opens databases. -rapid.checks=N runs N.
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		if err := f.Value.Set("12"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// The order of entries, the size of batches, transactions that run twice, reads that break off and reads that are repeated do not count: what is known in the
// end is the same.
func TestHowItIsReadDoesNotCount(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		plain, odd := openWorld(t, r, t.TempDir()), openWorld(t, r, t.TempDir())
		odd.store.twice = rapid.Bool().Draw(r, "twice")
		h := &history{T: r, worlds: []*world{plain, odd}}
		h.each(func(c *site) {
			c.crowd(8)
			c.group("a", c.keys(c.people)...)
			c.group("b", "g-a", "p-p001")
		})
		for range rapid.IntRange(1, 6).Draw(r, "steps") {
			for range rapid.IntRange(1, 3).Draw(r, "changes") {
				h.change()
			}
			h.oddly(odd.sites["corp"])
			if rapid.Bool().Draw(r, "breaks off") {
				h.breakOff(odd)
			}
			settle(plain)
			settle(odd)
			if diff := gocmp.Diff(plain.dump(), odd.dump()); diff != "" {
				r.Fatalf("what is known (-read plainly +read oddly):\n%s", diff)
			}
			d := time.Duration(rapid.IntRange(0, 15).Draw(r, "minutes")) * time.Minute
			plain.after(d)
			odd.after(d)
		}
	})
}

// settle reads until nothing changes, which must be soon, and then nothing may be written either.
func settle(w *world) {
	w.Helper()
	for range 3 {
		if _, err := w.door.Expire(w.ctx, "corp"); err != nil {
			w.Fatal(err)
		}
		w.read("corp")
	}
	head, updates := w.head(), w.store.updates
	sum := w.read("corp")
	if w.head() != head || sum.Waiting == 0 && w.store.updates != updates {
		w.Fatalf("a fourth read of the same still changes something: %+v", sum)
	}
}

// A history happens to the sources of several worlds alike.
type history struct {
	*rapid.T
	worlds []*world
	made   int
}

func (h *history) each(fn func(*site)) {
	for _, w := range h.worlds {
		fn(w.sites["corp"])
	}
}

// pick draws one of keys.
func (h *history) pick(what string, m map[source.Key]source.Record) source.Key {
	keys := make([]source.Key, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return rapid.SampledFrom(keys).Draw(h.T, what)
}

func (h *history) change() {
	c := h.worlds[0].sites["corp"]
	who, other, group := h.pick("who", c.people), h.pick("other", c.people), h.pick("group", c.groups)
	yes := rapid.Bool().Draw(h.T, "yes")
	at := h.worlds[0].now.Add(time.Duration(rapid.IntRange(-5, 20).Draw(h.T, "at")) * time.Minute)
	h.made++
	kind := rapid.SampledFrom([]string{"join", "hide", "move", "inside", "disable", "expire", "swap", "title", "members", "part", "base", "locate"}).Draw(h.T, "change")
	h.each(func(c *site) {
		switch kind {
		case "join":
			c.member[group] = append(slices.Clone(c.member[group]), c.person(fmt.Sprintf("n%03d", h.made)))
		case "hide":
			mark(c.hidden, who, yes)
		case "move":
			delete(c.moved, who)
			if yes {
				c.moved[who] = "ou=elsewhere"
			}
		case "inside":
			mark(c.inside, who, yes)
		case "disable":
			c.change(who, func(r *source.Record) { r.Disabled = yes })
		case "expire":
			c.change(who, func(r *source.Record) { r.Expires = at })
		case "swap":
			if !c.gone(who) && !c.gone(other) {
				a, b := c.people[who].Attrs.First("uid"), c.people[other].Attrs.First("uid")
				c.set(who, "uid", b)
				c.set(other, "uid", a)
			}
		case "title":
			c.set(who, "title", fmt.Sprint(h.made))
		case "members":
			c.member[group] = slices.DeleteFunc(slices.Clone(c.member[group]), func(k source.Key) bool { return k == other })
			if yes {
				c.member[group] = append(c.member[group], who)
			}
		case "part":
			mark(c.part, group, yes)
		case "base":
			c.change(who, func(r *source.Record) { r.Base = "people" })
		case "locate":
			c.locate = nil
			if yes {
				c.locate = errors.New("busy")
			}
		}
	})
}

func mark(m map[source.Key]bool, key source.Key, yes bool) {
	delete(m, key)
	if yes {
		m[key] = true
	}
}

// oddly has a source deliver in another order, in small batches.
func (h *history) oddly(c *site) {
	seed := rapid.Uint64().Draw(h.T, "order")
	c.batch = rapid.IntRange(1, 9).Draw(h.T, "batch")
	rank := func(k source.Key) uint64 {
		f := fnv.New64a()
		fmt.Fprint(f, seed, k)
		return f.Sum64()
	}
	c.order = func(a, b source.Key) int { return cmp.Compare(rank(a), rank(b)) }
}

// breakOff reads a part, as when the connection or Muster itself goes down.
func (h *history) breakOff(w *world) {
	left := rapid.IntRange(0, 8).Draw(h.T, "batches")
	down := errors.New("down")
	r, err := w.door.Read("corp")
	if err != nil {
		h.Fatal(err)
	}
	cause := w.sites["corp"].pull(func(b source.Batch) error {
		if left--; left < 0 {
			return down
		}
		return r.Take(w.ctx, b)
	})
	if !errors.Is(cause, down) && cause != nil {
		h.Fatal(cause)
	}
	if cause == nil {
		cause = down
	}
	if _, err := r.Close(w.ctx, w.sites["corp"], cause); err != nil {
		h.Fatal(err)
	}
}

// Nobody is gone without positive evidence, or two complete reads ten minutes apart whose look-ups agree.
func TestNobodyIsGoneWithoutEvidence(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := openWorld(t, r, t.TempDir())
		h := &history{T: r, worlds: []*world{w}}
		c := w.sites["corp"]
		c.crowd(12)
		c.group("a", c.keys(c.people)...)
		w.calm("corp")
		missing := map[source.Key]time.Time{} // since when every read agreed
		for range rapid.IntRange(1, 8).Draw(r, "reads") {
			for range rapid.IntRange(1, 3).Draw(r, "changes") {
				h.change()
			}
			if rapid.IntRange(0, 3).Draw(r, "bad") == 0 {
				c.fail = &source.Incomplete{Code: "cut", What: "cut"}
			}
			sum := w.read("corp")
			believed := sum.Problem == nil && c.locate == nil
			for key, rec := range c.people {
				agrees := c.hidden[key]
				switch {
				case !agrees && c.fail == nil:
					delete(missing, key)
				case agrees && believed && missing[key].IsZero():
					missing[key] = w.now
				}
				seen := w.known(key)
				if seen == "" {
					continue
				}
				if seen == directory.Removed && (missing[key].IsZero() || w.now.Sub(missing[key]) < 10*time.Minute) {
					r.Fatalf("%s is removed, though missing since %v (now %v)", rec.Name, missing[key], w.now)
				}
				if seen == directory.Outside && c.moved[key] == "" && !c.gone(key) && c.fail == nil {
					r.Fatalf("%s is outside, and was read", rec.Name)
				}
			}
			c.fail = nil
			w.after(time.Duration(rapid.IntRange(0, 15).Draw(r, "minutes")) * time.Minute)
		}
	})
}

// known returns the status of a key, or "" if it was never stored.
func (w *world) known(key source.Key) directory.Status {
	w.Helper()
	var out directory.Status
	w.view(func(v directory.Reader) error {
		found, err := v.Records(w.ctx, "corp", []string{string(key)})
		for _, rec := range found {
			out = rec.Status
		}
		return err
	})
	return out
}
