package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
	"muster/internal/run"
)

// feedPage is how many changes are read from the feed at a time.
const feedPage = 1000

// follow serves what has changed since the target was served last, what is due to be tried again, and what was approved, wave by wave until nothing is
// left. It returns the last run that did something.
func (t *target) follow(ctx context.Context, id string) (run.Run, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var last run.Run
	for {
		active := t.active.Load()
		if !t.writes(active) {
			return last, nil
		}
		r, more, err := t.wave(ctx, active, id)
		if r.ID != "" {
			last, id = r, ""
		}
		if err != nil || !more {
			return last, err
		}
	}
}

// wave serves what the feed has brought, as one wave: removals are judged together, however many pages they come in. more says that there may be another.
func (t *target) wave(ctx context.Context, active *ruleset, id string) (run.Run, bool, error) {
	if err := t.lapse(ctx); err != nil {
		return run.Run{}, false, err
	}
	b, err := t.backlog(ctx)
	if err != nil {
		return run.Run{}, false, err
	}
	whole, err := t.asksWhole(ctx)
	if err != nil {
		return run.Run{}, false, err
	}
	if b.tooFar() || whole {
		r, err := t.compare(ctx, id)
		return r, false, err
	}
	due, err := t.due(ctx)
	if err != nil {
		return run.Run{}, false, err
	}
	approved, err := t.approved(ctx)
	if err != nil || id == "" && len(b.settled)+len(b.fresh)+len(due)+len(approved) == 0 {
		return run.Run{}, false, err
	}
	w, err := t.begin(ctx, run.Serve, active, id)
	if err == nil {
		err = w.freeMemberships(ctx)
	}
	if err == nil {
		err = w.serve(ctx, b, append(due, approved...))
	}
	if err == nil {
		err = t.settleApproved(ctx, w)
	}
	if err == nil {
		err = t.passed(ctx, b, w)
	}
	r, err := t.end(ctx, w, id, err)
	return r, b.cut, err
}

func (t *target) cursor(ctx context.Context) (directory.Rev, error) {
	var rev directory.Rev
	return rev, t.view(ctx, func(v directory.Reader) (err error) {
		rev, err = link.Of(v).Cursor(ctx, t.Name)
		return err
	})
}

func (t *target) advance(ctx context.Context, to directory.Rev) error {
	return t.update(ctx, func(tx directory.Tx) error { return link.In(tx).Advance(ctx, t.Name, to) })
}

// due returns the objects whose time to be tried again has come.
func (t *target) due(ctx context.Context) ([]directory.ID, error) {
	var out []directory.ID
	return out, t.view(ctx, func(v directory.Reader) error {
		waiting, err := link.Of(v).Due(ctx, t.Name, t.e.cfg.Now(), feedPage)
		for _, x := range waiting {
			out = append(out, x.Object)
		}
		return err
	})
}

// serve carries out what a backlog and further objects call for.
func (w *wave) serve(ctx context.Context, b backlog, more []directory.ID) error {
	w.barrier, w.upto = b.barrier, b.upto
	if w.t.beyond != nil {
		w.unproven = maps.Clone(w.t.beyond.objects)
	}
	if err := w.unprove(ctx, b.fresh); err != nil {
		return err
	}
	keys, err := w.allKeys(ctx, b)
	if err != nil {
		return err
	}
	objects := append(slices.Collect(maps.Keys(keys.objects)), more...)
	slices.Sort(objects)
	objects = slices.Compact(objects)
	if err := w.wantMembers(ctx, objects); err != nil {
		return err
	}
	linked, err := w.linkedGroups(ctx, keys.changed)
	if err != nil {
		return err
	}
	for _, g := range keys.changed {
		if linked[g] {
			keys.groups = append(keys.groups, g)
		}
	}
	for _, g := range keys.groups {
		if err := w.wantGroup(ctx, g); err != nil {
			return err
		}
	}
	for _, id := range more {
		w.late[id] = true // of groups, memberships may be due
	}
	return w.carryOut(ctx, list(objects))
}

// carryOut surveys ids, judges, and does what may be done, in order: disables, removals from groups, links with updates and creates, additions to groups,
// deletes.
func (w *wave) carryOut(ctx context.Context, ids iter.Seq2[directory.ID, error]) error {
	if err := w.judgeWhole(ctx); err != nil {
		return err
	}
	s, err := w.survey(ctx, ids, nil)
	if err != nil {
		return err
	}
	if err := w.recheck(ctx, s); err != nil {
		return err
	}
	if s.verdicts, err = w.judge(ctx, s.slim); err != nil {
		return err
	}
	w.expect(s.ops)
	for _, g := range s.out {
		if err := w.wantGroup(ctx, g); err != nil {
			return err
		}
	}
	if err := w.send(ctx, s, s.first); err != nil {
		return err
	}
	if err := w.memberships(ctx, true); err != nil {
		return err
	}
	for _, part := range s.refereesFirst() {
		if err := w.send(ctx, s, part); err != nil {
			return err
		}
	}
	if err := w.follows(ctx); err != nil {
		return err
	}
	if err := w.memberships(ctx, false); err != nil {
		return err
	}
	if err := w.send(ctx, s, s.last); err != nil {
		return err
	}
	return w.retireReplaced(ctx)
}

// follows finds the memberships of whoever was linked or closed in this wave.
func (w *wave) follows(ctx context.Context) error {
	if !w.groupsServed() {
		return nil
	}
	w.mu.Lock()
	ids := slices.Sorted(maps.Keys(w.touched))
	w.touched = map[directory.ID]bool{}
	w.mu.Unlock()
	var people, groups []directory.ID
	for part := range slices.Chunk(ids, 1000) {
		err := w.t.view(ctx, func(v directory.Reader) error {
			links, err := link.Of(v).Links(ctx, w.t.Name, part)
			for _, l := range links {
				if l.Kind == connector.Group {
					groups = append(groups, l.Object)
				} else {
					people = append(people, l.Object)
				}
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	for _, g := range groups {
		delete(w.serves, g)
	}
	if err := w.wantMembers(ctx, people); err != nil {
		return err
	}
	for _, g := range groups {
		if err := w.wantGroup(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

// send prepares objects again and carries out those lines that no limit holds.
func (w *wave) send(ctx context.Context, s *survey, ids []directory.ID) error {
	if len(ids) == 0 {
		return nil
	}
	held := map[string][]plan.Line{}
	why := map[string]string{}
	err := w.carry(ctx, func(yield func(*unit) error) error {
		for part := range slices.Chunk(ids, planChunk) {
			units, err := w.prepare(ctx, part)
			if err != nil {
				return err
			}
			if err := w.screen(ctx, units); err != nil {
				return err
			}
			if err := w.obey(ctx, units); err != nil {
				return err
			}
			for _, u := range units {
				if w.premature(s, u) {
					continue
				}
				if v, l, ok := tripped(s.verdicts, u.lines); ok {
					held[string(v.Class)] = append(held[string(v.Class)], l)
					why[string(v.Class)] = v.Why
					continue
				}
				if acts(u.lines) {
					if err := yield(u); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
	ctx = context.WithoutCancel(ctx)
	for _, class := range slices.Sorted(maps.Keys(held)) {
		err = errors.Join(err, w.hold(ctx, class, why[class], held[class]))
	}
	return errors.Join(err, w.ask(ctx))
}

// tripped returns the verdict that holds one of lines back: then the whole object waits.
func tripped(verdicts []plan.Verdict, lines []plan.Line) (plan.Verdict, plan.Line, bool) {
	for _, l := range lines {
		if l.Cause == directory.Operator {
			continue // a person of ours decided it already
		}
		if v, ok := plan.Tripped(verdicts, l); ok {
			return v, l, true
		}
	}
	return plan.Verdict{}, plan.Line{}, false
}

// serveOne serves one object now.
func (t *target) serveOne(ctx context.Context, person directory.ID, id string) (run.Run, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	active := t.active.Load()
	if !t.writes(active) {
		return run.Run{}, fmt.Errorf("target %s: %w", t.Name, ErrDraft)
	}
	w, err := t.begin(ctx, run.Serve, active, id)
	if err == nil {
		w.single = true
		if err = w.wantMembers(ctx, []directory.ID{person}); err == nil {
			err = w.carryOut(ctx, list([]directory.ID{person}))
		}
	}
	if err == nil {
		err = t.settleApproved(ctx, w)
	}
	return t.end(ctx, w, id, err)
}

// ErrDraft says that a target writes nothing yet: its plan waits for approval, or it only observes.
var ErrDraft = errors.New("its plan is not approved, or it only observes: nothing is written")

// end closes a wave, or what became of the wish for one, as run id ("" = a new one): its counts and outcome. A wave that did nothing leaves no run. A refusal
// stops the target and is no error of the caller's.
func (t *target) end(ctx context.Context, w *wave, id string, cause error) (run.Run, error) {
	interrupted := ctx.Err() != nil
	ctx = context.WithoutCancel(ctx)
	var refused *refusal
	if errors.As(cause, &refused) {
		if err := t.stop(ctx, refused.error); err != nil {
			return run.Run{}, err
		}
	}
	if w == nil {
		if refused != nil {
			r := run.Run{ID: cmp.Or(id, string(directory.NewID())), Kind: run.Serve, Name: t.Name, Started: t.e.cfg.Now(), Ended: t.e.cfg.Now(), Outcome: run.Stopped, Problem: stopped(t.Name, refused.error)}
			return r, t.e.putRun(ctx, r)
		}
		return run.Run{}, cause
	}
	t.e.progress.drop(w.run.ID)
	var problem *run.Problem
	r := w.run
	r.Ended, r.Counts = t.e.cfg.Now(), w.counts
	switch {
	case refused != nil:
		r.Outcome, r.Problem, cause = run.Stopped, stopped(t.Name, refused.error), nil
	case errors.As(cause, &problem):
		r.Outcome, r.Problem, cause = run.Held, problem, nil
	case cause != nil && interrupted:
		r.Outcome, r.Problem = run.Failed, interruption("the run on "+t.Name)
	case cause != nil:
		r.Outcome = run.Failed
		r.Problem = &run.Problem{Code: "run_failed", What: "the run on " + t.Name + " ended early", Why: cause.Error(), Now: "What was done is recorded; the rest is done by the next run.", Fix: "Look at the log."}
	case w.counts["held"] > 0 || w.asked && !w.draft && !w.single && t.held(ctx):
		r.Outcome = run.Held
	default:
		r.Outcome = run.Done
	}
	if !w.asked && r.Kind == run.Serve && len(r.Counts) == 0 && r.Outcome == run.Done {
		return run.Run{}, nil
	}
	t.log.Info("target served", "kind", r.Kind, "outcome", r.Outcome, "counts", r.Counts)
	return r, errors.Join(cause, t.e.putRun(ctx, r))
}

// held reports whether a hold waits: then whoever asks to be served is told so, even if another run has met it.
func (t *target) held(ctx context.Context) bool {
	var holds []run.Plan
	err := t.view(ctx, func(v directory.Reader) (err error) {
		holds, err = run.Of(v).Plans(ctx, t.Name, run.Hold, run.Waiting, 1)
		return err
	})
	return err == nil && len(holds) > 0
}
