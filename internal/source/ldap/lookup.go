package ldap

import (
	"context"
	"fmt"
	"strings"

	ldapv3 "github.com/go-ldap/ldap/v3"
)

// lookupLimit bounds the single look-ups of members that the index does not know, in one read. Groups with members beyond it are not Whole.
const lookupLimit = 10_000

// A verdict is what a look-up of a member said.
type verdict struct {
	at      ref  // the member, if known
	known   bool // it is a person or group of this source
	outside bool // it is readable, and no person or group of this source
}

// lookUp asks for the members that the index does not know: they came or moved during the read, fit no filter (a computer in a group), or are hidden.
func (r *reader) lookUp(ctx context.Context, g *gathering) error {
	for _, dn := range g.unknown {
		if err := r.settle(ctx, g, dn, r.lookUpDN); err != nil {
			return err
		}
	}
	for _, uid := range g.uids {
		if err := r.settle(ctx, g, uidName(uid), r.lookUpUID); err != nil {
			return err
		}
	}
	g.unknown, g.uids = nil, nil
	return nil
}

func (r *reader) settle(ctx context.Context, g *gathering, name string, look func(context.Context, string) (verdict, error)) error {
	v, ok := r.lookups[name]
	if !ok && r.fault == nil && r.asked < lookupLimit {
		r.asked++
		var err error
		if v, err = look(ctx, name); err != nil {
			return err
		}
		r.lookups[name] = v
	}
	switch {
	case v.known:
		g.add(v.at)
	case v.outside:
		r.stranger(g)
	default:
		r.dangle(g, name)
	}
	return nil
}

func (r *reader) lookUpDN(ctx context.Context, dn string) (verdict, error) {
	e, err := r.s.read(ctx, dn, "(objectClass=*)", []string{"1.1"})
	if isFault(err, "base") || isFault(err, "referral") || isFault(err, "rights") {
		return verdict{}, nil
	}
	if e == nil || err != nil {
		return verdict{}, err
	}
	normal, err := normalDN(e.DN)
	if err != nil {
		return verdict{}, nil
	}
	for _, p := range r.places {
		if !p.holds(normal) {
			continue
		}
		id := r.p.idAttribute(p.people)
		e, err := r.s.read(ctx, dn, p.Filter, []string{id})
		if err != nil {
			return verdict{}, err
		}
		if e == nil {
			continue
		}
		key, err := keyOf(e, id)
		if err != nil {
			return verdict{}, nil
		}
		at, _ := r.index.add(normal, key)
		return verdict{at: at, known: true}, nil
	}
	return verdict{outside: true}, nil
}

// lookUpUID asks whether anybody at all bears the uid: then they are outside the bases; else they may be hidden.
func (r *reader) lookUpUID(ctx context.Context, name string) (verdict, error) {
	uid := strings.TrimPrefix(name, uidName(""))
	if _, shared := r.index.names[digestOf(name)]; shared {
		return verdict{}, nil
	}
	for _, root := range r.p.roots {
		found, err := r.s.any(ctx, root, fmt.Sprintf("(uid=%s)", ldapv3.EscapeFilter(uid)), Subtree)
		if err != nil {
			return verdict{}, err
		}
		if found {
			return verdict{outside: true}, nil
		}
	}
	return verdict{}, nil
}
