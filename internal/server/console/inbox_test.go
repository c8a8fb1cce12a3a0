package console_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/adminapitest"
)

// crowded is a service with 150 plans that wait, each of which closes 14 of 274.
type crowded struct{ adminapi.Service }

func (crowded) plan(i int) run.Plan {
	return run.Plan{
		ID: fmt.Sprintf("plan-%03d", i), Target: "wiki", Kind: run.First, Status: run.Waiting, Created: adminapitest.Now, People: 274, Counts: map[string]int{"create": 260, "disable": 14},
	}
}

func (c crowded) Plans(_ context.Context, q adminapi.PlanQuery) ([]run.Plan, error) {
	return rows(q.Before, q.Limit, func(i int) (string, run.Plan) { return c.plan(i).ID, c.plan(i) }), nil
}

func (c crowded) Plan(context.Context, string) (run.Plan, error) { return c.plan(1), nil }

func (crowded) Lines(context.Context, string, adminapi.LineQuery) (adminapi.LinePage, error) {
	return adminapi.LinePage{}, nil
}

func (crowded) Tally(context.Context, string, adminapi.Selection, []string) (adminapi.Tallied, error) {
	return adminapi.Tallied{}, nil
}

// U9: an inbox of many is paged to its end, each thing on one page and on no other, and no page says a number that is not so. III.5: the button that approves a
// plan names whom it closes.
func TestInboxIsPaged(t *testing.T) {
	h := adminapitest.New(t, nil)
	g := enter(t, h, crowded{h.Service}, access.Owner)
	for path, rest := range map[string]int{"inbox": 6, "inbox?kind=plan": 0} { // the others: a stopped target, a leaver, a source, a conflict, a mail, somebody held
		got := every(t, g, path, `<li data-row>|plans/plan-\d+`)
		slices.Sort(got)
		rows := len(got) - len(slices.DeleteFunc(slices.Clone(got), func(s string) bool { return s == "<li data-row>" }))
		if n := len(slices.Compact(slices.Clone(got))) - 1; n != 250 || rows != 250+rest {
			t.Errorf("%s lists %d different plans of 250 on %d rows, %d are meant", path, n, rows, 250+rest)
		}
	}
	for path, want := range map[string]string{"inbox": "More than 100 things wait for a person", "": "All in the inbox, more than 100", "sources": ">100+<"} {
		if !strings.Contains(g.get(path).body, want) {
			t.Errorf("%q does not say %q", path, want)
		}
	}
	if body := g.get("plans/plan-001").body; !strings.Contains(body, ">Approve 274, close 14 at wiki</button>") {
		t.Error("the button does not say that the plan closes 14")
	}
}

// What somebody may not do is shown, and says who may.
func TestDeniedSaysWhoMay(t *testing.T) {
	h := adminapitest.New(t, nil)
	g := enter(t, h, h.Service, access.Auditor)
	for path, want := range map[string]string{
		"targets/wiki": "Your role does not allow this. Ask an owner, admin or operator.", "sandbox": "Your role does not allow this. Ask an owner or admin.",
		"users": "Your role does not allow this. Ask an owner or admin.",
	} {
		if body := g.get(path).body; !strings.Contains(body, want) || strings.Contains(body, `Your role does not allow this"`) {
			t.Errorf("%s does not say %q", path, want)
		}
	}
}

// thronged is a service at one target for which 250 wait.
type thronged struct{ adminapi.Service }

func (thronged) Waiting(_ context.Context, q adminapi.WaitQuery) ([]adminapi.Waiting, error) {
	return rows(string(q.After), q.Limit, func(i int) (string, adminapi.Waiting) {
		id := fmt.Sprintf("4one%03d", i)
		return id, adminapi.Waiting{Target: q.Target, Object: directory.ID(id), Name: fmt.Sprintf("waits-%03d", i), Wait: "held", Reason: "a limit holds it"}
	}), nil
}

// U9: the page of a target that does not list everybody who waits says so, and leads to all of them.
func TestTargetSaysWhoElseWaits(t *testing.T) {
	h := adminapitest.New(t, nil)
	body := enter(t, h, thronged{h.Service}, access.Owner).get("targets/wiki").body
	if n := strings.Count(body, ">waits-"); n != 10 || !strings.Contains(body, "These are the first 10.") || !strings.Contains(body, `href="/console/targets/wiki/waiting">All that wait`) {
		t.Errorf("the page lists %d who wait and does not say that there are more", n)
	}
	if body := enter(t, h, h.Service, access.Owner).get("targets/wiki").body; strings.Contains(body, "These are the first") {
		t.Error("the page says of one who waits that there are more")
	}
}

// Links and filters of a page that answers a form which was refused lead to the page, not to the form.
func TestRefusedFormKeepsThePage(t *testing.T) {
	h := adminapitest.New(t, nil)
	g := enter(t, h, h.Service, access.Owner)
	for form, page := range map[string]string{
		"plans/hold-wiki/approve": "plans/hold-wiki", "targets/wiki/pair": "targets/wiki/links", "targets/wiki/unpair": "targets/wiki/links", "outbox/m9/retry": "outbox", "groups": "groups",
	} {
		res := g.post(form, "count=0")
		if form != page && strings.Contains(res.body, `href="/console/`+form) || form != page && strings.Contains(res.body, `action="/console/`+form+`" hx-get`) {
			t.Errorf("the page that answers %s leads to the form: %d", form, res.status)
		}
		if got := strings.Count(res.body, `href="/console/`+page+`?`); got == 0 && strings.Contains(g.get(page).body, `href="/console/`+page+`?`) {
			t.Errorf("no link of the page that answers %s leads to %s", form, page)
		}
	}
}
