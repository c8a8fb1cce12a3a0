package console

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"muster/internal/server/adminapi"
)

func rendered(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var coordinates = regexp.MustCompile(`[MLH](\S+?)(?: ([^MLHVZh]+))?(?:[MLHVZh]|$)`)

// U28: whatever its values, a plot stays in its frame and says them in words.
func TestPlot(t *testing.T) {
	for name, values := range map[string][]int{
		"none": nil, "nothing": {0}, "one": {7}, "the same": {300, 300, 300}, "from nothing": {0, 1}, "huge": {0, math.MaxInt64 / 4}, "negative": {-100, -5, 20}, "a fall": {100_000, 3},
	} {
		s := chart{title: "People", unit: "people", from: time.Unix(0, 0), to: time.Unix(int64(max(len(values)-1, 1))*3600, 0), whole: true, head: []string{"When", "people"}, lines: []line{{}}}
		for i, n := range values {
			s.at, s.lines[0].n = append(s.at, time.Unix(int64(i)*3600, 0)), append(s.lines[0].n, float64(n))
			s.rows = append(s.rows, []string{"then", number(n)})
		}
		drawn := s.path(s.lines[0].n)
		for _, m := range coordinates.FindAllStringSubmatch(drawn, -1) {
			for i, most := range map[int]float64{1: 600, 2: 120} {
				if x, err := strconv.ParseFloat(m[i], 64); m[i] != "" && (err != nil || x < 0 || x > most) {
					t.Errorf("%s: the line %s leaves its frame", name, drawn)
				}
			}
		}
		page := rendered(t, plot(s))
		if strings.Contains(page, "NaN") || strings.Contains(page, "Inf") || len(values) == 0 != strings.Contains(page, "Nothing to draw yet") {
			t.Errorf("%s: %s", name, page)
		}
		for _, n := range values {
			if !strings.Contains(page, ">"+number(n)+"</td>") {
				t.Errorf("%s: the table lacks %s", name, number(n))
			}
		}
	}
	if page := rendered(t, plot(chart{unit: "people", at: []time.Time{time.Unix(0, 0)}, lines: []line{{n: []float64{300}}}})); strings.Contains(page, "300 to 300") {
		t.Error("a single value is told as a range")
	}
}

// U28: no state is told by colour alone: every tone has a mark and a word.
func TestChip(t *testing.T) {
	marks := map[string]tone{}
	for _, x := range []tone{good, busy, warn, bad, quiet} {
		page := rendered(t, chip("held", x))
		mark := regexp.MustCompile(`(?s)<svg.*</svg>`).FindString(page)
		if other, taken := marks[mark]; mark == "" || taken || !strings.Contains(page, "held") {
			t.Errorf("%s has no mark of its own (%s)", x, other)
		}
		marks[mark] = x
	}
}

// The life of a person is drawn with a lane for each target, from the first account to now.
func TestLifeline(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	p := personView{life: []moment{
		{at: now.Add(-time.Hour), tone: bad, what: "Disable at wiki", lane: "wiki"},
		{at: now.Add(-3 * time.Hour), tone: good, what: "Create at wiki", lane: "wiki"},
		{at: now.Add(-4 * time.Hour), tone: quiet, what: "Disabled by owner"},
	}}
	p.Links = append(p.Links, linkAt("wiki", now.Add(-3*time.Hour)), linkAt("chat", now.Add(-2*time.Hour)))
	l := lifeOf(p, now)
	var names []string
	for _, x := range l.lanes {
		names = append(names, x.name)
	}
	if got := strings.Join(names, " "); got != "Muster chat wiki" {
		t.Fatalf("the lanes are %s", got)
	}
	if got := l.lanes[2].spans[0]; got.x != "150" || got.width != "300" {
		t.Errorf("the account at wiki is drawn from %s, %s wide; it was there from 150 for 300", got.x, got.width)
	}
	if page := rendered(t, lifeLine(l)); strings.Count(page, "<rect") != 5 || !strings.Contains(page, `aria-label="wiki: closed, 2 acts"`) {
		t.Errorf("it is shown as %s", page)
	}
	if page := rendered(t, lifeLine(lifeOf(personView{}, now))); page != "" {
		t.Errorf("of nobody there is %s", page)
	}
}

func linkAt(target string, since time.Time) adminapi.Link {
	return adminapi.Link{Target: target, State: "closed", Since: since}
}

// A text that a source or a target begins leaves its name as it is; every other begins with a capital.
func TestNamesKeepTheirCase(t *testing.T) {
	v := &visit{glance: glance{status: adminapi.Status{Sources: []adminapi.SourceStatus{{Name: "corp"}}, Targets: []adminapi.TargetStatus{{Name: "wiki"}}}}}
	for text, want := range map[string]string{
		"wiki has not confirmed it yet": "wiki has not confirmed it yet.", "corp: no answer": "corp: no answer.", "no answer from wiki": "No answer from wiki.", "mia is gone": "Mia is gone.", "": "",
	} {
		if got := v.sentence(text); got != want {
			t.Errorf("%q is written %q", text, got)
		}
	}
	if got := v.sentence("mia is gone", "mia"); got != "mia is gone." {
		t.Errorf("a name that is given is written %q", got)
	}
	page := rendered(t, problemBox(v, &adminapi.Problem{Detail: "wiki is configured"}))
	if !strings.Contains(page, ">wiki is configured.<") {
		t.Errorf("a problem says %s", page)
	}
}

// A command in a text is set apart from it; a text in which one only begins stays as it is.
func TestProse(t *testing.T) {
	for text, want := range map[string]string{
		"close it with `muster disable`, or wait": "close it with <code>muster disable</code>, or wait", "nothing": "nothing", "it`s": "it`s",
	} {
		if got := rendered(t, prose(text)); got != want {
			t.Errorf("%q is shown as %q", text, got)
		}
	}
}
