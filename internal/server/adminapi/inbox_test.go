package adminapi_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/adminapitest"
	"muster/internal/server/adminapi/client"
)

// laden is a service at which much of each kind waits.
type laden struct{ adminapi.Service }

func (laden) Status(context.Context) (adminapi.Status, error) {
	s := adminapi.Status{Attention: []adminapi.Attention{{What: "a scope group is not found", Kind: adminapi.InboxScope, Target: "t1", Fix: "muster check"}, {What: "something else"}}}
	for i := range 3 {
		t := adminapi.TargetStatus{Name: fmt.Sprint("t", i), Paused: &run.Note{At: adminapitest.Now.Add(-time.Hour), Reason: "holidays"}}
		if i > 0 {
			t.Stopped, t.Troubled = &run.Problem{Code: "target_rules", Why: "the token is refused"}, adminapitest.Now.Add(-90*time.Minute)
		}
		s.Targets = append(s.Targets, t)
		s.Sources = append(s.Sources, adminapi.SourceStatus{Name: fmt.Sprint("s", i), Waiting: i, Oldest: adminapitest.Now.Add(-time.Minute), Problem: &run.Problem{What: "not read whole"}})
	}
	return s, nil
}

func (laden) Leavers(context.Context, adminapi.LeaverQuery) ([]adminapi.Leaver, error) {
	var out []adminapi.Leaver
	for i, state := range []string{"held", "closing", "stopped", "missing", "paused", "lost"} {
		out = append(out, adminapi.Leaver{Object: directory.ID(fmt.Sprint("leaver-", i)), Name: fmt.Sprint("l", i), Target: "t1", State: state, Overdue: state == "closing", Since: adminapitest.Now.Add(-time.Duration(i) * time.Hour)})
	}
	return out, nil
}

func (laden) Plans(_ context.Context, q adminapi.PlanQuery) ([]run.Plan, error) {
	var out []run.Plan
	for i := 9; i > 0; i-- {
		kind := []run.PlanKind{run.Hold, run.First, run.Change, run.Preview}[i%4]
		if p := (run.Plan{ID: fmt.Sprint("plan-", i), Kind: kind, Target: "t0", People: i, Created: adminapitest.Now}); p.Kind == q.Kind && (q.Before == "" || p.ID < q.Before) && len(out) < q.Limit {
			out = append(out, p)
		}
	}
	return out, nil
}

// Of each target four wait, one of them for two things.
func (laden) Waiting(_ context.Context, q adminapi.WaitQuery) ([]adminapi.Waiting, error) {
	var out []adminapi.Waiting
	for _, id := range []string{"a", "b", "b", "c", "d"} {
		if w := (adminapi.Waiting{Target: q.Target, Object: directory.ID(id), Name: "Group " + id, Wait: "held"}); q.Alone && w.Object > q.After && (len(out) < q.Limit || out[len(out)-1].Object == w.Object) {
			out = append(out, w)
		}
	}
	return out, nil
}

// U9, X6, X12: all that waits for a person is found page by page, of whatever length, each thing once and the most urgent first; by kind it is the same. Each says who
// may answer, since when it waits, and what answers it.
func TestInbox(t *testing.T) {
	h := adminapitest.New(t, nil)
	by := access.Caller{Person: h.Person(access.Operator), Handle: "operator", Roles: []access.Role{access.Operator}}
	for name, life := range map[string]time.Duration{"short": time.Hour, "long": 60 * 24 * time.Hour} {
		if _, _, err := h.Keeper.Issue(t.Context(), by, by.Person, name, life); err != nil {
			t.Fatal(err)
		}
	}
	api := adminapi.New(laden{h.Service}, h.Keeper, slog.New(slog.DiscardHandler))
	as := func(r access.Role) *client.Client { return client.Handler(api, h.Token(r)) }
	all := pages(t, as(access.Owner), adminapi.InboxQuery{Limit: 1000})
	for limit := 1; limit < 9; limit++ {
		if diff := cmp.Diff(all, pages(t, as(access.Owner), adminapi.InboxQuery{Limit: limit}), cmpopts.IgnoreUnexported(adminapi.InboxItem{})); diff != "" {
			t.Errorf("in pages of %d, −all +pages:\n%s", limit, diff)
		}
	}
	var some []adminapi.InboxItem
	n := map[string]int{}
	for _, kind := range adminapi.InboxKinds() {
		some = append(some, pages(t, as(access.Owner), adminapi.InboxQuery{Kind: kind, Limit: 2})...)
		n[kind] = len(some)
	}
	if diff := cmp.Diff(all, some, cmpopts.IgnoreUnexported(adminapi.InboxItem{})); diff != "" {
		t.Errorf("kind by kind, −all +kinds:\n%s", diff)
	}
	if want := map[string]int{"stopped": 2, "leaver": 7, "hold": 9, "plan": 14, "scope": 15, "source": 18, "conflict": 20, "paused": 23, "mail": 24, "held": 39, "secret": 40}; !cmp.Equal(n, want) {
		t.Errorf("by kind, added up, there are %v, not %v", n, want)
	}
	first := adminapi.InboxItem{
		Kind: "stopped", What: "t1 is stopped", Why: "the token is refused", Since: adminapitest.Now.Add(-90 * time.Minute), Age: "1h30m0s", Right: access.Configure,
		Roles: []access.Role{access.Owner, access.Admin}, Fix: "muster plan show t1", Target: "t1",
	}
	if diff := cmp.Diff(first, all[0], cmpopts.IgnoreUnexported(first)); diff != "" {
		t.Errorf("the first thing, −want +got:\n%s", diff)
	}
	for role, want := range map[access.Role]int{access.Operator: 1, access.Admin: 1, access.Helpdesk: 0} {
		if got := pages(t, as(role), adminapi.InboxQuery{Kind: adminapi.InboxSecret, Limit: 5}); len(got) != want {
			t.Errorf("of one token that is about to end, %s is told %d", role, len(got))
		}
	}
}

// pages returns all that a query finds, page by page.
func pages(t *testing.T, c *client.Client, q adminapi.InboxQuery) []adminapi.InboxItem {
	t.Helper()
	var out []adminapi.InboxItem
	for range 100 {
		page, err := c.Inbox(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if out = append(out, page.Items...); page.Next == "" {
			return out
		}
		q.After = page.Next
	}
	t.Fatal("the pages do not end")
	return slices.Clip(out)
}
