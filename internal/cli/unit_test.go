package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/access"
	"muster/internal/run"
	"muster/internal/secret"
	"muster/internal/server/adminapi"
	"muster/internal/server/adminapi/adminapitest"
	"muster/internal/server/adminapi/client"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"Zoë Müller 王芳":  "Zoë Müller 王芳",
		"a\x1b[31mb":     "a␛[31mb",
		"a\nb\tc\x00":    "a␊b␉c␀",
		"\x7f":           "␡",
		"x\u009b31m":     "x\ufffd31m",
		"gro\u202exe":    "gro\ufffdxe",
		"bad \xff utf-8": "bad \ufffd utf-8",
		"e\u0301 \u200d": "e\u0301 \u200d",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
	if got := cleanLines("a\n\tb\x1b"); got != "a\n  b␛" {
		t.Errorf("cleanLines = %q", got)
	}
}

// Values whose type only looks like text are cleaned too.
func TestSafe(t *testing.T) {
	type name string
	got := safe([]any{name("\x1b"), errors.New("\x1b"), 7, true, nil})
	if got[0] != "␛" || got[1] != "␛" || got[2] != 7 || got[3] != true || got[4] != nil {
		t.Errorf("safe = %#v", got)
	}
}

func TestParseUntil(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for in, want := range map[string]string{
		"4h": "2026-03-02T13:00:00Z", "18:00": "2026-03-02T18:00:00Z", "08:00": "2026-03-03T08:00:00Z", "2026-03-05T01:00:00+01:00": "2026-03-05T00:00:00Z",
		"": "", "-4h": "", "tomorrow": "", "25:00": "",
	} {
		got, err := parseUntil(in, now)
		if err != nil != (want == "") || err == nil && got.UTC().Format(time.RFC3339) != want {
			t.Errorf("parseUntil(%q) = %v, %v, want %q", in, got, err, want)
		}
	}
}

func TestExitOf(t *testing.T) {
	for _, c := range []struct {
		want     int
		outcomes []run.Outcome
	}{
		{0, nil},
		{0, []run.Outcome{run.Done, run.Done}},
		{3, []run.Outcome{run.Done, run.Incomplete, run.Held}},
		{3, []run.Outcome{run.Suspicious}},
		{4, []run.Outcome{run.Done, run.Held}},
		{5, []run.Outcome{run.Held, run.Incomplete, run.Stopped}},
		{1, []run.Outcome{run.Stopped, run.Failed}},
	} {
		var runs []adminapi.RunView
		for _, o := range c.outcomes {
			runs = append(runs, adminapi.RunView{Run: run.Run{Outcome: o}})
		}
		var code ended
		errors.As(exitOf(runs), &code)
		if int(code) != c.want {
			t.Errorf("%v: exit %d, want %d", c.outcomes, code, c.want)
		}
	}
}

func TestExitCode(t *testing.T) {
	for code, want := range map[string]int{
		"": 1, "not_found": 1, "not_allowed": 77, "not_signed_in": 77, "invalid_request": 64, "incomplete": 3, "source_size_limit": 3, "source_failed": 1,
		"held": 4, "stopped": 5, "target_credentials": 5, "target_observes": 1,
	} {
		if got := exitCode(&run.Problem{Code: code}, code); got != want {
			t.Errorf("%s: exit %d, want %d", code, got, want)
		}
	}
	if got := exitCode(usage("x"), "held"); got != 64 {
		t.Errorf("usage: exit %d", got)
	}
}

// Bars are drawn on the terminal and end with the run.
func TestBars(t *testing.T) {
	h := adminapitest.New(t, nil)
	var out, talk strings.Builder
	s := newShell(nil, strings.NewReader(""), &out, &talk)
	s.bars = true
	runs, err := s.follow(t.Context(), client.Handler(h.Handler, h.Token(access.Owner)), []string{"run-corp", "run-wiki"})
	if err != nil || len(runs) != 2 || runs[1].Outcome != run.Held {
		t.Errorf("runs = %+v, %v", runs, err)
	}
	if !strings.Contains(talk.String(), "corp") || out.Len() > 0 {
		t.Errorf("out %q, talk %q", out.String(), talk.String())
	}
}

// What one command answers stands together, and hundreds of it are a number: the command lists them.
func TestAttention(t *testing.T) {
	all := []adminapi.Attention{{What: "a plan waits", Fix: "muster plan show wiki"}}
	for i := range 8 {
		all = append(all, adminapi.Attention{What: fmt.Sprintf("leaver %d", i), Fix: "muster leavers"})
	}
	all = append(all, adminapi.Attention{What: "another plan waits", Fix: "muster plan show wiki"})
	var out strings.Builder
	newShell(nil, strings.NewReader(""), &out, &out).troubles(adminapi.Status{Attention: all})
	want := `
Needs you:
  a plan waits
  another plan waits
  → muster plan show wiki
  leaver 0
  leaver 1
  leaver 2
  leaver 3
  leaver 4
  and 3 more
  → muster leavers
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// X6: nobody is said to be closed everywhere while of a source or a target it is not known.
func TestNoLeaver(t *testing.T) {
	everywhere := "Every leaver is closed everywhere"
	for name, c := range map[string]struct {
		unsure []adminapi.Unsure
		want   string
	}{
		"all known":   {nil, everywhere},
		"no approval": {[]adminapi.Unsure{{Target: "wiki", Why: "wiki does not serve everybody yet", Fix: "muster plan show wiki"}}, "everybody yet. See muster plan show wiki"},
	} {
		var out strings.Builder
		newShell(nil, strings.NewReader(""), &out, &out).noLeaver(adminapi.Status{Unsure: c.unsure, Targets: make([]adminapi.TargetStatus, 1)})
		if got := out.String(); !strings.Contains(got, c.want) || c.want != everywhere && strings.Contains(got, everywhere) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// X6: where there is no target, nothing has confirmed anything.
func TestNoLeaverWithoutTargets(t *testing.T) {
	var out strings.Builder
	newShell(nil, strings.NewReader(""), &out, &out).noLeaver(adminapi.Status{})
	if got := out.String(); !strings.Contains(got, "no targets yet") || strings.Contains(got, "confirmed") {
		t.Error(got)
	}
}

// A source that a client writes by itself is never read, and is not said to be late.
func TestStatusOfPushedSource(t *testing.T) {
	var out strings.Builder
	s := newShell(nil, strings.NewReader(""), &out, &out)
	s.status(adminapi.Status{Sources: []adminapi.SourceStatus{{Name: "idp", Type: "scim", People: 3}, {Name: "okta", Type: "scim", Heard: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}}})
	for _, want := range []string{"heard never", "heard 2026-03-02", "writes by itself"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, &out)
		}
	}
}

// Colours are for terminals, and not with NO_COLOR.
func TestColour(t *testing.T) {
	var out strings.Builder
	s := newShell(nil, strings.NewReader(""), &out, &out)
	if got := s.paint(red, "−"); got != "−" {
		t.Errorf("paint into a file = %q", got)
	}
	s.colour = true
	if got := s.paint(red, "−"); got != "\x1b[31m−\x1b[0m" {
		t.Errorf("paint = %q", got)
	}
}

// Every command says what it is for, and has no flag without help.
func TestEveryCommandIsDescribed(t *testing.T) {
	s := newShell(nil, strings.NewReader(""), &strings.Builder{}, &strings.Builder{})
	todo := s.root().Commands()
	if len(todo) < 22 {
		t.Errorf("%d commands", len(todo))
	}
	for len(todo) > 0 {
		c := todo[0]
		todo = append(todo[1:], c.Commands()...)
		if c.Short == "" || c.RunE == nil && !c.HasSubCommands() {
			t.Errorf("%s is not described or does nothing", c.CommandPath())
		}
		for _, f := range flagNames(c) {
			if fl := c.Flags().Lookup(f); fl != nil && fl.Usage == "" {
				t.Errorf("%s --%s has no help", c.CommandPath(), f)
			}
		}
	}
}

// The server that runs may have carried a plan out before the run that was asked for could: what it did is told, or an approval would seem to have done nothing.
func TestWhatCarriedAPlanOut(t *testing.T) {
	decided := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	at := func(id string, kind run.Kind, outcome run.Outcome, ended time.Duration) run.Run {
		return run.Run{ID: id, Name: "wiki", Kind: kind, Outcome: outcome, Ended: decided.Add(ended)}
	}
	all := adminapi.List[run.Run]{Items: []run.Run{
		at("followed", run.Reconcile, run.Done, 2*time.Second), at("later", run.Serve, run.Running, 0), at("carried", run.Reconcile, run.Held, time.Second),
		at("read", run.Read, run.Done, time.Second), at("before", run.Reconcile, run.Done, -time.Second),
	}}
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("name") != "wiki" {
			t.Errorf("asked for %s", r.URL)
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(all); err != nil {
			t.Error(err)
		}
	})
	got, err := since(t.Context(), client.Handler(api, secret.String{}), run.Plan{Target: "wiki", Decided: decided}, []adminapi.RunView{{Run: all.Items[0]}})
	if err != nil || len(got) != 2 || got[0].ID != "carried" || got[1].ID != "followed" {
		t.Errorf("runs = %+v, %v", got, err)
	}
}
