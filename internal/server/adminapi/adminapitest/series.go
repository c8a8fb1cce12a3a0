package adminapitest

import (
	"context"
	"time"

	"muster/internal/server/adminapi"
)

// steps are what a span is drawn in, finely and coarsely, and how long it is.
var steps = map[string]struct{ length, fine, coarse time.Duration }{
	"1h":  {time.Hour, time.Minute, time.Minute},
	"24h": {24 * time.Hour, 10 * time.Minute, time.Hour},
	"7d":  {7 * 24 * time.Hour, time.Hour, 6 * time.Hour},
	"30d": {30 * 24 * time.Hour, 6 * time.Hour, 24 * time.Hour},
}

func spanOf(name string, step time.Duration) adminapi.Span {
	return adminapi.Span{Range: name, From: Now.Add(step - steps[name].length).Truncate(step), To: Now, Step: int(step / time.Second)}
}

// AllTargets returns how wiki answered, and what became of calls to old; chat was never called.
func (s *Service) AllTargets(_ context.Context, span string) ([]adminapi.TargetSeries, error) {
	var out []adminapi.TargetSeries
	for _, name := range []string{"wiki", "chat", "old"} {
		out = append(out, CallsTo(name, spanOf(span, steps[span].coarse)))
	}
	return out, nil
}

// TargetSeries returns the same of one target, finely.
func (s *Service) TargetSeries(_ context.Context, name, span string) (adminapi.TargetSeries, error) {
	if !isTarget(name) {
		return adminapi.TargetSeries{}, missing("target", name)
	}
	return CallsTo(name, spanOf(span, steps[span].fine)), nil
}

// CallsTo makes up calls to a target: to wiki there are some in each step but for a gap of a quarter, and a few fail; to old all do; to others there are none.
func CallsTo(name string, span adminapi.Span) adminapi.TargetSeries {
	out := adminapi.TargetSeries{Name: name, Span: span, Points: []adminapi.CallPoint{}, Classes: []adminapi.ClassSeries{}}
	if name != "wiki" && name != "old" {
		return out
	}
	step := time.Duration(span.Step) * time.Second
	n := int(span.To.Sub(span.From)/step) + 1
	write := adminapi.ClassSeries{Class: "updates of users", Budget: 180}
	read := adminapi.ClassSeries{Class: "reads", Budget: 1000}
	for i := range n {
		if i >= n/4 && i < n/2 {
			continue // Muster was down
		}
		at := span.From.Add(time.Duration(i) * step)
		c := adminapi.Calls{Calls: 20 + i%7*5, P50: 80, P95: 100 + float64(i%5)*10, Most: 180, Waited: 3, WaitedMost: 40}
		switch {
		case name == "old":
			c.Calls, c.Failed, c.Refused, c.P50, c.P95, c.Most = 1, 1, 1, 30, 30, 30
		case i%20 == 3:
			c.Failed, c.Throttled, c.WaitedMost = 2, 2, 30_000
		case i%20 == 7:
			c.Failed, c.Refused, c.Broken, c.Unreachable, c.P95, c.Most = 3, 1, 1, 1, 5000, 60_000
		}
		out.Points = append(out.Points, adminapi.CallPoint{At: at, Calls: c})
		t := &out.Total
		t.Calls, t.Failed, t.Throttled, t.Refused = t.Calls+c.Calls, t.Failed+c.Failed, t.Throttled+c.Throttled, t.Refused+c.Refused
		t.Broken, t.Unreachable = t.Broken+c.Broken, t.Unreachable+c.Unreachable
		t.P50, t.P95, t.Most, t.Waited, t.WaitedMost = c.P50, min(120, max(t.Most, c.Most)), max(t.Most, c.Most), c.Waited, max(t.WaitedMost, c.WaitedMost)
		used(&write, at, c.Calls, 40+i%9*12)
		used(&read, at, 2*c.Calls, 70)
	}
	out.Classes = append(out.Classes, write, read)
	return out
}

func used(c *adminapi.ClassSeries, at time.Time, n, peak int) {
	c.Used, c.Peak = c.Used+n, max(c.Peak, peak)
	c.Points = append(c.Points, adminapi.UsePoint{At: at, Used: n, Peak: peak, Budget: c.Budget})
}

// SourceSeries returns what was read of corp: as many in each step but for one read that saw half, and was not believed. hr was never read whole.
func (s *Service) SourceSeries(_ context.Context, name, span string) (adminapi.SourceSeries, error) {
	out := adminapi.SourceSeries{Name: name, Span: spanOf(span, steps[span].fine), Every: 300, Bases: []adminapi.BaseSeries{
		{Base: "people", Kind: "people", Points: []adminapi.CountPoint{}}, {Base: "groups", Kind: "groups", Points: []adminapi.CountPoint{}},
	}}
	switch name {
	case "corp":
	case "hr":
		return out, nil
	default:
		return out, missing("source", name)
	}
	step := time.Duration(out.Step) * time.Second
	n := int(out.To.Sub(out.From)/step) + 1
	for i := range n {
		if i >= n/4 && i < n/3 {
			continue
		}
		at := out.From.Add(time.Duration(i) * step)
		people := adminapi.CountPoint{At: at, Seen: 280 + 20*i/n, Least: 280 + 20*i/n, Known: 300, Floor: 252 + 18*i/n, Reads: 2}
		if i == n*3/4 {
			people.Seen, people.Least, people.Tripped = 150, 150, 1
		}
		out.Bases[0].Points = append(out.Bases[0].Points, people)
		out.Bases[1].Points = append(out.Bases[1].Points, adminapi.CountPoint{At: at, Seen: 40, Least: 40, Known: 40, Floor: 36, Reads: 2})
	}
	return out, nil
}
