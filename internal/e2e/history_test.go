package e2e

import (
	"strconv"
	"strings"
	"testing"

	"muster/internal/run"
	"muster/internal/testserver"
)

// X13: who did what, when, and by which token; by person, by time, and about whom.
func TestHistory(t *testing.T) {
	t.Parallel()
	c, _ := onSlapd(t, testserver.SlapdOptions{})
	h, _ := c.settled()
	h.ok("pause", "wiki", "--reason", "the wiki moves")
	h.ok("resume", "wiki", "--reason", "it has moved")
	h.ok("disable", "dan", "--reason", "lost laptop")
	h.ok("token", "create", "ci")
	h.ok("sync", "corp")
	all := decode[struct{ Items []run.Event }](h, 0, "history", "--limit", "0").Items
	acts := map[string]run.Event{}
	for _, e := range all {
		acts[e.Act] = e
	}
	for _, act := range []string{"first.approve", "pause", "resume", "disable", "token.create", "sync"} {
		e, ok := acts[act]
		if !ok || !strings.HasPrefix(e.By, "operator:") && e.By != "muster" || e.At.IsZero() {
			t.Errorf("%s was recorded as %+v", act, e)
		}
	}
	if via := acts["disable"].Via; !strings.HasPrefix(via, "token ") || acts["pause"].Via != via {
		t.Errorf("disable was done by %q, pause by %q", via, acts["pause"].Via)
	}
	h.ok("history", "--about", "dan").says("disable", "lost laptop").hides("pause")
	h.ok("history", "--about", "wiki", "--since", "1h").says("pause", "the wiki moves").hides("lost laptop")
	h.ok("history", "--by", strings.TrimPrefix(acts["disable"].By, "operator:"), "--act", "disable").says("lost laptop")
	h.ok("history", "--by", "nobody").says("Nothing of that kind")
	first := decode[struct{ Items []run.Event }](h, 0, "history", "--limit", "2").Items
	h.ok("history", "--limit", "2").says("muster history --before")
	next := decode[struct{ Items []run.Event }](h, 0, "history", "--limit", "2", "--before", strconv.FormatInt(first[1].Seq, 10)).Items
	if len(next) != 2 || next[0].Seq != all[2].Seq {
		t.Errorf("the second page is %+v, want it to follow %+v", next, first)
	}
	h.want(64, "history", "--since", "yesterday").says("allowed: 48h")
}
