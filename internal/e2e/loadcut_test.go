package e2e

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"muster/internal/run"
	"muster/internal/secret"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

// M4: TestLoadSurvivesKills cuts loads off at random moments, by ending the command or the server that does the work, and has them resumed: they end as one that
// was left alone. A cut counts if the load was under way: it waits for marks that the load leaves in the database, not for a time, and is told of as cut off.
//
// MUSTER_TORTURE=1 does it 200 times with a larger file; MUSTER_KILLS sets another number, MUSTER_SEED replays the moments.
func TestLoadSurvivesKills(t *testing.T) {
	t.Parallel()
	people, kills, most := 400, 4, 2
	if os.Getenv("MUSTER_TORTURE") != "" {
		people, kills, most = 4000, 200, 12
	}
	kills = size(t, "MUSTER_KILLS", kills)
	rng := rand.New(rand.NewPCG(seeded(t), 4))
	file := export(t, people, 2*people)
	added := []string{fmt.Sprintf("%d person there", people), fmt.Sprintf("%d post added", 2*people)}
	calm := loadHouse(t, file)
	calm.ok("load", "run", "old.zip").says(added...)
	calm.ok("load", "export", "everything.zip")
	want := contents(t, calm.path("everything.zip"))
	cuts, rounds := 0, 0
	for ; cuts < kills; rounds++ {
		if rounds > 5+kills {
			t.Fatalf("%d loads were cut off only %d times", rounds, cuts)
		}
		h, next := loadHouse(t, file), []string{"load", "run", "old.zip"}
		for cuts < kills && h.cut(cuts%len(endings), 1+rng.IntN(most), next...) {
			cuts++
			next = []string{"load", "resume"}
		}
		if strings.Contains(h.ok("load", "status").out, "cut off") {
			h.ok(next...).says(added...)
		}
		h.ok("load", "status").says("No load is under way.")
		h.ok("load", "export", "everything.zip")
		if got := contents(t, h.path("everything.zip")); got != want {
			t.Fatalf("an undisturbed load and one that was cut off differ:\n%s\n%s", want, got)
		}
	}
	t.Logf("%d loads were cut off %d times", rounds, cuts)
}

// seeded is the seed of a test, to be printed.
func seeded(t *testing.T) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("MUSTER_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("MUSTER_SEED: %v", err)
		}
	}
	t.Logf("replay with MUSTER_SEED=%d", seed)
	return seed
}

// endings are how a load is cut off: what does the work, and how it ends.
var endings = []struct {
	served bool
	signal os.Signal
}{{true, syscall.SIGTERM}, {false, os.Kill}, {true, os.Kill}, {false, syscall.SIGTERM}}

// cut has a file loaded, and ends what does the work once the load has come some marks further. It reports whether the load is cut off then; else it was done
// before.
func (h *house) cut(ending, marks int, args ...string) bool {
	h.t.Helper()
	how := endings[ending]
	work, said := h.command(args...)
	var server *process
	over, leave := make(chan error, 1), func() {}
	switch {
	case how.served && how.signal == syscall.SIGTERM:
		server = h.serve()
		leave = h.loadThere(over, args[1])
	case how.served:
		server = h.serve()
		fallthrough
	default:
		if err := work.Start(); err != nil {
			h.t.Fatal(err)
		}
		go func() { over <- work.Wait() }()
	}
	h.pace(marks, over)
	leave()
	if server == nil {
		_ = work.Process.Signal(how.signal) // it may be over
	} else {
		_ = server.cmd.Process.Signal(how.signal)
		if <-server.ended; how.signal == syscall.SIGTERM && server.err != nil {
			h.t.Errorf("muster serve ended with %v\n%s", server.err, server.log.tail(30))
		}
	}
	err := <-over
	r := h.ok("load", "status")
	state := r.out + r.err
	cut := strings.Contains(state, "old.zip") && strings.Contains(state, "cut off")
	if cut && err == nil || !cut && !strings.Contains(state, "No load is under way") {
		h.t.Errorf("%v: %v\n%s\nthen: %s", args, err, said, state)
	}
	if cut && server != nil && how.signal == os.Kill && !(strings.Contains(said.String(), "load_stopped") && strings.Contains(said.String(), "muster load resume")) {
		h.t.Errorf("the server was killed, and whoever waited was told:\n%s", said)
	}
	return cut
}

// loadThere has a server load, and waits for the end of it until leave is called: for somebody who waits it would stay a little longer.
func (h *house) loadThere(over chan error, what string) (leave func()) {
	h.t.Helper()
	ctx, leave := context.WithCancel(h.t.Context())
	c := client.Socket(h.path("muster-data/"+adminapi.SocketName), secret.New(strings.TrimSpace(h.read("muster-data/"+adminapi.TokenName))))
	loads, err := c.Loads(ctx)
	var started adminapi.Started
	switch {
	case err != nil:
	case what == "run":
		started, err = c.Load(ctx, adminapi.LoadRequest{Name: "old.zip"}, strings.NewReader(h.read("old.zip")))
	default:
		started, err = c.ResumeLoad(ctx, loads[0].ID, false)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	go func() {
		v, err := c.Run(ctx, started.Runs[0], time.Hour)
		if err == nil && v.Outcome != run.Done {
			err = v.Problem
		}
		over <- err
	}()
	return leave
}

// command is a command that was not started, and what it will say.
func (h *house) command(args ...string) (*exec.Cmd, *bytes.Buffer) {
	cmd, said := exec.CommandContext(h.t.Context(), binary, args...), &bytes.Buffer{}
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = h.dir, h.env, said, said
	return cmd, said
}

// pace waits until a load has left some more marks, or is over.
func (h *house) pace(marks int, over chan error) {
	h.t.Helper()
	db, err := sql.Open("sqlite", "file:"+h.path("muster-data/muster.db")+"?mode=ro")
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // only read
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for last := ""; marks > 0; {
		select {
		case err := <-over:
			over <- err
			return
		case <-tick.C:
		}
		var now string
		// It fails as long as nobody has the database open: then nothing moves either.
		err := db.QueryRowContext(h.t.Context(), "select value from source_cursor where source like 'load:%' and value <> ''").Scan(&now)
		if err == nil && now != last {
			last, marks = now, marks-1
		}
	}
}
