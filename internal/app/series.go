package app

import (
	"cmp"
	"context"
	"slices"
	"time"

	"muster/internal/config"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/series"
	"muster/internal/server/adminapi"
)

var _ adminapi.Measures = (*Muster)(nil)

// A span is how far back is looked, and in which steps: fine ones for one target, coarse ones for all of them.
type span struct {
	length       time.Duration
	fine, coarse time.Duration
	read, skim   time.Duration // which record they are read from
}

const day = 24 * time.Hour

var spans = map[string]span{
	"1h":  {time.Hour, time.Minute, time.Minute, series.Minute, series.Minute},
	"24h": {day, 10 * time.Minute, time.Hour, series.Minute, series.Hour},
	"7d":  {7 * day, time.Hour, 6 * time.Hour, series.Hour, series.Hour},
	"30d": {30 * day, 6 * time.Hour, day, series.Hour, series.Hour},
}

// query returns what to ask for a span that ends now, and the span as it is told.
func (m *Muster) query(of, name string, coarse bool) (series.Query, adminapi.Span, error) {
	s, ok := spans[name]
	if !ok {
		return series.Query{}, adminapi.Span{}, &run.Problem{Code: adminapi.BadRequest, What: "There is no range " + name + ".", Fix: "There are 1h, 24h, 7d and 30d."}
	}
	now := m.now().UTC()
	q := series.Query{Of: of, Kept: s.read, Step: s.fine}
	if coarse {
		q.Kept, q.Step = s.skim, s.coarse
	}
	q.Since = series.Align(now.Add(q.Step-s.length), q.Step)
	return q, adminapi.Span{Range: name, From: q.Since, To: now, Step: int(q.Step / time.Second)}, nil
}

// AllTargets implements adminapi.Measures.
func (m *Muster) AllTargets(ctx context.Context, name string) ([]adminapi.TargetSeries, error) {
	var out []adminapi.TargetSeries
	err := m.Store.View(ctx, func(v directory.Reader) error {
		out = nil
		for _, t := range m.File.Targets {
			x, err := m.targetSeries(ctx, v, t.Name, name, true)
			if err != nil {
				return err
			}
			out = append(out, x)
		}
		return nil
	})
	return out, err
}

// TargetSeries implements adminapi.Measures.
func (m *Muster) TargetSeries(ctx context.Context, name, span string) (out adminapi.TargetSeries, err error) {
	if _, ok := m.File.Target(name); !ok {
		return out, m.unknown("target", name)
	}
	err = m.Store.View(ctx, func(v directory.Reader) (err error) {
		out, err = m.targetSeries(ctx, v, name, span, false)
		return err
	})
	return out, err
}

func (m *Muster) targetSeries(ctx context.Context, v directory.Reader, name, span string, coarse bool) (adminapi.TargetSeries, error) {
	q, told, err := m.query(name, span, coarse)
	if err != nil {
		return adminapi.TargetSeries{}, err
	}
	calls, err := m.meter.Calls(ctx, v, q)
	return seriesOf(name, told, calls), err
}

// seriesOf arranges calls, which come in order of time.
func seriesOf(name string, told adminapi.Span, calls []series.Calls) adminapi.TargetSeries {
	out := adminapi.TargetSeries{Name: name, Span: told, Points: []adminapi.CallPoint{}, Classes: []adminapi.ClassSeries{}}
	var total series.Figures
	classes := map[string]*adminapi.ClassSeries{}
	for len(calls) > 0 {
		at, step := calls[0].At, series.Figures{}
		for len(calls) > 0 && calls[0].At.Equal(at) {
			step.Add(calls[0].Figures)
			use(classes, calls[0])
			calls = calls[1:]
		}
		total.Add(step)
		out.Points = append(out.Points, adminapi.CallPoint{At: at, Calls: callsOf(step)})
	}
	out.Total = callsOf(total)
	for _, c := range classes {
		out.Classes = append(out.Classes, *c)
	}
	slices.SortFunc(out.Classes, func(a, b adminapi.ClassSeries) int { // the one that is nearest to its rate first, those without a rate last
		return cmp.Or(cmp.Compare(min(b.Budget, 1), min(a.Budget, 1)), cmp.Compare(b.Share(), a.Share()), cmp.Compare(b.Used, a.Used), cmp.Compare(a.Class, b.Class))
	})
	return out
}

// use adds what was used of a rate in a step.
func use(classes map[string]*adminapi.ClassSeries, c series.Calls) {
	x := classes[c.Class]
	if x == nil {
		x = &adminapi.ClassSeries{Class: c.Class}
		classes[c.Class] = x
	}
	x.Used, x.Peak, x.Budget = x.Used+c.Used, max(x.Peak, c.Peak), c.Budget // the newest rate is the one in force
	x.Points = append(x.Points, adminapi.UsePoint{At: c.At, Used: c.Used, Peak: c.Peak, Budget: c.Budget})
}

func callsOf(f series.Figures) adminapi.Calls {
	return adminapi.Calls{
		Calls: f.Calls, Failed: f.Errors(), Throttled: f.Throttled, Refused: f.Refused, Broken: f.Failed, Unreachable: f.Unreachable, PutOff: f.PutOff,
		P50: millis(f.Percentile(50)), P95: millis(f.Percentile(95)), Most: millis(f.TookMost),
		Waited: millis(f.Waited / time.Duration(max(f.Calls, 1))), WaitedMost: millis(f.WaitedMost),
	}
}

// millis returns a length of time in milliseconds, to the microsecond.
func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// SourceSeries implements adminapi.Measures.
func (m *Muster) SourceSeries(ctx context.Context, name, span string) (adminapi.SourceSeries, error) {
	c, ok := m.File.Source(name)
	if !ok {
		return adminapi.SourceSeries{}, m.unknown("source", name)
	}
	q, told, err := m.query(name, span, false)
	if err != nil {
		return adminapi.SourceSeries{}, err
	}
	var counts []series.Count
	err = m.Store.View(ctx, func(v directory.Reader) (err error) {
		counts, err = m.meter.Counts(ctx, v, q)
		return err
	})
	return adminapi.SourceSeries{Name: name, Span: told, Every: int(c.Every / time.Second), Bases: basesOf(c, counts)}, err
}

// basesOf arranges counts, which come in order of time, by the bases of a source that are configured.
func basesOf(c config.Source, counts []series.Count) []adminapi.BaseSeries {
	out := []adminapi.BaseSeries{}
	if c.LDAP == nil {
		return out // nobody reads it: there is nothing to count
	}
	people, groups := areasOf(c)
	for _, base := range append(slices.Clone(people), groups...) {
		b := adminapi.BaseSeries{Base: base, Kind: "people", Points: []adminapi.CountPoint{}}
		if slices.Contains(groups, base) {
			b.Kind = "groups"
		}
		for _, n := range counts {
			if n.Base == base {
				b.Points = append(b.Points, adminapi.CountPoint{At: n.At, Seen: n.Seen, Least: n.Least, Known: n.Known, Floor: n.Floor, Reads: n.Reads, Tripped: n.Tripped})
			}
		}
		out = append(out, b)
	}
	return out
}
