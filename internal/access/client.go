package access

import (
	"context"
	"fmt"
	"time"

	"muster/internal/directory"
	"muster/internal/secret"
)

// Overlap is how long an old token lives on beside the one that replaces it, if nobody says otherwise.
const Overlap = 7 * 24 * time.Hour

// Client returns whom a token for a source acts for, what they may do now, and the token, or ErrUnknown. It notes the use of the token, to the hour.
func (k *Keeper) Client(ctx context.Context, bearer string) (Caller, Token, error) {
	c, t, err := k.bearer(ctx, bearer)
	if err == nil && t.Use.Source == "" {
		err = ErrUnknown
	}
	if err != nil {
		return Caller{}, Token{}, err
	}
	return c, t, k.used(ctx, t)
}

// Rotate makes a token that takes the place of another one, and lets that one live on for a while, 0 = Overlap, so that both work until the new one is in
// use everywhere. It takes what Issue takes.
func (k *Keeper) Rotate(ctx context.Context, by Caller, id string, overlap time.Duration) (secret.String, Token, error) {
	if overlap == 0 {
		overlap = Overlap
	}
	var text secret.String
	var fresh Token
	err := k.Store.Update(ctx, by.Actor(), func(tx directory.Tx) error {
		old, err := In(tx).Token(ctx, id)
		if err == nil && old.Person != by.Person && !by.May(AllTokens) {
			err = directory.ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("token %s: %w", id, err)
		}
		if err := over(ctx, tx, by, old.Person); err != nil {
			return err
		}
		if old.Revoked || !k.now().Before(old.Expires) {
			return fmt.Errorf("%w: the token %s has ended: make a new one", ErrDenied, id)
		}
		p, err := tx.Object(ctx, old.Person)
		if err != nil {
			return err
		}
		life := min(LongestLife, old.Expires.Sub(old.Created))
		if text, fresh, err = k.issue(ctx, tx, p, old.Use, old.Name, life); err != nil {
			return err
		}
		if end := k.now().Add(overlap); end.Before(old.Expires) {
			old.Expires = end
		}
		if err := In(tx).PutToken(ctx, old); err != nil {
			return err
		}
		return k.audit(ctx, tx, by.Handle, "token.rotate", id+" "+fresh.ID)
	})
	return text, fresh, err
}

// Grants returns who was given which role, groups included.
func (k *Keeper) Grants(ctx context.Context, by Caller) ([]Grant, error) {
	if err := by.Authorize(View); err != nil {
		return nil, err
	}
	var out []Grant
	err := k.Store.View(ctx, func(r directory.Reader) (err error) {
		out, err = Of(r).Grants(ctx, "")
		return err
	})
	return out, err
}

// Give gives a person or a group a role. It takes the right to give roles, and every right of the role.
func (k *Keeper) Give(ctx context.Context, by Caller, to directory.ID, role Role) error {
	return k.grant(ctx, by, to, role, "role.grant", func(tx Tx) error {
		return tx.PutGrant(ctx, Grant{Person: to, Role: role, By: by.Handle, At: k.now()})
	})
}

// Take takes a role from a person or a group. The last owner stays owner.
func (k *Keeper) Take(ctx context.Context, by Caller, from directory.ID, role Role) error {
	return k.grant(ctx, by, from, role, "role.revoke", func(tx Tx) error {
		all, err := tx.Grants(ctx, "")
		if err != nil {
			return err
		}
		has, owners := false, 0
		for _, g := range all {
			has = has || g.Person == from && g.Role == role
			if g.Role == Owner {
				owners++
			}
		}
		switch {
		case !has:
			return fmt.Errorf("role %s: %w", role, directory.ErrNotFound)
		case role == Owner && owners == 1:
			return fmt.Errorf("%w: this is the last owner", ErrDenied)
		}
		return tx.DropGrant(ctx, from, role)
	})
}

func (k *Keeper) grant(ctx context.Context, by Caller, who directory.ID, role Role, act string, do func(Tx) error) error {
	if len(rights[role]) == 0 {
		return fmt.Errorf("role %q: %w", role, directory.ErrNotFound)
	}
	if err := by.Authorize(Roles); err != nil {
		return err
	}
	for _, right := range rights[role] {
		if err := by.Authorize(right); err != nil {
			return err
		}
	}
	return k.Store.Update(ctx, by.Actor(), func(tx directory.Tx) error {
		if _, err := tx.Object(ctx, who); err != nil {
			return err
		}
		if err := do(In(tx)); err != nil {
			return err
		}
		return k.audit(ctx, tx, by.Handle, act, string(who)+" "+string(role))
	})
}
