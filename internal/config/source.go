package config

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"muster/internal/attr"
	"muster/internal/mapping"
	"muster/internal/source"
)

func (d *document) source(n *yaml.Node, path string, names map[string]int) Source {
	o := d.object(n, label(n, path, "sources"), keysOf(n)...)
	s := Source{At: d.at(o.line)}
	if n.Kind != yaml.MappingNode {
		return s
	}
	s.Name = o.called(names)
	if o.need("type", "ldap, scim") != "" {
		s.Type = o.oneOf("type", "", "ldap", "scim")
	}
	s.Rules = mapping.SourceRules{Name: s.Name, Correlate: d.correlate(o)}
	people, groups := defaultPeople, defaultGroups
	if s.Type == "scim" {
		s.SCIM = d.scim(o)
		s.Rules.Correlate = d.clientKeys(o, s.Rules.Correlate)
		people, groups = peopleOf(s.SCIM), clientGroups
	} else {
		s.LDAP = d.ldap(o)
		s.Every = o.duration("every", defaultEvery, leastEvery)
	}
	s.Rules.People = withDefaults(d.rules(o, "attributes", false), people, s.At)
	s.Rules.Groups = withDefaults(d.rules(o, "group_attributes", false), groups, s.At)
	return s
}

// The rules for what the file leaves out. They serve Active Directory and the common schemas alike: an attribute that an entry has not is ”.
var (
	defaultPeople = map[attr.Path]string{
		"username":   "record.sAMAccountName != '' ? record.sAMAccountName : record.uid",
		"email":      "record.mail",
		"name":       "record.displayName != '' ? record.displayName : record.cn",
		"givenName":  "record.givenName",
		"familyName": "record.sn",
	}
	defaultGroups = map[attr.Path]string{"name": "record.cn"}
)

func withDefaults(have mapping.Rules, def map[attr.Path]string, at string) mapping.Rules {
	if have == nil {
		have = mapping.Rules{}
	}
	for p, expr := range def {
		if _, ok := have[p]; !ok {
			have[p] = mapping.Rule{Expr: expr, At: at}
		}
	}
	return have
}

func (d *document) ldap(o object) *LDAP {
	tls := o.bool("starttls", false)
	c := &LDAP{
		Servers:        d.servers(o, tls),
		StartTLS:       tls,
		CAFile:         o.file("ca_file"),
		Bind:           o.need("bind", "a DN or a user principal name: muster@corp.example"),
		Canary:         o.text("canary"),
		People:         d.bases(o, "people"),
		Groups:         d.bases(o, "groups"),
		IDAttribute:    o.text("id_attribute"),
		DisabledFilter: o.filter("disabled_filter"),
		References:     o.references(),
		PageSize:       o.number("page_size", 1, 100000),
	}
	if o.has("password") {
		c.Password = d.secret(o.fields["password"], o.join("password"))
	}
	if !o.has("password") {
		d.fail(o.line, o.path+": password is missing: servers take a bind without one for anonymous", "password: {file: /run/secrets/ldap} or {env: NAME}", "")
	}
	if !o.has("people") {
		d.fail(o.line, o.path+": people is missing", "people: {base: \"OU=People,DC=corp,DC=example\"}", "")
	}
	if c.Canary == "" {
		d.warn(o.line, o.path+": no canary: an entry that must be readable in every read shows when rights are lost")
	}
	return c
}

func (d *document) servers(o object, tls bool) []string {
	out := o.texts("servers")
	if len(out) == 0 && !o.has("servers") {
		d.fail(o.line, o.path+": servers is missing", `["ldaps://dc1.corp.example"]`, "")
	}
	for _, s := range out {
		u, err := url.Parse(s)
		if err != nil || u.Scheme != "ldap" && u.Scheme != "ldaps" || u.Host == "" {
			o.wrong("servers", fmt.Sprintf("%q is not the address of a directory server", s), "ldap://host:port, ldaps://host:port")
			continue
		}
		if u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" {
			o.wrong("servers", fmt.Sprintf("%q holds more than an address", u.Redacted()), "ldap://host:port, ldaps://host:port")
			continue
		}
		if u.Scheme == "ldaps" && tls {
			o.wrong("starttls", fmt.Sprintf("%q is encrypted from the start", s), "starttls with ldap:// only")
		}
		if u.Scheme == "ldap" && !tls && !slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname()) {
			o.wrong("servers", "the password would travel to "+s+" unencrypted", "ldaps://, or starttls: true")
		}
	}
	return out
}

func (d *document) bases(o object, key string) []Base {
	var out []Base
	for i, n := range o.list(key) {
		b := d.object(n, o.join(key), "base", "filter", "scope")
		name := key
		if i > 0 {
			name += strconv.Itoa(i + 1)
		}
		if n.Kind != yaml.MappingNode {
			continue
		}
		out = append(out, Base{
			Name:   name,
			Base:   b.need("base", `a DN: "OU=People,DC=corp,DC=example"`),
			Filter: b.filter("filter"),
			Scope:  b.oneOf("scope", "sub", "sub", "one"),
			At:     d.at(b.line),
		})
	}
	return out
}

// references reads which attributes of people name other people.
func (o object) references() []string {
	if !o.has("references") {
		return []string{source.Manager}
	}
	var out []string
	for _, name := range o.texts("references") {
		if !attributeName.MatchString(name) {
			o.wrong("references", fmt.Sprintf("%q is not the name of an attribute", name), "[manager, assistant]")
			continue
		}
		out = append(out, strings.ToLower(name))
	}
	return out
}

// attributeName is what RFC 4512 calls a descr.
var attributeName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)

// filter checks only the brackets: the source and package mapping read the rest.
func (o object) filter(key string) string {
	s := o.text(key)
	if s != "" && (s[0] != '(' || s[len(s)-1] != ')' || strings.Count(s, "(") != strings.Count(s, ")")) {
		o.wrong(key, fmt.Sprintf("%q is not an LDAP filter", s), "(department=Sales), (&(a=1)(!(b=2))) …")
	}
	return s
}

func (d *document) correlate(o object) []mapping.Key {
	var out []mapping.Key
	for _, n := range o.list("correlate") {
		k := d.object(n, o.join("correlate"), "person", "expr")
		if n.Kind != yaml.MappingNode {
			continue
		}
		key := mapping.Key{Expr: k.need("expr", "expr: record.mail"), At: d.at(k.line)}
		if p := k.need("person", "person: email"); p != "" {
			key.Person = k.attrPath("person", p)
		}
		out = append(out, key)
	}
	return out
}

func (o object) attrPath(key, text string) attr.Path {
	p, err := attr.ParsePath(text)
	if err != nil {
		o.wrong(key, err.Error(), `userName, name.givenName, emails[type eq "work"].value …`)
	}
	return p
}
