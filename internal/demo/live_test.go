package demo

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/internal/cli"
	"muster/internal/run"
)

var update = flag.Bool("update", false, "write what the demo says now into testdata")

// TestLive plays the demo as a newcomer does: start it, mistype the number, approve, ask for scenes from another terminal, stop it.
func TestLive(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out := &page{flowing: make(chan struct{})}
	answers := make(chan string, 6)
	for _, a := range []string{"many", "12", "274", "282", "66", "43"} {
		answers <- a
	}
	ask := func(prompt string) (string, error) {
		answer := <-answers
		_, err := out.Write([]byte(prompt + " " + answer + "\n"))
		return answer, err
	}
	ended := make(chan error, 1)
	go func() { ended <- Play(ctx, cli.DemoOptions{Data: folder, Stdout: out, Ask: ask}) }()
	select {
	case <-out.flowing:
	case err := <-ended:
		t.Fatalf("the demo ended: %v\n%s", err, out)
	}
	for _, scene := range []string{"leaver", "rename-ou"} {
		if err := Play(ctx, cli.DemoOptions{Data: folder, Scene: scene, Stdout: out}); err != nil {
			t.Errorf("%s: %v", scene, err)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("stopped, the demo says: %v", err)
	}
	compare(t, "testdata/live.golden", out.String(), folder)
}

// A page is what the demo writes; flowing is closed when it has said all.
type page struct {
	mu      sync.Mutex // guards text
	text    bytes.Buffer
	flowing chan struct{}
}

func (p *page) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if bytes.Contains(b, []byte("Ctrl-C ends the demo.")) {
		defer close(p.flowing)
	}
	return p.text.Write(b)
}

func (p *page) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// passing is what differs from one run to the next.
var passing = regexp.MustCompile(`code=[A-Z2-7]+|127\.0\.0\.1:\d+|\d+(\.\d+)?(ms|s)\b|\d+\.\d s\b`)

func compare(t *testing.T, golden, got, folder string) {
	t.Helper()
	got = strings.NewReplacer(folder, "FOLDER", program(), "muster").Replace(got)
	got = passing.ReplaceAllStringFunc(got, func(s string) string {
		if strings.HasPrefix(s, "code=") {
			return "code=CODE"
		}
		if strings.HasPrefix(s, "127") {
			return "127.0.0.1:PORT"
		}
		return "TIME"
	})
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil { //nolint:gosec // test data
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("the demo says something else; if that is right, go test ./internal/demo -run %s -update\n%s", t.Name(), d)
	}
}

// TestSceneBeforeApproval: until the plan is approved, scenes say so and do nothing.
func TestSceneBeforeApproval(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out := &page{flowing: make(chan struct{})}
	asked, ended := make(chan struct{}), make(chan error, 1)
	ask := func(string) (string, error) { close(asked); return "", nil }
	go func() { ended <- Play(ctx, cli.DemoOptions{Data: folder, Stdout: out, Ask: ask}) }()
	select {
	case <-asked:
	case err := <-ended:
		t.Fatalf("the demo ended: %v", err)
	}
	var p *run.Problem
	if err := Play(ctx, cli.DemoOptions{Data: folder, Scene: "joiner", Stdout: out}); !errors.As(err, &p) || !strings.Contains(p.Why, "waits for approval") {
		t.Errorf("a scene before the approval: %v", err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("stopped while it waits, the demo says: %v", err)
	}
	if _, err := os.Stat(folder + "/" + controlSocket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is left: %v", err)
	}
}

// A demo without a folder takes one of its own, is found without naming it, and leaves nothing behind.
func TestOwnFolder(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	asked, ended := make(chan struct{}), make(chan error, 1)
	out := &page{flowing: make(chan struct{})}
	ask := func(string) (string, error) { close(asked); return "", nil }
	go func() { ended <- Play(ctx, cli.DemoOptions{Stdout: out, Ask: ask}) }()
	<-asked
	if err := Play(ctx, cli.DemoOptions{Scene: "joiner", Stdout: out}); err == nil || !strings.Contains(err.Error(), "not played") {
		t.Errorf("the demo is not found: %v", err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("stopped while it waits, the demo says: %v", err)
	}
	left, err := os.ReadDir(os.TempDir())
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
