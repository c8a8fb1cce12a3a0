// Package attr holds attribute paths and value sets in SCIM notation: how every stage of Muster names a field and compares its values.
//
// A value is text; a boolean is "true" or "false", a number its decimal form. What a path means to a remote service, and of which type it is there, is
// known to the connector alone. The package knows no people, sources or targets, and imports nothing of Muster. Its child filter evaluates filters over
// sets; package mapping computes them.
package attr

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
)

// Values are the values of one attribute. No values means: cleared.
type Values []string

// First returns the first value, or "".
func (v Values) First() string {
	if len(v) == 0 {
		return ""
	}
	return v[0]
}

// Equal reports whether v and w hold the same values in any order, repetitions not counted. Nil, empty and a lone "" are one state: unassigned
// (RFC 7643 §2.5).
func (v Values) Equal(w Values) bool {
	if len(v) == 1 && len(w) == 1 {
		return v[0] == w[0]
	}
	return slices.Equal(v.canonical(), w.canonical())
}

func (v Values) canonical() []string {
	out := slices.DeleteFunc(slices.Clone(v), func(s string) bool { return s == "" })
	slices.Sort(out)
	return slices.Compact(out)
}

// A Set maps paths to values. A path that is absent says nothing about the attribute; a path with no values says that it is empty. The zero Set is
// empty and can be read.
type Set map[Path]Values

// First returns the first value at p, or "".
func (s Set) First(p Path) string { return s[p].First() }

// Clone returns a copy that shares no memory with s.
func (s Set) Clone() Set {
	if s == nil {
		return nil
	}
	out := make(Set, len(s))
	for p, v := range s {
		out[p] = slices.Clone(v)
	}
	return out
}

// Paths returns the paths of s, sorted.
func (s Set) Paths() []Path { return slices.Sorted(maps.Keys(s)) }

// Equal reports whether s and t assign the same values. An absent path equals an empty one.
func (s Set) Equal(t Set) bool { return len(Diff(s, t)) == 0 && len(Diff(t, s)) == 0 }

// A Change is one attribute whose value differs.
type Change struct {
	Path Path   `json:"path"`
	Old  Values `json:"old,omitempty"`
	New  Values `json:"new,omitempty"`
}

// Diff returns what must change in have so that it holds want, sorted by path. Paths that want does not name are left alone.
func Diff(have, want Set) []Change {
	var out []Change
	for p, v := range want {
		if old := have[p]; !old.Equal(v) {
			out = append(out, Change{Path: p, Old: slices.Clone(old), New: slices.Clone(v)})
		}
	}
	slices.SortFunc(out, func(a, b Change) int { return cmp.Compare(a.Path, b.Path) })
	return out
}

// Hash returns a digest of s in which the order of paths and values, and empty values, do not count. It is stable over releases: it is stored.
func (s Set) Hash() string {
	var room [1024]byte
	text := room[:0]
	for _, p := range s.Paths() {
		v := s[p]
		if len(v) != 1 || v[0] == "" {
			if v = v.canonical(); len(v) == 0 {
				continue
			}
		}
		// Counts and lengths come before what they count, so that no value can look like two: 4:mail1=5:a@b.c
		text = sized(text, string(p))
		text = append(strconv.AppendInt(text, int64(len(v)), 10), '=')
		for _, value := range v {
			text = sized(text, value)
		}
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

func sized(to []byte, text string) []byte {
	return append(append(strconv.AppendInt(to, int64(len(text)), 10), ':'), text...)
}
