package config

import (
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"muster/internal/secret"
)

// A Draft is what the first configuration of a Muster is composed from: one source and, if that is known already, one target.
type Draft struct {
	Source DraftSource
	Target *DraftTarget
}

// A DraftSource is a directory, or a client that writes by SCIM. Empty fields are left out.
type DraftSource struct {
	Name     string
	Type     string // "ldap" or "scim"
	Servers  []string
	StartTLS bool
	CAFile   string
	Bind     string
	Password Value // where it is kept
	Canary   string
	People   string // DN of the search base
	Groups   string
	Profile  string // of a client
}

// A DraftTarget is a service. Empty settings are left out.
type DraftTarget struct {
	Name     string
	Type     string
	Settings map[string]string
	Secrets  map[string]Value // where they are kept
	Group    string           // DN of the group whose members it serves, "" = everybody
	// DisplayName says that the service keeps one.
	DisplayName bool
}

// Compose writes a configuration file. What it says is right only if Parse finds nothing wrong with it: values are taken as they are.
func Compose(d Draft) string {
	root := keyed()
	put(root, "sources", sequence(sourceNode(d.Source)), "Where people and groups come from.")
	if d.Target != nil {
		put(root, "targets", sequence(d.Target.node()), "What is kept in step. Nothing is written there before its first plan is approved.")
	}
	var out strings.Builder
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(root); err != nil {
		panic(err) // nodes made here can be written
	}
	return out.String()
}

func sourceNode(s DraftSource) *yaml.Node {
	n := keyed()
	put(n, "name", text(s.Name), "")
	put(n, "type", text(s.Type), "")
	if s.Type == "scim" {
		optional(n, "profile", s.Profile, "")
		return n
	}
	var servers []*yaml.Node
	for _, addr := range s.Servers {
		servers = append(servers, text(addr))
	}
	put(n, "servers", flow(sequence(servers...)), "")
	if s.StartTLS {
		put(n, "starttls", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true"}, "")
	}
	optional(n, "ca_file", s.CAFile, "")
	put(n, "bind", text(s.Bind), "")
	put(n, "password", s.Password.node(), "")
	optional(n, "canary", s.Canary, "An entry that must be readable in every read, or the read proves nothing.")
	put(n, "people", base(s.People), "")
	if s.Groups != "" {
		put(n, "groups", base(s.Groups), "")
	}
	return n
}

func base(dn string) *yaml.Node {
	n := keyed()
	put(n, "base", text(dn), "")
	return flow(n)
}

func (t *DraftTarget) node() *yaml.Node {
	n, settings, people := keyed(), keyed(), keyed()
	put(n, "name", text(t.Name), "")
	put(n, "type", text(t.Type), "")
	put(n, "mode", text(string(Live)), "")
	for _, name := range slices.Sorted(maps.Keys(t.Settings)) {
		optional(settings, name, t.Settings[name], "")
	}
	for _, name := range slices.Sorted(maps.Keys(t.Secrets)) {
		put(settings, name, t.Secrets[name].node(), "")
	}
	put(n, "settings", settings, "")
	if t.Group != "" {
		from := keyed()
		put(from, "group", text(t.Group), "")
		put(people, "from", flow(from), "")
	}
	put(people, "match", flow(sequence(text("userName"))), "Accounts that are there already are linked by it.")
	put(people, "when_removed", text("disable"), "")
	put(people, "attributes", t.attributes(), "")
	put(n, "people", people, "")
	return n
}

func (t *DraftTarget) attributes() *yaml.Node {
	n := keyed()
	put(n, "userName", text("person.username"), "")
	if t.DisplayName {
		put(n, "displayName", text("person.name"), "")
	}
	put(n, "name.givenName", text("person.givenName"), "")
	put(n, "name.familyName", text("person.familyName"), "")
	email := keyed()
	put(email, "expr", text("person.email"), "")
	put(email, "required", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true"}, "")
	put(n, `emails[type eq "work"].value`, flow(email), "Whoever has none waits.")
	return n
}

// Kept returns a value that is kept in an environment variable or in a file.
func Kept(env, file string) Value { return Value{Env: env, File: file} }

// Given returns a value that is kept nowhere.
func Given(s secret.String) Value { return Value{text: s} }

func (v Value) node() *yaml.Node {
	n := keyed()
	optional(n, "env", v.Env, "")
	optional(n, "file", v.File, "")
	return flow(n)
}

func keyed() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode} }

func sequence(items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Content: items}
}

func flow(n *yaml.Node) *yaml.Node {
	n.Style = yaml.FlowStyle
	return n
}

// text writes a value so that it is read as the same text, whatever is in it.
func text(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: strings.ToValidUTF8(s, "?")}
	if strings.ContainsFunc(s, func(r rune) bool {
		return r != '.' && r != '-' && r != '_' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	}) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

func put(n *yaml.Node, key string, value *yaml.Node, comment string) {
	k := text(key)
	k.HeadComment = comment
	n.Content = append(n.Content, k, value)
}

func optional(n *yaml.Node, key, value, comment string) {
	if value != "" {
		put(n, key, text(value), comment)
	}
}
