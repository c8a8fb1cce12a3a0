package console_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/access"
	"muster/internal/connector"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/adminapitest"
)

// past is a service with 250 runs, 250 plans and 250 writes, the newest of which have the highest numbers.
type past struct{ adminapi.Service }

// rows returns a page of the past.
func rows[T any](before string, limit int, row func(i int) (string, T)) []T {
	var out []T
	skip := before != ""
	for i := 250; i > 0 && len(out) < limit; i-- {
		id, x := row(i)
		if !skip {
			out = append(out, x)
		}
		skip = skip && id != before
	}
	return out
}

func (past) Runs(_ context.Context, q adminapi.RunQuery) ([]run.Run, error) {
	return rows(q.Before, q.Limit, func(i int) (string, run.Run) {
		r := run.Run{ID: fmt.Sprintf("run-%03d", i), Name: "wiki", Kind: run.Serve, Started: adminapitest.Now, Ended: adminapitest.Now, Outcome: run.Done}
		return r.ID, r
	}), nil
}

func (past) Plans(_ context.Context, q adminapi.PlanQuery) ([]run.Plan, error) {
	return rows(q.Before, q.Limit, func(i int) (string, run.Plan) {
		p := run.Plan{ID: fmt.Sprintf("plan-%03d", i), Target: "wiki", Kind: run.Hold, Status: run.Finished, Created: adminapitest.Now}
		return p.ID, p
	}), nil
}

func (past) Writes(_ context.Context, q adminapi.CallQuery) ([]adminapi.CallAt, error) {
	return rows(q.Before, q.Limit, func(i int) (string, adminapi.CallAt) {
		w := adminapi.CallAt{ID: fmt.Sprint(i), Target: "wiki", Name: fmt.Sprintf("somebody-%03d", i)}
		w.At, w.Verb, w.Result, w.Took, w.Run = adminapitest.Now.Add(time.Duration(i)*time.Second), connector.Update, "done", "40ms", "run-wiki"
		if i%100 == 0 {
			w.Result = "failed"
		}
		return w.ID, w
	}), nil
}

var earlier = regexp.MustCompile(`data-next href="([^"]+)">`)

// every follows the link to the page before until there is none, and returns what a pattern finds on all of them.
func every(t *testing.T, g guest, path, pattern string) []string {
	t.Helper()
	var out []string
	for pages := 0; ; pages++ {
		res := g.get(path)
		if res.status != http.StatusOK || pages > 10 {
			t.Fatalf("%s: %d, page %d", path, res.status, pages)
		}
		out = append(out, regexp.MustCompile(pattern).FindAllString(res.body, -1)...)
		next := earlier.FindStringSubmatch(res.body)
		if next == nil {
			return out
		}
		path = strings.TrimPrefix(html.UnescapeString(next[1]), "/console/")
	}
}

// U9, U30: what happened is paged to its end: each run, plan and write stands on one page, and on no other.
func TestPastIsPaged(t *testing.T) {
	h := adminapitest.New(t, nil)
	g := enter(t, h, past{h.Service}, access.Auditor)
	for path, pattern := range map[string]string{
		"history": `runs/run-\d+`, "history?name=wiki": `runs/run-\d+`, "history?tab=plans": `plans/plan-\d+`,
		"history?tab=writes&target=wiki": `>somebody-\d+`, "runs/run-wiki": `>somebody-\d+`,
	} {
		got := every(t, g, path, pattern)
		slices.Sort(got)
		if n := len(slices.Compact(slices.Clone(got))); n != 250 || len(got) != 250 {
			t.Errorf("%s lists %d different rows of 250, %d in all", path, n, len(got))
		}
	}
}

// A run's page draws what was sent over time: as long as it took, and what failed apart; the same in a table.
func TestTimeline(t *testing.T) {
	h := adminapitest.New(t, nil)
	body := enter(t, h, past{h.Service}, access.Auditor).get("runs/run-wiki").body
	for _, want := range []string{"100 calls in 99 s, 1 not done", `class="timeline low"`, "Half took at most"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page of a run does not say %q", want)
		}
	}
	svg := body[strings.Index(body, `class="timeline low"`):]
	svg = svg[:strings.Index(svg, "</svg>")]
	if n := strings.Count(svg, "<rect"); n != 100 {
		t.Errorf("%d calls are drawn", n)
	}
	if n := strings.Count(svg, `tone-bad"`); n != 1 || strings.Count(svg, `tabindex="-1"`) != 99 {
		t.Errorf("%d calls are drawn as failed, %d are not reached by Tab", n, strings.Count(svg, `tabindex="-1"`))
	}
}
