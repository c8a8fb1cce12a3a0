package access

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"muster/internal/directory"
	"muster/internal/secret"
)

// Passwords are kept as argon2id. At most four are checked at a time, so that signing in cannot exhaust the memory.
const (
	hashLength = 32
	saltLength = 16
	atOnce     = 4
)

// How long a password must and may be, in characters.
const (
	ShortestPassword = 12
	longestPassword  = 256
)

// From the fifth wrong password on, each doubles the time until the next is looked at: 1 s … 5 min. Nobody is locked out for good.
const (
	freeTries  = 4
	longestGap = 5 * time.Minute
)

// A Password is how a person signs in by themselves.
type Password struct {
	Person   directory.ID
	Hash     string // $argon2id$v=19$m=…,t=…,p=…$salt$hash
	Set      time.Time
	Failures int       // wrong ones since the last right one
	Failed   time.Time // when the last wrong one was given
	Loaded   bool      // a file stated it, and nobody has set another since
}

// Slow says that too many wrong passwords were given: the next is looked at after Wait.
type Slow struct{ Wait time.Duration }

func (s *Slow) Error() string {
	return fmt.Sprintf("too many wrong passwords: wait %s", s.Wait.Round(time.Second))
}

// ErrWeak says that a password cannot be taken as a new one; the error's text says why.
var ErrWeak = errors.New("not a good password")

// hashing is taken by whoever checks or sets a password.
var hashing = make(chan struct{}, atOnce)

// A cost is what checking one password takes.
type cost struct {
	memory uint32 // KiB
	time   uint32
}

// usual is the cost of new passwords, bulk that of those of which a file brings many: they get the usual one when their owner first signs in. What is stored
// says by itself what it cost.
var (
	usual = cost{memory: 64 << 10, time: 3}
	bulk  = cost{memory: 19 << 10, time: 2}
)

const hashFormat = "$argon2id$v=19$m=%d,t=%d,p=1$%s$%s"

// hash waits for its turn, but not longer than somebody waits for it.
func (c cost) hash(ctx context.Context, password string, salt []byte) (string, error) {
	select {
	case hashing <- struct{}{}:
	case <-ctx.Done():
		return "", fmt.Errorf("wait to look at a password: %w", ctx.Err())
	}
	defer func() { <-hashing }()
	sum := argon2.IDKey([]byte(password), salt, c.time, c.memory, 1, hashLength)
	b := base64.RawStdEncoding
	return fmt.Sprintf(hashFormat, c.memory, c.time, b.EncodeToString(salt), b.EncodeToString(sum)), nil
}

func newHash(ctx context.Context, password secret.String) (string, error) {
	return usual.fresh(ctx, password.Reveal())
}

// fresh is the hash of a password with a salt of its own.
func (c cost) fresh(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltLength)
	rand.Read(salt)
	return c.hash(ctx, password, salt)
}

// costOf returns what a stored hash cost, and its salt; the usual cost and some salt of a hash that is none.
func costOf(hash string) (cost, []byte) {
	c, salt := usual, make([]byte, saltLength)
	if parts := strings.Split(hash, "$"); len(parts) == 6 {
		var stored cost
		if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=1", &stored.memory, &stored.time); err == nil {
			c = stored
		}
		if b, err := base64.RawStdEncoding.DecodeString(parts[4]); err == nil {
			salt = b
		}
	}
	return c, salt
}

// matches reports whether password has hash. It takes as long for a hash that is none or cheap: the time tells nobody which names are known.
func matches(ctx context.Context, password secret.String, hash string) (bool, error) {
	c, salt := costOf(hash)
	ok, err := same(ctx, password.Reveal(), hash)
	if rest := usual.without(c); err == nil && rest.memory > 0 {
		_, err = rest.hash(ctx, password.Reveal(), salt) // only the time counts
	}
	return err == nil && ok, err
}

// same reports whether password has hash.
func same(ctx context.Context, password, hash string) (bool, error) {
	c, salt := costOf(hash)
	sum, err := c.hash(ctx, password, salt)
	return err == nil && subtle.ConstantTimeCompare([]byte(sum), []byte(hash)) == 1, err
}

// without is the cost that spent falls short of c: nothing if it does not.
func (c cost) without(spent cost) cost {
	whole, part := c.memory*c.time, spent.memory*spent.time
	if part >= whole {
		return cost{}
	}
	return cost{memory: (whole - part) / c.time, time: c.time}
}

// GoodPassword says why a password cannot be taken as a new one, with ErrWeak; nil if it can.
func GoodPassword(password string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case n < ShortestPassword:
		return fmt.Errorf("%w: it has %d characters, and needs %d", ErrWeak, n, ShortestPassword)
	case n > longestPassword:
		return fmt.Errorf("%w: it has more than %d characters", ErrWeak, longestPassword)
	case strings.Count(password, password[:1]) == len(password):
		return fmt.Errorf("%w: it is one character over and over", ErrWeak)
	}
	return nil
}

// SignIn signs a person in by name and password. It returns ErrUnknown for whatever is wrong with them, *Slow when it did not look because too many
// were wrong, and *Expired for a right password that is too old.
func (k *Keeper) SignIn(ctx context.Context, name string, password secret.String, agent string) (secret.String, Caller, error) {
	p, have, err := k.knock(ctx, name)
	if err != nil {
		return secret.String{}, Caller{}, err
	}
	switch ok, err := matches(ctx, password, have.Hash); {
	case err != nil:
		return secret.String{}, Caller{}, err
	case !ok || p.ID == "":
		return secret.String{}, Caller{}, ErrUnknown // counted by knock
	}
	dearer := ""
	if paid, _ := costOf(have.Hash); paid != usual {
		if dearer, err = newHash(ctx, password); err != nil {
			return secret.String{}, Caller{}, err
		}
	}
	var cookie, code secret.String
	var c Caller
	err = k.Store.Update(ctx, "access", func(tx directory.Tx) error {
		now, err := In(tx).Password(ctx, p.ID)
		if err != nil {
			return err
		}
		if now.Hash != have.Hash { // another one was set meanwhile
			return ErrUnknown
		}
		now.Failures, now.Hash = 0, cmp.Or(dearer, now.Hash)
		if err := In(tx).PutPassword(ctx, now); err != nil {
			return err
		}
		if p, err = tx.Object(ctx, p.ID); err != nil {
			return err
		}
		if !lives(p) {
			return ErrUnknown
		}
		if code = (secret.String{}); k.stale(p, now) {
			code, err = k.renewal(ctx, tx, p)
			return err
		}
		cookie, c, err = k.open(ctx, tx, p, agent)
		return err
	})
	if errors.Is(err, directory.ErrNotFound) {
		err = ErrUnknown
	}
	if err == nil && code.Reveal() != "" {
		err = &Expired{Code: code}
	}
	return cookie, c, err
}

// knock finds whose password is to be looked at, and counts the try as a wrong one until it turns out right: tries at the same time cannot slip through.
func (k *Keeper) knock(ctx context.Context, name string) (directory.Object, Password, error) {
	var p directory.Object
	var have Password
	err := k.Store.Update(ctx, "access", func(tx directory.Tx) error {
		p, have = directory.Object{}, Password{}
		found, err := tx.ObjectsByHandle(ctx, directory.Person, []string{name})
		found = slices.DeleteFunc(found, func(o directory.Object) bool { return !lives(o) })
		if err != nil || len(found) != 1 {
			return err
		}
		if have, err = In(tx).Password(ctx, found[0].ID); err != nil {
			have = Password{}
			if errors.Is(err, directory.ErrNotFound) {
				err = nil
			}
			return err
		}
		now := k.now()
		if wait := gap(have.Failures) - now.Sub(have.Failed); wait > 0 && have.Failures > freeTries {
			return &Slow{Wait: wait}
		}
		p = found[0]
		counted := have
		counted.Failures, counted.Failed = have.Failures+1, now
		return In(tx).PutPassword(ctx, counted)
	})
	return p, have, err
}

// gap is the time after so many wrong passwords in which none is looked at.
func gap(failures int) time.Duration {
	if failures <= freeTries {
		return 0
	}
	return min(time.Second<<min(failures-freeTries-1, 20), longestGap)
}
