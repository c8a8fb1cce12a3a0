package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"muster/internal/scim"
	"muster/internal/server/adminapi"
	"muster/internal/testserver"
)

// What somebody changes at the wiki by hand is left alone and told of, or undone, as the configuration says. Strangers there are nobody's business.
func TestChangesMadeByHand(t *testing.T) {
	t.Parallel()
	c, _ := onSlapd(t, testserver.SlapdOptions{})
	h, w := c.settled()
	h.edit("mode: live", "mode: live\n    drift: report")
	h.ok("sync")
	h.approve()
	h.holds(w)
	h.ok("drift").says("Nothing was changed by hand")

	t.Log("an account is changed by hand")
	mia, _ := h.wiki.Snapshot().User("mia")
	h.byHand(mia.ID, "title", "Queen")
	h.quiet(func() { h.ok("sync", "--full") })
	h.ok("status").says("1 changed by hand at wiki", "muster drift wiki")
	h.ok("drift", "wiki").says("mia", "title", "Queen", "stays")
	got := decode[struct{ Items []adminapi.Drift }](h, 0, "drift").Items
	if len(got) != 1 || got[0].Wanted != "-" || got[0].Found != "Queen" || got[0].Since.IsZero() || got[0].Repairs {
		t.Errorf("drift: %+v", got)
	}

	t.Log("what changes at the source is written all the same")
	c.Replace(dn("anna"), "title", "Editor")
	w.set("anna", func(a *account) { a.Title = "Editor" })
	w.set("mia", func(a *account) { a.Title = "Queen" })
	h.step(w)

	t.Log("from now on it is undone")
	h.edit("drift: report", "drift: repair")
	h.ok("sync")
	h.ok("plan", "show", "wiki").says("Queen")
	h.approve()
	w.set("mia", func(a *account) { a.Title = "-" })
	h.holds(w)
	h.ok("drift").says("Nothing was changed by hand")
}

// byHand changes an account at the wiki as its administrator would.
func (h *house) byHand(id, path, value string) {
	h.t.Helper()
	body := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":%q,"value":%q}]}`, path, value)
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodPatch, h.wiki.URL+"/Users/"+id, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+wikiToken)
	req.Header.Set("Content-Type", scim.MediaType)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode >= http.StatusMultipleChoices {
		h.t.Fatalf("a change by hand was answered with %s", res.Status)
	}
}
