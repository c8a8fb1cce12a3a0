package ldaptest_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"muster/internal/source/ldap/ldaptest"
)

// A follower reads DirSync rounds, keeping the cookie.
type follower struct {
	t      *testing.T
	conn   *ldap.Conn
	flags  int64
	cookie []byte
	rounds int
}

// read returns what each entry of an answer holds: its first RDN, then name=count of values for each attribute asked for.
func (f *follower) read() map[string]map[string][]string {
	f.t.Helper()
	answer := map[string]map[string][]string{}
	for f.rounds = 1; ; f.rounds++ {
		r := request("DC=corp,DC=example", 2, "(|(objectClass=user)(objectClass=group))", "mail", "title", "member", "sAMAccountName", "userAccountControl")
		found, err := f.conn.DirSync(r, f.flags, 0, f.cookie)
		if err != nil {
			f.t.Fatal(err)
		}
		for _, e := range found.Entries {
			held := map[string][]string{}
			for _, a := range e.Attributes {
				if !slices.Contains([]string{"objectGUID", "instanceType", "parentGUID"}, a.Name) {
					held[a.Name] = a.Values
				}
			}
			answer[e.DN] = held
		}
		control := ldap.FindControl(found.Controls, ldap.ControlTypeDirSync).(*ldap.ControlDirSync)
		f.cookie = control.Cookie
		if control.Flags == 0 {
			return answer
		}
	}
}

func TestDirSync(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, corp)
	f := &follower{t: t, conn: bound(t, s), flags: 0x80000000}
	if got := f.read(); len(got) != 5 || len(got[inner]["member;range=1-1"]) != 2 || got[anna]["mail"] == nil {
		t.Errorf("the first read: %v", got)
	}
	if got := f.read(); len(got) != 0 {
		t.Errorf("nothing changed: %v", got)
	}
	ben := "CN=Ben Ito,OU=People,DC=corp,DC=example"
	must(t, s.Modify(anna, func(e *ldaptest.Entry) { e.Set("title"); e.Set("description", "not asked for") }))
	must(t, s.Modify(inner, func(e *ldaptest.Entry) {
		e.Remove("member", ben)
		e.Add("member", "CN=muster,OU=People,DC=corp,DC=example")
	}))
	want := map[string]map[string][]string{
		anna:  {"title": {}},
		inner: {"member;range=1-1": {"CN=muster,OU=People,DC=corp,DC=example"}, "member;range=0-0": {ben}},
	}
	if diff := cmp.Diff(want, f.read()); diff != "" {
		t.Errorf("changed attributes (-want +got):\n%s", diff)
	}
	must(t, s.Modify(anna, func(e *ldaptest.Entry) { e.Set("description", "again") }))
	must(t, s.Rename(anna, "CN=Anna Berg,OU=Groups,DC=corp,DC=example"))
	must(t, s.Delete(ben))
	e := search(t, bound(t, s), "(cn=Anna Berg)", "objectGUID")[0]
	got := f.read()
	if diff := cmp.Diff(map[string][]string{"name": {"Anna Berg"}}, got["CN=Anna Berg,OU=Groups,DC=corp,DC=example"]); diff != "" || e.DN == anna {
		t.Errorf("a renamed person (-want +got):\n%s", diff)
	}
	if delete(got, "CN=Anna Berg,OU=Groups,DC=corp,DC=example"); len(got) != 1 {
		t.Errorf("changed: %v, want the tombstone only", got)
	}
	for dn, held := range got {
		if diff := cmp.Diff([]string{"TRUE"}, held["isDeleted"]); diff != "" {
			t.Errorf("tombstone %s (-want +got):\n%s", dn, diff)
		}
	}
}

func TestDirSyncComesInRounds(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, company(2500))
	f := &follower{t: t, conn: bound(t, s)}
	if got := f.read(); len(got) != 2506 || f.rounds != 3 {
		t.Errorf("%d entries in %d rounds, want 2506 in 3", len(got), f.rounds)
	}
	all := "CN=All,OU=Groups,DC=corp,DC=example"
	must(t, s.Modify(all, func(e *ldaptest.Entry) {
		e.Remove("member", fmt.Sprintf("CN=Person %05d,OU=People,DC=corp,DC=example", 7))
	}))
	if got := f.read(); len(got) != 1 || len(got[all]["member"]) != 2499 {
		t.Errorf("without incremental values the whole list comes: %d entries, %d members", len(got), len(got[all]["member"]))
	}
	r := request("OU=People,DC=corp,DC=example", 2, "(objectClass=user)")
	_, err := f.conn.DirSync(r, 0, 0, nil)
	wantCode(t, "from an OU", err, ldap.LDAPResultInsufficientAccessRights)
	_, err = f.conn.DirSync(request("DC=corp,DC=example", 2, "(objectClass=user)"), 0, 0, []byte("garbage"))
	wantCode(t, "garbage", err, ldap.LDAPResultUnavailableCriticalExtension)
}
