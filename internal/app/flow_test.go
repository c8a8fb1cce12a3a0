package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"muster/internal/run"
	"muster/internal/scim/scimtest"
	"muster/internal/server/adminapi"
	"muster/internal/source/ldap/ldaptest"
)

// flow is a directory and an identity provider, whose people flow on to two services: one disables who is removed, one deletes them.
func flow(t *testing.T) (h *house, wiki, chat *scimtest.Server) {
	t.Helper()
	ldap, err := ldaptest.Start(ldaptest.Config{Flavor: ldaptest.OpenLDAP, LDIF: strings.NewReader(company())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ldap.Close)
	wiki, chat = scimtest.NewServer(t, scimtest.Config{Token: wikiKey}), scimtest.NewServer(t, scimtest.Config{Token: wikiKey})
	t.Setenv("WIKI_TOKEN", wikiKey)
	const rules = "attributes: {userName: person.username, 'emails[type eq \"work\"].value': person.email}"
	h = serveIn(t, t.TempDir(), fmt.Sprintf(`sources:
  - {name: corp, type: ldap, servers: [%q], bind: "cn=reader,%[2]s", password: {env: WIKI_TOKEN}, canary: "cn=reader,%[2]s", people: {base: "ou=people,%[2]s"}, groups: {base: "ou=groups,%[2]s"}, every: 1h}
  - {name: idp, type: scim, correlate: [{person: email, expr: "record['emails.value']"}]}
targets:
  - {name: wiki, type: scim, mode: live, settings: {url: %[3]q, token: {env: WIKI_TOKEN}}, people: {match: [userName], %[5]s}, groups: {from: {source: idp}, attributes: {displayName: group.name}}}
  - {name: chat, type: scim, mode: live, settings: {url: %[4]q, token: {env: WIKI_TOKEN}}, people: {from: {source: idp}, when_removed: delete, %[5]s}}
network: {allow: [loopback]}
`, ldap.URL(), base, wiki.URL, chat.URL, rules))
	return h, wiki, chat
}

// soon waits until something holds, at a service that Muster writes to.
func (h *house) soon(what string, holds func() bool) {
	h.Helper()
	for end := time.Now().Add(patience); !holds(); {
		if time.Now().After(end) {
			h.Fatalf("it does not come to pass that %s", what)
		}
		given[adminapi.Status](h.T)(h.admin.Status(h.Context()))
	}
}

// synced reads the sources, serves the targets, and has the first plans approved.
func (h *house) synced(approve ...string) {
	h.Helper()
	ctx := h.Context()
	wait := func(runs []string) {
		for _, id := range runs {
			if r := given[adminapi.RunView](h.T)(h.admin.Run(ctx, id, patience)); r.Problem != nil {
				h.Fatalf("%+v", r.Problem)
			}
		}
	}
	wait(given[adminapi.Started](h.T)(h.admin.Sync(ctx, adminapi.SyncRequest{})).Runs)
	for _, target := range approve {
		p := given[run.Plan](h.T)(h.admin.Plan(ctx, target))
		wait(given[adminapi.Decision](h.T)(h.admin.Approve(ctx, p.ID, adminapi.Approval{Count: p.People})).Runs)
	}
}

func active(s *scimtest.Server, name string) (is, there bool) {
	u, ok := s.Snapshot().User(name)
	return u.Active, ok
}

// I2, I7, P4, P6, X6: whom a provider states flows on to targets like anybody else, as the person whom a rule finds if a directory has them: made, disabled and read back, and removed
// as each target says, within its limits.
func TestProvisionedPeopleFlowOn(t *testing.T) {
	h, wiki, chat := flow(t)
	token := h.newProvider()
	h.synced()
	ada := h.send(token, "POST", "/scim/v2/Users", scimUser("ada", ""), 201)
	known := h.send(token, "POST", "/scim/v2/Users", scimUser("u01", `,"title":"Known to the directory"`), 201)
	if o := given[adminapi.Object](t)(h.admin.Object(t.Context(), "person", "u01")); len(o.Records) != 2 {
		t.Errorf("the rule did not find the person of the directory: %+v", o)
	}
	h.send(token, "POST", "/scim/v2/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"crew","members":[{"value":"`+ada+`"},{"value":"`+known+`"}]}`, 201)
	h.synced("wiki", "chat")
	if g, ok := wiki.Snapshot().Group("crew"); !ok || len(g.Members) != 2 {
		t.Errorf("the group did not flow on: %+v", g)
	}
	if n := len(chat.Snapshot().Users); n != 2 {
		t.Errorf("%d accounts at the service for people of the provider", n)
	}
	if u, ok := wiki.Snapshot().User("ada"); !ok || !u.Active {
		t.Errorf("%+v", u)
	}

	h.send(token, "PATCH", "/scim/v2/Users/"+ada, patchOf(`{"op":"replace","path":"active","value":false}`), 200)
	h.soon("the account is closed by read-back", func() bool {
		gone := given[[]adminapi.Leaver](t)(h.admin.Leavers(t.Context(), adminapi.LeaverQuery{Closed: true, Target: "wiki"}))
		return len(gone) == 1 && gone[0].Name == "ada" && gone[0].State == "closed" && !gone[0].Confirmed.IsZero() && gone[0].Sent != nil
	})
	if is, there := active(wiki, "ada"); is || !there {
		t.Error("it was said to be closed, and is not")
	}
	h.send(token, "PATCH", "/scim/v2/Users/"+ada, patchOf(`{"op":"replace","path":"active","value":true}`), 200)
	h.soon("the account is opened again", func() bool { is, _ := active(wiki, "ada"); return is })

	// The directory still has one of them: to the service for people of the provider they are no longer in scope, to the other nothing changes.
	h.send(token, "DELETE", "/scim/v2/Users/"+ada, "", 204)
	h.send(token, "DELETE", "/scim/v2/Users/"+known, "", 204)
	h.soon("each service does what it does to who is removed", func() bool {
		wikiIs, wikiHas := active(wiki, "ada")
		_, chatHas := active(chat, "ada")
		_, knownHas := active(chat, "u01")
		return wikiHas && !wikiIs && !chatHas && !knownHas
	})
	if is, _ := active(wiki, "u01"); !is {
		t.Error("whom the directory has was closed since the provider deleted them")
	}
	h.withinLimits(token, wiki)
}

// withinLimits deletes more people at the provider than a target lets go at once.
func (h *house) withinLimits(token string, wiki *scimtest.Server) {
	h.Helper()
	const many = 14
	left := func() (n int) {
		for i := range many {
			if is, _ := active(wiki, fmt.Sprint("crowd", i)); is {
				n++
			}
		}
		return n
	}
	var ids []string
	for i := range many {
		ids = append(ids, h.send(token, "POST", "/scim/v2/Users", scimUser(fmt.Sprint("crowd", i), ""), 201))
	}
	h.soon("the crowd has accounts", func() bool { return left() == many })
	for _, id := range ids {
		h.send(token, "DELETE", "/scim/v2/Users/"+id, "", 204)
	}
	var hold run.Plan
	h.soon("a limit holds the rest", func() bool {
		for _, p := range given[[]run.Plan](h.T)(h.admin.Plans(h.Context(), adminapi.PlanQuery{Target: "wiki"})) {
			if p.Kind == run.Hold && p.Class == "stated" && p.Status == run.Waiting {
				hold = p
			}
		}
		return hold.ID != "" && hold.People == left()
	})
	if left() < many-10 {
		h.Errorf("%d of %d were closed in spite of the limit of 10", many-left(), many)
	}
	given[adminapi.Decision](h.T)(h.admin.Approve(h.Context(), hold.ID, adminapi.Approval{Count: hold.People}))
	h.soon("the released ones are closed", func() bool { return left() == 0 })
}
