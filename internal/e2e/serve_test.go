package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// A process is a `muster serve` that runs.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	log   transcript
	ended chan struct{} // closed when it has ended
	err   error         // how it ended
}

// serve starts `muster serve` and waits until it listens. It is stopped when the test ends.
func (h *house) serve(args ...string) *process {
	h.t.Helper()
	p := h.launch(args...)
	p.listens()
	return p
}

// listens waits until the process listens.
func (p *process) listens() {
	p.t.Helper()
	select {
	case <-p.log.said("Its API answers"):
	case <-p.ended:
		p.t.Fatalf("muster serve ended at once: %v\n%s", p.err, p.log.String())
	case <-p.t.Context().Done():
		p.t.Fatalf("muster serve does not listen\n%s", p.log.String())
	}
}

// launch starts `muster serve` and does not wait.
func (h *house) launch(args ...string) *process {
	h.t.Helper()
	p := &process{t: h.t, ended: make(chan struct{})}
	p.cmd = exec.Command(binary, append([]string{"serve", "-c", "muster.yaml"}, args...)...)
	p.cmd.Dir, p.cmd.Env = h.dir, h.env
	p.cmd.Stderr = &p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	h.t.Cleanup(func() {
		p.kill()
		if h.t.Failed() {
			h.t.Logf("muster serve said:\n%s", p.log.tail(60))
		}
	})
	return p
}

// stop ends the process as systemd does, and checks that it ends well.
func (p *process) stop() {
	p.t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	<-p.ended
	if p.err != nil {
		p.t.Errorf("muster serve ended with %v\n%s", p.err, p.log.tail(30))
	}
}

// kill ends the process as a power cut does.
func (p *process) kill() {
	_ = p.cmd.Process.Signal(os.Kill)
	<-p.ended
}

// A transcript is what a process has printed, and tells when it says something.
type transcript struct {
	mu    sync.Mutex // guards all below
	text  bytes.Buffer
	waits map[string]chan struct{}
}

func (l *transcript) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(b)
	for text, c := range l.waits {
		if bytes.Contains(l.text.Bytes(), []byte(text)) {
			close(c)
			delete(l.waits, text)
		}
	}
	return len(b), nil
}

// said returns a channel that is closed once text was printed.
func (l *transcript) said(text string) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := make(chan struct{})
	if bytes.Contains(l.text.Bytes(), []byte(text)) {
		close(c)
		return c
	}
	if l.waits == nil {
		l.waits = map[string]chan struct{}{}
	}
	l.waits[text] = c
	return c
}

func (l *transcript) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// tail returns the last n lines.
func (l *transcript) tail(n int) string {
	lines := strings.SplitAfter(l.String(), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "")
}
