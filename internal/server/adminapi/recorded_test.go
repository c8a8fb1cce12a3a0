package adminapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"muster/internal/access"
	"muster/internal/problem"
	"muster/internal/secret"
	"muster/internal/server/adminapi/adminapitest"
)

// X13: every operation that does something leaves an entry in the audit log: who, what, and by which token; what was refused and what only looks leaves none.
func TestEveryActIsRecorded(t *testing.T) {
	done := map[string]bool{}
	for _, op := range operations(t) {
		t.Run(op.method+op.path, func(t *testing.T) {
			h := adminapitest.New(t, nil)
			path, body := op.request()
			if strings.HasSuffix(path, "/approve") {
				body = `{"count":5}`
			}
			before := len(h.Recorded())
			do(t, h.Handler, secret.String{}, op.method, path, body)
			if n := len(h.Recorded()) - before; n != 0 {
				t.Errorf("what was refused left %d entries", n)
			}
			w, _ := do(t, h.Handler, h.Token(access.Owner), op.method, path, body)
			events := h.Recorded()[before:]
			if op.method == http.MethodGet {
				if len(events) != 0 {
					t.Errorf("looking left %+v", events)
				}
				return
			}
			if w.Code >= 300 {
				if len(events) != 0 {
					t.Errorf("what was refused with %d left %+v", w.Code, events)
				}
				return
			}
			done[op.path] = true
			if len(events) == 0 {
				t.Fatal("it left no entry")
			}
			e := events[0]
			if e.By != "operator:owner" || e.Act == "" || !strings.HasPrefix(e.Via, "token ") {
				t.Errorf("the entry is %+v", e)
			}
		})
	}
	for _, path := range []string{
		"/plans/{ref}/approve", "/plans/{ref}/reject", "/people/{who}/disable", "/people/{who}/enable", "/targets/{name}/pause", "/targets/{name}/resume",
		"/targets/{name}/limits", "/targets/{name}/preview", "/targets/{name}/check", "/tokens", "/syncs",
	} {
		if !done["/api/v1"+path] {
			t.Errorf("%s did nothing, so that nothing could be recorded of it", path)
		}
	}
}

// X13: a dry run did nothing, and enters nothing, whether the address or the body says that it is one.
func TestDryRunsAreNotRecorded(t *testing.T) {
	h := adminapitest.New(t, nil)
	entries := func(path, body string) int {
		t.Helper()
		before := len(h.Recorded())
		if w, _ := do(t, h.Handler, h.Token(access.Owner), "POST", "/api/v1/people/"+path, body); w.Code >= 300 {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		return len(h.Recorded()) - before
	}
	for _, x := range []struct{ path, query, body string }{
		{"temp1/deactivate", "", `{"dry_run":true}`}, {"temp1/delete", "", `{"confirm":"temp1","dry_run":true}`}, {"temp1/invitation", "?dry_run=true", ""},
	} {
		if n := entries(x.path+x.query, x.body); n != 0 {
			t.Errorf("a dry run of %s left %d entries", x.path, n)
		}
		if n := entries(x.path, strings.Replace(x.body, "true", "false", 1)); n != 1 {
			t.Errorf("%s left %d entries", x.path, n)
		}
	}
}

// The type of a problem leads to what its code means.
func TestTypeOfAProblemIsExplained(t *testing.T) {
	h := adminapitest.New(t, nil)
	for _, path := range []string{"/api/v1/nothing", "/api/v1/targets/wikki/links", "/api/v1/problems/no_such_code"} {
		_, p := do(t, h.Handler, h.Token(access.Owner), "GET", path, "")
		at, err := url.Parse(p.Type)
		if err != nil || p.Type != problem.Type(p.Code) {
			t.Fatalf("%s: the type is %q, %v", path, p.Type, err)
		}
		w, _ := do(t, h.Handler, h.Token(access.Auditor), "GET", at.Path, "")
		if w.Code != 200 || !strings.Contains(w.Body.String(), `"code":"`+p.Code+`"`) {
			t.Errorf("%s leads to %d %s", p.Type, w.Code, w.Body)
		}
	}
}
