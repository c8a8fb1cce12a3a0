package config

import (
	"fmt"
	"maps"
	"strings"

	"go.yaml.in/yaml/v3"

	"muster/internal/attr"
	"muster/internal/mapping"
)

// SCIM is what an identity provider that writes to Muster may do.
type SCIM struct {
	Profile    string      // how it behaves: one of Profiles
	OnDelete   string      // "remove" or "deactivate"
	Tolerate   []string    // departures from the standard, beside those of the profile
	Refuse     []string    // departures that the profile would allow
	Accept     []string    // attributes of the core schema that a closed profile has besides its own
	Extensions []Extension // schemas of the provider's own
	PerMinute  int         // requests it may send on one node, 0 = as many as it likes
}

// Profiles are the profiles of clients: the first is the standard to the letter.
var Profiles = []string{"standard", "entra", "okta", "onelogin", "closed"}

// An Extension is a schema extension of users.
type Extension struct {
	URN        string
	Attributes []ExtensionAttribute
}

// An ExtensionAttribute is one attribute of an Extension. A name "a.b" is the sub-attribute b of a.
type ExtensionAttribute struct {
	Name     string
	Type     string
	Multi    bool
	Required bool
}

var (
	ldapKeys = []string{
		"name", "type", "servers", "starttls", "ca_file", "bind", "password", "canary", "people", "groups", "id_attribute", "disabled_filter", "references",
		"page_size", "attributes", "group_attributes", "correlate", "every",
	}
	scimKeys = []string{
		"name", "type", "profile", "on_delete", "tolerate", "refuse", "accept", "extensions", "requests_per_minute", "attributes", "group_attributes", "correlate",
	}
)

// keysOf returns the keys of a source by its type. Where that is not known, they are those of a directory.
func keysOf(n *yaml.Node) []string {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "type" && deref(n.Content[i+1]).Value == "scim" {
			return scimKeys
		}
	}
	return ldapKeys
}

// The rules for what a client states, as it states it.
var (
	clientPeople = map[attr.Path]string{
		"username":   "record.userName",
		"email":      `record['emails[type eq "work"].value'] != '' ? record['emails[type eq "work"].value'] : record['emails.value']`,
		"name":       "record.displayName != '' ? record.displayName : record['name.formatted'] != '' ? record['name.formatted'] : (record['name.givenName'] + ' ' + record['name.familyName']).trim()",
		"givenName":  "record['name.givenName']",
		"familyName": "record['name.familyName']",
	}
	clientGroups = map[attr.Path]string{"name": "record.displayName"}
)

// appURN is the extension in which a client says whose password does not expire, if the source has no extension of its own that does.
const appURN = "urn:ietf:params:scim:schemas:extension:meisterplan:2.0:User"

// neverExpires is the attribute of that name here and there.
const neverExpires = "passwordNeverExpires"

// peopleOf are the rules for people that a client states.
func peopleOf(c *SCIM) map[attr.Path]string {
	urn := appURN
	for _, e := range c.Extensions {
		for _, a := range e.Attributes {
			if a.Name == neverExpires {
				urn = e.URN
			}
		}
	}
	out := maps.Clone(clientPeople)
	out[neverExpires] = fmt.Sprintf("record['%s:%s'] == 'true' ? 'true' : ''", urn, neverExpires)
	return out
}

func (d *document) scim(o object) *SCIM {
	c := &SCIM{
		Profile:  o.oneOf("profile", Profiles[0], Profiles...),
		OnDelete: o.oneOf("on_delete", "remove", "remove", "deactivate"),
		Tolerate: o.texts("tolerate"),
		Refuse:   o.texts("refuse"),
		Accept:   o.texts("accept"),

		PerMinute: o.number("requests_per_minute", 1, 1_000_000),
	}
	if len(c.Accept) > 0 && c.Profile != "closed" {
		o.wrong("accept", "the profile "+c.Profile+" has all attributes of the core schema", "accept with profile: closed")
	}
	for _, n := range o.list("extensions") {
		e := d.object(n, o.join("extensions"), "urn", "attributes")
		if n.Kind != yaml.MappingNode {
			continue
		}
		x := Extension{URN: e.need("urn", "urn:ietf:params:scim:schemas:extension:example:2.0:User")}
		if x.URN != "" && !strings.HasPrefix(x.URN, "urn:") {
			e.wrong("urn", fmt.Sprintf("%q is not a URN", x.URN), "urn:…")
		}
		for _, a := range e.list("attributes") {
			x.Attributes = append(x.Attributes, d.extensionAttribute(a, e.join("attributes")))
		}
		if len(x.Attributes) == 0 {
			d.fail(e.line, e.path+": attributes is missing", "attributes: [{name: costCenter}]", "")
		}
		c.Extensions = append(c.Extensions, x)
	}
	return c
}

func (d *document) extensionAttribute(n *yaml.Node, path string) ExtensionAttribute {
	o := d.object(n, path, "name", "type", "multi", "required")
	if n.Kind != yaml.MappingNode {
		return ExtensionAttribute{}
	}
	return ExtensionAttribute{
		Name:  o.need("name", "name: costCenter"),
		Type:  o.oneOf("type", "string", "string", "boolean", "integer", "decimal", "dateTime", "reference"),
		Multi: o.bool("multi", false), Required: o.bool("required", false),
	}
}

// clientKeys refuses what a client cannot be recognised by: one statement must not walk over everybody.
func (d *document) clientKeys(o object, keys []mapping.Key) []mapping.Key {
	for _, k := range keys {
		if k.Person != "username" && k.Person != "email" && k.Person != "" {
			o.wrong("correlate", fmt.Sprintf("people who come by SCIM cannot be recognised by %s", k.Person), "person: username, person: email")
		}
	}
	return keys
}
