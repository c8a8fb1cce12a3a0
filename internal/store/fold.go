package store

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// maxKey bounds what an index holds: PostgreSQL takes no more than about 2,700 bytes.
const maxKey = 600

// fold returns s as it is looked up: composed, in lower case; long text by a digest behind its beginning. Equal folds mean equal text, case aside.
func fold(s string) string {
	s = valid(strings.ToLower(norm.NFC.String(s)))
	if len(s) <= maxKey {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return strings.ToValidUTF8(s[:maxKey-100], "") + "…" + hex.EncodeToString(sum[:])
}

func folds(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = fold(s)
	}
	return out
}

// digest is a fingerprint of what a row holds, to tell whether writing it again would change anything.
type digest struct{ parts []byte }

func (d *digest) text(parts ...string) *digest {
	for _, p := range parts {
		d.parts = binary.AppendUvarint(d.parts, uint64(len(p)))
		d.parts = append(d.parts, p...)
	}
	return d
}

func (d *digest) number(parts ...int64) *digest {
	for _, p := range parts {
		d.parts = binary.AppendVarint(d.parts, p)
	}
	return d
}

func (d *digest) flag(parts ...bool) *digest {
	for _, p := range parts {
		d.parts = append(d.parts, byte(flag(p)))
	}
	return d
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// sum returns the fingerprint. Among the few versions of one row a 64-bit one does not repeat.
func (d *digest) sum() int64 {
	sum := sha256.Sum256(d.parts)
	return int64(binary.LittleEndian.Uint64(sum[:8]))
}
