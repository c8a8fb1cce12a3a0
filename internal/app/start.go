package app

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/engine"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// starts are approvals that begin a little later. They live in this process alone: if it ends before, nothing has begun, and what was recorded says so.
type starts struct {
	mu    sync.Mutex // guards all
	plans map[string]*start
	// wait runs f after d unless it is stopped; nil = by the clock.
	wait func(d time.Duration, f func()) (stop func() bool)
}

// A start is one of them. It is in the map until it has begun or was taken back.
type start struct {
	plan   run.Plan
	req    adminapi.Approval
	by     access.Caller
	epoch  int64 // of whoever gave it
	begins time.Time
	stop   func() bool
	begun  bool
}

// What is recorded of a start.
const (
	startGiven  = "plan.schedule"
	startTaken  = "plan.cancel"
	startFailed = "plan.unstarted"
)

// approveLater has an approval begin in a while. What it approves is looked at now and again when it begins.
func (m *Muster) approveLater(ctx context.Context, p run.Plan, d engine.Decision, req adminapi.Approval, by access.Caller) (adminapi.Decision, error) {
	lines, objects, err := m.Engine.Selected(ctx, d, run.Approved)
	if err != nil {
		return adminapi.Decision{}, err
	}
	if objects != req.Count {
		return adminapi.Decision{}, &run.Problem{
			Code: "count_mismatch", What: fmt.Sprintf("The number is %d, but this is about %d.", req.Count, objects), Now: "Nothing was approved.", Fix: "Look at the plan again: muster plan show " + p.ID,
		}
	}
	s := &start{plan: p, req: req, by: by, begins: m.now().Add(time.Duration(req.After) * time.Second)}
	s.req.After = 0
	m.starts.mu.Lock()
	defer m.starts.mu.Unlock()
	if m.starts.plans[p.ID] != nil {
		return adminapi.Decision{}, &run.Problem{Code: adminapi.Conflict, What: "This plan was approved already, and begins in a moment.", Now: "Nothing else was approved.", Fix: "Wait, or cancel it."}
	}
	err = m.Store.Update(ctx, by.Actor(), func(tx directory.Tx) error {
		o, err := tx.Object(ctx, by.Person)
		if err != nil {
			return err
		}
		s.epoch = o.Epoch
		return run.In(tx).Audit(ctx, run.Event{At: m.now(), By: string(by.Actor()), Act: startGiven, Object: p.ID, Detail: fmt.Sprintf("target %s, %d people, begins %s", p.Target, objects, s.begins.UTC().Format(time.RFC3339))})
	})
	if err != nil {
		return adminapi.Decision{}, err
	}
	if m.starts.plans == nil {
		m.starts.plans = map[string]*start{}
	}
	m.starts.plans[p.ID] = s
	s.stop = m.later(time.Duration(req.After)*time.Second, func() { m.beginStart(s) })
	at := s.view()
	return adminapi.Decision{Plan: p, Lines: lines, Start: &at}, nil
}

func (m *Muster) later(d time.Duration, f func()) func() bool {
	if m.starts.wait != nil {
		return m.starts.wait(d, f)
	}
	return time.AfterFunc(d, f).Stop
}

func (s *start) view() adminapi.Start {
	state := "waiting"
	if s.begun {
		state = "begun"
	}
	return adminapi.Start{State: state, By: string(s.by.Actor()), Begins: s.begins}
}

// beginStart approves, unless it was taken back, this process ends, or whoever gave it may not any more.
func (m *Muster) beginStart(s *start) {
	m.starts.mu.Lock()
	if m.starts.plans[s.plan.ID] != s || m.ctx.Err() != nil {
		m.starts.mu.Unlock()
		return
	}
	s.begun = true
	m.tasks.Add(1) // before Close can wait for it
	m.starts.mu.Unlock()
	defer m.tasks.Done()
	by, err := m.Keeper.Standing(m.ctx, s.by.Person, s.epoch)
	if err == nil {
		err = by.Authorize(rightTo(s.plan.Kind))
	}
	if err == nil {
		_, err = m.Approve(m.ctx, s.plan.ID, s.req, s.by)
	}
	if err != nil {
		m.log.Warn("an approval did not begin", "plan", s.plan.ID, "error", err)
		if err := m.noteStart(context.WithoutCancel(m.ctx), s.by, startFailed, s.plan.ID, err.Error()); err != nil {
			m.log.Error("not recorded", "plan", s.plan.ID, "error", err)
		}
	}
	m.starts.mu.Lock()
	defer m.starts.mu.Unlock()
	delete(m.starts.plans, s.plan.ID)
}

// halt stops what has not begun: it never will.
func (s *starts) halt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.plans {
		x.stop()
	}
}

// rightTo is the right that approving a plan takes, as in the API.
func rightTo(kind run.PlanKind) access.Right {
	if kind == run.Hold {
		return access.Release
	}
	return access.Approve
}

func (m *Muster) noteStart(ctx context.Context, by access.Caller, act, plan, detail string) error {
	return m.Store.Update(ctx, by.Actor(), func(tx directory.Tx) error {
		return run.In(tx).Audit(ctx, run.Event{At: m.now(), By: string(by.Actor()), Act: act, Object: plan, Detail: detail})
	})
}

// CancelStart implements adminapi.Starts.
func (m *Muster) CancelStart(ctx context.Context, ref string, by access.Caller) (adminapi.Start, error) {
	p, err := m.Plan(ctx, ref)
	if err != nil {
		return adminapi.Start{}, err
	}
	m.starts.mu.Lock()
	defer m.starts.mu.Unlock()
	s := m.starts.plans[p.ID]
	if s == nil || s.begun {
		return adminapi.Start{}, &run.Problem{
			Code: adminapi.Conflict, What: "There is no approval of this plan that could still be taken back.", Why: "It has begun, or was taken back already, or there was none.", Now: "Nothing was changed.",
			Fix: "Look at the plan: muster plan show " + p.ID,
		}
	}
	if err := m.noteStart(ctx, by, startTaken, p.ID, "nothing had begun"); err != nil {
		return adminapi.Start{}, err
	}
	s.stop()
	delete(m.starts.plans, p.ID)
	out := s.view()
	out.State = "cancelled"
	return out, nil
}

// Start implements adminapi.Starts.
func (m *Muster) Start(ctx context.Context, ref string) (adminapi.Start, error) {
	p, err := m.Plan(ctx, ref)
	if err != nil {
		return adminapi.Start{}, err
	}
	m.starts.mu.Lock()
	s := m.starts.plans[p.ID]
	var out adminapi.Start
	if s != nil {
		out = s.view()
	}
	m.starts.mu.Unlock()
	if s != nil {
		return out, nil
	}
	events, err := m.Events(ctx, run.EventQuery{Object: p.ID, Limit: 20})
	return lastStart(events), err
}

// lastStart says what became of the last approval that was to begin later, by what was recorded of its plan, the newest first.
func lastStart(events []run.Event) adminapi.Start {
	i := slices.IndexFunc(events, func(e run.Event) bool {
		return slices.Contains([]string{startGiven, startTaken, startFailed}, e.Act) || slices.Contains(decided, e.Act)
	})
	if i < 0 {
		return adminapi.Start{State: "none"}
	}
	e := events[i]
	switch e.Act {
	case startGiven: // and nothing after it: the process that held it is gone
		return adminapi.Start{State: "lost", By: e.By, Begins: e.At}
	case startTaken:
		return adminapi.Start{State: "cancelled", By: e.By, Begins: e.At}
	case startFailed:
		return adminapi.Start{State: "failed", By: e.By, Begins: e.At, Why: e.Detail}
	}
	return adminapi.Start{State: "begun", By: e.By, Begins: e.At}
}

// decided are the acts by which a plan is decided.
var decided = []string{"first.approve", "change.approve", "hold.approve", "first.reject", "change.reject", "hold.reject"}
