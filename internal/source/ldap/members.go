package ldap

import (
	"context"
	"slices"
	"strings"

	ldapv3 "github.com/go-ldap/ldap/v3"

	"muster/internal/source"
)

// membersPage is how many groups are asked for at a time: a group can be megabytes long.
const membersPage = 50

// A gathering is one group whose members are being collected.
type gathering struct {
	name      string // DN, for notes and further ranges
	key       source.Key
	seen      map[ref]bool
	refs      []ref    // new since the last hand-over
	unknown   []string // member DNs within a place that the index does not know
	uids      []string // the same for memberUid
	ranges    []valueRange
	usn       string // state of the group when its first range was read
	whole     bool
	strangers bool     // some members lie outside every base, as far as these stand where they stood
	dangling  []string // names of members that lead nowhere
}

// readMembers delivers the memberships of every group that was read.
//
// What the index knows is delivered while the answer comes in. Whatever needs a request of its own (further ranges, unknown members, members that seem to be
// strangers) waits for the end of the page, and then its group is delivered on its own, so that the memberships of one group always stay together.
func (r *reader) readMembers(ctx context.Context) error {
	if r.lookups == nil {
		r.lookups = map[string]verdict{}
	}
	for _, p := range r.places {
		if p.people {
			continue
		}
		if err := r.note(ctx, withBase(r.readMembersOf(ctx, p), p.Base)); err != nil {
			return err
		}
	}
	return r.flush()
}

func (r *reader) readMembersOf(ctx context.Context, p place) error {
	done := map[source.Key]bool{}
	var waiting []*gathering
	var flaw error
	q := query{base: p.DN, scope: p.Scope, filter: p.Filter, attrs: r.memberAttributes(), pageSize: min(membersPage, r.cfg.PageSize)}
	q.pageEnd = func() error {
		cut, err := r.completeAll(ctx, waiting)
		waiting = nil
		if cut != nil {
			flaw = cut
		}
		return err
	}
	_, err := r.s.pages(ctx, q, func(e *ldapv3.Entry) error {
		g := r.gather(e)
		if g == nil || done[g.key] {
			return nil
		}
		done[g.key] = true
		if len(g.unknown)+len(g.uids)+len(g.ranges) > 0 || g.strangers {
			waiting = append(waiting, g)
			return nil
		}
		return r.deliver(g)
	})
	if err != nil {
		return err
	}
	return flaw
}

func (r *reader) memberAttributes() []string {
	out := append([]string{r.p.groupID}, r.p.members...)
	if r.p.primary {
		out = append(out, "objectSid")
	}
	if r.p.kind == kindAD {
		out = append(out, "uSNChanged")
	}
	return out
}

// gather resolves the members that e shows. It returns nil for a group that was not read before: the next read has it.
func (r *reader) gather(e *ldapv3.Entry) *gathering {
	key, err := keyOf(e, r.p.groupID)
	dn, dnErr := normalDN(e.DN)
	if err != nil || dnErr != nil {
		return nil
	}
	if at, ok := r.index.find(dn); !ok || r.index.key(at) != key {
		return nil
	}
	g := &gathering{
		name: e.DN, key: key, seen: map[ref]bool{}, whole: r.fault == nil,
		usn: e.GetEqualFoldAttributeValue("uSNChanged"),
	}
	for _, a := range e.Attributes {
		name, first := parseRange(a.Name)
		if !r.p.isMember(name) {
			continue
		}
		r.resolve(g, name, a.Values)
		if first != nil && !first.last {
			g.ranges = append(g.ranges, valueRange{attribute: name, end: first.end})
		}
		if first != nil && (first.start != 0 || !first.fits(len(a.Values))) {
			g.whole = false
		}
	}
	if sid, err := decodeSID(e.GetEqualFoldRawAttributeValue("objectSid")); err == nil {
		for _, at := range r.primary[sid] {
			g.add(at)
		}
	}
	return g
}

func (g *gathering) add(at ref) {
	if !g.seen[at] {
		g.seen[at] = true
		g.refs = append(g.refs, at)
	}
}

// resolve turns the values of a member attribute into refs, or puts them aside.
func (r *reader) resolve(g *gathering, attribute string, values []string) {
	for _, v := range values {
		if attribute == "memberuid" {
			if at, ok := r.index.find(uidName(v)); ok {
				g.add(at)
			} else {
				g.uids = append(g.uids, v)
			}
			continue
		}
		if attribute == "uniquemember" {
			v = withoutUID(v)
		}
		dn, err := normalDN(v)
		if err != nil {
			r.hide(g)
			continue
		}
		if at, ok := r.index.find(dn); ok {
			g.add(at)
		} else if r.inPlace(dn) {
			g.unknown = append(g.unknown, v)
		} else {
			r.stranger(g)
		}
	}
}

// stranger records a member outside every base.
func (r *reader) stranger(g *gathering) {
	g.strangers = true
	r.outside.add(g.name)
}

// withoutUID takes the optional bit string off a uniqueMember (RFC 4517 §3.3.21).
func withoutUID(v string) string {
	i := strings.LastIndex(v, "#'")
	if i < 0 || !strings.HasSuffix(v, "'B") || strings.Trim(v[i+2:len(v)-2], "01") != "" {
		return v
	}
	return v[:i]
}

// inPlace reports whether an entry of canonical form dn would lie, or would have lain, in the reach of a base.
func (r *reader) inPlace(dn string) bool {
	return slices.ContainsFunc(r.places, func(p place) bool { return p.held(dn) })
}

// hide records a member that cannot be accounted for: the group is not Whole.
func (r *reader) hide(g *gathering) {
	g.whole = false
	r.hidden.add(g.name)
}

// danglingLimit bounds the names of lost members that are handed over for one group.
const danglingLimit = 1000

// dangle records a member whose name leads nowhere: the group is Whole only if that is known to be nobody any more.
func (r *reader) dangle(g *gathering, name string) {
	r.hidden.add(g.name)
	if strings.HasPrefix(name, uidName("")) || len(g.dangling) >= danglingLimit {
		g.whole = false
		return
	}
	g.dangling = append(g.dangling, name)
}

// completeAll fetches what is missing of the groups of a page, and delivers them. It returns the fault of a group that was cut, which ends nothing.
func (r *reader) completeAll(ctx context.Context, groups []*gathering) (flaw, err error) {
	var small []*gathering
	for _, g := range groups {
		large := len(g.ranges) > 0
		err := r.complete(ctx, g)
		if isFault(err, "range") && !r.s.dead() {
			flaw, err = err, nil
		}
		switch {
		case err != nil:
		case large: // it is being delivered already, and no other group may come in between
			err = r.release(ctx, []*gathering{g})
		default:
			small = append(small, g)
		}
		if err != nil {
			return flaw, err
		}
	}
	return flaw, r.release(ctx, small)
}

// complete fetches what is missing of g, between pages.
func (r *reader) complete(ctx context.Context, g *gathering) error {
	flaw := r.readRanges(ctx, g)
	if flaw != nil {
		g.whole = false
		if r.refused != nil || !isFault(flaw, "range") {
			return flaw
		}
	}
	if err := r.lookUp(ctx, g); err != nil {
		return err
	}
	return flaw
}

// release delivers groups that waited. If a base does not stand any more where it stood when this read began, those who seem to be strangers may be its people
// under their new names: then groups with strangers are not whole, and neither is the read.
func (r *reader) release(ctx context.Context, groups []*gathering) error {
	if r.fault == nil && slices.ContainsFunc(groups, func(g *gathering) bool { return g.strangers }) {
		if err := r.note(ctx, r.stand(ctx)); err != nil {
			return err
		}
	}
	for _, g := range groups {
		g.whole = g.whole && (r.fault == nil || !g.strangers)
		if err := r.deliver(g); err != nil {
			return err
		}
	}
	return nil
}

// deliver hands over what was gathered, and at the end states that it is all.
func (r *reader) deliver(g *gathering) error {
	if err := r.deliverPart(g); err != nil {
		return err
	}
	switch {
	case g.whole && len(g.dangling) == 0:
		r.batch.Whole = append(r.batch.Whole, g.key)
	case g.whole:
		if r.batch.Dangling == nil {
			r.batch.Dangling = map[source.Key][]string{}
		}
		r.batch.Dangling[g.key] = g.dangling
	}
	return nil
}

func (r *reader) deliverPart(g *gathering) error {
	for _, at := range g.refs {
		r.batch.Members = append(r.batch.Members, source.Membership{Group: g.key, Member: r.index.key(at), Op: source.Seen})
		if err := r.flushFull(); err != nil {
			return err
		}
	}
	g.refs = nil
	return nil
}
