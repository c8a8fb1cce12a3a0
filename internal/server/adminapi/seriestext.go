package adminapi

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// What was measured, in words: the titles of plots and the lines of the command line.

// Words says a span: "the last 24 hours".
func (s Span) Words() string {
	switch s.Range {
	case "1h":
		return "the last hour"
	case "24h":
		return "the last 24 hours"
	case "7d":
		return "the last 7 days"
	case "30d":
		return "the last 30 days"
	}
	return "the last " + s.Range
}

// Latency says how fast a target answered.
func (t TargetSeries) Latency() string {
	switch n := t.Total.Calls; {
	case n == 0:
		return fmt.Sprintf("No call to %s in %s", t.Name, t.Words())
	case n == 1:
		return fmt.Sprintf("%s answered its only call in %s", t.Name, Millis(t.Total.Most))
	}
	return fmt.Sprintf("%s answered half of its calls within %s and 95 in 100 within %s", t.Name, Millis(t.Total.P50), Millis(t.Total.P95))
}

// Failures says how many calls failed, and how.
func (t TargetSeries) Failures() string {
	c := t.Total
	switch {
	case c.Calls == 0:
		return fmt.Sprintf("No call to %s in %s", t.Name, t.Words())
	case c.Failed == 0 && c.Calls == 1:
		return "The only call succeeded"
	case c.Failed == 0:
		return fmt.Sprintf("None of %s calls failed", Grouped(c.Calls))
	}
	var how []string
	for _, x := range []struct {
		n    int
		what string
	}{{c.Throttled, "throttled"}, {c.Refused, "refused"}, {c.Broken, "met an error there"}, {c.Unreachable, "got no answer"}} {
		if x.n > 0 {
			how = append(how, Grouped(x.n)+" "+x.what)
		}
	}
	return fmt.Sprintf("%s of %s failed: %s", Grouped(c.Failed), Counted(c.Calls, "call"), strings.Join(how, ", "))
}

// Use says how much of a rate was used.
func (c ClassSeries) Use() string {
	if c.Budget == 0 {
		return fmt.Sprintf("At most %s in a minute: no rate is known for %s", Counted(c.Peak, "call"), c.Class)
	}
	return fmt.Sprintf("At most %d %% of the rate for %s was used: %s of %s in a minute", c.Share(), c.Class, Grouped(c.Peak), Grouped(c.Budget))
}

// Share is how many percent of a rate were used in the busiest minute, at most.
func (c ClassSeries) Share() int {
	budget := max(c.Budget, 1)
	return (c.Peak*100 + budget - 1) / budget
}

// Finding says what reads saw of a base.
func (b BaseSeries) Finding(span Span) string {
	if len(b.Points) == 0 {
		return fmt.Sprintf("No complete read of %s in %s", b.Base, span.Words())
	}
	first, last, tripped := b.Points[0], b.Points[len(b.Points)-1], 0
	for _, p := range b.Points {
		tripped += p.Tripped
	}
	text := fmt.Sprintf("%s: %s %s", b.Base, Grouped(last.Seen), b.Kind)
	switch by := last.Seen - first.Seen; {
	case by > 0:
		text += fmt.Sprintf(", %s more than at the beginning", Grouped(by))
	case by < 0:
		text += fmt.Sprintf(", %s fewer than at the beginning", Grouped(-by))
	case len(b.Points) > 1:
		text += ", as many as at the beginning"
	}
	if tripped > 0 {
		return text + fmt.Sprintf("; %s not believed", Counted(tripped, "read"))
	}
	return text
}

// Counted says how many of what: "1 call", "4,112 calls".
func Counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return Grouped(n) + " " + what
}

// Grouped writes a number with its thousands apart.
func Grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Millis says a length of time that is given in milliseconds.
func Millis(ms float64) string {
	switch d := time.Duration(ms * float64(time.Millisecond)); {
	case d == 0:
		return "0 ms"
	case d < 10*time.Millisecond:
		return strconv.FormatFloat(ms, 'g', 2, 64) + " ms"
	case d < time.Second:
		return strconv.Itoa(int(d.Round(time.Millisecond)/time.Millisecond)) + " ms"
	case d < time.Minute:
		return strconv.FormatFloat(d.Round(100*time.Millisecond).Seconds(), 'f', -1, 64) + " s"
	default:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
}
