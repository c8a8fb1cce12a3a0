package console_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"muster/internal/access"
	"muster/internal/secret"
	"muster/internal/server/adminapi/adminapitest"
	"muster/internal/server/console"
)

// send sends a form, or with none opens a page, and follows no redirect.
func send(t *testing.T, address string, form url.Values) (*http.Response, string) {
	t.Helper()
	method, body := http.MethodGet, ""
	if form != nil {
		method, body = http.MethodPost, form.Encode()
	}
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}

// I4: links that do not work all look the same, and too many of them are held up; one that works never is.
func TestInvitationGuesses(t *testing.T) {
	h := adminapitest.New(t, nil)
	srv := httptest.NewServer(console.New(console.Config{Service: h.Service, Keeper: h.Keeper}))
	defer srv.Close()
	id := h.Person(access.Helpdesk)
	link, _, err := h.Keeper.Invite(t.Context(), id, 0, "olivia", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	page := srv.URL + console.InvitationPath + "?token="
	slow, first := 0, ""
	for i := range 80 {
		res, text := send(t, page+strings.Repeat("A", i), nil)
		switch {
		case res.StatusCode == http.StatusTooManyRequests && res.Header.Get("Retry-After") != "":
			slow++
		case first == "":
			first = text
		case res.StatusCode != http.StatusNotFound || text != first:
			t.Fatalf("%d %s", res.StatusCode, text)
		}
	}
	if slow == 0 {
		t.Error("guessing is never held up")
	}
	if res, text := send(t, page+link.Reveal(), nil); res.StatusCode != http.StatusOK || !strings.Contains(text, "Choose your password") {
		t.Errorf("guesses of others keep somebody out: %d", res.StatusCode)
	}
	form := url.Values{"token": {link.Reveal()}, "password": {"correct horse battery"}, "again": {"correct horse batter"}}
	if res, text := send(t, srv.URL+console.InvitationPath, form); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text, "differ") {
		t.Errorf("%d %s", res.StatusCode, text)
	}
}

var codeField = regexp.MustCompile(`name="code" value="([A-Z0-9]+)"`)

// I2: who signs in with a password that has expired chooses another one on the way.
func TestExpiredPassword(t *testing.T) {
	h := adminapitest.New(t, nil)
	srv := httptest.NewServer(console.New(console.Config{Service: h.Service, Keeper: h.Keeper}))
	defer srv.Close()
	id := h.Person(access.Helpdesk)
	link, _, err := h.Keeper.Invite(t.Context(), id, 0, "olivia", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	name, err := h.Keeper.Accept(t.Context(), link.Reveal(), secret.New("correct horse battery"))
	if err != nil {
		t.Fatal(err)
	}
	h.Keeper.PasswordLife = 24 * time.Hour
	h.Keeper.Now = func() time.Time { return adminapitest.Now.Add(48 * time.Hour) }
	res, text := send(t, srv.URL+console.Root+"sign-in", url.Values{"name": {name}, "password": {"correct horse battery"}})
	code := codeField.FindStringSubmatch(text)
	if res.StatusCode != http.StatusForbidden || !strings.Contains(text, "has expired") || code == nil || res.Header.Get("Set-Cookie") != "" {
		t.Fatalf("%d %s", res.StatusCode, text)
	}
	form := url.Values{"code": {code[1]}, "name": {name}, "expired": {"1"}}
	if res, text := send(t, srv.URL+console.Root+"welcome", form); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text, "has expired") {
		t.Errorf("in without another password: %d %s", res.StatusCode, text)
	}
	form["password"], form["again"] = []string{"another horse battery"}, []string{"another horse battery"}
	if res, _ := send(t, srv.URL+console.Root+"welcome", form); res.StatusCode != http.StatusSeeOther || res.Header.Get("Set-Cookie") == "" {
		t.Errorf("%d", res.StatusCode)
	}
}
