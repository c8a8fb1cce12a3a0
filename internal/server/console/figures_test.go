package console_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/internal/server/adminapi/adminapitest"
	"muster/internal/server/console"
)

// What all scripts and styles may weigh together, compressed.
const mostBytes = 250_000

// U5: all scripts and styles together stay small.
func TestWeight(t *testing.T) {
	sum := 0
	files, err := filepath.Glob("assets/*")
	if err != nil || len(files) < 4 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, _ = z.Write(b)
		_ = z.Close()
		sum += packed.Len()
	}
	t.Logf("%d bytes", sum)
	if sum > mostBytes {
		t.Errorf("scripts and styles are %d bytes, compressed, at most %d are meant", sum, mostBytes)
	}
}

func server(t *testing.T) *httptest.Server {
	h := adminapitest.New(t, nil)
	srv := httptest.NewServer(console.New(console.Config{Service: h.Service, Keeper: h.Keeper}))
	t.Cleanup(srv.Close)
	return srv
}

// An answer is what came back.
type answer struct {
	status int
	head   http.Header
	body   string
}

// call asks without following redirects.
func call(t *testing.T, method, url string, head map[string]string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader("name=owner&password=x"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for k, v := range head {
		req.Header.Set(k, v)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		return answer{res.StatusCode, res.Header, ""}
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(body)}
}

// S23: every answer carries the policy, and no page has a script or style of its own text.
func TestHeaders(t *testing.T) {
	srv := server(t)
	for _, path := range []string{"/console/sign-in", "/console/", "/console/live", "/console/assets/console.js", "/console/nowhere", "/", "/console/welcome?code=x"} {
		res := call(t, http.MethodGet, srv.URL+path, nil)
		body := res.body
		csp := res.head.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") || res.head.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s has the headers %v", path, res.head)
		}
		if strings.Contains(body, "<script>") || strings.Contains(body, "<style") || strings.Contains(body, " style=") || strings.Contains(body, " onclick") {
			t.Errorf("%s has a script or style in its text", path)
		}
	}
}

// S14, X13: nobody acts from another site, nobody acts without being signed in, and looking changes nothing.
func TestStrangers(t *testing.T) {
	srv := server(t)
	for _, path := range []string{"plans/plan-chat/approve", "people/0olivia0000000000000000000/close", "pause", "targets/wiki/pause", "sync"} {
		res := call(t, http.MethodPost, srv.URL+"/console/"+path, nil)
		if to := res.head.Get("Location"); res.status != http.StatusSeeOther || !strings.HasPrefix(to, "/console/sign-in") {
			t.Errorf("%s without a session: %d to %q", path, res.status, to)
		}
		res = call(t, http.MethodPost, srv.URL+"/console/"+path, map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"})
		if res.status != http.StatusForbidden {
			t.Errorf("%s from another site: %d", path, res.status)
		}
		if res = call(t, http.MethodGet, srv.URL+"/console/"+path, nil); res.status == http.StatusOK {
			t.Errorf("%s can be done by looking", path)
		}
	}
	if res := call(t, http.MethodPost, srv.URL+"/console/sign-in", map[string]string{"Sec-Fetch-Site": "cross-site"}); res.status != http.StatusForbidden {
		t.Errorf("sign-in from another site: %d", res.status)
	}
	if res := call(t, http.MethodPost, srv.URL+"/console/sign-in?to=https://evil.example", nil); res.status != http.StatusUnauthorized || res.head.Get("Set-Cookie") != "" {
		t.Errorf("a wrong password: %d %v", res.status, res.head)
	}
}
