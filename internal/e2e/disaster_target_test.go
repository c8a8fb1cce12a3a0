package e2e

import (
	"net/http"
	"strings"
	"testing"

	"muster/internal/run"
	"muster/internal/scim/scimtest"
	"muster/internal/server/adminapi"
)

// X6, P1, P6, P10: what has gone wrong at the services of others, and hurt people there, hurts nobody here; and what could not be done is told.
func TestDisastersAtTheTarget(t *testing.T) {
	t.Parallel()
	c, s := onAD(t)
	h := c.house()
	chat := scimtest.NewServer(t, scimtest.Config{
		Vendor: scimtest.Slack, Token: wikiToken, Speed: 100_000, Tenant: scimtest.Tenant{Emails: []string{"rehired@example.com"}},
	})
	h.edit("\nnetwork:", `
  - name: chat
    type: slack
    mode: live
    settings: {url: "`+chat.URL+`", token: {env: WIKI_TOKEN}, rate_percent: "100000"}
    people:
      from: {group: "cn=wiki,ou=Groups,`+base+`", nested: true}
      attributes: {userName: person.username, 'emails[type eq "work"].value': person.email, name.familyName: person.familyName}
network:`)
	h.edit(`title: {expr: source.corp.title, default: "-"}`, `title: {value: "-"}`)
	h.ok("sync", "-c", "muster.yaml")
	h.approve()
	p := decode[showed](h, 0, "plan", "show", "chat").Plan
	h.ok("plan", "approve", p.ID, "--confirm-count", "13")
	h.holds(wikiWorld())
	r := &ruin{T: t, company: c, house: h, server: s, chat: chat, world: wikiWorld()}
	r.suffer(atTheTarget)
	if err := chat.Invariants(); err != nil {
		t.Error(err)
	}
}

var atTheTarget = []disaster{
	{7, "the report says nobody was removed", func(r *ruin) {
		r.off(dn("anna"), true)
		r.Replace(dn("ben"), "sn", "Ito")
		r.world.set("anna", off)
		r.world.set("ben", func(a *account) { a.Name = "Ben Ito" })
		before := len(r.wiki.Writes())
		r.ok("sync")
		last := decode[struct{ Items []run.Run }](r.house, 0, "runs", "wiki").Items[0]
		if done := len(r.wiki.Writes()) - before; done != 2 || last.Counts["disabled"] != 1 || last.Counts["updated"] != 1 {
			r.Errorf("%d writes, and the run tells of %v", done, last.Counts)
		}
		r.off(dn("anna"), false)
		r.world.set("anna", on)
	}},
	{18, "a sync lets in whom an administrator has shut out", func(r *ruin) {
		r.ok("disable", "finn", "--reason", "stolen laptop")
		r.world.set("finn", off)
		r.off(dn("finn"), true)
		r.ok("sync")
		r.off(dn("finn"), false)
		r.ok("sync", "--full")
		r.holds(r.world)
		r.ok("enable", "finn", "--reason", "found again")
		r.world.set("finn", on)
	}},
	{19, "who leaves and comes back is in no group any more", func(r *ruin) {
		r.RemoveMembers(group("staff"), dn("cleo"))
		r.world.set("cleo", off)
		r.ok("sync")
		r.AddMembers(group("staff"), dn("cleo"))
		r.world.set("cleo", on)
		r.ok("sync")
		r.holds(r.world) // with her membership of wiki-editors
	}},
	{20, "two change the members of a group at once", func(r *ruin) {
		before := len(r.wiki.Writes())
		r.AddMembers(group("wiki-editors"), dn("eva"))
		r.world.Groups["wiki-editors"] = []string{"anna", "ben", "cleo", "eva"}
		r.ok("sync")
		for _, w := range r.wiki.Writes()[before:] {
			for _, name := range []string{"anna", "ben", "cleo"} {
				if w.Class == scimtest.Groups && strings.Contains(w.Body, r.ids()[name]) {
					r.Errorf("one member was added, and this was sent, which could bring back or lose another: %s", w.Body)
				}
			}
		}
		r.RemoveMembers(group("wiki-editors"), dn("eva"))
		r.world.Groups["wiki-editors"] = []string{"anna", "ben", "cleo"}
	}},
	{21, "one unknown member makes the service refuse all", func(r *ruin) {
		r.remove(r.wiki, "/Users/"+r.ids()["hugo"])
		r.AddMembers(group("wiki-admins"), dn("hugo"), dn("gia"))
		r.world.Groups["wiki-admins"] = []string{"dan", "gia", "hugo"}
		r.muster("sync")
		if g, _ := r.wiki.Snapshot().Group("wiki-admins"); len(g.Members) < 2 {
			r.Errorf("one unknown member kept the others out: %v", g.Members)
		}
		r.muster("sync", "--full")
		r.ok("sync", "--full") // who was lost there is made again, and is a member
		r.holds(r.world)
		r.RemoveMembers(group("wiki-admins"), dn("hugo"), dn("gia"))
		r.world.Groups["wiki-admins"] = []string{"dan"}
	}},
	{23, "the service says that it has removed a member, and has not", func(r *ruin) {
		r.wiki.Fail(scimtest.Fault{Kind: scimtest.IgnoreRemove})
		r.RemoveMembers(group("wiki-editors"), dn("cleo"))
		r.muster("sync")
		r.ok("status").says("retrying")
		r.wiki.Fail()
		r.world.Groups["wiki-editors"] = []string{"anna", "ben"}
		r.awaitStep()
		r.AddMembers(group("wiki-editors"), dn("cleo"))
		r.world.Groups["wiki-editors"] = []string{"anna", "ben", "cleo"}
	}},
	{24, "the service says that it has disabled somebody, and has not", func(r *ruin) {
		r.wiki.Fail(scimtest.Fault{Kind: scimtest.IgnoreDisable})
		r.off(dn("ida"), true)
		r.muster("sync")
		open := decode[struct{ Items []adminapi.Leaver }](r.house, 0, "leavers").Items
		if len(open) != 1 || open[0].Name != "ida" || open[0].Target != "wiki" {
			r.Errorf("open leavers: %+v, want ida at the wiki", open)
		}
		r.wiki.Fail()
		r.world.set("ida", off)
		r.awaitStep()
		r.off(dn("ida"), false)
		r.world.set("ida", on)
	}},
	{25, "no search finds a name, and it is taken", func(r *ruin) {
		before := r.wiki.Count(http.MethodPost, scimtest.Users)
		r.wiki.Fail(scimtest.Fault{Kind: scimtest.Unseen})
		r.join("Rosa", "Quill", "rosa", "staff")
		for range 6 {
			r.muster("sync", "--full")
		}
		if n := r.wiki.Count(http.MethodPost, scimtest.Users) - before; n > 3 {
			r.Errorf("%d tries to create one account, want 3 at most", n)
		}
		r.ok("hold", "list", "wiki").says("rosa")
		r.wiki.Fail()
		r.Replace(person("Rosa Quill"), "sn", "Quills") // the conflict is solved there, and the person has changed
		r.world.Accounts["rosa"] = hired("Rosa", "Quills", "rosa")
	}},
	{26, "an account is made, and the answer is an error", func(r *ruin) {
		r.wiki.Fail(scimtest.Fault{Kind: scimtest.Lost, Method: http.MethodPost, Times: 1})
		r.join("Sven", "Half", "sven", "staff")
		r.world.Accounts["sven"] = hired("Sven", "Half", "sven")
		r.muster("sync")
		r.wiki.Fail()
		r.awaitStep()
	}},
	{27, "the address of a rehire sits on another account", func(r *ruin) {
		r.join("Re", "Hired", "rehired", "staff")
		r.world.Accounts["rehired"] = hired("Re", "Hired", "rehired")
		r.join("Tess", "Next", "tess", "staff")
		r.world.Accounts["tess"] = hired("Tess", "Next", "tess")
		r.muster("sync")
		r.holds(r.world)
		r.ok("why", "rehired", "chat").says("email_taken")
		if _, ok := r.chat.Snapshot().User("tess"); !ok {
			r.Error("the conflict of one keeps another out")
		}
		r.Replace(person("Re Hired"), "mail", "re.hired@example.com")
		r.world.set("rehired", func(a *account) { a.Mail = "re.hired@example.com" })
		r.ok("sync")
		if _, ok := r.chat.Snapshot().User("rehired"); !ok {
			r.Error("with another address, rehired has no account")
		}
	}},
	{28, "an account that is closed answers 404", func(r *ruin) {
		r.off(dn("jo"), true)
		r.ok("sync")
		r.remove(r.wiki, "/Users/"+r.ids()["jo"])
		delete(r.world.Accounts, "jo")
		r.ok("sync", "--full")
		r.holds(r.world) // gone, and not made again
		r.ok("leavers").hides("jo")
		r.off(dn("jo"), false)
		r.world.Accounts["jo"] = hired("Jo", "王", "jo")
		r.awaitStep()
	}},
	{29, "everybody is taken out at once, an owner among them", func(r *ruin) {
		if !r.chat.SetRole("kim", scimtest.Owner) {
			r.Fatal("kim has no account")
		}
		for _, p := range staff[:12] {
			r.off(dn(p[2]), true)
		}
		r.quiet(func() { r.want(4, "sync") })
		r.ok("hold", "list").says("12 disables because their source says so", "the limit is 10")
		for _, p := range staff[:12] {
			if p[2] != "kim" {
				r.off(dn(p[2]), false)
			}
		}
		r.muster("sync")
		r.muster("hold", "release", "wiki", "--confirm-count", "1")
		r.muster("hold", "release", "chat", "--confirm-count", "1")
		r.world.set("kim", off)
		r.holds(r.world)
		if u, _ := r.chat.Snapshot().User("kim"); !u.Active {
			r.Error("the sandbox lets an owner be disabled")
		}
		r.ok("leavers").says("kim", "cannot_modify_owner")
		r.chat.SetRole("kim", scimtest.Member)
		r.off(dn("kim"), false)
		r.world.set("kim", on)
	}},
	{31, "the source of a person is gone, and nobody can close them", func(r *ruin) {
		text := r.read("muster.yaml")
		r.write("muster.yaml", handedOver(text))
		r.muster("sync", "-c", "muster.yaml")
		r.ok("disable", "leo", "--reason", "left").says("leo")
		r.world.set("leo", off)
		r.holds(r.world)
		r.write("muster.yaml", text)
		r.ok("enable", "leo", "--reason", "the source is back", "-c", "muster.yaml")
		r.world.set("leo", on)
	}},
	{33, "the last member leaves, or all do", func(r *ruin) {
		r.RemoveMembers(group("wiki-admins"), dn("dan"))
		r.world.Groups["wiki-admins"] = []string{}
		r.ok("sync")
		r.holds(r.world) // one is no matter
		r.RemoveMembers(group("wiki"), group("staff"), dn("mia"))
		r.quiet(func() { r.want(4, "sync") }) // all are
		r.want(1, "hold", "release", "wiki", "--confirm-count", "1")
		r.AddMembers(group("wiki"), group("staff"), dn("mia"))
		r.AddMembers(group("wiki-admins"), dn("dan"))
		r.world.Groups["wiki-admins"] = []string{"dan"}
	}},
	{34, "the licences are used up", func(r *ruin) {
		r.wiki.Fail(scimtest.Fault{Kind: scimtest.NoSeats})
		r.join("Ulf", "Seat", "ulf", "staff")
		r.muster("sync")
		r.holds(r.world)
		if s := decode[adminapi.Status](r.house, 0, "status"); s.Targets[0].Held+s.Targets[0].Retrying == 0 && s.Targets[0].State == "in step" {
			r.Errorf("nobody is told that an account was refused: %+v", s.Targets[0])
		}
		r.wiki.Fail()
		r.world.Accounts["ulf"] = hired("Ulf", "Seat", "ulf")
		r.awaitStep()
	}},
	{35, "the event of a suspension is lost, and so is the access", func(r *ruin) {
		r.off(dn("mia"), true)
		r.world.set("mia", off)
		r.ok("sync")
		r.enable(r.wiki, r.ids()["mia"])
		r.ok("sync", "--full")
		r.holds(r.world)
		r.wiki.SetToken("another")
		r.want(5, "target", "test", "wiki")
		r.want(5, "sync", "--full").says("is stopped")
		r.wiki.SetToken(wikiToken)
		r.off(dn("mia"), false)
		r.world.set("mia", on)
	}},
}

// awaitStep syncs, those who wait for another try included, until the wiki holds what it should.
func (r *ruin) awaitStep() {
	r.Helper()
	r.await("the wiki is in step", func() bool {
		r.muster("sync", "--full")
		s := decode[adminapi.Status](r.house, 0, "status")
		return s.Targets[0].State == "in step"
	})
	r.holds(r.world)
}

// remove deletes something at a service, as its administrator does.
func (r *ruin) remove(s *scimtest.Server, path string) { r.call(s, http.MethodDelete, path, "") }

// enable lets an account in at a service, as its administrator does.
func (r *ruin) enable(s *scimtest.Server, id string) {
	r.call(s, http.MethodPatch, "/Users/"+id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":true}]}`)
}

func (r *ruin) call(s *scimtest.Server, method, path, body string) {
	r.Helper()
	req, err := http.NewRequestWithContext(r.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+wikiToken)
	req.Header.Set("Content-Type", "application/scim+json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode >= 300 {
		r.Fatalf("%s %s: %s", method, path, resp.Status)
	}
}
