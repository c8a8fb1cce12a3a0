package ldap

import (
	"crypto/sha256"
	"strings"

	"muster/internal/source"
)

// An index turns names into keys: DNs, and the uids that memberUid lists. It holds a digest of 16 bytes for each name, so that a hundred thousand
// entries take about ten megabytes; equal digests of different names are as unlikely as equal random UUIDs.
type index struct {
	names map[digest]ref
	keys  []source.Key
}

type digest [16]byte

// A ref is the place of a key in an index.
type ref uint32

// ambiguous marks a uid that two people share.
const ambiguous = ref(1<<32 - 1)

func newIndex() *index { return &index{names: map[digest]ref{}} }

func digestOf(name string) digest {
	sum := sha256.Sum256([]byte(name))
	return digest(sum[:16])
}

// add enters an entry by the canonical form of its DN and reports whether it was new.
func (x *index) add(dn string, key source.Key) (ref, bool) {
	d := digestOf(dn)
	if r, ok := x.names[d]; ok {
		return r, false
	}
	r := x.addKey(key)
	x.names[d] = r
	return r, true
}

// addKey enters a key that no name leads to.
func (x *index) addKey(key source.Key) ref {
	x.keys = append(x.keys, source.Key(strings.Clone(string(key)))) // not the whole message that it came in
	return ref(len(x.keys) - 1)
}

// addUID enters the uid of a person. A uid that is seen twice leads nowhere.
func (x *index) addUID(uid string, r ref) {
	d := digestOf(uidName(uid))
	if old, ok := x.names[d]; ok && old != r {
		r = ambiguous
	}
	x.names[d] = r
}

func (x *index) find(name string) (ref, bool) {
	r, ok := x.names[digestOf(name)]
	return r, ok && r != ambiguous
}

func (x *index) key(r ref) source.Key { return x.keys[r] }

// uidName keeps uids apart from DNs, which never begin with a zero byte.
func uidName(uid string) string { return "\x00" + strings.ToLower(uid) }
