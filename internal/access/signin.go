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

// How long a browser stays signed in without being used, and at all; how long a code may be used; how exact Session.Used is.
const (
	IdleLife    = 30 * time.Minute
	SessionLife = 12 * time.Hour
	CodeLife    = 15 * time.Minute
	seenEvery   = time.Minute
)

// A Session is a browser in which a person is signed in. Only the SHA-256 of what the browser holds is kept.
type Session struct {
	Hash    []byte
	Person  directory.ID
	Epoch   int64 // of the person when they signed in
	Created time.Time
	Used    time.Time
	Agent   string // what the browser calls itself
}

// A Code signs one person in, once. Only its SHA-256 is kept.
type Code struct {
	Hash    []byte
	Person  directory.ID
	Epoch   int64
	Expires time.Time
}

// SignInReader reads what signing in takes. Missing things are directory.ErrNotFound.
type SignInReader interface {
	Session(ctx context.Context, hash []byte) (Session, error)
	Code(ctx context.Context, hash []byte) (Code, error)
	Password(ctx context.Context, person directory.ID) (Password, error)
	// LastUse returns when a person last used a session that is still there; zero = there is none.
	LastUse(ctx context.Context, person directory.ID) (time.Time, error)
}

// SignInTx also writes.
type SignInTx interface {
	PutSession(ctx context.Context, s Session) error // by Hash
	DropSession(ctx context.Context, hash []byte) error
	// DropSessions ends all sessions of a person.
	DropSessions(ctx context.Context, person directory.ID) error
	PutCode(ctx context.Context, c Code) error
	// DropCode removes a code; one that is not there is directory.ErrNotFound, so that of two who use it at once only one succeeds.
	DropCode(ctx context.Context, hash []byte) error
	PutPassword(ctx context.Context, p Password) error // by Person
	// Sweep removes sessions that began or were last used before then, and codes and invitations that have expired.
	Sweep(ctx context.Context, began, used, now time.Time) error
}

// NewCode makes a code that signs person in once, within CodeLife, and returns its text. To make one for somebody else takes what a token for them takes.
func (k *Keeper) NewCode(ctx context.Context, by Caller, person directory.ID) (text secret.String, expires time.Time, err error) {
	err = k.Store.Update(ctx, by.Actor(), func(tx directory.Tx) error {
		p, err := tx.Object(ctx, person)
		if err != nil {
			return fmt.Errorf("person %s: %w", person, err)
		}
		if !lives(p) {
			return fmt.Errorf("%w: %s is deactivated", ErrDenied, p.Handle())
		}
		if err := over(ctx, tx, by, person); err != nil {
			return err
		}
		if text, expires, err = k.putCode(ctx, tx, p); err != nil {
			return err
		}
		return k.audit(ctx, tx, by.Handle, "code.create", string(person))
	})
	return text, expires, err
}

// putCode makes a code for p in tx.
func (k *Keeper) putCode(ctx context.Context, tx directory.Tx, p directory.Object) (secret.String, time.Time, error) {
	text, expires := secret.New(rand.Text()), k.now().Add(CodeLife)
	return text, expires, In(tx).PutCode(ctx, Code{Hash: digest(text.Reveal()), Person: p.ID, Epoch: p.Epoch, Expires: expires})
}

// Owner returns an owner who is not deactivated, and whether any owner can sign in with a password.
func (k *Keeper) Owner(ctx context.Context) (owner Caller, claimed bool, err error) {
	err = k.Store.View(ctx, func(r directory.Reader) error {
		grants, err := Of(r).Grants(ctx, "")
		for _, g := range grants {
			if g.Role != Owner {
				continue
			}
			p, err := r.Object(ctx, g.Person)
			if err != nil || !lives(p) {
				continue
			}
			if owner.Person == "" {
				owner = Caller{Person: p.ID, Handle: p.Handle(), Roles: []Role{Owner}}
			}
			if has, err := Of(r).Password(ctx, p.ID); err == nil && has.Hash != "" {
				claimed = true
			}
		}
		return err
	})
	if err == nil && owner.Person == "" {
		err = fmt.Errorf("%w: every owner is deactivated", ErrDenied)
	}
	return owner, claimed, err
}

// Redeem signs in whom a code is for, and ends the code. A password that is not empty becomes theirs and ends their other sessions; one that is not good
// is ErrWeak, and the code can be used again. A code that is unknown, used or too old is ErrUnknown.
func (k *Keeper) Redeem(ctx context.Context, code string, password secret.String, agent string) (secret.String, Caller, error) {
	var cookie secret.String
	var c Caller
	hash := ""
	if err := k.renews(ctx, code, password); err != nil {
		return cookie, c, err
	}
	if password.Reveal() != "" {
		if err := GoodPassword(password.Reveal()); err != nil {
			return cookie, c, err
		}
		var err error
		if hash, err = newHash(ctx, password); err != nil {
			return cookie, c, err
		}
	}
	err := k.Store.Update(ctx, "access", func(tx directory.Tx) error {
		p, err := k.spend(ctx, tx, digest(strings.TrimSpace(code)))
		if err != nil {
			return err
		}
		if err := k.setPassword(ctx, tx, p, hash); err != nil {
			return err
		}
		cookie, c, err = k.open(ctx, tx, p, agent)
		return err
	})
	if errors.Is(err, directory.ErrNotFound) {
		err = ErrUnknown
	}
	return cookie, c, err
}

// spend ends a code and returns whom it is for.
func (k *Keeper) spend(ctx context.Context, tx directory.Tx, hash []byte) (directory.Object, error) {
	have, err := In(tx).Code(ctx, hash)
	if err != nil {
		return directory.Object{}, err
	}
	if err := In(tx).DropCode(ctx, hash); err != nil {
		return directory.Object{}, err
	}
	p, err := tx.Object(ctx, have.Person)
	if err == nil && (!k.now().Before(have.Expires) || !lives(p) || p.Epoch != have.Epoch) {
		err = ErrUnknown
	}
	return p, err
}

func (k *Keeper) setPassword(ctx context.Context, tx directory.Tx, p directory.Object, hash string) error {
	if hash == "" {
		return nil
	}
	if err := In(tx).PutPassword(ctx, Password{Person: p.ID, Hash: hash, Set: k.now()}); err != nil {
		return err
	}
	if err := In(tx).DropSessions(ctx, p.ID); err != nil {
		return err
	}
	return k.audit(ctx, tx, p.Handle(), "password.set", string(p.ID))
}

// open makes a session for p in tx, and sweeps out those that ended.
func (k *Keeper) open(ctx context.Context, tx directory.Tx, p directory.Object, agent string) (secret.String, Caller, error) {
	now := k.now()
	cookie := secret.New(rand.Text() + rand.Text())
	s := Session{Hash: digest(cookie.Reveal()), Person: p.ID, Epoch: p.Epoch, Created: now, Used: now, Agent: short(agent)}
	if err := In(tx).Sweep(ctx, now.Add(-SessionLife), now.Add(-IdleLife), now); err != nil {
		return cookie, Caller{}, err
	}
	if err := In(tx).PutSession(ctx, s); err != nil {
		return cookie, Caller{}, err
	}
	c := Caller{Person: p.ID, Handle: p.Handle()}
	var err error
	if c.Roles, err = In(tx).Roles(ctx, p.ID); err != nil {
		return cookie, c, err
	}
	return cookie, c, k.audit(ctx, tx, p.Handle(), "session.open", string(p.ID))
}

func short(s string) string {
	const most = 200
	return strings.ToValidUTF8(s[:min(len(s), most)], "")
}

// Resume returns who is signed in with a cookie and what they may do now, or ErrUnknown. With use, it notes that the session is used, to the minute; what
// a page does by itself is no use.
func (k *Keeper) Resume(ctx context.Context, cookie string, use bool) (Caller, error) {
	var c Caller
	var s Session
	now := k.now()
	err := k.Store.View(ctx, func(r directory.Reader) (err error) {
		if s, err = Of(r).Session(ctx, digest(cookie)); err != nil {
			return err
		}
		if now.Sub(s.Created) >= SessionLife || now.Sub(s.Used) >= IdleLife {
			return ErrUnknown
		}
		c, err = caller(ctx, r, Token{Person: s.Person, Epoch: s.Epoch})
		return err
	})
	if errors.Is(err, directory.ErrNotFound) {
		return Caller{}, ErrUnknown
	}
	if err != nil || !use || now.Sub(s.Used) < seenEvery {
		return c, err
	}
	return c, k.Store.Update(ctx, "access", func(tx directory.Tx) error {
		have, err := In(tx).Session(ctx, s.Hash)
		if errors.Is(err, directory.ErrNotFound) { // signed out meanwhile
			return nil
		}
		if err != nil {
			return err
		}
		have.Used = now
		return In(tx).PutSession(ctx, have)
	})
}

// SignOut ends a session. One that is not there has ended already.
func (k *Keeper) SignOut(ctx context.Context, cookie string) error {
	return k.Store.Update(ctx, "access", func(tx directory.Tx) error { return In(tx).DropSession(ctx, digest(cookie)) })
}
