package e2e

import (
	"strconv"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"muster/internal/run"
	"muster/internal/scim"
	"muster/internal/server/adminapi"
	"muster/internal/testserver"
)

// M7, M8, M9, X6: the common days of a company on OpenLDAP: people come, are renamed and moved and stay who they are, and leave.
func TestLifeOnSlapd(t *testing.T) {
	t.Parallel()
	c, _ := onSlapd(t, testserver.SlapdOptions{})
	life(t, c, c.house())
}

// M8, M9: the same with PostgreSQL behind it.
func TestLifeOnSlapdAndPostgres(t *testing.T) {
	t.Parallel()
	c, _ := onSlapd(t, testserver.SlapdOptions{})
	h := c.house()
	h.write("database", testserver.Postgres(t)+"\n")
	h.edit("\nnetwork:", "\ndatabase: {file: database}\nnetwork:")
	life(t, c, h)
}

// M7, M8, M9, X6: the same in an Active Directory, where accounts expire besides.
func TestLifeOnSamba(t *testing.T) {
	t.Parallel()
	c, s := onSamba(t)
	h := c.house()
	w := life(t, c, h)

	t.Log("an account expires by the clock, and is extended")
	s.SetExpiry(dn("eva"), time.Now().Add(-time.Hour))
	w.set("eva", off)
	h.step(w)
	s.SetExpiry(dn("eva"), time.Now().Add(240*time.Hour))
	w.set("eva", on)
	h.step(w)
}

// life plays the common days of a company. It returns what the wiki should hold at the end.
func life(t *testing.T, c *company, h *house) world {
	w := firstDay(t, h)
	movers(t, c, h, w)
	leavers(t, c, h, w)
	groups(t, c, h, w)
	return w
}

// step syncs and checks that the wiki holds w; then, that a second sync finds nothing to do.
func (h *house) step(w world) {
	h.t.Helper()
	h.ok("sync")
	h.holds(w)
	h.quiet(func() { h.ok("sync") })
}

// firstDay brings the wiki in step for the first time: it holds some accounts already.
func firstDay(t *testing.T, h *house) world {
	t.Log("the wiki has accounts: one of ours with a wrong name, one that nobody here has, and a group with both in it")
	w := wikiWorld()
	w.Accounts["zoe"] = account{Name: "Zoë Elsewhere", Active: true}
	user := func(username, given, family string) scim.Resource {
		return scim.Resource{"userName": username, "active": true, "name": map[string]any{"givenName": given, "familyName": family}}
	}
	members := []any{map[string]any{"value": "ben"}, map[string]any{"value": "zoe"}}
	_, err := h.wiki.Seed([]scim.Resource{user("BEN", "Benn", "Ito"), user("zoe", "Zoë", "Elsewhere")}, []scim.Resource{{"displayName": "Wiki-Admins", "members": members}})
	if err != nil {
		t.Fatal(err)
	}
	before := h.ids()

	t.Log("without a server, commands work by themselves")
	h.ok("check", "-c", "muster.yaml").says("1 source, 1 target")
	report := decode[adminapi.SourceCheck](h, 0, "source", "test", "corp", "-c", "muster.yaml").Report
	if report.People != 16 || report.Groups != 4 || len(report.Samples) != 5 {
		t.Errorf("source test finds %d people, %d groups and %d samples, want 16, 4 and 5", report.People, report.Groups, len(report.Samples))
	}
	decode[adminapi.TargetCheck](h, 0, "target", "test", "wiki")

	t.Log("the first plan waits, and nothing is written")
	h.serve()
	var p run.Plan
	h.quiet(func() {
		h.ok("sync")
		p = decode[showed](h, 2, "plan", "show", "wiki", "--detailed-exitcode").Plan
	})
	if p.People != 15 || p.Kind != run.First || p.Counts["link"] != 1 || p.Counts["create"] != 12 {
		t.Errorf("the first plan is %+v", p)
	}
	h.want(1, "plan", "approve", "wiki", "--confirm-count", "14").says("the plan affects 15, not 14")
	h.quiet(func() { h.want(64, "plan", "approve", "wiki") })

	t.Log("approved, it is carried out: accounts and groups are taken over, not made again")
	h.ok("plan", "approve", "wiki", "--confirm-count", strconv.Itoa(p.People))
	h.step(w)
	after := h.ids()
	for old, now := range map[string]string{"BEN": "ben", "zoe": "zoe", "group Wiki-Admins": "group wiki-admins"} {
		if before[old] != after[now] {
			t.Errorf("%s was %s and is %s now", old, before[old], after[now])
		}
	}
	return w
}

// showed is what `plan show --json` prints.
type showed struct {
	Plan  run.Plan          `json:"plan"`
	Lines []run.Line        `json:"lines"`
	Names map[string]string `json:"names"`
}

// movers change their names, places and values.
func movers(t *testing.T, c *company, h *house, w world) {
	t.Log("a joiner")
	c.join("Quinn", "Søby", "quinn", "staff", "wiki-editors")
	w.Accounts["quinn"] = hired("Quinn", "Søby", "quinn")
	w.Groups["wiki-editors"] = []string{"anna", "ben", "cleo", "quinn"}
	h.step(w)
	ids := h.ids()

	t.Log("a marriage: the DN, the name, the username and the mail change, and the account stays the same")
	c.Rename(dn("anna"), "cn=Anna Berg")
	c.Modify(person("Anna Berg"), func(r *ldap.ModifyRequest) {
		r.Replace("sn", []string{"Berg"})
		r.Replace("mail", []string{"anna.berg@example.com"})
		r.Replace("title", []string{"Editor"})
	})
	w.set("anna", func(a *account) { a.Name, a.Mail, a.Title = "Anna Berg", "anna.berg@example.com", "Editor" })
	h.step(w)
	c.Modify(person("Anna Berg"), func(r *ldap.ModifyRequest) {
		r.Replace(c.login, []string{"anna.berg"})
		r.Replace("title", nil)
	})
	w.rename("anna", "anna.berg")
	w.set("anna.berg", func(a *account) { a.Title = "-" })
	w.Groups["wiki-editors"] = []string{"anna.berg", "ben", "cleo", "quinn"}
	h.step(w)

	t.Log("the OU of all people is renamed: it is followed, and nobody leaves")
	c.Rename("ou=People,"+base, "ou=Everybody")
	h.quiet(func() { h.ok("sync") })
	c.Rename("ou=Everybody,"+base, "ou=People")
	h.quiet(func() { h.ok("sync") })

	t.Log("somebody moves out of the search base, and back")
	c.Move(dn("kim"), "ou=Left,"+base)
	w.set("kim", off)
	h.step(w)
	c.Move("cn=Kim Park,ou=Left,"+base, "ou=People,"+base)
	w.set("kim", on)
	h.step(w)

	for old, now := range map[string]string{"anna": "anna.berg", "kim": "kim", "ben": "ben"} {
		if got := h.ids()[now]; got != ids[old] {
			t.Errorf("%s has the account %s, and had %s as %s", now, got, ids[old], old)
		}
	}
}

// leavers are disabled, come back, are closed by hand, and are deleted.
func leavers(t *testing.T, c *company, h *house, w world) {
	t.Log("disabled at the source, and enabled again")
	c.off(dn("ben"), true)
	w.set("ben", off)
	h.step(w)
	c.off(dn("ben"), false)
	w.set("ben", on)
	h.step(w)

	t.Log("closed by an operator: no source lifts it")
	h.ok("disable", "finn", "--reason", "stolen laptop").says("closed by")
	w.set("finn", off)
	h.holds(w)
	h.step(w)
	h.ok("enable", "finn", "--reason", "found again")
	w.set("finn", on)
	h.step(w)

	t.Log("deleted at the source: one read closes nobody, and the open leaver is listed with the time that is left")
	c.Delete(dn("hugo"))
	h.step(w)
	open := decode[struct{ Items []adminapi.Leaver }](h, 0, "leavers").Items
	if len(open) != 1 || open[0].Name != "hugo" || open[0].State != "missing" || time.Until(open[0].Until) < 8*time.Minute || time.Until(open[0].Until) > 11*time.Minute {
		t.Errorf("open leavers: %+v, want hugo, missing, to be decided in ten minutes", open)
	}
	h.ok("leavers").says("hugo", "missing", "a second read")
	h.ok("status").says("1 open leaver")
}

// groups change their members, names and existence.
func groups(t *testing.T, c *company, h *house, w world) {
	t.Log("in and out of the scope group, directly and through a group in a group")
	c.group("guild", dn("nils"), dn("olga"))
	c.AddMembers(group("staff"), group("guild"))
	c.RemoveMembers(group("wiki"), dn("mia"))
	w.Accounts["nils"], w.Accounts["olga"] = hired("Nils", "Åberg", "nils"), hired("Olga", "Petrova", "olga")
	w.set("mia", off)
	h.step(w)
	h.ok("why", "nils", "wiki").says("is a member of")
	c.RemoveMembers(group("staff"), group("guild"))
	c.AddMembers(group("wiki"), dn("mia"))
	w.set("nils", off)
	w.set("olga", off)
	w.set("mia", on)
	h.step(w)

	t.Log("a provisioned group is renamed, gets and loses members")
	id := h.ids()["group wiki-editors"]
	c.Rename(group("wiki-editors"), "cn=wiki-writers")
	c.AddMembers(group("wiki-writers"), dn("leo"))
	c.RemoveMembers(group("wiki-writers"), dn("cleo"))
	w.Groups["wiki-writers"] = []string{"anna.berg", "ben", "leo", "quinn"}
	delete(w.Groups, "wiki-editors")
	h.step(w)
	if got := h.ids()["group wiki-writers"]; got != id {
		t.Errorf("the renamed group is %s, and was %s", got, id)
	}

	t.Log("a new group; renamed so that the filter no longer matches, it is taken away only when a person says so")
	c.group("wiki-new", dn("ida"), dn("jo"))
	w.Groups["wiki-new"] = []string{"ida", "jo"}
	h.step(w)
	c.Rename(group("wiki-new"), "cn=old-new")
	h.quiet(func() { h.want(4, "sync").says("muster hold list wiki") })
	h.holds(w)
	h.ok("hold", "show", "wiki").says("being renamed from")
	h.ok("hold", "release", "wiki", "--confirm-count", "1")
	delete(w.Groups, "wiki-new")
	h.step(w)
}
