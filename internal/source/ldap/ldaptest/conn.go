package ldaptest

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"slices"
	"sync"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// A conn is one client. Requests are read one by one; searches run beside the reading, so that they can be abandoned.
type conn struct {
	server *Server
	log    *slog.Logger
	socket net.Conn // as accepted; closing it ends everything

	in      *bufio.Reader // of the reading goroutine, like secured and bound
	secured bool
	bound   string // the DN that it is bound as

	mu  sync.Mutex // guards out: one answer at a time
	out *bufio.Writer

	running sync.Mutex // guards cancels
	cancels map[int64]context.CancelFunc
	busy    sync.WaitGroup
}

func newConn(s *Server, socket net.Conn) *conn {
	_, secured := socket.(*tls.Conn)
	return &conn{
		server: s, log: s.config.Log.With("client", socket.RemoteAddr().String()), socket: socket, secured: secured,
		in: bufio.NewReader(socket), out: bufio.NewWriterSize(socket, 64<<10), cancels: map[int64]context.CancelFunc{},
	}
}

// cut ends the connection, also while an answer is being written.
func (c *conn) cut() { _ = c.socket.Close() }

// serve answers requests until the client leaves or misbehaves.
func (c *conn) serve(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer c.cut()
	defer c.busy.Wait()
	defer cancel()
	for {
		m, err := readMessage(c.in)
		if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			c.log.Debug("request", "error", err)
			c.disconnect()
			return
		}
		if m.op.Tag == ldap.ApplicationUnbindRequest {
			return
		}
		c.dispatch(ctx, m)
	}
}

func (c *conn) dispatch(ctx context.Context, m message) {
	switch m.op.Tag {
	case ldap.ApplicationBindRequest:
		c.abandonAll()
		c.busy.Wait()
		c.bind(m)
	case ldap.ApplicationSearchRequest:
		ctx, cancel := context.WithCancel(ctx)
		c.register(m.id, cancel)
		bound := c.bound
		c.busy.Go(func() {
			defer c.release(m.id)
			c.search(ctx, m, bound)
		})
	case ldap.ApplicationAbandonRequest:
		c.abandon(m)
	case ldap.ApplicationExtendedRequest:
		c.extended(m)
	case ldap.ApplicationAddRequest, ldap.ApplicationModifyRequest, ldap.ApplicationModifyDNRequest, ldap.ApplicationDelRequest, ldap.ApplicationCompareRequest:
		c.write(m)
	default:
		c.disconnect()
	}
}

func (c *conn) register(id int64, cancel context.CancelFunc) {
	c.running.Lock()
	defer c.running.Unlock()
	c.cancels[id] = cancel
}

func (c *conn) release(id int64) {
	c.running.Lock()
	defer c.running.Unlock()
	if cancel := c.cancels[id]; cancel != nil {
		cancel()
		delete(c.cancels, id)
	}
}

func (c *conn) abandonAll() {
	c.running.Lock()
	defer c.running.Unlock()
	for _, cancel := range c.cancels {
		cancel()
	}
}

func (c *conn) abandon(m message) {
	if id, err := ber.ParseInt64(m.op.Data.Bytes()); err == nil {
		c.release(id)
	}
}

// send writes whole messages. Errors show at the next read.
func (c *conn) send(messages []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.out.Write(messages); err == nil {
		_ = c.out.Flush()
	}
}

// A result is how an operation ended.
type result struct {
	code     uint16
	matched  string
	text     string
	referral []string
}

// resultOf makes a result of an error.
func resultOf(err error) result {
	var refused *ldap.Error
	var other *elsewhere
	switch {
	case err == nil:
		return result{}
	case errors.As(err, &other):
		return result{code: ldap.LDAPResultReferral, text: other.Error(), referral: other.urls}
	case errors.As(err, &refused):
		return result{code: refused.ResultCode, text: refused.Err.Error(), matched: refused.MatchedDN}
	default:
		return result{code: ldap.LDAPResultOther, text: err.Error()}
	}
}

// answer sends the final message of an operation.
func (c *conn) answer(id int64, tag ber.Tag, r result, controls ...[]byte) {
	c.send(appendDone(nil, id, tag, r, nil, controls...))
}

// appendDone appends a final message; more is appended inside the operation.
func appendDone(b []byte, id int64, tag ber.Tag, r result, more []byte, controls ...[]byte) []byte {
	start := len(b)
	b = appendInt(b, tagInteger, id)
	op := len(b)
	b = appendInt(b, tagEnum, int64(r.code))
	b = appendOctets(b, tagOctets, r.matched)
	b = appendOctets(b, tagOctets, r.text)
	if len(r.referral) > 0 {
		at := len(b)
		for _, url := range r.referral {
			b = appendOctets(b, tagOctets, url)
		}
		b = wrap(b, at, 0xa3)
	}
	b = append(b, more...)
	b = wrap(b, op, 0x60|byte(tag))
	if len(controls) > 0 {
		at := len(b)
		for _, each := range controls {
			b = append(b, each...)
		}
		b = wrap(b, at, tagControls)
	}
	return wrap(b, start, tagSequence)
}

// appendControl makes a control of an answer.
func appendControl(oid string, value []byte) []byte {
	b := appendOctets(nil, tagOctets, oid)
	b = appendOctets(b, tagOctets, string(value))
	return wrap(b, 0, tagSequence)
}

// disconnect sends the notice of disconnection (RFC 4511, 4.4.1): the client has broken the protocol.
func (c *conn) disconnect() {
	notice := appendOctets(nil, 0x8a, "1.3.6.1.4.1.1466.20036")
	c.send(appendDone(nil, 0, ldap.ApplicationExtendedResponse, result{code: ldap.LDAPResultProtocolError, text: "the request cannot be read"}, notice))
	c.cut()
}

// unknownCritical returns the first critical control that is not among those known.
func unknownCritical(controls []control, known ...string) (string, bool) {
	for _, each := range controls {
		if each.critical && !slices.Contains(known, each.oid) {
			return each.oid, true
		}
	}
	return "", false
}
