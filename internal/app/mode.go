package app

import (
	"context"
	"errors"
	"fmt"

	"muster/internal/access"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/engine"
	"muster/internal/link"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// modeOf returns how far a target may go now.
func (m *Muster) modeOf(target string) string { return string(m.Engine.Mode(target)) }

// modes returns how far targets may go of which somebody has said so, by name.
func (m *Muster) modes(ctx context.Context) (map[string]engine.Mode, error) {
	out := map[string]engine.Mode{}
	return out, m.Store.View(ctx, func(v directory.Reader) error {
		targets, err := run.Of(v).Targets(ctx)
		for _, t := range targets {
			if t.Mode != "" {
				out[t.Name] = engine.Mode(t.Mode)
			}
		}
		return err
	})
}

// Mode implements adminapi.Golive.
func (m *Muster) Mode(ctx context.Context, target string) (adminapi.TargetMode, error) {
	c, ok := m.File.Target(target)
	if !ok {
		return adminapi.TargetMode{}, m.unknown("target", target)
	}
	out := adminapi.TargetMode{Target: target, Mode: m.modeOf(target), File: c.ModeAt}
	return out, m.Store.View(ctx, func(v directory.Reader) error {
		p, err := draftOf(ctx, run.Of(v), target)
		out.Plan, out.People = p.ID, p.People
		for _, n := range p.Counts {
			out.Lines += n
		}
		return err
	})
}

// draftOf returns the plan that waits for the approval of a target's rules, if there is one.
func draftOf(ctx context.Context, r run.Reader, target string) (run.Plan, error) {
	plans, err := r.Plans(ctx, target, "", run.Waiting, 50)
	for _, p := range plans {
		if p.Kind == run.First || p.Kind == run.Change {
			return p, err
		}
	}
	return run.Plan{}, err
}

// SetMode implements adminapi.Golive.
func (m *Muster) SetMode(ctx context.Context, target string, req adminapi.ModeRequest, by access.Caller) (adminapi.TargetMode, error) {
	c, ok := m.File.Target(target)
	switch {
	case !ok:
		return adminapi.TargetMode{}, m.unknown("target", target)
	case c.ModeAt != "":
		return adminapi.TargetMode{}, &run.Problem{
			Code: adminapi.ManagedByFile, What: fmt.Sprintf("the mode of %s is set in %s", target, c.ModeAt), Why: "What the configuration file says is changed there only.",
			Now: "Nothing was changed.", Fix: "Change it there and start Muster anew, or take the line out to set it with this command.",
		}
	case req.Mode == string(engine.Pilot) && len(c.Rules.Pilot) == 0 && c.Rules.PilotGroup == nil:
		return adminapi.TargetMode{}, &run.Problem{
			Code: adminapi.BadRequest, What: target + " has no pilot", Why: "The configuration names nobody to begin with.", Now: "Nothing was changed.",
			Fix: "Name them: `pilot: [olivia, ben]` or `pilot: {group: …}` at " + c.At + ", and start Muster anew.",
		}
	}
	if err := m.Engine.SetMode(ctx, target, engine.Mode(req.Mode)); err != nil {
		return adminapi.TargetMode{}, err
	}
	err := m.Store.Update(ctx, by.Actor(), func(tx directory.Tx) error {
		r := run.In(tx)
		t, err := r.Target(ctx, target)
		if errors.Is(err, directory.ErrNotFound) {
			t, err = run.Target{Name: target}, nil
		}
		if err != nil {
			return err
		}
		t.Mode = req.Mode
		if err := r.PutTarget(ctx, t); err != nil {
			return err
		}
		return r.Audit(ctx, run.Event{At: m.now(), By: string(by.Actor()), Act: "target.mode", Object: target, Detail: req.Mode + ": " + req.Reason})
	})
	if err != nil {
		return adminapi.TargetMode{}, err
	}
	if approved, current := m.Engine.Active(target); !approved || !current || req.Mode == string(engine.Observe) {
		if _, err := m.Engine.Preview(ctx, target); err != nil { // what waits for approval is shown at once
			return adminapi.TargetMode{}, err
		}
	}
	return m.Mode(ctx, target)
}

// Remembered implements adminapi.Golive.
func (m *Muster) Remembered(ctx context.Context, target string) (adminapi.Remembered, error) {
	out := adminapi.Remembered{Target: target, Leavers: []adminapi.Leaver{}}
	if _, ok := m.File.Target(target); ok {
		return out, &run.Problem{
			Code: adminapi.Conflict, What: target + " is configured", Why: "Only a target that was taken out of the configuration is forgotten.", Now: "Nothing was changed.",
			Fix: "Take it out of the configuration first. That closes no account.",
		}
	}
	known := false
	err := m.Store.View(ctx, func(v directory.Reader) error {
		names, err := link.Of(v).Remembered(ctx)
		for _, n := range names {
			known = known || n == target
		}
		if err != nil || !known {
			return err
		}
		if out.Links, err = countLinks(ctx, v, target); err != nil {
			return err
		}
		out.Leavers, err = m.unclosed(ctx, v, target)
		return err
	})
	if err == nil && !known {
		err = m.unknown("dropped target", target)
	}
	return out, err
}

func countLinks(ctx context.Context, v directory.Reader, target string) (int, error) {
	n := 0
	for _, kind := range []connector.Kind{connector.User, connector.Group} {
		for after := directory.ID(""); ; {
			page, err := link.Of(v).List(ctx, target, kind, nil, after, 5000)
			if n += len(page); err != nil {
				return n, err
			}
			if len(page) < 5000 {
				break
			}
			after = page[len(page)-1].Object
		}
	}
	return n, nil
}

// Forget implements adminapi.Golive.
func (m *Muster) Forget(ctx context.Context, target string, req adminapi.ForgetRequest, by access.Caller) (adminapi.Remembered, error) {
	out, err := m.Remembered(ctx, target)
	if err != nil {
		return out, err
	}
	if req.Count != out.Links {
		return out, &run.Problem{
			Code: adminapi.BadCount, What: fmt.Sprintf("%d links are remembered of %s, not %d", out.Links, target, req.Count), Why: "The number shows that you looked at what is forgotten.",
			Now: "Nothing was changed.", Fix: "Look again: `muster target forget " + target + "`.",
		}
	}
	err = m.Store.Update(ctx, by.Actor(), func(tx directory.Tx) error {
		return run.In(tx).Audit(ctx, run.Event{
			At: m.now(), By: string(by.Actor()), Act: "target.forget", Object: target, Detail: fmt.Sprintf("%d links, %d open leavers: %s", out.Links, len(out.Leavers), req.Reason),
		})
	})
	for more := true; more && err == nil; {
		err = m.Store.Update(ctx, by.Actor(), func(tx directory.Tx) (err error) { more, err = link.In(tx).Forget(ctx, target); return err })
	}
	out.Gone = err == nil
	return out, err
}
