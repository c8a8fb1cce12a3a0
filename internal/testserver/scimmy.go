package testserver

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// SCIMMY runs a SCIM service that we did not write, SCIMMY on Express in Node, until the test ends, and returns its base address. The program is the server.js at
// a path, the packages are those that scripts/install-scimmy.sh puts into the user's cache.
func SCIMMY(t testing.TB, program, token string) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "muster-test", "scimmy")
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join(dir, "node_modules", "scimmy-routers"))
	}
	switch {
	case err != nil && os.Getenv("MUSTER_TEST_SERVERS") == "required":
		t.Fatalf("SCIMMY is not installed (scripts/install-scimmy.sh does it): %v", err)
	case err != nil:
		t.Skipf("SCIMMY is not installed (scripts/install-scimmy.sh does it): %v", err)
	}
	text, err := os.ReadFile(program)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "server.js"), text, 0o600) // that of this version, beside the packages
	}
	if err != nil {
		t.Fatal(err)
	}
	return startNode(t, node, filepath.Join(dir, "server.js"), token)
}

func startNode(t testing.TB, node string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), node, args...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait() // ends when its input does
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("SCIMMY did not start: %v", err)
	}
	return strings.TrimSpace(line)
}
