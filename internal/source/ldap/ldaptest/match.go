package ldaptest

import (
	"slices"
	"strconv"
	"strings"
)

// fold brings text into the form in which it compares: lower case, no outer and no repeated spaces.
func fold(s string) string {
	plain := true
	for i := range len(s) {
		c := s[i]
		if c >= 0x80 || (c >= 'A' && c <= 'Z') || c < ' ' || (c == ' ' && (i == 0 || i == len(s)-1 || s[i+1] == ' ')) {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	return strings.ToLower(strings.Join(strings.Fields(s), " "))
}

// values reads one attribute of nodes, stored or computed.
type values struct {
	tree *tree
	key  string
}

func (v values) of(n *node) []string {
	if stored := n.stored(v.key); stored != nil {
		return stored
	}
	if _, isLink := linked[v.key]; isLink {
		return names(n.linksOf(v.key))
	}
	return v.tree.computed(n, v.key)
}

func (c *compiler) present(key string) filter {
	if key == "objectclass" {
		return constant(yes)
	}
	return &presentFilter{values{c.tree, key}}
}

type presentFilter struct{ values }

func (f *presentFilter) match(n *node) truth {
	if _, isLink := linked[f.key]; isLink {
		return truthOf(len(n.linksOf(f.key)) > 0)
	}
	return truthOf(len(f.of(n)) > 0)
}

type equalFilter struct {
	values
	want  string
	exact bool
}

func (f *equalFilter) match(n *node) truth {
	for _, have := range f.of(n) {
		if have == f.want || (!f.exact && fold(have) == f.want) {
			return yes
		}
	}
	return no
}

type classFilter struct{ class string }

func (f *classFilter) match(n *node) truth {
	for _, class := range n.stored("objectclass") {
		if isA(class, f.class) {
			return yes
		}
	}
	return no
}

type nameFilter struct {
	values
	want string
}

func (f *nameFilter) match(n *node) truth {
	for _, have := range f.of(n) {
		if key, err := normalDN(have); err == nil && key == f.want {
			return yes
		}
	}
	return no
}

// linkFilter finds the entries that name target in an attribute.
type linkFilter struct {
	key    string
	target *node // nil = there is no such entry
}

func (f *linkFilter) match(n *node) truth {
	if f.target == nil {
		return no
	}
	return truthOf(slices.Contains(f.target.back, backlink{from: n, key: f.key}))
}

// memberFilter finds the direct members of a group.
type memberFilter struct{ group *node }

func (f *memberFilter) match(n *node) truth {
	return truthOf(f.group != nil && slices.ContainsFunc(n.back, func(b backlink) bool { return b.from == f.group && linked[b.key] }))
}

// setFilter finds the entries of a set made when the filter was compiled.
type setFilter map[*node]bool

func (f setFilter) match(n *node) truth { return truthOf(f[n]) }

// inChain follows memberOf or member over any number of groups, also in circles.
func (c *compiler) inChain(key, value string) filter {
	want, err := normalDN(value)
	if err != nil || (key != "memberof" && key != "member") {
		return constant(unknown)
	}
	start, found := c.tree.byKey[want], setFilter{}
	if start == nil {
		return found
	}
	for todo := []*node{start}; len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		next := n.linksOf("member")
		if key == "member" {
			next = groupsOf(n)
		}
		for _, other := range next {
			if !found[other] {
				found[other] = true
				todo = append(todo, other)
			}
		}
	}
	return found
}

func groupsOf(n *node) []*node {
	var groups []*node
	for _, b := range n.back {
		if linked[b.key] {
			groups = append(groups, b.from)
		}
	}
	return groups
}

type substringFilter struct {
	values
	exact          bool
	initial, final string
	any            []string
}

func (f *substringFilter) match(n *node) truth {
	for _, have := range f.of(n) {
		if !f.exact {
			have = strings.ToLower(have)
		}
		if f.fits(have) {
			return yes
		}
	}
	return no
}

func (f *substringFilter) fits(have string) bool {
	rest, ok := strings.CutPrefix(have, f.initial)
	if !ok {
		return false
	}
	for _, part := range f.any {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, f.final)
}

// A bound is the value of >= or <=: a number when it can be read as one.
type bound struct {
	text   string
	number int64
	isInt  bool
}

func newBound(value string) bound {
	number, err := strconv.ParseInt(value, 10, 64)
	return bound{text: fold(value), number: number, isInt: err == nil}
}

type ordered struct {
	values
	bound
	greater bool
}

func (f *ordered) match(n *node) truth {
	for _, have := range f.of(n) {
		if f.fits(newBound(have)) {
			return yes
		}
	}
	return no
}

func (f *ordered) fits(have bound) bool {
	if f.isInt && have.isInt {
		return have.number == f.number || (have.number > f.number) == f.greater
	}
	return have.text == f.text || (have.text > f.text) == f.greater
}

// bitFilter is AD's bitwise comparison: all bits of the mask (803), or any (804).
type bitFilter struct {
	values
	mask int64
	all  bool
}

func newBitFilter(v values, value string, all bool) filter {
	mask, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return constant(unknown)
	}
	return &bitFilter{values: v, mask: mask, all: all}
}

func (f *bitFilter) match(n *node) truth {
	for _, have := range f.of(n) {
		number, err := strconv.ParseInt(have, 10, 64)
		if err != nil {
			return unknown
		}
		if bits := number & f.mask; (f.all && bits == f.mask) || (!f.all && bits != 0) {
			return yes
		}
	}
	return no
}

// inDNFilter looks into the names of an entry and all above it: (ou:dn:=People).
type inDNFilter struct{ key, want string }

func (f *inDNFilter) match(n *node) truth {
	for ; n != nil; n = n.parent {
		rdn, _ := splitDN(n.dn)
		pairs, err := rdnPairs(rdn)
		if err != nil {
			continue
		}
		for _, pair := range pairs {
			if strings.EqualFold(pair.Name, f.key) && fold(pair.Values[0]) == f.want {
				return yes
			}
		}
	}
	return no
}

// candidates returns a list that holds every node that a filter can match, when indexes tell; ok is false when all nodes have to be looked at.
func candidates(f filter) (list []*node, ok bool) {
	switch f := f.(type) {
	case *equalFilter:
		index, indexed := f.tree.index[f.key]
		if !indexed || f.exact != (syntaxOf(f.key) == syntaxExact) {
			return nil, false
		}
		return index[f.want], true
	case *linkFilter:
		return f.sources(), true
	case *memberFilter:
		if f.group == nil {
			return nil, true
		}
		return slices.Concat(f.group.linksOf("member"), f.group.linksOf("uniquemember")), true
	case setFilter:
		for n := range f {
			list = append(list, n)
		}
		return list, true
	case andFilter:
		for _, each := range f {
			if list, ok := candidates(each); ok {
				return list, true
			}
		}
	case orFilter:
		for _, each := range f {
			some, ok := candidates(each)
			if !ok {
				return nil, false
			}
			list = append(list, some...)
		}
		return list, true
	}
	return nil, false
}

func (f *linkFilter) sources() []*node {
	if f.target == nil {
		return nil
	}
	var list []*node
	for _, b := range f.target.back {
		if b.key == f.key {
			list = append(list, b.from)
		}
	}
	return list
}
