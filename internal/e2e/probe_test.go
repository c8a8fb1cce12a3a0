package e2e

import (
	"slices"
	"strings"
	"testing"

	"muster/internal/connector"
	"muster/internal/scim/scimtest"
	"muster/internal/server/adminapi"
)

const deadSource = `sources:
  - name: corp
    type: ldap
    servers: ["ldap://127.0.0.1:1"]
    bind: "cn=muster"
    password: {env: LDAP_PASSWORD}
    people: {base: "ou=People"}
`

// cloudHouse is a house whose wiki is the sandbox of a vendor.
func cloudHouse(t *testing.T, dialect string, c scimtest.Config) *house {
	t.Helper()
	h := newHouse(t, deadSource, wikiTarget)
	c.Vendor, c.Token, c.Speed = scimtest.Vendor(dialect), wikiToken, 1000
	was := h.wiki.URL
	h.wiki = scimtest.NewServer(t, c)
	h.edit("type: scim", "type: "+dialect)
	h.edit(was, h.wiki.URL)
	return h
}

func finding(c adminapi.TargetCheck, name string) connector.Finding {
	i := slices.IndexFunc(c.Facts, func(f connector.Fact) bool { return f.Name == name })
	if i < 0 {
		return ""
	}
	return c.Facts[i].Finding
}

// P11: a test of a target tells what is written of the service and what this tenant shows; it is kept, and the target is served accordingly.
func TestATargetIsTested(t *testing.T) {
	t.Parallel()
	h := cloudHouse(t, "atlassian", scimtest.Config{})
	if v := decode[adminapi.TargetView](h, 0, "target", "show", "-c", "muster.yaml", "wiki"); v.Check != nil {
		t.Errorf("a target that was never tested shows %+v", v.Check)
	}
	first := decode[adminapi.TargetCheck](h, 0, "target", "test", "-c", "muster.yaml", "wiki")
	if got := finding(first, "create_disabled"); got != connector.Unverified || len(h.wiki.Writes()) > 0 {
		t.Errorf("without an account, create_disabled is %q after %d writes", got, len(h.wiki.Writes()))
	}
	if !first.Features.DisabledGone {
		t.Error("Atlassian is not expected to hide disabled accounts, though its older text says so")
	}
	h.ok("target", "test", "-c", "muster.yaml", "wiki", "--probe-account", "muster-probe@example.com").says("create_disabled", "verified", "contradicted").hides(wikiToken)
	if n := len(h.wiki.Snapshot().Users); n != 0 {
		t.Errorf("%d accounts are left", n)
	}
	v := decode[adminapi.TargetView](h, 0, "target", "show", "-c", "muster.yaml", "wiki")
	if v.Check == nil || finding(*v.Check, "disabled_gone") != connector.Contradicted || v.Check.Features.DisabledGone || v.Check.Account == "" {
		t.Fatalf("shown afterwards: %+v", v.Check)
	}
	h.ok("target", "show", "-c", "muster.yaml", "wiki").says("Tested", "disabled_gone", "contradicted")
	again := decode[adminapi.TargetCheck](h, 0, "target", "test", "-c", "muster.yaml", "wiki")
	if finding(again, "create_disabled") != connector.Verified || again.Features.DisabledGone {
		t.Errorf("a later test without an account forgot what was shown: %+v", again)
	}
	h.want(5, "target", "test", "-c", "muster.yaml", "wiki", "--probe-account", "nonsense").says("proved nothing")
	h.ok("pause", "-c", "muster.yaml", "wiki", "--reason", "audit")
	h.want(1, "target", "test", "-c", "muster.yaml", "wiki", "--probe-account", "muster-probe@example.com").says("is paused")
}

// P6, P11: an account that cannot be deleted stays as a disabled one, and the test names it.
func TestATestThatLeavesSomething(t *testing.T) {
	t.Parallel()
	h := cloudHouse(t, "slack", scimtest.Config{})
	r := h.ok("target", "test", "-c", "muster.yaml", "wiki", "--probe-account", "muster-probe@example.com")
	users := h.wiki.Snapshot().Users
	if len(users) != 1 || users[0].Active {
		t.Fatalf("accounts: %+v, want one that is disabled", users)
	}
	r.says("remains at the service as "+users[0].ID, "Slack deletes no accounts")
}

// P6: check refuses to delete accounts where the service has no delete.
func TestCheckRefusesADeleteThatIsNotThere(t *testing.T) {
	t.Parallel()
	for dialect, why := range map[string]string{"slack": "deletes no accounts", "atlassian": "", "meisterplan": "", "aws": "", "scim": ""} {
		h := newHouse(t, deadSource, strings.Replace(wikiTarget, "type: scim", "type: "+dialect, 1))
		h.edit("when_removed: disable", "when_removed: delete")
		if why == "" {
			h.ok("check", "-c", "muster.yaml")
			continue
		}
		h.want(1, "check", "-c", "muster.yaml").says("when_removed", why)
	}
	h := newHouse(t, deadSource, wikiTarget)
	h.edit("when_removed: disable", "when_removed: delete")
	h.edit(`settings: {`, `settings: {delete: none, `)
	h.want(1, "check", "-c", "muster.yaml").says("when_removed", "deletes no accounts")
}
