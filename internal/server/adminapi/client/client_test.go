package client_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/access"
	"muster/internal/connector"
	"muster/internal/run"
	"muster/internal/secret"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/adminapitest"
	"muster/internal/server/adminapi/client"
)

// TestCalls makes every call through a handler and over HTTP, and compares with what the service says itself.
func TestCalls(t *testing.T) {
	for _, over := range []string{"handler", "http"} {
		t.Run(over, func(t *testing.T) {
			h := adminapitest.New(t, nil)
			token := h.Token(access.Owner)
			c := client.Handler(h.Handler, token)
			if over == "http" {
				srv := httptest.NewServer(h.Handler)
				defer srv.Close()
				var err error
				if c, err = client.Address(srv.URL, token); err != nil {
					t.Fatal(err)
				}
			}
			reads(t, h, c)
			writes(t, h, c)
		})
	}
}

// same compares an answer that came through the API with the one that went in.
func same[T any](t *testing.T, what string, got T, err error, want T, wantErr error) {
	t.Helper()
	if err != nil || wantErr != nil {
		t.Errorf("%s: %v, %v", what, err, wantErr)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func reads(t *testing.T, h *adminapitest.House, c *client.Client) {
	ctx := t.Context()
	got, err := c.Status(ctx)
	want, wantErr := h.Status(ctx)
	same(t, "status", got, err, want, wantErr)
	v, err := c.Version(ctx)
	same(t, "version", v, err, h.Version(ctx), nil)
	sc, err := c.CheckSource(ctx, "hr")
	scWant, wantErr := h.CheckSource(ctx, "hr")
	same(t, "source", sc, err, scWant, wantErr)
	tc, err := c.CheckTarget(ctx, "wiki")
	tcWant, wantErr := h.CheckTarget(ctx, "wiki")
	same(t, "target", tc, err, tcWant, wantErr)
	runs, err := c.Runs(ctx, adminapi.RunQuery{Limit: 3})
	runsWant, wantErr := h.Runs(ctx, adminapi.RunQuery{Limit: 3})
	same(t, "runs", runs, err, runsWant, wantErr)
	writes, err := c.Writes(ctx, adminapi.CallQuery{Target: "wiki", Before: "write-2", Limit: 3})
	writesWant, wantErr := h.Writes(ctx, adminapi.CallQuery{Target: "wiki", Before: "write-2", Limit: 3})
	same(t, "writes", writes, err, writesWant, wantErr)
	rq := adminapi.RunRowQuery{Run: "run-corp", What: "changed", After: 1, Limit: 2}
	rows, err := c.RunRows(ctx, rq)
	rowsWant, wantErr := h.RunRows(ctx, rq)
	same(t, "rows of a run", rows, err, rowsWant, wantErr)
	plans, err := c.Plans(ctx, adminapi.PlanQuery{Kind: run.Hold, Status: run.Waiting})
	plansWant, wantErr := h.Plans(ctx, adminapi.PlanQuery{Kind: run.Hold, Status: run.Waiting})
	same(t, "plans", plans, err, plansWant, wantErr)
	lq := adminapi.LineQuery{After: 1, Limit: 2}
	page, err := c.Lines(ctx, adminapitest.FirstPlan, lq)
	pageWant, wantErr := h.Lines(ctx, adminapitest.FirstPlan, lq)
	same(t, "lines", page, err, pageWant, wantErr)
	waiting, err := c.Waiting(ctx, adminapi.WaitQuery{Wait: "held"})
	waitingWant, wantErr := h.Waiting(ctx, adminapi.WaitQuery{Wait: "held"})
	same(t, "waiting", waiting, err, waitingWant, wantErr)
	nesting, err := c.Nesting(ctx, "Staff", "olivia.berg")
	nestingWant, wantErr := h.Nesting(ctx, "Staff", "olivia.berg")
	same(t, "nesting", nesting, err, nestingWant, wantErr)
	mq := adminapi.MemberQuery{By: "groups", Limit: 2}
	members, err := c.Members(ctx, "Staff", mq)
	membersWant, wantErr := h.Members(ctx, "Staff", mq)
	same(t, "members", members, err, membersWant, wantErr)
	all, err := c.AllTargets(ctx, "7d")
	allWant, wantErr := h.AllTargets(ctx, "7d")
	same(t, "series of all targets", all, err, allWant, wantErr)
	calls, err := c.TargetSeries(ctx, "wiki", "1h")
	callsWant, wantErr := h.TargetSeries(ctx, "wiki", "1h")
	same(t, "series of a target", calls, err, callsWant, wantErr)
	counts, err := c.SourceSeries(ctx, "corp", "24h")
	countsWant, wantErr := h.SourceSeries(ctx, "corp", "24h")
	same(t, "series of a source", counts, err, countsWant, wantErr)
	lv := adminapi.LeaverQuery{Closed: true, Since: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	leavers, err := c.Leavers(ctx, lv)
	leaversWant, wantErr := h.Leavers(ctx, lv)
	same(t, "leavers", leavers, err, leaversWant, wantErr)
	lv = adminapi.LeaverQuery{Limit: 1}
	leavers, err = c.Leavers(ctx, lv)
	leaversWant, wantErr = h.Leavers(ctx, lv)
	same(t, "first leaver", leavers, err, leaversWant, wantErr)
	lv = adminapi.LeaverQuery{After: leavers[0].Place(), State: "missing", Limit: 9}
	leavers, err = c.Leavers(ctx, lv)
	leaversWant, wantErr = h.Leavers(ctx, lv)
	same(t, "leavers behind", leavers, err, leaversWant, wantErr)
	closing, err := c.Closing(ctx, "olivia.berg", time.Second)
	closingWant, wantErr := h.Closing(ctx, "olivia.berg", time.Second)
	same(t, "closing", closing, err, closingWant, wantErr)
	account, err := c.ClosingAccount(ctx, "wiki", "a/b?c", 0)
	accountWant, wantErr := h.ClosingAccount(ctx, "wiki", "a/b?c", 0)
	same(t, "closing of an account", account, err, accountWant, wantErr)
	why, err := c.Why(ctx, "olivia.berg", "wiki")
	whyWant, wantErr := h.Why(ctx, "olivia.berg", "wiki")
	same(t, "why", why, err, whyWant, wantErr)
	// A DN has everything that a path must escape.
	o, err := c.Object(ctx, "person", "CN=Olivia Berg,OU=People,DC=corp,DC=example")
	oWant, wantErr := h.Object(ctx, "person", "olivia.berg")
	same(t, "object", o, err, oWant, wantErr)
	limits, err := c.Limits(ctx, "wiki")
	limitsWant, wantErr := h.Limits(ctx, "wiki")
	same(t, "limits", limits, err, limitsWant, wantErr)
}

func writes(t *testing.T, h *adminapitest.House, c *client.Client) {
	ctx := t.Context()
	until := time.Date(2026, 3, 2, 18, 0, 0, 0, time.UTC)
	var errs []error
	try := func(_ any, err error) { errs = append(errs, err) }
	try(c.Sync(ctx, adminapi.SyncRequest{Name: "corp", Full: true}))
	try(c.Run(ctx, "run-corp", time.Second))
	try(c.Preview(ctx, "wiki"))
	try(c.Approve(ctx, "chat", adminapi.Approval{Count: 5, AllOrNothing: true}))
	try(c.Reject(ctx, adminapitest.Hold, adminapi.Rejection{Lines: []string{"key-a"}, Reason: "no"}))
	try(c.Disable(ctx, "olivia.berg", adminapi.Closing{Reason: "left"}))
	try(c.Disable(ctx, "olivia.berg", adminapi.Closing{Reason: "no", DryRun: true}))
	try(c.Disable(ctx, "olivia.berg", adminapi.Closing{Reason: "left", Targets: []string{"wiki"}, ThroughPause: true}))
	try(c.Enable(ctx, "olivia.berg", adminapi.Opening{Reason: "mistake", Targets: []string{"wiki"}}))
	try(c.DisableAccount(ctx, "wiki", "zoe/1", adminapi.Closing{Reason: "left"}))
	try(c.EnableAccount(ctx, "wiki", "zoe/1", "mistake"))
	try(c.Pause(ctx, "wiki", "upgrade"))
	try(c.Resume(ctx, "wiki", "done"))
	try(c.Raise(ctx, "wiki", adminapi.Raise{Class: "stated", To: 50, Until: until, Reason: "move"}))
	issued, err := c.CreateToken(ctx, adminapi.NewToken{Name: "ci", Days: 7})
	errs = append(errs, err, c.RevokeToken(ctx, issued.ID))
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	want := []string{
		`owner sync "corp" person "" full true`,
		"owner approve plan-chat count 5 lines [] all or nothing true",
		"owner reject hold-wiki lines [key-a] (no)",
		"owner disable olivia.berg at [] through pause false (left)",
		"owner disable olivia.berg at [wiki] through pause true (left)",
		"owner enable olivia.berg at [wiki] (mistake)",
		"owner disable account zoe/1 at wiki (left)",
		"owner enable account zoe/1 at wiki (mistake)",
		"owner pause wiki (upgrade)",
		"owner resume wiki (done)",
		"owner raise wiki stated to 50 until 2026-03-02T18:00:00Z (move)",
	}
	if diff := cmp.Diff(want, h.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestPages(t *testing.T) {
	h := adminapitest.New(t, nil)
	c := client.Handler(h.Handler, h.Token(access.Auditor))
	var seen []string
	q := adminapi.ObjectQuery{Kind: "person", Limit: 2}
	for {
		page, err := c.Objects(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Items {
			seen = append(seen, o.Name)
		}
		if page.Next == "" {
			break
		}
		q.After = page.Items[len(page.Items)-1].ID
	}
	if len(seen) != 3 {
		t.Errorf("people = %q", seen)
	}
	links, err := c.Links(t.Context(), "wiki", adminapi.LinkQuery{Kind: connector.User, State: "linked", Limit: 10})
	if err != nil || len(links.Items) != 1 || links.Next != "" {
		t.Errorf("links = %+v, %v", links, err)
	}
}

func TestProblem(t *testing.T) {
	h := adminapitest.New(t, nil)
	_, err := client.Handler(h.Handler, h.Token(access.Auditor)).Pause(t.Context(), "wiki", "x")
	var p *adminapi.Problem
	if !errors.As(err, &p) || p.Code != "not_allowed" || !strings.Contains(p.Detail, "auditor") {
		t.Errorf("err = %v", err)
	}
}

// What answers may be anything: it is not taken for Muster.
func TestNotMuster(t *testing.T) {
	for status, kind := range map[int]string{200: "text/html", 502: "text/html", 404: "application/json", 302: "text/plain"} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Location", "https://other.example/")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<html>")
		}))
		c, err := client.Address(srv.URL, secret.New("x"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Status(t.Context()); err == nil || !strings.Contains(err.Error(), "not Muster") {
			t.Errorf("%d %s: %v", status, kind, err)
		}
		srv.Close()
	}
}

func TestAddress(t *testing.T) {
	for addr, ok := range map[string]bool{
		"http://127.0.0.1:8480": true, "http://localhost:1": true, "http://[::1]:1": true, "https://muster.example": true,
		"http://muster.example": false, "muster.example": false, "ftp://x": false, "": false,
	} {
		if _, err := client.Address(addr, secret.New("x")); (err == nil) != ok {
			t.Errorf("Address(%q) = %v, want ok %v", addr, err, ok)
		}
	}
}
