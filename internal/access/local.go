package access

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/secret"
)

const (
	ownerName = "owner"
	localName = "command line on this machine"
	renewIn   = 30 * 24 * time.Hour
)

// Local makes sure that the file holds a token of the owner that works: whoever can read the data folder is the owner. On the very first start it makes a
// person called "owner" with that role. The file is written with mode 0600, anew when its token is gone, revoked or about to expire. If every owner was
// deactivated it returns ErrDenied and leaves the file alone.
func (k *Keeper) Local(ctx context.Context, file string) error {
	old := ""
	if b, err := os.ReadFile(file); err == nil {
		old = strings.TrimSpace(string(b))
	} else if !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("read local token: %w", err)
	}
	if k.good(ctx, old) {
		id, _ := parseToken(old)
		k.local.Store(id)
		return nil
	}
	var text secret.String
	var fresh string
	err := k.Store.Update(ctx, "access", func(tx directory.Tx) error {
		p, err := k.owner(ctx, tx)
		if err != nil {
			return err
		}
		if err := k.drop(ctx, tx, old); err != nil {
			return err
		}
		var t Token
		text, t, err = k.issue(ctx, tx, p, Use{}, localName, DefaultLife)
		if err != nil {
			return err
		}
		fresh = t.ID
		return k.audit(ctx, tx, "muster", "token.create", t.ID)
	})
	if err != nil {
		return fmt.Errorf("local token: %w", err)
	}
	k.local.Store(fresh)
	return write(file, text)
}

// good reports whether text works and goes on working for a while.
func (k *Keeper) good(ctx context.Context, text string) bool {
	if _, err := k.Authenticate(ctx, text); err != nil {
		return false
	}
	id, _ := parseToken(text)
	good := false
	err := k.Store.View(ctx, func(r directory.Reader) error {
		t, err := Of(r).Token(ctx, id)
		good = t.Expires.Sub(k.now()) > renewIn
		return err
	})
	return err == nil && good
}

// owner returns an owner who is not deactivated. Where nobody ever was owner it makes one.
func (k *Keeper) owner(ctx context.Context, tx directory.Tx) (directory.Object, error) {
	grants, err := In(tx).Grants(ctx, "")
	if err != nil {
		return directory.Object{}, err
	}
	owners := 0
	for _, g := range grants {
		if g.Role != Owner {
			continue
		}
		owners++
		if p, err := tx.Object(ctx, g.Person); err == nil && lives(p) {
			return p, nil
		}
	}
	if owners > 0 {
		return directory.Object{}, fmt.Errorf("%w: every owner is deactivated", ErrDenied)
	}
	return k.firstOwner(ctx, tx)
}

func (k *Keeper) firstOwner(ctx context.Context, tx directory.Tx) (directory.Object, error) {
	now := k.now()
	p := directory.Object{
		ID: directory.NewID(), Kind: directory.Person, State: directory.Active, Since: now,
		Attrs: attr.Set{directory.Username: {ownerName}, directory.Name: {"Owner"}},
	}
	if err := tx.PutObjects(ctx, p); err != nil {
		return p, fmt.Errorf("make %s: %w", ownerName, err)
	}
	if err := In(tx).PutGrant(ctx, Grant{Person: p.ID, Role: Owner, By: "muster", At: now}); err != nil {
		return p, err
	}
	return p, k.audit(ctx, tx, "muster", "role.grant", string(p.ID))
}

// drop revokes the token that the file held, if there is such a token.
func (k *Keeper) drop(ctx context.Context, tx directory.Tx, text string) error {
	id, ok := parseToken(text)
	if !ok {
		return nil
	}
	t, err := In(tx).Token(ctx, id)
	if errors.Is(err, directory.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	t.Revoked = true
	return In(tx).PutToken(ctx, t)
}

// write replaces file in one step, so that a reader sees the old token or the new one.
func write(file string, text secret.String) error {
	tmp, err := os.CreateTemp(filepath.Dir(file), ".token-*")
	if err != nil {
		return fmt.Errorf("write local token: %w", err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.WriteString(text.Reveal() + "\n")
	if err := errors.Join(err, tmp.Close()); err != nil {
		return fmt.Errorf("write local token: %w", err)
	}
	if err := os.Rename(tmp.Name(), file); err != nil {
		return fmt.Errorf("write local token: %w", err)
	}
	return nil
}
