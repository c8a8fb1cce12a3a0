package app

import (
	"context"
	"errors"
	"fmt"

	"muster/internal/access"
	"muster/internal/bulkload"
	"muster/internal/directory"
	"muster/internal/engine"
	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// Plans implements adminapi.Plans.
func (m *Muster) Plans(ctx context.Context, q adminapi.PlanQuery) ([]run.Plan, error) {
	if q.Target != "" {
		if !m.named(q.Target) {
			return nil, m.unknown("source or target", q.Target)
		}
	}
	var out []run.Plan
	return out, m.Store.View(ctx, func(v directory.Reader) (err error) {
		out, err = run.Of(v).FindPlans(ctx, run.PlanFilter{Target: q.Target, Kind: q.Kind, Status: q.Status, Before: q.Before}, q.Limit)
		return err
	})
}

// named reports whether a source or target is called so.
func (m *Muster) named(name string) bool {
	_, source := m.File.Source(name)
	_, target := m.File.Target(name)
	return source || target || name == bulkload.Source
}

// Plan implements adminapi.Plans.
func (m *Muster) Plan(ctx context.Context, ref string) (run.Plan, error) {
	var out run.Plan
	err := m.Store.View(ctx, func(v directory.Reader) (err error) {
		if m.named(ref) {
			out, err = waitingPlan(ctx, run.Of(v), ref)
			return err
		}
		out, err = run.Of(v).Plan(ctx, ref)
		return err
	})
	if errors.Is(err, directory.ErrNotFound) {
		return out, &run.Problem{
			Code: adminapi.NotFound, What: fmt.Sprintf("there is no plan %q, and no target of that name with a plan that waits", ref),
			Now: "Nothing was changed.", Fix: "See `muster plan list`, or look at what would be done now with `muster plan show TARGET --now`.",
		}
	}
	if err != nil {
		return out, err
	}
	return m.timed(ctx, out)
}

// waitingPlan returns the newest plan of a target that waits; holds only if nothing else does.
func waitingPlan(ctx context.Context, r run.Reader, target string) (run.Plan, error) {
	plans, err := r.Plans(ctx, target, "", run.Waiting, 50)
	if err != nil {
		return run.Plan{}, err
	}
	for _, holds := range []bool{false, true} {
		for _, p := range plans {
			if p.Kind != run.Preview && (p.Kind == run.Hold) == holds {
				return p, nil
			}
		}
	}
	return run.Plan{}, directory.ErrNotFound
}

// Lines implements adminapi.Plans.
func (m *Muster) Lines(ctx context.Context, id string, q adminapi.LineQuery) (adminapi.LinePage, error) {
	var out adminapi.LinePage
	p, err := m.Plan(ctx, id)
	if err != nil {
		return out, err
	}
	limit := q.Limit
	if limit <= 0 {
		limit = 500
	}
	return out, m.Store.View(ctx, func(v directory.Reader) (err error) {
		if out.Lines, err = run.Of(v).FindLines(ctx, p.ID, q.Filter(), q.After, limit); err != nil {
			return err
		}
		if len(out.Lines) == limit {
			next := out.Lines[limit-1].Seq
			out.Next = &next
		}
		out.Names, err = names(ctx, v, out.Lines)
		return err
	})
}

// namesShown is how many members of a line are shown by name.
const namesShown = 20

// names returns the names of members that lines add or remove, the first few of each.
func names(ctx context.Context, v directory.Reader, lines []run.Line) (map[directory.ID]string, error) {
	var ids []directory.ID
	for _, l := range lines {
		ids = append(ids, l.Add[:min(len(l.Add), namesShown)]...)
		ids = append(ids, l.Remove[:min(len(l.Remove), namesShown)]...)
	}
	objects, err := v.Objects(ctx, ids)
	out := make(map[directory.ID]string, len(objects))
	for _, o := range objects {
		out[o.ID] = o.Handle()
	}
	return out, err
}

// Preview implements adminapi.Plans.
func (m *Muster) Preview(ctx context.Context, target string) (run.Plan, error) {
	if _, ok := m.File.Target(target); !ok {
		return run.Plan{}, m.unknown("target", target)
	}
	p, err := m.Engine.Preview(ctx, target)
	if err != nil {
		return p, err
	}
	return m.timed(ctx, p)
}

// Approve implements adminapi.Plans.
func (m *Muster) Approve(ctx context.Context, ref string, req adminapi.Approval, by access.Caller) (adminapi.Decision, error) {
	p, err := m.Plan(ctx, ref)
	if err != nil {
		return adminapi.Decision{}, err
	}
	if _, source := m.File.Source(p.Target); req.AllOrNothing && !source { // a read is judged as a whole in any case
		if err := m.holds(ctx, p); err != nil {
			return adminapi.Decision{}, err
		}
	}
	d := engine.Decision{
		Plan: p.ID, By: string(by.Actor()), Count: req.Count, Keys: req.Lines, Select: req.Select.Filter(), Whole: req.AllOrNothing, Answer: run.Answer(req.Answer),
	}
	if req.After > 0 && p.Status == run.Waiting {
		return m.approveLater(ctx, p, d, req, by)
	}
	lines, _, err := m.Engine.Selected(ctx, d, run.Approved)
	if err != nil {
		return adminapi.Decision{}, err
	}
	done, err := m.Engine.Approve(ctx, d)
	if err != nil {
		return adminapi.Decision{}, err
	}
	out := adminapi.Decision{Plan: done, Lines: lines}
	tasks, err := m.follows(ctx, p)
	if err != nil {
		return out, err
	}
	started, err := m.start(ctx, tasks)
	out.Runs = started.Runs
	return out, err
}

// follows returns the runs that carry a plan out: of a target, its serving; of a source, a read and then every target; of loads, going
// on with those whose people waited.
func (m *Muster) follows(ctx context.Context, p run.Plan) ([]task, error) {
	if t, ok := m.File.Target(p.Target); ok {
		return []task{{name: p.Target, kind: run.Serve, do: m.serving(t, false, "")}}, nil
	}
	if p.Target == bulkload.Source {
		return m.heldLoads(ctx)
	}
	return m.tasksFor(ctx, adminapi.SyncRequest{Name: p.Target})
}

// holds refuses a plan that is not what would be planned now: it is judged again just before it is carried out. Of a hold that alone counts.
func (m *Muster) holds(ctx context.Context, p run.Plan) error {
	if p.Kind == run.Hold {
		return nil
	}
	now, err := m.Engine.Preview(ctx, p.Target)
	if err != nil {
		return err
	}
	if now.ID != p.ID {
		return &run.Problem{
			Code: adminapi.StaleLines, What: "lines of the plan do not hold any more", Why: "People or accounts have changed since it was made.",
			Now: "Nothing was approved.", Fix: "Look at the new plan: `muster plan show " + p.Target + "`.",
		}
	}
	return nil
}

// Reject implements adminapi.Plans.
func (m *Muster) Reject(ctx context.Context, ref string, req adminapi.Rejection, by access.Caller) (adminapi.Decision, error) {
	p, err := m.Plan(ctx, ref)
	if err != nil {
		return adminapi.Decision{}, err
	}
	d := engine.Decision{Plan: p.ID, By: string(by.Actor()), Keys: req.Lines, Select: req.Select.Filter(), Reason: req.Reason}
	lines, _, err := m.Engine.Selected(ctx, d, run.Rejected)
	if err != nil {
		return adminapi.Decision{}, err
	}
	done, err := m.Engine.Reject(ctx, d)
	return adminapi.Decision{Plan: done, Lines: lines}, err
}
