package ldaptest

import (
	"encoding/binary"
	"errors"
	"fmt"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// paging is where a page walk (RFC 2696) stands. All of it is in the cookie: the server remembers nothing.
type paging struct {
	size int
	page int    // from 1
	from uint64 // the place of the first entry to look at
	sent int    // entries of the pages before
}

const cookieSize = 8 + 8 + 4 + 4

func (s *search) parsePaging() (*paging, error) {
	c, ok := s.controls[oidPaging]
	if !ok {
		return nil, nil
	}
	value, err := ber.DecodePacketErr([]byte(c.value))
	if err != nil || len(value.Children) != 2 {
		return nil, refuse(ldap.LDAPResultProtocolError, fmt.Errorf("%w: paging control", errMalformed))
	}
	size, ok := number(value, 0)
	if !ok || size < 0 {
		return nil, refuse(ldap.LDAPResultProtocolError, fmt.Errorf("%w: page size", errMalformed))
	}
	p := &paging{size: int(size), page: 1}
	if most := s.conn.server.config.PageSize; most > 0 && (p.size > most || p.size == 0) {
		p.size = most
	}
	cookie := value.Children[1].Data.Bytes()
	if len(cookie) == 0 {
		return p, nil
	}
	if len(cookie) != cookieSize || binary.BigEndian.Uint64(cookie) != s.sum {
		return nil, refuse(ldap.LDAPResultUnwillingToPerform, errors.New("paged results cookie is invalid or not of this search"))
	}
	p.from = binary.BigEndian.Uint64(cookie[8:])
	p.page = int(binary.BigEndian.Uint32(cookie[16:]))
	p.sent = int(binary.BigEndian.Uint32(cookie[20:]))
	return p, nil
}

// pagingAnswer is the control that comes with a page: an empty cookie says that it is the last one.
func (s *search) pagingAnswer(w *walk) []byte {
	var cookie []byte
	if !w.ended {
		cookie = binary.BigEndian.AppendUint64(cookie, s.sum)
		cookie = binary.BigEndian.AppendUint64(cookie, w.from)
		cookie = binary.BigEndian.AppendUint32(cookie, uint32(s.paging.page+1))
		cookie = binary.BigEndian.AppendUint32(cookie, uint32(w.sent))
	}
	value := appendInt(nil, tagInteger, 0) // the estimate of the total, which no server gives
	value = appendOctets(value, tagOctets, string(cookie))
	return appendControl(oidPaging, wrap(value, 0, tagSequence))
}
