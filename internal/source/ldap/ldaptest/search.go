package ldaptest

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// A search is one search request on its way: parsed, then run piece by piece.
type search struct {
	conn     *conn
	id       int64
	base     string
	scope    int
	limit    int // the client's size limit; 0 = none
	filter   *ber.Packet
	names    []string
	types    bool
	controls map[string]control
	paging   *paging // nil = no pages
	faults   Faults
	sum      uint64 // of what makes a page walk one walk
}

// piece is the size of the parts in which an answer is made and sent: changes get a turn in between.
const piece = 64 << 10

func (c *conn) search(ctx context.Context, m message, bound string) {
	s, err := c.parseSearch(m)
	if err == nil {
		err = c.allowed(s, bound)
	}
	if err != nil {
		c.answer(m.id, ldap.ApplicationSearchResultDone, resultOf(err))
		return
	}
	if s.base == "" && s.scope == ldap.ScopeBaseObject {
		c.answerRootDSE(s)
		return
	}
	s.faults = c.server.current().forSearch(s.request(bound))
	err = s.run(ctx)
	if ctx.Err() != nil || errors.Is(err, errCut) {
		return // abandoned: no answer
	}
	if err != nil {
		c.answer(m.id, ldap.ApplicationSearchResultDone, resultOf(err))
	}
}

func (c *conn) parseSearch(m message) (*search, error) {
	if len(m.op.Children) < 8 {
		return nil, refuse(ldap.LDAPResultProtocolError, errMalformed)
	}
	scope, okScope := number(m.op, 1)
	limit, okLimit := number(m.op, 3)
	types, _ := m.op.Children[5].Value.(bool)
	if !okScope || !okLimit || scope < 0 || scope > 2 || limit < 0 {
		return nil, refuse(ldap.LDAPResultProtocolError, errMalformed)
	}
	s := &search{conn: c, id: m.id, base: text(m.op, 0), scope: int(scope), limit: int(limit), types: types, filter: m.op.Children[6], controls: map[string]control{}}
	for _, name := range m.op.Children[7].Children {
		s.names = append(s.names, name.Data.String())
	}
	supported := c.server.tree.supportedControls()
	if oid, bad := unknownCritical(m.controls, supported...); bad {
		return nil, refuse(ldap.LDAPResultUnavailableCriticalExtension, fmt.Errorf("00002040: SvcErr: unknown critical control %s", oid))
	}
	for _, each := range m.controls {
		if slices.Contains(supported, each.oid) {
			s.controls[each.oid] = each
		}
	}
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s\x00%d\x00%x", strings.ToLower(s.base), s.scope, s.filter.Bytes())
	s.sum = h.Sum64()
	var err error
	s.paging, err = s.parsePaging()
	return s, err
}

// allowed refuses what an anonymous client may not do in AD.
func (c *conn) allowed(s *search, bound string) error {
	rootDSE := s.base == "" && s.scope == ldap.ScopeBaseObject
	if bound != "" || rootDSE || c.server.tree.flavor != AD {
		return nil
	}
	return refuse(ldap.LDAPResultOperationsError, errors.New("000004DC: LdapErr: DSID-0C090A71, comment: In order to perform this operation "+
		"a successful bind must be completed on the connection., data 0, v4563\x00"))
}

func (s *search) request(bound string) Request {
	text, err := ldap.DecompileFilter(s.filter)
	if err != nil {
		text = ""
	}
	r := Request{Base: s.base, Scope: s.scope, Filter: text, Attributes: s.names, Page: 1, BoundAs: bound}
	if s.paging != nil {
		r.Page = s.paging.page
	}
	s.conn.log.Debug("search", "base", r.Base, "scope", r.Scope, "filter", r.Filter, "page", r.Page)
	return r
}

func (c *conn) answerRootDSE(s *search) {
	c.server.mu.RLock()
	attributes := c.server.rootDSE()
	c.server.mu.RUnlock()
	p := presenter{selection: newSelection(s.names, s.types)}
	b := p.list(nil, s.id, "", attributes)
	c.send(appendDone(b, s.id, ldap.ApplicationSearchResultDone, result{}, nil))
}

// errCut says that a fault has cut the connection.
var errCut = errors.New("connection cut")

// run answers the search: entries in pieces, then the result. An error is the result, to be sent by the caller.
func (s *search) run(ctx context.Context) error {
	if err := wait(ctx, s.faults.Delay); err != nil {
		return err
	}
	if code := s.faults.codeFor(s.page()); code != 0 {
		return refuse(code, errors.New("switched on"))
	}
	if _, ok := s.controls[oidDirSync]; ok {
		return s.dirSync(ctx)
	}
	w, err := s.open()
	if err != nil {
		return err
	}
	for {
		b, more, err := s.next(w)
		if len(b) > 0 {
			s.conn.send(b)
		}
		if s.faults.CutAfter > 0 && w.sent >= s.faults.CutAfter {
			s.conn.cut()
			return errCut
		}
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case !more:
			return s.finish(w)
		}
	}
}

func (s *search) page() int {
	if s.paging == nil {
		return 1
	}
	return s.paging.page
}

// finish sends continuation references and the result.
func (s *search) finish(w *walk) error {
	b := s.references(w)
	if s.paging == nil || s.faults.DropPaging {
		s.conn.send(appendDone(b, s.id, ldap.ApplicationSearchResultDone, result{}, nil))
		return nil
	}
	s.conn.send(appendDone(b, s.id, ldap.ApplicationSearchResultDone, result{}, nil, s.pagingAnswer(w)))
	return nil
}

// references are where the rest of the directory is found: AD names its other naming contexts when the whole domain is searched.
func (s *search) references(w *walk) []byte {
	t := s.conn.server.tree
	var urls []string
	_, scoped := s.controls[oidDomainScope]
	if t.flavor == AD && w.base == t.root && s.scope == ldap.ScopeWholeSubtree && w.ended && !scoped {
		host := dnsName(t.base)
		for _, name := range []string{"DC=ForestDnsZones,", "DC=DomainDnsZones,", "CN=Configuration,"} {
			zone, _, _ := strings.Cut(strings.TrimPrefix(name, "DC="), ",")
			where := zone + "." + host
			if strings.HasPrefix(name, "CN=") {
				where = host
			}
			urls = append(urls, "ldap://"+where+"/"+name+t.base)
		}
	}
	if s.faults.ReferOnPage == s.page() {
		urls = append(urls, "ldap://elsewhere.example/"+t.base)
	}
	var b []byte
	for _, url := range urls {
		b = appendReference(b, s.id, url)
	}
	return b
}

func appendReference(b []byte, id int64, urls ...string) []byte {
	start := len(b)
	b = appendInt(b, tagInteger, id)
	op := len(b)
	for _, url := range urls {
		b = appendOctets(b, tagOctets, url)
	}
	b = wrap(b, op, 0x60|byte(ldap.ApplicationSearchResultReference))
	return wrap(b, start, tagSequence)
}
