package e2e

import (
	"maps"
	"testing"

	"muster/internal/server/adminapi"
	"muster/internal/testserver"
)

// P3, X2: the scope group is renamed, which is followed and told of; then it is deleted: nobody leaves, and there is nothing to confirm in its place. When
// another of its name is made, nobody enters or leaves until somebody has confirmed it.
func TestScopeGroupIsRenamedAndMadeAnew(t *testing.T) {
	t.Parallel()
	c, _ := onSlapd(t, testserver.SlapdOptions{})
	h, w := c.settled()
	c.Rename(group("wiki"), "cn=wiki people")
	c.AddMembers(group("wiki people"), dn("nils"))
	w.Accounts["nils"] = hired("Nils", "Åberg", "nils")
	h.ok("sync", "--full").says("note", "is followed there")
	h.holds(w)
	h.ok("status").says("cn=wiki people", "is followed there")
	h.want(1, "target", "confirm-scope", "wiki", "--confirm-count", "1").says("no scope group of wiki was replaced")

	c.Delete(group("wiki people"))
	h.quiet(func() { h.ok("sync", "--full").says("nobody leaves") })
	h.ok("status").says("is not found", "nobody leaves")
	h.holds(w)
	h.want(1, "target", "confirm-scope", "wiki", "--preview").says("no scope group of wiki was replaced")

	c.group("wiki", group("staff"), dn("mia"), dn("olga")) // another entry of the configured name: nils is not in it, olga is
	h.quiet(func() {
		h.ok("sync", "--full").says("was replaced by another of its name", "nobody leaves until somebody confirms it")
	})
	h.holds(w)
	h.ok("target", "confirm-scope", "wiki", "--preview").says("It would affect 2 people and groups", "1 create", "1 disable")
	h.want(1, "target", "confirm-scope", "wiki", "--confirm-count", "3").says("not 3")
	h.holds(w)
	h.ok("target", "confirm-scope", "wiki", "--confirm-count", "2").says("Confirmed")
	h.ok("sync", "--full")
	w.set("nils", func(a *account) { a.Active = false })
	w.Accounts["olga"] = hired("Olga", "Petrova", "olga")
	h.holds(w)
	h.ok("history").says("scope.confirm")
}

// P3: a search base that is deleted and made anew is not believed until an administrator has confirmed it.
func TestSearchBaseIsMadeAnew(t *testing.T) {
	t.Parallel()
	c, _ := onSlapd(t, testserver.SlapdOptions{})
	h := newHouse(t, c.source()+"    # the people who left are read too\n", wikiTarget)
	h.edit(`people: {base: "ou=People,`+base+`"}`, `people: [{base: "ou=People,`+base+`"}, {base: "ou=Left,`+base+`"}]`)
	h.write("ldap-password", c.secret+"\n")
	left := map[string][]string{"objectClass": {"inetOrgPerson"}, "sn": {"Gone"}}
	c.Add("cn=Ann Gone,ou=Left,"+base, withUID(left, "ann"))
	h.ok("sync", "-c", "muster.yaml")
	h.approve()
	w := observed(h.wiki.Snapshot())

	c.Delete("cn=Ann Gone,ou=Left," + base)
	c.Delete("ou=Left," + base)
	c.Add("ou=Left,"+base, map[string][]string{"objectClass": {"organizationalUnit"}})
	c.Add("cn=Bo Gone,ou=Left,"+base, withUID(left, "bo"))
	h.quiet(func() { h.want(3, "sync").says("is another entry than before", "muster source confirm-base") })
	got := decode[adminapi.BaseChange](h, 0, "source", "confirm-base", "corp", "--preview")
	if got.Base != "people2" || got.Read != 1 || got.Enter != 1 || got.Leave != 1 || got.Count != 2 || len(got.Names) != 1 {
		t.Errorf("the preview is %+v", got)
	}
	h.want(1, "source", "confirm-base", "corp", "--confirm-count", "1").says("not 1")
	h.want(3, "sync")
	h.ok("source", "confirm-base", "corp", "people2", "--confirm-count", "2").says("Confirmed")
	h.ok("sync")
	h.holds(w)
	h.ok("history").says("base.confirm")
}

func withUID(attributes map[string][]string, uid string) map[string][]string {
	out := maps.Clone(attributes)
	out["uid"] = []string{uid}
	return out
}
