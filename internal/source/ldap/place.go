package ldap

import (
	"context"
	"fmt"
	"slices"

	"muster/internal/source"
)

// A place is an Area where it stands now.
type place struct {
	Area              // DN is where the base is now, Filter is never empty
	key    source.Key // of the base itself, as far as it shows one
	normal string     // canonical form of DN
	former []string   // canonical forms of where the base was, if it was renamed: groups may still name its entries so
	people bool
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

// findPlaces finds out where the bases are now.
func (r *reader) findPlaces(ctx context.Context) error {
	r.batch.Pins = map[source.Base]source.Pin{}
	for _, a := range r.cfg.People {
		if err := r.note(ctx, withBase(r.findPlace(ctx, a, r.p.people, true), a.Base)); err != nil {
			return err
		}
	}
	for _, a := range r.cfg.Groups {
		if err := r.note(ctx, withBase(r.findPlace(ctx, a, r.p.groups, false), a.Base)); err != nil {
			return err
		}
	}
	if len(r.places) == 0 {
		return r.fault
	}
	return r.flush()
}

// findPlace finds one base. filter is the one to use where a gives none.
func (r *reader) findPlace(ctx context.Context, a Area, filter string, people bool) error {
	earlier := r.cfg.Pins[a.Base]
	pin, note, err := r.s.resolve(ctx, r.p, a.DN, earlier)
	if err != nil {
		return err
	}
	if note != "" {
		r.batch.Notes = append(r.batch.Notes, fmt.Sprintf("base %s: %s", a.Base, note))
	}
	if pin.Key != "" {
		r.batch.Pins[a.Base] = pin
	}
	p := place{Area: a, key: pin.Key, people: people}
	if p.normal, err = normalDN(pin.DN); err != nil {
		return r.s.fault("base", fmt.Sprintf("it stands at %q, which is not a DN", pin.DN), "look at that entry", err)
	}
	if p.DN = pin.DN; p.Filter == "" {
		p.Filter = filter
	}
	for _, old := range []string{a.DN, earlier.DN} {
		if n, err := normalDN(old); err == nil && n != "" && n != p.normal {
			p.former = append(p.former, n)
		}
	}
	r.places = append(r.places, p)
	return nil
}

// stand returns a fault if a base is not where it was when this read began: names of entries that were read before and after do not fit together then.
func (r *reader) stand(ctx context.Context) error {
	for _, p := range r.places {
		now, _, err := r.s.resolve(ctx, r.p, p.DN, source.Pin{For: p.DN, Key: p.key, DN: p.DN})
		if err == nil && !sameDN(now.DN, p.DN) {
			err = r.s.fault("base", fmt.Sprintf("it was renamed or moved to %q while it was read", now.DN), "nothing: the next read follows it", nil)
		}
		if err != nil {
			return withBase(err, p.Base)
		}
	}
	return nil
}
