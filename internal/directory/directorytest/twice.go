package directorytest

import (
	"context"
	"errors"

	"muster/internal/directory"
)

// Twice is a store that runs each write twice: once in vain, as after a lost race, and then for good. A function that keeps something from the first time, which
// the contract of directory.Store.Update forbids, shows itself on it.
type Twice struct{ directory.Store }

var errInVain = errors.New("in vain")

// Update implements directory.Store.
func (s Twice) Update(ctx context.Context, by directory.Actor, fn func(directory.Tx) error) error {
	err := s.Store.Update(ctx, by, func(tx directory.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return errInVain
	})
	if !errors.Is(err, errInVain) {
		return err
	}
	return s.Store.Update(ctx, by, fn)
}
