package ldap

import (
	"errors"
	"fmt"

	ldapv3 "github.com/go-ldap/ldap/v3"

	"muster/internal/source"
)

// entry delivers one entry. Its first result says why the entry keeps the base from being complete.
func (r *reader) entry(p place, e *ldapv3.Entry) (*source.Incomplete, error) {
	rec, err := r.p.record(e, p.Base, p.people)
	if err != nil && !errors.Is(err, errStateUnknown) {
		return r.s.fault("attribute", err.Error(), fmt.Sprintf("let the bind account read %s, or choose another id_attribute", r.p.idAttribute(p.people)), nil), nil
	}
	dn, dnErr := normalDN(e.DN)
	if dnErr != nil {
		return r.s.fault("attribute", "an entry has a name that is not a DN", "look at the entry "+string(rec.Key), dnErr), nil
	}
	at, isNew := r.index.add(dn, rec.Key)
	if !isNew {
		return nil, nil // bases overlap; the first one has it
	}
	if r.ids != nil {
		d := digestOf(string(rec.Key))
		if other, taken := r.ids[d]; taken {
			return r.s.fault("attribute", fmt.Sprintf("%s and %s have the same %s %q", other, e.DN, r.p.idAttribute(p.people), rec.Key),
				"choose an id_attribute that is unique", nil), nil
		}
		r.ids[d] = e.DN
	}
	r.relate(p, e, at)
	r.refer(p, e, at)
	r.noteCut(e)
	if err != nil { // present, but enabled or not is unknown: it must not change
		r.batch.Seen = append(r.batch.Seen, rec.Key)
		return r.s.fault("attribute", err.Error(), "let the bind account read userAccountControl and accountExpires, or set disabled_filter", nil), r.flushFull()
	}
	if r.disabled != nil {
		rec.Disabled = r.disabled[digestOf(string(rec.Key))]
	}
	r.batch.Records = append(r.batch.Records, rec)
	return nil, r.flushFull()
}

// relate remembers what makes the entry a member, or a group of members, besides its DN.
func (r *reader) relate(p place, e *ldapv3.Entry, at ref) {
	if r.uids && p.people {
		for _, uid := range e.GetEqualFoldAttributeValues("uid") {
			r.index.addUID(uid, at)
		}
	}
	if !r.p.primary || !p.people {
		return
	}
	sid, err := decodeSID(e.GetEqualFoldRawAttributeValue("objectSid"))
	if err != nil {
		return
	}
	if group, err := primaryGroupSID(sid, e.GetEqualFoldAttributeValue("primaryGroupID")); err == nil {
		if r.primary == nil {
			r.primary = map[string][]ref{}
		}
		r.primary[group] = append(r.primary[group], at)
	}
}

// noteCut says which attributes came with a part of their values only; they are left out of the record.
func (r *reader) noteCut(e *ldapv3.Entry) {
	for _, a := range e.Attributes {
		if name, cut := parseRange(a.Name); cut != nil && !r.p.isMember(name) {
			r.batch.Notes = append(r.batch.Notes, fmt.Sprintf("%s has too many values of %s; they were left out", e.DN, name))
		}
	}
}
