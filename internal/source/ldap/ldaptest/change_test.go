package ldaptest_test

import (
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"muster/internal/source/ldap/ldaptest"
)

const inner = "CN=Inner,OU=Groups,DC=corp,DC=example"

func members(t *testing.T, s *ldaptest.Server, group string) []string {
	t.Helper()
	e, err := s.Entry(group)
	if err != nil {
		t.Fatal(err)
	}
	return e.Values("member")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRenameOfAnOU(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, corp)
	conn := bound(t, s)
	before, err := s.Entry(anna)
	must(t, err)
	must(t, s.Rename("OU=People,DC=corp,DC=example", "OU=Staff,DC=corp,DC=example"))
	moved := "CN=Anna Ek,OU=Staff,DC=corp,DC=example"
	after, err := s.Entry(moved)
	must(t, err)
	if before.Get("objectGUID") != after.Get("objectGUID") {
		t.Error("objectGUID changed with the name")
	}
	if diff := cmp.Diff([]string{moved, "CN=Ben Ito,OU=Staff,DC=corp,DC=example"}, members(t, s, inner)); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if got := search(t, conn, "(memberOf="+inner+")", "cn"); len(got) != 2 || got[0].DN != moved {
		t.Errorf("members found: %v", rdns(got))
	}
	_, err = conn.Search(request("OU=People,DC=corp,DC=example", 2, "(cn=*)"))
	wantCode(t, "the old name", err, ldap.LDAPResultNoSuchObject)
	e := search(t, conn, "(ou=Staff)", "ou", "name")[0]
	if e.GetAttributeValue("ou") != "Staff" || e.GetAttributeValue("name") != "Staff" {
		t.Errorf("naming attributes: %v", e.Attributes)
	}
}

func TestMoveAndRefusedRenames(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, corp)
	must(t, s.Rename(anna, "CN=Anna Berg,OU=Groups,DC=corp,DC=example"))
	if e, err := s.Entry("cn=anna berg,ou=groups,dc=corp,dc=example"); err != nil || e.Get("cn") != "Anna Berg" {
		t.Errorf("after the move: %v, %v", e, err)
	}
	wantCode(t, "to a name that is taken", s.Rename("CN=Ben Ito,OU=People,DC=corp,DC=example", "CN=muster,OU=People,DC=corp,DC=example"), ldap.LDAPResultEntryAlreadyExists)
	wantCode(t, "below itself", s.Rename("OU=People,DC=corp,DC=example", "OU=X,OU=People,DC=corp,DC=example"), ldap.LDAPResultUnwillingToPerform)
	wantCode(t, "below nothing", s.Rename("OU=People,DC=corp,DC=example", "OU=X,OU=Y,DC=corp,DC=example"), ldap.LDAPResultNoSuchObject)
	must(t, s.Rename("CN=Ben Ito,OU=People,DC=corp,DC=example", "CN=BEN ITO,OU=People,DC=corp,DC=example"))
}

func TestAMemberMayComeAfterItsGroup(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, corp)
	late, other := "CN=Late,OU=People,DC=corp,DC=example", "CN=Other,OU=People,DC=corp,DC=example"
	must(t, s.Modify(inner, func(e *ldaptest.Entry) { e.Add("member", late, other) }))
	must(t, s.Add(ldaptest.NewEntry("CN=late,OU=people,DC=corp,DC=example", "objectClass", "user")))
	must(t, s.Rename(anna, other)) // takes a name that a group held already
	conn := bound(t, s)
	if got := rdns(search(t, conn, "(memberOf="+inner+")", "cn")); cmp.Diff([]string{"CN=Other", "CN=Ben Ito", "CN=late"}, got) != "" {
		t.Errorf("members found: %q", got)
	}
}

func TestDeleteLeavesATombstone(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, corp)
	conn := bound(t, s)
	before, err := s.Entry(anna)
	must(t, err)
	must(t, s.Delete(anna))
	if diff := cmp.Diff([]string{"CN=Ben Ito,OU=People,DC=corp,DC=example"}, members(t, s, inner)); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if got := search(t, conn, "(sAMAccountName=anna)"); len(got) != 0 {
		t.Errorf("a deleted person is found: %v", rdns(got))
	}
	r := request("DC=corp,DC=example", 2, "(&(sAMAccountName=anna)(isDeleted=TRUE))")
	r.Controls = []ldap.Control{ldap.NewControlMicrosoftShowDeleted()}
	found, err := conn.Search(r)
	must(t, err)
	if len(found.Entries) != 1 {
		t.Fatalf("%d tombstones, want one", len(found.Entries))
	}
	e := found.Entries[0]
	guid := ldaptest.GUID(before.Get("objectGUID"))
	if want := `CN=Anna Ek\0ADEL:` + guid + ",CN=Deleted Objects,DC=corp,DC=example"; e.DN != want {
		t.Errorf("tombstone %s, want %s", e.DN, want)
	}
	if string(e.GetRawAttributeValue("objectGUID")) != before.Get("objectGUID") || e.GetAttributeValue("lastKnownParent") != "OU=People,DC=corp,DC=example" {
		t.Errorf("tombstone holds %v", e.Attributes)
	}
	if e.GetAttributeValue("mail") != "" || e.GetAttributeValue("objectCategory") != "" {
		t.Error("a tombstone keeps mail or objectCategory; AD drops them")
	}
	r = request("<WKGUID=18E2EA80684F11D2B9AA00C04F79F805,DC=corp,DC=example>", 2, "(objectClass=user)")
	_, err = conn.Search(r)
	wantCode(t, "the container without the control", err, ldap.LDAPResultNoSuchObject)
	r.Controls = []ldap.Control{ldap.NewControlMicrosoftShowDeleted()}
	if found, err = conn.Search(r); err != nil || len(found.Entries) != 1 {
		t.Errorf("the container: %v, %v", found, err)
	}
	must(t, s.Add(ldaptest.NewEntry(anna, "objectClass", "user", "sAMAccountName", "anna")))
	if again, err := s.Entry(anna); err != nil || again.Get("objectGUID") == before.Get("objectGUID") {
		t.Errorf("a new person of the same name has the old objectGUID (%v)", err)
	}
}

func TestDeleteOfAnOUTakesAllBelow(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, corp)
	must(t, s.Delete("OU=People,DC=corp,DC=example"))
	if got := members(t, s, inner); len(got) != 0 {
		t.Errorf("members left: %q", got)
	}
	open := ldaptest.NewServer(t, "dn: dc=corp,dc=example\nobjectClass: domain\n\ndn: uid=a,dc=corp,dc=example\nobjectClass: person\nsn: a\n", openLDAP)
	must(t, open.Delete("uid=a,dc=corp,dc=example"))
	if got := search(t, dial(t, open), "(objectClass=person)"); len(got) != 0 {
		t.Errorf("left: %v", rdns(got))
	}
}

func TestGeneratedIDsAreStable(t *testing.T) {
	t.Parallel()
	first, again, other := ldaptest.NewServer(t, corp), ldaptest.NewServer(t, corp), ldaptest.NewServer(t, corp, func(c *ldaptest.Config) { c.Seed = "other" })
	var guids []string
	for _, s := range []*ldaptest.Server{first, again, other} {
		e, err := s.Entry(anna)
		must(t, err)
		guids = append(guids, ldaptest.GUID(e.Get("objectGUID")))
	}
	if guids[0] != guids[1] || guids[0] == guids[2] || guids[0][14] != '4' {
		t.Errorf("ids %q: want the first two equal, the third another, all of version 4", guids)
	}
}

func TestUSNsGrow(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, corp)
	conn := bound(t, s)
	found, err := conn.Search(request("", 0, "(objectClass=*)", "highestCommittedUSN"))
	must(t, err)
	usn := found.Entries[0].GetAttributeValue("highestCommittedUSN")
	if got := search(t, conn, "(&(uSNChanged>="+usn+")(!(uSNChanged="+usn+")))"); len(got) != 0 {
		t.Errorf("changed after the highest USN: %v", rdns(got))
	}
	must(t, s.Modify(anna, func(e *ldaptest.Entry) { e.Set("title", "Lead") }))
	if got := rdns(search(t, conn, "(&(uSNChanged>="+usn+")(!(uSNChanged="+usn+")))")); cmp.Diff([]string{"CN=Anna Ek"}, got) != "" {
		t.Errorf("changed: %q, want the one that was", got)
	}
}

func TestChangesOverLDAP(t *testing.T) {
	t.Parallel()
	s := ldaptest.NewServer(t, corp, func(c *ldaptest.Config) { c.Writable = true })
	conn := bound(t, s)
	dn := "CN=Cleo,OU=People,DC=corp,DC=example"
	add := ldap.NewAddRequest(dn, nil)
	add.Attribute("objectClass", []string{"user"})
	must(t, conn.Add(add))
	wantCode(t, "add again", conn.Add(add), ldap.LDAPResultEntryAlreadyExists)
	modify := ldap.NewModifyRequest(inner, nil)
	modify.Add("member", []string{dn})
	modify.Delete("member", []string{"cn=anna ek,ou=people,dc=corp,dc=example"})
	modify.Replace("description", []string{"All inside"})
	must(t, conn.Modify(modify))
	wantCode(t, "modify again", conn.Modify(modify), ldap.LDAPResultAttributeOrValueExists)
	must(t, conn.ModifyDN(ldap.NewModifyDNRequest(dn, "CN=Clea", true, "OU=Groups,DC=corp,DC=example")))
	if got := strings.Join(members(t, s, inner), " "); got != "CN=Ben Ito,OU=People,DC=corp,DC=example CN=Clea,OU=Groups,DC=corp,DC=example" {
		t.Errorf("members %s", got)
	}
	wantCode(t, "delete an OU in use", conn.Del(ldap.NewDelRequest("OU=Groups,DC=corp,DC=example", nil)), ldap.LDAPResultNotAllowedOnNonLeaf)
	must(t, conn.Del(ldap.NewDelRequest("CN=Clea,OU=Groups,DC=corp,DC=example", nil)))
	if ok, err := conn.Compare(inner, "description", "ALL INSIDE"); !ok || err != nil {
		t.Errorf("compare: %v, %v", ok, err)
	}
	readOnly := bound(t, ldaptest.NewServer(t, corp))
	wantCode(t, "add to a server that is not writable", readOnly.Add(add), ldap.LDAPResultInsufficientAccessRights)
}
