package filter

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The matching rules that Match knows, by OID.
const (
	BitAnd     = "1.2.840.113556.1.4.803"  // all bits of the value are set
	BitOr      = "1.2.840.113556.1.4.804"  // some bit of the value is set
	InChain    = "1.2.840.113556.1.4.1941" // a DN, followed through groups within groups
	IgnoreCase = "2.5.13.2"                // caseIgnoreMatch
	ExactCase  = "2.5.13.5"                // caseExactMatch
)

var ruleNames = map[string]string{
	BitAnd: BitAnd, BitOr: BitOr, InChain: InChain, IgnoreCase: IgnoreCase, ExactCase: ExactCase,
	"caseignorematch": IgnoreCase, "caseexactmatch": ExactCase,
}

const (
	wantTest = "(name=value), (name=*), (name=a*b), (name>=value), (name<=value), (name~=value), (name:rule:=value)"
	wantRule = BitAnd + " (bits, all), " + BitOr + " (bits, any), " + InChain + " (in chain), caseIgnoreMatch, caseExactMatch"
)

// ParseLDAP reads an LDAP filter (RFC 4515). White space between parentheses is allowed, so that a filter can be written on several lines. Its errors are
// of type *Error.
func ParseLDAP(text string) (Filter, error) {
	s := &scanner{syntax: LDAP, in: text}
	if err := s.start(); err != nil {
		return Filter{}, err
	}
	n, err := s.ldap(1)
	if err != nil {
		return Filter{}, err
	}
	if s.space(); s.pos < len(s.in) {
		return Filter{}, s.fail(s.pos, "nothing after the closing ')'", "%s follows the filter", s.here())
	}
	return Filter{Root: n, Syntax: LDAP}, nil
}

func (s *scanner) ldap(depth int) (Node, error) {
	if err := s.deep(depth); err != nil {
		return nil, err
	}
	if s.space(); !s.eat('(') {
		return nil, s.fail(s.pos, "'('", "a filter starts with '(', not with %s", s.here())
	}
	n, err := s.ldapBody(depth)
	if err != nil {
		return nil, err
	}
	if s.space(); !s.eat(')') {
		return nil, s.fail(s.pos, "')'", "%s where ')' should close the filter", s.here())
	}
	return n, nil
}

func (s *scanner) ldapBody(depth int) (Node, error) {
	s.space()
	switch {
	case s.eat('&'):
		list, err := s.ldapList(depth)
		return And(list), err
	case s.eat('|'):
		list, err := s.ldapList(depth)
		return Or(list), err
	case s.eat('!'):
		n, err := s.ldap(depth + 1)
		return Not{n}, err
	}
	return s.ldapTest()
}

func (s *scanner) ldapList(depth int) ([]Node, error) {
	out := []Node{}
	for s.space(); s.pos < len(s.in) && s.in[s.pos] == '('; s.space() {
		n, err := s.ldap(depth + 1)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, s.term()
}

func (s *scanner) ldapTest() (Node, error) {
	if err := s.term(); err != nil {
		return nil, err
	}
	start := s.pos
	name := s.ldapName()
	if name == "" {
		return nil, s.fail(start, wantTest, "an attribute name cannot start with %s", s.here())
	}
	for _, op := range []struct {
		text string
		op   Op
	}{{">=", GreaterOrEqual}, {"<=", LessOrEqual}, {"~=", Approx}} {
		if strings.HasPrefix(s.in[s.pos:], op.text) {
			s.pos += 2
			v, err := s.ldapValue()
			return Test{name, op.op, Value{String, v}}, err
		}
	}
	if s.eat(':') {
		return s.ldapRule(name)
	}
	if !s.eat('=') {
		return nil, s.fail(s.pos, wantTest, "%s after the attribute name %q", s.here(), name)
	}
	return s.ldapPattern(name)
}

// ldapName reads an attribute description: a name or numeric OID, with options.
func (s *scanner) ldapName() string {
	start := s.pos
	for s.pos < len(s.in) {
		c := s.in[s.pos]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && (s.pos == start || c != '-' && c != '.' && c != ';' && c != '_') {
			break
		}
		s.pos++
	}
	return s.in[start:s.pos]
}

func (s *scanner) ldapRule(name string) (Node, error) {
	start := s.pos
	rule := s.ldapName()
	oid, known := ruleNames[strings.ToLower(rule)]
	switch {
	case strings.HasPrefix(s.in[s.pos:], "=") && rule == "": // (name:=value) is equality
		s.pos++
		v, err := s.ldapValue()
		return Test{name, Equal, Value{String, v}}, err
	case !known:
		return nil, s.fail(start, wantRule, "the matching rule %q is not known", rule)
	case !strings.HasPrefix(s.in[s.pos:], ":="):
		return nil, s.fail(s.pos, "(name:rule:=value)", "%s after the matching rule", s.here())
	}
	s.pos += 2
	start = s.pos
	v, err := s.ldapValue()
	if _, ok := bits(v); err == nil && !ok && (oid == BitAnd || oid == BitOr) {
		return nil, s.fail(start, "a whole number", "%q is not a number, and the rule compares bits", v)
	}
	return Rule{Name: name, OID: oid, Value: v}, err
}

func (s *scanner) ldapValue() (string, error) {
	v, err := s.ldapPiece()
	if err == nil && s.pos < len(s.in) && s.in[s.pos] == '*' {
		return "", s.fail(s.pos, `\2a for the character itself`, "'*' is a wildcard, and this comparison has none")
	}
	return v, err
}

// ldapPattern reads what follows '=': a value, '*' alone, or pieces between wildcards.
func (s *scanner) ldapPattern(name string) (Node, error) {
	var pieces []string
	for {
		p, err := s.ldapPiece()
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, p)
		if !s.eat('*') {
			break
		}
	}
	last := len(pieces) - 1
	if last == 0 {
		return Test{name, Equal, Value{String, pieces[0]}}, nil
	}
	sub := Substrings{Name: name, Initial: pieces[0], Final: pieces[last]}
	for _, p := range pieces[1:last] {
		if p != "" {
			sub.Any = append(sub.Any, p)
		}
	}
	if sub.Initial == "" && sub.Final == "" && sub.Any == nil {
		return Test{Name: name, Op: Present}, nil
	}
	return sub, nil
}

// ldapPiece reads a value up to ')' or '*', and takes the escapes \hh out.
func (s *scanner) ldapPiece() (string, error) {
	var b strings.Builder
	for ; s.pos < len(s.in); s.pos++ {
		switch c := s.in[s.pos]; c {
		case ')', '*':
			return b.String(), nil
		case '(':
			return "", s.fail(s.pos, `\28 for the character itself`, "'(' inside a value")
		case '\\':
			hi, lo, ok := hexAt(s.in, s.pos+1)
			if !ok {
				return "", s.fail(s.pos, `\ and two hexadecimal digits, as in \2a for '*'`, "'\\' starts no escape")
			}
			b.WriteByte(hi<<4 | lo)
			s.pos += 2
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

func hexAt(s string, i int) (hi, lo byte, ok bool) {
	if i+2 > len(s) {
		return 0, 0, false
	}
	hi, ok1 := hexDigit(s[i])
	lo, ok2 := hexDigit(s[i+1])
	return hi, lo, ok1 && ok2
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

func printLDAP(b *strings.Builder, n Node) {
	b.WriteByte('(')
	defer b.WriteByte(')')
	switch n := n.(type) {
	case And:
		b.WriteByte('&')
		for _, m := range n {
			printLDAP(b, m)
		}
	case Or:
		b.WriteByte('|')
		for _, m := range n {
			printLDAP(b, m)
		}
	case Not:
		b.WriteByte('!')
		printLDAP(b, n.Node)
	case Test:
		b.WriteString(n.Name + ldapOps[n.Op] + EscapeLDAP(n.Value.Text))
	case Rule:
		b.WriteString(n.Name + ":" + n.OID + ":=" + EscapeLDAP(n.Value))
	case Substrings:
		b.WriteString(n.Name + "=" + EscapeLDAP(n.Initial) + "*")
		for _, p := range n.Any {
			b.WriteString(EscapeLDAP(p) + "*")
		}
		b.WriteString(EscapeLDAP(n.Final))
	}
}

var ldapOps = map[Op]string{Equal: "=", GreaterOrEqual: ">=", LessOrEqual: "<=", Approx: "~=", Present: "=*"}

// EscapeLDAP returns v so that it stands for itself as a value in an LDAP filter (RFC 4515 §3).
func EscapeLDAP(v string) string {
	var b strings.Builder
	for i := 0; i < len(v); {
		r, size := utf8.DecodeRuneInString(v[i:])
		if r == utf8.RuneError && size == 1 || r < ' ' || strings.ContainsRune(`*()\`, r) {
			fmt.Fprintf(&b, `\%02x`, v[i])
			i++
			continue
		}
		b.WriteString(v[i : i+size])
		i += size
	}
	return b.String()
}
