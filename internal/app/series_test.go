package app

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/directory"
	"muster/internal/httpclient"
	"muster/internal/series"
	"muster/internal/server/adminapi"
)

// A span has whole steps up to now, however odd now is.
func TestSpan(t *testing.T) {
	m := &Muster{now: func() time.Time { return time.Date(2026, 3, 2, 9, 13, 14, 15, time.UTC) }}
	for _, c := range []struct {
		name   string
		coarse bool
		from   string
		step   int
		kept   time.Duration
	}{
		{"1h", false, "2026-03-02T08:14:00Z", 60, series.Minute},
		{"24h", false, "2026-03-01T09:20:00Z", 600, series.Minute},
		{"24h", true, "2026-03-01T10:00:00Z", 3600, series.Hour},
		{"7d", false, "2026-02-23T10:00:00Z", 3600, series.Hour},
		{"30d", true, "2026-02-01T00:00:00Z", 86400, series.Hour},
	} {
		q, told, err := m.query("wiki", c.name, c.coarse)
		if err != nil || told.From.Format(time.RFC3339) != c.from || !q.Since.Equal(told.From) || told.Step != c.step || q.Kept != c.kept || !told.To.Equal(m.now()) {
			t.Errorf("%s, coarse %t: %+v, %+v, %v", c.name, c.coarse, told, q, err)
		}
	}
	if _, _, err := m.query("wiki", "5m", false); err == nil {
		t.Error("there is a range 5m")
	}
}

// A call counts once for the target and in each of its classes for the rates; the class nearest to its rate comes first.
func TestCallsAreCounted(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 13, 14, 0, time.UTC)
	m := &Muster{now: func() time.Time { return now }}
	count := m.countCalls("wiki", httpclient.Pace{Classes: []httpclient.Class{{Name: "creations", Rate: httpclient.Rate{PerSecond: 0.1}}, {Name: "writes", Rate: httpclient.Rate{PerSecond: 10}}}})
	for _, c := range []httpclient.Call{
		{Method: "POST", Classes: []string{"creations", "writes"}, Status: 201, Took: 20 * time.Millisecond},
		{Method: "POST", Classes: []string{"creations", "writes"}, Status: 409, Took: 40 * time.Millisecond},
		{Method: "POST", Classes: []string{"creations", "writes"}, Status: 429, Throttled: true, Waited: 2 * time.Second},
		{Method: "POST", Classes: []string{"creations", "writes"}, PutOff: true},
		{Method: "GET", Classes: []string{"read"}, Status: 404},
		{Method: "PATCH", Classes: []string{"writes"}, Status: 404},
		{Method: "GET", Classes: []string{"read"}, Status: 502},
		{Method: "GET", Classes: []string{"read"}, Broken: true},
		{Method: "GET", Classes: []string{"read"}, Status: 200, Broken: true},
		{Method: "GET", Classes: []string{"read"}, Status: 302},
	} {
		c.At = now
		count(c)
	}
	got := seriesOf("wiki", adminapi.Span{Range: "1h"}, held(t, &m.meter))
	want := adminapi.Calls{Calls: 9, Failed: 7, Throttled: 1, Refused: 3, Broken: 1, Unreachable: 2, PutOff: 1, P50: 1, P95: 40, Most: 40, Waited: 222.222, WaitedMost: 2000}
	if diff := cmp.Diff(want, got.Total); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if len(got.Points) != 1 || got.Points[0].Calls != want {
		t.Errorf("points: %+v", got.Points)
	}
	var classes []string
	for _, c := range got.Classes {
		classes = append(classes, c.Use())
	}
	if diff := cmp.Diff([]string{
		"At most 50 % of the rate for creations was used: 3 of 6 in a minute", "At most 1 % of the rate for writes was used: 4 of 600 in a minute",
		"At most 5 calls in a minute: no rate is known for read",
	}, classes); diff != "" {
		t.Errorf("classes (-want +got):\n%s", diff)
	}
	if text := got.Failures(); text != "7 of 9 calls failed: 1 throttled, 3 refused, 1 met an error there, 2 got no answer" {
		t.Error(text)
	}
}

// held returns what a meter holds of the calls to the wiki, with nothing stored.
func held(t *testing.T, m *series.Meter) []series.Calls {
	t.Helper()
	out, err := m.Calls(t.Context(), nothingStored{}, series.Query{Of: "wiki", Step: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// nothingStored is a store in which nothing was written yet.
type nothingStored struct{ directory.Reader }

func (nothingStored) SeriesReader() series.Reader { return noSeries{} }

type noSeries struct{ series.Reader }

func (noSeries) Calls(context.Context, series.Query) ([]series.Calls, error) { return nil, nil }
