package e2e

import (
	"strings"
	"testing"

	"muster/internal/scim/scimtest"
	"muster/internal/server/adminapi"
	"muster/internal/testserver"
)

// A service that answers nonsense is not obeyed: the target stops, one alarm is raised, nothing is forgotten, and it goes on when the service is well.
func TestTheWikiAnswersNonsense(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]struct {
		kind scimtest.Kind
		code string
	}{
		"HTML":                    {scimtest.HTML, "target_foreign"},
		"401":                     {scimtest.Unauthorized, "target_credentials"},
		"404 for everything":      {scimtest.NotFound, "target_foreign"},
		"a web server's 404 page": {scimtest.Missing, "target_foreign"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := onSlapd(t, testserver.SlapdOptions{})
			h, w := c.settled()
			server := h.serve()
			h.ok("sync")

			t.Log("somebody joins, somebody changes, somebody leaves, while the service is unwell")
			h.wiki.Fail(scimtest.Fault{Kind: fault.kind})
			c.join("Quinn", "Søby", "quinn", "staff")
			c.Replace(dn("anna"), "title", "Editor")
			c.off(dn("ben"), true)
			h.want(5, "sync").says("is stopped")
			h.holds(w)
			h.want(5, "target", "test", "wiki")
			s := decode[adminapi.Status](h, 0, "status")
			if x := s.Targets[0]; x.State != "stopped" || x.Stopped.Code != fault.code || x.Stopped.Fix == "" || x.Users != 13 {
				t.Errorf("the target is %+v with %+v, want it stopped for %s, with 13 accounts", x, x.Stopped, fault.code)
			}
			open := decode[struct{ Items []adminapi.Leaver }](h, 0, "leavers").Items
			if len(open) != 1 || open[0].Name != "ben" || open[0].State != "stopped" {
				t.Errorf("open leavers: %+v, want ben behind a stopped target", open)
			}
			h.want(5, "sync", "--full")
			if n := strings.Count(server.log.String(), "level=ERROR"); n != 1 {
				t.Errorf("%d alarms, want one:\n%s", n, server.log.String())
			}

			t.Log("it is well again")
			h.wiki.Fail()
			w.Accounts["quinn"] = hired("Quinn", "Søby", "quinn")
			w.set("anna", func(a *account) { a.Title = "Editor" })
			w.set("ben", off)
			h.step(w)
			if open := strings.TrimSpace(h.ok("leavers").out); open != "" {
				t.Errorf("open leavers after the service is well again:\n%s", open)
			}
		})
	}
}

// A token that is revoked is replaced in its file, and counts at once for commands; nothing prints it.
func TestTheTokenIsReplaced(t *testing.T) {
	t.Parallel()
	c, _ := onSlapd(t, testserver.SlapdOptions{})
	h, w := c.settled()
	h.edit("token: {env: WIKI_TOKEN}", "token: {file: wiki-token}")
	h.write("wiki-token", wikiToken+"\n")
	h.step(w)
	h.wiki.SetToken("another-t0ken")
	c.off(dn("eva"), true)
	h.want(5, "sync").says("token").hides(wikiToken)
	h.answered()
	h.write("wiki-token", "another-t0ken\n")
	w.set("eva", off)
	h.step(w)
	h.write("wiki-token", "\n")
	h.want(1, "status").says("wiki-token is empty", "muster.yaml:")
}

// answered looks at what was counted of the calls to the wiki, each of which another process made: all that it was asked, those that it refused, and how much
// of the rates was used; and of the reads of corp, by base, with the floor of the trip.
func (h *house) answered() {
	h.t.Helper()
	s := decode[adminapi.TargetSeries](h, 0, "target", "history", "wiki", "--range", "1h")
	if asked := h.wiki.Requests(); s.Total.Calls != asked || s.Total.Refused == 0 || s.Total.Failed != s.Total.Refused || s.Total.P95 <= 0 || len(s.Points) == 0 {
		h.t.Errorf("the wiki was asked %d times; counted was %+v", asked, s.Total)
	}
	h.ok("target", "history").says("wiki")
	c := decode[adminapi.SourceSeries](h, 0, "source", "history", "corp", "--range", "24h")
	for _, b := range c.Bases {
		if last := b.Points[len(b.Points)-1]; last.Seen == 0 || last.Seen != last.Known || last.Floor >= last.Seen || last.Tripped > 0 {
			h.t.Errorf("of %s was counted %+v", b.Base, last)
		}
	}
}

func TestHolds(t *testing.T) {
	t.Parallel()
	c, _ := onSlapd(t, testserver.SlapdOptions{})
	h, w := c.settled()
	h.serve()
	h.ok("sync") // after the read with which the server begins

	t.Log("eleven are disabled at once; one joins and one changes: only the disables wait")
	for _, p := range staff[:11] {
		c.off(dn(p[2]), true)
	}
	c.join("Quinn", "Søby", "quinn", "staff")
	c.Replace(dn("mia"), "title", "Editor")
	w.Accounts["quinn"] = hired("Quinn", "Søby", "quinn")
	w.set("mia", func(a *account) { a.Title = "Editor" })
	h.want(4, "sync").says("muster hold list wiki")
	h.holds(w)
	h.ok("hold", "list").says("stated", "11 disables because their source says so", "the limit is 10")
	h.ok("status").says("waiting for a decision", "open leavers", "anna")
	held := decode[showed](h, 0, "hold", "show", "wiki")
	if held.Plan.People != 11 || len(held.Lines) != 11 || held.Plan.Class != "stated" {
		t.Errorf("the hold is %+v with %d lines, want 11 people", held.Plan, len(held.Lines))
	}
	h.quiet(func() {
		h.want(1, "hold", "release", "wiki", "--confirm-count", "10").says("11, not 10")
		h.want(4, "sync")
	})

	t.Log("one is closed past the hold by an operator, who thereby answers for it")
	h.ok("disable", "anna", "--reason", "now")
	w.set("anna", off)
	h.holds(w)

	t.Log("one comes back by themselves; the rest is released")
	c.off(dn("ben"), false)
	h.muster("sync")
	h.holds(w)
	p := decode[showed](h, 0, "hold", "show", "wiki").Plan
	if p.People != 9 {
		t.Errorf("the hold has %d people, want 9: one was closed, one came back", p.People)
	}
	h.ok("hold", "release", "wiki", "--confirm-count", "9")
	for _, p := range staff[2:11] {
		w.set(p[2], off)
	}
	h.step(w)

	t.Log("one hold is rejected: its people stay until the source says something else")
	for _, p := range staff[2:11] {
		c.off(dn(p[2]), false)
		w.set(p[2], on)
	}
	h.ok("enable", "anna", "--reason", "back")
	c.off(dn("anna"), false)
	w.set("anna", on)
	h.step(w)
	for _, p := range staff[:11] {
		c.off(dn(p[2]), true)
	}
	h.want(4, "sync")
	h.ok("hold", "reject", "wiki", "--reason", "a mistake at the source")
	h.quiet(func() { h.ok("sync", "--full") })
	for _, p := range staff[:11] {
		c.off(dn(p[2]), false)
	}
	h.step(w)
}

func TestPause(t *testing.T) {
	t.Parallel()
	c, _ := onSlapd(t, testserver.SlapdOptions{})
	h, w := c.settled()
	h.serve()
	h.ok("sync")
	h.ok("pause", "wiki", "--reason", "their release weekend")
	c.Replace(dn("anna"), "title", "Editor")
	h.quiet(func() { h.muster("sync") })
	h.ok("status").says("paused", "their release weekend")
	h.ok("resume", "wiki", "--reason", "over")
	w.set("anna", func(a *account) { a.Title = "Editor" })
	h.step(w)
}

// A target begins by observing, goes on with two people, and then with all. At no step it writes more than was approved.
func TestObservePilotLive(t *testing.T) {
	t.Parallel()
	c, _ := onSlapd(t, testserver.SlapdOptions{})
	h := c.house()
	h.edit("mode: live", "mode: observe")
	h.quiet(func() {
		h.ok("sync", "-c", "muster.yaml")
		h.want(2, "plan", "show", "wiki", "--detailed-exitcode").says("anna", "wiki-editors")
		h.want(1, "plan", "approve", "wiki", "--confirm-count", "15").says("only observes")
	})

	t.Log("a pilot of two")
	h.edit("mode: observe", "mode: pilot\n    pilot: [anna, ben]")
	h.quiet(func() { h.ok("sync") })
	h.approve()
	all := wikiWorld()
	w := world{Accounts: map[string]account{"anna": all.Accounts["anna"], "ben": all.Accounts["ben"]}, Groups: map[string][]string{}}
	h.step(w)
	h.quiet(func() { h.ok("sync", "--full") })
	c.Replace(dn("anna"), "title", "Editor")
	w.set("anna", func(a *account) { a.Title = "Editor" })
	h.step(w)

	t.Log("live: the rest waits for approval; the pilots are served meanwhile")
	h.edit("mode: pilot\n    pilot: [anna, ben]", "mode: live")
	c.Replace(dn("ben"), "title", "Author")
	c.Replace(dn("dan"), "title", "Editor")
	w.set("ben", func(a *account) { a.Title = "Author" })
	h.step(w)
	h.quiet(func() { h.ok("sync", "--full") })
	h.approve()
	for _, name := range []string{"anna", "dan"} {
		all.set(name, func(a *account) { a.Title = "Editor" })
	}
	all.set("ben", func(a *account) { a.Title = "Author" })
	h.step(all)

	t.Log("back to observing, and live again: what happened meanwhile is caught up with")
	h.edit("mode: live", "mode: observe")
	c.off(dn("ben"), true)
	c.join("Quinn", "Søby", "quinn", "staff")
	h.quiet(func() { h.ok("sync") })
	h.quiet(func() { h.want(2, "plan", "show", "wiki", "--detailed-exitcode").says("ben", "quinn") })
	h.edit("mode: observe", "mode: live")
	all.Accounts["quinn"] = hired("Quinn", "Søby", "quinn")
	all.set("ben", off)
	h.step(all)
}
