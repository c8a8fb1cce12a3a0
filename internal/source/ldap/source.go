package ldap

import (
	"context"

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
