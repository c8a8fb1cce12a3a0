package ldap

import ldapv3 "github.com/go-ldap/ldap/v3"

// The tags of a SearchResultEntry (RFC 4511 §4.5.2).
const (
	tagInteger     = 0x02
	tagOctetString = 0x04
	tagSequence    = 0x30
	tagSet         = 0x31
	tagEntry       = 0x64 // [APPLICATION 4], constructed
)

// header reads the identifier and length of the element that text begins with: how long both are together, and how long the content is. It knows what
// LDAP uses (RFC 4511 §5.1): one octet of identifier, definite lengths.
func header(text []byte, tag byte) (size, length int, ok bool) {
	if len(text) < 2 || text[0] != tag {
		return 0, 0, false
	}
	n := int(text[1] & 0x7f)
	if text[1] < 0x80 {
		return 2, n, true
	}
	if n == 0 || n > 4 || len(text) < 2+n {
		return 0, 0, false
	}
	for _, b := range text[2 : 2+n] {
		length = length<<8 | int(b)
	}
	return 2 + n, length, length < 1<<31
}

// A span is a part of a message.
type span struct{ from, to int }

// next takes the element with a tag from the front of s and returns its content.
func (s *span) next(message []byte, tag byte) (span, bool) {
	size, length, ok := header(message[s.from:s.to], tag)
	if !ok || length > s.to-s.from-size {
		return span{}, false
	}
	content := span{s.from + size, s.from + size + length}
	s.from = content.to
	return content, true
}

func (s span) empty() bool { return s.from == s.to }

// decodeEntry decodes a message that is an entry of a search without controls; of any other it returns nil. The entry shares the memory of the message.
func decodeEntry(message []byte) *ldapv3.Entry {
	all := span{0, len(message)}
	inner, ok := all.next(message, tagSequence)
	if !ok || !all.empty() {
		return nil
	}
	if _, ok := inner.next(message, tagInteger); !ok {
		return nil
	}
	op, ok := inner.next(message, tagEntry)
	if !ok || !inner.empty() {
		return nil
	}
	dn, ok1 := op.next(message, tagOctetString)
	list, ok2 := op.next(message, tagSequence)
	if !ok1 || !ok2 || !op.empty() {
		return nil
	}
	text := string(message)
	e := &ldapv3.Entry{DN: text[dn.from:dn.to]}
	for !list.empty() {
		a := decodeAttribute(message, text, &list)
		if a == nil {
			return nil
		}
		e.Attributes = append(e.Attributes, a)
	}
	return e
}

func decodeAttribute(message []byte, text string, list *span) *ldapv3.EntryAttribute {
	one, ok := list.next(message, tagSequence)
	if !ok {
		return nil
	}
	name, ok1 := one.next(message, tagOctetString)
	set, ok2 := one.next(message, tagSet)
	if !ok1 || !ok2 || !one.empty() {
		return nil
	}
	a := &ldapv3.EntryAttribute{Name: text[name.from:name.to], Values: []string{}, ByteValues: [][]byte{}}
	for !set.empty() {
		v, ok := set.next(message, tagOctetString)
		if !ok {
			return nil
		}
		a.Values, a.ByteValues = append(a.Values, text[v.from:v.to]), append(a.ByteValues, message[v.from:v.to:v.to])
	}
	return a
}
