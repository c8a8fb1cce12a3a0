package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/mapping"
	"muster/internal/run"
)

// The rhythm of a target.
const (
	poll         = time.Second      // the net under the wake-ups
	fullEvery    = 24 * time.Hour   // between full reconciles
	probeWait    = time.Minute      // before a stopped target is tried again
	draftWait    = 15 * time.Second // between two makings of a plan that waits
	redraftEvery = time.Hour        // between two makings of a plan that waits while nobody changes
	failWait     = time.Minute      // at most, between two tries that fail
)

// A target serves one configured target, one run at a time.
type target struct {
	Target
	e        *Engine
	log      *slog.Logger
	mu       sync.Mutex // held while serving; orders do not wait for it
	hands    hands
	turns    atomic.Int64 // how often an order was begun to be carried out
	inHand   sync.Map     // orders that are being carried out
	woken    chan struct{}
	epoch    int64
	stance   atomic.Pointer[stance]  // as configured, and as somebody has set since
	active   atomic.Pointer[ruleset] // as approved; nil: none yet
	can      atomic.Pointer[connector.Features]
	read     atomic.Bool               // its sources were read whole once
	again    atomic.Pointer[string]    // why it is asked for its list again; nil: it is not
	listedAt atomic.Pointer[time.Time] // when the last complete list of this process was begun
	draftRev directory.Rev             // feed position of the plan that waits
	draftAt  time.Time
	beyond   *beyond // guarded by mu; nil: nothing was served beyond the cursor
}

// A ruleset is rules with what they compile to.
type ruleset struct {
	*mapping.Target
	rules  mapping.TargetRules
	digest string
	broken error // why the approved rules do not compile: what is left of them only closes leavers; see leavers.go
}

func compile(rules mapping.TargetRules, known mapping.Known) (*ruleset, error) {
	t, err := mapping.CompileTarget(rules, known)
	if err != nil {
		return nil, err
	}
	return &ruleset{Target: t, rules: rules, digest: t.Digest()}, nil
}

func newTarget(e *Engine, t Target) (*target, error) {
	if t.Concurrency <= 0 {
		t.Concurrency = 16
	}
	tt := &target{Target: t, e: e, log: e.cfg.Log.With("target", t.Name), woken: make(chan struct{}, 1)}
	st, err := tt.standing(t.Mode)
	if err != nil {
		return nil, fmt.Errorf("target %s: %w", t.Name, err)
	}
	tt.stance.Store(st)
	return tt, nil
}

// poke has the loop look again.
func (t *target) poke() {
	select {
	case t.woken <- struct{}{}:
	default:
	}
}

// start takes the lead, settles what a crash left open, and loads the approved rules.
func (t *target) start(ctx context.Context) error {
	var open []link.Intent
	err := t.update(ctx, func(tx directory.Tx) (err error) {
		l := link.In(tx)
		if t.epoch, err = l.Lead(ctx, t.Name); err != nil {
			return err
		}
		open, err = l.Open(ctx, t.Name)
		return err
	})
	if err != nil {
		return err
	}
	if err := t.recover(ctx, open); err != nil {
		return err
	}
	state, err := t.state(ctx)
	if err != nil {
		return err
	}
	if err := t.reload(ctx, state); err != nil {
		return err
	}
	return t.retire(ctx)
}

// writes reports whether the target is served under rules: not while nothing is approved or it only observes, nor as a pilot for whom nobody was approved.
// What happens meanwhile stays in the feed.
func (t *target) writes(active *ruleset) bool {
	return active != nil && t.mode() != Observe && (t.mode() != Pilot || pilots(active.rules))
}

// retire takes back plans that wait for the approval of rules that are in force: they were made while the target only observed, or for rules that are
// configured no more.
func (t *target) retire(ctx context.Context) error {
	if t.needsDraft() {
		return nil
	}
	return t.update(ctx, func(tx directory.Tx) error {
		r := run.In(tx)
		plans, err := r.Plans(ctx, t.Name, "", run.Waiting, allPlans)
		if err != nil {
			return err
		}
		for _, p := range plans {
			if (p.Kind == run.First || p.Kind == run.Change) && p.Decided.IsZero() {
				p.Status = run.Superseded
				if err := r.PutPlan(ctx, p); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// load compiles the approved rules. Of rules that no longer compile (an attribute is gone) only that is kept which closes leavers, and the configured ones
// wait for approval.
func (t *target) load(state run.Target) error {
	switch {
	case state.Active == "":
		t.active.Store(nil)
	case state.Active == t.set().digest:
		t.active.Store(t.set())
	default:
		var rules mapping.TargetRules
		if err := json.Unmarshal(state.Rules, &rules); err != nil {
			return fmt.Errorf("approved rules of %s: %w", t.Name, err)
		}
		set, err := compile(rules, t.Known)
		if err != nil {
			t.log.Error("approved rules no longer apply: only leavers are closed", "error", err)
			if set, err = leaversOnly(rules, state.Active, err); err != nil {
				return err
			}
		}
		t.active.Store(set)
	}
	return nil
}

// state returns where the target stands; one that was never seen has the zero state.
func (t *target) state(ctx context.Context) (run.Target, error) {
	var s run.Target
	err := t.view(ctx, func(v directory.Reader) (err error) {
		s, err = run.Of(v).Target(ctx, t.Name)
		return err
	})
	if errors.Is(err, directory.ErrNotFound) {
		return run.Target{Name: t.Name}, nil
	}
	return s, err
}

func (t *target) putState(ctx context.Context, change func(*run.Target)) error {
	return t.update(ctx, func(tx directory.Tx) error {
		s, err := run.In(tx).Target(ctx, t.Name)
		if errors.Is(err, directory.ErrNotFound) {
			s, err = run.Target{Name: t.Name}, nil
		}
		if err != nil {
			return err
		}
		change(&s)
		return run.In(tx).PutTarget(ctx, s)
	})
}

func (t *target) view(ctx context.Context, fn func(directory.Reader) error) error {
	return t.e.cfg.Store.View(ctx, fn)
}

func (t *target) update(ctx context.Context, fn func(directory.Tx) error) error {
	return t.e.cfg.Store.Update(ctx, "engine", fn)
}

// loop serves the target until ctx ends. After an error it waits, longer each time.
func (t *target) loop(ctx context.Context) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	failures := 0
	for {
		err := t.turn(ctx)
		switch {
		case err == nil:
			failures = 0
		case ctx.Err() == nil:
			failures++
			t.log.Error("target not served", "error", err)
			if !rest(ctx, min(time.Second<<min(failures, 6), failWait)) {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-t.woken:
		}
	}
}

// rest waits for d. It reports false if ctx ended before.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// turn does what the target needs now: nothing while paused, a probe while stopped, a plan while nothing is approved, else the next wave.
func (t *target) turn(ctx context.Context) error {
	state, err := t.state(ctx)
	if err != nil || state.Paused != nil {
		return err
	}
	now := t.e.cfg.Now()
	if state.Stopped != nil {
		if now.Before(state.Probe) {
			return nil
		}
		if err := t.probe(ctx); err != nil {
			return err
		}
	}
	if t.needsDraft() {
		if err := t.redraft(ctx, now); err != nil {
			return err
		}
	}
	if !t.writes(t.active.Load()) {
		return nil
	}
	if t.ruled() != nil && !now.Before(nextWhole(state)) {
		_, err = t.sync(ctx, "")
		return err
	}
	_, err = t.follow(ctx, "")
	return err
}

// features returns what the tenant supports, asked once per process and again after a stop.
func (t *target) features(ctx context.Context) (connector.Features, error) {
	if can := t.can.Load(); can != nil {
		return *can, nil
	}
	f, err := t.Connector.Check(ctx)
	if err == nil {
		f, err = t.correct(ctx, f)
	}
	if err != nil {
		return f, err
	}
	t.can.Store(&f)
	return f, nil
}

// probe asks a stopped target whether it is well again.
func (t *target) probe(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.can.Store(nil)
	if _, err := t.features(ctx); err != nil {
		return t.stop(ctx, err)
	}
	t.log.Info("target answers again")
	return t.putState(ctx, func(s *run.Target) { s.Stopped, s.Probe = nil, time.Time{} })
}

// ready reports whether the target may be served when somebody asks: not while it is paused; one that is stopped is asked again first.
func (t *target) ready(ctx context.Context, id string) (run.Run, bool, error) {
	state, err := t.state(ctx)
	switch {
	case err != nil:
		return run.Run{}, false, err
	case state.Paused != nil:
		return run.Run{}, false, &run.Problem{
			Code: "paused", What: fmt.Sprintf("target %s is paused", t.Name), Why: fmt.Sprintf("%s paused it: %s", state.Paused.By, state.Paused.Reason),
			Now: "Nothing was sent.", Fix: "Let it go on with `muster resume " + t.Name + "`.",
		}
	case state.Stopped == nil:
		return run.Run{}, true, nil
	}
	if err := t.probe(ctx); err != nil {
		return run.Run{}, false, err
	}
	if state, err = t.state(ctx); err != nil || state.Stopped == nil {
		return run.Run{}, err == nil, err
	}
	now := t.e.cfg.Now()
	r := run.Run{ID: cmp.Or(id, string(directory.NewID())), Kind: run.Serve, Name: t.Name, Started: now, Ended: now, Outcome: run.Stopped, Problem: state.Stopped}
	return r, false, t.e.putRun(ctx, r)
}

// stop remembers that the target cannot be served, and when to ask again. Nothing that waits for it is forgotten.
func (t *target) stop(ctx context.Context, cause error) error {
	p := stopped(t.Name, cause)
	return t.putState(context.WithoutCancel(ctx), func(s *run.Target) {
		if s.Stopped == nil || s.Stopped.Code != p.Code {
			t.log.Error("target stopped", "code", p.Code, "why", p.Why)
		}
		s.Stopped, s.Probe = p, t.e.cfg.Now().Add(probeWait)
	})
}

// stopped explains why a target cannot be served.
func stopped(name string, cause error) *run.Problem {
	p := &run.Problem{
		Code: "target_unreachable", What: fmt.Sprintf("target %s is stopped", name), Why: cause.Error(),
		Now: "Nothing is sent to it. What waits for it is kept and goes out when it answers again; it is asked every minute.",
		Fix: "Run `muster target test " + name + "` to see what it answers.",
	}
	switch {
	case errors.Is(cause, connector.ErrAuth):
		p.Code, p.Fix = "target_credentials", "Put a valid token into the configuration of "+name+" and check the rights of its owner, then `muster target test "+name+"`."
	case errors.Is(cause, connector.ErrForeign):
		p.Code, p.Fix = "target_foreign", "Check the address of "+name+": what answers there is not the expected service. Then `muster target test "+name+"`."
	}
	return p
}
