package e2e

import (
	"strconv"
	"strings"
	"testing"

	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/testserver"
)

// settled is a house whose wiki is in step with the company, with no server running: commands work by themselves.
func (c *company) settled() (*house, world) {
	c.t.Helper()
	h, w := c.house(), wikiWorld()
	h.ok("sync", "-c", "muster.yaml")
	h.approve()
	h.holds(w)
	return h, w
}

// approve approves the plan of the wiki that waits.
func (h *house) approve() {
	h.t.Helper()
	p := decode[showed](h, 0, "plan", "show", "wiki").Plan
	h.ok("plan", "approve", p.ID, "--confirm-count", strconv.Itoa(p.People))
}

// incomplete checks that a read that fails says so and changes nothing, and that the next good one heals.
func (h *house) incomplete(w world, code string, texts ...string) {
	h.t.Helper()
	h.quiet(func() { h.want(3, "sync").says(texts...) })
	h.holds(w)
	last := decode[struct{ Items []run.Run }](h, 0, "runs", "corp").Items[0]
	if p := last.Problem; p == nil {
		h.t.Errorf("the run is %+v, without a problem", last)
	} else if p.Code != code || p.Fix == "" || p.Now == "" {
		h.t.Errorf("the problem is %s: %+v, want the code %s, what it means and how to fix it", p.Code, *p, code)
	}
	h.ok("status").says("corp not read whole")
	if open := decode[struct{ Items []adminapi.Leaver }](h, 0, "leavers").Items; len(open) > 0 {
		h.t.Errorf("a read that failed makes leavers: %+v", open)
	}
}

func TestSlapdMeetsItsSizeLimit(t *testing.T) {
	t.Parallel()
	c, s := onSlapd(t, testserver.SlapdOptions{})
	h, w := c.settled()
	s.Restart(testserver.SlapdOptions{MemberOf: true, TotalLimit: 7})
	h.incomplete(w, "source_size_limit", "size limit")
	s.Restart(testserver.SlapdOptions{MemberOf: true, PageLimit: 3})
	h.incomplete(w, "source_size_limit", "page_size")
	h.edit("    every: 24h", "    every: 24h\n    page_size: 3")
	h.step(w)
}

func TestSlapdRefusesTheBind(t *testing.T) {
	t.Parallel()
	c, s := onSlapd(t, testserver.SlapdOptions{})
	h, w := c.settled()
	h.write("ldap-password", "outdated\n")
	h.incomplete(w, "source_bind", "was not let in")
	h.want(3, "source", "test", "corp").says("was not let in", "check bind and password").hides("outdated", c.secret)
	h.write("ldap-password", "")
	h.want(3, "source", "test", "corp").says("ldap-password is empty")
	h.quiet(func() { h.want(3, "sync").says("ldap-password is empty") })
	h.write("ldap-password", c.secret)
	h.step(w)

	s.Stop()
	h.incomplete(w, "source_connect", "connection refused")
	h.want(3, "source", "test", "corp").says("connection refused")
	s.Start()
	h.step(w)
}

func TestWrongBases(t *testing.T) {
	t.Parallel()
	c, s := onSlapd(t, testserver.SlapdOptions{})
	h, w := c.settled()
	s.Add("ou=Empty,"+base, map[string][]string{"objectClass": {"organizationalUnit"}})
	for base, code := range map[string]string{"ou=Peple,": "source_base", "ou=Empty,": "source_empty"} {
		h.edit(`people: {base: "ou=People,`, `people: {base: "`+base)
		h.incomplete(w, code, base)
		h.edit(`people: {base: "`+base, `people: {base: "ou=People,`)
		h.step(w)
	}
	h.edit(`canary: "ou=Service,`, `canary: "ou=Service,ou=Nowhere,`)
	h.incomplete(w, "source_canary", "ou=Nowhere")
}

// Somebody tightens the access rules: the entries are there, and Muster does not see them any more.
func TestSlapdHidesEntries(t *testing.T) {
	t.Parallel()
	c, s := onSlapd(t, testserver.SlapdOptions{})
	h, w := c.settled()
	hide := func(names ...string) {
		o := testserver.SlapdOptions{MemberOf: true}
		for _, n := range names {
			o.Access = append(o.Access, `to dn.base="`+dn(n)+`" by * none`)
		}
		s.Restart(o)
	}
	t.Log("three: nobody is closed; they are looked for one by one, and listed")
	hide("anna", "dan", "leo")
	h.quiet(func() { h.ok("sync") })
	h.holds(w)
	open := decode[struct{ Items []adminapi.Leaver }](h, 0, "leavers").Items
	if len(open) != 3 || open[0].State != "missing" {
		t.Errorf("open leavers: %+v, want three who are missing", open)
	}

	t.Log("seven: the read is not believed")
	hide("anna", "dan", "leo", "ben", "eva", "ida", "kim", "gia", "jo", "cleo")
	h.quiet(func() { h.want(3, "sync").says("suddenly missing") })
	h.holds(w)

	t.Log("all of them, with their OU")
	s.Restart(testserver.SlapdOptions{MemberOf: true, Access: []string{`to dn.subtree="ou=People,` + base + `" by * none`}})
	h.quiet(func() { h.want(3, "sync") })
	h.holds(w)

	t.Log("the groups")
	s.Restart(testserver.SlapdOptions{MemberOf: true, Access: []string{`to dn.base="` + group("wiki") + `" by * none`, `to dn.base="` + group("wiki-editors") + `" by * none`}})
	h.quiet(func() { h.ok("sync") })
	h.holds(w)

	hide()
	h.step(w)
	if open := strings.TrimSpace(h.ok("leavers").out); open != "" {
		t.Errorf("all are back, and open leavers are listed:\n%s", open)
	}
}

// Somebody takes the right to read an attribute away. The values are there, and Muster does not see them any more.
func TestSlapdHidesAnAttribute(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"sn", "mail", "uid", "member", "entryUUID"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, s := onSlapd(t, testserver.SlapdOptions{})
			h, w := c.settled()
			s.Restart(testserver.SlapdOptions{MemberOf: true, Access: []string{
				`to dn.subtree="ou=People,` + base + `" attrs=` + name + ` by * none`, `to dn.subtree="ou=Groups,` + base + `" attrs=` + name + ` by * none`,
			}})
			h.quiet(func() { h.want(3, "sync") })
			h.holds(w)
			s.Restart(testserver.SlapdOptions{MemberOf: true})
			h.step(w)
		})
	}
}
