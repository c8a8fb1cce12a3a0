package engine

import (
	"slices"
	"sync"

	"muster/internal/directory"
)

// reads knows which reads of sources are under way, and what they have touched. What a read has found so far may be the first part of a mass exit: the
// removals in it wait for its end. A read that has ended is judged as one, also while others go on, unless they found something about the same people: then
// it is judged with them.
type reads struct {
	mu    sync.Mutex // guards all, and what is in them
	all   []*reading
	turns int
}

// A reading is one read that is under way, or that others which are have begun before the end of.
type reading struct {
	at      directory.Rev // where the feed stood before it wrote anything
	ended   bool
	touched map[directory.ID]bool
	with    []*reading // once it has ended: those that were under way then
}

// begin notes that a read begins, and where the feed stood before it wrote anything.
func (r *reads) begin(at directory.Rev) *reading {
	r.mu.Lock()
	defer r.mu.Unlock()
	x := &reading{at: at, touched: map[directory.ID]bool{}}
	r.all = append(r.all, x)
	r.turns++
	return x
}

// touch notes people and groups that a read has changed, and groups and members of memberships that it has.
func (r *reads) touch(x *reading, ids []directory.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range ids {
		x.touched[id] = true
	}
}

func (r *reads) end(x *reading) {
	r.mu.Lock()
	defer r.mu.Unlock()
	x.ended = true
	for _, other := range r.all {
		if !other.ended {
			x.with = append(x.with, other)
		}
	}
	r.all = slices.DeleteFunc(r.all, func(x *reading) bool { return !x.needed() })
	r.turns++
}

// needed reports whether a read may still be open, or become so: reads that were under way when it ended, or when those ended, go on.
func (x *reading) needed() bool { return !x.ended || slices.ContainsFunc(x.with, (*reading).needed) }

// open reports whether what a read found is not judged yet: it is under way, or it has ended and is entangled with one that is.
func (x *reading) open() bool {
	return !x.ended || slices.ContainsFunc(x.with, func(other *reading) bool { return other.open() && x.meets(other) })
}

// meets reports whether two reads touched the same.
func (x *reading) meets(other *reading) bool {
	a, b := x.touched, other.touched
	if len(a) > len(b) {
		a, b = b, a
	}
	for id := range a {
		if b[id] {
			return true
		}
	}
	return false
}

// A barrier is a position in the feed: what was changed before it was found by reads that are judged. on is false while there are no others. turns tells two
// moments apart: reads have begun or ended between them.
type barrier struct {
	at    directory.Rev
	on    bool
	turns int
}

// barrier returns where the feed stood when the oldest open read began.
func (r *reads) barrier() barrier {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := barrier{turns: r.turns}
	for _, x := range r.all {
		if (!b.on || x.at.Less(b.at)) && x.open() {
			b.at, b.on = x.at, true
		}
	}
	return b
}

// unproven returns those of changes that an open read has made, or may have.
func (r *reads) unproven(changes []directory.Change) []directory.Change {
	r.mu.Lock()
	defer r.mu.Unlock()
	var open []*reading
	for _, x := range r.all {
		if x.open() {
			open = append(open, x)
		}
	}
	var out []directory.Change
	for _, c := range changes {
		if slices.ContainsFunc(open, func(x *reading) bool {
			return x.at.Less(c.Rev) && (x.touched[c.Object] || c.Member != "" && x.touched[c.Member])
		}) {
			out = append(out, c)
		}
	}
	return out
}
