package filter

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// A Lookup gives the values of an attribute of one entry, asked for in lower case; none means that the entry does not have it. For a test by the rule
// InChain it is asked for the name, a colon and the rule's OID: "memberof:1.2.840.113556.1.4.1941" wants the groups above the entry at any depth.
type Lookup func(name string) []string

// Match reports whether an entry satisfies the LDAP filter f. As on a server, names and values compare without case and with repeated spaces taken as
// one; values of attributes that hold DNs compare as DNs; a test of an attribute that the entry does not have is false, so its negation is true.
// Approximate comparison is equality. A SCIM filter matches no entry.
func (f Filter) Match(get Lookup) bool {
	return f.Syntax == LDAP && f.Root != nil && matchEntry(f.Root, get)
}

func matchEntry(n Node, get Lookup) bool {
	switch n := n.(type) {
	case And:
		for _, m := range n {
			if !matchEntry(m, get) {
				return false
			}
		}
		return true
	case Or:
		for _, m := range n {
			if matchEntry(m, get) {
				return true
			}
		}
		return false
	case Not:
		return !matchEntry(n.Node, get)
	case Test:
		return n.matchEntry(get)
	case Substrings:
		return n.matchEntry(get)
	case Rule:
		return n.matchEntry(get)
	}
	return false
}

// dnNames are the attributes whose values are DNs.
var dnNames = map[string]bool{
	"memberof": true, "member": true, "uniquemember": true, "manager": true, "owner": true, "secretary": true, "seealso": true, "roleoccupant": true,
	"directreports": true, "managedby": true, "distinguishedname": true, "entrydn": true, "assistant": true,
}

func (t Test) matchEntry(get Lookup) bool {
	name := strings.ToLower(t.Name)
	values := get(name)
	if t.Op == Present {
		return len(values) > 0
	}
	want := t.Value.Text
	for _, v := range values {
		if compareEntry(name, t.Op, v, want) {
			return true
		}
	}
	return false
}

func compareEntry(name string, op Op, have, want string) bool {
	switch op {
	case Equal, Approx:
		switch {
		case dnNames[name]:
			return SameDN(have, want)
		case name == "objectcategory":
			return sameCategory(have, want)
		}
		return sameText(have, want)
	case GreaterOrEqual:
		return order(have, want) >= 0
	case LessOrEqual:
		return order(have, want) <= 0
	}
	return false
}

// sameCategory compares as Active Directory does: its objectCategory is a DN, for which filters write the class: (objectCategory=person).
func sameCategory(have, want string) bool {
	if strings.EqualFold(want, "user") {
		want = "person" // the category of class user
	}
	if strings.Contains(want, "=") || !strings.Contains(have, "=") {
		return SameDN(have, want)
	}
	first, _, _ := strings.Cut(have, ",")
	_, first, _ = strings.Cut(first, "=")
	return sameText(first, want)
}

func sameText(a, b string) bool {
	return strings.EqualFold(a, b) || plain(a) == plain(b)
}

// plain folds case and squeezes spaces, as caseIgnoreMatch prepares values (RFC 4518).
func plain(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// order compares numbers as numbers and everything else as text: times in LDAP's form order like text.
func order(a, b string) int {
	if x, ok := new(big.Int).SetString(strings.TrimSpace(a), 10); ok {
		if y, ok := new(big.Int).SetString(strings.TrimSpace(b), 10); ok {
			return x.Cmp(y)
		}
	}
	return strings.Compare(plain(a), plain(b))
}

func (s Substrings) matchEntry(get Lookup) bool {
	for _, v := range get(strings.ToLower(s.Name)) {
		if s.matches(fold(v)) {
			return true
		}
	}
	return false
}

// fold keeps spaces at the ends: in a pattern they are meant.
func fold(s string) string { return strings.ToLower(s) }

func (s Substrings) matches(v string) bool {
	v, ok := strings.CutPrefix(v, fold(s.Initial))
	if !ok {
		return false
	}
	v, ok = strings.CutSuffix(v, fold(s.Final))
	if !ok {
		return false
	}
	for _, p := range s.Any {
		_, rest, ok := strings.Cut(v, fold(p))
		if !ok {
			return false
		}
		v = rest
	}
	return true
}

func (r Rule) matchEntry(get Lookup) bool {
	name := strings.ToLower(r.Name)
	if r.OID == InChain {
		for _, v := range get(name + ":" + InChain) {
			if SameDN(v, r.Value) {
				return true
			}
		}
		return false
	}
	return slices.ContainsFunc(get(name), r.compare)
}

func (r Rule) compare(v string) bool {
	switch r.OID {
	case IgnoreCase:
		return sameText(v, r.Value)
	case ExactCase:
		return strings.Join(strings.Fields(v), " ") == strings.Join(strings.Fields(r.Value), " ")
	}
	have, ok1 := bits(v)
	want, ok2 := bits(r.Value)
	if !ok1 || !ok2 {
		return false
	}
	if r.OID == BitAnd {
		return have&want == want
	}
	return have&want != 0
}

// bits reads a number as Active Directory writes flags: decimal, 32 or 64 bits, the highest shown as a minus sign.
func bits(s string) (uint64, bool) {
	if n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64); err == nil {
		return uint64(n), true
	}
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 64)
	return n, err == nil
}
