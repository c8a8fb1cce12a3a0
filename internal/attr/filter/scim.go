package filter

import (
	"bytes"
	"encoding/json"
	"strings"

	"muster/internal/attr"
)

const wantOps = "eq, ne, co, sw, ew, gt, ge, lt, le with a value, or pr without one"

var scimOps = map[string]Op{
	"eq": Equal, "ne": NotEqual, "co": Contains, "sw": StartsWith, "ew": EndsWith,
	"pr": Present, "gt": Greater, "ge": GreaterOrEqual, "lt": Less, "le": LessOrEqual,
}

// ParseSCIM reads a SCIM filter (RFC 7644 §3.4.2.2). Names of operators count in any case; "not" binds closer than "and", "and" closer than "or"; besides
// emails[type eq "work"] the common emails[type eq "work"].value eq "…" is read, as the same with one more test inside the brackets. Its errors are of
// type *Error.
func ParseSCIM(text string) (Filter, error) {
	s := &scanner{syntax: SCIM, in: text}
	if err := s.start(); err != nil {
		return Filter{}, err
	}
	p := scimParser{scanner: s}
	n, err := p.or(1)
	if err != nil {
		return Filter{}, err
	}
	if s.space(); s.pos < len(s.in) {
		return Filter{}, s.fail(s.pos, "and, or, or the end", "%s follows a complete filter", s.here())
	}
	return Filter{Root: n, Syntax: SCIM}, nil
}

type scimParser struct {
	*scanner
	inside bool // brackets: names are sub-attributes
}

func (p scimParser) or(depth int) (Node, error) {
	if err := p.deep(depth); err != nil {
		return nil, err
	}
	var list []Node
	for {
		n, err := p.and(depth)
		if err != nil {
			return nil, err
		}
		if same, ok := n.(Or); ok {
			list = append(list, same...)
		} else {
			list = append(list, n)
		}
		if !p.word("or") {
			break
		}
	}
	if len(list) == 1 {
		return list[0], nil
	}
	return Or(list), nil
}

func (p scimParser) and(depth int) (Node, error) {
	var list []Node
	for {
		n, err := p.one(depth)
		if err != nil {
			return nil, err
		}
		list = append(list, parts(n)...)
		if !p.word("and") {
			break
		}
	}
	if len(list) == 1 {
		return list[0], nil
	}
	return And(list), nil
}

// parts returns what an And joins, or n itself.
func parts(n Node) []Node {
	if same, ok := n.(And); ok {
		return same
	}
	return []Node{n}
}

// word takes a keyword if it is next and ends there.
func (p scimParser) word(w string) bool {
	p.space()
	end := p.pos + len(w)
	if end > len(p.in) || !strings.EqualFold(p.in[p.pos:end], w) {
		return false
	}
	if end < len(p.in) && strings.IndexByte(" \t\r\n(", p.in[end]) < 0 {
		return false
	}
	p.pos = end
	return true
}

func (p scimParser) one(depth int) (Node, error) {
	p.space()
	if p.eat('(') {
		return p.closed(depth)
	}
	if start := p.pos; p.word("not") {
		if p.space(); !p.eat('(') {
			return nil, p.fail(start, "not (…)", "'not' is not followed by '('")
		}
		n, err := p.closed(depth)
		if err != nil {
			return nil, err
		}
		return Not{n}, nil
	}
	return p.test(depth)
}

func (p scimParser) closed(depth int) (Node, error) {
	n, err := p.or(depth + 1)
	if err != nil {
		return nil, err
	}
	if p.space(); !p.eat(')') {
		return nil, p.fail(p.pos, "and, or, ')'", "%s where ')' should close the group", p.here())
	}
	return n, nil
}

func (p scimParser) test(depth int) (Node, error) {
	if err := p.term(); err != nil {
		return nil, err
	}
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	if p.pos < len(p.in) && p.in[p.pos] == '[' {
		return p.elements(depth, name)
	}
	return p.compare(name)
}

// name reads an attribute path.
func (p scimParser) name() (string, error) {
	start := p.pos
	for p.pos < len(p.in) && strings.IndexByte(" \t\r\n()[]\"", p.in[p.pos]) < 0 {
		p.pos++
	}
	text := p.in[start:p.pos]
	if text == "" {
		return "", p.fail(start, `an attribute, not (…), or (…)`, "%s where a test should start", p.here())
	}
	parts, err := attr.Split(text)
	if err != nil {
		return "", p.fail(start, "name, name.sub, urn:…:name.sub", "%q is not an attribute name", text)
	}
	if p.inside && (parts.URN != "" || parts.Sub != "") {
		return "", p.fail(start, "the name of a sub-attribute", "%q inside brackets", text)
	}
	return string(parts.Path()), nil
}

func (p scimParser) elements(depth int, name string) (Node, error) {
	if p.inside {
		return nil, p.fail(p.pos, "", "brackets inside brackets")
	}
	if parts, err := attr.Split(name); err != nil || parts.Sub != "" {
		return nil, p.fail(p.pos, "name[…]", "brackets after a sub-attribute")
	}
	p.pos++
	inner := p
	inner.inside = true
	where, err := inner.or(depth + 1)
	if err != nil {
		return nil, err
	}
	if p.space(); !p.eat(']') {
		return nil, p.fail(p.pos, "and, or, ']'", "%s where ']' should close the brackets", p.here())
	}
	if !p.eat('.') {
		return Elements{name, where}, nil
	}
	if err := p.term(); err != nil {
		return nil, err
	}
	sub, err := inner.name()
	if err != nil {
		return nil, err
	}
	test, err := inner.compare(sub)
	if err != nil {
		return nil, err
	}
	return Elements{name, And(append(append([]Node{}, parts(where)...), test))}, nil
}

func (p scimParser) compare(name string) (Node, error) {
	p.space()
	start := p.pos
	for p.pos < len(p.in) && strings.IndexByte(" \t\r\n()[]\"", p.in[p.pos]) < 0 {
		p.pos++
	}
	text := p.in[start:p.pos]
	op, ok := scimOps[strings.ToLower(text)]
	switch {
	case text == "":
		return nil, p.fail(start, wantOps, "%s where an operator should follow %s", p.here(), name)
	case !ok:
		return nil, p.fail(start, wantOps, "the operator %q is not known", text)
	case op == Present:
		return Test{Name: name, Op: Present}, nil
	}
	p.space()
	start = p.pos
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	switch {
	case v.Type != String && (op == Contains || op == StartsWith || op == EndsWith):
		return nil, p.fail(start, "text in double quotes", "%s compares text only", op)
	case (v.Type == Boolean || v.Type == Null) && op != Equal && op != NotEqual:
		return nil, p.fail(start, "eq, ne", "a %s cannot be compared with %s", v.Type, op)
	}
	return Test{name, op, v}, nil
}

// value reads a JSON literal.
func (p scimParser) value() (Value, error) {
	const want = `text in double quotes, a number, true, false, null`
	start := p.pos
	if p.eat('"') {
		return p.text(start)
	}
	for p.pos < len(p.in) && strings.IndexByte(" \t\r\n()[]", p.in[p.pos]) < 0 {
		p.pos++
	}
	text := p.in[start:p.pos]
	switch lower := strings.ToLower(text); lower {
	case "":
		return Value{}, p.fail(start, want, "%s where a value should stand", p.here())
	case "true", "false":
		return Value{Boolean, lower}, nil
	case "null":
		return Value{Null, lower}, nil
	}
	var n json.Number
	if text[0] != '-' && (text[0] < '0' || text[0] > '9') || json.Unmarshal([]byte(text), &n) != nil {
		return Value{}, p.fail(start, want, "%q is not a value", text)
	}
	return Value{Number, text}, nil
}

func (p scimParser) text(start int) (Value, error) {
	for ; p.pos < len(p.in); p.pos++ {
		switch p.in[p.pos] {
		case '\\':
			p.pos++
		case '"':
			p.pos++
			var s string
			if json.Unmarshal([]byte(p.in[start:p.pos]), &s) != nil {
				return Value{}, p.fail(start, `JSON's escapes: \" \\ \/ \b \f \n \r \t \u0000`, "the text holds a wrong escape or a control character")
			}
			return Value{String, s}, nil
		}
	}
	return Value{}, p.fail(start, "", "a double quote is not closed")
}

// printSCIM writes n. Within an And, and within Not's parentheses, nothing is ambiguous but an Or.
func printSCIM(b *strings.Builder, n Node) {
	switch n := n.(type) {
	case And:
		printJoined(b, n, " and ")
	case Or:
		printJoined(b, n, " or ")
	case Not:
		b.WriteString("not (")
		printSCIM(b, n.Node)
		b.WriteByte(')')
	case Elements:
		b.WriteString(n.Name + "[")
		printSCIM(b, n.Where)
		b.WriteByte(']')
	case Test:
		b.WriteString(n.Name + " " + string(n.Op))
		if n.Op != Present {
			b.WriteString(" " + n.Value.scim())
		}
	}
}

func printJoined(b *strings.Builder, list []Node, word string) {
	for i, n := range list {
		if i > 0 {
			b.WriteString(word)
		}
		_, or := n.(Or)
		_, and := n.(And)
		if or || and && word == " and " {
			b.WriteByte('(')
			printSCIM(b, n)
			b.WriteByte(')')
			continue
		}
		printSCIM(b, n)
	}
}

func (v Value) scim() string {
	if v.Type != String {
		return v.Text
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v.Text); err != nil {
		return `""` // a string always encodes
	}
	return strings.TrimSuffix(out.String(), "\n")
}
