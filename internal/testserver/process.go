package testserver

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// patience bounds every wait for a server; it is only reached when something is broken.
const patience = 60 * time.Second

// supervisor runs a server and stops it by its process id when standard input ends, which happens at the latest when the test process dies. Unless the
// last word there was "keep", it then removes the folder. $1 is the signal that stops the server, $2 the folder; the rest is the server's command line.
const supervisor = `
signal=$1; folder=$2; shift 2
exec 3<&0
"$@" 3<&- </dev/null & server=$!
( read word <&3; test "$word" = keep || : >"$folder/abandoned"; kill -s "$signal" $server ) & watcher=$!
wait $server; status=$?
kill $watcher 2>/dev/null
if test -e "$folder/abandoned"; then rm -rf "$folder"; fi
exit $status`

// A process is a server under a supervisor.
type process struct {
	cmd   *exec.Cmd
	hold  *os.File // the pipe that keeps the server alive
	log   string
	ended chan struct{}
}

// A command says how to run a server.
type command struct {
	argv   []string
	signal string              // stops it: TERM, INT …
	dir    string              // where it runs and logs
	as     *syscall.Credential // nil = as we are
	env    []string            // added to ours
}

func launch(c command) (*process, error) {
	p := &process{log: filepath.Join(c.dir, "server.log"), ended: make(chan struct{})}
	p.cmd = exec.Command("/bin/sh", append([]string{"-c", supervisor, "supervisor", c.signal, c.dir}, c.argv...)...)
	p.cmd.Dir, p.cmd.Env = c.dir, append(os.Environ(), c.env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: c.as}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	p.cmd.Stdout, p.cmd.Stderr = log, log
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = read.Close() }()
	p.cmd.Stdin, p.hold = read, write
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.argv[0], err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// stop ends the server and waits until it is gone; its folder stays. Stopping twice is harmless.
func (p *process) stop() {
	_, _ = p.hold.WriteString("keep\n")
	_ = p.hold.Close()
	select {
	case <-p.ended:
	case <-time.After(patience / 4):
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // its own process group
		<-p.ended
	}
}

// await waits until ready succeeds. It fails at once when the server ends, and tells what the server logged.
func (p *process) await(ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(15 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s ended: %w; it logged:\n%s", p.cmd.Args[6], err, p.tail())
		case <-ctx.Done():
			return fmt.Errorf("%s not ready in %s: %w; it logged:\n%s", p.cmd.Args[6], patience, err, p.tail())
		case <-tick.C:
		}
	}
}

// tail returns the end of the server's log.
func (p *process) tail() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-4000):])
}
