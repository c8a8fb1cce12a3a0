package filter

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

var errDN = errors.New("not a distinguished name")

// SameDN reports whether a and b name the same entry: escapes, spaces around separators, the case of names and values, and the order within a
// multi-valued RDN do not count. What is no DN compares as text.
func SameDN(a, b string) bool {
	if strings.EqualFold(a, b) {
		return true
	}
	if simpleDN(a) && simpleDN(b) {
		return false
	}
	x, err1 := CanonicalDN(a)
	y, err2 := CanonicalDN(b)
	if err1 != nil || err2 != nil {
		return sameText(a, b)
	}
	return x == y
}

// simpleDN reports that s has nothing in it that could be written in another way, save letters of another case: the common case, decided cheaply. A dot
// may belong to a name written as a number.
func simpleDN(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\\' || c == '"' || c == '+' || c == '#' || c == ';' || c == '.' || c >= utf8.RuneSelf || c < ' ':
			return false
		case c == ' ' && (i == 0 || i == len(s)-1 || strings.IndexByte(",= ", s[i-1]) >= 0 || strings.IndexByte(",= ", s[i+1]) >= 0):
			return false
		}
	}
	return true
}

// CanonicalDN returns the distinguished name s (RFC 4514) in a form in which two texts are equal if they name the same entry: lower case, no spaces
// around separators, one way of escaping, the parts of a multi-valued RDN sorted.
func CanonicalDN(s string) (string, error) {
	if strings.TrimSpace(s) == "" {
		return "", nil
	}
	var out, rdn []string
	for rest := s; ; {
		ava, end, tail, err := cutAVA(rest)
		if err != nil {
			return "", fmt.Errorf("%q is %w: %w", s, errDN, err)
		}
		rdn = append(rdn, ava)
		if end != '+' {
			slices.Sort(rdn)
			out = append(out, strings.Join(rdn, "+"))
			rdn = nil
		}
		if end == 0 {
			return strings.Join(out, ","), nil
		}
		rest = tail
	}
}

// cutAVA reads one name=value and the separator after it: ',', ';', '+', or 0 at the end.
func cutAVA(s string) (ava string, end byte, rest string, err error) {
	name, value, ok := strings.Cut(s, "=")
	name = strings.ToLower(strings.TrimSpace(name))
	if !ok || name == "" || strings.ContainsAny(name, `,;+"\#<>`) {
		return "", 0, "", errors.New("a part is not of the form name=value")
	}
	name = strings.TrimPrefix(name, "oid.")
	if short, ok := dnOIDs[name]; ok {
		name = short
	}
	raw, end, rest, err := cutDNValue(strings.TrimLeft(value, " "))
	if err != nil {
		return "", 0, "", err
	}
	return name + "=" + escapeDN(plain(raw)), end, rest, nil
}

// dnOIDs are the names of RFC 4514 §3 by their numbers.
var dnOIDs = map[string]string{
	"2.5.4.3": "cn", "2.5.4.7": "l", "2.5.4.8": "st", "2.5.4.10": "o", "2.5.4.11": "ou", "2.5.4.6": "c", "2.5.4.9": "street",
	"0.9.2342.19200300.100.1.25": "dc", "0.9.2342.19200300.100.1.1": "uid",
}

// cutDNValue reads a value and takes its escapes out. A value in double quotes is the older form of RFC 2253 §4.
func cutDNValue(s string) (value string, end byte, rest string, err error) {
	if strings.HasPrefix(s, "#") {
		return cutHexValue(s)
	}
	var b strings.Builder
	quoted := strings.HasPrefix(s, `"`)
	i := 0
	if quoted {
		i = 1
	}
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			if hi, lo, ok := hexAt(s, i+1); ok {
				b.WriteByte(hi<<4 | lo)
				i += 2
			} else if i+1 < len(s) {
				i++
				b.WriteByte(s[i])
			} else {
				return "", 0, "", errors.New(`'\' at the end`)
			}
		case quoted && c == '"':
			return afterDNValue(b.String(), strings.TrimLeft(s[i+1:], " "))
		case !quoted && (c == ',' || c == ';' || c == '+'):
			return b.String(), c, s[i+1:], nil
		default:
			b.WriteByte(c)
		}
	}
	if quoted {
		return "", 0, "", errors.New("a double quote is not closed")
	}
	return b.String(), 0, "", nil
}

// cutHexValue reads #hex: the BER of the value. Its string types have a two byte head; anything else stays as it is written.
func cutHexValue(s string) (value string, end byte, rest string, err error) {
	digits := s[1:]
	if i := strings.IndexAny(digits, ",;+ "); i >= 0 {
		digits, rest = digits[:i], strings.TrimLeft(digits[i:], " ")
	}
	raw, err := hex.DecodeString(digits)
	if err != nil || len(raw) == 0 {
		return "", 0, "", errors.New("'#' is not followed by pairs of hexadecimal digits")
	}
	value = "#" + strings.ToLower(digits)
	if len(raw) > 2 && (raw[0] == 0x0c || raw[0] == 0x13 || raw[0] == 0x04 || raw[0] == 0x16) && int(raw[1]) == len(raw)-2 {
		value = string(raw[2:])
	}
	return afterDNValue(value, rest)
}

func afterDNValue(value, rest string) (string, byte, string, error) {
	if rest == "" {
		return value, 0, "", nil
	}
	if strings.IndexByte(",;+", rest[0]) < 0 {
		return "", 0, "", errors.New("text follows a quoted or # value")
	}
	return value, rest[0], rest[1:], nil
}

func escapeDN(v string) string {
	var b strings.Builder
	for i := range len(v) {
		if c := v[i]; strings.IndexByte(`,;+"\<>=`, c) >= 0 || c == '#' && i == 0 || c < ' ' {
			fmt.Fprintf(&b, `\%02x`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
