package console_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"muster/internal/access"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/adminapitest"
)

// slow is a company whose plan closes some people, with an approval that begins later.
type slow struct {
	adminapi.Service
	closes int
	start  adminapi.Start
	asked  *[]adminapi.Approval
}

func (s slow) Plan(ctx context.Context, ref string) (run.Plan, error) {
	p, err := s.Service.Plan(ctx, ref)
	p.Status, p.Counts = run.Waiting, map[string]int{"disable": s.closes, "create": 2}
	return p, err
}

func (s slow) Tally(context.Context, string, adminapi.Selection, []string) (adminapi.Tallied, error) {
	return adminapi.Tallied{People: 3, By: []run.Tally{{Act: "disable", Lines: s.closes}}}, nil
}

func (s slow) Start(context.Context, string) (adminapi.Start, error) { return s.start, nil }

func (s slow) Approve(_ context.Context, _ string, req adminapi.Approval, _ access.Caller) (adminapi.Decision, error) {
	*s.asked = append(*s.asked, req)
	if req.After > 0 {
		return adminapi.Decision{Start: &adminapi.Start{State: "waiting"}}, nil
	}
	return adminapi.Decision{}, nil
}

// III.5: what closes more than one person begins ten seconds later, everything else at once; meanwhile the page offers to take it back and nothing else, and it
// says what never began.
func TestStartsLater(t *testing.T) {
	h := adminapitest.New(t, nil)
	for _, c := range []struct {
		closes int
		form   string
		after  int
	}{{2, "what=all&count=3", 10}, {1, "what=all&count=3", 0}, {2, "what=some&line=a&count=3", 10}, {0, "what=some&line=a&count=3", 0}} {
		var asked []adminapi.Approval
		g := enter(t, h, slow{h.Service, c.closes, adminapi.Start{State: "none"}, &asked}, access.Owner)
		res := g.post("plans/plan-chat/approve", c.form)
		if res.status != http.StatusSeeOther || len(asked) != 1 || asked[0].After != c.after || strings.Contains(res.head.Get("Location"), "approved") == (c.after > 0) {
			t.Errorf("%+v: %d %s %+v", c, res.status, res.head.Get("Location"), asked)
		}
	}
	begins := adminapitest.Now.Add(7 * time.Second)
	for state, want := range map[string]struct{ says, never string }{
		"waiting":   {`data-left="7"`, `name="count"`},
		"begun":     {"It begins now.", `name="count"`},
		"lost":      {"did not begin: Muster ended", "data-left"},
		"failed":    {"did not begin: They left.", "data-left"},
		"cancelled": {`name="count"`, "did not begin"},
		"none":      {`name="count"`, "did not begin"},
	} {
		page := enter(t, h, slow{h.Service, 2, adminapi.Start{State: state, By: "operator:owner", Begins: begins, Why: "they left"}, nil}, access.Owner).get("plans/plan-chat").body
		if !strings.Contains(page, want.says) || strings.Contains(page, want.never) {
			t.Errorf("%s: the page does not say %q, or says %q", state, want.says, want.never)
		}
	}
	orders(t, []order{{"plans/plan-chat/cancel", "", "cancel plan-chat"}})
}
