package engine

import (
	"context"
	"fmt"

	"muster/internal/directory"
	"muster/internal/mapping"
	"muster/internal/plan"
)

// A stance is how far a target may go, and the rules that follow from it: only a pilot has a pilot's people in its rules, so that going live is another set
// of rules, with a plan to approve.
type stance struct {
	mode Mode
	set  *ruleset
}

func (t *target) mode() Mode    { return t.stance.Load().mode }
func (t *target) set() *ruleset { return t.stance.Load().set }

// standing compiles the rules for a mode.
func (t *target) standing(mode Mode) (*stance, error) {
	rules := t.Rules
	if mode != Pilot {
		rules.Pilot, rules.PilotGroup = nil, nil
	}
	set, err := compile(rules, t.Known)
	return &stance{mode, set}, err
}

// pilots reports whether rules serve a pilot's people only.
func pilots(r mapping.TargetRules) bool { return len(r.Pilot) > 0 || r.PilotGroup != nil }

// Mode returns how far a target may go.
func (e *Engine) Mode(name string) Mode {
	t, err := e.target(name)
	if err != nil {
		return ""
	}
	return t.mode()
}

// SetMode changes how far a target may go from now on. Nothing is sent by that: rules that are not approved wait for it, whichever way it goes. It waits for
// a run that is going on.
func (e *Engine) SetMode(ctx context.Context, name string, mode Mode) error {
	t, err := e.target(name)
	if err != nil {
		return err
	}
	if err := t.lock(ctx); err != nil {
		return err
	}
	defer t.mu.Unlock()
	next, err := t.standing(mode)
	if err != nil {
		return fmt.Errorf("target %s: %w", name, err)
	}
	state, err := t.state(ctx)
	if err != nil {
		return err
	}
	t.stance.Store(next)
	if err := t.load(state); err != nil {
		return err
	}
	t.draftRev, t.draftAt = directory.Rev{}, t.draftAt.Add(-redraftEvery)
	defer t.poke()
	return t.retire(ctx)
}

// pilotOf notes whether the pilot's group has u. Whoever was in it once and has an account is still closed when they leave: who leaves a company leaves its
// groups too.
func (w *wave) pilotOf(ctx context.Context, v directory.Reader, u *unit, in bool) error {
	if !w.pilot.named {
		return nil
	}
	owner, name := "target:"+w.t.Name, "pilot:"+string(u.object.ID)
	switch u.pilot = in && w.pilot.known; {
	case u.pilot && plan.Linked(u.have) && !w.draft:
		known, err := v.Anchor(ctx, owner, name)
		if err != nil || known != "" {
			return err
		}
		w.mu.Lock()
		w.newPilots = append(w.newPilots, name)
		w.mu.Unlock()
	case !u.pilot && plan.Linked(u.have) && (u.want.Scope == plan.Out || !u.want.Active):
		known, err := v.Anchor(ctx, owner, name)
		u.pilot = known != ""
		return err
	}
	return nil
}

// rememberPilots keeps who was found to be in the pilot's group and has an account.
func (w *wave) rememberPilots(ctx context.Context) error {
	w.mu.Lock()
	names := w.newPilots
	w.newPilots = nil
	w.mu.Unlock()
	if len(names) == 0 {
		return nil
	}
	return w.t.update(ctx, func(tx directory.Tx) error {
		for _, name := range names {
			if err := tx.SetAnchor(ctx, "target:"+w.t.Name, name, "in"); err != nil {
				return err
			}
		}
		return nil
	})
}
