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

// A shown page is what came back.
type shown struct {
	status int
	header http.Header
	text   string
}

// send sends a form, or with none opens a page, and follows no redirect.
func send(t *testing.T, address string, form url.Values) shown {
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
	return shown{res.StatusCode, res.Header, string(text)}
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
		p := send(t, page+strings.Repeat("A", i), nil)
		switch {
		case p.status == http.StatusTooManyRequests && p.header.Get("Retry-After") != "":
			slow++
		case first == "":
			first = p.text
		case p.status != http.StatusNotFound || p.text != first:
			t.Fatalf("%d %s", p.status, p.text)
		}
	}
	if slow == 0 {
		t.Error("guessing is never held up")
	}
	if p := send(t, page+link.Reveal(), nil); p.status != http.StatusOK || !strings.Contains(p.text, "Choose your password") {
		t.Errorf("guesses of others keep somebody out: %d", p.status)
	}
	form := url.Values{"token": {link.Reveal()}, "password": {"correct horse battery"}, "again": {"correct horse batter"}}
	if p := send(t, srv.URL+console.InvitationPath, form); p.status != http.StatusUnprocessableEntity || !strings.Contains(p.text, "differ") {
		t.Errorf("%d %s", p.status, p.text)
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
	in := send(t, srv.URL+console.Root+"sign-in", url.Values{"name": {name}, "password": {"correct horse battery"}})
	code := codeField.FindStringSubmatch(in.text)
	if in.status != http.StatusForbidden || !strings.Contains(in.text, "has expired") || code == nil || in.header.Get("Set-Cookie") != "" {
		t.Fatalf("%d %s", in.status, in.text)
	}
	form := url.Values{"code": {code[1]}, "name": {name}, "expired": {"1"}}
	if p := send(t, srv.URL+console.Root+"welcome", form); p.status != http.StatusUnprocessableEntity || !strings.Contains(p.text, "has expired") {
		t.Errorf("in without another password: %d %s", p.status, p.text)
	}
	form["password"], form["again"] = []string{"another horse battery"}, []string{"another horse battery"}
	if p := send(t, srv.URL+console.Root+"welcome", form); p.status != http.StatusSeeOther || p.header.Get("Set-Cookie") == "" {
		t.Errorf("%d", p.status)
	}
}
