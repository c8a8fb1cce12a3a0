package console

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"muster/internal/server/adminapi"
)

// lanesShown is how many calls beside each other a timeline tells apart.
const lanesShown = 8

// A timeline is calls drawn over time: each is as long as it took, below those that were under way when it began.
type timeline struct {
	title       string
	first, last time.Time
	height      int
	calls       []callBar
	sums        []callSum
}

// A callBar is one call, in a box 600 wide. Those that were not done are thick.
type callBar struct {
	x, y, width, height string
	tone                tone
	title, href         string
}

// A callSum counts the calls that did one thing with one result.
type callSum struct {
	what, result string
	n            int
	took         []time.Duration // ascending
}

// timelineOf draws calls, which come newest first. What is still under way lasts until now.
func timelineOf(writes []adminapi.CallAt, now time.Time) timeline {
	var t timeline
	if len(writes) == 0 {
		return t
	}
	ends := make([]time.Time, len(writes))
	t.first, t.last = writes[0].At, writes[0].At
	for i, w := range writes {
		ends[i] = w.At.Add(lasted(w, now))
		if w.At.Before(t.first) {
			t.first = w.At
		}
		if ends[i].After(t.last) {
			t.last = ends[i]
		}
	}
	scale := 600 / max(float64(t.last.Sub(t.first)), float64(time.Millisecond))
	var free []time.Time // when each lane is free again
	for i, w := range slices.Backward(writes) {
		lane := slices.IndexFunc(free, func(end time.Time) bool { return !end.After(w.At) })
		if lane < 0 {
			if lane = len(free); lane >= lanesShown {
				lane = lanesShown - 1
			} else {
				free = append(free, time.Time{})
			}
		}
		free[lane] = ends[i]
		t.calls = append(t.calls, barOf(w, lane, float64(w.At.Sub(t.first))*scale, float64(ends[i].Sub(w.At))*scale))
	}
	t.height = len(free) * 10
	t.sums = sumCalls(writes)
	t.title = t.finding(writes)
	return t
}

// lasted is how long a call took; one without an answer lasts until now.
func lasted(w adminapi.CallAt, now time.Time) time.Duration {
	d, err := time.ParseDuration(w.Took)
	if w.Result == "" {
		return max(now.Sub(w.At), 0)
	}
	if err != nil {
		return 0
	}
	return d
}

func barOf(w adminapi.CallAt, lane int, x, width float64) callBar {
	b := callBar{
		tone: resultTone(w.Result), href: whyPath(string(w.Object), w.Target),
		title: fmt.Sprintf("%s, %s %s: %s, %s", stamp(w.At), string(w.Verb), w.Name, resultText(w.Result), cmp.Or(w.Took, "under way")),
	}
	y, height := lane*10+3, 4
	if b.tone != good {
		y, height = lane*10, 10
	}
	width = min(max(width, 2), 600)
	b.x, b.width, b.y, b.height = num(min(x, 600-width)), num(width), num(float64(y)), num(float64(height))
	return b
}

func resultTone(result string) tone {
	switch result {
	case "done":
		return good
	case "":
		return busy
	}
	return bad
}

func resultText(result string) string {
	if result == "" {
		return "no answer yet"
	}
	return result
}

// sumCalls counts calls by what they did and how that ended, the most frequent first.
func sumCalls(writes []adminapi.CallAt) []callSum {
	var out []callSum
	for _, w := range writes {
		i := slices.IndexFunc(out, func(s callSum) bool { return s.what == string(w.Verb) && s.result == w.Result })
		if i < 0 {
			i = len(out)
			out = append(out, callSum{what: string(w.Verb), result: w.Result})
		}
		out[i].n++
		if d, err := time.ParseDuration(w.Took); err == nil {
			out[i].took = append(out[i].took, d)
		}
	}
	for _, s := range out {
		slices.Sort(s.took)
	}
	slices.SortStableFunc(out, func(a, b callSum) int { return b.n - a.n })
	return out
}

// part returns what so many percent of the calls did not take longer than.
func (s callSum) part(percent int) string {
	if len(s.took) == 0 {
		return "—"
	}
	return s.took[min(len(s.took)*percent/100, len(s.took)-1)].Round(time.Millisecond).String()
}

// finding says what the picture shows.
func (t timeline) finding(writes []adminapi.CallAt) string {
	text := count(len(writes), "call", "calls") + " in " + span(t.last.Sub(t.first))
	failures := 0
	for _, w := range writes {
		if resultTone(w.Result) == bad {
			failures++
		}
	}
	if failures == 0 {
		return text + ", none refused"
	}
	return text + ", " + number(failures) + " not done"
}

// span says how long something took, below a second too.
func span(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d/time.Second))
	}
	return short(d)
}
