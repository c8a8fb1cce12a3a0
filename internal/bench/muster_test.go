package bench

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"muster/internal/app"
	"muster/internal/cli"
	"muster/internal/directory"
	"muster/internal/engine"
	"muster/internal/run"
)

// within opens Muster as the program does, has it do one thing, and reports how long that took and what it left.
func within(ctx context.Context, t task, do func(*app.Muster) (run.Run, error)) (r result, err error) {
	m, err := app.Open(ctx, cli.Options{Data: t.Data, ConfigFile: t.Config})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	before, err := m.Store.Head(ctx)
	if err != nil {
		return r, err
	}
	wrote, err := ahead(t.Data)
	if err != nil {
		return r, err
	}
	began := time.Now()
	done, err := do(m)
	if err != nil {
		return r, err
	}
	r = result{Seconds: time.Since(began).Seconds(), Counts: done.Counts, Outcome: string(done.Outcome)}
	if done.Problem != nil {
		r.Problem = done.Problem.Error()
	}
	after, err := m.Store.Head(ctx)
	if err != nil {
		return r, err
	}
	r.Moved = before != after
	r.Written, err = ahead(t.Data)
	r.Written -= wrote
	return r, err
}

// ahead is the size of the write-ahead log: it grows by every page that is written, until it is large.
func ahead(data string) (int64, error) {
	info, err := os.Stat(filepath.Join(data, "muster.db-wal"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// readSource reads the directory once.
func readSource(ctx context.Context, t task) (result, error) {
	return within(ctx, t, func(m *app.Muster) (run.Run, error) { return m.Engine.Read(ctx, "corp", "") })
}

// planTarget makes the first plan of a target and stores it.
func planTarget(ctx context.Context, t task) (result, error) {
	var takes time.Duration
	r, err := within(ctx, t, func(m *app.Muster) (run.Run, error) {
		p, err := m.Engine.Preview(ctx, t.Target)
		takes = m.Engine.Estimate(t.Target, p.Counts, 0)
		return run.Run{Outcome: run.Done, Counts: p.Counts}, err
	})
	r.Expect = takes.Seconds()
	return r, err
}

// syncTarget compares everybody with a target and carries out what differs. A plan that waits is approved before, by its count, outside the time.
func syncTarget(ctx context.Context, t task) (result, error) {
	if err := approve(ctx, t); err != nil {
		return result{}, err
	}
	var id string
	r, err := within(ctx, t, func(m *app.Muster) (run.Run, error) {
		done, err := m.Engine.Sync(ctx, t.Target, "")
		id = done.ID
		return done, err
	})
	if err != nil {
		return r, err
	}
	r.Outward, err = outward(ctx, t.Data, id)
	return r, err
}

// outward asks the journal how long a run took from its first intent to its last outcome.
func outward(ctx context.Context, data, id string) (seconds float64, err error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(data, "muster.db")+"?mode=ro")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var ms int64
	err = db.QueryRowContext(ctx, "select coalesce(max(ended) - min(began), 0) from journal where run = ?", id).Scan(&ms)
	return float64(ms) / 1000, err
}

func approve(ctx context.Context, t task) (err error) {
	m, err := app.Open(ctx, cli.Options{Data: t.Data, ConfigFile: t.Config})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	var plans []run.Plan
	err = m.Store.View(ctx, func(v directory.Reader) (err error) {
		plans, err = run.Of(v).Plans(ctx, t.Target, run.First, run.Waiting, 1)
		return err
	})
	if err != nil || len(plans) == 0 {
		return err
	}
	_, err = m.Engine.Approve(ctx, engine.Decision{Plan: plans[0].ID, By: "olivia", Count: plans[0].People})
	return err
}

// followTarget serves what has changed since the target was served last.
func followTarget(ctx context.Context, t task) (result, error) {
	return within(ctx, t, func(m *app.Muster) (run.Run, error) { return m.Engine.Follow(ctx, t.Target, "") })
}
