package app_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/access"
	"muster/internal/app"
	"muster/internal/cli"
	"muster/internal/directory"
	linking "muster/internal/link"
	"muster/internal/run"
	"muster/internal/scim/scimtest"
	"muster/internal/server/adminapi"
	"muster/internal/source/ldap/ldaptest"
)

const (
	crowd   = 23
	base    = "dc=corp,dc=example"
	wikiKey = "t0ken-that-nobody-may-see"
)

// company is people u00 … in a directory, of whom those with an even number are in the group wiki. In group ship are that group and u00.
func company() string {
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\n\ndn: %s\nobjectClass: domain\ndc: corp\n", base)
	fmt.Fprintf(&b, "\ndn: cn=reader,%s\nobjectClass: person\ncn: reader\nsn: Reader\nuserPassword: %s\n", base, wikiKey)
	for _, ou := range []string{"people", "groups"} {
		fmt.Fprintf(&b, "\ndn: ou=%s,%s\nobjectClass: organizationalUnit\nou: %s\n", ou, base, ou)
	}
	var members strings.Builder
	for i := range crowd {
		fmt.Fprintf(&b, "\ndn: cn=u%02d,ou=people,%s\nobjectClass: inetOrgPerson\ncn: u%02d\nuid: u%02d\nsn: Number%02d\ngivenName: Ada\nmail: u%02d@example.com\n", i, base, i, i, i, i)
		if i%2 == 0 {
			fmt.Fprintf(&members, "member: cn=u%02d,ou=people,%s\n", i, base)
		}
	}
	fmt.Fprintf(&b, "\ndn: cn=wiki,ou=groups,%s\nobjectClass: groupOfNames\ncn: wiki\n%s", base, &members)
	fmt.Fprintf(&b, "\ndn: cn=ship,ou=groups,%[1]s\nobjectClass: groupOfNames\ncn: ship\nmember: cn=wiki,ou=groups,%[1]s\nmember: cn=u00,ou=people,%[1]s\n", base)
	return b.String()
}

// openCompany reads the company into a real store and serves a sandbox of a wiki with it.
func openCompany(t *testing.T) *app.Muster {
	t.Helper()
	m := connectCompany(t)
	serveFirst(t, m)
	return m
}

// connectCompany has a real store with the company and a sandbox of a wiki, of which nothing is read yet.
func connectCompany(t *testing.T) *app.Muster {
	t.Helper()
	ldap, err := ldaptest.Start(ldaptest.Config{Flavor: ldaptest.OpenLDAP, LDIF: strings.NewReader(company())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ldap.Close)
	wiki := scimtest.NewServer(t, scimtest.Config{Token: wikiKey})
	folder := t.TempDir()
	file := filepath.Join(folder, "muster.yaml")
	t.Setenv("WIKI_TOKEN", wikiKey)
	text := fmt.Sprintf(`
sources:
  - {name: corp, type: ldap, servers: [%q], bind: "cn=reader,%[2]s", password: {env: WIKI_TOKEN}, canary: "cn=reader,%[2]s", people: {base: "ou=people,%[2]s"}, groups: {base: "ou=groups,%[2]s"}}
targets:
  - name: wiki
    type: scim
    mode: live
    settings: {url: %[3]q, token: {env: WIKI_TOKEN}}
    people: {from: {group: "cn=wiki,ou=groups,%[2]s"}, match: [userName], attributes: {userName: person.username}}
    groups: {attributes: {displayName: group.name}}
network: {allow: [127.0.0.0/8]}
`, ldap.URL(), base, wiki.URL)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := app.Open(t.Context(), cli.Options{Data: folder, ConfigFile: file})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

var owner = access.Caller{Handle: "owner", Roles: []access.Role{access.Owner}}

// serveFirst has the first plan approved and carried out.
func serveFirst(t *testing.T, m *app.Muster) {
	t.Helper()
	started, err := m.Sync(t.Context(), adminapi.SyncRequest{}, owner)
	if err != nil {
		t.Fatal(err)
	}
	finish(t, m, started.Runs)
	p, err := m.Plan(t.Context(), "wiki")
	if err != nil {
		t.Fatal(err)
	}
	sameAwaited(t, m, map[string]string{"u00": "waits", "u02": "waits", "u22": "waits", "u01": ""})
	d, err := m.Approve(t.Context(), p.ID, adminapi.Approval{Count: p.People}, owner)
	if err != nil {
		t.Fatal(err)
	}
	finish(t, m, d.Runs)
}

// sameAwaited looks at how the account at wiki of each is awaited; "" = not at all.
func sameAwaited(t *testing.T, m *app.Muster, want map[string]string) {
	t.Helper()
	page, err := m.Browse(t.Context(), adminapi.BrowseQuery{Kind: "person", Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, o := range page.Objects {
		if _, ok := want[o.Name]; ok {
			got[o.Name] = ""
		}
		for _, x := range o.Awaited {
			if _, ok := want[o.Name]; ok && x.Target == "wiki" {
				got[o.Name] += x.Wait
			}
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("awaited at wiki: %v, want %v", got, want)
	}
}

// wait has two who are in no scope wait for an account, and one who has one wait for something else.
func wait(t *testing.T, m *app.Muster) {
	t.Helper()
	var waits []linking.Waiting
	for name, how := range map[string]linking.Wait{"u01": linking.Held, "u03": linking.Retrying, "u00": linking.Held} {
		o, err := m.Object(t.Context(), "person", name)
		if err != nil {
			t.Fatal(err)
		}
		waits = append(waits, linking.Waiting{Target: "wiki", Object: o.ID, Wait: how, Code: "missing_value", Reason: "title has no value", Since: time.Now(), Next: time.Now().Add(time.Hour)})
	}
	err := m.Store.Update(t.Context(), "test", func(tx directory.Tx) error { return linking.In(tx).PutWaiting(t.Context(), waits...) })
	if err != nil {
		t.Fatal(err)
	}
	sameAwaited(t, m, map[string]string{"u00": "", "u01": "held", "u03": "retrying", "u05": "", "u02": ""})
}

func finish(t *testing.T, m *app.Muster, runs []string) {
	t.Helper()
	for _, id := range runs {
		r, err := m.Run(t.Context(), id, time.Minute)
		if err != nil || r.Outcome == run.Running || r.Problem != nil {
			t.Fatalf("run %s: %+v, %v", id, r, err)
		}
	}
}

// browse returns the names on all pages of a query.
func browse(t *testing.T, m *app.Muster, q adminapi.BrowseQuery) []string {
	t.Helper()
	var out []string
	for {
		page, err := m.Browse(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Objects) > q.Limit {
			t.Fatalf("%d objects on a page of %d", len(page.Objects), q.Limit)
		}
		for _, o := range page.Objects {
			out = append(out, o.Name)
		}
		if q.After = page.Next; q.After == "" {
			return out
		}
	}
}

// X13: what the console looks through, on a real store: by name in pages, by what words begin with, by key and DN, by state and by target;
// and at which targets somebody is to have an account and has none yet.
func TestBrowse(t *testing.T) {
	m := openCompany(t)
	var all, even []string
	for i := range crowd {
		name := fmt.Sprintf("u%02d", i)
		if all = append(all, name); i%2 == 0 {
			even = append(even, name)
		}
	}
	cases := map[string]struct {
		q    adminapi.BrowseQuery
		want []string
	}{
		"everybody":            {adminapi.BrowseQuery{Kind: "person"}, append([]string{"owner"}, all...)},
		"who has an account":   {adminapi.BrowseQuery{Kind: "person", Target: "wiki"}, even},
		"the beginning":        {adminapi.BrowseQuery{Kind: "person", Text: "u1"}, all[10:20]},
		"… of those there":     {adminapi.BrowseQuery{Kind: "person", Text: "u1", Target: "wiki"}, even[5:10]},
		"a word of the name":   {adminapi.BrowseQuery{Kind: "person", Text: "number07"}, all[7:8]},
		"a DN":                 {adminapi.BrowseQuery{Kind: "person", Text: "cn=u03,ou=people," + base}, all[3:4]},
		"a DN of nobody there": {adminapi.BrowseQuery{Kind: "person", Text: "cn=u03,ou=people," + base, Target: "wiki"}, nil},
		"of a source":          {adminapi.BrowseQuery{Kind: "person", Source: "corp"}, all},
		"… a DN of one":        {adminapi.BrowseQuery{Kind: "person", Source: "corp", Text: "cn=u03,ou=people," + base}, all[3:4]},
		"… missing there":      {adminapi.BrowseQuery{Kind: "person", Source: "corp", Missing: true}, nil},
		"groups of a source":   {adminapi.BrowseQuery{Kind: "group", Source: "corp"}, []string{"ship", "wiki"}},
		"a state of nobody":    {adminapi.BrowseQuery{Kind: "person", State: "gone"}, nil},
		"groups":               {adminapi.BrowseQuery{Kind: "group"}, []string{"ship", "wiki"}},
		"groups there":         {adminapi.BrowseQuery{Kind: "group", Target: "wiki"}, []string{"ship", "wiki"}},
		"no group is a person": {adminapi.BrowseQuery{Kind: "person", Text: "wiki"}, nil},
	}
	for name, c := range cases {
		for _, c.q.Limit = range []int{1, 7, 500} {
			if got := browse(t, m, c.q); !slices.Equal(got, c.want) {
				t.Errorf("%s, %d a page: %v, want %v", name, c.q.Limit, got, c.want)
			}
		}
	}
	findByAccount(t, m)
	for name, q := range map[string]adminapi.BrowseQuery{"target": {Kind: "person", Target: "chat"}, "source": {Kind: "person", Source: "wiki-of-nobody"}, "place": {Kind: "person", After: "nowhere"}} {
		if _, err := m.Browse(t.Context(), q); err == nil {
			t.Errorf("a %s that is none is taken", name)
		}
	}
	lookAround(t, m)
	wait(t, m)
	outage(t, m)
}

// outage has a source fail for so long that its last complete read is far behind: it is not said never to have been read.
// findByAccount looks somebody up by the id that their account has at a target, as support knows it.
func findByAccount(t *testing.T, m *app.Muster) {
	t.Helper()
	o, err := m.Object(t.Context(), "person", "u04")
	if err != nil || len(o.Links) != 1 {
		t.Fatalf("u04 has %+v, %v", o.Links, err)
	}
	id := string(o.Links[0].Remote)
	for name, c := range map[string]struct {
		q    adminapi.BrowseQuery
		want []string
	}{
		"an account id":                 {adminapi.BrowseQuery{Kind: "person", Text: id, Limit: 10}, []string{"u04"}},
		"… of those at the target":      {adminapi.BrowseQuery{Kind: "person", Text: id, Target: "wiki", Source: "corp", Limit: 10}, []string{"u04"}},
		"… of those in another state":   {adminapi.BrowseQuery{Kind: "person", Text: id, State: "gone", Limit: 10}, nil},
		"… who are missing":             {adminapi.BrowseQuery{Kind: "person", Text: id, Source: "corp", Missing: true, Limit: 10}, nil},
		"a person's account, of groups": {adminapi.BrowseQuery{Kind: "group", Text: id, Limit: 10}, nil},
	} {
		if got := browse(t, m, c.q); !slices.Equal(got, c.want) {
			t.Errorf("%s finds %v, want %v", name, got, c.want)
		}
	}
	found, err := m.Objects(t.Context(), adminapi.ObjectQuery{Kind: "person", Text: id, Limit: 10})
	if err != nil || len(found) != 1 || found[0].Name != "u04" {
		t.Errorf("the list finds %+v by an account id, %v", found, err)
	}
}

func outage(t *testing.T, m *app.Muster) {
	t.Helper()
	err := m.Store.Update(t.Context(), "test", func(tx directory.Tx) error {
		for i := range 100 {
			at := time.Now().Add(time.Duration(i) * time.Minute)
			err := run.In(tx).PutRun(t.Context(), run.Run{ID: fmt.Sprintf("failed-%d", i), Kind: run.Read, Name: "corp", Started: at, Ended: at, Outcome: run.Failed})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if st, err := m.Status(t.Context()); err != nil || st.Sources[0].Complete.IsZero() || st.Sources[0].Last.Outcome != run.Failed {
		t.Errorf("after a long outage: %+v, %v", st.Sources, err)
	}
}

// lookAround looks at what else can be looked through.
func lookAround(t *testing.T, m *app.Muster) {
	t.Helper()
	members, err := m.Members(t.Context(), "wiki", adminapi.MemberQuery{Limit: 5})
	if err != nil || len(members.Members) != 5 || members.Next == "" {
		t.Fatalf("members: %+v, %v", members, err)
	}
	rest, err := m.Members(t.Context(), "wiki", adminapi.MemberQuery{Limit: 100, After: members.Next})
	if err != nil || len(rest.Members) != 7 || rest.Next != "" {
		t.Errorf("the other members: %d, %v", len(rest.Members), err)
	}
	for _, x := range append(members.Members, rest.Members...) {
		if len(x.At) != 1 || !x.At[0].Wanted || !x.At[0].Applied || x.State != directory.Active {
			t.Errorf("member %+v", x)
		}
	}
	writes, err := m.Writes(t.Context(), adminapi.CallQuery{Target: "wiki", Who: "u04", Limit: 10})
	if err != nil || len(writes) == 0 || writes[len(writes)-1].Name != "u04" || writes[len(writes)-1].Want.First("userName") != "u04" {
		t.Errorf("writes about u04: %+v, %v", writes, err)
	}
	if _, err := m.Writes(t.Context(), adminapi.CallQuery{Who: "nobody", Limit: 10}); err == nil {
		t.Error("writes about nobody are found")
	}
	events, err := m.Events(t.Context(), run.EventQuery{By: "operator:owner", Limit: 10})
	if err != nil || !slices.ContainsFunc(events, func(e run.Event) bool { return strings.Contains(e.Act, "approve") }) {
		t.Errorf("events: %+v, %v", events, err)
	}
	cfg, err := m.Configuration(t.Context())
	if text := fmt.Sprintf("%+v", cfg); err != nil || strings.Contains(text, wikiKey) || !strings.Contains(text, "WIKI_TOKEN") || len(cfg.Sources) != 1 || len(cfg.Targets) != 1 {
		t.Errorf("configuration: %s, %v", text, err)
	}
}
