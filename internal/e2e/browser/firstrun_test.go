package browser

import (
	"net"
	"path/filepath"
	"testing"

	"muster/internal/server/console/browsertest"
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
	shoot(p, "welcome")
	p.Type("password", "correct horse battery")
	p.Type("again", "correct horse batterie")
	p.Press("Go in")
	p.Says("The two passwords differ")
	p.Type("password", "correct horse battery")
	p.Type("again", "correct horse battery")
	p.Press("Go in")
	p.Says("Welcome to Muster")
	shoot(p, "first-steps")

	restarted(t, p, server, addr, data)
	signedOut(t, p, path)
}

// restarted sees a page through a restart: it says that it is stale, comes back by itself, and nobody has to sign in again.
func restarted(t *testing.T, p *browsertest.Tab, server *program, addr, data string) {
	t.Helper()
	p.Allow("net::ERR_") // while nobody answers
	p.Wait(`document.querySelector("#pulse").dataset.state === "live"`)
	server.stop()
	p.Wait(`document.querySelector("#pulse").dataset.state === "stale"`)
	again := start(t, "serve", "--listen", addr, "-d", data)
	p.Wait(`document.querySelector("#pulse").dataset.state === "live"`)
	again.says(t, "Next: muster status")
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
