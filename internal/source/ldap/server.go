package ldap

import (
	"context"
	"slices"
	"strings"

	ldapv3 "github.com/go-ldap/ldap/v3"
)

// The kinds of server, as Report.Kind names them.
const (
	kindAD       = "Active Directory"
	kindOpenLDAP = "OpenLDAP"
	kind389      = "389 Directory Server"
	kindOther    = "LDAP"
)

// How a server states that an account is disabled.
const (
	byNothing        = ""
	byAccountControl = "userAccountControl"
	byAccountLock    = "nsAccountLock"
	byFilter         = "filter"
)

// capabilityAD is LDAP_CAP_ACTIVE_DIRECTORY_OID ([MS-ADTS] §3.1.1.3.4.3).
const capabilityAD = "1.2.840.113556.1.4.800"

// A profile is how to read one server: what its root DSE says, what follows from it, and what the configuration overrides.
type profile struct {
	kind       string
	nativeID   string // identifies any entry, bases included
	personID   string
	groupID    string
	people     string // filter where an area gives none
	groups     string
	disabledBy string
	members    []string // lower case
	primary    bool     // people belong to the group of their primaryGroupID

	contexts []string // naming contexts
	roots    []string // where to look for an entry that is not where it was
	config   string   // configurationNamingContext, "" if none
	paging   bool     // paged results are announced
}

// usualAttributes are delivered where the configuration names none.
var usualAttributes = []string{
	"cn", "uid", "sAMAccountName", "userPrincipalName", "mail", "givenName", "sn", "displayName", "description", "title", "department", "company",
	"telephoneNumber", "mobile", "employeeNumber", "employeeID", "manager", "memberOf", "gidNumber", "uidNumber",
}

// profile asks the root DSE.
func (s *session) profile(ctx context.Context, cfg Config) (profile, error) {
	e, err := s.read(ctx, "", "(objectClass=*)", []string{
		"objectClass", "namingContexts", "defaultNamingContext", "configurationNamingContext", "supportedCapabilities", "supportedControl", "vendorName",
		"vendorVersion",
	})
	if err != nil {
		return profile{}, err
	}
	if e == nil {
		return profile{}, s.fault("rights", "the root DSE cannot be read", "let the bind account read the entry with the empty DN", nil)
	}
	p := defaults(kindOf(e))
	p.contexts = e.GetEqualFoldAttributeValues("namingContexts")
	p.config = e.GetEqualFoldAttributeValue("configurationNamingContext")
	p.paging = slices.Contains(e.GetEqualFoldAttributeValues("supportedControl"), ldapv3.ControlTypePaging)
	p.override(cfg)
	return p, nil
}

func kindOf(rootDSE *ldapv3.Entry) string {
	vendor := strings.ToLower(rootDSE.GetEqualFoldAttributeValue("vendorName") + " " + rootDSE.GetEqualFoldAttributeValue("vendorVersion"))
	switch {
	case slices.Contains(rootDSE.GetEqualFoldAttributeValues("supportedCapabilities"), capabilityAD):
		return kindAD
	case slices.ContainsFunc(rootDSE.GetEqualFoldAttributeValues("objectClass"), func(c string) bool { return strings.EqualFold(c, "OpenLDAProotDSE") }):
		return kindOpenLDAP
	case strings.Contains(vendor, "389"), strings.Contains(vendor, "red hat"), strings.Contains(vendor, "fedora"):
		return kind389
	}
	return kindOther
}

// defaults returns the profile of a kind of server.
func defaults(kind string) profile {
	if kind == kindAD {
		return profile{
			kind: kind, nativeID: "objectGUID",
			people:     "(&(objectCategory=person)(objectClass=user))", // objectClass=user alone takes in computers
			groups:     "(objectClass=group)",
			disabledBy: byAccountControl, members: []string{"member"}, primary: true,
		}
	}
	p := profile{
		kind: kind, nativeID: "entryUUID",
		people:  "(|(objectClass=inetOrgPerson)(objectClass=posixAccount))",
		groups:  "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=groupOfMembers)(objectClass=posixGroup))",
		members: []string{"member", "uniquemember", "memberuid"},
	}
	if kind == kind389 {
		p.nativeID, p.disabledBy = "nsUniqueId", byAccountLock
	}
	return p
}

func (p *profile) override(cfg Config) {
	p.personID, p.groupID = p.nativeID, p.nativeID
	if cfg.IDAttribute != "" {
		p.personID = cfg.IDAttribute
	}
	if cfg.GroupIDAttribute != "" {
		p.groupID = cfg.GroupIDAttribute
	}
	if cfg.DisabledFilter != "" {
		p.disabledBy = byFilter
	}
	if len(cfg.MemberAttributes) > 0 {
		p.members = nil
		for _, m := range cfg.MemberAttributes {
			p.members = append(p.members, strings.ToLower(m))
		}
	}
	p.roots = p.namingRoots(cfg)
}

// namingRoots returns where entries are looked up: the given root, or the naming contexts that hold a base.
func (p *profile) namingRoots(cfg Config) []string {
	if cfg.NamingRoot != "" {
		return []string{cfg.NamingRoot}
	}
	var out []string
	for _, a := range append(append([]Area(nil), cfg.People...), cfg.Groups...) {
		if root := longestContext(p.contexts, a.DN); root != "" && !slices.Contains(out, root) {
			out = append(out, root)
		}
	}
	return out
}

func longestContext(contexts []string, dn string) string {
	n, err := normalDN(dn)
	if err != nil {
		return ""
	}
	var best, bestNormal string
	for _, c := range contexts {
		if cn, err := normalDN(c); err == nil && cn != "" && isUnder(n, cn) && len(cn) > len(bestNormal) {
			best, bestNormal = c, cn
		}
	}
	return best
}

// idAttribute returns what identifies entries of a kind.
func (p profile) idAttribute(people bool) string {
	if people {
		return p.personID
	}
	return p.groupID
}
