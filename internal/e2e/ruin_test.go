package e2e

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"muster/internal/scim/scimtest"
	"muster/internal/source/ldap/ldaptest"
	"muster/internal/testserver"
)

// A disaster is something that has happened to others, in public. Its number is that of its row in docs/explanation/disasters.md.
type disaster struct {
	number int
	name   string
	play   func(*ruin)
}

// A ruin is a company whose wiki is in step, and to which one disaster after the other happens. Each leaves it in step again. The directory is a server of
// package ldaptest, which can do everything wrong; what the real ones do wrong is in baddays_test.go and samba_test.go.
type ruin struct {
	*testing.T
	*company
	*house

	server *ldaptest.Server
	chat   *scimtest.Server // a second target, Slack; nil where there is none
	world  world
}

// suffer lets disasters happen.
func (r *ruin) suffer(disasters []disaster) {
	for _, d := range disasters {
		r.Run(fmt.Sprintf("%02d %s", d.number, d.name), func(t *testing.T) {
			c, h := *r.company, *r.house
			c.Directory, c.t, h.t = r.For(t), t, t
			now := &ruin{T: t, company: &c, house: &h, server: r.server, chat: r.chat, world: r.world}
			config := h.read("muster.yaml")
			d.play(now)
			r.world = now.world
			h.write("muster.yaml", config)
			r.server.Set(ldaptest.Faults{})
			h.wiki.Fail()
			if back := h.muster("sync"); back.code != 0 {
				t.Errorf("muster sync: exit code %d when all is well again\n%s%s%s", back.code, back.out, back.err, h.muster("hold", "list").out)
			}
			h.holds(r.world)
			h.quiet(func() { h.ok("sync", "--full") })
			if open := strings.TrimSpace(h.ok("leavers").out); open != "" {
				t.Errorf("open leavers at the end:\n%s", open)
			}
		})
	}
}

// onAD founds the company on a server of package ldaptest that behaves like Active Directory, with ranges of 5 values.
func onAD(t *testing.T) (*company, *ldaptest.Server) {
	t.Helper()
	s, err := ldaptest.Start(ldaptest.Config{Base: base, Writable: true, RangeSize: 5})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, unit := range []string{"People", "Groups", "Service", "Left", "Branch"} {
		must(s.Add(ldaptest.NewEntry("ou="+unit+","+base, "objectClass", "organizationalUnit")))
	}
	login := "cn=Muster,ou=Service," + base
	must(s.Add(ldaptest.NewEntry(login, "objectClass", "user", "sAMAccountName", "muster", "userPrincipalName", "muster@corp.example", "userPassword", "secret-muster")))
	d := &testserver.Directory{URL: s.URL(), Base: base, BindDN: login, Password: "secret-muster"}
	c := &company{Directory: d.For(t), t: t, bind: "muster@corp.example", secret: "secret-muster", login: "sAMAccountName"}
	c.hire = func(cn, username string, attributes map[string][]string) {
		attributes = maps.Clone(attributes)
		maps.Copy(attributes, map[string][]string{"objectClass": {"user"}, "sAMAccountName": {username}, "userAccountControl": {"512"}})
		c.Add(person(cn), attributes)
	}
	c.group = func(name string, members ...string) {
		e := ldaptest.NewEntry(group(name), "objectClass", "group", "sAMAccountName", name)
		e.Set("member", members...)
		must(s.Add(e))
	}
	c.off = func(dn string, disabled bool) {
		c.Replace(dn, "userAccountControl", map[bool]string{true: "514", false: "512"}[disabled])
	}
	c.found()
	return c, s
}

// reproduced are the disasters that a test of ours plays, by their number: how its name begins.
var reproduced = regexp.MustCompile(`(?m)^\| (\d+) \|.*\| ([^|]*) \|$`)

// Each disaster of the page is played, here or by the test that is named there; and none is played that the page does not have.
func TestEveryDisasterIsPlayed(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/explanation/disasters.md")
	if err != nil {
		t.Fatal(err)
	}
	here := map[int]string{}
	for _, d := range slices.Concat(atTheSource, atTheTarget) {
		here[d.number] = d.name
	}
	rows := reproduced.FindAllStringSubmatch(string(page), -1)
	for i, row := range rows {
		n, err := strconv.Atoi(row[1])
		if err != nil || n != i+1 {
			t.Errorf("row %d has the number %s", i+1, row[1])
		}
		name, played := here[n]
		switch {
		case played && !strings.Contains(row[2], "`"+name+"`"):
			t.Errorf("row %d names %q; it is played as %q", n, row[2], name)
		case !played:
			elsewhere(t, n, row[2])
		}
		delete(here, n)
	}
	if len(rows) != 35 || len(here) > 0 {
		t.Errorf("the page has %d rows, want 35; it lacks %v", len(rows), here)
	}
}

// named finds a test elsewhere: `internal/source/ldap` TestRangesOfLargeGroups.
var named = regexp.MustCompile("`(internal/[a-z/0-9]+)` (Test\\w+)")

// elsewhere checks that the tests that a row names exist.
func elsewhere(t *testing.T, number int, text string) {
	t.Helper()
	tests := named.FindAllStringSubmatch(text, -1)
	if len(tests) == 0 {
		t.Errorf("disaster %d is played nowhere: %q", number, text)
	}
	for _, m := range tests {
		files, err := os.ReadDir("../../" + m[1])
		if err != nil {
			t.Error(err)
		}
		if !slices.ContainsFunc(files, func(f os.DirEntry) bool {
			b, err := os.ReadFile("../../" + m[1] + "/" + f.Name())
			return err == nil && strings.Contains(string(b), "func "+m[2]+"(t *testing.T)")
		}) {
			t.Errorf("disaster %d names %s, which is not in %s", number, m[2], m[1])
		}
	}
}
