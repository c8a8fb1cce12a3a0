package app_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"muster/internal/app"
	"muster/internal/directory"
	links "muster/internal/link"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// checkInbox has somebody wait, a question asked in a hold, and the target stopped: U9, X12.
func checkInbox(t *testing.T, m *app.Muster) {
	t.Helper()
	long := time.Now().Add(-3 * time.Hour).Truncate(time.Millisecond)
	later := long.Add(4 * time.Hour) // than all that ran
	stopped := &run.Problem{Code: "stopped", What: "wiki refuses the token", Why: "401"}
	err := m.Store.Update(t.Context(), "test", func(tx directory.Tx) error {
		for i := range 6 {
			w := links.Waiting{Target: "wiki", Object: directory.ID(fmt.Sprint("waits-", i/2)), Member: directory.ID(fmt.Sprint("m", i)), Wait: links.Held, Code: "missing_value", Reason: "no title", Since: long}
			if i < 3 {
				w.Code = "ask"
			}
			if err := links.In(tx).PutWaiting(t.Context(), w); err != nil {
				return err
			}
		}
		for i, outcome := range []run.Outcome{run.Stopped, run.Done, run.Stopped, run.Stopped} {
			at := later.Add(time.Duration(i) * time.Hour)
			if err := run.In(tx).PutRun(t.Context(), run.Run{ID: fmt.Sprintf("zz%024d", i), Kind: run.Serve, Name: "wiki", Started: at, Ended: at, Outcome: outcome}); err != nil {
				return err
			}
		}
		state, err := run.In(tx).Target(t.Context(), "wiki")
		if err != nil {
			return err
		}
		state.Stopped = stopped
		return run.In(tx).PutTarget(t.Context(), state)
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := m.Status(t.Context())
	if err != nil || len(s.Targets) != 1 || !s.Targets[0].Troubled.Equal(later.Add(2*time.Hour)) {
		t.Errorf("the target is stopped since %+v, %v", s.Targets, err)
	}
	checkUnderWay(t, m)
	for limit, want := range map[int]int{1: 1, 2: 3, 9: 3} { // all of what waits of one group stands on one page
		got, err := m.Waiting(t.Context(), adminapi.WaitQuery{Target: "wiki", Wait: "held", Alone: true, Limit: limit})
		if err != nil || len(got) != want || got[0].Object != "waits-1" {
			t.Errorf("at most %d: %+v wait alone, %v", limit, got, err)
		}
	}
}

// checkUnderWay has corp be read and wiki be served: both say so, and how the run before ended.
func checkUnderWay(t *testing.T, m *app.Muster) {
	t.Helper()
	later := time.Now().Add(100 * time.Hour)
	err := m.Store.Update(t.Context(), "test", func(tx directory.Tx) error {
		return errors.Join(run.In(tx).PutRun(t.Context(), run.Run{ID: "under-read", Kind: run.Read, Name: "corp", Started: later, Outcome: run.Running}),
			run.In(tx).PutRun(t.Context(), run.Run{ID: "under-serve", Kind: run.Serve, Name: "wiki", Started: later, Outcome: run.Running}))
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := m.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	corp, wiki := s.Sources[0], s.Targets[0]
	if corp.Run == nil || corp.Run.ID != "under-read" || corp.Last == nil || corp.Last.Outcome != run.Done || wiki.Run == nil || wiki.Run.ID != "under-serve" || wiki.Last == nil || wiki.Last.Outcome != run.Stopped {
		t.Errorf("under way are %+v and %+v, after %+v and %+v", corp.Run, wiki.Run, corp.Last, wiki.Last)
	}
}
