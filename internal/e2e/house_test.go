package e2e

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"muster/internal/scim/scimtest"
)

// patience is how long a test waits for something that should happen in a moment.
const patience = 60 * time.Second

// A house is one installation: a folder with a configuration, a data folder, and the wiki, a sandbox that the target of that name leads to.
type house struct {
	t    *testing.T
	dir  string
	wiki *scimtest.Server
	env  []string
}

const wikiToken = "wiki-t0ken-of-the-tests"

// newHouse writes the configuration: source is the list of sources in YAML, target the list of targets; URL in it becomes the address of the wiki.
func newHouse(t *testing.T, source, target string) *house {
	t.Helper()
	dir, err := os.MkdirTemp("", "muster-e2e-") // short: sockets have paths of 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	h := &house{t: t, dir: dir, wiki: scimtest.NewServer(t, scimtest.Config{Token: wikiToken})}
	h.env = append(os.Environ(), "WIKI_TOKEN="+wikiToken, "TZ=UTC", "NO_COLOR=1")
	target = strings.ReplaceAll(target, "URL", h.wiki.URL)
	h.write("muster.yaml", source+target+"\nnetwork: {allow: [127.0.0.0/8]}\nlisten: off\n")
	return h
}

func (h *house) path(name string) string { return filepath.Join(h.dir, name) }

func (h *house) write(name, text string) {
	h.t.Helper()
	if err := os.WriteFile(h.path(name), []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) read(name string) string {
	h.t.Helper()
	text, err := os.ReadFile(h.path(name))
	if err != nil {
		h.t.Fatal(err)
	}
	return string(text)
}

// edit changes the configuration as an administrator would: by replacing text in it.
func (h *house) edit(old, now string) {
	h.t.Helper()
	text := h.read("muster.yaml")
	if strings.Count(text, old) != 1 {
		h.t.Fatalf("%q stands %d times in the configuration, not once:\n%s", old, strings.Count(text, old), text)
	}
	h.write("muster.yaml", strings.Replace(text, old, now, 1))
}

// A result is what a command did.
type result struct {
	t    *testing.T
	args string
	code int
	out  string // standard output
	err  string // standard error
}

// muster runs a command in the house's folder.
func (h *house) muster(args ...string) result {
	h.t.Helper()
	cmd := exec.CommandContext(h.t.Context(), binary, args...)
	cmd.Dir, cmd.Env = h.dir, h.env
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		h.t.Fatal(err)
	}
	r := result{t: h.t, args: strings.Join(args, " "), code: cmd.ProcessState.ExitCode(), out: out.String(), err: errs.String()}
	if r.code < 0 || strings.Contains(r.err, "panic:") {
		h.t.Fatalf("muster %s crashed: %v\n%s", r.args, err, r.err)
	}
	if testing.Verbose() {
		h.t.Logf("$ muster %s\n%s%s[exit %d]", r.args, r.out, r.err, r.code)
	}
	return r
}

// want runs a command and checks its exit code.
func (h *house) want(code int, args ...string) result {
	h.t.Helper()
	r := h.muster(args...)
	if r.code != code {
		h.t.Fatalf("muster %s: exit code %d, want %d\n%s%s", r.args, r.code, code, r.out, r.err)
	}
	return r
}

// ok runs a command that succeeds.
func (h *house) ok(args ...string) result {
	h.t.Helper()
	return h.want(0, args...)
}

// says checks that the command printed each of texts, on standard output or standard error.
func (r result) says(texts ...string) result {
	r.t.Helper()
	for _, text := range texts {
		if !strings.Contains(r.out+r.err, text) {
			r.t.Errorf("muster %s does not say %q:\n%s%s", r.args, text, r.out, r.err)
		}
	}
	return r
}

// hides checks that the command printed none of texts.
func (r result) hides(texts ...string) result {
	r.t.Helper()
	for _, text := range texts {
		if strings.Contains(r.out+r.err, text) {
			r.t.Errorf("muster %s says %q:\n%s%s", r.args, text, r.out, r.err)
		}
	}
	return r
}

// decode runs a command with --json, checks its exit code and that its answer has no field that T lacks, and returns the answer.
func decode[T any](h *house, code int, args ...string) T {
	h.t.Helper()
	r := h.want(code, append(args, "--json")...)
	d := json.NewDecoder(strings.NewReader(r.out))
	d.DisallowUnknownFields()
	var out T
	if err := d.Decode(&out); err != nil {
		h.t.Fatalf("muster %s: %v\n%s%s", r.args, err, r.out, r.err)
	}
	if d.More() {
		h.t.Fatalf("muster %s prints more than one value:\n%s", r.args, r.out)
	}
	return out
}

// await waits until done returns true, looking again at short intervals.
func (h *house) await(what string, done func() bool) {
	h.t.Helper()
	h.awaitFor(patience, what, done)
}

func (h *house) awaitFor(patience time.Duration, what string, done func() bool) {
	h.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline.C:
			h.t.Fatalf("waited %v in vain: %s", patience, what)
		}
	}
}

// pass lets time pass for an entry: if it was missing in the last read, it has been missing for that much longer.
func (h *house) pass(dn string, d time.Duration) {
	h.t.Helper()
	db, err := sql.Open("sqlite", "file:"+h.path("muster-data/muster.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(h.t.Context(), "update record set since = since - $1 where status = 'absent' and lower(name) = lower($2)", d.Milliseconds(), dn); err != nil {
		h.t.Fatal(err)
	}
}
