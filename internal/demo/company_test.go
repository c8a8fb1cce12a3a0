package demo

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"muster/internal/scim/scimtest"
	"muster/internal/source/ldap/ldaptest"
)

func TestCompanyIsTheSameEveryTime(t *testing.T) {
	a, b := newCompany(companySeed), newCompany(companySeed)
	if a.ldif() != b.ldif() {
		t.Error("the same seed made two directories")
	}
	if d := cmp.Diff(a.users(), b.users()); d != "" {
		t.Errorf("the same seed made two sets of accounts:\n%s", d)
	}
	if a.ldif() == newCompany(companySeed+1).ldif() {
		t.Error("another seed made the same directory")
	}
}

// What the demo says about the company holds whatever the dice say.
func TestCompanyCounts(t *testing.T) {
	for seed := range uint64(20) {
		c := newCompany(seed)
		got := map[string]int{"people": len(c.people), "groups": len(c.groups), "accounts": len(c.users())}
		for _, p := range c.people {
			ended := p.disabled || !p.expires.IsZero() && p.expires.Before(time.Now())
			switch {
			case ended && p.account == oldAccount:
				got["leavers"]++
			case p.account == oldAccount:
				t.Errorf("seed %d: %s has the account of a leaver and works here", seed, p.login)
			}
			if ended && p.account == noAccount && p.usesWiki() {
				got["disabled without account"]++
			}
			if !p.expires.IsZero() {
				got["with an end"]++
			}
			if !p.usesWiki() && p.account != noAccount {
				got["outsiders with account"]++
			}
			if p.account == reusedAccount {
				got["reused"]++
			}
		}
		want := map[string]int{
			"people": 300, "groups": 40, "accounts": 180, "leavers": numLeavers, "disabled without account": 12, "with an end": 2,
			"outsiders with account": 2, "reused": 2,
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("seed %d:\n%s", seed, d)
		}
	}
}

// Nobody in it can be written to.
func TestCompanyIsInvented(t *testing.T) {
	c := newCompany(companySeed)
	for _, p := range c.people {
		if p.mail != "" && !strings.HasSuffix(p.mail, "@example.com") {
			t.Errorf("%s has the address %s", p.login, p.mail)
		}
	}
}

func TestCompanyNamesAreOdd(t *testing.T) {
	found := map[string]int{}
	logins := map[string]bool{}
	for _, p := range newCompany(companySeed).people {
		all := p.given + p.family
		for what, odd := range map[string]bool{
			"umlaut": strings.ContainsAny(all, "äöüÄÖÜ"), "apostrophe": strings.Contains(p.login, "'"), "comma": strings.Contains(all, ","),
			"quote": strings.Contains(all, `"`), "combining": all != norm.NFC.String(all), "long": utf8.RuneCountInString(all) > 100, "short": len(all) == 2,
			"Han": has(all, unicode.Han), "Arabic": has(all, unicode.Arabic), "Hebrew": has(all, unicode.Hebrew), "Cyrillic": has(all, unicode.Cyrillic),
			"Greek": has(all, unicode.Greek), "Hangul": has(all, unicode.Hangul), "beyond 16 bits": strings.ContainsFunc(all, func(r rune) bool { return r > 0xffff }),
		} {
			if odd {
				found[what]++
			}
		}
		if logins[strings.ToLower(p.login)] || len(p.login) > 20 || utf8.RuneCountInString(p.cn) > 64 {
			t.Errorf("AD would refuse %s (%s)", p.login, p.cn)
		}
		logins[strings.ToLower(p.login)] = true
	}
	if len(found) != 14 {
		t.Errorf("only these oddities are left: %v", found)
	}
}

func has(s string, script *unicode.RangeTable) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(script, r) })
}

// What is written is what a directory reads.
func TestLDIF(t *testing.T) {
	want := append(newCompany(companySeed).entries(),
		ldaptest.NewEntry("CN= odd,DC=x", "a", " leading", "a", "trailing ", "a", ":colon", "a", "<angle", "a", "ends\n", "a", "\x00\xff", "a", "", "b", "plain: text <"))
	var got []ldaptest.Entry
	err := ldaptest.ReadLDIF(strings.NewReader(writeLDIF(want)), func(e ldaptest.Entry) error { got = append(got, e); return nil })
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// The directory and the wiki take the company in, and what they then hold is what the generator meant.
func TestCompanyInServers(t *testing.T) {
	c := newCompany(companySeed)
	directory := ldaptest.NewServer(t, c.ldif())
	wiki := scimtest.NewServer(t, scimtest.Config{})
	if _, err := wiki.Seed(c.users(), c.userGroups()); err != nil {
		t.Fatal(err)
	}
	if err := wiki.Invariants(); err != nil {
		t.Error(err)
	}
	l, err := newLedger(directory, wiki.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	s := readStaff(directory, l.peopleID, l.groupsID, time.Now())
	if len(s.people) != 301 || len(s.groups) != 40 {
		t.Errorf("%d people and %d groups are read; 300 and the service account among them, and 40 are meant", len(s.people), len(s.groups))
	}
	if n := len(s.within(groupDN(wikiContractors))); n != numContractors {
		t.Errorf("%d people are contractors by their primary group", n)
	}
	if a, b := len(s.within(groupDN(guilds[0]))), len(s.within(groupDN(guilds[2]))); a != b || a != 36 {
		t.Errorf("%d and %d people are in the circle of guilds", a, b)
	}
	inScope, closed, open := s.within(scopeDN), 0, 0
	for _, w := range l.wanted(s) {
		if u, ok := wiki.Snapshot().User(w.login); ok && u.Active && !w.active {
			closed++
		}
		if w.active {
			open++
		}
	}
	if len(inScope) != 275 || closed != numLeavers || open != 243 {
		t.Errorf("%d people are in scope, %d are to be closed, %d to be open", len(inScope), closed, open)
	}
}
