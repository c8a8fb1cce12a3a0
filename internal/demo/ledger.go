package demo

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"muster/internal/scim/scimtest"
	"muster/internal/source/ldap/ldaptest"
)

// A ledger is the auditor of the demo. It works out by itself, from the directory's entries and the rules of muster.yaml in plain words, what the wiki must
// hold, and compares. It asks Muster nothing and uses none of its code.
//
// The rules: who is in the group Wiki, directly or not, and enabled, has an active account with the values of the directory. Who is disabled, expired or
// not in the group any more has none that is active; the closed account stays otherwise as it was, groups included. An account that was closed when
// somebody with its name was found waits for a person's word. All other accounts, and groups that the directory does not name wiki-…, are as they were on
// the first day.
type ledger struct {
	peopleID, groupsID string // of the units that hold people and groups

	last     scimtest.Snapshot // at the check before
	accounts map[string]string // account of each person that has one
	groups   map[string]string // group there of each group here
	own      map[string]bool   // accounts and groups there that are Muster's to change
}

func newLedger(directory *ldaptest.Server, first scimtest.Snapshot) (*ledger, error) {
	l := &ledger{last: first, accounts: map[string]string{}, groups: map[string]string{}, own: map[string]bool{}}
	for dn, id := range map[string]*string{peopleDN: &l.peopleID, groupsDN: &l.groupsID} {
		e, err := directory.Entry(dn)
		if err != nil {
			return nil, fmt.Errorf("find %s: %w", dn, err)
		}
		*id = e.Get("objectGUID")
	}
	return l, nil
}

// A wanted is what one account must be.
type wanted struct {
	worker
	account string // its id; "" = made since the check before
	active  bool
}

// A Check is one thing that was looked at.
type Check struct {
	Name string   `json:"name"`
	OK   bool     `json:"ok"`
	Why  []string `json:"why,omitempty"` // what is wrong
}

const mostWhy = 8

func check(name string, wrong []string) Check {
	c := Check{Name: name, OK: len(wrong) == 0, Why: wrong}
	if more := len(wrong) - mostWhy; more > 0 {
		c.Why = append(slices.Clone(wrong[:mostWhy]), fmt.Sprintf("and %d more", more))
	}
	return c
}

// A finding is what one part of an audit found wrong.
type finding struct {
	name  string
	wrong []string
}

// audit compares the wiki with what it must hold now, and remembers it for the next time.
func (l *ledger) audit(s staff, now scimtest.Snapshot) []finding {
	want := l.wanted(s)
	accounts := l.auditAccounts(want, now)
	groups := l.auditGroups(s, want, now)
	others := l.auditOthers(now)
	l.last = now
	return []finding{{"accounts", accounts}, {"groups", groups}, {"others untouched", others}}
}

// wanted works out whose account must be what.
func (l *ledger) wanted(s staff) []wanted {
	scope := s.within(scopeDN)
	var out []wanted
	for _, p := range s.people {
		w := wanted{worker: p, account: l.accounts[p.id], active: scope[p.id] && p.enabled}
		if w.account == "" {
			there, found := l.last.User(p.login)
			switch {
			case found && (!scope[p.id] || w.active && !there.Active):
				continue // not ours, or a question
			case found:
				w.account = there.ID
			case !w.active:
				continue
			}
		}
		out = append(out, w)
	}
	return out
}

func (l *ledger) auditAccounts(want []wanted, now scimtest.Snapshot) []string {
	var wrong []string
	before, after := byID(l.last.Users), byID(now.Users)
	for _, w := range want {
		u, ok := after[w.account]
		if w.account == "" {
			u, ok = now.User(w.login)
		}
		if !ok {
			wrong = append(wrong, fmt.Sprintf("%s has no account", w.login))
			continue
		}
		l.accounts[w.id], l.own[u.ID] = u.ID, true
		if u.Active != w.active {
			wrong = append(wrong, fmt.Sprintf("the account of %s (%s) is active: %t", w.login, u.UserName, u.Active))
			continue
		}
		for _, d := range differences(w.should(before), u.Resource) {
			wrong = append(wrong, fmt.Sprintf("%s: %s", w.login, d))
		}
	}
	return wrong
}

func byID(users []scimtest.User) map[string]scimtest.User {
	out := make(map[string]scimtest.User, len(users))
	for _, u := range users {
		out[u.ID] = u
	}
	return out
}

// auditGroups compares the groups named wiki-… and their members.
func (l *ledger) auditGroups(s staff, want []wanted, now scimtest.Snapshot) []string {
	var wrong []string
	for _, e := range s.groups {
		cn := e.Get("cn")
		if !strings.HasPrefix(strings.ToLower(cn), "wiki-") {
			continue
		}
		old, existed := l.groupBefore(e)
		g, ok := now.Group(cn)
		switch {
		case !ok:
			wrong = append(wrong, fmt.Sprintf("there is no group %s", cn))
			continue
		case g.DisplayName != cn:
			wrong = append(wrong, fmt.Sprintf("group %s is called %s", cn, g.DisplayName))
		case existed && g.ID != old.ID:
			wrong = append(wrong, fmt.Sprintf("group %s is another one than before", cn))
		}
		l.groups[e.Get("objectGUID")], l.own[g.ID] = g.ID, true
		wrong = append(wrong, l.members(s.within(e.DN), want, old, g)...)
	}
	return wrong
}

func (l *ledger) groupBefore(e ldaptest.Entry) (scimtest.Group, bool) {
	if id := l.groups[e.Get("objectGUID")]; id != "" {
		i := slices.IndexFunc(l.last.Groups, func(g scimtest.Group) bool { return g.ID == id })
		return l.last.Groups[max(i, 0)], i >= 0
	}
	return l.last.Group(e.Get("cn"))
}

// members compares the members of one group: everybody in it here who has an open account, and those closed accounts that were in it already.
func (l *ledger) members(in map[string]bool, want []wanted, old, g scimtest.Group) []string {
	should, name := map[string]bool{}, map[string]string{}
	for _, w := range want {
		id := l.accounts[w.id]
		name[id] = w.login
		if w.active && in[w.id] || !w.active && slices.Contains(old.Members, id) {
			should[id] = true
		}
	}
	var wrong []string
	for _, id := range g.Members {
		if !should[id] {
			wrong = append(wrong, fmt.Sprintf("%s is in group %s", nameOr(name[id], id), g.DisplayName))
		}
		delete(should, id)
	}
	for id := range should {
		wrong = append(wrong, fmt.Sprintf("%s is not in group %s", nameOr(name[id], id), g.DisplayName))
	}
	slices.Sort(wrong)
	return wrong
}

func nameOr(name, id string) string {
	if name == "" {
		return "the unknown account " + id
	}
	return name
}

// auditOthers looks at everything that is not Muster's to change: it must be there, as it was, and nothing else may be.
func (l *ledger) auditOthers(now scimtest.Snapshot) []string {
	before, after := l.strange(l.last), l.strange(now)
	var wrong []string
	for _, id := range slices.Sorted(maps.Keys(before)) {
		if after[id] != before[id] {
			wrong = append(wrong, fmt.Sprintf("it was %s, and is now %q", before[id], after[id]))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(after)) {
		if before[id] == "" {
			wrong = append(wrong, fmt.Sprintf("nobody asked for %s", after[id]))
		}
	}
	return wrong
}

// strange writes down the accounts and groups of a snapshot that are not Muster's.
func (l *ledger) strange(s scimtest.Snapshot) map[string]string {
	out := map[string]string{}
	for _, u := range s.Users {
		if !l.own[u.ID] {
			out[u.ID] = fmt.Sprintf("account %s: %v", u.UserName, flat(u.Resource))
		}
	}
	for _, g := range s.Groups {
		if !l.own[g.ID] {
			out[g.ID] = fmt.Sprintf("group %s: %v, members %v", g.DisplayName, flat(g.Resource), g.Members)
		}
	}
	return out
}
