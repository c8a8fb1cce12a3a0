package ldaptest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Flavor is the product that a server behaves like.
type Flavor string

// The flavours.
const (
	AD       Flavor = "ad"
	OpenLDAP Flavor = "openldap"
)

// domain identifies the security identifiers of the sample domain.
var domain = []uint32{21, 1004336348, 1177238915, 682003330}

// wellKnown accounts of AD have fixed last parts in their security identifiers.
var wellKnown = map[string]uint32{
	"administrator": 500, "guest": 501, "krbtgt": 502, "domain admins": 512, "domain users": 513, "domain guests": 514, "domain computers": 515,
}

// neverExpires is what AD writes into accountExpires of an account without an end.
const neverExpires = "9223372036854775807"

// complete adds what the product adds to a new entry: ids, the naming attribute, classes and defaults. Values given are kept.
func (t *tree) complete(e Entry, key string) (Entry, error) {
	e.Attributes = slices.Clone(e.Attributes)
	rdn, _ := splitDN(e.DN)
	pairs, err := rdnPairs(rdn)
	if err != nil {
		return e, err
	}
	for _, pair := range pairs {
		if !slices.ContainsFunc(e.Values(pair.Name), func(v string) bool { return strings.EqualFold(v, pair.Values[0]) }) {
			e.Add(pair.Name, pair.Values...)
		}
	}
	id := newGUID(t.seed, t.lastSeq+1, key)
	if t.flavor == AD {
		t.completeAD(&e, id, pairs[0].Values[0])
	} else {
		setDefault(&e, "entryUUID", entryUUID(id))
		setDefault(&e, "structuralObjectClass", mostSpecific(e.Values("objectClass")))
	}
	return e, nil
}

func (t *tree) completeAD(e *Entry, id [16]byte, name string) {
	var classes []string
	for _, class := range e.Values("objectClass") {
		for _, each := range classChain(class) {
			if !slices.ContainsFunc(classes, func(have string) bool { return strings.EqualFold(have, each) }) {
				classes = append(classes, each)
			}
		}
	}
	e.Set("objectClass", classes...)
	class := mostSpecific(classes)
	setDefault(e, "objectGUID", objectGUID(id))
	setDefault(e, "objectCategory", categoryOf(class, t.base))
	setDefault(e, "instanceType", "4")
	e.Set("name", name)
	if isA(class, "user") || isA(class, "group") {
		setDefault(e, "sAMAccountName", name)
		setDefault(e, "objectSid", t.nextSID(e.Get("sAMAccountName")))
	}
	if isA(class, "user") {
		setDefault(e, "userAccountControl", "512")
		setDefault(e, "accountExpires", neverExpires)
		setDefault(e, "primaryGroupID", primaryGroup(class))
	}
	if isA(class, "group") {
		setDefault(e, "groupType", "-2147483646") // a global security group
	}
}

// primaryGroup is Domain Computers for computers and Domain Users for everybody else.
func primaryGroup(class string) string {
	if isA(class, "computer") {
		return "515"
	}
	return "513"
}

func (t *tree) nextSID(account string) string {
	rid, ok := wellKnown[strings.ToLower(account)]
	if !ok {
		t.rid++
		rid = t.rid
	}
	return sid(append(slices.Clone(domain), rid)...)
}

func setDefault(e *Entry, name, value string) {
	if len(e.Values(name)) == 0 {
		e.Set(name, value)
	}
}

// mostSpecific returns the class that no other class given derives from.
func mostSpecific(classes []string) string {
	best := "top"
	for _, class := range classes {
		if best == "top" || isA(class, best) {
			best = class
		}
	}
	return best
}

// found makes the entries that exist before the first one is added: the naming context, and in AD the tombstones' container and the server's own entry.
func (t *tree) found(base string) error {
	t.base = base
	key, err := normalDN(base)
	if err != nil {
		return err
	}
	t.root = &node{dn: base, key: key}
	t.byKey[key] = t.root
	if t.flavor != AD {
		return nil
	}
	if err := t.add(NewEntry(base, "objectClass", "domainDNS", "objectSid", sid(domain...))); err != nil {
		return err
	}
	if err := t.add(NewEntry("CN=Deleted Objects,"+base, "objectClass", "container", "isDeleted", "TRUE")); err != nil {
		return err
	}
	if t.deleted, err = t.lookup("CN=Deleted Objects," + base); err != nil {
		return err
	}
	t.deleted.dead = true
	return t.foundConfiguration()
}

// foundConfiguration makes AD's configuration naming context down to the entry that dsServiceName names.
func (t *tree) foundConfiguration() error {
	n := &node{dn: "CN=Configuration," + t.base, key: "cn=configuration," + t.root.key}
	t.byKey[n.key] = n
	e, err := t.complete(NewEntry(n.dn, "objectClass", "configuration"), n.key)
	if err != nil {
		return err
	}
	if err := t.fill(n, e); err != nil {
		return err
	}
	t.place(n, nil) // a naming context of its own: no search from the domain reaches it
	dn := n.dn
	for _, step := range [][2]string{{"Sites", "container"}, {"Default-First-Site-Name", "site"}, {"Servers", "container"}, {"DC1", "server"}, {"NTDS Settings", "nTDSDSA"}} {
		dn = "CN=" + step[0] + "," + dn
		e := NewEntry(dn, "objectClass", step[1])
		if step[1] == "nTDSDSA" {
			e.Set("invocationId", objectGUID(newGUID(t.seed, 0, "invocation")))
		}
		if err := t.add(e); err != nil {
			return err
		}
	}
	return nil
}

// serviceName is the DN of the server's own entry in AD.
func (t *tree) serviceName() string {
	return "CN=NTDS Settings,CN=DC1,CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration," + t.base
}

// computed returns the values of an attribute that is not stored.
func (t *tree) computed(n *node, key string) []string {
	switch key {
	case "memberof":
		return memberOf(n)
	case "distinguishedname":
		return t.only(AD, n.dn)
	case "usnchanged":
		return t.only(AD, strconv.FormatInt(n.usnChanged, 10))
	case "usncreated":
		return t.only(AD, strconv.FormatInt(n.usnCreated, 10))
	case "whenchanged":
		return t.only(AD, t.stamp(n.whenChanged))
	case "whencreated":
		return t.only(AD, t.stamp(n.whenCreated))
	case "createtimestamp":
		return []string{t.stamp(n.whenCreated)}
	case "modifytimestamp":
		return []string{t.stamp(n.whenChanged)}
	case "entrydn":
		return t.only(OpenLDAP, n.dn)
	case "entrycsn":
		return t.only(OpenLDAP, fmt.Sprintf("%s#%06x#000#000000", n.whenChanged.Format("20060102150405.000000Z"), n.usnChanged))
	}
	return nil
}

func (t *tree) only(flavor Flavor, value string) []string {
	if t.flavor != flavor {
		return nil
	}
	return []string{value}
}

func (t *tree) stamp(at time.Time) string {
	if t.flavor == AD {
		return at.Format("20060102150405.0Z")
	}
	return at.Format("20060102150405Z")
}

func memberOf(n *node) []string {
	var dns []string
	for _, b := range n.back {
		if linked[b.key] && !b.from.dead {
			dns = append(dns, b.from.dn)
		}
	}
	return dns
}

// A computedName is an attribute that is not stored. An operational one is shown only when asked for.
type computedName struct {
	name        string
	operational bool
}

func (t *tree) computedNames() []computedName {
	if t.flavor == AD {
		return adNames
	}
	return openLDAPNames
}

var (
	adNames = []computedName{
		{"distinguishedName", false},
		{"uSNCreated", false},
		{"uSNChanged", false},
		{"whenCreated", false},
		{"whenChanged", false},
		{"memberOf", false},
		{"createTimestamp", true},
		{"modifyTimestamp", true},
	}
	openLDAPNames = []computedName{{"entryDN", true}, {"entryCSN", true}, {"createTimestamp", true}, {"modifyTimestamp", true}, {"memberOf", true}}
)

// operational reports whether a stored attribute is shown only when asked for.
func (t *tree) operational(key string) bool {
	return t.flavor == OpenLDAP && (key == "entryuuid" || key == "structuralobjectclass")
}
