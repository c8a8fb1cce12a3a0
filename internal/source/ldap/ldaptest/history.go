package ldaptest

import "slices"

// mark notes that an attribute changes with the USN given.
func (n *node) mark(key string, usn int64) {
	if n.changed == nil {
		n.changed = map[string]int64{}
	}
	n.changed[key] = usn
}

// markAttributes notes what becomes different when attrs replace what a node holds.
func (n *node) markAttributes(attrs []attribute, usn int64) {
	next := make(map[string]bool, len(attrs))
	for _, a := range attrs {
		next[a.key] = true
		if !slices.Equal(n.stored(a.key), a.values) {
			n.mark(a.key, usn)
		}
	}
	for _, a := range n.attrs {
		if !next[a.key] {
			n.mark(a.key, usn)
		}
	}
}

// markValue notes that a link to value comes or goes. The links of a new entry are not noted one by one.
func (t *tree) markValue(n *node, key string, value *node, added bool) {
	if !n.placed {
		return
	}
	n.mark(key, t.usn+1)
	n.values = append(n.values, valueChange{usn: t.usn + 1, key: key, value: value, added: added})
}

// valuesSince returns the values of a link that were added and removed after usn, each by its last change.
func (n *node) valuesSince(key string, usn int64) (added, removed []*node) {
	last := map[*node]bool{}
	var order []*node
	for _, c := range n.values {
		if c.key != key || c.usn <= usn {
			continue
		}
		if _, known := last[c.value]; !known {
			order = append(order, c.value)
		}
		last[c.value] = c.added
	}
	for _, value := range order {
		if last[value] {
			added = append(added, value)
		} else {
			removed = append(removed, value)
		}
	}
	return added, removed
}
