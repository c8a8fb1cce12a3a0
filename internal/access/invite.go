package access

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"muster/internal/directory"
	"muster/internal/secret"
)

// An Invitation lets one person choose a password, once. Only the SHA-256 of its link is kept. A mail that had to be sent twice has two of them.
type Invitation struct {
	Hash    []byte
	Person  directory.ID
	Epoch   int64 // of the person when it was asked for: it dies with the account
	Created time.Time
	Expires time.Time
	By      string // who invited
}

// InviteReader reads invitations. A missing one is directory.ErrNotFound.
type InviteReader interface {
	Invitation(ctx context.Context, hash []byte) (Invitation, error)
}

// InviteTx also writes.
type InviteTx interface {
	PutInvitation(ctx context.Context, i Invitation) error
	// DropInvitations ends all invitations of a person, and returns how many there were: of two who use them at once only one succeeds.
	DropInvitations(ctx context.Context, person directory.ID) (int, error)
}

// MayInvite says whether by may invite somebody: it takes what a token for them takes, since whoever has the link can become them.
func (k *Keeper) MayInvite(ctx context.Context, tx directory.Tx, by Caller, p directory.Object) error {
	if !lives(p) {
		return fmt.Errorf("%w: %s is deactivated", ErrDenied, p.Handle())
	}
	if by.Person == p.ID {
		return by.Authorize(OwnTokens)
	}
	return Covers(ctx, tx, by, p.ID)
}

// Invite makes a link's text by which a person can choose a password, within life. If they were deactivated since somebody asked for it, when their epoch
// was asked, it returns ErrUnknown.
func (k *Keeper) Invite(ctx context.Context, person directory.ID, asked int64, by string, life time.Duration) (secret.String, time.Time, error) {
	text := secret.New(rand.Text() + rand.Text())
	now := k.now()
	err := k.Store.Update(ctx, "access", func(tx directory.Tx) error {
		p, err := tx.Object(ctx, person)
		if errors.Is(err, directory.ErrNotFound) || err == nil && (!lives(p) || p.Epoch != asked) {
			return ErrUnknown
		}
		if err != nil {
			return err
		}
		return In(tx).PutInvitation(ctx, Invitation{Hash: digest(text.Reveal()), Person: p.ID, Epoch: p.Epoch, Created: now, Expires: now.Add(life), By: by})
	})
	return text, now.Add(life), err
}

// Invited returns the username of whom a link is for, or ErrUnknown for whatever is wrong with it. Looking does not use it up.
func (k *Keeper) Invited(ctx context.Context, link string) (string, error) {
	var name string
	err := k.Store.View(ctx, func(r directory.Reader) error {
		i, err := Of(r).Invitation(ctx, digest(strings.TrimSpace(link)))
		if err != nil {
			return err
		}
		p, err := k.invitee(ctx, r, i)
		name = p.Handle()
		return err
	})
	if errors.Is(err, directory.ErrNotFound) {
		err = ErrUnknown
	}
	return name, err
}

// invitee returns whom an invitation is for, if it is good.
func (k *Keeper) invitee(ctx context.Context, r directory.Reader, i Invitation) (directory.Object, error) {
	p, err := r.Object(ctx, i.Person)
	if err == nil && (!k.now().Before(i.Expires) || !lives(p) || p.Epoch != i.Epoch) {
		err = ErrUnknown
	}
	return p, err
}

// Accept sets the first password of whom a link is for, ends all their invitations and sessions, and returns their username. It returns ErrWeak for a password
// that is not good, which leaves the link as it was, and ErrUnknown for whatever is wrong with the link: that is found out before the password is looked at.
func (k *Keeper) Accept(ctx context.Context, link string, password secret.String) (string, error) {
	name, err := k.Invited(ctx, link)
	if err != nil {
		return "", err
	}
	if err := GoodPassword(password.Reveal()); err != nil {
		return name, err
	}
	hash, err := newHash(ctx, password)
	if err != nil {
		return name, err
	}
	err = k.Store.Update(ctx, "access", func(tx directory.Tx) error {
		i, err := In(tx).Invitation(ctx, digest(strings.TrimSpace(link)))
		if err != nil {
			return err
		}
		p, err := k.invitee(ctx, tx, i)
		if err != nil {
			return err
		}
		if n, err := In(tx).DropInvitations(ctx, p.ID); err != nil || n == 0 {
			return errors.Join(err, ErrUnknown)
		}
		return k.setPassword(ctx, tx, p, hash)
	})
	if errors.Is(err, directory.ErrNotFound) {
		err = ErrUnknown
	}
	return name, err
}
