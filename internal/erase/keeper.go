package erase

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"muster/internal/directory"
)

// Steps is the Step of an Erasure from which everything is removed from the database.
const Steps = 1 << 30

// A Keeper carries erasures out. It is safe for concurrent use; an erasure goes on once at a time.
type Keeper struct {
	Store directory.Store
	// Open returns what somebody's erasure has to wait for, such as accounts that are not known to be closed, and which accounts stay.
	Open func(ctx context.Context, person directory.ID) (waits, stay []string, err error)
	// Drop removes a content that nothing refers to any more. Loading is held while that is done: what loads keeps a content before it refers to it.
	Drop    func(hash string) error
	Loading sync.Locker
	// Copies, if set, removes somebody from what is kept beside the database of people, and from copies of it.
	Copies func(ctx context.Context, person directory.ID) error
	// Flush makes what was removed unreadable in the files of the database, as far as it can.
	Flush func(ctx context.Context) error
	// Tell notes, in its transaction, that an erasure is done.
	Tell func(ctx context.Context, tx directory.Tx, e Erasure) error
	Now  func() time.Time

	mu sync.Mutex // held by whoever goes on with an erasure
}

// Advance goes on with an erasure until it is done or has to wait, and returns it. Whatever breaks it off, the next call goes on where it was.
func (k *Keeper) Advance(ctx context.Context, person directory.ID) (Erasure, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	e, err := k.find(ctx, person)
	if err != nil || !e.Done.IsZero() {
		return e, err
	}
	if e.Step == 0 {
		if e, err = k.ready(ctx, e); err != nil || len(e.Waits) > 0 {
			return e, err
		}
	}
	for e.Step < Steps {
		var next Erasure
		err := k.Store.Update(ctx, actor, func(tx directory.Tx) (err error) {
			if next, err = In(tx).Remove(ctx, e); err != nil {
				return err
			}
			return In(tx).PutErasure(ctx, next)
		})
		if err != nil {
			return e, fmt.Errorf("remove %s: %w", person, err)
		}
		e = next
	}
	if e.Names != nil {
		e.Names = nil
		if err := k.Store.Update(ctx, actor, func(tx directory.Tx) error { return In(tx).PutErasure(ctx, e) }); err != nil {
			return e, err
		}
	}
	if err := k.dropLoose(ctx, &e); err != nil {
		return e, fmt.Errorf("remove the files of %s: %w", person, err)
	}
	if k.Copies != nil {
		if err := k.Copies(ctx, person); err != nil {
			return e, fmt.Errorf("remove %s from copies of the people: %w", person, err)
		}
	}
	if err := k.Flush(ctx); err != nil {
		return e, fmt.Errorf("remove %s from the files of the database: %w", person, err)
	}
	e.Done, e.Waits = k.Now().UTC(), nil
	return e, k.Store.Update(ctx, actor, func(tx directory.Tx) error {
		if err := In(tx).PutErasure(ctx, e); err != nil {
			return err
		}
		return k.Tell(ctx, tx, e)
	})
}

const actor directory.Actor = "erase"

func (k *Keeper) find(ctx context.Context, person directory.ID) (e Erasure, err error) {
	return e, k.Store.View(ctx, func(r directory.Reader) (err error) {
		e, err = Of(r).Erasure(ctx, person)
		return err
	})
}

// ready finds out whether an erasure has to wait, and what texts call the person, before anything is removed.
func (k *Keeper) ready(ctx context.Context, e Erasure) (Erasure, error) {
	waits, stay, err := k.Open(ctx, e.Person)
	if err != nil {
		return e, err
	}
	same := slices.Equal(e.Waits, waits) && slices.Equal(e.Kept, stay)
	if e.Waits, e.Kept = waits, stay; len(waits) > 0 && same {
		return e, nil
	}
	if len(waits) == 0 {
		err = k.Store.View(ctx, func(r directory.Reader) (err error) {
			e.Names, err = Of(r).Names(ctx, e.Person)
			return err
		})
		e.Step = 1
	}
	if err != nil {
		return e, err
	}
	return e, k.Store.Update(ctx, actor, func(tx directory.Tx) error { return In(tx).PutErasure(ctx, e) })
}

const filesAtOnce = 100

// dropLoose removes contents that nothing refers to any more. One that was removed before a crash is not there, which is as well.
func (k *Keeper) dropLoose(ctx context.Context, e *Erasure) error {
	k.Loading.Lock()
	defer k.Loading.Unlock()
	for {
		var loose []string
		err := k.Store.View(ctx, func(r directory.Reader) (err error) {
			loose, err = Of(r).Loose(ctx, filesAtOnce)
			return err
		})
		if err != nil || len(loose) == 0 {
			return err
		}
		for _, hash := range loose {
			if err := k.Drop(hash); err != nil {
				return err
			}
		}
		next := *e
		next.Removed = count(e.Removed, "files", len(loose))
		err = k.Store.Update(ctx, actor, func(tx directory.Tx) error {
			if err := In(tx).DropLoose(ctx, loose); err != nil {
				return err
			}
			return In(tx).PutErasure(ctx, next)
		})
		if err != nil {
			return err
		}
		*e = next
	}
}

// count returns counts with n more of what.
func count(counts map[string]int, what string, n int) map[string]int {
	out := map[string]int{what: n}
	for name, n := range counts {
		out[name] += n
	}
	return out
}

// Run goes on with every erasure that is not done, again and again, until ctx ends: those that wait for targets go on once these have confirmed.
func (k *Keeper) Run(ctx context.Context, failed func(error)) {
	wake := k.Store.Wake()
	poll := time.NewTicker(time.Second)
	defer poll.Stop()
	for {
		if err := k.Pass(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-poll.C:
		}
	}
}

// Pass goes on once with every erasure that is not done. One that fails holds up no other.
func (k *Keeper) Pass(ctx context.Context) error {
	var open []Erasure
	err := k.Store.View(ctx, func(r directory.Reader) (err error) {
		open, err = Of(r).Erasures(ctx, false)
		return err
	})
	for _, e := range open {
		if _, failed := k.Advance(ctx, e.Person); failed != nil && err == nil {
			err = failed
		}
	}
	return err
}
