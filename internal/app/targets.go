package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"muster/internal/access"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/ingest"
	"muster/internal/link"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// Pause implements adminapi.Targets.
func (m *Muster) Pause(ctx context.Context, target, reason string, by access.Caller) (run.Target, error) {
	return m.setPause(ctx, target, &run.Note{By: string(by.Actor()), Reason: reason, At: m.now()}, by, "pause", reason)
}

// Resume implements adminapi.Targets.
func (m *Muster) Resume(ctx context.Context, target, reason string, by access.Caller) (run.Target, error) {
	t, err := m.setPause(ctx, target, nil, by, "resume", reason)
	m.Engine.Poke(target)
	return t, err
}

func (m *Muster) setPause(ctx context.Context, target string, note *run.Note, by access.Caller, act, reason string) (run.Target, error) {
	if _, ok := m.File.Target(target); !ok {
		return run.Target{}, m.unknown("target", target)
	}
	var out run.Target
	return out, m.Store.Update(ctx, by.Actor(), func(tx directory.Tx) error {
		r := run.In(tx)
		t, err := r.Target(ctx, target)
		if errors.Is(err, directory.ErrNotFound) {
			t, err = run.Target{Name: target}, nil
		}
		if err != nil {
			return err
		}
		t.Paused = note
		out = t
		if err := r.PutTarget(ctx, t); err != nil {
			return err
		}
		return r.Audit(ctx, run.Event{At: m.now(), By: string(by.Actor()), Act: act, Object: target, Detail: reason})
	})
}

// Links implements adminapi.Targets.
func (m *Muster) Links(ctx context.Context, target string, q adminapi.LinkQuery) ([]adminapi.Link, error) {
	if _, ok := m.File.Target(target); !ok {
		return nil, m.unknown("target", target)
	}
	kind := q.Kind
	if kind == "" {
		kind = connector.User
	}
	var in []link.State
	switch {
	case q.State != "":
		in = []link.State{link.State(q.State)}
	case q.Active:
		in = []link.State{link.Linked, link.Closing}
	}
	out := []adminapi.Link{}
	return out, m.Store.View(ctx, func(v directory.Reader) error {
		page, err := linksOf(ctx, v, target, kind, in, q)
		if err != nil {
			return err
		}
		for _, l := range page {
			name, err := handle(ctx, v, l.Object)
			if err != nil {
				return err
			}
			out = append(out, linkView(l, name))
		}
		return nil
	})
}

// linksOf returns a page of links, of those that are wanted.
func linksOf(ctx context.Context, v directory.Reader, target string, kind connector.Kind, in []link.State, q adminapi.LinkQuery) ([]link.Link, error) {
	var out []link.Link
	for limit := q.Limit; ; {
		page, err := link.Of(v).List(ctx, target, kind, in, q.After, limit)
		if err != nil || !q.Active {
			return page, err
		}
		for _, l := range page {
			if q.After = l.Object; l.Active && len(out) < q.Limit {
				out = append(out, l)
			}
		}
		if len(page) < limit || len(out) == q.Limit {
			return out, nil
		}
		limit = max(limit, 500)
	}
}

// Limits implements adminapi.Targets.
func (m *Muster) Limits(ctx context.Context, target string) ([]adminapi.Limit, error) {
	if _, ok := m.File.Target(target); target != "" && !ok {
		return nil, m.unknown("target", target)
	}
	out := []adminapi.Limit{}
	for _, t := range m.File.Targets {
		if target != "" && t.Name != target {
			continue
		}
		verdicts, err := m.Engine.Judge(ctx, t.Name)
		if err != nil {
			return nil, err
		}
		raised, err := m.raised(ctx, t.Name)
		if err != nil {
			return nil, err
		}
		for _, v := range verdicts {
			l := adminapi.Limit{Target: t.Name, Class: string(v.Class), Limit: v.Limit, Spent: v.Spent}
			if r, ok := raised[string(v.Class)]; ok {
				l.Raised = &r
			}
			out = append(out, l)
		}
	}
	return out, nil
}

func (m *Muster) raised(ctx context.Context, target string) (map[string]run.Raise, error) {
	out := map[string]run.Raise{}
	return out, m.Store.View(ctx, func(v directory.Reader) error {
		raises, err := run.Of(v).Raises(ctx, target, m.now())
		for _, r := range raises {
			if r.To > out[r.Class].To {
				out[r.Class] = r
			}
		}
		return err
	})
}

// longestWindow is how far ahead a limit may be raised: a window is for a planned change, not for good.
const longestWindow = 30 * 24 * time.Hour

// Raise implements adminapi.Targets.
func (m *Muster) Raise(ctx context.Context, target string, req adminapi.Raise, by access.Caller) (run.Raise, error) {
	classes, err := m.classes(ctx, target)
	if err != nil {
		return run.Raise{}, err
	}
	known := slices.Contains(classes, req.Class)
	bad := func(what, fix string) (run.Raise, error) {
		return run.Raise{}, &run.Problem{Code: adminapi.BadRequest, What: what, Now: "Nothing was changed.", Fix: fix}
	}
	switch now := m.now(); {
	case !known:
		return bad(fmt.Sprintf("there is no limit for %q", req.Class), fmt.Sprintf("The classes are %v.", classes))
	case !req.Until.After(now):
		return bad("the window is over before it begins", "Give an end that lies ahead.")
	case req.Until.Sub(now) > longestWindow:
		return bad("the window is too long", "A limit can be raised for 30 days at most.")
	}
	r := run.Raise{Target: target, Class: req.Class, To: req.To, Until: req.Until, By: string(by.Actor()), Reason: req.Reason}
	err = m.Store.Update(ctx, by.Actor(), func(tx directory.Tx) error {
		if err := run.In(tx).PutRaise(ctx, r); err != nil {
			return err
		}
		return run.In(tx).Audit(ctx, run.Event{At: m.now(), By: r.By, Act: "limit.raise", Object: target, Detail: fmt.Sprintf("%s to %d until %s: %s", r.Class, r.To, r.Until.UTC().Format(time.RFC3339), r.Reason)})
	})
	m.Engine.Poke(target)
	return r, err
}

// classes returns the limits of a target, or the one of a source.
func (m *Muster) classes(ctx context.Context, name string) ([]string, error) {
	if _, ok := m.File.Source(name); ok {
		return []string{ingest.Shrink}, nil
	}
	if _, ok := m.File.Target(name); !ok {
		return nil, m.unknown("source or target", name)
	}
	limits, err := m.Limits(ctx, name)
	var out []string
	for _, l := range limits {
		out = append(out, l.Class)
	}
	return out, err
}
