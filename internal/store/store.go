// Package store keeps everything in a SQL database: it implements the Store contracts of packages directory, link, run and access on SQLite and PostgreSQL.
//
// There is one code path and one set of statements. What differs between the two databases is in sqlite.go and postgres.go: how a list is bound, what
// orders the feed, and which errors are worth another try. The package decides nothing about people or targets; only package app imports it. The suites
// that define its behaviour are directorytest, linktest and runtest.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"muster/internal/directory"
)

// Options are what Open may be told besides the address. The zero value is right for production.
type Options struct {
	Log     *slog.Logger // nil = silent
	Readers int          // connections that read at once; 0 = a number that suits the database
	// AllowNoSync accepts a PostgreSQL that runs with fsync off, as only a test may.
	AllowNoSync bool
}

// A Store is an open database. It is safe for concurrent use and implements directory.Store; the values it hands to View and Update also carry the contracts
// of packages link, run and access (link.In, link.Of …).
type Store struct {
	db    database
	wake  wakes
	nodes nodes
}

var _ directory.Store = (*Store)(nil)

// database is what differs between SQLite and PostgreSQL.
type database interface {
	dialect() dialect
	// read runs fn on one consistent snapshot, write in one transaction that is rolled back if fn fails.
	read(ctx context.Context, fn func(querier) error) error
	write(ctx context.Context, fn func(querier) error) error
	// again reports whether the transaction that ended with err may succeed when it is run again.
	again(err error) bool
	// taken reports whether err says that a unique value is taken.
	taken(err error) bool
	close() error
}

// Open opens the database at dsn, makes or migrates its tables, and checks that it is set up to lose nothing. "postgres://…" is PostgreSQL; "sqlite:PATH" or a
// plain path is a SQLite file, which is made if it does not exist. A database that a newer release has migrated is refused.
func Open(ctx context.Context, dsn string, o Options) (*Store, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Store{}
	var err error
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		s.db, err = openPostgres(ctx, dsn, o, s.wake.ring)
	} else {
		s.db, err = openSQLite(ctx, strings.TrimPrefix(strings.TrimPrefix(dsn, "sqlite:"), "//"), o)
	}
	if err != nil {
		return nil, err
	}
	if err := s.writeWords(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("write the words of people: %w", err), s.Close())
	}
	return s, nil
}

// Close ends all connections. It waits for what is running.
func (s *Store) Close() error { return s.db.close() }

// View implements directory.Store.
func (s *Store) View(ctx context.Context, fn func(directory.Reader) error) error {
	return s.view(ctx, func(r *session) error { return fn(reader{r}) })
}

func (s *Store) view(ctx context.Context, fn func(*session) error) error {
	return s.retry(ctx, func() error {
		return s.db.read(ctx, func(q querier) error { return fn(s.newSession(q, "")) })
	})
}

// Update implements directory.Store.
func (s *Store) Update(ctx context.Context, by directory.Actor, fn func(directory.Tx) error) error {
	return s.update(ctx, by, func(w *session) error { return fn(tx{reader{w}}) })
}

func (s *Store) update(ctx context.Context, by directory.Actor, fn func(*session) error) error {
	var w *session
	err := s.retry(ctx, func() error {
		return s.db.write(ctx, func(q querier) error {
			w = s.newSession(q, by)
			if !w.d.numbered {
				w.absent = map[recordKey]struct{}{}
			}
			if err := fn(w); err != nil {
				return err
			}
			return w.finish(ctx)
		})
	})
	if err != nil {
		return err
	}
	s.nodes.add(w.made)
	if w.fed {
		s.wake.ring()
	}
	return nil
}

const (
	tries      = 12
	staleTries = 4 // of a transaction that met a stale Rev: reading again may help, if fn reads inside
)

// retry runs fn until it succeeds, fails for good, or has been tried often enough.
func (s *Store) retry(ctx context.Context, fn func() error) error {
	for try := 1; ; try++ {
		err := fn()
		var stale *staleError
		again := err != nil && (s.db.again(err) && try < tries || errors.As(err, &stale) && try < staleTries)
		if !again {
			return s.classify(err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (before trying again after: %w)", ctx.Err(), err)
		case <-time.After(rand.N(time.Duration(try*try) * 2 * time.Millisecond)):
		}
	}
}

func (s *Store) classify(err error) error {
	if err != nil && s.db.taken(err) && !errors.Is(err, directory.ErrConflict) {
		return fmt.Errorf("%w: %w", directory.ErrConflict, err)
	}
	return err
}

// staleError is an object that was written by somebody else since it was read.
type staleError struct{ id directory.ID }

func (e *staleError) Error() string {
	return "object " + string(e.id) + " changed meanwhile: stale rev"
}

func (e *staleError) Is(target error) bool { return target == directory.ErrConflict }
