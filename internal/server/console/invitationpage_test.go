package console_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/secret"
	"muster/internal/server/adminapi/adminapitest"
	"muster/internal/server/console"
	"muster/internal/server/console/browsertest"
)

// I4, U1: somebody who is invited chooses a password in a browser: a link that is open, passwords that differ or are too simple, the password set; and then links that were
// used, are too old, or died with the account, which all look the same. Every page fits a phone, and axe finds nothing serious, in both themes.
func TestInvitationPage(t *testing.T) {
	h := adminapitest.New(t, nil)
	now := adminapitest.Now
	h.Keeper.Now = func() time.Time { return now }
	srv := httptest.NewServer(console.New(console.Config{Service: h.Service, Keeper: h.Keeper}))
	defer srv.Close()
	tab := browsertest.Open(t, srv.URL)
	tab.Allow("422 (Unprocessable Entity)") // of a password that is not good
	tab.Allow("404 (Not Found)")            // of links that do not work
	id := h.Person(access.Helpdesk)
	invite := func(who directory.ID) string {
		t.Helper()
		link, _, err := h.Keeper.Invite(t.Context(), who, 0, "olivia", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return console.InvitationPath + "?token=" + link.Reveal()
	}
	open := invite(id)
	tab.Go(open)
	tab.Says("Choose your password")
	tab.Says("helpdesk")
	survey(t, &site{Tab: tab}, "invitation")

	try := func(password, again string) {
		t.Helper()
		browsertest.Eval[bool](tab, `document.querySelector("[name=password]").removeAttribute("minlength"), true`) // what the server says is what is looked at
		tab.Type("password", password)
		tab.Type("again", again)
		tab.Press("Set it")
	}
	try("correct horse battery", "correct horse batter")
	tab.Says("The two passwords differ")
	survey(t, &site{Tab: tab}, "invitation-differ")
	try("short", "short")
	tab.Says("Not a good password")
	if browsertest.Eval[string](tab, `document.querySelector("[name=password]").value`) != "" {
		t.Error("a password comes back in a page")
	}
	survey(t, &site{Tab: tab}, "invitation-weak")
	try("correct horse battery", "correct horse battery")
	tab.Says("Your password is set")
	if strings.Contains(browsertest.Eval[string](tab, "document.documentElement.outerHTML"), strings.TrimPrefix(open, console.InvitationPath+"?token=")) {
		t.Error("the link stands in the page that thanks for it")
	}
	survey(t, &site{Tab: tab}, "invitation-done")

	late, dead := invite(h.Person(access.Operator)), invite(h.Person(access.Auditor))
	err := h.Keeper.Store.Update(t.Context(), "test", func(tx directory.Tx) error {
		o, err := tx.Object(t.Context(), h.Person(access.Auditor))
		o.State, o.Epoch = directory.Disabled, o.Epoch+1
		if err == nil {
			err = tx.PutObjects(t.Context(), o)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	gone := func(name, link string) {
		t.Helper()
		tab.Go(link)
		tab.Says("This link does not work")
		said[tab.Text()] = true
		if browsertest.Eval[int](tab, `document.querySelectorAll("form").length`) != 0 {
			t.Errorf("%s: there is a form", name)
		}
	}
	gone("used", open)
	survey(t, &site{Tab: tab}, "invitation-gone")
	gone("dead", dead)
	now = now.Add(2 * time.Hour)
	gone("expired", late)
	gone("unknown", console.InvitationPath+"?token=AAAA")
	if len(said) != 1 {
		t.Errorf("links that do not work can be told apart: %v", said)
	}
	if _, err := h.Keeper.Accept(t.Context(), strings.TrimPrefix(late, console.InvitationPath+"?token="), secret.New("correct horse battery")); err == nil {
		t.Error("an expired link sets a password")
	}
}
