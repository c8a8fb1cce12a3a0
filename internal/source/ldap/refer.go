package ldap

import (
	"context"
	"strings"

	ldapv3 "github.com/go-ldap/ldap/v3"

	"muster/internal/source"
)

// references are whom people name in their attributes, gathered while people are read, and translated into keys when all are known: who is named may
// come after who names them. Each name is kept once, so that they take as much memory as there are people who are named.
type references struct {
	names []string       // DNs, as they were given
	at    map[digest]int // their places in names, by their canonical form
	found []naming
}

// A naming is one value of a reference attribute.
type naming struct {
	of   ref
	name uint16 // which of Config.References
	to   int32  // place in names, or one of those below
}

const (
	namesNobody = -1 // the attribute is empty
	unreadable  = -2 // a value is no DN
)

func (x *references) add(of ref, name int, to int32) {
	x.found = append(x.found, naming{of, uint16(name), to})
}

// place returns the place of a DN in x.names.
func (x *references) place(canonical, given string) int32 {
	if x.at == nil {
		x.at = map[digest]int{}
	}
	d := digestOf(canonical)
	i, ok := x.at[d]
	if !ok {
		i = len(x.names)
		x.at[d] = i
		x.names = append(x.names, strings.Clone(given)) // not the whole message that it came in
	}
	return int32(i)
}

// refer gathers whom an entry names.
func (r *reader) refer(p place, e *ldapv3.Entry, at ref) {
	if !p.people {
		return
	}
	for i, name := range r.cfg.References {
		values := e.GetEqualFoldAttributeValues(name)
		if len(values) == 0 {
			r.refers.add(at, i, namesNobody)
		}
		for _, v := range values {
			dn, err := normalDN(v)
			if err != nil {
				r.refers.add(at, i, unreadable)
				continue
			}
			r.refers.add(at, i, r.refers.place(dn, v))
		}
	}
}

// readReferences delivers whom people name, now that all are known. Of an attribute with a value that cannot be told, nothing is stated.
func (r *reader) readReferences(ctx context.Context) error {
	if r.lookups == nil {
		r.lookups = map[string]verdict{}
	}
	people, err := r.named(ctx)
	if err != nil {
		return err
	}
	found := r.refers.found
	r.refers = references{}
	for len(found) > 0 {
		n, person := 0, found[0].of
		var states []source.Reference
		for n < len(found) && found[n].of == person {
			m := n
			for m < len(found) && found[m].of == person && found[m].name == found[n].name {
				m++
			}
			if s, ok := r.stated(found[n:m], people); ok {
				states = append(states, s)
			}
			n = m
		}
		found = found[n:]
		r.batch.Refers = append(r.batch.Refers, states...)
		if err := r.flushFull(); err != nil {
			return err
		}
	}
	return r.flush()
}

// named says of each name that people gave whom it leads to. Those that the index does not know are looked up, each once.
func (r *reader) named(ctx context.Context) ([]verdict, error) {
	out := make([]verdict, len(r.refers.names))
	strangers := false
	for i, given := range r.refers.names {
		dn, err := normalDN(given)
		if err != nil {
			return nil, err // it was one when it was put there
		}
		at, ok := r.index.find(dn)
		switch {
		case ok:
			out[i] = verdict{at: at, known: true}
		case !r.inPlace(dn):
			out[i], strangers = verdict{outside: true}, true
		default:
			v, err := r.lookUpNamed(ctx, given)
			if err := r.note(ctx, err); err != nil {
				return nil, err
			}
			out[i] = v
		}
	}
	if !strangers || r.fault != nil {
		return out, nil
	}
	return out, r.note(ctx, r.stand(ctx)) // else those who seem to be strangers may be our people under their new names
}

// lookUpNamed asks for an entry that the index does not know, once in a read.
func (r *reader) lookUpNamed(ctx context.Context, dn string) (verdict, error) {
	v, ok := r.lookups[dn]
	if ok || r.fault != nil || r.asked >= lookupLimit {
		return v, nil
	}
	r.asked++
	v, err := r.lookUpDN(ctx, dn)
	if err == nil {
		r.lookups[dn] = v
	}
	return v, err
}

// stated returns what the values of one attribute state. It reports false where that is not known: a name leads nowhere, or the read has a fault by which
// those who seem to be strangers may be none.
func (r *reader) stated(values []naming, people []verdict) (source.Reference, bool) {
	out := source.Reference{Of: r.index.key(values[0].of), Name: strings.ToLower(r.cfg.References[values[0].name])}
	for _, v := range values {
		switch {
		case v.to == namesNobody:
		case v.to == unreadable:
			return out, false
		case people[v.to].known:
			out.To = append(out.To, r.index.key(people[v.to].at))
		case !people[v.to].outside || r.fault != nil:
			return out, false
		}
	}
	return out, true
}
