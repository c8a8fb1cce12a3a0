package console

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/internal/access"
	"muster/internal/server/adminapi"
)

// spans are how far back plots may look.
var spans = []tab{{"1h", "1 hour"}, {"24h", "24 hours"}, {"7d", "7 days"}, {"30d", "30 days"}}

func (c *console) measureRoutes() {
	c.mux.HandleFunc("GET "+Root+"targets/{name}/series.csv", c.callsFile)
	c.mux.HandleFunc("GET "+Root+"sources/{name}/series.csv", c.countsFile)
}

// spanOf returns the span that the address asks for, "" = none that there is.
func spanOf(v *visit) string {
	if asked := v.query("range"); slices.ContainsFunc(spans, func(t tab) bool { return t.name == asked }) {
		return asked
	}
	return ""
}

// young reports whether all that is known is of the last hour: then a day would show next to nothing.
func young(v *visit, first time.Time) bool { return v.now.Sub(first) < time.Hour }

// calls returns how a target answered: in the span that is asked for, or else in a day, or in an hour if that is all there is.
func (c *console) calls(v *visit, name string) (adminapi.TargetSeries, error) {
	if asked := spanOf(v); asked != "" {
		return c.Service.TargetSeries(v.ctx(), name, asked)
	}
	s, err := c.Service.TargetSeries(v.ctx(), name, "24h")
	if err == nil && len(s.Points) > 0 && young(v, s.Points[0].At) {
		return c.Service.TargetSeries(v.ctx(), name, "1h")
	}
	return s, err
}

// counted returns what reads of a source saw, in a span that is chosen likewise.
func (c *console) counted(v *visit, name string) (adminapi.SourceSeries, error) {
	if asked := spanOf(v); asked != "" {
		return c.Service.SourceSeries(v.ctx(), name, asked)
	}
	s, err := c.Service.SourceSeries(v.ctx(), name, "24h")
	var first []time.Time
	for _, b := range s.Bases {
		for _, p := range b.Points[:min(1, len(b.Points))] {
			first = append(first, p.At)
		}
	}
	if err == nil && len(first) > 0 && young(v, slices.MinFunc(first, time.Time.Compare)) {
		return c.Service.SourceSeries(v.ctx(), name, "1h")
	}
	return s, err
}

// sparks returns how every target answered, for small pictures.
func (c *console) sparks(v *visit) (map[string]adminapi.TargetSeries, error) {
	all, err := c.Service.AllTargets(v.ctx(), "24h")
	if err == nil && !slices.ContainsFunc(all, func(s adminapi.TargetSeries) bool { return len(s.Points) > 0 && !young(v, s.Points[0].At) }) {
		all, err = c.Service.AllTargets(v.ctx(), "1h")
	}
	out := make(map[string]adminapi.TargetSeries, len(all))
	for _, s := range all {
		out[s.Name] = s
	}
	return out, err
}

// callCharts draws how a target answered: how fast, with which failures, and how much of its rate was used.
func callCharts(s adminapi.TargetSeries) []chart {
	file := Root + "targets/" + s.Name + "/series.csv?range=" + s.Range
	base := chart{from: s.From, to: s.To, at: steps(s.Span), csv: file}
	when := func(p adminapi.CallPoint) time.Time { return p.At }
	pick := func(of func(adminapi.CallPoint) float64) []float64 { return fill(base.at, s.Points, when, of) }
	fast := base
	fast.title, fast.unit = s.Latency(), "ms"
	fast.lines = []line{
		{name: "half within", n: pick(func(p adminapi.CallPoint) float64 { return p.P50 })},
		{name: "95 in 100 within", n: pick(func(p adminapi.CallPoint) float64 { return p.P95 }), dash: dashes[1], tone: busy},
	}
	fast.head = []string{"When", "calls", "half within", "95 in 100 within", "longest"}
	failing := base
	failing.title, failing.unit = s.Failures(), "calls"
	failing.head = []string{"When", "calls", "throttled", "refused", "error there", "no answer"}
	for i, x := range []struct {
		name string
		n    int
		of   func(adminapi.CallPoint) float64
		tone tone
	}{
		{"throttled", s.Total.Throttled, func(p adminapi.CallPoint) float64 { return float64(p.Throttled) }, warn},
		{"refused", s.Total.Refused, func(p adminapi.CallPoint) float64 { return float64(p.Refused) }, bad},
		{"error there", s.Total.Broken, func(p adminapi.CallPoint) float64 { return float64(p.Broken) }, busy},
		{"no answer", s.Total.Unreachable, func(p adminapi.CallPoint) float64 { return float64(p.Unreachable) }, quiet},
	} {
		if x.n > 0 {
			failing.lines = append(failing.lines, line{x.name, pick(x.of), dashes[i], x.tone})
		}
	}
	if s.Total.Failed == 0 {
		failing.lines = []line{{name: "failed", n: pick(func(p adminapi.CallPoint) float64 { return float64(p.Failed) })}}
	}
	for _, p := range s.Points {
		fast.rows = append(fast.rows, []string{stamp(p.At), number(p.Calls.Calls), adminapi.Millis(p.P50), adminapi.Millis(p.P95), adminapi.Millis(p.Most)})
		failing.rows = append(failing.rows, []string{stamp(p.At), number(p.Calls.Calls), number(p.Throttled), number(p.Refused), number(p.Broken), number(p.Unreachable)})
	}
	out := []chart{fast, failing}
	if len(s.Classes) > 0 {
		out = append(out, rateChart(base, s))
	}
	return out
}

// rateChart draws the class that came nearest to its rate.
func rateChart(c chart, s adminapi.TargetSeries) chart {
	k := s.Classes[0]
	c.title, c.unit = k.Use(), "calls in the busiest minute"
	c.lines = []line{{name: "calls in the busiest minute", n: fill(c.at, k.Points, func(p adminapi.UsePoint) time.Time { return p.At }, func(p adminapi.UsePoint) float64 { return float64(p.Peak) })}}
	if k.Budget > 0 {
		c.limit, c.limited = float64(k.Budget), fmt.Sprintf("what the rate allows: %s in a minute", number(k.Budget))
	}
	c.note = fmt.Sprintf("A call waited %s for its rate on average, %s at most.", adminapi.Millis(s.Total.Waited), adminapi.Millis(s.Total.WaitedMost))
	if s.Total.PutOff > 0 {
		c.note += fmt.Sprintf(" %s put off, as the wait would have been too long.", count(s.Total.PutOff, "call was", "calls were"))
	}
	c.head = []string{"When", "calls", "in the busiest minute", "allowed in a minute"}
	for _, p := range k.Points {
		c.rows = append(c.rows, []string{stamp(p.At), number(p.Used), number(p.Peak), orDash(allowed(p.Budget))})
	}
	return c
}

func allowed(n int) string {
	if n == 0 {
		return ""
	}
	return number(n)
}

// countCharts draws what reads saw of each base, and where they would not have been believed.
func countCharts(s adminapi.SourceSeries) []chart {
	var out []chart
	for _, b := range s.Bases {
		c := chart{title: b.Finding(s.Span), unit: b.Kind, from: s.From, to: s.To, whole: true, csv: Root + "sources/" + s.Name + "/series.csv?range=" + s.Range}
		c.head = []string{"When", "seen", "fewest", "known", "not believed below", "reads", "not believed"}
		seen := line{name: "seen by the newest read of a step"}
		doubted := line{name: "fewest seen in a step with a read that was not believed", dash: dashes[2], tone: bad} // dots
		gap := time.Duration(max(s.Step, 2*s.Every)+s.Step) * time.Second
		tripped := 0
		for i, p := range b.Points {
			if i > 0 && p.At.Sub(b.Points[i-1].At) > gap {
				c.at, c.floor = append(c.at, b.Points[i-1].At.Add(time.Duration(s.Step)*time.Second)), append(c.floor, nan)
				seen.n, doubted.n = append(seen.n, nan), append(doubted.n, nan)
			}
			c.at, c.floor = append(c.at, p.At), append(c.floor, float64(p.Floor))
			seen.n, doubted.n = append(seen.n, float64(p.Seen)), append(doubted.n, nan)
			if p.Tripped > 0 {
				doubted.n[len(doubted.n)-1] = float64(p.Least)
			}
			tripped += p.Tripped
			c.rows = append(c.rows, []string{stamp(p.At), number(p.Seen), number(p.Least), number(p.Known), number(p.Floor), number(p.Reads), number(p.Tripped)})
		}
		if c.lines = []line{seen}; tripped > 0 {
			c.lines = append(c.lines, doubted)
		}
		if len(b.Points) == 0 {
			c.lines = nil
		}
		out = append(out, c)
	}
	return out
}

// sparkBars draws calls by time, those that failed on top, on a scale on which few are seen too. A step without calls has no bar.
func sparkBars(s adminapi.TargetSeries) []bar {
	at := steps(s.Span)
	width := 200 / float64(max(len(at), 1))
	most := 1.0
	for _, p := range s.Points {
		most = max(most, logOf(p.Calls.Calls))
	}
	var out []bar
	for _, p := range s.Points {
		i := slices.IndexFunc(at, p.At.Equal)
		if i < 0 || p.Calls.Calls == 0 {
			continue
		}
		h := 2 + 21*logOf(p.Calls.Calls)/most
		b := bar{x: num(float64(i) * width), width: num(width * 0.8), tone: good, title: fmt.Sprintf("%s: %s, %s failed", stamp(p.At), count(p.Calls.Calls, "call", "calls"), number(p.Failed))}
		failed := h * float64(p.Failed) / float64(p.Calls.Calls)
		if p.Failed > 0 {
			failed = max(failed, 4)
			b.tone, b.y, b.height = bad, num(24-h), num(failed)
			out = append(out, b)
			b.tone = good
		}
		if h > failed {
			b.y, b.height = num(24-h+failed), num(h-failed)
			out = append(out, b)
		}
	}
	return out
}

// sparkWords says a small picture in words.
func sparkWords(s adminapi.TargetSeries) string {
	if s.Range == "" {
		return "no call yet"
	}
	if s.Total.Calls == 0 {
		return "no call in " + s.Words()
	}
	return fmt.Sprintf("%s in %s, %s failed", count(s.Total.Calls, "call", "calls"), s.Words(), number(s.Total.Failed))
}

func (c *console) callsFile(w http.ResponseWriter, r *http.Request) {
	v, ok := c.visit(w, r, access.View)
	if !ok {
		return
	}
	s, err := c.calls(v, r.PathValue("name"))
	if err != nil {
		c.fail(w, v, err)
		return
	}
	rows := [][]string{{"at", "calls", "failed", "throttled", "refused", "error_there", "no_answer", "put_off", "p50_ms", "p95_ms", "most_ms", "waited_ms", "waited_most_ms"}}
	for _, p := range s.Points {
		row := []string{p.At.Format(time.RFC3339)}
		for _, n := range []int{p.Calls.Calls, p.Failed, p.Throttled, p.Refused, p.Broken, p.Unreachable, p.PutOff} {
			row = append(row, strconv.Itoa(n))
		}
		for _, f := range []float64{p.P50, p.P95, p.Most, p.Waited, p.WaitedMost} {
			row = append(row, strconv.FormatFloat(f, 'f', -1, 64))
		}
		rows = append(rows, row)
	}
	writeCSV(w, s.Name+"-"+s.Range, rows)
}

func (c *console) countsFile(w http.ResponseWriter, r *http.Request) {
	v, ok := c.visit(w, r, access.View)
	if !ok {
		return
	}
	s, err := c.counted(v, r.PathValue("name"))
	if err != nil {
		c.fail(w, v, err)
		return
	}
	rows := [][]string{{"at", "base", "kind", "seen", "fewest", "known", "floor", "reads", "not_believed"}}
	for _, b := range s.Bases {
		for _, p := range b.Points {
			row := []string{p.At.Format(time.RFC3339), b.Base, b.Kind}
			for _, n := range []int{p.Seen, p.Least, p.Known, p.Floor, p.Reads, p.Tripped} {
				row = append(row, strconv.Itoa(n))
			}
			rows = append(rows, row)
		}
	}
	writeCSV(w, s.Name+"-"+s.Range, rows)
}

func writeCSV(w http.ResponseWriter, name string, rows [][]string) {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+strings.ReplaceAll(name, `"`, "")+`.csv"`)
	_ = csv.NewWriter(w).WriteAll(rows) // whoever does not take it does not get it
}
