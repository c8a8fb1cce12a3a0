package engine

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"muster/internal/run"
)

// III.5: a schedule tells its next three times, and what it tells is what it does.
func TestTimetable(t *testing.T) {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	at := func(minutes ...int) (out []time.Time) {
		for _, m := range minutes {
			out = append(out, noon.Add(time.Duration(m)*time.Minute))
		}
		return out
	}
	x := timetable{every: 5 * time.Minute}
	if got := x.next(noon); got != nil {
		t.Errorf("it tells %v before it has begun", got)
	}
	x.begin(noon)
	for _, step := range []struct {
		now, wait int // minutes; wait < 0: it is not asked to go on
		want      []time.Time
	}{
		{now: 0, wait: -1, want: at(5, 10, 15)}, // the first is under way
		{now: 2, wait: 3, want: at(5, 10, 15)},  // it has ended
		{now: 5, wait: -1, want: at(10, 15, 20)},
		{now: 18, wait: 0, want: at(20, 25, 30)}, // it took longer: what was missed is made up for once
		{now: 19, wait: 1, want: at(20, 25, 30)},
	} {
		now := at(step.now)[0]
		if step.wait >= 0 {
			if got := x.turn(now); got != time.Duration(step.wait)*time.Minute {
				t.Errorf("after %d min it waits for %s", step.now, got)
			}
		}
		if diff := cmp.Diff(step.want, x.next(now)); diff != "" {
			t.Errorf("after %d min: %s", step.now, diff)
		}
	}
}

// III.5: however long each takes, the time that was told first is when the next one begins, unless it is late.
func TestTimetableTellsWhatItDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := timetable{every: time.Duration(rapid.IntRange(1, 1000).Draw(t, "every")) * time.Second}
		begun := time.Unix(1_700_000_000, 0)
		x.begin(begun)
		now := begun
		for range 10 {
			now = now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "takes")) * time.Second)
			told := x.next(now)
			switch wait := x.turn(now); {
			case wait < 0, wait > x.every:
				t.Fatalf("it waits for %s", wait)
			case wait > 0 && !now.Add(wait).Equal(told[0]):
				t.Fatalf("it told %s and goes on at %s", told[0], now.Add(wait))
			default:
				now = now.Add(wait)
			}
			if !told[0].After(begun) || told[1].Sub(told[0]) != x.every || told[2].Sub(told[1]) != x.every || told[0].Sub(begun)%x.every != 0 {
				t.Fatalf("it told %v", told)
			}
		}
	})
}

// The next full comparison is told by the rule that begins it: a day after the last.
func TestNextWhole(t *testing.T) {
	listed := time.Date(2026, 3, 29, 0, 30, 0, 0, time.UTC)
	if got := nextWhole(run.Target{Listed: listed}); got.Sub(listed) != fullEvery {
		t.Errorf("after one at %s the next is at %s", listed, got)
	}
}
