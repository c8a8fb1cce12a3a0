package console_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"muster/internal/access"
	"muster/internal/secret"
	"muster/internal/server/adminapi/adminapitest"
	"muster/internal/server/console"
)

// signedIn is the console, and the cookie of its owner.
func signedIn(t *testing.T, h *adminapitest.House) (*httptest.Server, string) {
	t.Helper()
	srv := httptest.NewServer(console.New(console.Config{Service: h.Service, Keeper: h.Keeper}))
	t.Cleanup(srv.Close)
	id := h.Person(access.Owner)
	code, _, err := h.Keeper.NewCode(t.Context(), access.Caller{Person: id, Handle: "owner", Roles: []access.Role{access.Owner}}, id)
	if err != nil {
		t.Fatal(err)
	}
	cookie, _, err := h.Keeper.Redeem(t.Context(), code.Reveal(), secret.String{}, "test")
	if err != nil {
		t.Fatal(err)
	}
	return srv, "__Host-muster=" + cookie.Reveal()
}

// X13: whatever is done in the console is in the audit log, under the name of who did it, and as done in the console.
func TestRecorded(t *testing.T) {
	h := adminapitest.New(t, nil)
	srv, cookie := signedIn(t, h)
	for _, path := range []string{"sync", "sources/corp/sync", "sources/corp/check", "targets/wiki/check", "targets/wiki/sync", "people/0olivia0000000000000000000/sync", "targets/wiki/resume"} {
		before := len(h.Recorded())
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+console.Root+path, strings.NewReader(url.Values{"reason": {"a test"}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Cookie", cookie)
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode >= http.StatusBadRequest {
			t.Errorf("%s answers %d", path, res.StatusCode)
			continue
		}
		got := h.Recorded()[before:]
		if len(got) != 1 || got[0].By != "operator:owner" || got[0].Via != "console" || got[0].Act == "" {
			t.Errorf("%s is recorded as %+v", path, got)
		}
	}
}

// What answers a form says what came of it, and there may be no page at its address: it never fetches itself anew. A page that was asked for does.
func TestAnswersOfFormsStay(t *testing.T) {
	h := adminapitest.New(t, nil)
	g := enter(t, h, h.Service, access.Owner)
	for path, form := range map[string]string{"sources/corp/check": "", "targets/wiki/check": "", "plans/plan-chat/approve": "count=wrong"} {
		if page := g.post(path, form); !strings.Contains(page.body, `id="live" data-hold="true"`) {
			t.Errorf("%s answers %d with a page that fetches itself anew", path, page.status)
		}
	}
	if page := g.get("sources/corp"); !strings.Contains(page.body, `id="live" data-hold="false"`) {
		t.Errorf("a page does not stay fresh: %d", page.status)
	}
}
