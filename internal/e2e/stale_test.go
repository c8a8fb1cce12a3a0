package e2e

import (
	"strconv"
	"testing"

	"muster/internal/run"
	"muster/internal/scim/scimtest"
	"muster/internal/testserver"
)

// X1: what was approved, and does not hold any more when it is to be carried out, is not: of a plan that is all or nothing, nothing is; else what would be done
// instead is a follow-up plan. And what failed is tried again when somebody says so.
func TestPlansThatDoNotHoldAnyMore(t *testing.T) {
	t.Parallel()
	c, s := onSlapd(t, testserver.SlapdOptions{})
	h, w := c.settled()
	shown := func() map[string]string {
		out := map[string]string{}
		for _, u := range h.wiki.Snapshot().Users {
			if name := u.Resource.Text("displayName"); name != "" {
				out[u.UserName] = name
			}
		}
		return out
	}
	// overtaken approves the plan that waits, while the directory changes before it can be carried out.
	overtaken := func(who, now string, more ...string) {
		t.Helper()
		p := decode[showed](h, 0, "plan", "show", "wiki").Plan
		h.ok("pause", "wiki", "--reason", "the directory changes")
		h.want(1, append([]string{"plan", "approve", p.ID, "--confirm-count", strconv.Itoa(p.People)}, more...)...).says(p.ID+" approved", "paused")
		s.Replace(dn(who), "displayName", now)
		h.want(1, "sync", "corp").says("paused")
		h.ok("resume", "wiki", "--reason", "it has")
		h.muster("sync", "wiki")
	}
	h.edit("    groups:\n      from", "        displayName: person.name\n    groups:\n      from")
	h.muster("sync", "--full")

	t.Log("all or nothing")
	h.quiet(func() { overtaken("anna", "Anna the First", "--all-or-nothing") })
	h.ok("history").says("change.stale", "all or nothing")
	h.ok("plan", "show", "wiki").says("[stale]")
	if p := decode[showed](h, 0, "plan", "show", "wiki").Plan; p.Status != run.Waiting || p.People != 12 {
		t.Fatalf("the plan is %+v, want that it waits again, without the line that does not hold", p)
	}

	t.Log("what holds, and a follow-up plan about the rest")
	overtaken("ben", "Ben the Second")
	if got := shown(); len(got) != len(w.Accounts)-1 || got["anna"] != "Anna the First" || got["ben"] != "" {
		t.Errorf("names at the wiki: %v, want everybody's but ben's", got)
	}
	holds := decode[waiting](h, 0, "hold", "list", "wiki").Holds
	if len(holds) != 1 || holds[0].Class != "follow-up" || holds[0].People != 1 {
		t.Fatalf("holds: %+v, want one of what would be done instead", holds)
	}
	h.ok("hold", "show", holds[0].ID).says("ben", "Ben the Second")
	h.ok("hold", "release", holds[0].ID, "--confirm-count", "1")
	if got := shown()["ben"]; got != "Ben the Second" {
		t.Errorf("ben is called %q", got)
	}
	h.holds(w)

	t.Log("tried again when somebody says so")
	h.ok("retry").says("Nothing waits to be tried again")
	h.wiki.Fail(scimtest.Fault{Kind: scimtest.ServerError, Method: "PATCH"})
	s.Replace(dn("cleo"), "displayName", "Cleo the Third")
	h.muster("sync")
	for range 3 { // so that it would be some time before it is tried again by itself
		h.muster("retry", "cleo")
	}
	h.ok("why", "cleo").says("retrying")
	h.wiki.Fail()
	h.ok("retry", "cleo").says("Tried again: 1 wiki")
	if got := shown()["cleo"]; got != "Cleo the Third" {
		t.Errorf("cleo is called %q", got)
	}
}
