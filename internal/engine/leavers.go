package engine

import (
	"context"
	"fmt"
	"time"

	"muster/internal/directory"
	"muster/internal/mapping"
	"muster/internal/plan"
	"muster/internal/run"
)

// Approved rules may cease to compile: a source was renamed, an attribute is not mapped any more. Then nobody knows who is in scope or what an account should
// hold, and nobody is created, updated or enabled. But a leaver is a leaver: until other rules are approved, whoever is disabled or gone here, or was closed
// by a person of ours, is closed at the target within the limits, as the approved rules choose.

// leaversOnly is what is left of approved rules that do not compile because of cause.
func leaversOnly(rules mapping.TargetRules, digest string, cause error) (*ruleset, error) {
	left := mapping.TargetRules{
		Name: rules.Name, Pilot: rules.Pilot, PilotGroup: rules.PilotGroup, Drift: rules.Drift,
		People: mapping.ObjectRules{WhenRemoved: rules.People.WhenRemoved, Attributes: mapping.Rules{}},
	}
	set, err := compile(left, mapping.Known{})
	if err != nil {
		return nil, fmt.Errorf("what is left of the approved rules of %s: %w", rules.Name, err)
	}
	set.digest, set.broken = digest, cause
	return set, nil
}

// ruled returns the approved rules, or nil if there are none that can be followed.
func (t *target) ruled() *ruleset {
	if active := t.active.Load(); active != nil && active.broken == nil {
		return active
	}
	return nil
}

// reload is load; where only leavers are closed from now on, everybody is compared once there are rules to follow again.
func (t *target) reload(ctx context.Context, state run.Target) error {
	if err := t.load(state); err != nil {
		return err
	}
	if active := t.active.Load(); active == nil || active.broken == nil || state.Listed.IsZero() {
		return nil
	}
	return t.putState(ctx, func(s *run.Target) { s.Listed = time.Time{} })
}

// leaversFirst keeps of objects, where the rules cannot be followed, the people who have left.
func (w *wave) leaversFirst(objects []directory.Object) []directory.Object {
	if w.rules.broken == nil {
		return objects
	}
	var out []directory.Object
	for _, o := range objects {
		if o.Kind == directory.Person && (o.State != directory.Active || o.Stop != nil) {
			out = append(out, o)
		}
	}
	return out
}

// parted is the scope of somebody who has left, where the rules cannot be followed.
func (w *wave) parted(u *unit) {
	if w.rules.broken != nil {
		u.want.Scope, u.want.Reason = plan.Out, "they have left, and the approved rules cannot be followed"
	}
}

// Unruled says why the approved rules of a target cannot be followed, or nil.
func (e *Engine) Unruled(name string) *run.Problem {
	t, err := e.target(name)
	if err != nil {
		return nil
	}
	active := t.active.Load()
	if active == nil || active.broken == nil {
		return nil
	}
	return &run.Problem{
		Code: "target_rules", What: fmt.Sprintf("the approved rules of %s do not fit the configuration any more", name), Why: active.broken.Error(),
		Now: "Leavers are closed and orders are carried out. Nobody else is served there.",
		Fix: "Approve the rules as they are configured now: `muster plan show " + name + "`. Or put back what the approved ones name, and start Muster anew.",
	}
}
