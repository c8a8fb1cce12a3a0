package ldap

import (
	"context"
	"slices"

	"muster/internal/source"
)

var (
	_ source.Source  = (*Source)(nil)
	_ source.Locator = (*Source)(nil)
)

// A Source reads one directory. It holds no connection and no state between calls.
type Source struct{ cfg Config }

// New checks cfg and returns its source. It does not touch the network or any file.
func New(cfg Config) (*Source, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	return &Source{cfg: cfg.withDefaults()}, nil
}

// connect returns a bound session and what its server is like.
func (src *Source) connect(ctx context.Context) (*session, profile, error) {
	s, err := src.open(ctx)
	if err != nil {
		return nil, profile{}, err
	}
	p, err := s.profile(ctx, src.cfg)
	if err != nil {
		s.close()
		return nil, profile{}, err
	}
	return s, p, nil
}

// A place is an Area where it stands now.
type place struct {
	Area            // DN is where the base is now, Filter is never empty
	normal string   // canonical form of DN
	former []string // canonical forms of where the base was, if it was renamed: groups may still name its entries so
	people bool
}

func (p place) kind() source.Kind {
	if p.people {
		return source.Person
	}
	return source.Group
}

// holds reports whether an entry of canonical form dn lies in the reach of p.
func (p place) holds(dn string) bool {
	if p.Scope == OneLevel {
		return parentOf(dn) == p.normal
	}
	return isUnder(dn, p.normal)
}

// held is holds, for the name of an entry before the base was renamed too.
func (p place) held(dn string) bool {
	return p.holds(dn) || slices.ContainsFunc(p.former, func(old string) bool {
		return place{Area: p.Area, normal: old}.holds(dn)
	})
}
