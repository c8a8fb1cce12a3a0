package console

import (
	"encoding/json"
	"math"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/adminapitest"
)

// U28: what is drawn is what was measured: a gap breaks the line, what stands alone is a dot, nothing known is not zero.
func TestChart(t *testing.T) {
	at := adminapitest.Now
	c := chart{from: at, to: at.Add(4 * time.Minute), limit: 200}
	for i := range 5 {
		c.at = append(c.at, at.Add(time.Duration(i)*time.Minute))
	}
	c.lines = []line{{name: "calls", n: []float64{100, 200, nan, 50, nan}}}
	if got, want := c.path(c.lines[0].n), "M0 62.67h.1L150 9.333M450 89.33h.1"; got != want {
		t.Errorf("path %s, want %s", got, want)
	}
	c.floor = []float64{90, 90, nan, 40, nan}
	if got := c.band(); strings.Count(got, "M") != 3 || !strings.HasPrefix(got, "M0 120V68H150V120Z") {
		t.Errorf("band %s", got)
	}
	var drawn struct {
		Lines []struct{ N []*float64 }
		Floor []*float64
	}
	if err := json.Unmarshal([]byte(c.data()), &drawn); err != nil {
		t.Fatal(err)
	}
	for i, n := range drawn.Lines[0].N {
		if (n == nil) != math.IsNaN(c.lines[0].n[i]) || n != nil && *n != c.lines[0].n[i] {
			t.Errorf("value %d is drawn as %v", i, n)
		}
	}
	for name, n := range map[string][]float64{"nothing": {nan}, "none": {}, "zero": {0}, "huge": {1e12}} {
		x := chart{from: at, to: at, at: c.at[:len(n)], lines: []line{{n: n}}}
		low, high := x.bounds()
		if x.empty() != (name == "nothing" || name == "none") || !(low < high) || strings.Contains(x.path(n)+x.data(), "NaN") {
			t.Errorf("%s: %v … %v, %s", name, low, high, x.data())
		}
	}
}

// Plots of reads have a gap where more than two reads are missing, and the floor of each read.
func TestCountCharts(t *testing.T) {
	s := adminapi.SourceSeries{Name: "corp", Span: adminapi.Span{Range: "24h", From: hourOf(0), To: hourOf(4), Step: 600}, Every: 300}
	point := func(at time.Time, seen int) adminapi.CountPoint {
		return adminapi.CountPoint{At: at, Seen: seen, Least: seen, Known: 40, Floor: 36, Reads: 2}
	}
	s.Bases = []adminapi.BaseSeries{
		{Base: "staff", Kind: "people", Points: []adminapi.CountPoint{point(hourOf(0), 40), point(hourOf(0).Add(20*time.Minute), 40), point(hourOf(2), 39)}},
		{Base: "teams", Kind: "groups"},
	}
	s.Bases[0].Points[2].Tripped, s.Bases[0].Points[2].Least = 1, 12
	got := countCharts(s)
	if len(got) != 2 || len(got[0].at) != 4 || !math.IsNaN(got[0].lines[0].n[2]) || !math.IsNaN(got[0].floor[2]) || got[0].lines[1].n[3] != 12 || !math.IsNaN(got[0].lines[1].n[0]) {
		t.Errorf("%+v", got)
	}
	if want := "staff: 39 people, 1 fewer than at the beginning; 1 read not believed"; got[0].title != want {
		t.Errorf("title %q, want %q", got[0].title, want)
	}
	if !got[1].empty() || got[1].title != "No complete read of teams in the last 24 hours" {
		t.Errorf("a base that was never read whole: %+v", got[1])
	}
}

func hourOf(n int) time.Time { return adminapitest.Now.Add(time.Duration(n-4) * time.Hour) }

// A small picture shows failures where there were any, and no bar where there was no call.
func TestSparkBars(t *testing.T) {
	s := adminapi.TargetSeries{Name: "wiki", Span: adminapi.Span{Range: "24h", From: hourOf(0), To: hourOf(4), Step: 3600}, Points: []adminapi.CallPoint{
		{At: hourOf(0), Calls: adminapi.Calls{Calls: 1000}}, {At: hourOf(2), Calls: adminapi.Calls{Calls: 1000, Failed: 1}}, {At: hourOf(3), Calls: adminapi.Calls{Calls: 2, Failed: 2}},
	}}
	var got []string
	for _, b := range sparkBars(s) {
		got = append(got, b.x+" "+b.height+" "+string(b.tone))
	}
	if want := "0 23 good, 80 4 bad, 80 19 good, 120 5.339 bad"; strings.Join(got, ", ") != want {
		t.Errorf("bars %s, want %s", strings.Join(got, ", "), want)
	}
}

// What is drawn can be had as a file.
func TestCSV(t *testing.T) {
	w := httptest.NewRecorder()
	writeCSV(w, `wi"ki-24h`, [][]string{{"at", "calls"}, {"2026-03-02T09:00:00Z", "3"}})
	if got := w.Body.String(); got != "at,calls\n2026-03-02T09:00:00Z,3\n" || w.Header().Get("Content-Disposition") != `attachment; filename="wiki-24h.csv"` {
		t.Errorf("%q, %v", got, w.Header())
	}
}
