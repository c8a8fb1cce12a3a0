package ldaptest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"muster/internal/source/ldap/ldaptest"
)

// company has n people and a group of them all.
func company(n int) string {
	var b strings.Builder
	b.WriteString(corp)
	for i := range n {
		fmt.Fprintf(&b, "\ndn: CN=Person %05d,OU=People,DC=corp,DC=example\nobjectClass: user\nsAMAccountName: p%05d\n", i, i)
	}
	b.WriteString("\ndn: CN=All,OU=Groups,DC=corp,DC=example\nobjectClass: group\n")
	for i := range n {
		fmt.Fprintf(&b, "member: CN=Person %05d,OU=People,DC=corp,DC=example\n", i)
	}
	return b.String()
}

// pages walks over a search and returns the size of each page and the control of each answer.
func pages(t *testing.T, conn *ldap.Conn, filter string, size uint32, between func()) (sizes []int, seen map[string]int) {
	t.Helper()
	control := ldap.NewControlPaging(size)
	seen = map[string]int{}
	for {
		r := request("OU=People,DC=corp,DC=example", ldap.ScopeWholeSubtree, filter, "cn")
		r.Controls = []ldap.Control{control}
		found, err := conn.Search(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range found.Entries {
			seen[e.DN]++
		}
		sizes = append(sizes, len(found.Entries))
		answer, ok := ldap.FindControl(found.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging)
		if !ok {
			t.Fatal("a page without a paging control")
		}
		if len(answer.Cookie) == 0 {
			return sizes, seen
		}
		control.SetCookie(answer.Cookie)
		between()
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	conn := bound(t, ldaptest.NewServer(t, company(2500)))
	for _, tt := range []struct {
		size uint32
		want string
	}{{5000, "[1000 1000 500]"}, {1000, "[1000 1000 500]"}, {500, "[500 500 500 500 500]"}, {1250, "[1000 1000 500]"}} {
		sizes, seen := pages(t, conn, "(cn=Person *)", tt.size, func() {})
		if got := fmt.Sprint(sizes); got != tt.want || len(seen) != 2500 {
			t.Errorf("size %d: pages %s with %d different entries, want %s with 2500", tt.size, got, len(seen), tt.want)
		}
	}
	found, err := conn.Search(request("OU=People,DC=corp,DC=example", 2, "(cn=Person *)", "cn"))
	if wantCode(t, "no pages", err, ldap.LDAPResultSizeLimitExceeded); len(found.Entries) != 1000 {
		t.Errorf("%d entries before the size limit, want 1000", len(found.Entries))
	}
}

func TestPageWalkWhileEntriesChange(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, company(100))
	n := 0
	_, seen := pages(t, bound(t, s), "(cn=Person *)", 10, func() {
		for _, err := range []error{
			s.Delete(fmt.Sprintf("CN=Person %05d,OU=People,DC=corp,DC=example", n)), // of a page that is past
			s.Rename(fmt.Sprintf("CN=Person %05d,OU=People,DC=corp,DC=example", 99-n), fmt.Sprintf("CN=Person X%d,OU=People,DC=corp,DC=example", n)),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		n++
	})
	if len(seen) != 100 {
		t.Errorf("%d different entries, want each of the 100 once", len(seen))
	}
}

func TestCookieOfAnotherSearchIsRefused(t *testing.T) {
	t.Parallel()
	conn := bound(t, ldaptest.NewServer(t, company(20)))
	control := ldap.NewControlPaging(5)
	r := request("OU=People,DC=corp,DC=example", 2, "(cn=Person *)")
	r.Controls = []ldap.Control{control}
	found, err := conn.Search(r)
	if err != nil {
		t.Fatal(err)
	}
	control.SetCookie(ldap.FindControl(found.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging).Cookie)
	r.Filter = "(cn=*)"
	wantCode(t, "another filter", second(conn.Search(r)), ldap.LDAPResultUnwillingToPerform)
	control.SetCookie([]byte("garbage"))
	wantCode(t, "garbage", second(conn.Search(r)), ldap.LDAPResultUnwillingToPerform)
}

func TestRanges(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, company(3700))
	conn := bound(t, s)
	all := "CN=All,OU=Groups,DC=corp,DC=example"
	tests := []struct {
		ask, name string
		count     int
	}{
		{"member", "member;range=0-1499", 1500},
		{"*", "member;range=0-1499", 1500},
		{"member;range=0-*", "member;range=0-1499", 1500},
		{"member;range=1500-*", "member;range=1500-2999", 1500},
		{"member;range=3000-*", "member;range=3000-*", 700},
		{"member;range=10-19", "member;range=10-19", 10},
		{"member;range=3690-5000", "member;range=3690-*", 10},
		{"MEMBER;Range=3699-3699", "member;range=3699-*", 1},
	}
	for _, tt := range tests {
		found, err := conn.Search(request(all, 0, "(objectClass=*)", tt.ask))
		if err != nil {
			t.Errorf("%s: %v", tt.ask, err)
			continue
		}
		if got := found.Entries[0].GetAttributeValues(tt.name); len(got) != tt.count {
			t.Errorf("%s: %d values under %s, want %d", tt.ask, len(got), tt.name, tt.count)
		}
	}
	if plain := search(t, conn, "(cn=All)", "member")[0]; len(plain.Attributes) != 2 || len(plain.GetAttributeValues("member")) != 0 {
		t.Errorf("a cut attribute also comes under its own name without values; got %d attributes", len(plain.Attributes))
	}
	wantCode(t, "a range past the end", second(conn.Search(request(all, 0, "(cn=*)", "member;range=3700-*"))), ldap.LDAPResultOperationsError)
	if got := search(t, conn, "(cn=Inner)", "member")[0].GetAttributeValues("member"); len(got) != 2 {
		t.Errorf("a short list: %q, want two values without a range", got)
	}
}
