package access

import (
	"context"
	"errors"

	"muster/internal/directory"
)

// Loadable is what has to be known of somebody before a password that a file states becomes theirs.
type Loadable struct {
	Refused string   // why it cannot, "" if it can
	have    Password // theirs now, zero if they never had one
}

// Loads says whether a password that a file states may become that of a person. A file gives none to who holds rights here, and replaces none but one that a
// file stated: what people or administrators have set or ended since stays so.
func Loads(ctx context.Context, r directory.Reader, person directory.ID) (l Loadable, err error) {
	roles, err := Of(r).Roles(ctx, person)
	if err != nil {
		return l, err
	}
	if len(roles) > 0 {
		l.Refused = "who holds rights here is given none by a file"
		return l, nil
	}
	l.have, err = Of(r).Password(ctx, person)
	if errors.Is(err, directory.ErrNotFound) {
		return Loadable{}, nil
	}
	if err == nil && l.have.Hash == "" {
		l.Refused = "it was ended here"
	}
	return l, err
}

// HashLoaded returns the hash of a password that a file states, for PutLoaded. It takes processor time: call it outside of transactions.
func HashLoaded(ctx context.Context, l Loadable, stated string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if l.have.Hash != "" {
		if known, err := same(ctx, stated, l.have.Hash); err != nil || known {
			return samePassword, err
		}
		if !l.have.Loaded {
			return keptPassword, nil
		}
	}
	return bulk.fresh(ctx, stated)
}

// What stands for the hash of a password that somebody has already, and of one that they do not get because they have set another.
const (
	samePassword = "same"
	keptPassword = "kept"
)

// PutLoaded makes the password with a hash of HashLoaded that of a person, and returns what became of it: "set", "changed", "unchanged", or why it was left out. Without
// a hash none was worked out, because nobody was to have it then. One that is changed ends all their sessions, tokens and codes, as a reset does.
func (k *Keeper) PutLoaded(ctx context.Context, tx directory.Tx, person directory.ID, hash string) (string, error) {
	now, err := Loads(ctx, tx, person)
	switch {
	case err != nil:
		return "", err
	case now.Refused != "":
		return "left out: " + now.Refused, nil
	case hash == "":
		return "left out: they changed meanwhile", nil
	case hash == samePassword:
		return "unchanged", nil
	case hash == keptPassword || now.have.Hash != "" && !now.have.Loaded:
		return "left out: another was set here", nil
	}
	set := Password{Person: person, Hash: hash, Set: k.now(), Loaded: true}
	if now.have.Hash == "" {
		return "set", errors.Join(In(tx).PutPassword(ctx, set), k.audit(ctx, tx, "load", "password.set", string(person)))
	}
	p, err := tx.Object(ctx, person)
	if err != nil {
		return "", err
	}
	p.Epoch++
	if err := tx.PutObjects(ctx, p); err != nil {
		return "", err
	}
	if err := In(tx).PutPassword(ctx, set); err != nil {
		return "", err
	}
	return "changed", errors.Join(End(ctx, tx, person), k.audit(ctx, tx, "load", "password.reset", string(person)))
}
