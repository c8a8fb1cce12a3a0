package attr

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Path names an attribute in SCIM notation (RFC 7644 §3.5.2): "userName", "name.givenName", `emails[type eq "work"].value`, or any of them behind a
// schema URN and a colon. Records of a directory use the same type with plain lower-case names. Paths compare by their text; ParsePath brings what a
// person wrote into that text.
type Path string

// ParsePath checks s and returns it in canonical form: surrounding and doubled spaces removed, the value filter as `[name eq "value"]`.
func ParsePath(s string) (Path, error) {
	p, err := Split(s)
	if err != nil {
		return "", err
	}
	return p.Path(), nil
}

// Parts are the pieces of a Path.
type Parts struct {
	URN   string // schema URN before the colon, or ""
	Name  string // attribute
	Where string // sub-attribute that the value filter compares, or ""
	Value string // the value it must equal
	Sub   string // sub-attribute, or ""
}

// Path returns the canonical text of p.
func (p Parts) Path() Path {
	var b strings.Builder
	if p.URN != "" {
		b.WriteString(p.URN + ":")
	}
	b.WriteString(p.Name)
	if p.Where != "" {
		b.WriteString("[" + p.Where + ` eq "` + p.Value + `"]`)
	}
	if p.Sub != "" {
		b.WriteString("." + p.Sub)
	}
	return Path(b.String())
}

// Split returns the pieces of the path s.
func Split(s string) (Parts, error) {
	var p Parts
	rest := strings.TrimSpace(s)
	if len(rest) >= 4 && strings.EqualFold(rest[:4], "urn:") {
		head := rest
		if i := strings.IndexByte(rest, '['); i >= 0 {
			head = rest[:i]
		}
		i := strings.LastIndexByte(head, ':')
		p.URN, rest = rest[:i], rest[i+1:]
		if !isURN(p.URN) {
			return p, fmt.Errorf("path %q: %q is not a schema URN", s, p.URN)
		}
	}
	if i := strings.IndexByte(rest, '['); i >= 0 {
		j := strings.LastIndexByte(rest, ']')
		if j < i {
			return p, fmt.Errorf("path %q: '[' without ']'", s)
		}
		if err := p.where(rest[i+1 : j]); err != nil {
			return p, fmt.Errorf("path %q: %w", s, err)
		}
		p.Name, rest = rest[:i], rest[j+1:]
		if rest != "" && rest[0] != '.' {
			return p, fmt.Errorf("path %q: after ']' comes '.' and a sub-attribute", s)
		}
		p.Sub = strings.TrimPrefix(rest, ".")
		if rest == "." {
			return p, fmt.Errorf("path %q: a sub-attribute is missing after '.'", s)
		}
	} else {
		p.Name, p.Sub, _ = strings.Cut(rest, ".")
		if strings.HasSuffix(rest, ".") {
			return p, fmt.Errorf("path %q: a sub-attribute is missing after '.'", s)
		}
	}
	return p, p.check(s)
}

func (p *Parts) where(f string) error {
	name, value, ok := strings.Cut(strings.TrimSpace(f), " ")
	op, lit, ok2 := strings.Cut(strings.TrimSpace(value), " ")
	lit = strings.TrimSpace(lit)
	if !ok || !ok2 || !strings.EqualFold(op, "eq") {
		return fmt.Errorf("the value filter [%s] must read [name eq \"value\"]", f)
	}
	if len(lit) >= 2 && lit[0] == '"' && lit[len(lit)-1] == '"' {
		lit = lit[1 : len(lit)-1]
	} else if lit != "true" && lit != "false" {
		return fmt.Errorf("the value in [%s] must stand in double quotes", f)
	}
	if strings.ContainsAny(lit, "\"\\") {
		return fmt.Errorf("the value in [%s] must not hold quotes or backslashes", f)
	}
	if !utf8.ValidString(lit) || strings.ContainsFunc(lit, unicode.IsControl) {
		return fmt.Errorf("the value in [%s] must not hold control characters", f)
	}
	p.Where, p.Value = name, lit
	return nil
}

func (p Parts) check(s string) error {
	for _, part := range []struct {
		what, text string
		need       bool
	}{{"an attribute", p.Name, true}, {"a sub-attribute", p.Sub, false}, {"an attribute", p.Where, false}} {
		if part.text == "" && !part.need {
			continue
		}
		if !isName(part.text) {
			return fmt.Errorf("path %q: %q is not %s name", s, part.text, part.what)
		}
	}
	return nil
}

// isURN accepts urn:, a namespace, and what RFC 8141 allows after it.
func isURN(s string) bool {
	for _, r := range s {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune("\"<>[]\\^`{|}", r) {
			return false
		}
	}
	namespace, rest, ok := strings.Cut(s[min(4, len(s)):], ":")
	return ok && namespace != "" && rest != ""
}

// isName accepts RFC 7643 §2.1 names, and $ref, and the options of LDAP names (";binary", ";lang-en").
func isName(s string) bool {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '$' || r == '_'
		if !letter && (i == 0 || !(r >= '0' && r <= '9' || r == '-' || r == ';')) {
			return false
		}
	}
	return s != ""
}
