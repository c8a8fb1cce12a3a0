package ldap

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	ldapv3 "github.com/go-ldap/ldap/v3"

	"muster/internal/source"
)

// locateChunk is how many keys one search asks for.
const locateChunk = 40

// Locate looks keys up from the naming root with no filter but the keys.
func (src *Source) Locate(ctx context.Context, kind source.Kind, keys []source.Key) ([]source.Sighting, error) {
	s, p, err := src.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer s.close()
	l := &locator{reader: &reader{cfg: src.cfg, s: s, p: p, index: newIndex()}, people: kind == source.Person}
	if err := l.locate(ctx, keys); err != nil {
		return nil, err
	}
	return l.found, nil
}

type locator struct {
	*reader
	people bool
	found  []source.Sighting
}

func (l *locator) locate(ctx context.Context, keys []source.Key) error {
	if len(l.p.roots) == 0 {
		return l.s.fault("base", "no naming context holds a base, so there is nowhere to look", "check that the bases lie below a naming context that the bind account can see in the root DSE", nil)
	}
	l.yield = func(source.Batch) error { return nil }
	if err := l.findPlaces(ctx); err != nil {
		return err
	}
	if l.fault != nil {
		return l.fault
	}
	if l.people {
		if err := l.readDisabled(ctx); err != nil {
			return err
		}
	}
	for chunk := range slices.Chunk(keys, locateChunk) {
		if err := l.chunk(ctx, chunk); err != nil {
			return err
		}
	}
	return l.readCanary(ctx)
}

// chunk looks a few keys up, and then which of them match a base and its filter.
func (l *locator) chunk(ctx context.Context, keys []source.Key) error {
	filter, err := l.p.anyOf(l.p.idAttribute(l.people), keys)
	if err != nil {
		return l.s.fault("attribute", "a key cannot be looked up", "", err)
	}
	var found []source.Sighting
	seen := map[source.Key]int{}
	for _, root := range l.p.roots {
		references, err := l.s.pages(ctx, l.query(root, Subtree, filter), func(e *ldapv3.Entry) error {
			rec, err := l.p.record(e, "", l.people)
			if err != nil {
				return l.s.fault("attribute", err.Error(), "check what the bind account may read", err)
			}
			if l.disabled != nil {
				rec.Disabled = l.disabled[digestOf(string(rec.Key))]
			}
			if i, again := seen[rec.Key]; again && !sameDN(found[i].Where, e.DN) {
				return l.s.fault("attribute", fmt.Sprintf("%s and %s have the same id", found[i].Where, e.DN), "choose an id_attribute that is unique", nil)
			} else if again {
				return nil
			}
			seen[rec.Key] = len(found)
			found = append(found, source.Sighting{Record: rec, Where: e.DN})
			return nil
		})
		if err != nil {
			return err
		}
		if f := l.references(place{Area: Area{DN: root}}, references); f != nil {
			return f
		}
	}
	if err := l.place(ctx, filter, found, seen); err != nil {
		return err
	}
	l.found = append(l.found, found...)
	return nil
}

// place gives the sightings that a base and its filter match that base.
func (l *locator) place(ctx context.Context, filter string, found []source.Sighting, seen map[source.Key]int) error {
	id := l.p.idAttribute(l.people)
	for _, p := range l.places {
		if p.people != l.people || len(found) == 0 {
			continue
		}
		q := query{base: p.DN, scope: p.Scope, filter: "(&" + p.Filter + filter + ")", attrs: []string{id}, pageSize: locateChunk, buffer: 8}
		_, err := l.s.pages(ctx, q, func(e *ldapv3.Entry) error {
			key, err := keyOf(e, id)
			if i, ok := seen[key]; err == nil && ok && found[i].Record.Base == "" {
				found[i].Record.Base = p.Base
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *locator) query(base string, scope Scope, filter string) query {
	return query{base: base, scope: scope, filter: filter, attrs: l.p.recordAttributes(l.cfg, l.people), pageSize: locateChunk, buffer: 8}
}

// anyOf returns the filter that matches any of the keys.
func (p profile) anyOf(attribute string, keys []source.Key) (string, error) {
	var b strings.Builder
	b.WriteString("(|")
	var errs []error
	for _, key := range keys {
		f, err := keyFilter(attribute, key)
		errs = append(errs, err)
		b.WriteString(f)
	}
	b.WriteString(")")
	return b.String(), errors.Join(errs...)
}
