package e2e

import (
	"strings"
	"testing"

	"muster/internal/attr"
	"muster/internal/plan"
	"muster/internal/scim"
	"muster/internal/server/adminapi"
	"muster/internal/testserver"
)

// X3: for people in and out of scope, for those who wait, and for groups: the deciding rule in the first line, and what it rests on.
func TestWhy(t *testing.T) {
	t.Parallel()
	c, s := onSlapd(t, testserver.SlapdOptions{})
	h, _ := c.settled()
	first := func(args ...string) string {
		line, _, _ := strings.Cut(h.ok(append([]string{"why"}, args...)...).out, "\n")
		return line
	}
	says := func(want string, args ...string) {
		t.Helper()
		if got := first(args...); got != want {
			t.Errorf("why %v says\n%s\nwant\n%s", args, got, want)
		}
	}
	wiki := group("wiki")
	says("anna belongs at wiki: is a member of "+wiki+" (directly or through a group).", "anna")
	says("nils does not belong at wiki: is not a member of "+wiki+" (directly or through a group).", "nils", "wiki")
	says("wiki-editors belongs at wiki: the filter (cn=wiki-*) matches "+group("wiki-editors")+".", "wiki-editors")
	says("staff does not belong at wiki: the filter (cn=wiki-*) does not match.", "staff")

	x := decode[adminapi.Explanation](h, 0, "why", "anna", "wiki")
	at := x.Targets[0]
	if strings.Join(at.Path, "|") != group("staff")+"|"+wiki {
		t.Errorf("anna is in the scope by %q", at.Path)
	}
	if len(at.Rules) != 1 || at.Rules[0].Rule != "group" || at.Rules[0].Result != plan.In || !strings.Contains(at.Rules[0].At, "muster.yaml:") {
		t.Errorf("rules: %+v", at.Rules)
	}
	if len(at.Tried) != 1 || at.Tried[0].By != "userName" || at.Tried[0].Value != "anna" || len(at.Tried[0].Found) > 1 {
		t.Errorf("tried: %+v", at.Tried)
	}
	for _, v := range at.Values {
		if v.Path == "name.familyName" && (len(v.Inputs) != 1 || v.Inputs[0].Name != "person.familyName" && v.Inputs[0].Name != "person.familyname" || v.Inputs[0].Values.First() != "Ek") {
			t.Errorf("the family name came from %+v", v.Inputs)
		}
	}
	if len(x.Origins) == 0 || !x.Origins[0].Won || x.Origins[0].Source != "corp" || len(at.Calls) == 0 || at.Mode != "live" {
		t.Errorf("origins %+v, calls %+v, mode %s", x.Origins, at.Calls, at.Mode)
	}
	out := decode[adminapi.Explanation](h, 0, "why", "nils", "wiki").Targets[0]
	if out.Scope != plan.Out || len(out.Rules) != 1 || out.Rules[0].Result != plan.Out || out.Link != nil {
		t.Errorf("nils: %+v", out)
	}

	t.Log("accounts that are nobody's, and accounts by their ids")
	ids, err := h.wiki.Seed([]scim.Resource{{"userName": "intern7", "active": true}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	h.ok("sync", "--full")
	for _, who := range []string{"intern7", ids[0]} {
		h.ok("why", who).says("The account "+ids[0]+" (intern7) at wiki is active and nobody's here", "Muster leaves it alone", "muster disable --account wiki:"+ids[0], "userName = intern7")
	}
	bare := decode[adminapi.Explanation](h, 0, "why", "intern7", "wiki").Accounts
	if len(bare) != 1 || string(bare[0].Remote) != ids[0] || !bare[0].Active || bare[0].Seen.IsZero() {
		t.Errorf("the bare account is %+v", bare)
	}
	h.ok("link", "set", "wiki", "nils", ids[0], "--reason", "a try")
	h.ok("why", ids[0]).says("nils")
	h.ok("link", "drop", "wiki", "nils", "--reason", "it was wrong")
	h.ok("why", ids[0], "wiki").says("took it apart from nils: it was wrong", "nobody's here")

	t.Log("what keeps it from being done")
	s.Replace(dn("anna"), "mail", "anna.ek@example.com")
	h.ok("sync", "corp")
	h.ok("pause", "wiki", "--reason", "the wiki moves")
	c.off(dn("ben"), true)
	h.want(1, "sync", "corp").says("paused")
	says("ben belongs at wiki, but not active: corp states that they are disabled; in scope because is a member of "+wiki+" (directly or through a group); the target is paused: the wiki moves.", "ben")
	ben := decode[adminapi.Explanation](h, 0, "why", "ben").Targets[0]
	if ben.Paused == nil || len(ben.Lines) == 0 || ben.Lines[0].Verb != plan.DisableUser {
		t.Errorf("ben: %+v", ben)
	}
	h.want(1, "disable", "dan", "--reason", "lost laptop").says("paused") // ordered, and not confirmed
	if got := first("dan"); !strings.Contains(got, "dan is closed at wiki: ") || !strings.Contains(got, "(lost laptop)") {
		t.Errorf("dan: %s", got)
	}
	for _, d := range decode[adminapi.Explanation](h, 0, "why", "anna").Targets[0].Differs {
		if d.Path == attr.Path(`emails[type eq "work"].value`) && !d.Same && d.Want.First() != "anna.ek@example.com" {
			t.Errorf("differs: %+v", d)
		}
	}
	h.want(1, "why", "nobody").says("not_found")
	h.want(1, "why", "anna", "wikki").says("not_found", "wiki")
}
