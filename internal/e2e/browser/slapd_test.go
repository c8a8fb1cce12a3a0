package browser

import (
	"os"
	"path/filepath"
	"testing"

	"muster/internal/scim/scimtest"
	"muster/internal/server/console/browsertest"
	"muster/internal/testserver"
)

const (
	corp     = "dc=corp,dc=example"
	readerDN = "cn=Muster,ou=Service," + corp
)

// people of a small company on OpenLDAP: all but zoe are in the group wiki.
var people = [][2]string{{"Anna Ek", "anna"}, {"Ben Ito", "ben"}, {"Cleo Dubois", "cleo"}, {"Dan Novak", "dan"}, {"Zoe Berg", "zoe"}}

func personDN(cn string) string { return "cn=" + cn + ",ou=People," + corp }

// onSlapd founds the company.
func onSlapd(t *testing.T) *testserver.Slapd {
	t.Helper()
	s := testserver.StartSlapd(t, testserver.SlapdOptions{MemberOf: true})
	for _, unit := range []string{"People", "Groups", "Service"} {
		s.Add("ou="+unit+","+corp, map[string][]string{"objectClass": {"organizationalUnit"}})
	}
	s.Add(readerDN, map[string][]string{"objectClass": {"inetOrgPerson"}, "sn": {"Muster"}, "userPassword": {"secret-muster"}})
	var members []string
	for _, p := range people {
		s.Add(personDN(p[0]), map[string][]string{"objectClass": {"inetOrgPerson"}, "uid": {p[1]}, "sn": {p[0]}, "mail": {p[1] + "@example.com"}})
		if p[1] != "zoe" {
			members = append(members, personDN(p[0]))
		}
	}
	s.Add("cn=wiki,ou=Groups,"+corp, map[string][]string{"objectClass": {"groupOfNames"}, "member": members})
	return s
}

// serveSlapd serves a wiki from the company, and opens the console as its owner.
func serveSlapd(t *testing.T, s *testserver.Slapd, wiki *scimtest.Server) *browsertest.Tab {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{"password": "secret-muster", "token": "t0ken", "muster.yaml": `
sources:
  - {name: corp, type: ldap, servers: ["` + s.URL + `"], bind: "` + readerDN + `", password: {file: password}, canary: "ou=People,` + corp + `", people: {base: "ou=People,` + corp + `"},
     groups: {base: "ou=Groups,` + corp + `"}, disabled_filter: "(employeeType=left)", every: 1s, attributes: {username: record.uid, email: record.mail}}
targets:
  - {name: wiki, type: scim, mode: live, settings: {url: "` + wiki.URL + `", token: {file: token}},
     people: {from: {group: "cn=wiki,ou=Groups,` + corp + `"}, attributes: {userName: person.username, displayName: person.name}}}
network: {allow: [loopback]}
`} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server := start(t, "serve", "-c", filepath.Join(folder, "muster.yaml"), "-d", filepath.Join(folder, "data"), "--listen", freePort(t))
	home, path := linkFrom(server.says(t, `http://[^"\s]*/console/welcome\?code=[A-Z2-7]+`))
	p := browsertest.Open(t, home)
	p.Go(path)
	p.Type("password", "correct horse battery")
	p.Type("again", "correct horse battery")
	p.Press("Go in")
	return p
}

// X1, X3, X6, P4, P6: the main flow on a real directory server: it is read, the first plan is approved, a page says why somebody is missing, and a leaver is closed.
func TestOnSlapd(t *testing.T) {
	s, wiki := onSlapd(t), scimtest.NewServer(t, scimtest.Config{Token: "t0ken"})
	p := serveSlapd(t, s, wiki)
	p.Wait(`(document.querySelector(".inbox")?.innerText ?? "").includes("4 people and groups are affected")`)
	p.Press("Review")
	p.Says("4 accounts to create")
	p.Type("count", "4")
	p.Press("Approve 4")
	p.Says("Approved. It is being carried out.")
	p.Go("/console/people?target=wiki&state=active")
	p.Wait(`document.querySelectorAll("tr[data-row]").length === 4`)

	p.Go("/console/people?q=zoe")
	p.Press("zoe")
	p.Press("Why?")
	p.Says("Is not a member of cn=wiki")
	s.Replace(personDN("Ben Ito"), "employeeType", "left")
	p.Go("/console/people?q=ben")
	p.Press("ben")
	p.Wait(`document.querySelector(".card-box .chip")?.innerText.trim() === "closed"`)
	if u, ok := wiki.Snapshot().User("ben"); !ok || u.Active {
		t.Errorf("the account of a leaver is %+v, %t", u, ok)
	}
	p.Go("/console/leavers")
	p.Says("Every leaver is closed")
}
