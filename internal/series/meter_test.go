package series

import (
	"context"
	"errors"
	"testing"
	"time"

	"muster/internal/directory"
)

var start = time.Date(2026, 2, 3, 4, 5, 0, 0, time.UTC)

// Percentiles are told as bounds that hold: at most so long, and never longer than the longest.
func TestPercentile(t *testing.T) {
	var f Figures
	for i := range 100 {
		f.Add(Sample{Took: time.Duration(i+1) * time.Millisecond}.figures())
	}
	slow := f
	slow.Add(Sample{Took: 40 * time.Second}.figures())
	for _, c := range []struct {
		f       Figures
		percent int
		want    time.Duration
	}{
		{Figures{}, 50, 0},
		{f, 1, time.Millisecond},
		{f, 50, 50 * time.Millisecond},
		{f, 51, 100 * time.Millisecond},
		{f, 95, 100 * time.Millisecond},
		{slow, 95, 100 * time.Millisecond},
		{slow, 100, 40 * time.Second},
		{Sample{Took: 120 * time.Millisecond}.figures(), 50, 120 * time.Millisecond},
	} {
		if got := c.f.Percentile(c.percent); got != c.want {
			t.Errorf("%d %% of %d calls took at most %s, want %s", c.percent, c.f.Calls, got, c.want)
		}
	}
}

// brokenStore takes nothing until it is mended.
type brokenStore struct {
	directory.Store
	mended bool
	wrote  int
}

func (s *brokenStore) Update(context.Context, directory.Actor, func(directory.Tx) error) error {
	s.wrote++
	if !s.mended {
		return errors.New("disk full")
	}
	return nil
}

// What could not be written is held on to, and not forgotten or counted twice; what is too old to be kept is let go, so that what is held is bounded.
func TestFlushAgain(t *testing.T) {
	var m Meter
	s := &brokenStore{}
	call := func(at time.Time) {
		m.Call("wiki", Sample{Classes: []Class{{Name: "read"}}, At: at, Took: time.Millisecond})
		m.Read(Count{Source: "corp", Base: "staff", Last: at, Seen: 5})
	}
	held := func() (calls, reads int) {
		g := m.gather(horizon, false)
		for _, c := range g.calls {
			calls += c.Calls
		}
		for _, c := range g.counts {
			reads += c.Reads
		}
		return calls, reads
	}
	call(start)
	if err := m.Flush(t.Context(), s, start); err != nil || s.wrote != 0 {
		t.Errorf("a minute that is not over was written: %v", err)
	}
	for range 2 {
		if err := m.Flush(t.Context(), s, start.Add(time.Minute)); err == nil {
			t.Error("a store that takes nothing took it")
		}
		call(start)
	}
	if calls, reads := held(); calls != 3 || reads != 3 {
		t.Errorf("after failures %d calls and %d reads are held, want 3 of each", calls, reads)
	}
	if err := m.Flush(t.Context(), s, start.Add(26*time.Hour)); err == nil {
		t.Error("a store that takes nothing took it")
	}
	if calls, reads := held(); calls != 0 || reads != 0 {
		t.Errorf("a day later %d calls and %d reads are still held", calls, reads)
	}
	call(start)
	s.mended = true
	if err := m.Flush(t.Context(), s, start.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if calls, reads := held(); calls != 0 || reads != 0 {
		t.Errorf("%d calls and %d reads that were written are still held", calls, reads)
	}
}

// The outbound path pays for a few additions.
func BenchmarkCall(b *testing.B) {
	var m Meter
	s := Sample{Classes: []Class{{"creations of users", 180}, {"writes", 600}}, At: start, Took: 40 * time.Millisecond}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			m.Call("slack", s)
		}
	})
}
