package scim

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// A Filter is a parsed filter of RFC 7644 §3.4.2.2.
type Filter struct {
	op    string // and, or, not, pr, [], or a comparison
	left  *Filter
	right *Filter
	path  string
	value any // string, bool, json.Number or nil
}

// maxDepth bounds the nesting of a filter, so that hostile input cannot exhaust the stack.
const maxDepth = 50

// ParseFilter reads a filter. Its errors are *Error with InvalidFilter.
func ParseFilter(s string) (*Filter, error) {
	p := &filterParser{rest: s}
	f, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.space(); p.rest != "" {
		return nil, p.fail("unexpected %q")
	}
	return f, nil
}

// Equal returns the path and value of a filter that is a single comparison by eq with a text.
func (f *Filter) Equal() (path, value string, ok bool) {
	if f.op != "eq" {
		return "", "", false
	}
	value, ok = f.value.(string)
	return f.path, value, ok
}

// And returns the two sides of a conjunction.
func (f *Filter) And() (left, right *Filter, ok bool) { return f.left, f.right, f.op == "and" }

type filterParser struct{ rest string }

func (p *filterParser) fail(format string) error {
	near := p.rest
	if len(near) > 30 {
		near = near[:30]
	}
	return Errorf(InvalidFilter, format, near)
}

func (p *filterParser) space() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

// word takes the next word if it is w, in any case, and not the head of a longer one.
func (p *filterParser) word(w string) bool {
	p.space()
	n := len(w)
	if len(p.rest) < n || !strings.EqualFold(p.rest[:n], w) || len(p.rest) > n && isPathByte(p.rest[n]) {
		return false
	}
	p.rest = p.rest[n:]
	return true
}

func (p *filterParser) byte(c byte) bool {
	p.space()
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

func (p *filterParser) or(depth int) (*Filter, error) {
	return p.chain("or", depth, p.and)
}

func (p *filterParser) and(depth int) (*Filter, error) {
	return p.chain("and", depth, p.term)
}

func (p *filterParser) chain(op string, depth int, next func(int) (*Filter, error)) (*Filter, error) {
	left, err := next(depth)
	for err == nil && p.word(op) {
		var right *Filter
		if right, err = next(depth); err == nil {
			left = &Filter{op: op, left: left, right: right}
		}
	}
	return left, err
}

func (p *filterParser) term(depth int) (*Filter, error) {
	if depth > maxDepth {
		return nil, p.fail("nested too deeply at %q")
	}
	if p.word("not") {
		if !p.byte('(') {
			return nil, p.fail("not must be followed by ( at %q")
		}
		f, err := p.group(depth, ')')
		return &Filter{op: "not", left: f}, err
	}
	if p.byte('(') {
		return p.group(depth, ')')
	}
	return p.comparison(depth)
}

func (p *filterParser) group(depth int, end byte) (*Filter, error) {
	f, err := p.or(depth + 1)
	if err == nil && !p.byte(end) {
		return nil, p.fail("a closing " + string(end) + " is missing at %q")
	}
	return f, err
}

func (p *filterParser) comparison(depth int) (*Filter, error) {
	p.space()
	n := 0
	for n < len(p.rest) && isPathByte(p.rest[n]) {
		n++
	}
	if n == 0 {
		return nil, p.fail("an attribute is expected at %q")
	}
	path := p.rest[:n]
	p.rest = p.rest[n:]
	if p.byte('[') {
		return p.element(path, depth)
	}
	if p.word("pr") {
		return &Filter{op: "pr", path: path}, nil
	}
	for _, op := range []string{"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"} {
		if p.word(op) {
			v, err := p.literal()
			return &Filter{op: op, path: path, value: v}, err
		}
	}
	return nil, p.fail("an operator is expected at %q")
}

// element parses what follows "path[": a filter on one element, and then perhaps a comparison of a sub-attribute, as Entra and others send it.
func (p *filterParser) element(path string, depth int) (*Filter, error) {
	f, err := p.group(depth, ']')
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(p.rest, ".") {
		return &Filter{op: "[]", path: path, left: f}, nil
	}
	p.rest = p.rest[1:]
	sub, err := p.comparison(depth + 1)
	return &Filter{op: "[]", path: path, left: &Filter{op: "and", left: f, right: sub}}, err
}

func (p *filterParser) literal() (any, error) {
	p.space()
	if !strings.HasPrefix(p.rest, `"`) {
		n := strings.IndexAny(p.rest, " \t\r\n)]")
		if n < 0 {
			n = len(p.rest)
		}
		return p.decode(n)
	}
	for n := 1; n < len(p.rest); n++ {
		switch p.rest[n] {
		case '\\':
			n++
		case '"':
			return p.decode(n + 1)
		}
	}
	return nil, p.fail("a closing quote is missing at %q")
}

func (p *filterParser) decode(n int) (any, error) {
	d := json.NewDecoder(strings.NewReader(p.rest[:n]))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil || d.More() || !scalar(v) || !utf8.ValidString(p.rest[:n]) {
		return nil, p.fail("a JSON value is expected at %q")
	}
	p.rest = p.rest[n:]
	return v, nil
}

func scalar(v any) bool {
	_, list := v.([]any)
	_, obj := v.(map[string]any)
	return !list && !obj
}

func isPathByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(".:_-$", c) >= 0
}
