package e2e

import (
	"fmt"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// A whole domain is read from its root, which hands out references to its other parts: they are noted, not followed, and keep nothing from being complete.
// One group has more members than Active Directory gives at once.
func TestBigGroupInAWholeSambaDomain(t *testing.T) {
	t.Parallel()
	const size = 1600
	c, s := onSamba(t)
	members, conn := make([]string, size), s.Conn()
	for i := range members {
		members[i] = person(fmt.Sprintf("Person %04d", i))
		entry := ldap.NewAddRequest(members[i], nil)
		entry.Attribute("objectClass", []string{"user"})
		entry.Attribute("sAMAccountName", []string{fmt.Sprintf("p%04d", i)})
		entry.Attribute("userAccountControl", []string{"544"}) // needs no password, which takes long to set
		if err := conn.Add(entry); err != nil {
			t.Fatal(err)
		}
	}
	c.group("wiki-everybody", members...)
	c.AddMembers(group("wiki"), group("wiki-everybody"))
	h := c.house()
	h.edit(`people: {base: "ou=People,dc=corp,dc=example"}`, `people: {base: "dc=corp,dc=example"}`)
	h.edit(`groups: {base: "ou=Groups,dc=corp,dc=example"}`, `groups: {base: "dc=corp,dc=example", filter: "(&(objectClass=group)(|(cn=wiki*)(cn=staff)))"}`)
	report := decode[adminapi.SourceCheck](h, 0, "source", "test", "corp", "-c", "muster.yaml").Report
	if report.People < size+16 || report.Groups != 5 {
		t.Errorf("%d people and %d groups are found, want %d at least, and 5", report.People, report.Groups, size+16)
	}
	h.ok("sync").says("continuation reference not followed")
	h.approve()
	check := func(want int) {
		t.Helper()
		s := h.wiki.Snapshot()
		if g, _ := s.Group("wiki-everybody"); len(g.Members) != want || len(s.Users) != size+13 {
			t.Errorf("%d members and %d accounts, want %d and %d", len(g.Members), len(s.Users), want, size+13)
		}
	}
	check(size)
	c.RemoveMembers(group("wiki-everybody"), members[7])
	c.Rename(members[8], "cn=Somebody Else")
	h.ok("sync")
	check(size - 1)
	if u, _ := h.wiki.Snapshot().User("p0007"); u.Active {
		t.Error("who left the group is still active")
	}
	h.quiet(func() { h.ok("sync", "--full") })
	for _, r := range decode[struct{ Items []run.Run }](h, 0, "runs", "corp").Items {
		if r.Outcome != run.Done {
			t.Errorf("a read ended as %s: %+v", r.Outcome, r.Problem)
		}
	}
}
