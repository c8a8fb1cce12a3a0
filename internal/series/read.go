package series

import (
	"cmp"
	"context"
	"slices"
	"time"

	"muster/internal/directory"
)

// horizon is later than everything that is measured.
var horizon = time.Unix(1<<40, 0)

// Calls returns how the calls of a target went, with what this process has not written yet.
func (m *Meter) Calls(ctx context.Context, r directory.Reader, q Query) ([]Calls, error) {
	out, err := Of(r).Calls(ctx, q)
	for _, c := range m.gather(horizon, false).calls {
		if c.Target == q.Of && !Align(c.At, q.Step).Before(q.Since) {
			out = append(out, c)
		}
	}
	return MergeCalls(out, q.Step), err
}

// Counts returns what reads of a source saw, with what this process has not written yet.
func (m *Meter) Counts(ctx context.Context, r directory.Reader, q Query) ([]Count, error) {
	out, err := Of(r).Counts(ctx, q)
	for _, c := range m.gather(horizon, false).counts {
		if c.Source == q.Of && !Align(c.At, q.Step).Before(q.Since) {
			out = append(out, c)
		}
	}
	return MergeCounts(out, q.Step), err
}

// Align returns the beginning of the step in which a time is.
func Align(t time.Time, step time.Duration) time.Time {
	s := int64(step / time.Second)
	return time.Unix(t.Unix()/s*s, 0).UTC()
}

// MergeCalls adds up calls of the same target and class in longer steps, by target, time and class.
func MergeCalls(list []Calls, step time.Duration) []Calls {
	return merge(list, func(c *Calls) place {
		c.At = Align(c.At, step)
		return place{c.Target, c.At, c.Class}
	}, func(c *Calls, o Calls) { c.Add(o.Figures) })
}

// MergeCounts adds up counts of the same source and base in longer steps, by source, time and base.
func MergeCounts(list []Count, step time.Duration) []Count {
	return merge(list, func(c *Count) place {
		c.At = Align(c.At, step)
		return place{c.Source, c.At, c.Base}
	}, (*Count).add)
}

// A place is where something that was measured belongs.
type place struct {
	of   string
	at   time.Time
	part string
}

// merge adds up what has the same place.
func merge[T any](list []T, put func(*T) place, add func(*T, T)) []T {
	var out []T
	have := map[place]int{}
	for _, x := range list {
		p := put(&x)
		if i, ok := have[p]; ok {
			add(&out[i], x)
			continue
		}
		have[p] = len(out)
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b T) int {
		p, q := put(&a), put(&b)
		return cmp.Or(cmp.Compare(p.of, q.of), p.at.Compare(q.at), cmp.Compare(p.part, q.part))
	})
	return out
}
