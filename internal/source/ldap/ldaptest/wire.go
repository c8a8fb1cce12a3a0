package ldaptest

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	ber "github.com/go-asn1-ber/asn1-ber"
)

// maxMessage bounds one request.
const maxMessage = 16 << 20

// errMalformed is the class of requests that are not LDAP.
var errMalformed = errors.New("malformed LDAP message")

// A message is one request.
type message struct {
	id       int64
	op       *ber.Packet
	controls []control
}

type control struct {
	oid      string
	critical bool
	value    string
}

// readMessage reads one request. The whole of it is read before it is decoded, so that a wrong inner length cannot reach into the next one.
func readMessage(in *bufio.Reader) (message, error) {
	size, err := peekLength(in)
	if err != nil {
		return message{}, err
	}
	raw := make([]byte, size)
	if _, err := io.ReadFull(in, raw); err != nil {
		return message{}, err
	}
	p, err := ber.DecodePacketErr(raw)
	if err != nil {
		return message{}, fmt.Errorf("%w: %w", errMalformed, err)
	}
	return parseMessage(p)
}

// peekLength returns the length of the next message with its header.
func peekLength(in *bufio.Reader) (int, error) {
	head, err := in.Peek(2)
	if err != nil {
		return 0, err
	}
	if head[0] != 0x30 {
		return 0, fmt.Errorf("%w: begins with %#x", errMalformed, head[0])
	}
	if head[1] < 0x80 {
		return 2 + int(head[1]), nil
	}
	digits := int(head[1] & 0x7f)
	if digits == 0 || digits > 4 {
		return 0, fmt.Errorf("%w: length of %d bytes", errMalformed, digits)
	}
	head, err = in.Peek(2 + digits)
	if err != nil {
		return 0, err
	}
	length := uint64(0)
	for _, b := range head[2:] {
		length = length<<8 | uint64(b)
	}
	if length > maxMessage {
		return 0, fmt.Errorf("%w: %d bytes long", errMalformed, length)
	}
	return 2 + digits + int(length), nil
}

func parseMessage(p *ber.Packet) (message, error) {
	if len(p.Children) < 2 || p.Children[1].ClassType != ber.ClassApplication {
		return message{}, errMalformed
	}
	id, ok := p.Children[0].Value.(int64)
	if !ok || id < 0 {
		return message{}, fmt.Errorf("%w: no message id", errMalformed)
	}
	m := message{id: id, op: p.Children[1]}
	if len(p.Children) < 3 {
		return m, nil
	}
	for _, child := range p.Children[2].Children {
		if len(child.Children) == 0 {
			return message{}, fmt.Errorf("%w: empty control", errMalformed)
		}
		c := control{oid: child.Children[0].Data.String()}
		for _, part := range child.Children[1:] {
			if part.Tag == ber.TagBoolean {
				c.critical, _ = part.Value.(bool)
				continue
			}
			c.value = part.Data.String()
			if len(part.Children) > 0 { // some clients nest the value instead of wrapping it in an octet string
				c.value = string(part.Children[0].Bytes())
			}
		}
		m.controls = append(m.controls, c)
	}
	return m, nil
}

// text returns the bytes of the i-th part of a request, or "" when there is none.
func text(p *ber.Packet, i int) string {
	if i >= len(p.Children) {
		return ""
	}
	return p.Children[i].Data.String()
}

// number returns the i-th part of a request as an integer or enumeration.
func number(p *ber.Packet, i int) (int64, bool) {
	if i >= len(p.Children) {
		return 0, false
	}
	n, ok := p.Children[i].Value.(int64)
	return n, ok
}

// The tags that answers are made of.
const (
	tagBoolean  = 0x01
	tagInteger  = 0x02
	tagOctets   = 0x04
	tagEnum     = 0x0a
	tagSequence = 0x30
	tagSet      = 0x31
	tagControls = 0xa0
)

// appendOctets appends a string under a tag.
func appendOctets(b []byte, tag byte, value string) []byte {
	b = append(b, tag)
	b = appendLength(b, len(value))
	return append(b, value...)
}

// appendInt appends an integer or enumeration.
func appendInt(b []byte, tag byte, value int64) []byte {
	var full [8]byte
	binary.BigEndian.PutUint64(full[:], uint64(value))
	digits := full[:]
	for len(digits) > 1 && ((digits[0] == 0 && digits[1] < 0x80) || (digits[0] == 0xff && digits[1] >= 0x80)) {
		digits = digits[1:]
	}
	return appendOctets(b, tag, string(digits))
}

func appendLength(b []byte, n int) []byte {
	switch {
	case n < 0x80:
		return append(b, byte(n))
	case n < 0x100:
		return append(b, 0x81, byte(n))
	case n < 0x10000:
		return append(b, 0x82, byte(n>>8), byte(n))
	default:
		return append(b, 0x84, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
}

// wrap puts all bytes from start on under a tag.
func wrap(b []byte, start int, tag byte) []byte {
	var head [6]byte
	h := appendLength(append(head[:0], tag), len(b)-start)
	b = append(b, h...)
	copy(b[start+len(h):], b[start:len(b)-len(h)])
	copy(b[start:], h)
	return b
}
