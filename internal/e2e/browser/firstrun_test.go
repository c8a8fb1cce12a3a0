package browser

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"muster/internal/server/console/browsertest"
	"muster/internal/testserver"
)

// freePort returns a loopback address that nobody listens at.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// The first run, X13: a link on an empty folder makes an owner with a password, who is known again after a restart; wrong passwords are nobody's.
func TestFirstRun(t *testing.T) {
	folder := t.TempDir()
	addr := freePort(t)
	data := filepath.Join(folder, "data")
	server := start(t, "serve", "--listen", addr, "-d", data)
	home, path := linkFrom(server.says(t, `http://[^"\s]*/console/welcome\?code=[A-Z2-7]+`))
	p := browsertest.Open(t, home)
	p.Go("/console/inbox")
	p.Says("Nobody has a password yet")
	p.Allow("422") // a page that says what is wrong
	p.Go(path)
	p.Says("This Muster is yours")
	p.Type("password", "correct horse battery")
	p.Type("again", "correct horse batterie")
	p.Press("Go in")
	p.Says("The two passwords differ")
	p.Type("password", "correct horse battery")
	p.Type("again", "correct horse battery")
	p.Press("Go in")
	p.Says("Welcome to Muster")
	shoot(p, "first-steps")
	sampleCompany(t, p, data)
	connectOwn(t, p, data)

	restarted(t, p, server, addr, data)
	signedOut(t, p, path)
}

// sampleCompany tries the sample company out, U7: its plan waits and its scenes are there, what is done there is done to nobody here, and left it is gone.
func sampleCompany(t *testing.T, p *browsertest.Tab, data string) {
	t.Helper()
	p.Press("Try with the sample company")
	p.Press("Go into the sample company")
	p.Says("This is the demo. Approve a plan below first")
	p.Says("First plan for wiki")
	p.Go("/console/people?q=a")
	p.Wait(`document.querySelectorAll("tr[data-row]").length > 5`)
	p.Go("/console/")
	p.Press("Leave the sample company")
	p.Says("nothing of it is left")
	p.Says("Try with the sample company")
	p.Go("/console/people")
	if n := browsertest.Eval[int](p, `document.querySelectorAll("tr[data-row]").length`); n != 1 {
		t.Errorf("%d people are here after the sample company was left; the owner is meant", n)
	}
	if _, err := os.Stat(filepath.Join(data, ".sample-company")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of the sample company is left: %v", err)
	}
}

// ownCompany is a company with an OpenLDAP server of its own.
const ownCompany = `dn: dc=corp,dc=example
objectClass: organization
objectClass: dcObject
o: Corp
dc: corp

dn: ou=people,dc=corp,dc=example
objectClass: organizationalUnit
ou: people

dn: uid=olga.own,ou=people,dc=corp,dc=example
objectClass: inetOrgPerson
uid: olga.own
cn: Olga Own
sn: Own
mail: olga.own@example.com
`

// connectOwn connects a directory for real, U6, U14: what is wrong is told with what to do, what works is written with the secret in its place, and taken up
// without a restart.
func connectOwn(t *testing.T, p *browsertest.Tab, data string) {
	t.Helper()
	slapd := testserver.StartSlapd(t, testserver.SlapdOptions{LDIF: ownCompany, TLS: true})
	p.Go("/console/")
	p.Press("Connect your own")
	p.Press("OpenLDAP or another directory")
	p.Wait(`location.search === "?source=ldap"`)
	for name, text := range map[string]string{"servers": slapd.TLSURL, "bind": slapd.BindDN, "people": "ou=people," + slapd.Base, "canary": "uid=olga.own,ou=people," + slapd.Base} {
		p.Type(name, text)
	}
	p.Type("password", slapd.Password)
	p.Press("Try it out")
	p.Says("1 thing does not work yet") // its certificate is nobody's that the system knows
	p.Says("ca_file")
	shoot(p, "begin-failed")
	p.Type("ca_file", slapd.CAFile)
	p.Type("password", slapd.Password)
	p.Press("Try it out")
	p.Says("Everything that could be tried out works")
	p.Says("olga.own@example.com")
	shoot(p, "begin")
	if page := browsertest.Eval[string](p, "document.documentElement.outerHTML"); strings.Contains(page, slapd.Password) {
		t.Error("the page tells the password")
	}
	p.Press("Write it and take it up")
	p.Says("Nothing is in the file") // the secret is not in its place yet
	place := filepath.Join(data, "secrets", "corp-password")
	command := exec.Command("sh", "-c", browsertest.Eval[string](p, `document.querySelector("#place-0").innerText`))
	command.Stdin = strings.NewReader(slapd.Password + "\n")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if info, err := os.Stat(place); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the secret: %v %v", info, err)
	}
	p.Type("password", slapd.Password)
	p.Press("Try it out")
	p.Says("in its place")
	p.Press("Write it and take it up")
	p.Says("Written, and taken up.")
	p.Says("There are no targets yet")
	p.Go("/console/people?q=olga")
	p.Says("olga.own")
	if text, err := os.ReadFile(filepath.Join(data, "muster.yaml")); err != nil || strings.Contains(string(text), slapd.Password) {
		t.Errorf("the file: %v\n%s", err, text)
	}
}

// restarted sees a page through a restart: it says that it is stale, comes back by itself, and nobody has to sign in again.
func restarted(t *testing.T, p *browsertest.Tab, server *program, addr, data string) {
	t.Helper()
	p.Allow("net::ERR_") // while nobody answers
	p.Go("/console/people")
	p.Wait(`document.querySelector("#pulse").dataset.state === "live"`)
	server.stop()
	p.Wait(`document.querySelector("#pulse").dataset.state === "stale"`)
	again := start(t, "serve", "--listen", addr, "-d", data)
	p.Wait(`document.querySelector("#pulse").dataset.state === "live"`)
	again.says(t, "Next: muster status")
	run(t, "user", "create", "nadia.new", "-d", data)
	p.Says("nadia.new") // the page has come back on its own feet
	p.Go("/console/settings")
	p.Says("owner")
}

// signedOut leaves, and comes back by name and password only.
func signedOut(t *testing.T, p *browsertest.Tab, used string) {
	t.Helper()
	browsertest.Eval[bool](p, `document.querySelector("form[action$=sign-out] button").click(), true`)
	p.Says("Username")
	p.Go("/console/people?state=active")
	p.Says("Username")
	p.Allow("401")
	p.Type("name", "owner")
	p.Type("password", "wrong horse battery")
	p.Press("Sign in")
	p.Says("do not go together")
	p.Type("password", "correct horse battery")
	p.Press("Sign in")
	p.Wait(`location.pathname === "/console/people" && location.search === "?state=active"`)
	p.Go(used)
	p.Says("Welcome back")
	p.Press("Go in")
	p.Says("used already")
}
