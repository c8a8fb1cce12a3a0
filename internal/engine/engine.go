// Package engine holds the long-lived loops: it pulls sources through ingest, follows the feed, has each target planned and judged, and carries out what
// may be. All retry, order, priority and concurrency of remote writes live here, around connector.Apply; nothing here knows a vendor or a protocol.
//
// The way of a change:
//
//	feed ─ keys ─▶ survey ─▶ lines ─▶ judge ─┬─▶ hold (waits for a person)
//	               (prepare: scope, mapping,  └─▶ carry out: look up ─▶ Begin ─▶ Apply ─▶ read back ─▶ Settle
//	                link, candidate)
//
// An event only says "look at X": what is planned is the state that is read, once when a wave is judged and again just before it is carried out. The cursor
// of a target moves only when everything before it is done, held or waiting in the store, so that a crash between any two lines repeats work and loses
// none. One goroutine serves a target at a time.
package engine

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/ingest"
	"muster/internal/link"
	"muster/internal/mapping"
	"muster/internal/run"
	"muster/internal/source"
)

// A Mode is how far a target may go.
type Mode string

// The modes.
const (
	Observe Mode = "observe" // reads both sides, keeps a plan, writes nothing
	Pilot   Mode = "pilot"   // writes for the people named in the rules only
	Live    Mode = "live"
)

// A Source is a configured source.
type Source struct {
	Name  string
	Every time.Duration // between reads
	// Open makes the source for one read. pins tell where its bases stood when they were read last.
	Open func(pins map[source.Base]source.Pin) (source.Source, error)
}

// A Target is a configured target.
type Target struct {
	Name        string
	Mode        Mode
	Connector   connector.Connector
	Rules       mapping.TargetRules
	Known       mapping.Known // what the rules may refer to
	Concurrency int           // calls in flight; 0 = 16
}

// Config is what an Engine is made of.
type Config struct {
	Store   directory.Store
	Door    *ingest.Door
	Sources []Source
	Tellers []string // sources that are not read, but tell: people decide about what they state
	Targets []Target
	// Protect returns why no run may close a person at a target where they have an account, or none; "" = it may.
	Protect func(target string, person directory.Object, records []directory.Record, account link.Link) string
	// Counted, if set, is told what a complete read of a source saw of its bases. It must not block.
	Counted func(source string, at time.Time, bases []ingest.BaseCount)
	Now     func() time.Time
	// Rest waits between two tries of the same, and reports false if ctx ends before. nil: by the clock.
	Rest func(ctx context.Context, d time.Duration) bool
	Log  *slog.Logger
}

// An Engine runs the sources and targets of one Muster. Its methods are safe for concurrent use.
type Engine struct {
	cfg      Config
	progress progress
	reads    reads
	sources  []*reader
	targets  []*target
}

// New compiles the rules and makes an Engine. It does no I/O.
func New(cfg Config) (*Engine, error) {
	e := &Engine{cfg: cfg}
	if cfg.Rest == nil {
		e.cfg.Rest = rest
	}
	for _, s := range cfg.Sources {
		e.sources = append(e.sources, newReader(e, s))
	}
	for _, t := range cfg.Targets {
		tt, err := newTarget(e, t)
		if err != nil {
			return nil, err
		}
		e.targets = append(e.targets, tt)
	}
	return e, nil
}

// Start readies every target: it takes the lead, settles what a crash left open, and loads the approved rules. Call it once, before anything else.
func (e *Engine) Start(ctx context.Context) error {
	for _, t := range e.targets {
		if err := t.start(ctx); err != nil {
			return fmt.Errorf("start target %s: %w", t.Name, err)
		}
	}
	return nil
}

// Run reads sources and serves targets until ctx ends.
func (e *Engine) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, s := range e.sources {
		g.Go(func() error { return s.loop(ctx) })
	}
	for _, t := range e.targets {
		g.Go(func() error { return t.loop(ctx) })
		g.Go(func() error { return t.express(ctx) })
	}
	g.Go(func() error { return e.wake(ctx) })
	return g.Wait()
}

// wake passes the store's wake-ups on to every target.
func (e *Engine) wake(ctx context.Context) error {
	woken := e.cfg.Store.Wake()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-woken:
			for _, t := range e.targets {
				t.poke()
			}
		}
	}
}

// Read reads a source now, as run id ("" = a new one), and returns the run. An incomplete read is no error: it is the run's outcome.
func (e *Engine) Read(ctx context.Context, name, id string) (run.Run, error) {
	for _, s := range e.sources {
		if s.Name == name {
			return s.read(ctx, id)
		}
	}
	return run.Run{}, fmt.Errorf("source %q: %w", name, directory.ErrNotFound)
}

// Sync compares a target wholly with what it should hold, as run id, and does what may be done.
func (e *Engine) Sync(ctx context.Context, name, id string) (run.Run, error) {
	t, err := e.target(name)
	if err != nil {
		return run.Run{}, err
	}
	if r, ok, err := t.ready(ctx, id); !ok {
		return r, err
	}
	return t.sync(ctx, id)
}

// Follow serves what has changed since a target was served last, and what is due, as run id. Without an id, a wave that does nothing leaves no run.
func (e *Engine) Follow(ctx context.Context, name, id string) (run.Run, error) {
	t, err := e.target(name)
	if err != nil {
		return run.Run{}, err
	}
	if r, ok, err := t.ready(ctx, id); !ok {
		return r, err
	}
	return t.follow(ctx, id)
}

// SyncPerson serves one person at one target, as run id, within the limits.
func (e *Engine) SyncPerson(ctx context.Context, name string, person directory.ID, id string) (run.Run, error) {
	t, err := e.target(name)
	if err != nil {
		return run.Run{}, err
	}
	if r, ok, err := t.ready(ctx, id); !ok {
		return r, err
	}
	return t.serveOne(ctx, person, id)
}

// Poke has a target look again soon: after an approval, a release, a resume.
func (e *Engine) Poke(name string) {
	for _, t := range e.targets {
		if name == "" || t.Name == name {
			t.poke()
		}
	}
}

func (e *Engine) target(name string) (*target, error) {
	for _, t := range e.targets {
		if t.Name == name {
			return t, nil
		}
	}
	return nil, fmt.Errorf("target %q: %w", name, directory.ErrNotFound)
}
