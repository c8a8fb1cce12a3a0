package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"muster/internal/run"
	"muster/internal/testserver"
)

// X2: the right to read an attribute is lost, or it is really gone: the read waits for a person, who sees whom it is about, why, and how to go on.
func TestASuspiciousReadIsReleased(t *testing.T) {
	t.Parallel()
	c, s := onSlapd(t, testserver.SlapdOptions{})
	h, w := c.settled()
	t.Log("everybody's mail is removed, and somebody is disabled")
	for _, p := range staff {
		s.Replace(dn(p[2]), "mail")
	}
	c.off(dn("ben"), true)
	h.want(3, "sync")
	w.set("ben", off)
	h.holds(w)
	hold := decode[struct {
		Holds   []run.Plan `json:"holds"`
		Waiting any        `json:"waiting"`
	}](h, 0, "hold", "list", "corp").Holds
	if len(hold) != 1 || hold[0].Class != "attributes" || hold[0].People != 16 {
		t.Fatalf("%+v", hold)
	}
	h.ok("hold", "list").says("attributes", "16", "such as")
	h.ok("status").says("Needs you", "have lost an attribute", "muster hold show")
	h.ok("hold", "show", "corp").says("clear", "anna@example.com → (empty)", "Why: The bind account probably lost", "Fix: Give the right back", "hold release "+hold[0].ID+" --confirm-count 16")

	t.Log("it is a mistake, and rejected: nothing is asked again")
	h.ok("hold", "reject", "corp", "--reason", "the mails come back")
	h.want(3, "sync")
	h.ok("hold", "list").says("Nothing waits")
	for _, p := range staff {
		s.Replace(dn(p[2]), "mail", p[2]+"@example.com")
	}
	h.step(w)

	t.Log("it is right, and released by the number of people")
	for _, p := range staff {
		s.Replace(dn(p[2]), "mail")
	}
	h.want(3, "sync")
	h.want(1, "hold", "release", "corp", "--confirm-count", "15").says("count_mismatch", "16")
	h.want(64, "hold", "release", "corp").says("--confirm-count 16")
	h.want(4, "hold", "release", "corp", "--confirm-count", "16").says("corp  done") // the wiki needs a mail: that is for the target to say
	h.ok("status").hides("have lost an attribute")
	if p := decode[showed](h, 0, "plan", "show", hold[0].ID).Plan; p.Status != run.Superseded {
		t.Errorf("the rejected hold is %s", p.Status)
	}
	h.ok("history", "--act", "hold.release").says("source corp, attributes, 16 people and groups")
}

// Design §6: a second source knows the same people: their matches are one plan.
func TestASecondSourceIsMatchedByAPerson(t *testing.T) {
	t.Parallel()
	c, s := onSlapd(t, testserver.SlapdOptions{})
	s.Add("ou=HR,"+base, map[string][]string{"objectClass": {"organizationalUnit"}})
	for _, p := range staff {
		s.Add("cn="+p[2]+",ou=HR,"+base, map[string][]string{
			"objectClass": {"inetOrgPerson"}, "uid": {"hr-" + p[2]}, "sn": {p[1]}, "givenName": {p[0]}, "mail": {strings.ToUpper(p[2]) + "@example.com"},
		})
	}
	h, w := c.settled()
	h.edit("targets:\n", fmt.Sprintf(`  - name: hr
    type: ldap
    servers: [%q]
    bind: %q
    password: {file: ldap-password}
    canary: "ou=Service,%[3]s"
    people: {base: "ou=HR,%[3]s"}
    correlate: [{person: email, expr: record.mail}]
    every: 24h
targets:
`, c.URL, c.bind, base))
	h.ok("sync", "hr").says("16 waiting")
	h.ok("status").says("16 entries are recognised as people of other sources")
	h.holds(w)
	h.ok("hold", "list").says("hr", "matches", "16")
	lines := h.ok("hold", "show", "hr").says("↔ cn=anna,ou=HR", `recognised by the rule for email: both are "ANNA@example.com"; known from corp`, "neither bound nor made second people")
	p := decode[showed](h, 0, "hold", "show", "hr")
	if len(p.Lines) != 16 {
		t.Fatalf("%d lines:\n%s", len(p.Lines), lines.out)
	}
	var paul string
	for _, l := range p.Lines {
		if l.Name == "paul" {
			paul = l.Key
		}
	}
	h.ok("hold", "reject", "hr", "--line", paul, "--reason", "another Paul")
	h.ok("hold", "release", "hr", "--confirm-count", strconv.Itoa(15))
	h.holds(w)
	h.ok("user", "show", "anna").says("corp", "hr", "cn=anna,ou=HR")
	h.ok("user", "show", "paul").hides("ou=HR")
	h.ok("hold", "list").says("Nothing waits")
	for _, who := range []string{"hr-paul", "cn=paul,ou=HR," + base} { // X3: nobody is bound to the entry
		h.ok("why", who).says("hr states cn=paul,ou=HR", "nobody here is bound: it matches paul by email, and a person rejected that", "no target receives anything of it")
	}
	h.ok("sync", "hr")
	h.ok("user", "show", "paul").hides("ou=HR")
}
