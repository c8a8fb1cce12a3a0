package app

import (
	"context"
	"errors"

	"muster/internal/directory"
	"muster/internal/ingest"
	"muster/internal/workspace"
)

// A rehearsal is a store in which nothing stays: what is written to it is judged as ever, and rolled back. It is what dry runs are given.
type rehearsal struct{ directory.Store }

var errRehearsed = errors.New("rehearsed")

// Update implements directory.Store.
func (r rehearsal) Update(ctx context.Context, by directory.Actor, fn func(directory.Tx) error) error {
	err := r.Store.Update(ctx, by, func(tx directory.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return errRehearsed
	})
	if errors.Is(err, errRehearsed) {
		return nil
	}
	return err
}

// writes is the store for what a request does, or with a dry run would do.
func (m *Muster) writes(dry bool) directory.Store {
	if dry {
		return rehearsal{m.Store}
	}
	return m.Store
}

// enters is the door for what a request does, or with a dry run would do.
func (m *Muster) enters(dry bool) *ingest.Door {
	d := *m.door
	d.Store = m.writes(dry)
	return &d
}

// keeps is the keeper of the workspace for what a request does, or with a dry run would do.
func (m *Muster) keeps(dry bool) *workspace.Keeper {
	return &workspace.Keeper{Store: m.writes(dry), Now: m.now}
}
