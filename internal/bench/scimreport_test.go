package bench

import (
	"fmt"
	"slices"
	"time"
)

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

// report adds what a story at a large size found, next to its floor and to a small size.
func (r scimResult) report(small scimResult, n int) {
	figures.add(fmt.Sprintf("SCIM, %d callers", callers), fmt.Sprintf("%d people", n), "net/http, JSON, the same rows", "", "")
	for _, row := range []struct{ name, wanted string }{
		{"create", "≥ 0.6, ≥ 1,500/s"}, {"by userName", "≥ 0.4"}, {"by id", "≥ 0.4"}, {"list", "≥ 0.5"},
	} {
		ours, floor := r.ours[row.name], r.floor[row.name]
		figures.add("  "+row.name, perSecond(ours.perSecond), perSecond(floor.perSecond), fmt.Sprintf("%.2f", ours.perSecond/floor.perSecond), row.wanted)
		figures.add("    processor time of the server for each", micros(ours.cpu), micros(floor.cpu)+" = the floor's", fmt.Sprintf("%.2f", float64(floor.cpu)/float64(ours.cpu)), row.wanted)
		was := small.ours[row.name]
		figures.add("    the same, by size", micros(ours.cpu), micros(was.cpu)+" = 1,000 people", fmt.Sprintf("%.2f", float64(ours.cpu)/float64(was.cpu)), "≤ 1.5")
		figures.add("    at 1,000 people", perSecond(was.perSecond), perSecond(small.floor[row.name].perSecond), fmt.Sprintf("%.2f", was.perSecond/small.floor[row.name].perSecond), "")
	}
	figures.add(fmt.Sprintf("  one member of %d added or removed", min(n, 10_000)), millis(r.member["10k"]), "", "", "≤ 2 ms")
	figures.add(fmt.Sprintf("  one member of %d added or removed", min(n, 250_000)), millis(r.member["250k"]), "", "", "≤ 2 ms")
	together, single := r.ours["bulk"].perSecond, r.ours["one by one"].perSecond
	figures.add("  1,000 creations in one bulk request", perSecond(together), perSecond(single)+" = one by one", fmt.Sprintf("%.2f", together/single), "≥ 3")
	figures.add("  peak memory", megabytes(r.peak), "", "", "≤ 200 MB")
}

func micros(d time.Duration) string { return fmt.Sprintf("%.0f µs", float64(d.Nanoseconds())/1e3) }
func millis(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1e3) }
