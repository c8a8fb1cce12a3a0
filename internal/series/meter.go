package series

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"muster/internal/directory"
)

// A Meter adds up what is measured in this process until it is written. The zero Meter is ready; safe for concurrent use.
type Meter struct {
	mu     sync.Mutex // guards the maps, held for a few additions and never while anything is written
	calls  map[callKey]*Figures
	counts map[countKey]*Count
}

type callKey struct {
	target, class string
	minute        int64
}

type countKey struct {
	source, base string
	minute       int64
}

// A Sample is how one call went.
type Sample struct {
	Classes []Class // that it counted in, the narrowest first: at least one
	At      time.Time
	Took    time.Duration
	Waited  time.Duration
	Result  Result
}

// A Class is a class of calls, with how many of them its rate allows in a minute; 0 = it has no rate.
type Class struct {
	Name   string
	Budget int
}

// A Result is how a call ended.
type Result int

// The results.
const (
	Answered Result = iota
	Throttled
	Refused
	Failed
	Unreachable
	PutOff // it was not sent
)

// figures returns a sample as figures of its narrowest class.
func (s Sample) figures() Figures {
	if s.Result == PutOff {
		return Figures{PutOff: 1}
	}
	f := Figures{Calls: 1, Took: s.Took, TookMost: s.Took, Waited: s.Waited, WaitedMost: s.Waited}
	f.Within[within(s.Took)] = 1
	switch s.Result {
	case Throttled:
		f.Throttled = 1
	case Refused:
		f.Refused = 1
	case Failed:
		f.Failed = 1
	case Unreachable:
		f.Unreachable = 1
	}
	return f
}

// minute returns the number of the minute of a time.
func minute(t time.Time) int64 { return t.Unix() / 60 }

// Call counts a call to a target.
func (m *Meter) Call(target string, s Sample) {
	f, at := s.figures(), minute(s.At)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.calls == nil {
		m.calls = map[callKey]*Figures{}
	}
	for i, c := range s.Classes {
		have := m.calls[callKey{target, c.Name, at}]
		if have == nil {
			have = &Figures{Budget: c.Budget}
			m.calls[callKey{target, c.Name, at}] = have
		}
		if i == 0 {
			have.Add(f)
		}
		if s.Result != PutOff {
			have.Used++
			have.Peak = have.Used
		}
	}
}

// Read counts what a complete read of a source saw of a base. Only Source, Base, Last, Tripped, Seen, Known and Floor are to be filled in.
func (m *Meter) Read(c Count) {
	c.Reads, c.Least = 1, c.Seen
	key := countKey{c.Source, c.Base, minute(c.Last)}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.counts == nil {
		m.counts = map[countKey]*Count{}
	}
	if m.counts[key] == nil {
		m.counts[key] = &Count{Source: c.Source, Base: c.Base, At: time.Unix(key.minute*60, 0).UTC()}
	}
	m.counts[key].add(c)
}

// A gathered is what a Meter held at a moment.
type gathered struct {
	calls  []Calls
	counts []Count
}

// gather returns the minutes that begin before a time, in order; with take they are no longer held.
func (m *Meter) gather(before time.Time, take bool) gathered {
	var out gathered
	end := before.Unix()
	m.mu.Lock()
	for k, f := range m.calls {
		if k.minute*60 < end {
			out.calls = append(out.calls, Calls{Target: k.target, Class: k.class, At: time.Unix(k.minute*60, 0).UTC(), Figures: *f})
		}
	}
	for k, c := range m.counts {
		if k.minute*60 < end {
			out.counts = append(out.counts, *c)
		}
	}
	if take {
		maps.DeleteFunc(m.calls, func(k callKey, _ *Figures) bool { return k.minute*60 < end })
		maps.DeleteFunc(m.counts, func(k countKey, _ *Count) bool { return k.minute*60 < end })
	}
	m.mu.Unlock()
	slices.SortFunc(out.calls, func(a, b Calls) int {
		return cmp.Or(cmp.Compare(a.Target, b.Target), a.At.Compare(b.At), cmp.Compare(a.Class, b.Class))
	})
	slices.SortFunc(out.counts, func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), a.At.Compare(b.At), cmp.Compare(a.Base, b.Base))
	})
	return out
}

// giveBack takes in again what could not be written, unless it is so old that it would be kept no longer: what is held is bounded, too.
func (m *Meter) giveBack(g gathered, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range g.calls {
		key := callKey{c.Target, c.Class, minute(c.At)}
		if have := m.calls[key]; have != nil {
			have.Add(c.Figures)
		} else if c.At.After(Outdated(Minute, now)) {
			m.calls[key] = &c.Figures
		}
	}
	for _, c := range g.counts {
		key := countKey{c.Source, c.Base, minute(c.At)}
		if have := m.counts[key]; have != nil {
			have.add(c)
		} else if c.At.After(Outdated(Minute, now)) {
			m.counts[key] = &c
		}
	}
}

// Flush writes the minutes that begin before a time and are not written yet, in one transaction, and none if there are none. What cannot be written is held
// on to. A process that is killed loses what it had not written: its last minutes.
func (m *Meter) Flush(ctx context.Context, s directory.Store, before time.Time) error {
	g := m.gather(before, true)
	if len(g.calls)+len(g.counts) == 0 {
		return nil
	}
	err := s.Update(ctx, "series", func(tx directory.Tx) error {
		if err := In(tx).AddCalls(ctx, g.calls); err != nil {
			return err
		}
		return In(tx).AddCounts(ctx, g.counts)
	})
	if err != nil {
		m.giveBack(g, before)
		return fmt.Errorf("write what was measured: %w", err)
	}
	return nil
}
