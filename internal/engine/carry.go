package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
)

// A job is one unit on its way through the calls of a wave: looked up, begun, called, settled.
type job struct {
	*unit
	lines   []plan.Line // still to do
	intent  link.Intent
	op      connector.Op
	begun   bool
	outcome link.Outcome
	adopts  []link.Link   // links to remember without a call
	fresh   bool          // became linked: its memberships follow
	pairs   []pair        // of a membership op: what each remote member stands for
	moot    []link.Edge   // memberships that need no call: the account is gone, and they with it
	parked  *link.Waiting // members that the target rejected: their group waits, whatever else succeeds
	turn    int64         // of the target's orders, when the intent was recorded
	refs    attr.Set      // what the op makes of the attributes that refer to others
	release func()        // gives the person back whom the call is about; nil: nobody is held
}

// carry carries units out:
//
//	feed ─▶ look up ─▶ begin, in batches ─▶ call ─▶ settle, in batches
//
// Intents are written at most twice the concurrency ahead of their calls. A refusal of the whole target ends the wave; what was begun and not called is
// settled as not sent. feed runs on a goroutine of its own.
func (w *wave) carry(ctx context.Context, feed func(yield func(*unit) error) error) error {
	outer := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	n := w.t.Concurrency
	found, ready, done := make(chan *job, n), make(chan *job, n), make(chan *job, 4*n)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { defer close(found); return w.lookUps(ctx, cancel, n, feed, found) })
	g.Go(func() error { defer close(ready); return w.begins(ctx, 2*n, found, ready) })
	g.Go(func() error { defer close(done); w.calls(ctx, cancel, n, ready, done); return nil })
	g.Go(func() error { return w.settles(context.WithoutCancel(ctx), cancel, done) })
	err := g.Wait()
	if outer.Err() != nil {
		return context.Cause(outer)
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// lookUps passes units on; those that would create an account without knowing that there is none are looked up first, n at a time.
func (w *wave) lookUps(ctx context.Context, stop context.CancelCauseFunc, n int, feed func(func(*unit) error) error, out chan<- *job) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(n)
	err := feed(func(u *unit) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		j := &job{unit: u}
		pass := func() error {
			j.lines = act(u.lines)
			select {
			case out <- j:
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		if !w.mustLookUp(u) {
			return pass()
		}
		g.Go(func() error {
			if err := w.lookUp(ctx, u); err != nil {
				return w.unfound(ctx, stop, u, err)
			}
			if err := w.rescreen(ctx, u); err != nil {
				return err
			}
			if len(u.lines) == 0 {
				return nil
			}
			return pass()
		})
		return nil
	})
	return errors.Join(err, g.Wait())
}

// act returns the lines that act.
func act(lines []plan.Line) []plan.Line {
	var out []plan.Line
	for _, l := range lines {
		if l.Verb != plan.Skip {
			out = append(out, l)
		}
	}
	return out
}

// begins writes intents ahead of the calls, up to n in one transaction: as many as are waiting, so that a single change does not wait for others.
func (w *wave) begins(ctx context.Context, n int, in <-chan *job, out chan<- *job) error {
	for batch := range batches(in, n, 0) {
		if err := w.begin(ctx, batch); err != nil {
			return err
		}
		for i, j := range batch {
			select {
			case out <- j:
			case <-ctx.Done():
				return errors.Join(context.Cause(ctx), w.unsent(ctx, batch[i:]))
			}
		}
	}
	return nil
}

// company is how long an outcome waits for others: a transaction for one costs almost as much as for fifty.
const company = 5 * time.Millisecond

// batches yields what a channel holds, at least one item and at most n at a time, waiting for more so long after the first.
func batches(in <-chan *job, n int, wait time.Duration) iter.Seq[[]*job] {
	return func(yield func([]*job) bool) {
		for first := range in {
			if !yield(more([]*job{first}, in, n, wait)) {
				return
			}
		}
	}
}

// more fills a batch up to n items with what a channel holds, or brings until the wait is over.
func more(batch []*job, in <-chan *job, n int, wait time.Duration) []*job {
	over := time.After(wait)
	for len(batch) < n {
		var j *job
		var ok bool
		select {
		case j, ok = <-in:
		default:
			if wait <= 0 {
				return batch
			}
			select {
			case j, ok = <-in:
			case <-over:
				return batch
			}
		}
		if !ok {
			return batch
		}
		batch = append(batch, j)
	}
	return batch
}

// begin makes the next lines of jobs ready to be called, and durable. Links that need no call are remembered in the same transaction.
func (w *wave) begin(ctx context.Context, jobs []*job) error {
	before := make([]link.Link, len(jobs))
	for i, j := range jobs {
		before[i] = j.have
		if err := j.next(ctx, w); err != nil {
			return err
		}
	}
	turn := w.t.turns.Load()
	var refused map[*job]*doubt
	var late map[*job]bool
	err := w.t.update(ctx, func(tx directory.Tx) (err error) {
		l := link.In(tx)
		if late, err = w.forestalled(ctx, l, jobs); err != nil {
			return err
		}
		if refused, err = w.yield(ctx, l, slices.DeleteFunc(slices.Clone(jobs), func(j *job) bool { return late[j] })); err != nil {
			return err
		}
		var links []link.Link
		var intents []link.Intent
		var seen []link.Edge
		var clear []directory.ID
		var meet []link.Waiting
		for _, j := range jobs {
			if refused[j] != nil || late[j] {
				continue
			}
			links, seen = append(links, j.adopts...), append(seen, j.moot...)
			switch {
			case j.begun:
				intents = append(intents, j.intent)
			case len(j.adopts) > 0 && remoteKind(j.object.Kind) == connector.User:
				clear = append(clear, j.object.ID)
			}
			if len(j.adopts) > 0 && remoteKind(j.object.Kind) == connector.Group {
				meet = append(meet, w.unread(j.object.ID))
			}
		}
		if err := l.Put(ctx, links...); err != nil {
			return err
		}
		if err := l.Seen(ctx, seen...); err != nil {
			return err
		}
		if err := l.DropWaiting(ctx, w.t.Name, clear...); err != nil {
			return err
		}
		if err := l.PutWaiting(ctx, meet...); err != nil {
			return err
		}
		return l.Begin(ctx, w.t.epoch, intents...)
	})
	if err != nil {
		return fmt.Errorf("record intents: %w", err)
	}
	for i, j := range jobs {
		if j.turn = turn; late[j] {
			j.drop(before[i])
			continue
		}
		if d := refused[j]; d != nil {
			if err := w.question(ctx, j, before[i], d); err != nil {
				return err
			}
			continue
		}
		if len(j.adopts) == 0 {
			continue
		}
		w.count("linked", 1)
		w.linked(j.unit)
		if remoteKind(j.object.Kind) == connector.Group {
			x := w.unread(j.object.ID)
			w.setWait(j.unit, &x)
		} else if !j.begun {
			w.setWait(j.unit, nil)
		}
	}
	return nil
}

// next takes the lines that need no call, and the first that does, off the front of j.lines.
func (j *job) next(ctx context.Context, w *wave) error {
	j.adopts, j.moot, j.begun, j.fresh = nil, nil, false, false
	for len(j.lines) > 0 {
		l := j.lines[0]
		j.lines = j.lines[1:]
		if l.Verb == plan.Link {
			j.moot = append(j.moot, w.leaveOld(ctx, j)...)
			j.adopts = append(j.adopts, j.adopt(w, l))
			continue
		}
		ok, err := j.ready(ctx, w, l)
		if err != nil {
			return err
		}
		if j.begun = ok; ok {
			return nil
		}
	}
	return nil
}

// adopt links the account that was seen: what is mapped and there already is what is applied.
func (j *job) adopt(w *wave, l plan.Line) link.Link {
	have := link.Link{
		Target: w.t.Name, Object: j.object.ID, Kind: l.Kind, Remote: l.Remote, State: link.Linked, Origin: link.Adopted, Active: true,
		Since: w.now, Confirmed: w.now, Run: w.run.ID,
	}
	if j.seen != nil {
		have.Active, have.Applied = j.seen.Active || l.Kind == connector.Group, mapped(j.want, j.seen.Attrs)
	}
	if j.have.Origin == link.Created {
		have.Origin = link.Created
	}
	j.have = have
	return have
}

// calls makes the remote calls, n at a time.
func (w *wave) calls(ctx context.Context, stop context.CancelCauseFunc, n int, in <-chan *job, out chan<- *job) {
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for j := range in {
				w.work(ctx, stop, j)
				out <- j
			}
		})
	}
	wg.Wait()
}

// work makes the call that j was begun for, and then, one by one, those of its further lines.
func (w *wave) work(ctx context.Context, stop context.CancelCauseFunc, j *job) {
	for j.intent.ID != "" {
		if ctx.Err() != nil {
			j.notSent(w)
			return
		}
		if !w.reach(ctx, j) {
			return
		}
		w.call(hurried(ctx, j.op), stop, j)
		if len(j.lines) == 0 || j.outcome.Result != link.Done && (j.parked == nil || j.outcome.Wait != j.parked) {
			return
		}
		if err := w.settle(context.WithoutCancel(ctx), []*job{j}); err != nil {
			stop(err)
			return
		}
		if err := w.begin(ctx, []*job{j}); err != nil {
			stop(err)
			return
		}
		if !j.begun {
			return
		}
	}
}

// hurried returns a ctx that lets op go before all that waits for the service if it locks somebody out.
func hurried(ctx context.Context, op connector.Op) context.Context {
	if op.Kind == connector.User && closes(op.Verb) {
		return connector.Urgent(ctx)
	}
	return ctx
}

// settles records outcomes as they come, many at a time.
func (w *wave) settles(ctx context.Context, stop context.CancelCauseFunc, done <-chan *job) error {
	for batch := range batches(done, 4*w.t.Concurrency, company) {
		if err := w.settle(ctx, batch); err != nil {
			stop(err)             // what cannot be recorded must not be called
			for j := range done { // let the callers end
				j.letGo()
			}
			return err
		}
	}
	return nil
}

// settle records the outcomes of jobs in one transaction.
func (w *wave) settle(ctx context.Context, jobs []*job) error {
	defer letGo(jobs)
	taken, err := w.record(ctx, jobs)
	if err != nil {
		return fmt.Errorf("record outcomes: %w", err)
	}
	w.far(jobs)
	for _, j := range jobs {
		if d := taken[j]; d != nil {
			if err := w.deny(ctx, j, d); err != nil {
				return err
			}
			continue
		}
		if j.outcome.Link != nil {
			j.have = *j.outcome.Link
		}
		if j.outcome.Wait != nil || j.outcome.Clear {
			w.setWait(j.unit, j.outcome.Wait)
		}
		if j.fresh {
			w.linked(j.unit)
		}
		j.outcome, j.intent, j.fresh = link.Outcome{}, link.Intent{}, false
	}
	return nil
}

// scopes remembers when an object entered or left the scope of the target.
func (j *job) scopes(w *wave) []link.Interval {
	if j.outcome.Link == nil || j.intent.Verb == connector.Member {
		return nil
	}
	return []link.Interval{{
		Target: w.t.Name, What: "scope", Object: j.object.ID, Value: string(j.want.Scope), From: w.now, Cause: j.want.Reason, Run: w.run.ID,
	}}
}

// linked notes that an object has an account or group now.
func (w *wave) linked(u *unit) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.touched[u.object.ID] = true
}

// unsent settles jobs that were begun and will not be called.
func (w *wave) unsent(ctx context.Context, jobs []*job) error {
	var left []*job
	for _, j := range jobs {
		if j.begun {
			j.notSent(w)
			left = append(left, j)
		}
	}
	return w.settle(context.WithoutCancel(ctx), left)
}

func (j *job) notSent(w *wave) {
	j.lines = nil
	j.outcome = link.Outcome{Intent: j.intent.ID, Result: link.Failed, Answer: "not sent: the wave ended before", At: w.t.e.cfg.Now()}
}
