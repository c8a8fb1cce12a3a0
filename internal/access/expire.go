package access

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/secret"
)

// NeverExpires is the attribute of people whose passwords do not expire: "true", or anything else.
const NeverExpires attr.Path = "passwordNeverExpires"

// Expired says that a password was right and is too old: with Code, as if it came from NewCode, its owner chooses another.
type Expired struct{ Code secret.String }

func (*Expired) Error() string { return "the password has expired" }

// stale reports whether a password is older than passwords may become.
func (k *Keeper) stale(p directory.Object, have Password) bool {
	return k.PasswordLife > 0 && have.Hash != "" && k.now().Sub(have.Set) >= k.PasswordLife && p.Attrs.First(NeverExpires) != "true"
}

// renewal makes the code by which the owner of an expired password chooses another.
func (k *Keeper) renewal(ctx context.Context, tx directory.Tx, p directory.Object) (secret.String, error) {
	text := secret.New(rand.Text())
	return text, In(tx).PutCode(ctx, Code{Hash: digest(text.Reveal()), Person: p.ID, Epoch: p.Epoch, Expires: k.now().Add(CodeLife)})
}

// renews refuses to go in by a code without another password where the password has expired.
func (k *Keeper) renews(ctx context.Context, code string, password secret.String) error {
	if k.PasswordLife == 0 {
		return nil
	}
	var p directory.Object
	var have Password
	err := k.Store.View(ctx, func(r directory.Reader) error {
		c, err := Of(r).Code(ctx, digest(strings.TrimSpace(code)))
		if err != nil {
			return err
		}
		if p, err = r.Object(ctx, c.Person); err != nil {
			return err
		}
		have, err = Of(r).Password(ctx, c.Person)
		return err
	})
	switch {
	case errors.Is(err, directory.ErrNotFound): // no such code, which is found out later, or no password
		return nil
	case err != nil || !k.stale(p, have):
		return err
	case password.Reveal() == "":
		return fmt.Errorf("%w: the old one has expired, choose another", ErrWeak)
	}
	equal, err := matches(ctx, password, have.Hash)
	if err == nil && equal {
		err = fmt.Errorf("%w: it is the one that has expired", ErrWeak)
	}
	return err
}
