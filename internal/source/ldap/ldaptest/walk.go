package ldaptest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// A walk goes over the entries that a search finds, in order, resuming by place: it never goes over the same entries twice.
type walk struct {
	base    *node
	match   filter
	list    []*node // candidates in order; nil and !narrow = all entries
	narrow  bool
	from    uint64 // the place of the next entry to look at
	present presenter
	deleted bool // show tombstones
	manage  bool // show referral objects as entries
	ended   bool // no further entry
	count   int  // entries of this page
	sent    int  // entries of all pages
}

// open finds the base and compiles the filter.
func (s *search) open() (*walk, error) {
	server := s.conn.server
	server.mu.RLock()
	defer server.mu.RUnlock()
	t := server.tree
	_, deleted := s.controls[oidShowDeleted]
	_, manage := s.controls[oidManageDsaIT]
	_, noRangeError := s.controls[oidRangeNoErr]
	base, err := t.searchBase(s.base, deleted)
	if err != nil {
		return nil, err
	}
	if s.faults.hides(base) {
		return nil, t.noSuchObject(base.dn)
	}
	hidden := s.faults.hiddenAttrs()
	match, err := (&compiler{tree: t, hidden: hidden}).compile(s.filter, 0)
	if err != nil {
		return nil, refuse(ldap.LDAPResultProtocolError, err)
	}
	w := &walk{base: base, match: match, deleted: deleted, manage: manage, present: presenter{
		tree: t, selection: newSelection(s.names, s.types), hidden: hidden, rangeSize: server.config.RangeSize, cutRange: s.faults.CutRange, noRangeError: noRangeError,
	}}
	w.list, w.narrow = w.narrowed(s.scope)
	if s.paging != nil {
		w.from, w.sent = s.paging.from, s.paging.sent
	}
	return w, nil
}

// narrowed lists the candidates in order when there is a shorter way than over all entries.
func (w *walk) narrowed(scope int) ([]*node, bool) {
	if scope == ldap.ScopeBaseObject {
		return []*node{w.base}, true
	}
	list, ok := candidates(w.match)
	if !ok {
		return nil, false
	}
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b *node) int { return int(int64(a.seq) - int64(b.seq)) })
	return slices.Compact(list), true
}

// next makes the next piece of an answer. It holds the lock only meanwhile.
func (s *search) next(w *walk) (b []byte, more bool, err error) {
	server := s.conn.server
	server.mu.RLock()
	defer server.mu.RUnlock()
	list := server.tree.order
	if w.narrow {
		list = w.list
	}
	for i := after(list, w.from); i < len(list); i++ {
		n := list[i]
		if !s.finds(w, n) {
			continue
		}
		w.from = n.seq
		if s.pageFull(w) {
			return b, false, nil
		}
		if err := s.limited(w); err != nil {
			return b, false, err
		}
		if b, err = s.show(b, w, n); err != nil {
			return nil, false, err
		}
		w.from = n.seq + 1
		if len(b) >= piece || (s.faults.CutAfter > 0 && w.sent >= s.faults.CutAfter) {
			return b, true, nil
		}
	}
	w.ended = true
	return b, false, nil
}

// show appends what the client sees of an entry: the entry, or in OpenLDAP the reference that a referral object stands for.
func (s *search) show(b []byte, w *walk, n *node) ([]byte, error) {
	if urls := n.stored("ref"); len(urls) > 0 && !w.manage && (&classFilter{"referral"}).match(n) == yes {
		return appendReference(b, s.id, urls...), nil
	}
	b, err := w.present.entry(b, s.id, n)
	w.count++
	w.sent++
	return b, err
}

// finds reports whether an entry belongs into the answer.
func (s *search) finds(w *walk, n *node) bool {
	if !n.placed || n.gone || (n.dead && !w.deleted) || s.faults.Empty || !inScope(n, w.base, s.scope) {
		return false
	}
	return w.match.match(n) == yes && !s.faults.hides(n)
}

func inScope(n, base *node, scope int) bool {
	switch scope {
	case ldap.ScopeBaseObject:
		return n == base
	case ldap.ScopeSingleLevel:
		return n.parent == base
	default:
		return n.under(base)
	}
}

// pageFull reports whether this page takes no further entry.
func (s *search) pageFull(w *walk) bool { return s.paging != nil && w.count >= s.paging.size }

// limited reports that a size limit does not allow a further entry.
func (s *search) limited(w *walk) error {
	limit := s.limit
	if most := s.conn.server.config.PageSize; s.paging == nil && most > 0 && (limit == 0 || limit > most) {
		limit = most
	}
	if (limit > 0 && w.count >= limit) || (s.faults.SizeLimit > 0 && w.sent >= s.faults.SizeLimit) {
		return refuse(ldap.LDAPResultSizeLimitExceeded, errors.New("size limit exceeded"))
	}
	return nil
}

// wellKnownDeleted is how AD names the container of tombstones independent of its DN.
const wellKnownDeleted = "18E2EA80684F11D2B9AA00C04F79F805"

// searchBase finds where a search starts: by DN, or in AD by <GUID=…>, <SID=…> or <WKGUID=…,DN>.
func (t *tree) searchBase(dn string, deleted bool) (*node, error) {
	n, err := t.resolve(dn)
	if err != nil {
		return nil, err
	}
	if n == nil || !n.placed || (n.dead && !deleted) {
		return nil, t.noSuchObject(dn)
	}
	return n, nil
}

func (t *tree) resolve(dn string) (*node, error) {
	if t.flavor == AD && strings.HasPrefix(dn, "<") && strings.HasSuffix(dn, ">") {
		kind, value, _ := strings.Cut(dn[1:len(dn)-1], "=")
		switch strings.ToUpper(kind) {
		case "GUID":
			raw, ok := rawGUID(value)
			return t.theOne("objectguid", raw, ok), nil
		case "SID":
			raw, ok := parseSID(value)
			return t.theOne("objectsid", raw, ok), nil
		case "WKGUID":
			guid, _, _ := strings.Cut(value, ",")
			if strings.EqualFold(guid, wellKnownDeleted) {
				return t.deleted, nil
			}
			return nil, nil
		}
	}
	key, err := normalDN(dn)
	if dn == "" {
		key, err = "", nil
	}
	if err != nil {
		return nil, refuse(ldap.LDAPResultInvalidDNSyntax, fmt.Errorf("0000208F: NameErr: DSID-03100225, problem 2006 (BAD_NAME), data 8350: %w", err))
	}
	n := t.byKey[key]
	if (n == nil || !n.placed) && t.flavor == AD && key != "" && !strings.HasSuffix(key, t.root.key) {
		return nil, &elsewhere{urls: []string{"ldap://" + dnsName(dn) + "/" + dn}}
	}
	return n, nil
}

func (t *tree) theOne(key, value string, ok bool) *node {
	if found := t.index[key][value]; ok && len(found) == 1 {
		return found[0]
	}
	return nil
}

// noSuchObject is the answer for a missing base, with the nearest entry above it.
func (t *tree) noSuchObject(dn string) error {
	matched := ""
	for above := dn; above != "" && matched == ""; {
		_, above = splitDN(above)
		if n, err := t.lookup(above); err == nil && !n.dead {
			matched = n.dn
		}
	}
	text := "no such object"
	if t.flavor == AD {
		text = fmt.Sprintf("0000208D: NameErr: DSID-0310028D, problem 2001 (NO_OBJECT), data 0, best match of:\n\t'%s'\n\x00", matched)
	}
	return &ldap.Error{ResultCode: ldap.LDAPResultNoSuchObject, MatchedDN: matched, Err: errors.New(text)}
}

// elsewhere is the answer of AD for a base that is none of its own: a referral.
type elsewhere struct{ urls []string }

func (e *elsewhere) Error() string { return "0000202B: RefErr: DSID-0310082F, data 0, 1 access points" }
