package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/source"
)

// A reader reads one source, one read at a time.
type reader struct {
	Source
	e     *Engine
	mu    sync.Mutex // held during a read
	under atomic.Bool
	times timetable
}

func newReader(e *Engine, s Source) *reader {
	if s.Every <= 0 {
		s.Every = 5 * time.Minute
	}
	return &reader{Source: s, e: e, times: timetable{every: s.Every}}
}

// loop reads at once and then every Every.
func (r *reader) loop(ctx context.Context) error {
	r.times.begin(r.e.cfg.Now())
	for {
		if _, err := r.read(ctx, ""); err != nil && ctx.Err() == nil {
			r.e.cfg.Log.Error("source not read", "source", r.Name, "error", err)
		}
		if !rest(ctx, r.times.turn(r.e.cfg.Now())) {
			return nil
		}
	}
}

// read reads the whole source once. Expiry dates are acted on first, and whether or not the source answers: the clock needs no directory.
func (r *reader) read(ctx context.Context, id string) (run.Run, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.under.Store(true)
	defer r.under.Store(false)
	rec := run.Run{ID: cmp.Or(id, string(directory.NewID())), Kind: run.Read, Name: r.Name, Started: r.e.cfg.Now(), Outcome: run.Running}
	if err := r.e.putRun(ctx, rec); err != nil {
		return rec, err
	}
	expired, err := r.e.cfg.Door.Expire(ctx, r.Name)
	if err == nil {
		err = r.whole(ctx, &rec)
	}
	if expired > 0 && rec.Counts != nil {
		rec.Counts["expired"] = expired
	}
	if err != nil {
		rec.Outcome = run.Failed
		rec.Problem = &run.Problem{
			Code: "source_failed", What: "the read of source " + r.Name + " could not be stored", Why: err.Error(),
			Now: "Nobody was removed. The next read starts over.", Fix: "Look at the log and at the free space of the data folder.",
		}
	}
	r.e.progress.drop(rec.ID)
	rec.Ended = r.e.cfg.Now()
	return rec, errors.Join(err, r.e.putRun(context.WithoutCancel(ctx), rec))
}

// whole pulls everything while targets know that a read is under way.
func (r *reader) whole(ctx context.Context, rec *run.Run) error {
	head, err := r.e.cfg.Store.Head(ctx)
	if err != nil {
		return err
	}
	under := r.e.reads.begin(head)
	defer r.e.Poke("")
	defer r.e.reads.end(under)
	return r.pull(ctx, rec, under)
}

func (r *reader) pull(ctx context.Context, rec *run.Run, under *reading) error {
	reading, err := r.e.cfg.Door.Read(r.Name)
	if err != nil {
		return err
	}
	reading.Run = rec.ID
	reading.Touch = func(ids ...directory.ID) { r.e.reads.touch(under, ids) }
	pins, err := r.e.cfg.Door.Pins(ctx, r.Name)
	if err != nil {
		return err
	}
	var stored error
	src, cause := r.Open(pins)
	if cause == nil {
		cause, stored = through(ctx, src, func(b source.Batch) error {
			defer func() { r.e.progress.set(rec.ID, "reading", reading.Summary().Read) }()
			return reading.Take(ctx, b)
		})
	}
	if stored != nil {
		return stored
	}
	if cause != nil && ctx.Err() != nil {
		rec.Outcome, rec.Problem = run.Failed, interruption("the read of source "+r.Name)
		return nil
	}
	locator, _ := src.(source.Locator)
	sum, err := reading.Close(ctx, locator, cause)
	if err != nil {
		return err
	}
	if r.e.cfg.Counted != nil {
		r.e.cfg.Counted(r.Name, rec.Started, sum.Bases)
	}
	rec.Counts, rec.Problem, rec.Notes = sum.Counts(), sum.Problem, sum.Notes
	switch {
	case sum.Suspicious:
		rec.Outcome = run.Suspicious
	case sum.Problem != nil:
		rec.Outcome = run.Incomplete
	default:
		rec.Outcome = run.Done
	}
	r.e.cfg.Log.Info("source read", "source", r.Name, "outcome", rec.Outcome, "counts", rec.Counts)
	if sum.Problem != nil {
		r.e.cfg.Log.Warn("source not believed", "source", r.Name, "code", sum.Problem.Code, "what", sum.Problem.What, "why", sum.Problem.Why)
	}
	return nil
}

// ahead is how many batches a source may be ahead of what is stored.
const ahead = 2

// through pulls everything from src and has take store it, batch by batch, while the source is read on. It returns how the read ended, and what kept a
// batch from being stored; both calls have ended then.
func through(ctx context.Context, src source.Source, take func(source.Batch) error) (cause, stored error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	batches, done := make(chan source.Batch, ahead), make(chan struct{})
	go func() {
		defer close(done)
		defer stop()
		for b := range batches {
			if stored = take(b); stored != nil {
				return
			}
		}
	}()
	cause = src.Pull(ctx, "", func(b source.Batch) error {
		select {
		case batches <- b:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	close(batches)
	<-done
	return cause, stored
}

// interruption explains a run that ended because Muster did. Neither source nor target is to blame.
func interruption(what string) *run.Problem {
	return &run.Problem{
		Code: "interrupted", What: what + " was interrupted", Why: "Muster was stopped before it had ended.",
		Now: "What was done is recorded, and nobody is removed because of it. The next run does the rest.", Fix: "Nothing needs to be done.",
	}
}

func (e *Engine) putRun(ctx context.Context, r run.Run) error {
	err := e.cfg.Store.Update(ctx, "engine", func(tx directory.Tx) error { return run.In(tx).PutRun(ctx, r) })
	if err != nil {
		return fmt.Errorf("record run: %w", err)
	}
	return nil
}
