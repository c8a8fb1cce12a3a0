package app

import (
	"context"
	"errors"
	"sync"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/erase"
)

// eraseCopies removes somebody from what is kept beside the people: what providers sent last, which is forgotten of everybody, and the copy on which providers are tried
// out.
func (m *Muster) eraseCopies(ctx context.Context, person directory.ID) error {
	err := m.Store.Update(ctx, "erase", func(tx directory.Tx) error { return m.scim.Forget(ctx, tx) })
	if err != nil {
		return err
	}
	return m.eraseFromSandbox(ctx, person)
}

// eraseFromSandbox removes somebody for good from the copy on which providers are tried out, if there is one and they are in it, and forgets what was sent to it.
func (m *Muster) eraseFromSandbox(ctx context.Context, person directory.ID) error {
	there, err := m.sandboxThere(ctx)
	if err != nil || !there {
		return err
	}
	return m.inSandbox(ctx, func(b *sandbox) error {
		err := b.store.Update(ctx, "erase", func(tx directory.Tx) error {
			if err := b.scim.Forget(ctx, tx); err != nil {
				return err
			}
			if _, err := tx.Object(ctx, person); err != nil {
				return err
			}
			if err := access.End(ctx, tx, person); err != nil {
				return err
			}
			if _, err := erase.In(tx).Erasure(ctx, person); !errors.Is(err, directory.ErrNotFound) {
				return err // a crash came between: it goes on
			}
			return erase.In(tx).PutErasure(ctx, erase.Erasure{Person: person, By: "muster", Asked: m.now().UTC()})
		})
		if errors.Is(err, directory.ErrNotFound) { // they came later than the copy
			return nil
		}
		if err != nil {
			return err
		}
		_, err = b.eraser(m).Advance(ctx, person)
		return err
	})
}

// eraser carries permanent deletions out in the copy. It has no targets to wait for, no files, and nobody to tell.
func (b *sandbox) eraser(m *Muster) *erase.Keeper {
	return &erase.Keeper{
		Store: b.store, Now: m.now, Flush: b.store.Scrub, Loading: &sync.Mutex{},
		Open: func(context.Context, directory.ID) (waits, stay []string, err error) { return nil, nil, nil },
		Drop: func(string) error { return nil },
		Tell: func(context.Context, directory.Tx, erase.Erasure) error { return nil },
	}
}
