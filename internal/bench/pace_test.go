package bench

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"testing"
)

const (
	hired    = 10_000
	perClock = 3 // creates a second: 180 a minute, by Slack's clock
)

// haste is how much faster than the world's the clock of Slack's sandbox is: 100, or what MUSTER_BENCH_HASTE says. A machine that is busy with other things
// cannot keep up with a clock that runs a hundred times as fast.
func haste() int {
	n, _ := strconv.Atoi(os.Getenv("MUSTER_BENCH_HASTE"))
	return cmp.Or(n, 100)
}

// BenchmarkPace creates everybody's account at a service that keeps Slack's rates: how much of them is used, how often too much is asked, and how good the
// time was that the plan foretold.
func BenchmarkPace(b *testing.B) {
	w := newWorld(b, sized(hired*haste()/100))
	for range b.N {
		w.benchPace(b, b.ReportMetric)
	}
}

func (w *world) benchPace(tb testing.TB, metric report) {
	plan := w.planned(tb, "slack")
	r := w.served(tb, "slack")
	made := r.Counts["created"] // who was told to come back later is created by a later run
	if made+r.Counts["retrying"] != w.people {
		tb.Fatalf("created %d accounts, want %d with those told to come back: %v", made, w.people, r.Counts)
	}
	used := float64(made) / r.Outward / float64(perClock*haste())
	asked, refused := w.slack.requests(tb), w.slack.refused(tb)
	share := float64(refused) / float64(asked)
	metric(r.Outward, "s")
	metric(100*used, "%-of-rate")
	metric(100*share, "%-429")
	metric(plan.Expect/r.Outward, "foretold/took")
	figures.add(fmt.Sprintf("create %d accounts at Slack's rates, %d × as fast", w.people, haste()), fmt.Sprintf("%.1f %%", 100*used), fmt.Sprintf("%d/s = the rate", perClock*haste()), "", "≥ 95 %")
	figures.add("  answered 429", fmt.Sprintf("%.2f %%, %d of %d", 100*share, refused, asked), "", "", "< 1 %")
	figures.add("  foretold by the plan", seconds(plan.Expect), seconds(r.Outward)+" = what it took", fmt.Sprintf("%.2f", plan.Expect/r.Outward), "0.9 to 1.1")
}
