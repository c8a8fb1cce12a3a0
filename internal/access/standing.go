package access

import (
	"context"
	"errors"

	"muster/internal/directory"
)

// Standing returns what a person may do now who was given something at an epoch of theirs, or ErrUnknown if they were deactivated or reset since.
func (k *Keeper) Standing(ctx context.Context, person directory.ID, epoch int64) (Caller, error) {
	var c Caller
	err := k.Store.View(ctx, func(r directory.Reader) (err error) {
		c, err = caller(ctx, r, Token{Person: person, Epoch: epoch})
		return err
	})
	if errors.Is(err, directory.ErrNotFound) {
		err = ErrUnknown
	}
	return c, err
}
