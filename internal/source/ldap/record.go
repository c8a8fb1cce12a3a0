package ldap

import (
	"slices"
	"strings"

	ldapv3 "github.com/go-ldap/ldap/v3"

	"muster/internal/attr"
	"muster/internal/source"
)

// recordAttributes returns what to ask for: what the configuration wants delivered, and what identifies entries and states that they are disabled.
func (p profile) recordAttributes(cfg Config, people bool) []string {
	out := []string{p.idAttribute(people)}
	if people {
		switch p.disabledBy {
		case byAccountControl:
			out = append(out, "userAccountControl", "objectClass")
		case byAccountLock:
			out = append(out, "nsAccountLock")
		}
		if p.kind == kindAD {
			out = append(out, "accountExpires", "objectSid", "primaryGroupID")
		} else {
			out = append(out, "uid")
		}
	} else if p.primary {
		out = append(out, "objectSid")
	}
	wanted := cfg.Attributes
	if people {
		wanted = append(slices.Clone(wanted), cfg.References...)
	}
	for _, a := range wanted {
		if !slices.ContainsFunc(out, func(have string) bool { return strings.EqualFold(have, a) }) && (people || !p.isMember(a)) {
			out = append(out, a)
		}
	}
	return out
}

// isMember reports whether a is one of the attributes that hold a group's members, which are never part of its record.
func (p profile) isMember(a string) bool { return slices.Contains(p.members, strings.ToLower(a)) }

// record makes a Record of e. Its error says that the entry bears no key, or, with the key known, that its state is unknown.
func (p profile) record(e *ldapv3.Entry, base source.Base, people bool) (source.Record, error) {
	r := source.Record{Kind: source.Group, Base: base, Name: e.DN}
	if people {
		r.Kind = source.Person
	}
	var err error
	if r.Key, err = keyOf(e, p.idAttribute(people)); err != nil {
		return r, err
	}
	r.Attrs = p.attributes(e, people)
	if !people {
		return r, nil
	}
	s, err := p.standingOf(e)
	r.Disabled, r.Expires = s.disabled, s.expires
	return r, err
}

func (p profile) attributes(e *ldapv3.Entry, people bool) attr.Set {
	out := make(attr.Set, len(e.Attributes))
	for _, a := range e.Attributes {
		name := strings.ToLower(a.Name)
		base, _, _ := strings.Cut(name, ";")
		if strings.Contains(name, ";range=") || !people && p.isMember(base) {
			continue
		}
		values := make(attr.Values, 0, len(a.ByteValues))
		for _, raw := range a.ByteValues {
			if v, ok := textValue(name, raw); ok {
				values = append(values, v)
			}
		}
		if len(values) > 0 {
			out[attr.Path(name)] = values
		}
	}
	return out
}
