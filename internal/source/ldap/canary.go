package ldap

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// canary proves that the account can still read: the canary entry with its id, or, where none is configured, one entry of every place.
func (s *session) canary(ctx context.Context, p profile, cfg Config, places []place) error {
	fix := "give the bind account its rights back, or correct canary"
	if cfg.Canary == "" {
		for _, pl := range places {
			found, err := s.any(ctx, pl.DN, pl.Filter, pl.Scope)
			if err != nil || !found {
				return s.fault("canary", fmt.Sprintf("after the read no entry under %q was readable any more", pl.DN), "check what the bind account may read", err)
			}
		}
		return nil
	}
	e, err := s.read(ctx, cfg.Canary, "(objectClass=*)", []string{p.nativeID})
	if err != nil {
		return s.fault("canary", fmt.Sprintf("the canary %q could not be read", cfg.Canary), fix, err)
	}
	if e == nil {
		return s.fault("canary", fmt.Sprintf("the canary %q is not readable: the account may have lost its rights", cfg.Canary), fix, nil)
	}
	if _, err := keyOf(e, p.nativeID); err != nil {
		return s.fault("canary", fmt.Sprintf("the canary %q does not show its %s: the account may have lost its rights", cfg.Canary, p.nativeID), fix, nil)
	}
	return nil
}

// isEmptyPartition reports whether a continuation reference points at a partition of Active Directory that never holds people: configuration, schema,
// DNS zones. A search from a domain's root always returns some.
func (p profile) isEmptyPartition(reference string) bool {
	u, err := url.Parse(reference)
	if err != nil || p.kind != kindAD {
		return false
	}
	dn, err := normalDN(strings.TrimPrefix(u.Path, "/"))
	if err != nil || dn == "" {
		return false
	}
	config, err := normalDN(p.config)
	if err == nil && config != "" && isUnder(dn, config) {
		return true
	}
	first, parent, _ := strings.Cut(dn, ",")
	return (first == "dc=domaindnszones" || first == "dc=forestdnszones") && slices.ContainsFunc(p.contexts, func(c string) bool { return sameDN(c, parent) })
}
