package cli_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"muster/internal/access"
	"muster/internal/cli"
	"muster/internal/run"
	"muster/internal/server"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/adminapitest"
)

var update = flag.Bool("update", false, "rewrite what scripts expect")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"muster": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		os.Exit(cli.Main(ctx, company{}, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}})
}

// TestScripts plays testdata/*.txtar against the company of adminapitest: started in the process of each command, or by "muster serve".
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata", UpdateScripts: *update, RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("TZ", "UTC")
			e.Setenv("TMPDIR", os.TempDir())
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exit": exit, "waitfor": waitFor},
	})
}

// exit runs muster and checks its exit code: exit 4 sync wiki.
func exit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exit code arguments…")
	}
	err := ts.Exec("muster", args[1:]...)
	code := 0
	var x interface{ ExitCode() int }
	if errors.As(err, &x) {
		code = x.ExitCode()
	} else if err != nil {
		ts.Fatalf("muster: %v", err)
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("muster %s: exit code %d, want %s", strings.Join(args[1:], " "), code, args[0])
	}
}

// waitFor waits until a server answers at a socket.
func waitFor(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		if c, err := server.DialSocket(context.Background(), path); err == nil {
			c.Close()
			return
		}
		<-time.After(5 * time.Millisecond)
	}
	ts.Fatalf("nobody answers at %s", path)
}

// company is an App made of the company of adminapitest.
type company struct{}

func (company) Version() adminapi.Version {
	return adminapi.Version{Version: "v0.1.0-test", Commit: "0123abc", Go: "go1.26"}
}

// open makes the company, with a token for the role in MUSTER_TEST_ROLE in the data folder.
func open(ctx context.Context, data string, log *slog.Logger) (*adminapitest.House, string, error) {
	if data == "" {
		data = cli.DefaultData
	}
	if _, err := os.Stat(filepath.Join(data, "locked")); err == nil {
		return nil, data, &run.Problem{Code: "locked", What: "The data folder is in use.", Why: "Another command works in it.", Now: "Nothing was done.", Fix: "Wait until it has ended."}
	}
	h, err := adminapitest.Open(ctx, log)
	if err != nil {
		return nil, data, err
	}
	if os.Getenv("MUSTER_TEST_FAIL") != "" {
		h.Fail = errors.New("disk full\x1b[2J")
	}
	role := access.Owner
	if r := os.Getenv("MUSTER_TEST_ROLE"); r != "" {
		role = access.Role(r)
	}
	return h, data, errors.Join(os.MkdirAll(data, 0o700), os.WriteFile(filepath.Join(data, adminapi.TokenName), []byte(h.Token(role).Reveal()+"\n"), 0o600))
}

func (company) Serve(ctx context.Context, opts cli.Options, ready func(cli.Listening)) error {
	if opts.ConfigFile == "" {
		return &run.Problem{Code: "no_config", What: "There is no configuration.", Fix: "muster serve -c muster.yaml"}
	}
	h, data, err := open(ctx, opts.Data, opts.Log)
	if err != nil {
		return err
	}
	socket := filepath.Join(data, adminapi.SocketName)
	addrFile := filepath.Join(data, "addr")
	return server.Run(ctx, server.Config{Handler: h.Handler, Socket: socket, Listen: "127.0.0.1:0", Log: opts.Log, Ready: func(addr string) {
		_ = os.WriteFile(addrFile, []byte("http://"+addr), 0o600)
		ready(cli.Listening{Data: data, Socket: socket})
	}})
}

func (company) Open(ctx context.Context, opts cli.Options) (cli.Session, error) {
	h, _, err := open(ctx, opts.Data, opts.Log)
	return inProcess{h}, err // with an error, a session that must not be closed
}

type inProcess struct{ house *adminapitest.House }

func (p inProcess) Handler() http.Handler { return p.house.Handler }

// Close prints who did what, if the test asks for it.
func (p inProcess) Close() error {
	if os.Getenv("MUSTER_TEST_FAIL") != "" {
		return nil
	}
	if file := os.Getenv("MUSTER_TEST_CALLS"); file != "" {
		return os.WriteFile(file, []byte(strings.Join(append(p.house.Calls(), ""), "\n")), 0o600)
	}
	return nil
}

func (company) Check(_ context.Context, file string) (cli.Checked, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return cli.Checked{}, err
	}
	c := cli.Checked{File: file, Sources: []string{"corp"}, Targets: []string{"wiki", "chat"}, Problems: []cli.Finding{}, Warnings: []string{}}
	if strings.Contains(string(b), "sorces") {
		c.Problems = []cli.Finding{{File: file, Line: 3, What: `unknown key "sorces"`, Allowed: "sources, targets", Near: "sources"}, {File: file, What: "no sources"}}
		c.Warnings = []string{file + ":1: no canary"}
	}
	return c, nil
}

func (company) Demo(_ context.Context, opts cli.DemoOptions) error {
	_, err := fmt.Fprintf(opts.Stdout, "demo once=%v scene=%q json=%v\n", opts.Once, opts.Scene, opts.JSON)
	return err
}

// A name that would move the cursor or turn the line round is shown, not obeyed, in text and in JSON.
func TestNothingIsObeyed(t *testing.T) {
	for _, args := range [][]string{
		{"plan", "show", "chat"},
		{"plan", "show", "chat", "--json"},
		{"leavers"},
		{"leavers", "--json"},
		{"drift"},
		{"user", "list"},
		{"link", "list", "wiki"},
		{"why", "olivia.berg"},
		{"hold", "show", "wiki"},
		{"status"},
		{"why", "\x1b[31m\u202e\u009b31m"},
	} {
		var out strings.Builder
		data := t.TempDir()
		cli.Main(t.Context(), company{}, append(args, "-d", data), strings.NewReader(""), &out, &out)
		if i := strings.IndexFunc(out.String(), func(r rune) bool {
			return r != '\n' && (r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0x202e)
		}); i >= 0 {
			t.Errorf("muster %q prints %q", args, out.String()[max(0, i-20):i+5])
		}
	}
}

// An answer is not written into a closed pipe for ever, nor is an interrupt an error.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var errs strings.Builder
	code := cli.Main(ctx, company{}, []string{"sync", "-d", t.TempDir()}, strings.NewReader(""), io.Discard, &errs)
	if code != 130 || !strings.Contains(errs.String(), "Interrupted") {
		t.Errorf("code = %d: %s", code, errs.String())
	}
}
