package e2e

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"muster/internal/scim"
	"muster/internal/server/adminapi"
	"muster/internal/testserver"
)

// typed runs a command with text on standard input.
func (h *house) typed(text string, args ...string) result {
	h.t.Helper()
	cmd := exec.CommandContext(h.t.Context(), binary, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = h.dir, h.env, strings.NewReader(text)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		h.t.Fatal(err)
	}
	return result{t: h.t, args: strings.Join(args, " "), code: cmd.ProcessState.ExitCode(), out: out.String(), err: errs.String()}
}

// there is an account that the wiki has before Muster comes.
func there(user, mail string, active bool) scim.Resource {
	return scim.Resource{
		"userName": user, "active": active, "title": "-", "name": map[string]any{"givenName": "Old", "familyName": "Name"},
		"emails": []any{map[string]any{"type": "work", "value": mail}},
	}
}

// sizes are the lengths of the five lists of the report.
func (h *house) sizes() map[string]int {
	h.t.Helper()
	out := map[string]int{}
	for _, l := range decode[adminapi.GoliveReport](h, 0, "target", "report", "wiki").Lists {
		out[l.List] = l.N
		rows := decode[struct{ Items []adminapi.GoliveRow }](h, 0, "target", "report", "wiki", "--list", l.List, "--limit", "0").Items
		if len(rows) != l.N {
			h.t.Errorf("%s: %d in the list, %d by its number", l.List, len(rows), l.N)
		}
	}
	return out
}

// P1, X11, X1: a wiki with accounts goes live: observed, with the five lists; odd ones paired from a file; a pilot of a group; everybody, reviewed one by
// one; and back. Then the target is dropped, which closes nobody, and forgotten.
func TestGoLiveOnAccountsThatExist(t *testing.T) {
	t.Parallel()
	c, _ := onSlapd(t, testserver.SlapdOptions{})
	c.group("pilots", dn("anna"))
	c.off(dn("nils"), true) // he is in no group, and his account was forgotten
	h := c.house()
	h.edit("    mode: live\n", "    pilot: {group: \"cn=pilots,ou=Groups,"+base+"\"}\n")
	if _, err := h.wiki.Seed([]scim.Resource{
		there("anna", "anna@example.com", true), there("BEN", "ben@example.com", true), there("cleo", "cleo@example.com", false),
		there("the-boss", "boss@example.com", true), there("nils", "nils@example.com", true), there("robot", "robot@example.com", true),
	}, nil); err != nil {
		t.Fatal(err)
	}
	ids := h.ids()

	t.Log("observe")
	h.quiet(func() {
		h.ok("sync", "-c", "muster.yaml")
		h.ok("target", "mode", "wiki").says("wiki: observe", "differ")
		want := map[string]int{"link": 2, "create": 10, "ask": 1, "close": 1, "unknown": 2}
		for list, n := range h.sizes() {
			if n != want[list] {
				t.Errorf("%d in the list %s, want %d", n, list, want[list])
			}
		}
		h.ok("target", "report", "wiki", "--list", "close").says("nils", "disabled here")
		h.ok("target", "report", "wiki", "--csv").says("unknown,,,robot,")
		h.want(1, "plan", "approve", "wiki", "--confirm-count", "99").says("only observes")
	})

	t.Log("who is called otherwise there is paired")
	h.write("pairs.csv", "person,account\ndan,the-boss\neva,nobody-there\n")
	h.want(1, "link", "import", "wiki", "pairs.csv").says("line 3", "nobody-there", "Nothing was written")
	h.ok("link", "import", "wiki", "pairs.csv", "--skip-bad", "--reason", "go live").says("1 linked")
	h.want(1, "link", "set", "wiki", "eva", "the-boss").says("linked to dan")
	h.ok("history").says("link.set")

	t.Log("pilot")
	h.ok("target", "mode", "wiki", "pilot").says("wiki: pilot", "1 person or group differs")
	h.ok("plan", "show", "wiki").says("not in the pilot")
	h.approve()
	if got := observed(h.wiki.Snapshot()).Accounts; len(got) != 6 || got["anna"].Name != "Anna Ek" || got["BEN"].Name != "Old Name" {
		t.Errorf("accounts after the pilot: %+v, want anna's brought up to date and no more", got)
	}

	t.Log("live, one by one: ben's is taken over, cleo's is hers, nobody else yet")
	h.ok("target", "mode", "wiki", "live").says("wiki: live", "differ")
	if r := h.typed("y\nq\n", "plan", "review", "wiki", "--name", "ben"); r.code != 0 {
		t.Errorf("review ended %d:\n%s%s", r.code, r.out, r.err)
	}
	h.ok("plan", "approve", "wiki", "--act", "skip ask", "--confirm-count", "1")
	h.ok("plan", "reject", "wiki", "--name", "finn", "--reason", "leaves soon")
	h.approve()
	h.ok("sync", "--full")
	got, now := observed(h.wiki.Snapshot()).Accounts, h.ids()
	switch {
	case now["ben"] != ids["BEN"] || now["dan"] != ids["the-boss"] || now["cleo"] != ids["cleo"]:
		t.Errorf("accounts were made anew instead of taken over: %v, before %v", now, ids)
	case !got["cleo"].Active || got["finn"].Name != "" || !got["nils"].Active || got["robot"].Name != "Old Name":
		t.Errorf("accounts: %+v", got)
	case len(got) != 6+8: // all in scope but finn, and three who are nobody's or were there
		t.Errorf("%d accounts, want 14", len(got))
	}

	t.Log("back to observing nothing is written; the difference is 0 but for finn")
	h.ok("target", "mode", "wiki", "observe")
	c.off(dn("eva"), true)
	h.quiet(func() { h.ok("sync", "--full") })
	h.ok("target", "mode", "wiki").says("1 person or group differs")

	t.Log("dropped: nobody is closed; forgotten after eva, who left, was named")
	h.dropTargets()
	h.quiet(func() { h.ok("sync", "-c", "muster.yaml") })
	h.want(64, "target", "forget", "wiki").says("eva left", "--confirm-count")
	h.quiet(func() {
		h.want(1, "target", "forget", "wiki", "--confirm-count", "0").says("links are remembered")
		h.ok("target", "forget", "wiki", "--confirm-count", "14").says("forgotten")
	})
	h.want(1, "target", "forget", "wiki", "--confirm-count", "0").says("no dropped target")
	h.ok("leavers").hides("eva")
}

// dropTargets takes the targets out of the configuration.
func (h *house) dropTargets() {
	h.t.Helper()
	b, err := os.ReadFile(h.path("muster.yaml"))
	if err != nil {
		h.t.Fatal(err)
	}
	text := string(b)
	i, j := strings.Index(text, "targets:\n"), strings.Index(text, "\nnetwork:")
	h.write("muster.yaml", text[:i]+"targets: []\n"+text[j:])
}
