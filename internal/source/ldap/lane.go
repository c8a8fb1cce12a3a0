package ldap

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"sync/atomic"

	ldapv3 "github.com/go-ldap/ldap/v3"
)

// A lane is a network connection on which the entries of a search are taken out before the library reads: it would spend most of a large read on them. All
// other messages pass as they are, above all the one that ends a search, so that what was answered whole is decided where it was.
//
//	server ─▶ lane ─┬─ SearchResultEntry ─▶ sink, while there is one
//	                └─ everything else   ─▶ library
//
// What does not look as it should passes too; the library then says what is wrong with it.
type lane struct {
	net.Conn
	in   *bufio.Reader
	rest []byte // of the message that passes now
	lost bool   // the stream is not one of messages: everything passes
	sink atomic.Pointer[sink]
}

// A sink takes the entries of one search.
type sink struct {
	entries chan *ldapv3.Entry
	closed  chan struct{} // nobody takes entries any more
}

func newLane(c net.Conn) *lane { return &lane{Conn: c, in: bufio.NewReaderSize(c, 64<<10)} }

// sink has the entries that come from now on put into a sink of their own. On a connection without a lane the library brings them.
func (s *session) sink(buffer int) *sink {
	k := &sink{entries: make(chan *ldapv3.Entry, buffer), closed: make(chan struct{})}
	if s.lane != nil {
		s.lane.sink.Store(k)
	}
	return k
}

// unsink ends a sink: entries pass again, and whoever brings one to it no longer waits.
func (s *session) unsink(k *sink) {
	if s.lane != nil {
		s.lane.sink.Store(nil)
	}
	close(k.closed)
}

func (s *sink) put(e *ldapv3.Entry) {
	select {
	case s.entries <- e:
	case <-s.closed:
	}
}

// Read implements net.Conn. The library calls it on its reading goroutine.
func (l *lane) Read(p []byte) (int, error) {
	for len(l.rest) == 0 {
		if l.lost {
			return l.in.Read(p)
		}
		message := l.message()
		if s := l.sink.Load(); s != nil && !l.lost {
			if e := decodeEntry(message); e != nil {
				s.put(e)
				continue
			}
		}
		l.rest = message
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// hugeMessage is from where on memory for a message is asked for as it comes, whatever length it claims.
const hugeMessage = 1 << 20

// message reads one message, or as much as there is of one that ends too soon or is none; then everything passes from there on.
func (l *lane) message() []byte {
	size, err := l.size()
	if err != nil || size == 0 {
		l.lost = true
		return nil
	}
	b := bytes.NewBuffer(make([]byte, 0, min(size, hugeMessage)))
	if _, err := io.CopyN(b, l.in, int64(size)); err != nil {
		l.lost = true
	}
	return b.Bytes()
}

// size returns the length of the message that comes next, header included, or 0 if none begins here: an LDAPMessage is a SEQUENCE of definite length
// (RFC 4511 §5.1).
func (l *lane) size() (int, error) {
	head, err := l.in.Peek(2)
	if err != nil {
		return 0, err
	}
	if n := int(head[1] & 0x7f); head[1] > 0x80 && n <= 4 {
		if head, err = l.in.Peek(2 + n); err != nil {
			return 0, err
		}
	}
	header, length, ok := header(head, tagSequence)
	if !ok {
		return 0, nil
	}
	return header + length, nil
}
