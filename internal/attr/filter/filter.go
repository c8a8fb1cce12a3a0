// Package filter parses and evaluates the two filter languages that Muster speaks: LDAP's (RFC 4515) and SCIM's (RFC 7644 §3.4.2.2).
//
// Both parse into one tree of Nodes, so that whoever evaluates or compiles filters has one thing to walk. Match evaluates an LDAP filter over named values,
// MatchResource a SCIM filter over a JSON object. The package does not ask any server anything and knows no schema beyond what the two standards fix; a
// caller that offers only some attributes checks Names. Paths are those of package attr; package mapping applies LDAP filters to records.
package filter

import (
	"slices"
	"strings"
)

// Limits on what is parsed. They keep evaluation and recursion small, whoever wrote the filter.
const (
	MaxLength = 16 << 10 // bytes
	MaxDepth  = 32       // filters within filters
	MaxTerms  = 512      // tests
)

// A Syntax is one of the filter languages.
type Syntax string

// The languages.
const (
	LDAP Syntax = "LDAP"
	SCIM Syntax = "SCIM"
)

// A Filter is a parsed filter. Only ParseLDAP and ParseSCIM make one; the zero Filter matches nothing.
type Filter struct {
	Root   Node
	Syntax Syntax
}

// A Node is And, Or, Not, Test, Substrings, Rule or Elements.
type Node interface{ node() }

// And holds where all of its nodes hold; the empty And always does (RFC 4526).
type And []Node

// Or holds where one of its nodes holds; the empty Or never does (RFC 4526).
type Or []Node

// Not holds where Node does not.
type Not struct{ Node Node }

// A Test compares an attribute with one value.
type Test struct {
	Name  string // attribute, as written; in SCIM a path with optional URN and sub-attribute
	Op    Op
	Value Value // with Present: none
}

// Substrings is LDAP's comparison with wildcards: the value starts with Initial, ends with Final, and holds Any in between, in order.
type Substrings struct {
	Name    string
	Initial string
	Any     []string
	Final   string
}

// A Rule is LDAP's comparison by a named matching rule.
type Rule struct {
	Name  string
	OID   string
	Value string
}

// Elements is SCIM's value filter: one element of the multi-valued attribute Name satisfies Where, whose names are sub-attributes.
type Elements struct {
	Name  string
	Where Node
}

func (And) node()        {}
func (Or) node()         {}
func (Not) node()        {}
func (Test) node()       {}
func (Substrings) node() {}
func (Rule) node()       {}
func (Elements) node()   {}

// An Op is a comparison, under its SCIM name.
type Op string

// The comparisons. LDAP has Equal, GreaterOrEqual, LessOrEqual, Approx and Present; SCIM has all but Approx.
const (
	Equal          Op = "eq"
	NotEqual       Op = "ne"
	Contains       Op = "co"
	StartsWith     Op = "sw"
	EndsWith       Op = "ew"
	Present        Op = "pr"
	Greater        Op = "gt"
	GreaterOrEqual Op = "ge"
	Less           Op = "lt"
	LessOrEqual    Op = "le"
	Approx         Op = "approx"
)

// A Type is the type of a Value.
type Type string

// The types of values. LDAP has strings only.
const (
	None    Type = ""
	String  Type = "string"
	Number  Type = "number"
	Boolean Type = "boolean"
	Null    Type = "null"
)

// A Value is a literal: its text, without quotes and escapes.
type Value struct {
	Type Type
	Text string
}

// Names returns the attributes that f mentions, in lower case, sorted, each once. Of an LDAP filter these are what must be asked of the server; of a
// value filter they are the paths "emails.type", "emails.value".
func (f Filter) Names() []string {
	var out []string
	walk(f.Root, "", func(name string) { out = append(out, strings.ToLower(name)) })
	slices.Sort(out)
	return slices.Compact(out)
}

func walk(n Node, prefix string, visit func(string)) {
	switch n := n.(type) {
	case And:
		for _, m := range n {
			walk(m, prefix, visit)
		}
	case Or:
		for _, m := range n {
			walk(m, prefix, visit)
		}
	case Not:
		walk(n.Node, prefix, visit)
	case Elements:
		walk(n.Where, n.Name+".", visit)
	case Test:
		visit(prefix + n.Name)
	case Substrings:
		visit(n.Name)
	case Rule:
		visit(n.Name)
	}
}

// Rules returns the matching rules that f uses, by OID, sorted, each once.
func (f Filter) Rules() []string {
	var out []string
	var find func(Node)
	find = func(n Node) {
		switch n := n.(type) {
		case And:
			for _, m := range n {
				find(m)
			}
		case Or:
			for _, m := range n {
				find(m)
			}
		case Not:
			find(n.Node)
		case Rule:
			out = append(out, n.OID)
		}
	}
	find(f.Root)
	slices.Sort(out)
	return slices.Compact(out)
}

// String returns f in its own language. Parsing it again gives the same tree.
func (f Filter) String() string {
	var b strings.Builder
	switch {
	case f.Root == nil:
	case f.Syntax == SCIM:
		printSCIM(&b, f.Root)
	default:
		printLDAP(&b, f.Root)
	}
	return b.String()
}
