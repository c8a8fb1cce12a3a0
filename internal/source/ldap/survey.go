package ldap

import (
	"context"
	"slices"
	"strings"

	ldapv3 "github.com/go-ldap/ldap/v3"

	"muster/internal/source"
)

// deepest is how far below its naming context a place may be that Survey tells of, and mostPlaces how many it tells of.
const (
	deepest    = 2
	mostPlaces = 60
)

// Survey finds out where people and groups are in a directory that nobody has described yet: it reads the names of all that the account may see, in each naming
// context, and counts them by the places that hold them. It is for whoever is about to choose search bases: what cfg says of those is not looked at. It also finds
// the entry of the account itself. On error the Report tells how far it got, and has no places.
func Survey(ctx context.Context, cfg Config) (source.Report, error) {
	var rep source.Report
	src, err := New(cfg)
	if err != nil {
		return rep, err
	}
	s, p, err := src.connect(ctx)
	if err != nil {
		return rep, err
	}
	defer s.close()
	rep.Server, rep.Kind, rep.TLS, rep.Bound = s.server, p.kind, s.tls, s.whoAmI(cfg.Bind)
	for _, base := range p.contexts {
		root, err := normalDN(base)
		if err != nil || root == "" || nobodyIn(root) {
			continue
		}
		v := survey{root: root, depth: depthOf(root), places: map[string]*source.Place{}}
		err = v.count(ctx, s, query{base: base, filter: p.people, pageSize: src.cfg.PageSize}, func(x *source.Place) { x.People++ })
		if err == nil {
			err = v.count(ctx, s, query{base: base, filter: p.groups, pageSize: src.cfg.PageSize}, func(x *source.Place) { x.Groups++ })
		}
		if err != nil {
			rep.Places = nil
			return rep, err
		}
		rep.Places = append(rep.Places, v.tree()...)
		if rep.Account == "" {
			rep.Account = s.ownEntry(ctx, base, cfg.Bind)
		}
	}
	return rep, nil
}

// nobodyIn reports whether a naming context is one of those that Active Directory keeps for itself.
func nobodyIn(root string) bool {
	return slices.ContainsFunc([]string{"cn=configuration,", "cn=schema,", "dc=domaindnszones,", "dc=forestdnszones,"}, func(p string) bool { return strings.HasPrefix(root, p) })
}

// A survey counts the entries of one naming context by the places above them.
type survey struct {
	root   string // in canonical form
	depth  int
	places map[string]*source.Place // by canonical form
}

// count adds one to every place above each entry that q finds.
func (v survey) count(ctx context.Context, s *session, q query, add func(*source.Place)) error {
	q.scope, q.attrs, q.buffer = Subtree, []string{"1.1"}, 64
	_, err := s.pages(ctx, q, func(e *ldapv3.Entry) error {
		dn, err := normalDN(e.DN)
		if err != nil {
			return nil // it is counted nowhere, and the read tells of it
		}
		for at := parentOf(dn); isUnder(at, v.root); at = parentOf(at) {
			if depthOf(at)-v.depth <= deepest {
				add(v.place(at, e.DN, depthOf(dn)-depthOf(at)))
			}
			if at == v.root {
				break
			}
		}
		return nil
	})
	return err
}

// place returns the place of canonical form at, which is what is left of the DN of an entry in it without its first parts.
func (v survey) place(at, entry string, parts int) *source.Place {
	if v.places[at] == nil {
		v.places[at] = &source.Place{DN: above(entry, parts), Depth: depthOf(at) - v.depth}
	}
	return v.places[at]
}

// above returns a DN, as the server writes it, without its first parts.
func above(dn string, parts int) string {
	escaped, quoted := false, false
	for i := range len(dn) {
		switch c := dn[i]; {
		case escaped:
			escaped = false
		case c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case (c == ',' || c == ';') && !quoted:
			if parts--; parts == 0 {
				return strings.TrimLeft(dn[i+1:], " ")
			}
		}
	}
	return dn
}

// depthOf returns how many parts a DN in canonical form has.
func depthOf(dn string) int { return strings.Count(dn, ",") + 1 }

// tree returns the places, each below the one that it is in. If there are too many, the lowest are left out.
func (v survey) tree() []source.Place {
	var names []string
	for at, p := range v.places {
		if p.Depth < deepest || len(v.places) <= mostPlaces {
			names = append(names, at)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return slices.Compare(fromRoot(a), fromRoot(b)) })
	var out []source.Place
	for _, at := range names[:min(len(names), mostPlaces)] {
		out = append(out, *v.places[at])
	}
	return out
}

// fromRoot returns the parts of a DN in canonical form, the highest first.
func fromRoot(dn string) []string {
	parts := strings.Split(dn, ",")
	slices.Reverse(parts)
	return parts
}

// ownEntry returns the DN of the entry of the account that is bound as, "" if it cannot be found below root.
func (s *session) ownEntry(ctx context.Context, root, bind string) string {
	var found []string
	note := func(e *ldapv3.Entry) error { found = append(found, e.DN); return nil }
	if _, err := normalDN(bind); err == nil && strings.Contains(bind, "=") {
		if e, err := s.read(ctx, bind, "(objectClass=*)", []string{"1.1"}); err == nil && e != nil {
			return e.DN
		}
		return ""
	}
	_, name, short := strings.Cut(bind, `\`) // DOMAIN\account
	filter := "(userPrincipalName=" + ldapv3.EscapeFilter(bind) + ")"
	if short {
		filter = "(sAMAccountName=" + ldapv3.EscapeFilter(name) + ")"
	}
	if _, err := s.pages(ctx, query{base: root, filter: filter, scope: Subtree, attrs: []string{"1.1"}, pageSize: 2}, note); err != nil || len(found) != 1 {
		return ""
	}
	return found[0]
}
