package browser

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"muster/internal/server/console/browsertest"
)

// blocks returns the blocks of a language in a page of the documentation.
func blocks(page, language string) []string {
	var out []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(page, -1) {
		out = append(out, strings.TrimSpace(m[1]))
	}
	return out
}

// X1, X3, P4: the tutorial, word for word: its commands, its configuration, and what it says to press.
func TestTutorial(t *testing.T) {
	text, err := os.ReadFile("../../../docs/tutorial/first-account.md")
	if err != nil {
		t.Fatal(err)
	}
	commands, folder := blocks(string(text), "sh"), t.TempDir()
	if len(commands) != 5 {
		t.Fatalf("the tutorial has %d blocks of commands, and this test knows five", len(commands))
	}
	if err := os.Symlink(binary, filepath.Join(folder, "muster")); err != nil { // built already
		t.Fatal(err)
	}
	t.Chdir(folder)
	demo := start(t, strings.Fields(commands[1])[1:]...)
	demo.says(t, "Or in another terminal")
	addresses := shell(t, commands[2])
	config := blocks(string(text), "yaml")[0]
	for old, find := range map[string]string{"ldap://127.0.0.1:1389": `ldap://[0-9.:]+`, "http://127.0.0.1:8080/scim/v2": `http://[0-9.:]+/scim/v2`} {
		config = strings.Replace(config, old, regexp.MustCompile(find).FindString(addresses), 1)
	}
	if err := os.WriteFile("muster.yaml", []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	shell(t, "set -e\n"+commands[3])
	server := start(t, append(strings.Fields(commands[4])[1:], "--listen", freePort(t))...)
	home, path := linkFrom(server.says(t, `http://[^"\s]*/console/welcome\?code=[A-Z2-7]+`))
	p := browsertest.Open(t, home)
	p.Go(path)
	p.Type("password", "correct horse battery")
	p.Type("again", "correct horse battery")
	p.Press("Go in")
	firstAccount(t, p)
}

// firstAccount does what the tutorial says from the first plan on.
func firstAccount(t *testing.T, p *browsertest.Tab) {
	t.Helper()
	p.Wait(`/[1-9][0-9]* people and groups are affected/.test(document.querySelector(".inbox")?.innerText ?? "")`)
	p.Press("Review")
	p.Wait(`[...document.querySelectorAll(".counts a")].some(a => a.innerText.includes("accounts to create"))`)
	browsertest.Eval[bool](p, `[...document.querySelectorAll(".counts a")].find(a => a.innerText.includes("accounts to create")).click(), true`)
	p.Wait(`location.search.includes("act=create") && document.querySelectorAll(".plan-lines > li").length > 5`)
	name := browsertest.Eval[string](p, `document.querySelector(".plan-lines a").innerText`)
	p.Type("name", name)
	p.Press("Find")
	p.Wait(`document.querySelectorAll(".plan-lines > li").length === 1`)
	p.Press("The 1 chosen")
	p.Type("count", "1")
	shoot(p, "first-plan")
	p.Press("Approve 1")
	p.Says("Approved. It is being carried out.")
	p.Go("/console/people?q=" + name)
	p.Press(name)
	p.Wait(`document.querySelector(".card-box .chip")?.innerText.trim() === "active"`)
	p.Says("last confirmed")
	shoot(p, "first-account")
	p.Go("/console/people?target=wiki")
	if n := browsertest.Eval[int](p, `document.querySelectorAll("tr[data-row]").length`); n != 1 {
		t.Errorf("%d people have an account, not one", n)
	}
}

// shell runs commands as they stand, and returns what they print.
func shell(t *testing.T, commands string) string {
	t.Helper()
	out, err := exec.Command("sh", "-c", commands).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", commands, err, out)
	}
	return string(out)
}
