package access

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"muster/internal/directory"
	"muster/internal/secret"
)

// How long tokens live, and how exact LastUsed is.
const (
	DefaultLife = 180 * 24 * time.Hour
	LongestLife = 400 * 24 * time.Hour
	usedEvery   = time.Hour
)

// A Keeper issues tokens and says who a token is. The zero Now is time.Now. Safe for concurrent use.
type Keeper struct {
	Store directory.Store
	Now   func() time.Time
	// PasswordLife is how long a password is good, 0 = for ever. People with NeverExpires are exempt.
	PasswordLife time.Duration
	// Audit, if set, records an act in the transaction that does it.
	Audit func(ctx context.Context, tx directory.Tx, by, act, object string) error

	local atomic.Value // id of the token of Local
	proven
}

func (k *Keeper) now() time.Time {
	if k.Now == nil {
		return time.Now().UTC()
	}
	return k.Now().UTC()
}

func (k *Keeper) audit(ctx context.Context, tx directory.Tx, by, act, object string) error {
	if k.Audit == nil {
		return nil
	}
	return k.Audit(ctx, tx, by, act, object)
}

// Authenticate returns who bears a token for the admin API and what they may do now, or ErrUnknown. It notes the use of the token, to the hour.
func (k *Keeper) Authenticate(ctx context.Context, bearer string) (Caller, error) {
	c, t, err := k.bearer(ctx, bearer)
	if err == nil && t.Use != (Use{}) {
		err = ErrUnknown
	}
	if err != nil {
		return Caller{}, err
	}
	return c, k.used(ctx, t)
}

// bearer returns who bears a token, and the token.
func (k *Keeper) bearer(ctx context.Context, bearer string) (Caller, Token, error) {
	id, ok := parseToken(bearer)
	if !ok {
		return Caller{}, Token{}, ErrUnknown
	}
	hash := digest(bearer)
	stamp, stamped := k.stamp(ctx)
	if stamped {
		if p, ok := k.still(stamp, id); ok && k.holds(p.token, hash) {
			p.caller.Local = k.local.Load() == any(id)
			return p.caller, p.token, nil
		}
	}
	var c Caller
	var t Token
	err := k.Store.View(ctx, func(r directory.Reader) error {
		var err error
		if t, err = Of(r).Token(ctx, id); err != nil {
			return err
		}
		if !k.holds(t, hash) {
			return ErrUnknown
		}
		c, err = caller(ctx, r, t)
		c.Local = k.local.Load() == any(t.ID)
		return err
	})
	if errors.Is(err, directory.ErrNotFound) {
		err = ErrUnknown
	}
	if err == nil && stamped {
		k.keep(stamp, id, proof{c, t})
	}
	return c, t, err
}

// holds reports whether a token is the one that was shown, and still good.
func (k *Keeper) holds(t Token, hash []byte) bool {
	return subtle.ConstantTimeCompare(t.Hash, hash) == 1 && !t.Revoked && k.now().Before(t.Expires)
}

// caller returns whom t acts for, unless they were deactivated since it was issued.
func caller(ctx context.Context, r directory.Reader, t Token) (Caller, error) {
	p, err := r.Object(ctx, t.Person)
	if err != nil {
		return Caller{}, err
	}
	if !lives(p) || p.Epoch != t.Epoch {
		return Caller{}, ErrUnknown
	}
	c := Caller{Person: p.ID, Handle: p.Handle(), Token: t.ID, TokenName: t.Name}
	c.Roles, err = Of(r).Roles(ctx, p.ID)
	return c, err
}

func lives(p directory.Object) bool {
	return p.Kind == directory.Person && p.State == directory.Active && p.Stop == nil
}

func (k *Keeper) used(ctx context.Context, t Token) error {
	now := k.now()
	if now.Sub(t.LastUsed) < usedEvery {
		return nil
	}
	return k.Store.Update(ctx, "access", func(tx directory.Tx) error {
		t, err := In(tx).Token(ctx, t.ID)
		if err != nil {
			return err
		}
		t.LastUsed = now
		return In(tx).PutToken(ctx, t)
	})
}

// Issue makes a token for a person and returns its text, which is shown once and kept nowhere. Life 0 means DefaultLife. To issue one for somebody else
// takes the right to do so, and every right that they have.
func (k *Keeper) Issue(ctx context.Context, by Caller, person directory.ID, name string, life time.Duration) (secret.String, Token, error) {
	return k.IssueFor(ctx, by, person, Use{}, name, life)
}

// IssueFor is Issue for a given use.
func (k *Keeper) IssueFor(ctx context.Context, by Caller, person directory.ID, use Use, name string, life time.Duration) (secret.String, Token, error) {
	if life == 0 {
		life = DefaultLife
	}
	if life < 0 || life > LongestLife {
		return secret.String{}, Token{}, fmt.Errorf("a token lives at most %d days", LongestLife/24/time.Hour)
	}
	var text secret.String
	var t Token
	err := k.Store.Update(ctx, by.Actor(), func(tx directory.Tx) error {
		p, err := tx.Object(ctx, person)
		if err != nil {
			return fmt.Errorf("person %s: %w", person, err)
		}
		if err := over(ctx, tx, by, person); err != nil {
			return err
		}
		text, t, err = k.issue(ctx, tx, p, use, name, life)
		if err != nil {
			return err
		}
		return k.audit(ctx, tx, by.Handle, "token.create", t.ID)
	})
	return text, t, err
}

func (k *Keeper) issue(ctx context.Context, tx directory.Tx, p directory.Object, use Use, name string, life time.Duration) (secret.String, Token, error) {
	if !lives(p) {
		return secret.String{}, Token{}, fmt.Errorf("%w: %s is deactivated", ErrDenied, p.Handle())
	}
	id, text := newToken()
	now := k.now()
	t := Token{ID: id, Person: p.ID, Name: name, Hash: digest(text.Reveal()), Epoch: p.Epoch, Created: now, Expires: now.Add(life), Use: use}
	return text, t, In(tx).PutToken(ctx, t)
}

// over says whether by may handle the tokens of person.
func over(ctx context.Context, r directory.Reader, by Caller, person directory.ID) error {
	if by.Person == person {
		return by.Authorize(OwnTokens)
	}
	if err := by.Authorize(AllTokens); err != nil {
		return err
	}
	return Covers(ctx, r, by, person)
}

// Tokens returns by's own tokens, or everybody's if by may see them, oldest first. One that died because its person was deactivated, or their password reset,
// is Revoked.
func (k *Keeper) Tokens(ctx context.Context, by Caller) ([]Token, error) {
	if err := by.Authorize(OwnTokens); err != nil {
		return nil, err
	}
	who := by.Person
	if by.May(AllTokens) {
		who = ""
	}
	return k.tokens(ctx, who)
}

func (k *Keeper) tokens(ctx context.Context, who directory.ID) ([]Token, error) {
	var out []Token
	err := k.Store.View(ctx, func(r directory.Reader) error {
		var err error
		if out, err = Of(r).Tokens(ctx, who); err != nil {
			return err
		}
		return bury(ctx, r, out)
	})
	slices.SortFunc(out, func(a, b Token) int { return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID)) })
	return out, err
}

// Ending returns the tokens that end soon or ended a short while ago, whoever's they are, oldest first: what anybody is told of them is not decided here.
func (k *Keeper) Ending(ctx context.Context, soon time.Duration) ([]Token, error) {
	all, err := k.tokens(ctx, "")
	now := k.now()
	return slices.DeleteFunc(all, func(t Token) bool { return t.Revoked || t.Expires.Sub(now).Abs() >= soon }), err
}

// bury marks those of tokens as revoked whose epoch is over.
func bury(ctx context.Context, r directory.Reader, tokens []Token) error {
	ids := make([]directory.ID, len(tokens))
	for i, t := range tokens {
		ids[i] = t.Person
	}
	people, err := r.Objects(ctx, ids)
	epochs := make(map[directory.ID]int64, len(people))
	for _, p := range people {
		if lives(p) {
			epochs[p.ID] = p.Epoch
		}
	}
	for i, t := range tokens {
		epoch, living := epochs[t.Person]
		tokens[i].Revoked = t.Revoked || !living || epoch != t.Epoch
	}
	return err
}

// Revoke ends a token at once, for good. A token that by may not see is directory.ErrNotFound.
func (k *Keeper) Revoke(ctx context.Context, by Caller, id string) error {
	return k.Store.Update(ctx, by.Actor(), func(tx directory.Tx) error {
		t, err := In(tx).Token(ctx, id)
		if err == nil && t.Person != by.Person && !by.May(AllTokens) {
			err = directory.ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("token %s: %w", id, err)
		}
		if err := over(ctx, tx, by, t.Person); err != nil {
			return err
		}
		t.Revoked = true
		if err := In(tx).PutToken(ctx, t); err != nil {
			return err
		}
		return k.audit(ctx, tx, by.Handle, "token.revoke", id)
	})
}
