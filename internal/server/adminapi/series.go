package adminapi

import (
	"context"
	"net/http"
	"time"

	"muster/internal/access"
)

// Measures tell how targets answered and what sources held, over time. A span is "1h", "24h", "7d" or "30d", and ends now; what began before it is left out.
type Measures interface {
	// AllTargets returns how each target answered, in few steps.
	AllTargets(ctx context.Context, span string) ([]TargetSeries, error)
	TargetSeries(ctx context.Context, name, span string) (TargetSeries, error)
	SourceSeries(ctx context.Context, name, span string) (SourceSeries, error)
}

// A Span is a length of time up to now, in steps.
type Span struct {
	Range string    `json:"range" doc:"1h, 24h, 7d or 30d."`
	From  time.Time `json:"from" doc:"Beginning of the first step."`
	To    time.Time `json:"to" doc:"Now: the last step is not over."`
	Step  int       `json:"step_s" doc:"Seconds in a step."`
}

// TargetSeries is how the calls to a target went.
type TargetSeries struct {
	Name string `json:"name"`
	Span
	Total   Calls         `json:"total"`
	Points  []CallPoint   `json:"points" doc:"Of each step in which there was a call. A step without one is not listed: of it nothing is known."`
	Classes []ClassSeries `json:"classes" doc:"Classes of calls that share a rate; one call may count in several."`
}

// Calls is how a number of calls went.
type Calls struct {
	Calls       int     `json:"calls" doc:"That were sent."`
	Failed      int     `json:"failed" doc:"Of these, those that did not do what they should: the sum of the next four."`
	Throttled   int     `json:"throttled" doc:"Answered that the service is asked too often."`
	Refused     int     `json:"refused" doc:"Answered that the service will not: 3xx and 4xx, but not a question about what is not there."`
	Broken      int     `json:"broken" doc:"Answered that the service cannot: 5xx."`
	Unreachable int     `json:"unreachable" doc:"Not answered, or not wholly."`
	PutOff      int     `json:"put_off" doc:"Calls that were not sent, as it would have taken too long until the rate allows them."`
	P50         float64 `json:"p50_ms" doc:"Half of the calls took at most so many milliseconds, rounded up to the next bound that is counted by."`
	P95         float64 `json:"p95_ms" doc:"The same of 95 in 100."`
	Most        float64 `json:"most_ms" doc:"The longest."`
	Waited      float64 `json:"waited_ms" doc:"How long a call waited for the rate, on average."`
	WaitedMost  float64 `json:"waited_most_ms" doc:"The longest of these waits."`
}

// CallPoint is how the calls of a step went.
type CallPoint struct {
	At time.Time `json:"at" doc:"Beginning of the step."`
	Calls
}

// ClassSeries is how much of a rate was used.
type ClassSeries struct {
	Class  string     `json:"class"`
	Budget int        `json:"per_minute" doc:"Calls in a minute that the rate allows; 0 = the service states none."`
	Used   int        `json:"used" doc:"Calls that counted."`
	Peak   int        `json:"peak" doc:"The most of them in one minute."`
	Points []UsePoint `json:"points"`
}

// UsePoint is how much of a rate was used in a step.
type UsePoint struct {
	At     time.Time `json:"at"`
	Used   int       `json:"used"`
	Peak   int       `json:"peak" doc:"The most in one minute of the step."`
	Budget int       `json:"per_minute" doc:"What the rate allowed then."`
}

// SourceSeries is what complete reads of a source saw.
type SourceSeries struct {
	Name string `json:"name"`
	Span
	Every int          `json:"every_s" doc:"Seconds between two reads, as configured; 0 = it is not read, it tells by itself."`
	Bases []BaseSeries `json:"bases"`
}

// BaseSeries is what reads saw of one search base.
type BaseSeries struct {
	Base   string       `json:"base"`
	Kind   string       `json:"kind" enum:"people,groups"`
	Points []CountPoint `json:"points" doc:"Of each step in which a read was complete. A step without one is not listed."`
}

// CountPoint is what the reads of a step saw of a base.
type CountPoint struct {
	At      time.Time `json:"at"`
	Seen    int       `json:"seen" doc:"Entries in the newest of the reads."`
	Least   int       `json:"least" doc:"Entries in the one that saw fewest."`
	Known   int       `json:"known" doc:"Entries that were there to be seen."`
	Floor   int       `json:"floor" doc:"A read that sees fewer is not believed."`
	Reads   int       `json:"reads"`
	Tripped int       `json:"tripped" doc:"Reads that were not believed, for what they lacked."`
}

type spanQuery struct {
	Range string `query:"range" enum:"1h,24h,7d,30d" default:"24h"`
}

type namedSpan struct {
	Name  string `path:"name"`
	Range string `query:"range" enum:"1h,24h,7d,30d" default:"24h"`
}

func (a *api) seriesRoutes() {
	add(a, route{"list-target-series", http.MethodGet, "/series/targets", "How every target answered over time, in few steps", access.View, 0},
		func(ctx context.Context, in *spanQuery) (List[TargetSeries], error) {
			all, err := a.svc.AllTargets(ctx, in.Range)
			return list(all, 0, nil), err
		})
	add(a, route{"get-target-series", http.MethodGet, "/targets/{name}/series", "How a target answered over time: calls, errors, latency, and how much of its rate was used", access.View, 0},
		func(ctx context.Context, in *namedSpan) (TargetSeries, error) {
			return a.svc.TargetSeries(ctx, in.Name, in.Range)
		})
	add(a, route{"get-source-series", http.MethodGet, "/sources/{name}/series", "What complete reads of a source saw over time, by search base, and where they would not have been believed", access.View, 0},
		func(ctx context.Context, in *namedSpan) (SourceSeries, error) {
			return a.svc.SourceSeries(ctx, in.Name, in.Range)
		})
}
