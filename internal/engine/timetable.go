package engine

import (
	"sync"
	"time"

	"muster/internal/run"
)

// upcoming is how many times of a schedule are told.
const upcoming = 3

// A timetable says when something is done by itself: when it begins, and then at every step.
type timetable struct {
	every time.Duration

	mu  sync.Mutex // guards the rest
	due time.Time  // zero = it has not begun
}

// begin has the timetable begin now.
func (t *timetable) begin(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.due = now
}

// turn goes on to what is due next, and returns how long that is from now. Whatever came due while the one before was still at it is made up for once, at once.
func (t *timetable) turn(now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.due = t.due.Add(t.every)
	if late := now.Sub(t.due); late > 0 {
		t.due = t.due.Add(late.Truncate(t.every))
	}
	return max(0, t.due.Sub(now))
}

// next returns the first times after now at which it comes due; none before it has begun.
func (t *timetable) next(now time.Time) []time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.due.IsZero() {
		return nil
	}
	from := t.due
	if late := now.Sub(from); late >= 0 {
		from = from.Add(late.Truncate(t.every) + t.every)
	}
	return steps(from, t.every)
}

// steps returns the first times of a schedule.
func steps(from time.Time, every time.Duration) []time.Time {
	out := make([]time.Time, upcoming)
	for i := range out {
		out[i] = from.Add(time.Duration(i) * every)
	}
	return out
}

// A Schedule is what is done by itself.
type Schedule struct {
	Under bool        // it is being done now
	Next  []time.Time // the next three times; none if it is not done by itself, or not before something else happens
}

// Reads returns when a source is read by itself: never if it is one that tells, and not before Run.
func (e *Engine) Reads(name string) Schedule {
	for _, s := range e.sources {
		if s.Name == name {
			return Schedule{Under: s.under.Load(), Next: s.times.next(e.cfg.Now())}
		}
	}
	return Schedule{}
}

// Comparisons returns when a target, which stands as state says, is compared wholly by itself if nothing asks for it earlier: not while it is paused or
// stopped, or nothing is written there. One that is due is under way, or begins as soon as what is done there has ended.
func (e *Engine) Comparisons(name string, state run.Target) Schedule {
	t, err := e.target(name)
	if err != nil || state.Paused != nil || state.Stopped != nil || !t.writes(t.active.Load()) || t.ruled() == nil {
		return Schedule{}
	}
	from := nextWhole(state)
	if !e.cfg.Now().Before(from) {
		return Schedule{Under: true}
	}
	return Schedule{Next: steps(from, fullEvery)}
}

// nextWhole is from when on a target is due to be compared wholly.
func nextWhole(state run.Target) time.Time { return state.Listed.Add(fullEvery) }
