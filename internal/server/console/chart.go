package console

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// A chart is values over time, drawn in a box of 600 by 120. The script draws it anew with axes; without it the drawing of the server stands.
type chart struct {
	title    string // what it shows, as a finding
	unit     string
	from, to time.Time
	at       []time.Time
	lines    []line
	floor    []float64 // a read below it is not believed; nil = there is none
	limit    float64   // what a rate allows, 0 = not known
	limited  string    // what limit is
	whole    bool      // values are counts of what changes little: the axis need not begin at 0
	note     string
	csv      string // where the values can be had as a file
	head     []string
	rows     [][]string // as a table
}

// A line is one of the values over time. NaN is a gap: nothing is known.
type line struct {
	name string
	n    []float64
	dash string // "" = drawn through; what tells lines apart besides their colour
	tone tone
}

// Dashes by which lines are told apart.
var dashes = []string{"", "8 4", "2 4", "8 4 2 4"}

// values returns all that is drawn, to find the bounds.
func (c chart) values() []float64 {
	var out []float64
	for _, l := range c.lines {
		out = append(out, l.n...)
	}
	out = append(out, c.floor...)
	if c.limit > 0 {
		out = append(out, c.limit)
	}
	return slices.DeleteFunc(out, math.IsNaN)
}

func (c chart) empty() bool { return len(c.values()) == 0 }

// bounds returns the least and the most that are drawn.
func (c chart) bounds() (low, high float64) {
	all := c.values()
	if len(all) == 0 {
		return 0, 1
	}
	least, most := slices.Min(all), slices.Max(all)
	if !c.whole && least >= 0 {
		return 0, max(most*1.05, 1)
	}
	margin := max((most-least)*0.15, most*0.02, 1)
	if least >= 0 {
		return max(0, least-margin), most + margin
	}
	return least - margin, most + margin
}

func (c chart) x(t time.Time) float64 {
	return 600 * float64(t.Sub(c.from)) / float64(max(c.to.Sub(c.from), 1))
}

func (c chart) y(n float64) float64 {
	low, high := c.bounds()
	return 116 - 112*(n-low)/(high-low)
}

// path draws values; a gap breaks the line, and what stands alone is a dot.
func (c chart) path(n []float64) string {
	var out strings.Builder
	for i, v := range n {
		if math.IsNaN(v) {
			continue
		}
		x, y := num(c.x(c.at[i])), num(c.y(v))
		if i > 0 && !math.IsNaN(n[i-1]) {
			fmt.Fprintf(&out, "L%s %s", x, y)
		} else {
			fmt.Fprintf(&out, "M%s %sh.1", x, y)
		}
	}
	return out.String()
}

// band draws what is below the floor, stretch by stretch.
func (c chart) band() string {
	var out strings.Builder
	for i, v := range c.floor {
		if math.IsNaN(v) {
			continue
		}
		x, end := c.x(c.at[i]), c.to
		if i+1 < len(c.at) {
			end = c.at[i+1]
		}
		fmt.Fprintf(&out, "M%s 120V%sH%sV120Z", num(x), num(c.y(v)), num(c.x(end)))
	}
	return out.String()
}

func (c chart) limitPath() string { return fmt.Sprintf("M0 %sH600", num(c.y(c.limit))) }

// words says the chart to somebody who does not see it.
func (c chart) words() string {
	all := c.values()
	if len(all) == 0 {
		return c.title
	}
	least, most := figureText(slices.Min(all)), figureText(slices.Max(all))
	if least == most {
		return fmt.Sprintf("%s. %s %s.", c.title, most, c.unit)
	}
	return fmt.Sprintf("%s. From %s to %s %s.", c.title, least, most, c.unit)
}

// figureText writes a value as short as it can be read.
func figureText(v float64) string {
	if v == math.Trunc(v) || v >= 100 {
		return number(int(math.Round(v)))
	}
	return fmt.Sprintf("%.2g", v)
}

// data is the chart as the script draws it; gaps are null.
func (c chart) data() string {
	if len(c.at) == 0 || c.empty() {
		return ""
	}
	type drawn struct {
		Name string `json:"name"`
		N    []any  `json:"n"`
		Dash string `json:"dash,omitempty"`
		Tone tone   `json:"tone,omitempty"`
	}
	x := struct {
		From  int64   `json:"from"`
		To    int64   `json:"to"`
		At    []int64 `json:"at"`
		Lines []drawn `json:"lines"`
		Floor []any   `json:"floor,omitempty"`
		Limit float64 `json:"limit,omitempty"`
		Low   float64 `json:"low"`
		High  float64 `json:"high"`
	}{From: c.from.Unix(), To: c.to.Unix(), Limit: c.limit, Floor: nulls(c.floor)}
	x.Low, x.High = c.bounds()
	for _, t := range c.at {
		x.At = append(x.At, t.Unix())
	}
	for _, l := range c.lines {
		x.Lines = append(x.Lines, drawn{l.name, nulls(l.n), l.dash, l.tone})
	}
	text, _ := json.Marshal(x) // numbers always marshal
	return string(text)
}

func nulls(n []float64) []any {
	var out []any
	for _, v := range n {
		if math.IsNaN(v) {
			out = append(out, nil)
		} else {
			out = append(out, v)
		}
	}
	return out
}

// steps returns every step of a span, whether or not anything is known of it.
func steps(s adminapi.Span) []time.Time {
	var out []time.Time
	for t := s.From; !t.After(s.To) && s.Step > 0; t = t.Add(time.Duration(s.Step) * time.Second) {
		out = append(out, t)
	}
	return out
}

// fill returns values for every step, NaN where there is none.
func fill[T any](at []time.Time, points []T, when func(T) time.Time, value func(T) float64) []float64 {
	have := make(map[int64]float64, len(points))
	for _, p := range points {
		have[when(p).Unix()] = value(p)
	}
	out := make([]float64, len(at))
	for i, t := range at {
		out[i] = math.NaN()
		if v, ok := have[t.Unix()]; ok {
			out[i] = v
		}
	}
	return out
}

// compared draws how many accounts full comparisons found.
func compared(name string, runs []run.Run) chart {
	c := chart{unit: "accounts", whole: true, title: "No full comparison with " + name + " yet", head: []string{"When", "accounts"}}
	l := line{name: "accounts"}
	for _, r := range slices.Backward(runs) {
		if n, ok := r.Counts["listed_users"]; ok && !r.Ended.IsZero() {
			c.at, l.n = append(c.at, r.Started), append(l.n, float64(n))
			c.rows = append(c.rows, []string{stamp(r.Started), number(n)})
		}
	}
	if n := len(l.n); n > 0 {
		c.from, c.to, c.lines = c.at[0], c.at[n-1].Add(time.Second), []line{l}
		c.title = fmt.Sprintf("The last comparison found %s at %s, the one %s before %s", count(int(l.n[n-1]), "account", "accounts"), name, count(n-1, "run", "runs"), number(int(l.n[0])))
		if n == 1 {
			c.title = fmt.Sprintf("The only comparison found %s at %s", count(int(l.n[0]), "account", "accounts"), name)
		}
	}
	return c
}
