package console

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"muster/internal/attr"
	"muster/internal/plan"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// A tone is what a colour means. Each has a mark of its own too: nothing is told by colour alone.
type tone string

const (
	good  tone = "good"
	busy  tone = "busy"
	warn  tone = "warn"
	bad   tone = "bad"
	quiet tone = "quiet"
)

// toneOf returns the tone of a state of a target, an account, a person, a run, a plan or a step.
func toneOf(state string) tone {
	switch state {
	case "in step", "done", "active", "linked", "pass", "approved", "live", "closed":
		return good
	case "working", "running", "retrying", "pilot", "closing", "open", "lost":
		return busy
	case "draft", "held", "waiting", "paused", "wait", "incomplete", "suspicious", "missing", "observe":
		return warn
	case "stopped", "failed", "fail":
		return bad
	}
	return quiet
}

// leaverTone returns the tone of an open leaver: what nobody else will do stands out.
func leaverTone(state string) tone {
	switch state {
	case "held", "stopped", "paused", "lost":
		return bad
	case "missing":
		return quiet
	}
	return busy
}

// verbTone gives what a line does the colour that it has everywhere.
func verbTone(act string) tone {
	act = strings.TrimPrefix(act, "group ")
	switch {
	case strings.HasPrefix(act, "skip"):
		return quiet
	case act == "create", act == "enable", act == "add members":
		return good
	case act == "disable", act == "delete", act == "remove members":
		return bad
	}
	return busy
}

func number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// count says how many of what: "1 person", "1,204 people".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

const year = 365 * 24 * time.Hour

// short says a length of time in one unit.
func short(d time.Duration) string {
	d = d.Abs()
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Round(time.Second)/time.Second))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d/time.Minute))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d/time.Hour))
	}
	if d < 2*year {
		return fmt.Sprintf("%d days", int(d/(24*time.Hour)))
	}
	return fmt.Sprintf("%d years", int(d/year))
}

// ago says how far a time is from now.
func ago(now, t time.Time) string {
	d := now.Sub(t)
	switch {
	case t.IsZero():
		return "never"
	case d.Abs() < 2*time.Second:
		return "just now"
	case d < 0:
		return "in " + short(d)
	}
	return short(d) + " ago"
}

// lastingText says how long it has been since a time.
func lastingText(now, t time.Time) string {
	if d := now.Sub(t); d >= time.Minute {
		return short(d)
	}
	return "less than a minute"
}

// age says how long ago something was, at least a minute.
func age(now, t time.Time) string { return short(max(now.Sub(t), time.Minute)) }

func took(r run.Run) string {
	if r.Ended.IsZero() {
		return ""
	}
	d := r.Ended.Sub(r.Started)
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return short(d)
}

func stamp(t time.Time) string { return t.UTC().Format("2 Jan 15:04:05 UTC") }

func title(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// fileAt says in which file and line something stands, without the folder.
func fileAt(at string) string { return at[strings.LastIndexByte(at, '/')+1:] }

// sentence is a text that a source or target may begin: their names stay as they are.
func (v *visit) sentence(s string, names ...string) string {
	for _, x := range v.status.Sources {
		names = append(names, x.Name)
	}
	for _, x := range v.status.Targets {
		names = append(names, x.Name)
	}
	return sentence(s, names...)
}

// sentence begins s with a capital, unless with one of the names given or what cannot be a word, and ends it with a full stop.
func sentence(s string, names ...string) string {
	s = strings.TrimSpace(s)
	if first, _, _ := strings.Cut(s, " "); first == strings.ToLower(first) && !slices.Contains(names, strings.TrimRight(first, ".,:;")) && !strings.ContainsAny(strings.TrimRight(first, ".,:;"), "._@=0123456789") {
		s = title(s)
	}
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?") {
		return s
	}
	return s + "."
}

func values(v attr.Values) string {
	if len(v) == 0 {
		return "—"
	}
	return strings.Join(v, ", ")
}

// A tally is a name with a number.
type tally struct {
	name string
	n    int
}

// tallies returns counts with the largest first.
func tallies(m map[string]int) []tally {
	var out []tally
	for name, n := range m {
		if n != 0 {
			out = append(out, tally{name, n})
		}
	}
	slices.SortFunc(out, func(a, b tally) int { return cmp.Or(b.n-a.n, cmp.Compare(a.name, b.name)) })
	return out
}

func sorted[V any](m map[attr.Path]V) []attr.Path { return slices.Sorted(maps.Keys(m)) }

func planTitle(p run.Plan) string { return adminapi.PlanTitle(p) }

// classes are the limits in words.
var classes = map[string]string{
	"stated": "Closed: the source says so", "left": "Closed: left the scope", "missing": "Closed: missing at the source", "memberships": "Memberships removed",
	"groups": "Groups deleted", "names": "Usernames and emails changed", "creates": "Created", "ask": "Needs your answer",
}

func className(class string) string { return cmp.Or(classes[class], title(class)) }

func lineAct(l plan.Line) string { return run.Act(l) }

// rolesOf names the roles of a visitor.
func rolesOf(v *visit) string {
	var out []string
	for _, r := range v.caller.Roles {
		out = append(out, string(r))
	}
	return strings.Join(out, ", ")
}

// countsText says the largest counts of a run in a few words.
func countsText(m map[string]int) string {
	var out []string
	for i, t := range tallies(m) {
		if i == 4 {
			out = append(out, "…")
			break
		}
		out = append(out, number(t.n)+" "+countName(t.name))
	}
	if len(out) == 0 {
		return "nothing to do"
	}
	return strings.Join(out, " · ")
}

// runCounts says what a run that has ended counted. One that was cut short and counted nothing has not found that there is nothing to do.
func runCounts(r run.Run) string {
	if r.Outcome != run.Done && len(tallies(r.Counts)) == 0 {
		return "—"
	}
	return countsText(r.Counts)
}

func pausedNames(s adminapi.Status) string {
	var out []string
	for _, t := range s.Targets {
		if t.Paused != nil {
			out = append(out, t.Name)
		}
	}
	return strings.Join(out, ", ")
}

func failureTitle(p *adminapi.Problem) string {
	switch {
	case p.Status == http.StatusNotFound:
		return "Not here"
	case p.Status == http.StatusForbidden:
		return "Not allowed"
	case p.Status >= http.StatusInternalServerError:
		return "This page cannot be shown"
	}
	return "This did not work"
}

// themed sets the theme that was chosen before, so that pages come in it at once; without one, the system's counts.
func themed(r *http.Request) templ.Attributes {
	if t := preference(r, "muster-theme", "light", "dark"); t != "" {
		return templ.Attributes{"data-theme": t}
	}
	return nil
}

// timeMode returns how times are shown: "utc", or "" for local.
func timeMode(r *http.Request) string { return preference(r, "muster-time", "utc") }

func preference(r *http.Request, name string, allowed ...string) string {
	if c, err := r.Cookie(name); err == nil && slices.Contains(allowed, c.Value) {
		return c.Value
	}
	return ""
}

// who names who did something, as people know them.
func who(by string) string { return strings.TrimPrefix(by, "operator:") }

// atMostSize says how large something may be, nothing if that is not known.
func atMostSize(n int64) string {
	if n == 0 {
		return ""
	}
	return "; at most " + size(n)
}
