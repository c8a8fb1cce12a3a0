package e2e

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/source/ldap/ldaptest"
	"muster/internal/testserver"
)

// A crowd is a directory of many people that never rests. It is a server of package ldaptest in the test process, so that it changes while the binary
// under test is dead, and tells at the end by itself what became of everybody.
//
// Each person has an employeeNumber that never changes. Usernames do, and none is used twice: whom a reused one belongs to is a question for a person.
type crowd struct {
	t      *testing.T
	server *ldaptest.Server
	rng    *rand.Rand
	at     map[string]string // DN by employeeNumber
	count  int
	steps  int
	first  map[string][]string // members by group, while the directory is filled
	gone   []string            // employeeNumbers of those deleted at the source; nothing else ever happens to them
	out    map[string]bool     // employeeNumbers of those who at some time should have had no account
}

const (
	crowdGroups = 8
	bystanders  = 5 // the first few: nothing happens to them until they are deleted
)

// gather starts the directory with so many people. The same seed makes the same people and the same changes.
func gather(t *testing.T, seed uint64, people int) *crowd {
	t.Helper()
	s, err := ldaptest.Start(ldaptest.Config{Seed: fmt.Sprint(seed), PageSize: 100 + people/10, RangeSize: 100 + people/10})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	c := &crowd{t: t, server: s, rng: rand.New(rand.NewPCG(seed, 1)), at: map[string]string{}, out: map[string]bool{}, first: map[string][]string{}}
	for _, unit := range []string{"People", "Groups", "Service", "Left"} {
		c.must(s.Add(ldaptest.NewEntry("ou="+unit+","+base, "objectClass", "organizationalUnit")))
	}
	c.must(s.Add(ldaptest.NewEntry("cn=Muster,ou=Service,"+base, "objectClass", "user", "sAMAccountName", "muster",
		"userPrincipalName", "muster@corp.example", "userPassword", "secret")))
	for _, g := range append([]string{"wiki", "staff"}, c.groups()...) {
		c.must(s.Add(ldaptest.NewEntry(group(g), "objectClass", "group", "sAMAccountName", g)))
	}
	c.join(group("wiki"), group("staff"))
	for range people {
		c.hire()
	}
	for _, g := range slices.Sorted(maps.Keys(c.first)) {
		c.modify(g, func(e *ldaptest.Entry) { e.Set("member", slices.Compact(c.first[g])...) })
	}
	c.first = nil
	return c
}

func (c *crowd) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// groups are the groups to provision.
func (c *crowd) groups() []string {
	var out []string
	for i := range crowdGroups {
		out = append(out, fmt.Sprintf("wiki-%d", i))
	}
	return out
}

func (c *crowd) modify(dn string, change func(*ldaptest.Entry)) { c.must(c.server.Modify(dn, change)) }

func (c *crowd) join(group, dn string) {
	if c.first != nil {
		c.first[group] = append(c.first[group], dn)
		return
	}
	c.modify(group, func(e *ldaptest.Entry) {
		e.Remove("member", dn)
		e.Add("member", dn)
	})
}

func (c *crowd) leave(group, dn string) {
	c.modify(group, func(e *ldaptest.Entry) { e.Remove("member", dn) })
}

// hire adds a person, mostly one who may use the wiki, in two groups.
func (c *crowd) hire() {
	c.count++
	number := fmt.Sprintf("%05d", c.count)
	dn := person("Person " + number)
	c.must(c.server.Add(ldaptest.NewEntry(dn, "objectClass", "user", "sAMAccountName", "p"+number, "userAccountControl", "512", "employeeNumber", number,
		"givenName", "Person", "sn", "Number "+number, "mail", "p"+number+"@example.com")))
	c.at[number] = dn
	if c.out[number] = c.count > bystanders && c.rng.IntN(10) == 0; !c.out[number] {
		c.join(group("staff"), dn)
	}
	for range 2 {
		c.join(group(c.some(c.groups())), dn)
	}
}

func (c *crowd) some(list []string) string { return list[c.rng.IntN(len(list))] }

// anyone returns the number of somebody to whom something may happen.
func (c *crowd) anyone() string {
	for {
		number := fmt.Sprintf("%05d", bystanders+1+c.rng.IntN(c.count-bystanders))
		if c.at[number] != "" {
			return number
		}
	}
}

// step lets something happen.
func (c *crowd) step() {
	c.steps++
	number := c.anyone()
	dn := c.at[number]
	uac := func(value string) {
		c.modify(dn, func(e *ldaptest.Entry) { e.Set("userAccountControl", value) })
	}
	move := func(to string) {
		c.must(c.server.Rename(dn, to))
		c.at[number] = to
	}
	rdn, _, _ := strings.Cut(dn, ",")
	switch n := c.rng.IntN(100); {
	case n < 4:
		c.hire()
	case n < 5 && len(c.gone) < bystanders:
		gone := fmt.Sprintf("%05d", len(c.gone)+1)
		c.must(c.server.Delete(c.at[gone]))
		delete(c.at, gone)
		c.gone = append(c.gone, gone)
	case n < 15:
		c.out[number] = true
		uac("514")
	case n < 27:
		uac("512")
	case n < 33:
		c.out[number] = true
		c.leave(group("staff"), dn)
	case n < 41:
		c.join(group("staff"), dn)
	case n < 45:
		c.out[number] = true
		move(rdn + ",ou=Left," + base)
	case n < 50:
		move(rdn + ",ou=People," + base)
	case n < 55:
		move(fmt.Sprintf("cn=Person %s v%d,ou=People,%s", number, c.steps, base))
	case n < 60:
		c.modify(dn, func(e *ldaptest.Entry) { e.Set("sAMAccountName", fmt.Sprintf("p%s-%d", number, c.steps)) })
	case n < 80:
		c.modify(dn, func(e *ldaptest.Entry) {
			e.Set("sn", fmt.Sprintf("Number %s in step %d", number, c.steps))
			e.Set("mail", fmt.Sprintf("p%s.%d@example.com", number, c.steps))
		})
	case n < 92:
		c.join(group(c.some(c.groups())), dn)
	default:
		c.leave(group(c.some(c.groups())), dn)
	}
}

// bustle lets things happen until ctx ends.
func (c *crowd) bustle(ctx context.Context) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			c.step()
		}
	}
}

// house is a house that reads the crowd every second.
func (c *crowd) house() *house {
	c.t.Helper()
	as := &company{
		Directory: &testserver.Directory{URL: c.server.URL()}, t: c.t, bind: "muster@corp.example", secret: "secret",
	}
	h := as.house()
	h.edit("every: 24h", "every: 1s")
	h.edit("        userName: person.username\n", "        userName: person.username\n        nickName: source.corp.employeeNumber\n")
	return h
}

// A fate is what should have become of a person, as the directory tells it without Muster's help.
type fate struct {
	username, surname, mail string
	active                  bool     // should have an account that may be used
	groups                  []string // to be in at the wiki
}

// fates returns what should have become of everybody who is there, by employeeNumber.
func (c *crowd) fates() map[string]*fate {
	byDN, members := map[string]*fate{}, map[string][]string{}
	out := map[string]*fate{}
	c.server.Each(func(e ldaptest.Entry) bool {
		dn := strings.ToLower(e.DN)
		if number := e.Get("employeeNumber"); number != "" {
			f := &fate{username: e.Get("sAMAccountName"), surname: e.Get("sn"), mail: e.Get("mail"), active: e.Get("userAccountControl") == "512"}
			f.active = f.active && strings.HasSuffix(dn, strings.ToLower(",ou=People,"+base))
			out[number], byDN[dn] = f, f
		}
		if slices.Contains(e.Values("objectClass"), "group") {
			for _, m := range e.Values("member") {
				members[e.Get("sAMAccountName")] = append(members[e.Get("sAMAccountName")], strings.ToLower(m))
			}
		}
		return true
	})
	staff := map[*fate]bool{}
	for _, m := range members["staff"] {
		staff[byDN[m]] = true
	}
	for _, f := range out {
		f.active = f.active && staff[f]
	}
	for _, g := range c.groups() {
		for _, m := range members[g] {
			byDN[m].groups = append(byDN[m].groups, g)
		}
	}
	return out
}
