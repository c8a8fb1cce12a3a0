package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

const (
	roleVariable    = "MUSTER_BENCH_ROLE"
	taskVariable    = "MUSTER_BENCH_TASK"
	profileVariable = "MUSTER_BENCH_PROFILE"
)

// A task is what a child process is asked to do.
type task struct {
	Config  string `json:",omitempty"` // of Muster
	Data    string `json:",omitempty"` // folder of Muster
	Target  string `json:",omitempty"`
	From    string `json:",omitempty"` // database to take rows from
	To      string `json:",omitempty"` // database to put rows into
	URL     string `json:",omitempty"` // of a sandbox
	Count   int    `json:",omitempty"` // of requests
	Label   string `json:",omitempty"` // of profiles
	Latency int    `json:",omitempty"` // of a sandbox, in ms
	Vendor  string `json:",omitempty"` // of a sandbox
	Speed   int    `json:",omitempty"` // of a sandbox's clock
}

// A result is what a child process found.
type result struct {
	Seconds float64
	Outward float64         `json:",omitempty"` // seconds from the first intent in the journal to the last outcome
	CPU     float64         // seconds of processor time that the process took, user and system
	Peak    int             // most memory that the process ever held, in kB: VmHWM
	Busy    float64         `json:",omitempty"` // seconds of processor time that the part took which Seconds counts
	Expect  float64         `json:",omitempty"` // seconds that the plan is said to take
	Counts  map[string]int  `json:",omitempty"`
	Pages   map[string]look `json:",omitempty"` // of the console
	Outcome string          `json:",omitempty"`
	Problem string          `json:",omitempty"`
	Moved   bool            `json:",omitempty"` // something entered the feed
	Written int64           `json:",omitempty"` // bytes written ahead of the database
	Calls   int64           `json:",omitempty"` // requests that the target got
}

// roles are the parts that run in processes of their own.
var roles = map[string]func(context.Context, task) (result, error){
	"read": readSource, "plan": planTarget, "sync": syncTarget, "follow": followTarget, "member": serveMember, "insert": insertRows, "loop": loopRequests, "nothing": nothing,
	"crowd": fillOffice, "plans": firstPlans, "still": stillPlans, "lines": insertLines,
	"pages": openPages, "validate": validateFile, "load": loadFile, "loadfloor": loadFloor,
}

// servers are the parts that serve until their standard input ends. They print a line when they do.
var servers = map[string]func(context.Context, task) error{"sandbox": serveSandbox, "scim": serveSCIM, "scimfloor": serveFloor}

// nothing is what a process costs that only starts.
func nothing(context.Context, task) (result, error) { return result{}, nil }

// play is main of a child process.
func play(role string) error {
	var t task
	if err := json.Unmarshal([]byte(os.Getenv(taskVariable)), &t); err != nil {
		return err
	}
	if serve := servers[role]; serve != nil {
		stop, err := profile(role + t.Label)
		if err != nil {
			return err
		}
		return errors.Join(serve(context.Background(), t), stop())
	}
	stop, err := profile(role + t.Label)
	if err != nil {
		return err
	}
	r, err := roles[role](context.Background(), t)
	if err != nil {
		return err
	}
	if err := stop(); err != nil {
		return err
	}
	if r.CPU, err = cpu(); err != nil {
		return err
	}
	if r.Peak, err = peak(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// cpu returns the seconds of processor time that this process has taken.
func cpu() (float64, error) {
	var used syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9, err
}

// peak returns the most memory that this process ever held, in kB.
func peak() (int, error) { return peakOf("self") }

// peakOf is peak for any process.
func peakOf(pid string) (int, error) {
	text, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return 0, err
	}
	_, after, ok := strings.Cut(string(text), "VmHWM:")
	if !ok {
		return 0, fmt.Errorf("no VmHWM in %s", text)
	}
	return strconv.Atoi(strings.Fields(after)[0])
}

// profile writes profiles of this process, if asked to.
func profile(name string) (stop func() error, err error) {
	dir := os.Getenv(profileVariable)
	if dir == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(filepath.Join(dir, name+".cpu"))
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() error {
		pprof.StopCPUProfile()
		heap, err := os.Create(filepath.Join(dir, name+".heap"))
		if err != nil {
			return err
		}
		runtime.GC()
		if err := pprof.Lookup("allocs").WriteTo(heap, 0); err != nil {
			return err
		}
		return heap.Close()
	}, f.Sync()
}

func command(tb testing.TB, role string, t task) *exec.Cmd {
	tb.Helper()
	text, err := json.Marshal(t)
	if err != nil {
		tb.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.CommandContext(tb.Context(), self)
	cmd.Env = append(os.Environ(), roleVariable+"="+role, taskVariable+"="+string(text))
	return cmd
}

// child runs one part in a process of its own.
func child(tb testing.TB, role string, t task) result {
	tb.Helper()
	cmd := command(tb, role, t)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		tb.Fatalf("%s: %v\n%s", role, err, errs.String())
	}
	var r result
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		tb.Fatalf("%s: %v\n%s", role, err, out.String())
	}
	if r.Problem != "" {
		tb.Fatalf("%s ended %s: %s", role, r.Outcome, r.Problem)
	}
	return r
}

// server starts a part that runs until the test ends, and returns the line that it prints first.
func server(tb testing.TB, role string, t task) string {
	tb.Helper()
	line, _, stop := serving(tb, role, t)
	tb.Cleanup(stop)
	return line
}

// serving is server for a part that ends when stop is called, or when this process does.
func serving(tb testing.TB, role string, t task) (line string, pid int, stop func()) {
	tb.Helper()
	cmd := command(tb, role, t)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe() // it ends when this closes, also if this process is killed
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		_ = in.Close()
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
	})
	if line, err = bufio.NewReader(out).ReadString('\n'); err != nil {
		stop()
		tb.Fatalf("%s: %v", role, err)
	}
	return strings.TrimSpace(line), cmd.Process.Pid, stop
}
