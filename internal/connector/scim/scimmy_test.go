package scim_test

import (
	"bufio"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"muster/internal/connector"
	"muster/internal/connector/connectortest"
)

// TestSCIMMY plays the suite against a SCIM service that we did not write: SCIMMY on Express, in Node.
func TestSCIMMY(t *testing.T) {
	node, dir := scimmy(t)
	url := startSCIMMY(t, node, dir)
	for _, update := range []string{"patch", "put"} {
		t.Run(update, func(t *testing.T) {
			connectortest.Run(t, func(t *testing.T) connectortest.Sandbox {
				out, count := &buffer{}, &counter{next: &http.Transport{MaxIdleConnsPerHost: 16}}
				env := connector.Env{HTTP: &http.Client{Transport: count}, Log: slog.New(slog.NewTextHandler(out, nil)), Now: time.Now}
				with := func(token string) connector.Connector {
					return open(t, env, map[string]string{"url": url, "token": token, "user_update": update, "group_update": update})
				}
				return connectortest.Sandbox{
					Connector: with(token),
					Bad:       connectortest.Bad{Credentials: with("wr0ng-t0ken")},
					Requests:  func() int { return int(count.n.Load()) },
					Secrets:   []string{token, "wr0ng-t0ken"},
					Output:    out.String,
					Big:       300,
					Skip: map[string]string{
						"L1/bad host":            "one host is as bad as another: played against scimtest",
						"L1/bad address":         "an address beside the service is played against scimtest",
						"L4/find":                "SCIMMY's filters do not know an escaped quote (RFC 7644 §3.4.2.2); repeated creates look up without one",
						"L7":                     "SCIMMY cannot be told to misbehave",
						"L8/no secret in errors": "SCIMMY cannot be told to misbehave",
						"L8/no secret in logs":   "SCIMMY cannot be told to misbehave",
						"L8/no retries":          "SCIMMY cannot be told to misbehave",
						"L8/no goroutine left":   "SCIMMY cannot be told to misbehave",
					},
				}
			})
		})
	}
}

// scimmy returns where Node and the installed packages are. scripts/install-scimmy.sh puts them there.
func scimmy(t *testing.T) (node, dir string) {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(cache, "muster-test", "scimmy")
	node, err = exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join(dir, "node_modules", "scimmy-routers"))
	}
	switch {
	case err == nil:
		return node, refresh(t, dir)
	case os.Getenv("MUSTER_TEST_SERVERS") == "required":
		t.Fatalf("SCIMMY is not installed (scripts/install-scimmy.sh does it): %v", err)
	}
	t.Skipf("SCIMMY is not installed (scripts/install-scimmy.sh does it): %v", err)
	return "", ""
}

// refresh copies the server of this version beside the packages.
func refresh(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/scimmy/server.js")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "server.js"), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// startSCIMMY runs the service until the test ends and returns its base address.
func startSCIMMY(t *testing.T, node, dir string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), node, filepath.Join(dir, "server.js"), token)
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

// counter counts requests.
type counter struct {
	next http.RoundTripper
	n    atomic.Int64
}

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n.Add(1)
	return c.next.RoundTrip(r)
}
