package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"muster/internal/access"
	"muster/internal/config"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/source"
)

// CheckSource implements adminapi.Checks.
func (m *Muster) CheckSource(ctx context.Context, name string) (adminapi.SourceCheck, error) {
	c, ok := m.File.Source(name)
	if !ok {
		return adminapi.SourceCheck{}, m.unknown("source", name)
	}
	out := adminapi.SourceCheck{Name: name}
	if c.SCIM != nil {
		return out, m.checkClient(ctx, c, &out.Report)
	}
	src, err := m.opener(c)(nil)
	if err == nil {
		out.Report, err = src.Check(ctx)
	}
	if err != nil {
		out.Problem = sourceProblem(name, err)
	}
	return out, nil
}

func sourceProblem(name string, err error) *run.Problem {
	p := &run.Problem{Code: adminapi.Incomplete, What: "source " + name + " cannot be read", Why: err.Error(), Now: "Nothing was changed.", Fix: "Mend the configuration of " + name + " and try again."}
	if inc := (*source.Incomplete)(nil); errors.As(err, &inc) {
		p.Code, p.What = "source_"+inc.Code, inc.What
		if p.Why = ""; inc.Err != nil {
			p.Why = inc.Err.Error()
		}
		if inc.Fix != "" {
			p.Fix = inc.Fix
		}
	}
	return p
}

// unknown names what there is instead.
func (m *Muster) unknown(kind, name string) error {
	var names []string
	for _, s := range m.File.Sources {
		if kind != "target" {
			names = append(names, s.Name)
		}
	}
	for _, t := range m.File.Targets {
		if kind != "source" {
			names = append(names, t.Name)
		}
	}
	p := &run.Problem{Code: adminapi.NotFound, What: fmt.Sprintf("there is no %s %q", kind, name), Now: "Nothing was changed."}
	if near := config.Nearest(name, names); near != "" {
		p.Fix = fmt.Sprintf("Did you mean %q?", near)
	} else if len(names) > 0 {
		p.Fix = "There are: " + strings.Join(names, ", ") + "."
	}
	return p
}

// A task is one run that a request starts.
type task struct {
	id   string
	name string
	kind run.Kind
	do   func(context.Context, string) (run.Run, error)
}

// Sync implements adminapi.Syncs.
func (m *Muster) Sync(ctx context.Context, req adminapi.SyncRequest, _ access.Caller) (adminapi.Started, error) {
	tasks, err := m.tasksFor(ctx, req)
	if err != nil {
		return adminapi.Started{}, err
	}
	return m.start(ctx, tasks)
}

// tasksFor returns what a request asks for: sources first. Naming a source serves the targets after it; naming a target reads no source.
func (m *Muster) tasksFor(ctx context.Context, req adminapi.SyncRequest) ([]task, error) {
	var person directory.ID
	if req.Person != "" {
		o, err := m.person(ctx, req.Person)
		if err != nil {
			return nil, err
		}
		person = o.ID
	}
	var out []task
	_, isTarget := m.File.Target(req.Name)
	known := req.Name == "" || isTarget
	for _, s := range m.File.Sources {
		if req.Name == "" || s.Name == req.Name {
			known = true
			if s.LDAP == nil {
				continue // it is not read: it tells
			}
			out = append(out, task{name: s.Name, kind: run.Read, do: func(ctx context.Context, id string) (run.Run, error) {
				r, err := m.Engine.Read(ctx, s.Name, id)
				return r, errors.Join(err, m.space.CatchUp(ctx))
			}})
		}
	}
	if !known {
		return nil, m.unknown("source or target", req.Name)
	}
	for _, t := range m.File.Targets {
		if isTarget && t.Name != req.Name {
			continue
		}
		out = append(out, task{name: t.Name, kind: run.Serve, do: m.serving(t, req.Full, person)})
	}
	return out, nil
}

// serving returns how a target is served: wholly when asked, when nothing is approved, or when it never was; else what has changed.
func (m *Muster) serving(t config.Target, full bool, person directory.ID) func(context.Context, string) (run.Run, error) {
	return func(ctx context.Context, id string) (run.Run, error) {
		var state run.Target
		err := m.Store.View(ctx, func(v directory.Reader) (err error) {
			state, err = run.Of(v).Target(ctx, t.Name)
			return err
		})
		if err != nil && !errors.Is(err, directory.ErrNotFound) {
			return run.Run{}, err
		}
		approved, current := m.Engine.Active(t.Name)
		switch {
		case full || !approved || m.modeOf(t.Name) == string(config.Observe) || state.Listed.IsZero():
			return m.Engine.Sync(ctx, t.Name, id)
		case person != "":
			return m.Engine.SyncPerson(ctx, t.Name, person, id)
		case !current:
			if _, err := m.Engine.Preview(ctx, t.Name); err != nil {
				return run.Run{}, err
			}
		}
		return m.Engine.Follow(ctx, t.Name, id)
	}
}

// start runs tasks without waiting for them: reads of sources one after the other, then all targets at a time, since none must wait for a slow one.
func (m *Muster) start(ctx context.Context, tasks []task) (adminapi.Started, error) {
	out := adminapi.Started{Runs: []string{}}
	err := m.Store.Update(ctx, "engine", func(tx directory.Tx) error {
		out.Runs = out.Runs[:0]
		for i := range tasks {
			tasks[i].id = string(directory.NewID())
			out.Runs = append(out.Runs, tasks[i].id)
			if err := run.In(tx).PutRun(ctx, run.Run{ID: tasks[i].id, Kind: tasks[i].kind, Name: tasks[i].name, Started: m.now(), Outcome: run.Running}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	m.tasks.Go(func() {
		for _, t := range tasks {
			if t.kind == run.Read {
				m.perform(t)
			} else {
				m.tasks.Go(func() { m.perform(t) })
			}
		}
	})
	return out, nil
}

// perform runs one task and sees to it that its run ends, whatever happens.
func (m *Muster) perform(t task) {
	r, err := t.do(m.ctx, t.id)
	if err != nil {
		m.log.Error("run failed", "name", t.name, "run", t.id, "error", err)
	}
	if r.ID == t.id && r.Outcome != run.Running && r.Outcome != "" {
		return
	}
	ctx := context.WithoutCancel(m.ctx)
	err = errors.Join(m.Store.Update(ctx, "engine", func(tx directory.Tx) error {
		old, err2 := run.In(tx).Run(ctx, t.id)
		if err2 != nil || old.Outcome != run.Running {
			return err2
		}
		old.Ended, old.Outcome = m.now(), run.Done
		if err != nil {
			old.Outcome, old.Problem = run.Failed, problem(err, t.name)
		}
		return run.In(tx).PutRun(ctx, old)
	}))
	if err != nil {
		m.log.Error("run not recorded", "run", t.id, "error", err)
	}
}

func problem(err error, name string) *run.Problem {
	if p := (*run.Problem)(nil); errors.As(err, &p) {
		return p
	}
	return &run.Problem{Code: "run_failed", What: "the run on " + name + " failed", Why: err.Error(), Now: "What was done is recorded; the next run does the rest.", Fix: "Look at the log."}
}

// Run implements adminapi.Syncs.
func (m *Muster) Run(ctx context.Context, id string, wait time.Duration) (adminapi.RunView, error) {
	deadline := time.NewTimer(wait)
	defer deadline.Stop()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		v, err := m.runView(ctx, id)
		if err != nil || v.Outcome != run.Running || wait <= 0 {
			return v, err
		}
		select {
		case <-ctx.Done():
			return v, ctx.Err()
		case <-deadline.C:
			return v, nil
		case <-tick.C:
		}
	}
}

func (m *Muster) runView(ctx context.Context, id string) (adminapi.RunView, error) {
	var out adminapi.RunView
	err := m.Store.View(ctx, func(v directory.Reader) (err error) {
		if out.Run, err = run.Of(v).Run(ctx, id); err == nil {
			out.Kept, err = kept(ctx, v, out.Run)
		}
		return err
	})
	if p, ok := m.Engine.Progress(id); ok {
		out.Phase, out.Done, out.Total, out.Left = p.Phase, p.Done, p.Total, int(p.Left.Seconds())
	} else if p, ok := m.loads.get(id); ok {
		out.Phase, out.Done, out.Total, out.Left, out.PerSecond = p.Step, p.Done, p.Total, int(p.left().Seconds()), p.perSecond()
	} else if out.Outcome == run.Running {
		out.Phase = "waiting"
	}
	return out, err
}

// Runs implements adminapi.Syncs.
func (m *Muster) Runs(ctx context.Context, q adminapi.RunQuery) ([]run.Run, error) {
	var out []run.Run
	return out, m.Store.View(ctx, func(v directory.Reader) (err error) {
		out, err = run.Of(v).FindRuns(ctx, run.Filter{Name: q.Name, Before: q.Before}, q.Limit)
		return err
	})
}
