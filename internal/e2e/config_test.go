package e2e

import (
	"os"
	"strings"
	"testing"

	"muster/internal/cli"
	"muster/internal/server/adminapi"
	"muster/internal/testserver"
)

// Every mistake is told with its line, and with what was perhaps meant; nothing starts.
func TestCheckFindsMistakes(t *testing.T) {
	t.Parallel()
	const good = `sources:
  - name: corp
    type: ldap
    servers: ["ldap://127.0.0.1:1"]
    bind: "cn=muster"
    password: {env: LDAP_PASSWORD}
    people: {base: "ou=People"}
`
	h := newHouse(t, good, wikiTarget)
	h.ok("check", "-c", "muster.yaml").says("no canary")
	for name, c := range map[string]struct{ old, now, line, says string }{
		"unknown key":                  {"    servers: [", "    sevrers: [", ":4:", `did you mean "servers"?`},
		"unknown top-level key":        {"\nnetwork:", "\nnetork:", ":27:", `did you mean "network"?`},
		"wrong type":                   {"servers: [\"ldap://127.0.0.1:1\"]", "servers: {a: b}", ":4:", "allowed:"},
		"a password in the clear":      {"password: {env: LDAP_PASSWORD}", "password: hunter2", ":6:", "a secret must not stand in this file"},
		"no such mode":                 {"mode: live", "mode: lvie", ":11:", `did you mean "live"?`},
		"no such type":                 {"type: scim", "type: scmi", ":10:", `did you mean "scim"?`},
		"no such setting":              {`url: "URLHERE"`, `ulr: "URLHERE"`, ":12:", "settings"},
		"syntax of an expression":      {"userName: person.username", "userName: person.username +", ":17:", "userName"},
		"unknown name":                 {"userName: person.username", "userName: person.usernmae", ":17:", `username`},
		"unknown source":               {"source.corp.title", "source.crop.title", ":21:", "corp"},
		"a filter with a hole":         {`(cn=wiki-*)`, `(cn=wiki-*`, ":23:", "not an LDAP filter"},
		"a path that is none":          {"name.givenName:", "name..givenName:", ":18:", "name..givenName"},
		"YAML that is none":            {"    mode: live", "   mode: live", ":8:", "not valid YAML"},
		"a private range that is none": {"127.0.0.0/8", "127.0.0.0/99", ":27:", "127.0.0.0/99"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, good, wikiTarget)
			c.old, c.now = strings.ReplaceAll(c.old, "URLHERE", h.wiki.URL), strings.ReplaceAll(c.now, "URLHERE", h.wiki.URL)
			h.edit(c.old, c.now)
			r := h.want(1, "check", "-c", "muster.yaml").says("muster.yaml"+c.line, c.says).hides("hunter2")
			if found := decode[cli.Checked](h, 1, "check", "-c", "muster.yaml").Problems; len(found) == 0 || found[0].Line == 0 {
				t.Errorf("in JSON: %+v", found)
			}
			if lines := strings.Count(r.out, "\n"); lines > 4 {
				t.Errorf("one mistake makes %d lines:\n%s", lines, r.out)
			}
			h.want(1, "sync", "-c", "muster.yaml").says("muster.yaml"+c.line, "Nothing was started", "muster check")
		})
	}
}

// Somebody for whom a required value is missing waits with the reason; everybody else goes on. With the value they go on by themselves.
func TestARequiredValueIsMissing(t *testing.T) {
	t.Parallel()
	c, _ := onSlapd(t, testserver.SlapdOptions{})
	h := c.house()
	h.edit(`'emails[type eq "work"].value': person.email`, `'emails[type eq "work"].value': {expr: person.email, required: true}`)
	c.Replace(dn("gia"), "mail")
	w := wikiWorld()
	delete(w.Accounts, "gia")
	h.ok("sync", "-c", "muster.yaml")
	h.ok("plan", "show", "wiki").says("gia", "has no value for emails")
	h.approve()
	h.step(w)
	h.ok("hold", "list").says("gia", "has no value for emails")
	waiting := decode[struct {
		Holds   []any
		Waiting []adminapi.Waiting
	}](h, 0, "hold", "list").Waiting
	if len(waiting) != 1 || waiting[0].Name != "gia" || waiting[0].Code != "missing_value" {
		t.Errorf("waiting: %+v, want gia for a missing value", waiting)
	}
	h.ok("why", "gia", "wiki").says("required and without a value")
	h.ok("status").says("1 held")

	t.Log("one who has an account loses the value: nothing is sent about them, and they wait")
	c.Replace(dn("ida"), "mail")
	h.step(w)
	c.Replace(dn("ida"), "mail", "ida@example.com")
	c.Replace(dn("gia"), "mail", "gia@example.com")
	w.Accounts["gia"] = hired("Gia", "Rossi", "gia")
	h.step(w)
	h.ok("status").hides("held")
}

// Changed rules wait for approval as a plan that shows what they change; the old ones serve meanwhile, leavers first. Going back takes the plan back.
func TestRulesAreChanged(t *testing.T) {
	t.Parallel()
	c, _ := onSlapd(t, testserver.SlapdOptions{})
	h, w := c.settled()
	server := h.serve()
	h.ok("sync")
	server.stop()
	h.edit(`title: {expr: source.corp.title, default: "-"}`, `title: {expr: source.corp.title, default: "none"}`)
	server = h.serve()
	c.join("Quinn", "Søby", "quinn", "staff")
	c.off(dn("ben"), true)
	w.Accounts["quinn"] = hired("Quinn", "Søby", "quinn")
	w.set("ben", off)
	h.step(w)
	changed := decode[showed](h, 2, "plan", "show", "wiki", "--detailed-exitcode")
	if changed.Plan.Kind != "change" || changed.Plan.People != 13 || changed.Plan.Counts["update"] != 13 {
		t.Errorf("the plan is %+v, want 13 updates", changed.Plan)
	}
	h.ok("status").says("a plan for wiki waits for approval")

	t.Log("the old rules are taken back")
	server.stop()
	h.edit(`default: "none"`, `default: "-"`)
	server = h.serve()
	h.step(w)
	h.ok("status").hides("waits for approval")
	h.want(1, "plan", "approve", changed.Plan.ID, "--confirm-count", "13").says("superseded")
	server.stop()

	t.Log("and made for good")
	h.edit(`default: "-"`, `default: "none"`)
	h.serve()
	h.ok("sync")
	h.approve()
	for name := range w.Accounts {
		if name != "ben" { // closed accounts are left alone
			w.set(name, func(a *account) { a.Title = "none" })
		}
	}
	h.step(w)
}

// A data folder has one Muster at a time. Who comes second is told so, and told how to talk to the first.
func TestTwoOnOneDataFolder(t *testing.T) {
	t.Parallel()
	c, _ := onSlapd(t, testserver.SlapdOptions{})
	h, w := c.settled()
	first := h.serve()
	second := h.launch()
	<-second.ended
	if text := second.log.String(); second.cmd.ProcessState.ExitCode() != 1 || !strings.Contains(text, "another Muster works in the data folder") || !strings.Contains(text, "muster status") {
		t.Errorf("the second ended with %d:\n%s", second.cmd.ProcessState.ExitCode(), text)
	}
	h.step(w)
	first.stop()
	h.step(w)
	h.write("elsewhere", "")
	h.want(1, "status", "-d", "nowhere").says("there is no configuration")
	h.want(1, "status", "-d", "elsewhere")
}

// X6, X11: a target that is dropped from the configuration keeps its accounts as they are, and whoever leaves then stays on the list of open leavers.
func TestDroppedTargetDeactivatesNobody(t *testing.T) {
	t.Parallel()
	c, _ := onSlapd(t, testserver.SlapdOptions{})
	h, w := c.settled()
	text, err := os.ReadFile(h.path("muster.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	sources, _, _ := strings.Cut(string(text), "\ntargets:")
	h.write("muster.yaml", sources+"\n")
	c.off(dn("ben"), true)
	h.quiet(func() { h.ok("sync", "-c", "muster.yaml") })
	h.ok("leavers").says("ben", "wiki", "not configured any more")

	h.write("muster.yaml", string(text))
	w.set("ben", off)
	h.ok("sync", "-c", "muster.yaml")
	h.step(w)
	h.ok("leavers").hides("ben")
}
