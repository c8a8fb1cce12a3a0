package ldap

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	ber "github.com/go-asn1-ber/asn1-ber"
)

// normalDN returns the canonical form of a DN (RFC 4514): attribute types by their short lower-case names, values without case and without needless
// spaces, one way of escaping, the parts of a multi-valued RDN sorted. Two DNs name the same entry exactly if their forms are equal, and an entry lies
// under another if its form ends in a comma and the other's form.
//
// It does not know the server's schema: values that differ in case only count as equal, as they do for all attributes that occur in practice.
func normalDN(dn string) (string, error) {
	if out, ok := plainDN(dn); ok {
		return out, nil
	}
	p := dnParser{in: dn}
	return p.dn()
}

// plainDN handles the DNs that need nothing but lower case, which are nearly all; it makes one allocation at most.
func plainDN(dn string) (string, bool) {
	inType := true
	for i := 0; i < len(dn); i++ {
		switch c := dn[i]; {
		case c == '=':
			if !inType || i == 0 || i+1 == len(dn) || dn[i+1] == ' ' || dn[i+1] == '#' || dn[i+1] == ',' {
				return "", false
			}
			inType = false
		case c == ',':
			if inType || i+1 == len(dn) {
				return "", false
			}
			inType = true
		case c == ' ':
			if inType || i+1 == len(dn) || dn[i+1] == ' ' || dn[i+1] == ',' {
				return "", false
			}
		case c < ' ' || c >= 0x7f || c == '\\' || c == '"' || c == '+' || c == ';' || c == '<' || c == '>':
			return "", false
		case inType && !isTypeByte(c):
			return "", false
		}
	}
	if inType {
		return "", false
	}
	out := strings.ToLower(dn)
	return out, !hasLongType(out)
}

// hasLongType reports whether a lower-case plain DN holds a type that has a shorter name.
func hasLongType(dn string) bool {
	for rest := dn; ; {
		t, after, _ := strings.Cut(rest, "=")
		if shortType(t) != t {
			return true
		}
		var more bool
		if _, rest, more = strings.Cut(after, ","); !more {
			return false
		}
	}
}

func isTypeByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.'
}

// shortType maps the long and dotted names of the types that occur in DNs (RFC 4519) to the short one. t is in lower case.
func shortType(t string) string {
	switch strings.TrimPrefix(t, "oid.") {
	case "commonname", "2.5.4.3":
		return "cn"
	case "surname", "2.5.4.4":
		return "sn"
	case "countryname", "2.5.4.6":
		return "c"
	case "localityname", "2.5.4.7":
		return "l"
	case "stateorprovincename", "2.5.4.8":
		return "st"
	case "organizationname", "2.5.4.10":
		return "o"
	case "organizationalunitname", "2.5.4.11":
		return "ou"
	case "domaincomponent", "0.9.2342.19200300.100.1.25":
		return "dc"
	case "userid", "0.9.2342.19200300.100.1.1":
		return "uid"
	}
	return t
}

type dnParser struct {
	in  string
	pos int
}

func (p *dnParser) dn() (string, error) {
	var rdns []string
	if strings.TrimSpace(p.in) == "" {
		return "", nil
	}
	for {
		rdn, err := p.rdn()
		if err != nil {
			return "", fmt.Errorf("DN %q: %w", p.in, err)
		}
		rdns = append(rdns, rdn)
		if p.pos >= len(p.in) {
			return strings.Join(rdns, ","), nil
		}
		p.pos++ // ',' or ';'
	}
}

func (p *dnParser) rdn() (string, error) {
	var parts []string
	for {
		t, err := p.typ()
		if err != nil {
			return "", err
		}
		v, err := p.value()
		if err != nil {
			return "", err
		}
		parts = append(parts, t+"="+escapeValue(v))
		if p.pos >= len(p.in) || p.in[p.pos] != '+' {
			break
		}
		p.pos++
	}
	slices.Sort(parts)
	return strings.Join(parts, "+"), nil
}

func (p *dnParser) typ() (string, error) {
	i := strings.IndexByte(p.in[p.pos:], '=')
	if i < 0 {
		return "", fmt.Errorf("a part without '=' at %d", p.pos)
	}
	t := strings.ToLower(strings.Trim(p.in[p.pos:p.pos+i], " "))
	if t == "" {
		return "", fmt.Errorf("an empty attribute type at %d", p.pos)
	}
	for j := 0; j < len(t); j++ {
		if !isTypeByte(t[j]) {
			return "", fmt.Errorf("%q is not an attribute type", t)
		}
	}
	p.pos += i + 1
	return shortType(t), nil
}

// value reads up to the next separator and returns the value unescaped, without insignificant spaces.
func (p *dnParser) value() (string, error) {
	for p.pos < len(p.in) && p.in[p.pos] == ' ' {
		p.pos++
	}
	if p.pos < len(p.in) && p.in[p.pos] == '#' {
		return p.hexValue()
	}
	if p.pos < len(p.in) && p.in[p.pos] == '"' {
		return p.quoted()
	}
	var b strings.Builder
	keep := 0 // length up to the last character that is not a bare space
	for ; p.pos < len(p.in); p.pos++ {
		switch c := p.in[p.pos]; c {
		case ',', ';', '+':
			return b.String()[:keep], nil
		case '\\':
			u, err := p.escape()
			if err != nil {
				return "", err
			}
			b.WriteByte(u)
			keep = b.Len()
		case '"', '<', '>', 0:
			return "", fmt.Errorf("%q must be escaped", string(c))
		case ' ':
			b.WriteByte(c)
		default:
			b.WriteByte(c)
			keep = b.Len()
		}
	}
	return b.String()[:keep], nil
}

// escape reads the escape at pos and leaves pos at its last byte.
func (p *dnParser) escape() (byte, error) {
	if p.pos+1 >= len(p.in) {
		return 0, fmt.Errorf("a backslash at the end")
	}
	if c := p.in[p.pos+1]; strings.IndexByte(` "#+,;<=>\`, c) >= 0 {
		p.pos++
		return c, nil
	}
	if p.pos+2 >= len(p.in) {
		return 0, fmt.Errorf("an unfinished escape at the end")
	}
	b, err := hex.DecodeString(p.in[p.pos+1 : p.pos+3])
	if err != nil {
		return 0, fmt.Errorf("the escape \\%s: two hexadecimal digits are needed", p.in[p.pos+1:p.pos+3])
	}
	p.pos += 2
	return b[0], nil
}

// quoted reads a value in double quotes (RFC 2253 §4, still met in old data).
func (p *dnParser) quoted() (string, error) {
	var b strings.Builder
	for p.pos++; p.pos < len(p.in); p.pos++ {
		switch c := p.in[p.pos]; c {
		case '"':
			p.pos++
			return b.String(), p.separator()
		case '\\':
			u, err := p.escape()
			if err != nil {
				return "", err
			}
			b.WriteByte(u)
		default:
			b.WriteByte(c)
		}
	}
	return "", fmt.Errorf("a quoted value does not end")
}

// hexValue reads #hex: the BER encoding of the value. One that is not a string stands for itself.
func (p *dnParser) hexValue() (string, error) {
	start := p.pos
	for p.pos < len(p.in) && !strings.ContainsRune(",;+ ", rune(p.in[p.pos])) {
		p.pos++
	}
	raw, err := hex.DecodeString(p.in[start+1 : p.pos])
	if err != nil || len(raw) == 0 {
		return "", fmt.Errorf("%q is not a hexadecimal value", p.in[start:p.pos])
	}
	if err := p.separator(); err != nil {
		return "", err
	}
	if packet, err := ber.DecodePacketErr(raw); err == nil && packet.TagType == ber.TypePrimitive {
		if s, ok := packet.Value.(string); ok && utf8.ValidString(s) {
			return s, nil
		}
	}
	return "#" + hex.EncodeToString(raw), nil
}

// separator skips spaces up to the next separator or the end.
func (p *dnParser) separator() error {
	for p.pos < len(p.in) && p.in[p.pos] == ' ' {
		p.pos++
	}
	if p.pos < len(p.in) && p.in[p.pos] != ',' && p.in[p.pos] != ';' && p.in[p.pos] != '+' {
		return fmt.Errorf("%q after the end of a value", p.in[p.pos:])
	}
	return nil
}

// escapeValue folds case and inner spaces (RFC 4518 §2.6.1) and escapes so that no separator is left bare.
func escapeValue(v string) string {
	v = foldCase(v)
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		c := v[i]
		if c == ' ' && i+1 < len(v) && v[i+1] == ' ' {
			continue
		}
		edge := c == ' ' && (b.Len() == 0 || i+1 == len(v)) || c == '#' && b.Len() == 0
		if edge || c < ' ' || c == 0x7f || strings.IndexByte(`\",+;<>`, c) >= 0 {
			fmt.Fprintf(&b, `\%02x`, c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// isUnder reports whether the entry of canonical form dn is base itself or lies below it.
func isUnder(dn, base string) bool {
	return dn == base || base == "" || len(dn) > len(base) && strings.HasSuffix(dn, base) && dn[len(dn)-len(base)-1] == ','
}

// parentOf returns the canonical form of the entry above. Bare commas separate, since those in values are escaped.
func parentOf(dn string) string {
	_, parent, _ := strings.Cut(dn, ",")
	return parent
}

// foldCase lowers v. Bytes that are not UTF-8 stay as they are, so that different values stay different.
func foldCase(v string) string {
	if utf8.ValidString(v) {
		return strings.ToLower(v)
	}
	b := []byte(v)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
