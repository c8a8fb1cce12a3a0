// Package seriestest proves that a store keeps package series' promises: what was measured adds up by the minute and by the hour, whoever wrote it, and what is
// old is removed. A store's own tests call Run; each failure says which rule is broken.
package seriestest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/directory"
	"muster/internal/series"
)

// Run runs the suite. open returns an empty store, which the suite does not close; it is called once per case.
func Run(t *testing.T, open func(t *testing.T) directory.Store) {
	for _, c := range []struct {
		name string
		test func(*testing.T, directory.Store)
	}{
		{"calls", testCalls},
		{"counts", testCounts},
		{"meter", testMeter},
		{"prune", testPrune},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

var start = time.Date(2026, 2, 3, 4, 0, 0, 0, time.UTC)

// at is n minutes after start.
func at(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }

func update(t *testing.T, s directory.Store, fn func(context.Context, series.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), "test", func(tx directory.Tx) error { return fn(t.Context(), series.In(tx)) }); err != nil {
		t.Fatal(err)
	}
}

func view[T any](t *testing.T, s directory.Store, fn func(context.Context, directory.Reader) ([]T, error)) []T {
	t.Helper()
	var out []T
	err := s.View(t.Context(), func(v directory.Reader) (err error) {
		out, err = fn(t.Context(), v)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func calls(t *testing.T, s directory.Store, q series.Query) []series.Calls {
	t.Helper()
	return view(t, s, func(ctx context.Context, v directory.Reader) ([]series.Calls, error) {
		return series.Of(v).Calls(ctx, q)
	})
}

func counts(t *testing.T, s directory.Store, q series.Query) []series.Count {
	t.Helper()
	return view(t, s, func(ctx context.Context, v directory.Reader) ([]series.Count, error) {
		return series.Of(v).Counts(ctx, q)
	})
}

// figures are n calls that took d each, one of which was refused.
func figures(n int, d time.Duration) series.Figures {
	f := series.Figures{Calls: n, Refused: 1, Took: time.Duration(n) * d, TookMost: d, Waited: time.Second, WaitedMost: time.Duration(n) * time.Millisecond, Used: n, Peak: n, Budget: 60}
	f.Within[n%series.Bounds] = n
	return f
}

func sum(list ...series.Figures) series.Figures {
	var out series.Figures
	for _, f := range list {
		out.Add(f)
	}
	return out
}

// Two nodes that write the same minute add to each other; steps without a call are not there.
func testCalls(t *testing.T, s directory.Store) {
	wiki := func(class string, minute int, f series.Figures) series.Calls {
		return series.Calls{Target: "wiki", Class: class, At: at(minute), Figures: f}
	}
	one, two, three, four := figures(3, 1500*time.Microsecond), figures(5, 80*time.Millisecond), figures(7, time.Minute), figures(2, 0)
	for range 2 {
		update(t, s, func(ctx context.Context, tx series.Tx) error {
			return tx.AddCalls(ctx, []series.Calls{
				wiki("read", 1, one), wiki("write", 1, two), wiki("read", 58, three), wiki("read", 61, four), {Target: "chat", Class: "read", At: at(1), Figures: two},
			})
		})
	}
	for name, c := range map[string]struct {
		q    series.Query
		want []series.Calls
	}{
		"minutes": {
			series.Query{Of: "wiki", Kept: series.Minute, Step: time.Minute, Since: at(1)},
			[]series.Calls{wiki("read", 1, sum(one, one)), wiki("write", 1, sum(two, two)), wiki("read", 58, sum(three, three)), wiki("read", 61, sum(four, four))},
		},
		"ten minutes, later": {
			series.Query{Of: "wiki", Kept: series.Minute, Step: 10 * time.Minute, Since: at(50)},
			[]series.Calls{wiki("read", 50, sum(three, three)), wiki("read", 60, sum(four, four))},
		},
		"hours": {
			series.Query{Of: "wiki", Kept: series.Hour, Step: time.Hour, Since: at(0)},
			[]series.Calls{wiki("read", 0, sum(one, one, three, three)), wiki("write", 0, sum(two, two)), wiki("read", 60, sum(four, four))},
		},
		"six hours": {
			series.Query{Of: "wiki", Kept: series.Hour, Step: 6 * time.Hour, Since: at(-240)},
			[]series.Calls{wiki("read", -240, sum(one, one, three, three, four, four)), wiki("write", -240, sum(two, two))},
		},
		"nobody": {series.Query{Of: "nobody", Kept: series.Hour, Step: time.Hour}, nil},
	} {
		if diff := cmp.Diff(c.want, calls(t, s, c.q)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Of the reads of a step the newest says what there is, whoever wrote first; the least that any of them saw is kept, too.
func testCounts(t *testing.T, s directory.Store) {
	read := func(minute, seen, tripped int) series.Count {
		return series.Count{Source: "corp", Base: "staff", At: at(minute), Last: at(minute).Add(time.Second), Reads: 1, Tripped: tripped, Seen: seen, Least: seen, Known: 100, Floor: 90}
	}
	for _, c := range []series.Count{read(7, 60, 1), read(3, 99, 0), read(3, 98, 0), read(64, 100, 0)} {
		c.Last = c.Last.Add(time.Duration(c.Seen) * time.Millisecond)
		update(t, s, func(ctx context.Context, tx series.Tx) error { return tx.AddCounts(ctx, []series.Count{c}) })
	}
	newest := read(3, 99, 0)
	newest.Last, newest.Reads, newest.Least = newest.Last.Add(99*time.Millisecond), 2, 98
	tripped := read(7, 60, 1)
	tripped.Last = tripped.Last.Add(60 * time.Millisecond)
	last := read(64, 100, 0)
	last.Last = last.Last.Add(100 * time.Millisecond)
	whole := tripped
	whole.At, whole.Reads = at(0), 3
	for name, c := range map[string]struct {
		q    series.Query
		want []series.Count
	}{
		"minutes": {series.Query{Of: "corp", Kept: series.Minute, Step: time.Minute}, []series.Count{newest, tripped, last}},
		"hours":   {series.Query{Of: "corp", Kept: series.Hour, Step: time.Hour}, []series.Count{whole, {Source: "corp", Base: "staff", At: at(60), Last: last.Last, Reads: 1, Seen: 100, Least: 100, Known: 100, Floor: 90}}},
		"later":   {series.Query{Of: "corp", Kept: series.Minute, Step: time.Minute, Since: at(8)}, []series.Count{last}},
		"nobody":  {series.Query{Of: "nobody", Kept: series.Minute, Step: time.Minute}, nil},
	} {
		if diff := cmp.Diff(c.want, counts(t, s, c.q)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// What a Meter has not written is in its answers all the same, once; a minute that was written is not held.
func testMeter(t *testing.T, s directory.Store) {
	var m series.Meter
	classes := []series.Class{{Name: "creations", Budget: 180}, {Name: "writes", Budget: 600}}
	for i := range 3 {
		m.Call("wiki", series.Sample{Classes: classes, At: at(i), Took: 40 * time.Millisecond, Waited: time.Second, Result: series.Answered})
	}
	m.Call("wiki", series.Sample{Classes: classes, At: at(1), Took: time.Second, Result: series.Throttled})
	m.Call("wiki", series.Sample{Classes: classes, At: at(1), Result: series.PutOff})
	m.Read(series.Count{Source: "corp", Base: "staff", Last: at(1), Seen: 9, Known: 10, Floor: 6})
	q := series.Query{Of: "wiki", Kept: series.Minute, Step: 10 * time.Minute, Since: at(0)}
	before := view(t, s, func(ctx context.Context, v directory.Reader) ([]series.Calls, error) { return m.Calls(ctx, v, q) })
	if len(before) != 2 || before[0].Calls != 4 || before[0].Throttled != 1 || before[0].PutOff != 1 || before[0].Peak != 2 || before[0].Budget != 180 ||
		before[1].Class != "writes" || before[1].Calls != 0 || before[1].Used != 4 {
		t.Errorf("before anything is written, the meter says %+v", before)
	}
	if err := m.Flush(t.Context(), s, at(2)); err != nil {
		t.Fatal(err)
	}
	after := view(t, s, func(ctx context.Context, v directory.Reader) ([]series.Calls, error) { return m.Calls(ctx, v, q) })
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("written in part, the meter says something else (-before +after):\n%s", diff)
	}
	q.Step = time.Minute
	if stored := calls(t, s, q); len(stored) != 4 || !stored[3].At.Equal(at(1)) {
		t.Errorf("of the minutes before the one that is not over, there is %+v", stored)
	}
	seen := view(t, s, func(ctx context.Context, v directory.Reader) ([]series.Count, error) {
		return m.Counts(ctx, v, series.Query{Of: "corp", Kept: series.Minute, Step: time.Minute})
	})
	want := []series.Count{{Source: "corp", Base: "staff", At: at(1), Last: at(1), Reads: 1, Seen: 9, Least: 9, Known: 10, Floor: 6}}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

// Minutes are kept for a day and hours for thirty, whatever there is.
func testPrune(t *testing.T, s directory.Store) {
	update(t, s, func(ctx context.Context, tx series.Tx) error {
		for _, minute := range []int{0, 24 * 60, 31 * 24 * 60} {
			if err := tx.AddCalls(ctx, []series.Calls{{Target: "wiki", Class: "read", At: at(minute), Figures: figures(1, 0)}}); err != nil {
				return err
			}
			if err := tx.AddCounts(ctx, []series.Count{{Source: "corp", Base: "staff", At: at(minute), Last: at(minute), Reads: 1}}); err != nil {
				return err
			}
		}
		return nil
	})
	for i, want := range []int64{2 * (2 + 1), 0} {
		update(t, s, func(ctx context.Context, tx series.Tx) error {
			n, err := tx.Prune(ctx, at(31*24*60+1))
			if n != want {
				t.Errorf("the prune number %d removed %d rows, want %d", i, n, want)
			}
			return err
		})
	}
	for kept, want := range map[time.Duration]int{series.Minute: 1, series.Hour: 2} {
		if n := len(calls(t, s, series.Query{Of: "wiki", Kept: kept, Step: kept})); n != want {
			t.Errorf("%d rows of calls are kept by %s, want %d", n, kept, want)
		}
		if n := len(counts(t, s, series.Query{Of: "corp", Kept: kept, Step: kept})); n != want {
			t.Errorf("%d rows of counts are kept by %s, want %d", n, kept, want)
		}
	}
}
