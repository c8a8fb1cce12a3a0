package access

import (
	"context"
	"fmt"
	"time"

	"muster/internal/directory"
	"muster/internal/secret"
)

// Covers returns nil if by has every right that a person has, else an error that wraps ErrDenied: who has less must not end what another may do, or take
// their place.
func Covers(ctx context.Context, r directory.Reader, by Caller, person directory.ID) error {
	theirs, err := Of(r).Roles(ctx, person)
	if err != nil {
		return err
	}
	for _, role := range theirs {
		for _, right := range rights[role] {
			if err := by.Authorize(right); err != nil {
				return err
			}
		}
	}
	return nil
}

// End ends the sessions of a person whose epoch was raised. Tokens and codes of the older epoch are dead already.
func End(ctx context.Context, tx directory.Tx, person directory.ID) error {
	return In(tx).DropSessions(ctx, person)
}

// Reset ends the password of a person, and with it all their sessions, tokens and codes, for good. A password that is not empty takes its place; without one
// it returns the text of a code by which they set one themselves, within CodeLife. It takes every right that they have.
func (k *Keeper) Reset(ctx context.Context, by Caller, person directory.ID, password secret.String) (code secret.String, expires time.Time, err error) {
	hash := ""
	if password.Reveal() != "" {
		if err := GoodPassword(password.Reveal()); err != nil {
			return code, expires, err
		}
		if hash, err = newHash(ctx, password); err != nil {
			return code, expires, err
		}
	}
	err = k.Store.Update(ctx, by.Actor(), func(tx directory.Tx) error {
		p, err := tx.Object(ctx, person)
		if err != nil {
			return fmt.Errorf("person %s: %w", person, err)
		}
		if !lives(p) {
			return fmt.Errorf("%w: %s is deactivated", ErrDenied, p.Handle())
		}
		if err := Covers(ctx, tx, by, person); err != nil {
			return err
		}
		p.Epoch++
		if err := tx.PutObjects(ctx, p); err != nil {
			return err
		}
		if err := In(tx).PutPassword(ctx, Password{Person: person, Hash: hash, Set: k.now()}); err != nil {
			return err
		}
		if err := End(ctx, tx, person); err != nil {
			return err
		}
		if hash == "" {
			if code, expires, err = k.putCode(ctx, tx, p); err != nil {
				return err
			}
		}
		return k.audit(ctx, tx, by.Handle, "password.reset", string(person))
	})
	return code, expires, err
}
