package scim

import (
	"strings"
)

// An attribute as the core schemas define it (RFC 7643 §4, with the errata).
type definition struct {
	name     string // canonical spelling
	kind     kind
	multi    bool
	readOnly bool
	required bool
	subs     []string // canonical spelling of the sub-attributes
	checked  bool     // a schema says of which type each is, and checks what came of a change
}

type kind uint8

const (
	textKind kind = iota
	boolKind
	complexKind
)

var (
	plural  = []string{"value", "display", "type", "primary", "$ref"}
	naming  = []string{"formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix"}
	postal  = []string{"formatted", "streetAddress", "locality", "region", "postalCode", "country", "type", "primary"}
	manager = []string{"value", "$ref", "displayName", "managerId"} // the last is Slack's
)

var coreAttributes = table([]definition{
	{name: "id", readOnly: true},
	{name: "meta", kind: complexKind, readOnly: true, subs: []string{"resourceType", "created", "lastModified", "location", "version"}},
	{name: "schemas", multi: true},
	{name: "externalId"},
	{name: "userName", required: true},
	{name: "displayName"},
	{name: "nickName"},
	{name: "profileUrl"},
	{name: "title"},
	{name: "userType"},
	{name: "preferredLanguage"},
	{name: "locale"},
	{name: "timezone"},
	{name: "password"},
	{name: "active", kind: boolKind},
	{name: "name", kind: complexKind, subs: naming},
	{name: "emails", kind: complexKind, multi: true, subs: plural},
	{name: "phoneNumbers", kind: complexKind, multi: true, subs: plural},
	{name: "ims", kind: complexKind, multi: true, subs: plural},
	{name: "photos", kind: complexKind, multi: true, subs: plural},
	{name: "addresses", kind: complexKind, multi: true, subs: postal},
	{name: "groups", kind: complexKind, multi: true, readOnly: true, subs: plural},
	{name: "entitlements", kind: complexKind, multi: true, subs: plural},
	{name: "roles", kind: complexKind, multi: true, subs: plural},
	{name: "x509Certificates", kind: complexKind, multi: true, subs: plural},
	{name: "members", kind: complexKind, multi: true, subs: plural},
})

var enterpriseAttributes = table([]definition{
	{name: "employeeNumber"},
	{name: "costCenter"},
	{name: "organization"},
	{name: "division"},
	{name: "department"},
	{name: "manager", kind: complexKind, subs: manager},
})

func table(list []definition) map[string]definition {
	out := make(map[string]definition, 2*len(list))
	for _, d := range list {
		out[d.name] = d
		out[strings.ToLower(d.name)] = d
	}
	return out
}

// define returns what the core schemas say about an attribute behind urn, "" standing for the core schema itself. An unknown attribute is defined by its
// name alone.
func define(urn, name string) (definition, bool) {
	t := coreAttributes
	switch {
	case urn == "":
	case urn == EnterpriseURN:
		t = enterpriseAttributes
	default:
		return definition{name: name}, false
	}
	if d, ok := t[name]; ok {
		return d, true
	}
	if d, ok := t[strings.ToLower(name)]; ok {
		return d, true
	}
	return definition{name: name}, false
}

// sub returns the canonical spelling of a sub-attribute of d.
func (d definition) sub(name string) string {
	for _, s := range d.subs {
		if strings.EqualFold(s, name) {
			return s
		}
	}
	return name
}

// schemaOf returns the canonical spelling of a schema URN, and "" for those of the core user and group: their attributes stand at the top of a resource.
func schemaOf(urn string) string {
	switch {
	case strings.EqualFold(urn, UserURN), strings.EqualFold(urn, GroupURN):
		return ""
	case strings.EqualFold(urn, EnterpriseURN):
		return EnterpriseURN
	}
	return urn
}

// isBool reports whether the core schemas want a boolean at sub of d.
func (d definition) isBool(sub string) bool {
	return d.kind == boolKind || d.kind == complexKind && sub == "primary"
}

// typed returns s as the JSON value that the core schemas want at sub of d.
func (d definition) typed(sub, s string) any {
	if d.isBool(sub) {
		switch strings.ToLower(s) {
		case "true":
			return true
		case "false":
			return false
		}
	}
	return s
}
