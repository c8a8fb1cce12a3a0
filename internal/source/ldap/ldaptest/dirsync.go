package ldaptest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// The flags of DirSync (MS-ADTS 3.1.1.3.4.1.3) that change what is answered.
const (
	dirSyncObjectSecurity    = 0x1
	dirSyncIncrementalValues = 0x80000000
)

// A dirSync is one round of the DirSync control: the entries that changed after a USN, with what changed of them.
type dirSync struct {
	flags uint32
	since int64
}

// dirSyncMark begins every cookie.
const dirSyncMark = "MSDS\x03\x00\x00\x00"

// dirSync answers one round. The answer's flags are not 0 when the next round has more.
func (s *search) dirSync(ctx context.Context) error {
	d, err := parseDirSync(s.controls[oidDirSync].value)
	if err != nil {
		return err
	}
	w, err := s.open()
	if err != nil {
		return err
	}
	if w.base != s.conn.server.tree.root || s.scope != ldap.ScopeWholeSubtree {
		return refuse(ldap.LDAPResultInsufficientAccessRights, errors.New("00002105: SecErr: DirSync starts at a naming context only"))
	}
	b, next, more := s.round(w, d)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	flags := int64(0)
	if more {
		flags = 1
	}
	value := appendInt(nil, tagInteger, flags)
	value = appendInt(value, tagInteger, 0)
	value = appendOctets(value, tagOctets, dirSyncMark+string(binary.BigEndian.AppendUint64(nil, uint64(next))))
	s.conn.send(appendDone(b, s.id, ldap.ApplicationSearchResultDone, result{}, nil, appendControl(oidDirSync, wrap(value, 0, tagSequence))))
	return nil
}

func parseDirSync(value string) (dirSync, error) {
	p, err := ber.DecodePacketErr([]byte(value))
	if err != nil || len(p.Children) != 3 {
		return dirSync{}, refuse(ldap.LDAPResultProtocolError, fmt.Errorf("%w: DirSync control", errMalformed))
	}
	flags, _ := number(p, 0)
	d := dirSync{flags: uint32(flags)}
	cookie := text(p, 2)
	if cookie == "" {
		return d, nil
	}
	usn, ok := strings.CutPrefix(cookie, dirSyncMark)
	if !ok || len(usn) != 8 {
		return dirSync{}, refuse(ldap.LDAPResultUnavailableCriticalExtension, errors.New("00000057: LdapErr: DSID-0C090A71, comment: Error processing control, data 0"))
	}
	d.since = int64(binary.BigEndian.Uint64([]byte(usn)))
	return d, nil
}

// round makes one round's entries, the USN that they reach to, and whether more follow.
func (s *search) round(w *walk, d dirSync) (b []byte, next int64, more bool) {
	server := s.conn.server
	server.mu.RLock()
	defer server.mu.RUnlock()
	t := server.tree
	w.deleted = d.flags&dirSyncObjectSecurity == 0
	changed := t.changedAfter(d.since)
	next = max(d.since, t.usn)
	for i, n := range changed {
		if !s.finds(w, n) || n == t.deleted {
			continue
		}
		entry, some := s.delta(w, d, n)
		if !some {
			continue
		}
		b = append(b, entry...)
		w.count++
		if w.count >= max(server.config.PageSize, 1) && i+1 < len(changed) {
			return b, n.usnChanged, true
		}
	}
	return b, next, false
}

// changedAfter lists the entries that changed after a USN in the order of their changes. The list is kept for the next round.
func (t *tree) changedAfter(usn int64) []*node {
	t.byUSN.Lock()
	defer t.byUSN.Unlock()
	if t.byUSN.at != t.usn {
		t.byUSN.at, t.byUSN.list = t.usn, slices.Clone(t.order)
		slices.SortFunc(t.byUSN.list, func(a, b *node) int { return int(a.usnChanged - b.usnChanged) })
	}
	list := t.byUSN.list
	i, _ := slices.BinarySearchFunc(list, usn+1, func(n *node, usn int64) int { return int(n.usnChanged - usn) })
	return list[i:]
}

// delta appends what changed of an entry. It is nothing when none of the attributes asked for did.
func (s *search) delta(w *walk, d dirSync, n *node) (b []byte, some bool) {
	p := &w.present
	isNew := n.usnCreated > d.since
	b = appendInt(nil, tagInteger, s.id)
	op := len(b)
	b = appendOctets(b, tagOctets, n.dn)
	list := len(b)
	add := func(name string, values []string) {
		b = p.values(b, name, 0, len(values), func(i int) string { return values[i] })
	}
	changed := deltaNames(n, d, p, isNew)
	for _, name := range changed {
		if _, isLink := linked[strings.ToLower(name)]; isLink {
			deltaLink(n, d, name, isNew, add)
		} else {
			add(name, n.stored(strings.ToLower(name)))
		}
	}
	renamed := isNew || n.changed["name"] > d.since || n.changed["parentguid"] > d.since
	if renamed {
		add("name", n.stored("name"))
		if n.parent != nil {
			add("parentGUID", n.parent.stored("objectguid"))
		}
	}
	if n.dead {
		add("isDeleted", []string{"TRUE"})
	}
	add("objectGUID", n.stored("objectguid"))
	add("instanceType", n.stored("instancetype"))
	b = wrap(b, list, tagSequence)
	b = wrap(b, op, 0x60|byte(ldap.ApplicationSearchResultEntry))
	return wrap(b, 0, tagSequence), len(changed) > 0 || renamed || n.dead
}

// always are the attributes that delta adds by itself.
var always = map[string]bool{"name": true, "parentguid": true, "objectguid": true, "instancetype": true, "isdeleted": true}

// deltaNames lists the attributes asked for that an answer holds: of a new entry those with values, else those that changed, even to nothing.
func deltaNames(n *node, d dirSync, p *presenter, isNew bool) []string {
	var list []string
	known := map[string]bool{}
	take := func(name, key string) {
		known[key] = true
		if !always[key] && p.visible(key) && p.selection.wants(key, false) && (isNew || n.changed[key] > d.since) {
			list = append(list, name)
		}
	}
	for _, a := range n.attrs {
		take(a.name, a.key)
	}
	for _, l := range n.links {
		take(l.name, l.key)
	}
	if isNew || n.dead {
		return list
	}
	for key, usn := range n.changed {
		if usn > d.since && !known[key] {
			take(key, key)
		}
	}
	return list
}

// deltaLink adds a link attribute: whole, or by the values that came (range=1-1) and went (range=0-0).
func deltaLink(n *node, d dirSync, name string, isNew bool, add func(string, []string)) {
	key := strings.ToLower(name)
	if d.flags&dirSyncIncrementalValues == 0 {
		add(name, names(n.linksOf(key)))
		return
	}
	added, removed := n.valuesSince(key, d.since)
	if isNew {
		added, removed = n.linksOf(key), nil
	}
	if len(added) > 0 {
		add(name+";range=1-1", names(added))
	}
	if len(removed) > 0 {
		add(name+";range=0-0", names(removed))
	}
}
