package ldaptest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// shown is one attribute of an answer.
type shown struct {
	name        string
	values      []string
	operational bool // shown only when asked for
}

// A selection is the attribute list of a search request.
type selection struct {
	user, operational bool // "*" or no list; "+"
	named             map[string]wanted
	typesOnly         bool
}

// wanted is an attribute asked for by name.
type wanted struct {
	option string // ";binary", as written, or ""
	cut    *span  // nil = no range asked for
}

// A span is a range of values: from low to high, counted from 0.
type span struct{ low, high int }

const toTheEnd = int(^uint(0) >> 1)

func newSelection(names []string, typesOnly bool) selection {
	s := selection{named: map[string]wanted{}, typesOnly: typesOnly, user: len(names) == 0}
	for _, name := range names {
		switch name {
		case "*":
			s.user = true
		case "+":
			s.operational = true
		case "1.1": // no attributes
		default:
			base, option, _ := strings.Cut(name, ";")
			w := wanted{}
			if low, high, ok := parseRange(option); ok {
				w.cut = &span{low, high}
			} else if option != "" {
				w.option = ";" + option
			}
			s.named[strings.ToLower(base)] = w
		}
	}
	return s
}

// parseRange reads "range=low-high", where high may be "*".
func parseRange(option string) (low, high int, ok bool) {
	text, ok := strings.CutPrefix(strings.ToLower(option), "range=")
	if !ok {
		return 0, 0, false
	}
	from, to, ok := strings.Cut(text, "-")
	if !ok {
		return 0, 0, false
	}
	low, err := strconv.Atoi(from)
	if err != nil || low < 0 {
		return 0, 0, false
	}
	if to == "*" {
		return low, toTheEnd, true
	}
	high, err = strconv.Atoi(to)
	return low, high, err == nil && high >= low
}

func (s selection) wants(key string, operational bool) bool {
	if _, ok := s.named[key]; ok {
		return true
	}
	return (s.user && !operational) || (s.operational && operational)
}

// A presenter writes entries the way one search asked for them.
type presenter struct {
	tree         *tree
	selection    selection
	hidden       map[string]bool
	rangeSize    int  // 0 = no limit
	cutRange     bool // the fault: later ranges come without values
	noRangeError bool
}

// entry appends a node as a search result entry.
func (p *presenter) entry(b []byte, id int64, n *node) ([]byte, error) {
	start := len(b)
	b = appendInt(b, tagInteger, id)
	op := len(b)
	b = appendOctets(b, tagOctets, n.dn)
	list := len(b)
	var err error
	for _, a := range n.attrs {
		if p.visible(a.key) && p.selection.wants(a.key, p.tree.operational(a.key)) {
			if b, err = p.attribute(b, a.name, a.key, len(a.values), func(i int) string { return a.values[i] }); err != nil {
				return nil, err
			}
		}
	}
	for _, l := range n.links {
		if p.visible(l.key) && p.selection.wants(l.key, false) {
			if b, err = p.attribute(b, l.name, l.key, len(l.to), func(i int) string { return l.to[i].dn }); err != nil {
				return nil, err
			}
		}
	}
	for _, c := range p.tree.computedNames() {
		key := strings.ToLower(c.name)
		if !p.visible(key) || !p.selection.wants(key, c.operational) {
			continue
		}
		if values := p.tree.computed(n, key); len(values) > 0 {
			if b, err = p.attribute(b, c.name, key, len(values), func(i int) string { return values[i] }); err != nil {
				return nil, err
			}
		}
	}
	b = wrap(b, list, tagSequence)
	b = wrap(b, op, 0x60|byte(ldap.ApplicationSearchResultEntry))
	return wrap(b, start, tagSequence), nil
}

func (p *presenter) visible(key string) bool { return !p.hidden[key] && syntaxOf(key) != syntaxSecret }

// attribute appends one attribute. Where AD cuts a long one, it comes twice: without values under its own name, and with the first values under its
// name with a range.
func (p *presenter) attribute(b []byte, name, key string, count int, value func(int) string) ([]byte, error) {
	want := p.selection.named[key]
	if p.rangeSize == 0 || (want.cut == nil && count <= p.rangeSize) {
		return p.values(b, name+want.option, 0, count, value), nil
	}
	part := span{0, toTheEnd}
	if want.cut != nil {
		part = *want.cut
	} else {
		b = p.values(b, name, 0, 0, value)
	}
	if part.low >= count {
		if !p.noRangeError {
			return nil, refuse(ldap.LDAPResultOperationsError, fmt.Errorf("00002122: SvcErr: DSID-03140B3D, problem 5012 (DIR_ERROR), data 0: %s has no value %d", name, part.low))
		}
		return p.values(b, fmt.Sprintf("%s;range=%d-*", name, part.low), 0, 0, value), nil
	}
	if p.cutRange && part.low > 0 {
		return b, nil
	}
	end := part.low + min(part.high-part.low, p.rangeSize-1) // inclusive; no overflow
	last := strconv.Itoa(end)
	if end >= count-1 {
		end, last = count-1, "*"
	}
	return p.values(b, fmt.Sprintf("%s;range=%d-%s", name, part.low, last), part.low, end+1, value), nil
}

// values appends an attribute with the values from one place to before another.
func (p *presenter) values(b []byte, name string, from, to int, value func(int) string) []byte {
	start := len(b)
	b = appendOctets(b, tagOctets, name)
	set := len(b)
	if !p.selection.typesOnly {
		for i := from; i < to; i++ {
			b = appendOctets(b, tagOctets, value(i))
		}
	}
	b = wrap(b, set, tagSet)
	return wrap(b, start, tagSequence)
}

// list appends an entry that is not in the tree.
func (p *presenter) list(b []byte, id int64, dn string, attributes []shown) []byte {
	start := len(b)
	b = appendInt(b, tagInteger, id)
	op := len(b)
	b = appendOctets(b, tagOctets, dn)
	list := len(b)
	for _, a := range attributes {
		if p.selection.wants(strings.ToLower(a.name), a.operational) {
			b = p.values(b, a.name, 0, len(a.values), func(i int) string { return a.values[i] })
		}
	}
	b = wrap(b, list, tagSequence)
	b = wrap(b, op, 0x60|byte(ldap.ApplicationSearchResultEntry))
	return wrap(b, start, tagSequence)
}
