package ldaptest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// A tree is the content of a server. Entries stand in the order in which they came, which is also the order of search results: a page walk resumes at a place
// in that order, whatever changes meanwhile. The caller locks.
type tree struct {
	flavor  Flavor
	base    string // the DN of the naming context
	seed    string
	now     func() time.Time
	byKey   map[string]*node
	order   []*node // by seq
	index   map[string]map[string][]*node
	lastSeq uint64
	usn     int64
	rid     uint32
	root    *node // the entry of the naming context
	deleted *node // AD: the container of tombstones

	byUSN struct {
		sync.Mutex
		at   int64 // the USN that list was made at
		list []*node
	}
}

// A node is one entry. A node that is not placed is only a name that links point to (what AD calls a phantom): it becomes the entry when that is added.
type node struct {
	dn, key  string
	placed   bool
	gone     bool // removed for good: a search under way must not show it
	dead     bool // a tombstone, or the container of tombstones
	seq      uint64
	parent   *node
	children map[*node]struct{}
	attrs    []attribute // stored values; the slices are never changed in place
	links    []link
	back     []backlink
	history
	stamps
}

type attribute struct {
	name, key string
	values    []string
}

type link struct {
	name, key string
	to        []*node
}

type backlink struct {
	from *node
	key  string
}

type stamps struct {
	usnCreated, usnChanged   int64
	whenCreated, whenChanged time.Time
}

// A history is what DirSync needs to know of changes after an entry was added.
type history struct {
	changed map[string]int64 // attribute → the USN of its last change; also of attributes that are gone
	values  []valueChange    // of links, oldest first
}

type valueChange struct {
	usn   int64
	key   string
	value *node
	added bool
}

// indexed attributes answer equality without a scan.
var indexed = []string{"objectguid", "entryuuid", "objectsid", "samaccountname", "userprincipalname", "uid", "mail"}

func newTree(c Config) *tree {
	t := &tree{flavor: c.Flavor, seed: c.Seed, now: c.Now, byKey: map[string]*node{}, index: map[string]map[string][]*node{}, usn: 12000, rid: 1103}
	for _, key := range indexed {
		t.index[key] = map[string][]*node{}
	}
	return t
}

// lookup finds a placed entry by DN.
func (t *tree) lookup(dn string) (*node, error) {
	key, err := normalDN(dn)
	if err != nil {
		return nil, refuse(ldap.LDAPResultInvalidDNSyntax, err)
	}
	if n := t.byKey[key]; n != nil && n.placed {
		return n, nil
	}
	return nil, refuse(ldap.LDAPResultNoSuchObject, fmt.Errorf("no entry %s", dn))
}

// named returns the node of a DN, placed or not.
func (t *tree) named(dn string) (*node, error) {
	key, err := normalDN(dn)
	if err != nil {
		return nil, refuse(ldap.LDAPResultInvalidDNSyntax, err)
	}
	n := t.byKey[key]
	if n == nil {
		n = &node{dn: dn, key: key}
		t.byKey[key] = n
	}
	return n, nil
}

// place makes a node an entry below parent (nil for a naming context).
func (t *tree) place(n, parent *node) {
	t.lastSeq++
	n.placed, n.seq = true, t.lastSeq
	n.setParent(parent)
	t.order = append(t.order, n)
	n.whenCreated = t.now().UTC()
	t.touch(n)
	n.usnCreated = n.usnChanged
}

func (n *node) setParent(parent *node) {
	if n.parent != nil {
		delete(n.parent.children, n)
	}
	n.parent = parent
	if parent == nil {
		return
	}
	if parent.children == nil {
		parent.children = map[*node]struct{}{}
	}
	parent.children[n] = struct{}{}
}

// touch stamps a change.
func (t *tree) touch(n *node) {
	t.usn++
	n.usnChanged, n.whenChanged = t.usn, t.now().UTC()
}

// after returns the place in list, which is in order, of the first node at or after seq.
func after(list []*node, seq uint64) int {
	i, _ := slices.BinarySearchFunc(list, seq, func(n *node, seq uint64) int {
		switch {
		case n.seq < seq:
			return -1
		case n.seq > seq:
			return 1
		}
		return 0
	})
	return i
}

// under reports whether n is base or below it.
func (n *node) under(base *node) bool {
	for ; n != nil; n = n.parent {
		if n == base {
			return true
		}
	}
	return false
}

// stored returns the values of a stored attribute.
func (n *node) stored(key string) []string {
	for i := range n.attrs {
		if n.attrs[i].key == key {
			return n.attrs[i].values
		}
	}
	return nil
}

func (n *node) first(key string) string {
	if values := n.stored(key); len(values) > 0 {
		return values[0]
	}
	return ""
}

func (n *node) linksOf(key string) []*node {
	for i := range n.links {
		if n.links[i].key == key {
			return n.links[i].to
		}
	}
	return nil
}

// entry writes a node out, without what is computed.
func (n *node) entry() Entry {
	e := Entry{DN: n.dn, Attributes: make([]Attribute, 0, len(n.attrs)+len(n.links))}
	for _, a := range n.attrs {
		e.Attributes = append(e.Attributes, Attribute{Name: a.name, Values: slices.Clone(a.values)})
	}
	for _, l := range n.links {
		e.Attributes = append(e.Attributes, Attribute{Name: l.name, Values: names(l.to)})
	}
	return e
}

func names(nodes []*node) []string {
	dns := make([]string, len(nodes))
	for i, n := range nodes {
		dns[i] = n.dn
	}
	return dns
}

// fill replaces all attributes of a node by those of e, keeping indexes and backlinks true.
func (t *tree) fill(n *node, e Entry) error {
	var attrs []attribute
	var links []link
	for _, a := range e.Attributes {
		key := strings.ToLower(a.Name)
		_, isLink := linked[key]
		switch {
		case key == "memberof" || key == "distinguishedname" || len(a.Values) == 0: // computed, or nothing
		case isLink:
			to, err := t.targets(a.Values)
			if err != nil {
				return fmt.Errorf("%s: %w", a.Name, err)
			}
			links = append(links, link{name: a.Name, key: key, to: to})
		default:
			attrs = append(attrs, attribute{name: a.Name, key: key, values: slices.Clone(a.Values)})
		}
	}
	if err := t.unique(n, attrs); err != nil {
		return err
	}
	if n.placed {
		n.markAttributes(attrs, t.usn+1)
	}
	t.unindex(n)
	n.attrs = attrs
	t.reindex(n)
	t.relink(n, links)
	return nil
}

// targets resolves DNs to nodes and refuses a DN that comes twice.
func (t *tree) targets(dns []string) ([]*node, error) {
	to := make([]*node, 0, len(dns))
	seen := make(map[*node]bool, len(dns))
	for _, dn := range dns {
		n, err := t.named(dn)
		if err != nil {
			return nil, err
		}
		if seen[n] {
			return nil, refuse(ldap.LDAPResultAttributeOrValueExists, fmt.Errorf("%s comes twice", dn))
		}
		seen[n] = true
		to = append(to, n)
	}
	return to, nil
}

// relink replaces the links of n.
func (t *tree) relink(n *node, links []link) {
	old := n.links
	n.links = links
	for _, l := range links {
		have := nodeSet(findLink(old, l.key))
		for _, target := range l.to {
			if !have[target] {
				t.markValue(n, l.key, target, true)
				target.back = append(target.back, backlink{from: n, key: l.key})
			}
		}
	}
	for _, l := range old {
		want := nodeSet(findLink(links, l.key))
		for _, target := range l.to {
			if !want[target] {
				t.markValue(n, l.key, target, false)
				target.dropBack(n, l.key)
			}
		}
	}
}

func findLink(links []link, key string) []*node {
	for _, l := range links {
		if l.key == key {
			return l.to
		}
	}
	return nil
}

func nodeSet(nodes []*node) map[*node]bool {
	set := make(map[*node]bool, len(nodes))
	for _, n := range nodes {
		set[n] = true
	}
	return set
}

func (n *node) dropBack(from *node, key string) {
	n.back = slices.DeleteFunc(n.back, func(b backlink) bool { return b.from == from && b.key == key })
}

// unique refuses a second entry with a name that AD keeps unique.
func (t *tree) unique(n *node, attrs []attribute) error {
	if t.flavor != AD {
		return nil
	}
	for _, a := range attrs {
		if a.key != "samaccountname" && a.key != "objectguid" {
			continue
		}
		for _, other := range t.index[a.key][indexKey(a.key, a.values[0])] {
			if other != n && !other.dead {
				return refuse(ldap.LDAPResultEntryAlreadyExists, fmt.Errorf("%s of %s is taken by %s", a.name, n.dn, other.dn))
			}
		}
	}
	return nil
}

func indexKey(key, value string) string {
	if syntaxOf(key) == syntaxExact {
		return value
	}
	return fold(value)
}

func (t *tree) unindex(n *node) {
	for _, key := range indexed {
		for _, value := range n.stored(key) {
			k := indexKey(key, value)
			rest := slices.DeleteFunc(t.index[key][k], func(other *node) bool { return other == n })
			if len(rest) == 0 {
				delete(t.index[key], k)
			} else {
				t.index[key][k] = rest
			}
		}
	}
}

func (t *tree) reindex(n *node) {
	for _, key := range indexed {
		for _, value := range n.stored(key) {
			k := indexKey(key, value)
			t.index[key][k] = append(t.index[key][k], n)
		}
	}
}
