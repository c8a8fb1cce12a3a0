package bench

import (
	"fmt"
	"testing"
)

// BenchmarkCompany tells the story in order; each part does what it needs of the parts before it, if those were not asked for.
func BenchmarkCompany(b *testing.B) {
	w := newWorld(b, full(b))
	for _, part := range []struct {
		name string
		run  func(*world, testing.TB, report)
	}{
		{"read", (*world).benchRead},
		{"again", (*world).benchAgain},
		{"outbound", (*world).benchFast},
		{"pages", (*world).benchPages},
		{"latency", (*world).benchSlow},
		{"reconcile", (*world).benchReconcile},
	} {
		b.Run(part.name, func(b *testing.B) {
			for range b.N {
				part.run(w, b, b.ReportMetric)
			}
		})
	}
}

// report takes a number with its unit.
type report func(float64, string)

// benchRead reads the whole company into an empty store.
func (w *world) benchRead(tb testing.TB, metric report) {
	search := w.ldapsearch(tb)
	r := w.first(tb)
	search = (search + w.ldapsearch(tb)) / 2
	insert := w.insert(tb)
	floor := search + insert.Seconds
	metric(r.Seconds, "s")
	metric(search, "ldapsearch-s")
	metric(insert.Seconds, "insert-s")
	metric(r.Seconds/floor, "of-floor")
	metric(r.CPU, "cpu-s")
	metric(float64(r.Peak)/1024, "peak-MB")
	figures.add(fmt.Sprintf("read, diff, store %d people, %d groups, %d memberships", w.people, w.groups, w.memberships()), seconds(r.Seconds),
		fmt.Sprintf("%s = ldapsearch %s + insert %s", seconds(floor), seconds(search), seconds(insert.Seconds)), fmt.Sprintf("%.2f", r.Seconds/floor), "≤ 3")
	figures.add("  peak memory", megabytes(r.Peak), "", "", "≤ 512 MB")
}

// benchAgain reads the company again, nothing having changed.
func (w *world) benchAgain(tb testing.TB, metric report) {
	first := w.first(tb)
	r := child(tb, "read", w.muster("", "2"))
	metric(r.Seconds, "s")
	metric(r.Seconds/first.Seconds, "of-first")
	metric(float64(r.Written), "bytes-written")
	metric(r.CPU, "cpu-s")
	metric(float64(r.Peak)/1024, "peak-MB")
	figures.add("read again, no change", seconds(r.Seconds), seconds(first.Seconds)+" = first read", fmt.Sprintf("%.2f", r.Seconds/first.Seconds), "≤ 0.33")
	figures.add("  feed moved; written (the record of the run)", fmt.Sprintf("%t; %d kB", r.Moved, r.Written/1024), "", "", "false")
	figures.add("  peak memory", megabytes(r.Peak), "", "", "≤ 512 MB")
}

// planned makes and stores the first plan of a target.
func (w *world) planned(tb testing.TB, target string) result {
	w.first(tb)
	return w.once("plan "+target, func() result { return child(tb, "plan", w.muster(target, "-"+target)) })
}

// served carries the first plan of a target out.
func (w *world) served(tb testing.TB, target string) result {
	w.planned(tb, target)
	return w.once("serve "+target, func() result { return child(tb, "sync", w.muster(target, "-"+target)) })
}

// benchFast creates everybody's account.
func (w *world) benchFast(tb testing.TB, metric report) {
	plan := w.planned(tb, "fast")
	figures.add(fmt.Sprintf("first plan of %d accounts, stored", w.people), seconds(plan.Seconds), "", "", "")
	figures.add("  peak memory", megabytes(plan.Peak), "", "", "≤ 512 MB")
	w.outbound(tb, metric, "fast", 0, "≥ 0.2 (floor from 8000/s)")
}

// benchSlow creates accounts at a service that takes its time.
func (w *world) benchSlow(tb testing.TB, metric report) {
	w.planned(tb, "slow")
	w.outbound(tb, metric, "slow", latency, "≥ 0.8")
}

// outbound compares the carrying out of a plan with a loop of plain requests for as many accounts, half of them before and half of them after it, each at
// a fresh sandbox in a process of its own. What counts is the time from the first intent in the journal to the last outcome; the whole run lists the target
// and plans everybody before.
func (w *world) outbound(tb testing.TB, metric report, target string, delay int, wanted string) {
	loop := w.loop(tb, target, delay)
	r := w.served(tb, target)
	loop += w.loop(tb, target, delay)
	if got := r.Counts["created"]; got != w.people {
		tb.Fatalf("created %d accounts, want %d: %v", got, w.people, r.Counts)
	}
	ours, whole, floor := float64(w.people)/r.Outward, float64(w.people)/r.Seconds, float64(w.people)/loop
	metric(ours, "creates/s")
	metric(whole, "creates/s-whole-run")
	metric(floor, "loop/s")
	metric(ours/floor, "of-floor")
	metric(r.CPU, "cpu-s")
	metric(float64(r.Peak)/1024, "peak-MB")
	figures.add(fmt.Sprintf("create %d accounts, 64 in flight, %d ms", w.people, delay), perSecond(ours), perSecond(floor)+" = plain HTTP loop", fmt.Sprintf("%.2f", ours/floor), wanted)
	figures.add("  the whole run: list, plan, judge, then that", perSecond(whole), "", fmt.Sprintf("%.2f", whole/floor), "")
	figures.add("  peak memory", megabytes(r.Peak), "", "", "≤ 512 MB")
}

// loop returns how long a loop of plain requests takes for half of the accounts.
func (w *world) loop(tb testing.TB, target string, delay int) float64 {
	tb.Helper()
	return child(tb, "loop", task{URL: newSandbox(tb, delay).url, Count: w.people / 2, Label: "-" + target}).Seconds
}

// benchReconcile compares everybody with the target where everything is as it should be, and then follows a read without a change.
func (w *world) benchReconcile(tb testing.TB, metric report) {
	w.served(tb, "fast")
	r := child(tb, "sync", w.muster("fast", "-again"))
	if r.Counts["created"]+r.Counts["updated"]+r.Counts["disabled"] > 0 {
		tb.Fatalf("something was done though nothing has changed: %v", r.Counts)
	}
	metric(r.Seconds, "s")
	metric(r.CPU, "cpu-s")
	metric(float64(r.Peak)/1024, "peak-MB")
	figures.add(fmt.Sprintf("full reconcile of %d accounts, no change", w.people), seconds(r.Seconds), "", "", "")
	figures.add("  peak memory", megabytes(r.Peak), "", "", "≤ 512 MB")
	calls := w.quiet(tb)
	metric(float64(calls), "calls-after-no-change")
	figures.add("calls at the target after a read without change", fmt.Sprint(calls), "", "", "0")
}

// quiet reads the source again, serves the target after it, and returns how many requests the target got.
func (w *world) quiet(tb testing.TB) int64 {
	read := child(tb, "read", w.muster("", "-quiet"))
	if read.Moved {
		tb.Fatal("a read without change entered the feed")
	}
	before := w.fast.requests(tb)
	child(tb, "follow", w.muster("fast", ""))
	return w.fast.requests(tb) - before
}

// TestCompany tells the story at a tiny size: what must not happen is checked, no time is.
func TestCompany(t *testing.T) {
	w := newWorld(t, sized(200))
	ignore := func(float64, string) {}
	w.benchRead(t, ignore)
	if first := w.first(t); first.Counts["added"] != w.people+w.groups || first.Counts["memberships_added"] != w.memberships() {
		t.Errorf("the first read counts %v", first.Counts)
	}
	w.benchAgain(t, ignore)
	again := child(t, "read", w.muster("", ""))
	if again.Moved || again.Counts["unchanged"] != w.people+w.groups {
		t.Errorf("a read without change: feed moved %t, %v", again.Moved, again.Counts)
	}
	if again.Written > 256<<10 {
		t.Errorf("a read without change writes %d bytes", again.Written)
	}
	w.benchFast(t, ignore)
	w.benchPages(t, ignore)
	w.everyPage(t)
	w.benchSlow(t, ignore)
	w.benchPace(t, ignore)
	w.benchReconcile(t, ignore)
	if n := w.quiet(t); n != 0 {
		t.Errorf("the target got %d requests after a read without change", n)
	}
	figures = nil
}
