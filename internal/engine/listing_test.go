package engine_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/run"
	"muster/internal/scim/scimtest"
)

// waitsFor returns what the target as a whole waits for.
func (w *world) waitsFor() string {
	w.t.Helper()
	text, err := w.Waits(w.t.Context(), "wiki")
	if err != nil {
		w.t.Fatal(err)
	}
	return text
}

// P11, X8: a list that breaks off is asked for again in the same run, later each time, and that is shown; the target is not stopped.
func TestListThatBreaksOffIsAskedForAgain(t *testing.T) {
	for _, kind := range []scimtest.Kind{scimtest.Cut, scimtest.ServerError, scimtest.ShortPage} {
		w := newWorld(t)
		w.corp.person("ada", "wiki")
		w.live()
		w.corp.person("bob", "wiki")
		w.read(run.Done)
		w.target.Fail(scimtest.Fault{Kind: kind, Method: http.MethodGet, Class: scimtest.Users, Times: 2})
		var shown []string
		w.resting = func() { shown = append(shown, w.waitsFor()) }
		r := w.sync(run.Done)
		if want := []time.Duration{2 * time.Second, 4 * time.Second}; !slices.Equal(w.rested, want) || r.Counts["listed_again"] != 2 {
			t.Errorf("%s: it waited %v, want %v; %v", kind, w.rested, want, r.Counts)
		}
		if len(shown) != 2 || !strings.Contains(shown[0], "broke off and is asked for again (2 of 6)") || w.waitsFor() != "" {
			t.Errorf("%s: shown as waiting for %q, and then for %q", kind, shown, w.waitsFor())
		}
		if len(w.accounts()) != 2 {
			t.Errorf("%s: accounts %v, want bob's too", kind, w.accounts())
		}
	}
}

// A list that never comes whole ends the run, and nobody is believed to be gone; the next run begins anew.
func TestListThatNeverComesWhole(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.live()
	w.target.Fail(scimtest.Fault{Kind: scimtest.Cut, Method: http.MethodGet, Class: scimtest.Users})
	if r, err := w.Sync(t.Context(), "wiki", ""); err == nil || r.Outcome != run.Failed || len(w.rested) != 5 {
		t.Errorf("the run ended %s (%v) after %d pauses, want failed after 5", r.Outcome, err, len(w.rested))
	}
	w.target.Fail()
	w.sync(run.Done)
	if got := w.accounts(); !got["ada"] {
		t.Errorf("accounts %v", got)
	}
}

// A target that tells when to come back is asked then; credentials that are refused stop it at once.
func TestListThatIsRefused(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.live()
	w.target.Fail(scimtest.Fault{Kind: scimtest.Unauthorized})
	w.sync(run.Stopped)
	if len(w.rested) != 0 {
		t.Errorf("it waited %v for a target that refuses", w.rested)
	}
}

// X11: a first plan is not made before its source was read whole: it would say of everybody that nothing is known of them. It says what it waits for.
func TestFirstPlanWaitsForTheFirstRead(t *testing.T) {
	w := newWorld(t)
	w.corp.person("ada", "wiki")
	w.start()
	if _, err := w.Preview(t.Context(), "wiki"); codeOf(err) != "source_unread" || w.waitsFor() != "the first read of source corp" {
		t.Errorf("before the first read: %v; it waits for %q", err, w.waitsFor())
	}
	w.corp.fail = errors.New("broken")
	w.read(run.Incomplete)
	if _, err := w.Sync(t.Context(), "wiki", ""); codeOf(err) != "source_unread" {
		t.Errorf("after a read that broke off: %v", err)
	}
	w.corp.fail = nil
	w.read(run.Done)
	if p := w.preview(); p.People != 1 && p.People != 2 || w.waitsFor() != "" {
		t.Errorf("after the first read: a plan for %d; it waits for %q", p.People, w.waitsFor())
	}
}

// codeOf is the code of a problem, or "".
func codeOf(err error) string {
	if p, ok := errors.AsType[*run.Problem](err); ok {
		return p.Code
	}
	return ""
}
