package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/internal/scim/scimtest"
	"muster/internal/testserver"
)

const sandboxToken = "t0ken-of-the-sandbox"

// A world is a company in a directory server, two sandboxes, and an installation of Muster between them, at first empty.
type world struct {
	size
	slapd      *testserver.Slapd
	dir        string
	fast, slow sandbox // slow answers after 20 ms
	slack      sandbox // keeps Slack's rates, by a clock that is a hundred times as fast
	did        map[string]result
}

func newWorld(tb testing.TB, s size) *world {
	tb.Helper()
	w := &world{size: s, dir: tb.TempDir(), did: map[string]result{}}
	w.slapd = testserver.StartSlapd(tb, testserver.SlapdOptions{Base: base, LDIF: s.ldif()})
	w.fast, w.slow = newSandbox(tb, 0), newSandbox(tb, latency)
	w.slack = startSandbox(tb, task{Vendor: string(scimtest.Slack), Speed: haste()})
	w.write(tb, "password", w.slapd.Password)
	w.write(tb, "token", sandboxToken)
	w.write(tb, "muster.yaml", fmt.Sprintf(configuration, w.slapd.URL, w.slapd.BindDN, w.path("password"), w.target("fast", w.fast), w.target("slow", w.slow)+w.hasty()))
	return w
}

const configuration = `
listen: off
network: {allow: [127.0.0.0/8]}
sources:
  - name: corp
    type: ldap
    servers: [%q]
    bind: %q
    password: {file: %q}
    canary: "ou=People,dc=corp,dc=example"
    people: {base: "ou=People,dc=corp,dc=example"}
    groups: {base: "ou=Groups,dc=corp,dc=example"}
    attributes:
      username: record.uid
      email: lower(record.mail)
      department: record.departmentNumber
targets:%s%s`

func (w *world) target(name string, at sandbox) string {
	return fmt.Sprintf(`
  - name: %s
    type: scim
    mode: live
    settings: {url: %q, token: {file: %q}}
    people:
      match: [userName]
      create: true
      update: true
      when_removed: disable
      attributes:
        userName: person.username
        'emails[type eq "work"].value': person.email
        displayName: person.name
        name.givenName: person.givenName
        name.familyName: person.familyName
        title: {expr: source.corp.title, default: "-"}
`, name, at.url, w.path("token"))
}

// hasty is the target whose service keeps Slack's rates.
func (w *world) hasty() string {
	text := strings.Replace(w.target("slack", w.slack), "type: scim", "type: slack", 1)
	return strings.Replace(text, "settings: {", fmt.Sprintf("settings: {rate_percent: %d, ", 100*haste()), 1)
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

func (w *world) write(tb testing.TB, name, text string) {
	tb.Helper()
	if err := os.WriteFile(w.path(name), []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}

// muster is a task for Muster.
func (w *world) muster(target, label string) task {
	return task{Config: w.path("muster.yaml"), Data: w.path("data"), Target: target, Label: label}
}

// once does a step of the story if it was not done yet, and returns what came of it.
func (w *world) once(name string, step func() result) result {
	r, ok := w.did[name]
	if !ok {
		r = step()
		w.did[name] = r
	}
	return r
}

// first reads the whole company into an empty store.
func (w *world) first(tb testing.TB) result {
	return w.once("first", func() result { return child(tb, "read", w.muster("", "1")) })
}
