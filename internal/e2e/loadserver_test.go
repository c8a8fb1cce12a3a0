package e2e

import (
	"slices"
	"strings"
	"testing"

	"muster/internal/secret"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/client"
)

// M4: a server that is stopped, or killed, while it loads says so to whoever waits; the load is resumed, and ends as one that was left alone.
func TestLoadSurvivesItsServer(t *testing.T) {
	t.Parallel()
	file := export(t, 900, 3000)
	calm := loadHouse(t, file)
	calm.ok("load", "run", "old.zip")
	calm.ok("load", "export", "everything.zip")
	h := loadHouse(t, file)
	next := []string{"load", "run", "old.zip"}
	for _, cut := range []struct {
		phases []string // of the load, in which it is cut off
		end    func(*process)
	}{{[]string{"people", "profiles and memberships", "passwords", "posts"}, (*process).stop}, {[]string{"posts"}, (*process).kill}} {
		server, asked := h.serve(), make(chan result, 1)
		go func() { asked <- h.muster(next...) }()
		h.await("the load has come to its "+cut.phases[0], func() bool { return h.loads(cut.phases) })
		cut.end(server)
		if r := <-asked; r.code == 0 {
			t.Errorf("at its %s the load was done already", cut.phases[0])
		} else {
			r.says("load_stopped", "muster load resume")
		}
		h.ok("load", "status").says("old.zip", "cut off")
		next = []string{"load", "resume"}
	}
	h.ok(next...)
	h.ok("load", "status").says("No load is under way.")
	h.ok("load", "export", "everything.zip")
	if a, b := contents(t, calm.path("everything.zip")), contents(t, h.path("everything.zip")); a != b {
		t.Errorf("an undisturbed load and one whose server ended differ:\n%s\n%s", a, b)
	}
}

// loads reports whether the server is in one of the phases of a load, asked without a process of its own, which might come too late.
func (h *house) loads(phases []string) bool {
	h.t.Helper()
	c := client.Socket(h.path("muster-data/"+adminapi.SocketName), secret.New(strings.TrimSpace(h.read("muster-data/"+adminapi.TokenName))))
	all, err := c.LoadHistory(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return slices.ContainsFunc(all, func(l adminapi.LoadView) bool { return l.State == "loading" && slices.Contains(phases, l.Last.Phase) })
}
