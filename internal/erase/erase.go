// Package erase removes people for good, with all that was ever kept of them: what they posted, the values that were read of them and sent of them, and the
// texts that name them. Their id stays, in the audit log and wherever something was done to somebody.
//
// An erasure is asked for once and then goes on by itself, over restarts, until it is done. It never forgets an account that is open at a target: it waits until
// the target has confirmed that it is closed. Its Store is implemented by package store and proved by erasetest. It decides nothing about who may be deleted.
package erase

import (
	"context"
	"time"

	"muster/internal/directory"
)

// An Erasure is somebody's permanent deletion.
type Erasure struct {
	Person  directory.ID
	By      string       // who asked for it
	Heir    directory.ID // whose the bots of the person are then
	Asked   time.Time
	Done    time.Time      // zero = it goes on
	Step    int            // how far it is; set by the Store
	Place   string         // within the step; set by the Store
	Names   []string       // by which texts name them; none once it is done
	Removed map[string]int // what was removed, by what it was: "posts": 12
	Waits   []string       // what it waits for
	Kept    []string       // accounts that stay at targets, disabled
}

// A Reader reads erasures.
type Reader interface {
	// Erasure returns somebody's erasure, or directory.ErrNotFound.
	Erasure(ctx context.Context, person directory.ID) (Erasure, error)
	// Erasures returns those that go on, or with all those that are done too, by when they were asked for.
	Erasures(ctx context.Context, all bool) ([]Erasure, error)
	// Names returns what texts call somebody: usernames, addresses and places in a directory, those included that they had at targets.
	Names(ctx context.Context, person directory.ID) ([]string, error)
	// Loose returns contents that were referred to by what was removed, and by nothing now.
	Loose(ctx context.Context, limit int) ([]string, error)
}

// A Tx also writes.
type Tx interface {
	Reader
	PutErasure(ctx context.Context, e Erasure) error
	// Remove removes a part of what is kept of somebody, as much as a short transaction takes, and returns the erasure as far as it is then. It is at its end
	// when the Step is that of Steps.
	Remove(ctx context.Context, e Erasure) (Erasure, error)
	// DropLoose forgets contents that Loose has returned.
	DropLoose(ctx context.Context, hashes []string) error
}

// In returns the contract of tx.
func In(tx directory.Tx) Tx { return tx.(interface{ EraseTx() Tx }).EraseTx() }

// Of returns the reading half of the contract of r.
func Of(r directory.Reader) Reader { return r.(interface{ EraseReader() Reader }).EraseReader() }
