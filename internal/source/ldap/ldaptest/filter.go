package ldaptest

import (
	"errors"
	"fmt"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// truth is the outcome of a filter: an item that cannot be judged is unknown, and so is its negation (RFC 4511, 4.5.1.7).
type truth int8

const (
	no truth = iota
	yes
	unknown
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// A filter judges entries. It is compiled for one request against one tree.
type filter interface{ match(n *node) truth }

type (
	andFilter []filter
	orFilter  []filter
	notFilter struct{ of filter }
	constant  truth
)

func (f andFilter) match(n *node) truth {
	result := yes
	for _, each := range f {
		switch each.match(n) {
		case no:
			return no
		case unknown:
			result = unknown
		}
	}
	return result
}

func (f orFilter) match(n *node) truth {
	result := no
	for _, each := range f {
		switch each.match(n) {
		case yes:
			return yes
		case unknown:
			result = unknown
		}
	}
	return result
}

func (f notFilter) match(n *node) truth {
	switch f.of.match(n) {
	case yes:
		return no
	case no:
		return yes
	}
	return unknown
}

func (f constant) match(*node) truth { return truth(f) }

// errFilter is the class of filters that cannot be read.
var errFilter = errors.New("malformed filter")

// maxFilterDepth bounds nesting, so that a hostile filter cannot exhaust the stack.
const maxFilterDepth = 100

// A compiler turns a filter as it came over the wire into one that judges nodes.
type compiler struct {
	tree   *tree
	hidden map[string]bool // attributes that nobody may read: items on them are unknown
}

func (c *compiler) compile(p *ber.Packet, depth int) (filter, error) {
	if p == nil || p.ClassType != ber.ClassContext || depth > maxFilterDepth {
		return nil, errFilter
	}
	switch p.Tag {
	case ldap.FilterAnd, ldap.FilterOr:
		return c.set(p, depth)
	case ldap.FilterNot:
		if len(p.Children) != 1 {
			return nil, errFilter
		}
		of, err := c.compile(p.Children[0], depth+1)
		return notFilter{of}, err
	case ldap.FilterPresent:
		return c.item(p.Data.String(), func(key string) (filter, error) { return c.present(key), nil })
	case ldap.FilterSubstrings:
		return c.substrings(p)
	case ldap.FilterExtensibleMatch:
		return c.extensible(p)
	case ldap.FilterEqualityMatch, ldap.FilterApproxMatch, ldap.FilterGreaterOrEqual, ldap.FilterLessOrEqual:
		if len(p.Children) != 2 {
			return nil, errFilter
		}
		value := p.Children[1].Data.String()
		return c.item(p.Children[0].Data.String(), func(key string) (filter, error) { return c.compare(p.Tag, key, value), nil })
	}
	return nil, fmt.Errorf("%w: choice %d", errFilter, p.Tag)
}

func (c *compiler) set(p *ber.Packet, depth int) (filter, error) {
	filters := make([]filter, 0, len(p.Children))
	for _, child := range p.Children {
		f, err := c.compile(child, depth+1)
		if err != nil {
			return nil, err
		}
		filters = append(filters, f)
	}
	if p.Tag == ldap.FilterAnd {
		return andFilter(filters), nil
	}
	return orFilter(filters), nil
}

// item reads an attribute description and makes the item on it, or an unknown one if the attribute is hidden.
func (c *compiler) item(description string, make func(key string) (filter, error)) (filter, error) {
	key, _, _ := strings.Cut(strings.ToLower(description), ";") // options like ;binary do not change what matches
	if key == "" {
		return nil, fmt.Errorf("%w: no attribute", errFilter)
	}
	if c.hidden[key] || syntaxOf(key) == syntaxSecret {
		return constant(unknown), nil
	}
	return make(key)
}

func (c *compiler) compare(choice ber.Tag, key, value string) filter {
	switch {
	case choice == ldap.FilterGreaterOrEqual:
		return &ordered{values: values{c.tree, key}, bound: newBound(value), greater: true}
	case choice == ldap.FilterLessOrEqual:
		return &ordered{values: values{c.tree, key}, bound: newBound(value)}
	default:
		return c.equal(key, value)
	}
}

func (c *compiler) equal(key, value string) filter {
	if key == "objectclass" {
		return &classFilter{class: value}
	}
	switch syntaxOf(key) {
	case syntaxDN:
		return c.equalDN(key, value)
	case syntaxExact:
		if binary, ok := parseSID(value); ok && key == "objectsid" {
			value = binary
		}
		return &equalFilter{values: values{c.tree, key}, want: value, exact: true}
	default:
		return &equalFilter{values: values{c.tree, key}, want: fold(value)}
	}
}

// equalDN compares names. A value that is no DN is unknown, save AD's short form of objectCategory.
func (c *compiler) equalDN(key, value string) filter {
	if key == "objectcategory" && c.tree.flavor == AD && !strings.Contains(value, "=") {
		value = categoryOf(value, c.tree.base)
	}
	want, err := normalDN(value)
	if err != nil {
		return constant(unknown)
	}
	if _, isLink := linked[key]; isLink {
		return &linkFilter{key: key, target: c.tree.byKey[want]}
	}
	if key == "memberof" {
		return &memberFilter{group: c.tree.byKey[want]}
	}
	return &nameFilter{values: values{c.tree, key}, want: want}
}

func (c *compiler) substrings(p *ber.Packet) (filter, error) {
	if len(p.Children) != 2 || len(p.Children[1].Children) == 0 {
		return nil, errFilter
	}
	return c.item(p.Children[0].Data.String(), func(key string) (filter, error) {
		f := &substringFilter{values: values{c.tree, key}, exact: syntaxOf(key) == syntaxExact}
		parts := p.Children[1].Children
		for i, part := range parts {
			text := part.Data.String()
			if !f.exact {
				text = strings.ToLower(text)
			}
			switch {
			case part.Tag == ldap.FilterSubstringsInitial && i == 0:
				f.initial = text
			case part.Tag == ldap.FilterSubstringsFinal && i == len(parts)-1:
				f.final = text
			case part.Tag == ldap.FilterSubstringsAny:
				f.any = append(f.any, text)
			default:
				return nil, fmt.Errorf("%w: substrings out of order", errFilter)
			}
		}
		if syntaxOf(key) == syntaxDN {
			return constant(unknown), nil // no substring match on names, as in AD
		}
		return f, nil
	})
}

// The matching rules of extensible matches.
const (
	ruleBitAnd  = "1.2.840.113556.1.4.803"
	ruleBitOr   = "1.2.840.113556.1.4.804"
	ruleInChain = "1.2.840.113556.1.4.1941"
)

func (c *compiler) extensible(p *ber.Packet) (filter, error) {
	var rule, attribute, value string
	inDN := false
	for _, child := range p.Children {
		switch child.Tag {
		case ldap.MatchingRuleAssertionMatchingRule:
			rule = child.Data.String()
		case ldap.MatchingRuleAssertionType:
			attribute = child.Data.String()
		case ldap.MatchingRuleAssertionMatchValue:
			value = child.Data.String()
		case ldap.MatchingRuleAssertionDNAttributes:
			data := child.Data.Bytes()
			inDN = len(data) == 1 && data[0] != 0
		}
	}
	if attribute == "" {
		return constant(unknown), nil // matching over all attributes is not offered
	}
	f, err := c.item(attribute, func(key string) (filter, error) { return c.byRule(rule, key, value), nil })
	if err != nil || !inDN {
		return f, err
	}
	return orFilter{f, &inDNFilter{key: strings.ToLower(attribute), want: fold(value)}}, nil
}

func (c *compiler) byRule(rule, key, value string) filter {
	switch strings.ToLower(rule) {
	case ruleBitAnd, ruleBitOr:
		return newBitFilter(values{c.tree, key}, value, rule == ruleBitAnd)
	case ruleInChain:
		return c.inChain(key, value)
	case "":
		return c.equal(key, value)
	case "2.5.13.5", "caseexactmatch", "2.5.13.17", "octetstringmatch":
		return &equalFilter{values: values{c.tree, key}, want: value, exact: true}
	case "2.5.13.2", "caseignorematch", "1.3.6.1.4.1.1466.109.114.2", "caseignoreia5match", "2.5.13.14", "integermatch", "2.5.13.1", "distinguishednamematch":
		return c.equal(key, value)
	}
	return constant(unknown)
}
