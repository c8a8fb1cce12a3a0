package ldaptest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// add places a new entry. Its parent has to be there, unless it is the first entry of the naming context.
func (t *tree) add(e Entry) error {
	n, err := t.named(e.DN)
	if err != nil {
		return err
	}
	if n.placed {
		return refuse(ldap.LDAPResultEntryAlreadyExists, fmt.Errorf("%s exists already", e.DN))
	}
	parent, err := t.parentFor(n, e.DN)
	if err != nil {
		return err
	}
	if e.Attributes == nil || e.Get("objectClass") == "" {
		return refuse(ldap.LDAPResultObjectClassViolation, fmt.Errorf("%s has no objectClass", e.DN))
	}
	e, err = t.complete(e, n.key)
	if err != nil {
		return err
	}
	if err := t.fill(n, e); err != nil {
		return err
	}
	n.dn = e.DN
	t.place(n, parent)
	return nil
}

func (t *tree) parentFor(n *node, dn string) (*node, error) {
	_, above := splitDN(dn)
	key, err := normalDN(above)
	if above != "" && err != nil {
		return nil, refuse(ldap.LDAPResultInvalidDNSyntax, err)
	}
	if parent := t.byKey[key]; parent != nil && parent.placed {
		return parent, nil
	}
	if t.root == nil || n.key == t.root.key {
		return nil, nil
	}
	return nil, refuse(ldap.LDAPResultNoSuchObject, fmt.Errorf("%s has no parent: add %s first", dn, above))
}

// modify lets change work on the entry and stores the result. The DN stays.
func (t *tree) modify(dn string, change func(*Entry) error) error {
	n, err := t.lookup(dn)
	if err != nil {
		return err
	}
	e := n.entry()
	if err := change(&e); err != nil {
		return err
	}
	if err := t.fill(n, e); err != nil {
		return err
	}
	t.touch(n)
	return nil
}

// rename gives an entry another DN. What is below it moves with it, and links go on pointing to it.
func (t *tree) rename(oldDN, newDN string) error {
	n, err := t.lookup(oldDN)
	if err != nil {
		return err
	}
	target, err := t.named(newDN)
	if err != nil {
		return err
	}
	if target.placed && target != n {
		return refuse(ldap.LDAPResultEntryAlreadyExists, fmt.Errorf("%s exists already", newDN))
	}
	parent, err := t.parentFor(n, newDN)
	if err != nil {
		return err
	}
	if n.parent == nil || parent == nil || parent.under(n) {
		return refuse(ldap.LDAPResultUnwillingToPerform, fmt.Errorf("%s cannot become %s", oldDN, newDN))
	}
	e := n.entry()
	if err := renameAttributes(&e, n.dn, newDN, t.flavor); err != nil {
		return err
	}
	if n.parent != parent {
		n.mark("parentguid", t.usn+1)
	}
	n.setParent(parent)
	t.rekey(n, newDN)
	if err := t.fill(n, e); err != nil {
		return err
	}
	t.touch(n)
	return nil
}

// handLinksTo lets the links that point to a name that is not placed point to the entry that takes the name.
func (n *node) handLinksTo(to *node) {
	for _, b := range n.back {
		for i := range b.from.links {
			if l := &b.from.links[i]; l.key == b.key && !slices.Contains(l.to, to) {
				l.to = slices.Clone(l.to)
				l.to[slices.Index(l.to, n)] = to
				to.back = append(to.back, b)
			}
		}
	}
	n.back = nil
}

// rekey sets the DN of a node and of all below it.
func (t *tree) rekey(n *node, dn string) {
	if t.byKey[n.key] == n {
		delete(t.byKey, n.key)
	}
	key, err := normalDN(dn)
	if err != nil { // impossible: named has read this DN, and those below were read before
		panic(err)
	}
	if other := t.byKey[key]; other != nil && other != n {
		other.handLinksTo(n)
	}
	n.dn, n.key = dn, key
	t.byKey[key] = n
	for child := range n.children {
		rdn, _ := splitDN(child.dn)
		t.rekey(child, rdn+","+dn)
	}
}

// renameAttributes brings the naming attribute in line with a new DN.
func renameAttributes(e *Entry, oldDN, newDN string, flavor Flavor) error {
	oldRDN, _ := splitDN(oldDN)
	newRDN, _ := splitDN(newDN)
	before, err := rdnPairs(oldRDN)
	if err != nil {
		return refuse(ldap.LDAPResultInvalidDNSyntax, err)
	}
	now, err := rdnPairs(newRDN)
	if err != nil {
		return refuse(ldap.LDAPResultInvalidDNSyntax, err)
	}
	e.DN = newDN
	for _, pair := range before {
		e.Remove(pair.Name, pair.Values...)
	}
	for _, pair := range now {
		if !slices.Contains(e.Values(pair.Name), pair.Values[0]) {
			e.Set(pair.Name, slices.Concat(pair.Values, e.Values(pair.Name))...)
		}
	}
	if flavor == AD {
		e.Set("name", now[0].Values...)
	}
	return nil
}

// remove deletes an entry that has none below it. It disappears from all groups; in AD a tombstone stays.
func (t *tree) remove(n *node) error {
	if len(n.children) > 0 {
		return refuse(ldap.LDAPResultNotAllowedOnNonLeaf, fmt.Errorf("%s has entries below it", n.dn))
	}
	if n.parent == nil || n.dead {
		return refuse(ldap.LDAPResultUnwillingToPerform, fmt.Errorf("%s cannot be deleted", n.dn))
	}
	for _, b := range n.back {
		for i := range b.from.links {
			if l := &b.from.links[i]; l.key == b.key {
				l.to = slices.DeleteFunc(slices.Clone(l.to), func(to *node) bool { return to == n })
			}
		}
		b.from.links = slices.DeleteFunc(slices.Clone(b.from.links), func(l link) bool { return len(l.to) == 0 })
	}
	n.back = nil
	if t.deleted != nil {
		return t.bury(n)
	}
	t.forget(n)
	return nil
}

// forget removes a node for good.
func (t *tree) forget(n *node) {
	t.unindex(n)
	t.relink(n, nil)
	n.setParent(nil)
	delete(t.byKey, n.key)
	n.gone = true
	i := after(t.order, n.seq)
	t.order = slices.Delete(t.order, i, i+1)
	t.usn++
}

// surviving attributes stay on a tombstone; the rest is lost (AD without its recycle bin).
var surviving = map[string]bool{
	"objectclass": true, "objectguid": true, "objectsid": true, "samaccountname": true, "useraccountcontrol": true, "grouptype": true, "instancetype": true,
}

// bury turns an entry into a tombstone: a new name below the container, few attributes, the same objectGUID.
func (t *tree) bury(n *node) error {
	rdn, parent := splitDN(n.dn)
	pairs, err := rdnPairs(rdn)
	if err != nil {
		return err
	}
	e := n.entry()
	e.Attributes = slices.DeleteFunc(e.Attributes, func(a Attribute) bool { return !surviving[strings.ToLower(a.Name)] })
	guid := GUID(e.Get("objectGUID"))
	e.Set(pairs[0].Name, pairs[0].Values[0]+"\nDEL:"+guid)
	e.Set("name", pairs[0].Values[0]+"\nDEL:"+guid)
	e.Set("isDeleted", "TRUE")
	e.Set("lastKnownParent", parent)
	n.dead = true
	n.setParent(t.deleted)
	t.rekey(n, rdn+`\0ADEL:`+guid+","+t.deleted.dn)
	if err := t.fill(n, e); err != nil {
		return err
	}
	t.touch(n)
	return nil
}
