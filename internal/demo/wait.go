package demo

import (
	"context"
	"fmt"
	"time"

	"muster/internal/run"
	"muster/internal/server/adminapi"
)

// until asks again and again until done says yes. what names what is waited for.
func (w *world) until(ctx context.Context, what string, done func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, w.patience, fmt.Errorf("%s: it did not happen within %s", what, w.patience))
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := done(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			return fmt.Errorf("%s: %w", what, err)
		case ok:
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// readSince waits for the first read of the directory that began after since, and returns it when it has ended.
func (w *world) readSince(ctx context.Context, since time.Time) (run.Run, error) {
	var found run.Run
	return found, w.until(ctx, "Muster reads the directory", func(ctx context.Context) (bool, error) {
		runs, err := w.muster.Runs(ctx, adminapi.RunQuery{Name: sourceName, Limit: 20})
		for _, r := range runs { // newest first
			if r.Started.After(since) {
				found = r
			}
		}
		return found.ID != "" && found.Outcome != run.Running, err
	})
}

// betweenReads waits until a read has just ended: what changes now at the directory is seen by the next one as a whole.
func (w *world) betweenReads(ctx context.Context) error {
	_, err := w.readSince(ctx, time.Now())
	return err
}

// settled waits until Muster has read the directory as it stands, and the wiki has been served with all that follows. It returns the read.
func (w *world) settled(ctx context.Context, since time.Time) (run.Run, error) {
	read, err := w.readSince(ctx, since)
	if err != nil {
		return read, err
	}
	quiet := 0
	return read, w.until(ctx, "Muster serves the wiki", func(ctx context.Context) (bool, error) {
		all, err := w.muster.Status(ctx)
		quiet++
		for _, t := range all.Targets {
			if err == nil && t.Stopped != nil {
				err = t.Stopped
			}
			if t.State != "draft" && (t.Pending > 0 || t.Retrying > 0) {
				quiet = 0
			}
		}
		return quiet == 3, err // in the middle of another try, nothing waits for a moment
	})
}

// finish waits for runs to end and returns what went wrong with them. What is held for a person is no mistake.
func (w *world) finish(ctx context.Context, ids []string) error {
	for _, id := range ids {
		var r adminapi.RunView
		err := w.until(ctx, "the run ends", func(ctx context.Context) (done bool, err error) {
			r, err = w.muster.Run(ctx, id, 5*time.Second)
			return r.Outcome != run.Running, err
		})
		switch {
		case err != nil:
			return err
		case r.Problem != nil:
			return r.Problem
		case r.Outcome != run.Done && r.Outcome != run.Held:
			return fmt.Errorf("the run on %s ended as %s", r.Name, r.Outcome)
		}
	}
	return nil
}
