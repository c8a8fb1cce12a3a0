package adminapi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"muster/internal/access"
	"muster/internal/run"
	"muster/internal/secret"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/adminapitest"
)

// do makes a request with a token and returns the answer and its problem, if it is one.
func do(t *testing.T, h http.Handler, token secret.String, method, path, body string) (*httptest.ResponseRecorder, adminapi.Problem) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if token.Reveal() != "" {
		r.Header.Set("Authorization", "Bearer "+token.Reveal())
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var p adminapi.Problem
	if w.Code >= 400 {
		if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("%s %s: %d with content type %q: %s", method, path, w.Code, got, w.Body)
		}
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Code == "" || p.Detail == "" || p.Status != w.Code {
			t.Errorf("%s %s: %v in %s", method, path, err, w.Body)
		}
	}
	return w, p
}

// A call is one operation as its description has it.
type operation struct {
	method, path string
	right        access.Right
}

// operations reads every operation and the right that it needs from the description of the API.
func operations(t *testing.T) []operation {
	t.Helper()
	b, err := adminapi.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct{ Description string }
	}
	if err := yaml.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	var out []operation
	for path, methods := range doc.Paths {
		for method, op := range methods {
			_, right, ok := strings.Cut(op.Description, "“")
			right, _, ok2 := strings.Cut(right, "”")
			if !ok || !ok2 || right == "" {
				t.Errorf("%s %s names no right: %q", method, path, op.Description)
			}
			out = append(out, operation{strings.ToUpper(method), path, access.Right(right)})
		}
	}
	slices.SortFunc(out, func(a, b operation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return out
}

var bodies = map[string]string{
	"/syncs": `{}`, "/approve": `{"count":1}`, "/reject": `{}`, "/disable": `{"reason":"x"}`, "/enable": `{"reason":"x"}`,
	"/pause": `{"reason":"x"}`, "/resume": `{"reason":"x"}`, "/limits": `{"class":"stated","to":5,"until":"2026-03-02T18:00:00Z","reason":"x"}`, "/tokens": `{"name":"x"}`, "/retries": `{}`, "/mode": `{"mode":"live"}`, "/forget": `{"count":3}`,
	"/pair": `{"who":"olivia.berg","account":"u-7"}`, "/pairs": `{"pairs":[{"line":2,"who":"olivia.berg","account":"u-7"}]}`, "/drop": `{"reason":"x"}`,
}

func (o operation) request() (path, body string) {
	path = strings.NewReplacer("{name}", "wiki", "{ref}", adminapitest.FirstPlan, "{id}", "run-wiki", "{who}", "olivia.berg", "{list}", "link").Replace(o.path)
	if o.path == "/api/v1/why" {
		path += "?who=olivia.berg"
	}
	if o.method == http.MethodPost {
		for end, b := range bodies {
			if strings.HasSuffix(path, end) {
				body = b
			}
		}
	}
	return path, body
}

// TestRightsOfEveryRoute calls each operation as each role and as nobody. A new operation is in it by itself.
func TestRightsOfEveryRoute(t *testing.T) {
	ops := operations(t)
	if len(ops) < 28 {
		t.Fatalf("only %d operations", len(ops))
	}
	for _, op := range ops {
		t.Run(op.method+op.path, func(t *testing.T) {
			h := adminapitest.New(t, nil)
			path, body := op.request()
			if _, p := do(t, h.Handler, secret.String{}, op.method, path, body); p.Code != "not_signed_in" {
				t.Errorf("nobody: %+v", p)
			}
			for _, role := range []access.Role{access.Auditor, access.Helpdesk, access.Operator, access.Admin, access.Owner} {
				w, p := do(t, h.Handler, h.Token(role), op.method, path, body)
				may := slices.Contains(access.RightsOf(role), op.right)
				if denied := p.Code == "not_allowed"; denied == may {
					t.Errorf("%s, who may %v: %d %s", role, access.RightsOf(role), w.Code, w.Body)
				}
				if may && w.Code >= 500 {
					t.Errorf("%s: %d %s", role, w.Code, w.Body)
				}
			}
			if op.right == access.View && len(h.Calls()) > 0 {
				t.Errorf("what everybody may look at changed something: %v", h.Calls())
			}
		})
	}
}

// Releasing a hold takes another right than approving a plan; nobody has only one of them today, so the error is looked at directly.
func TestPreviewIsNeverApproved(t *testing.T) {
	h := adminapitest.New(t, nil)
	do(t, h.Handler, h.Token(access.Owner), "POST", "/api/v1/targets/wiki/preview", "")
	_, p := do(t, h.Handler, h.Token(access.Owner), "POST", "/api/v1/plans/preview-wiki/approve", `{"count":1}`)
	if p.Code != adminapi.Decided || p.Status != http.StatusConflict || len(h.Calls()) != 0 {
		t.Errorf("problem = %+v, calls %v", p, h.Calls())
	}
}

func TestProblems(t *testing.T) {
	h := adminapitest.New(t, nil)
	cases := []struct {
		name, method, path, body string
		status                   int
		code                     string
	}{
		{"unknown target", "POST", "/targets/wikki/pause", `{"reason":"x"}`, 404, adminapi.NotFound},
		{"wrong count", "POST", "/plans/chat/approve", `{"count":7}`, 409, adminapi.BadCount},
		{"ambiguous", "GET", "/people/ben", "", 409, adminapi.Ambiguous},
		{"unknown route", "GET", "/nothing", "", 404, "no_such_endpoint"},
		{"wrong method", "DELETE", "/status", "", 405, "method_not_allowed"},
		{"no JSON", "POST", "/syncs", `{"name":`, 400, "invalid_request"},
		{"unknown field", "POST", "/syncs", `{"title":"corp"}`, 422, "invalid_request"},
		{"no reason", "POST", "/targets/wiki/pause", `{}`, 422, "invalid_request"},
		{"empty reason", "POST", "/targets/wiki/pause", `{"reason":""}`, 422, "invalid_request"},
		{"bad wait", "GET", "/runs/run-corp?wait=soon", "", 422, adminapi.BadRequest},
		{"bad enum", "GET", "/plans?status=maybe", "", 422, "invalid_request"},
		{"unknown parameter", "GET", "/plans?taget=wiki", "", 422, "invalid_request"},
		{"limit too high", "GET", "/people?limit=100000", "", 422, "invalid_request"},
		{"unknown token", "DELETE", "/tokens/AAAAAAAA", "", 404, adminapi.NotFound},
		{"too long a life", "POST", "/tokens", `{"name":"x","days":4000}`, 422, "invalid_request"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w, p := do(t, h.Handler, h.Token(access.Owner), c.method, "/api/v1"+c.path, c.body)
			if w.Code != c.status || p.Code != c.code {
				t.Errorf("%d %s, want %d %s", w.Code, w.Body, c.status, c.code)
			}
		})
	}
	if len(h.Calls()) > 1 { // the wrong count reaches the service
		t.Errorf("calls = %v", h.Calls())
	}
}

// TestNothingLeaks has the service fail with a secret in the error, and sends secrets where they do not belong.
func TestNothingLeaks(t *testing.T) {
	var log bytes.Buffer
	h := adminapitest.New(t, slog.New(slog.NewTextHandler(&log, nil)))
	h.Fail = errors.New("dial pg://muster:hunter2@db: refused")
	w, p := do(t, h.Handler, h.Token(access.Owner), "GET", "/api/v1/status", "")
	if w.Code != 500 || p.Code != "internal" || strings.Contains(w.Body.String(), "hunter2") || p.Request == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "refused") || !strings.Contains(log.String(), p.Request) || w.Header().Get("X-Request-Id") != p.Request {
		t.Errorf("the log has not what the answer points to: %s", log.String())
	}
	for _, body := range []string{`{"password":"hunter2"}`, `{"name":["hunter2"]}`, `"hunter2"`, `{"name":"hunter2"`} {
		w, _ := do(t, h.Handler, h.Token(access.Owner), "POST", "/api/v1/syncs", body)
		if w.Code < 400 || strings.Contains(w.Body.String(), "hunter2") {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	token := h.Token(access.Admin)
	for _, path := range []string{"/api/v1/people?text=" + token.Reveal(), "/api/v1/tokens"} {
		if w, _ := do(t, h.Handler, token, "GET", path, ""); strings.Contains(w.Body.String(), token.Reveal()) {
			t.Errorf("%s shows the token: %s", path, w.Body)
		}
	}
}

func TestHTTPStatus(t *testing.T) {
	for code, want := range map[string]int{"not_found": 404, "target_foreign": 502, "source_cut": 502, "target_observes": 409, "paused": 409, "anything": 422} {
		if got := adminapi.HTTPStatus(code); got != want {
			t.Errorf("%s: %d, want %d", code, got, want)
		}
	}
}

func TestFourParts(t *testing.T) {
	h := adminapitest.New(t, nil)
	h.Fail = fmt.Errorf("status: %w", &run.Problem{Code: adminapi.Unavailable, What: "what", Why: "why", Now: "now", Fix: "fix"})
	w, p := do(t, h.Handler, h.Token(access.Owner), "GET", "/api/v1/status", "")
	if w.Code != 503 || p.Problem() != (run.Problem{Code: "unavailable", What: "what", Why: "why", Now: "now", Fix: "fix"}) {
		t.Errorf("%d %+v", w.Code, p)
	}
}

func TestSignedOut(t *testing.T) {
	h := adminapitest.New(t, nil)
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/status", nil)
	for _, header := range []string{"", "Bearer", "Bearer ", "Basic b3duZXI6eA==", "bearer muster_pat_AAAAAAAA_x_y"} {
		r.Header.Set("Authorization", header)
		w := httptest.NewRecorder()
		h.Handler.ServeHTTP(w, r)
		if w.Code != 401 || w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%q: %d", header, w.Code)
		}
	}
	r.Header.Set("Authorization", "bearer "+h.Token(access.Auditor).Reveal())
	w := httptest.NewRecorder()
	h.Handler.ServeHTTP(w, r)
	if w.Code != 200 {
		t.Errorf("the scheme is case-insensitive: %d %s", w.Code, w.Body)
	}
}

// A revoked token is dead for the next request.
func TestRevoke(t *testing.T) {
	h := adminapitest.New(t, nil)
	owner := h.Token(access.Owner)
	w, _ := do(t, h.Handler, owner, "POST", "/api/v1/tokens", `{"name":"ci","days":30}`)
	var issued adminapi.Issued
	if err := json.Unmarshal(w.Body.Bytes(), &issued); err != nil || w.Code != 201 {
		t.Fatal(w.Code, w.Body, err)
	}
	if got := issued.Expires.Sub(adminapitest.Now).Hours(); got != 30*24 {
		t.Errorf("lives %v hours", got)
	}
	token := secret.New(issued.Text)
	if w, _ := do(t, h.Handler, token, "GET", "/api/v1/status", ""); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w, _ := do(t, h.Handler, owner, "DELETE", "/api/v1/tokens/"+issued.ID, ""); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w, _ := do(t, h.Handler, token, "GET", "/api/v1/status", ""); w.Code != 401 {
		t.Errorf("revoked: %d %s", w.Code, w.Body)
	}
}
