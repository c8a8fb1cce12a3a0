package ldap

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	ldapv3 "github.com/go-ldap/ldap/v3"
)

// A query is one search, page by page.
type query struct {
	base     string
	filter   string
	scope    Scope
	attrs    []string
	pageSize int
	buffer   int // entries fetched ahead
	controls []ldapv3.Control
	pageEnd  func() error
}

// pages runs q and calls each for every entry, on the calling goroutine. It returns nil only if the search was answered whole:
//
//	every page ended with result 0   ∧ with a paging control   ∧ the last cookie was empty   ∧ ctx is alive
//
// The library reports a search on a closed connection or under a cancelled context as an empty success; the demand for the control tells those apart.
// Continuation references are returned, not followed. No other request may run in each; those go into pageEnd, which runs between pages. An error of
// either is returned as is, and the connection is then of no more use.
func (s *session) pages(ctx context.Context, q query, each func(*ldapv3.Entry) error) (references []string, err error) {
	var cookie []byte
	for {
		page, err := s.page(ctx, q, cookie, each)
		references = append(references, page.references...)
		if err != nil {
			return references, err
		}
		if q.pageEnd != nil {
			if err := q.pageEnd(); err != nil {
				return references, err
			}
		}
		if len(page.cookie) == 0 {
			return references, nil
		}
		if page.entries == 0 && bytes.Equal(cookie, page.cookie) {
			return references, s.fault("paging", fmt.Sprintf("the search under %q does not get on: the same page comes again and again", q.base),
				"look at the server's log for this moment", nil)
		}
		cookie = page.cookie
	}
}

type page struct {
	entries    int
	references []string
	cookie     []byte
}

func (s *session) page(ctx context.Context, q query, cookie []byte, each func(*ldapv3.Entry) error) (page, error) {
	paging := ldapv3.NewControlPaging(uint32(q.pageSize))
	paging.SetCookie(cookie)
	scope := ldapv3.ScopeWholeSubtree
	if q.scope == OneLevel {
		scope = ldapv3.ScopeSingleLevel
	}
	req := ldapv3.NewSearchRequest(q.base, scope, ldapv3.NeverDerefAliases, 0, 0, false, q.filter, q.attrs,
		append([]ldapv3.Control{paging}, q.controls...))

	sctx, cancel := context.WithCancel(ctx)
	entries := s.sink(q.buffer)
	resp := s.conn.SearchAsync(sctx, req, q.buffer)
	var p page
	var controls []ldapv3.Control
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for resp.Next() {
			switch e := resp.Entry(); {
			case e != nil:
				entries.put(e)
			case resp.Referral() != "":
				p.references = append(p.references, resp.Referral())
			default:
				controls = resp.Controls()
			}
		}
	}()
	err := s.drain(entries, ended, func(e *ldapv3.Entry) error {
		p.entries++
		return each(e)
	})
	cancel()
	s.unsink(entries)
	<-ended // closing the connection under an unread search would hang
	if err != nil {
		return p, err
	}
	if err := resp.Err(); err != nil || ctx.Err() != nil || s.dead() {
		return p, s.searchFault(ctx, q.base, err)
	}
	answer, ok := ldapv3.FindControl(controls, ldapv3.ControlTypePaging).(*ldapv3.ControlPaging)
	if !ok {
		return p, s.fault("paging", fmt.Sprintf("the search under %q was answered without a paging control: whether that was all is unknown", q.base),
			"switch paged results on at the server, or choose another", nil)
	}
	p.cookie = answer.Cookie
	return p, nil
}

// drain calls each for every entry until the search has ended, waiting for each under the watchdog.
func (s *session) drain(from *sink, ended <-chan struct{}, each func(*ldapv3.Entry) error) error {
	for {
		s.watch.Reset(s.timeout)
		select {
		case e := <-from.entries:
			s.watch.Stop()
			if err := each(e); err != nil {
				return err
			}
			continue
		case <-ended:
			s.watch.Stop()
		}
		for { // what came before the end
			select {
			case e := <-from.entries:
				if err := each(e); err != nil {
					return err
				}
			default:
				return nil
			}
		}
	}
}

// read returns the entry dn if it exists, is readable and matches filter, else nil. Any other end is an *source.Incomplete.
func (s *session) read(ctx context.Context, dn, filter string, attrs []string, controls ...ldapv3.Control) (*ldapv3.Entry, error) {
	req := ldapv3.NewSearchRequest(dn, ldapv3.ScopeBaseObject, ldapv3.NeverDerefAliases, 0, 0, false, filter, attrs, controls)
	if s.dead() || ctx.Err() != nil {
		return nil, s.searchFault(ctx, dn, nil)
	}
	var res *ldapv3.SearchResult
	err := s.guard(func() (err error) {
		res, err = s.conn.Search(req)
		return err
	})
	switch {
	case ldapv3.IsErrorWithCode(err, ldapv3.LDAPResultNoSuchObject):
		return nil, nil
	case err != nil || ctx.Err() != nil:
		return nil, s.searchFault(ctx, dn, err)
	case len(res.Entries) == 0 && len(res.Referrals) > 0:
		return nil, s.searchFault(ctx, dn, ldapv3.NewError(ldapv3.LDAPResultReferral, errors.New(res.Referrals[0])))
	case len(res.Entries) != 1:
		return nil, nil
	}
	return res.Entries[0], nil
}

// any reports whether at least one entry matches and can be read.
func (s *session) any(ctx context.Context, base, filter string, scope Scope, controls ...ldapv3.Control) (bool, error) {
	q := query{base: base, filter: filter, scope: scope, attrs: []string{"1.1"}, pageSize: 1, controls: controls}
	p, err := s.page(ctx, q, nil, func(*ldapv3.Entry) error { return nil })
	if p.entries > 0 {
		err = nil
	}
	return p.entries > 0, err
}

func contains(s string, parts ...string) bool {
	for _, p := range parts {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}
