package browser

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "muster/internal/demo" // is what the binary is made of: results are not kept when it changes
	"muster/internal/server/console/browsertest"
	"muster/internal/testserver"
)

// binary is the program under test.
var binary string

func TestMain(m *testing.M) { os.Exit(play(m)) }

func play(m *testing.M) int {
	dir, err := os.MkdirTemp("", "muster-browser-bin-")
	if err == nil {
		defer func() { _ = os.RemoveAll(dir) }()
		binary = filepath.Join(dir, "muster")
		var out []byte
		if out, err = exec.Command("go", "build", "-buildvcs=false", "-o", binary, "muster/cmd/muster").CombinedOutput(); err != nil {
			err = fmt.Errorf("build the binary: %w\n%s", err, out)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return browsertest.Run(m)
}

// A program is a run of the binary that goes on.
type program struct {
	cmd  *exec.Cmd
	mu   sync.Mutex // guards said
	said bytes.Buffer
}

// Write keeps what the program says.
func (p *program) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.Write(b)
}

// start runs the binary until the test ends or stop is called.
func start(t *testing.T, args ...string) *program {
	t.Helper()
	testserver.Chromium(t)
	p := &program{cmd: exec.Command(binary, args...)}
	p.cmd.Stderr, p.cmd.Stdout = p, p
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	return p
}

func (p *program) stop() {
	_ = p.cmd.Process.Signal(os.Interrupt)
	_ = p.cmd.Wait()
}

// says waits until the program has said what an expression finds, and returns that.
func (p *program) says(t *testing.T, expression string) string {
	t.Helper()
	find := regexp.MustCompile(expression)
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		p.mu.Lock()
		text := p.said.String()
		p.mu.Unlock()
		if found := find.FindString(text); found != "" {
			return found
		}
		<-time.After(50 * time.Millisecond)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	t.Fatalf("it never said %s, but: %s", expression, &p.said)
	return ""
}

// run runs a command of the binary to its end and returns what it prints.
func run(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command(binary, args...).Output()
	if err != nil {
		t.Fatalf("muster %s: %v", strings.Join(args, " "), err)
	}
	return string(out)
}

// asJSON runs a command with --json.
func asJSON[T any](t *testing.T, args ...string) T {
	t.Helper()
	var v T
	if err := json.NewDecoder(bufio.NewReader(strings.NewReader(run(t, append(args, "--json")...)))).Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}
