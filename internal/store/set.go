package store

import (
	"strings"
	"unicode/utf8"

	"muster/internal/attr"
)

// Sets of attributes are most of what is stored, and JSON of the plainest kind: {"mail":["a@example.com"],"title":[]}. What is so plain is read and written
// here, several times faster than by encoding/json and to the same text; anything else goes there.

// decodeSet decodes a set. It reports false if the text is not as plain as that. The set shares the memory of text.
func decodeSet(text string) (attr.Set, bool) {
	p := plainText(text)
	if !p.skip('{') {
		return nil, false
	}
	out := attr.Set{}
	for more := !p.skip('}'); more; {
		name, ok := p.quoted()
		if !ok || !p.skip(':') {
			return nil, false
		}
		values, ok := p.values()
		if !ok {
			return nil, false
		}
		out[attr.Path(name)] = values
		if more = p.skip(','); !more && !p.skip('}') {
			return nil, false
		}
	}
	return out, p == ""
}

// A plainText is the rest of a text that is being read.
type plainText string

func (p *plainText) skip(c byte) bool {
	if *p == "" || (*p)[0] != c {
		return false
	}
	*p = (*p)[1:]
	return true
}

// quoted reads a string without escapes but those of quotes and backslashes.
func (p *plainText) quoted() (string, bool) {
	if !p.skip('"') {
		return "", false
	}
	text := string(*p)
	end := special(text)
	if end < 0 || !isPlain(text[:end]) {
		return "", false
	}
	if text[end] == '"' {
		*p = plainText(text[end+1:])
		return text[:end], true
	}
	return p.escaped(end)
}

// escaped is quoted for a string whose first escape is at end.
func (p *plainText) escaped(end int) (string, bool) {
	text, b := string(*p), strings.Builder{}
	for {
		b.WriteString(text[:end])
		if text[end] == '"' {
			*p = plainText(text[end+1:])
			return b.String(), true
		}
		if len(text) == end+1 || text[end+1] != '"' && text[end+1] != '\\' {
			return "", false
		}
		b.WriteByte(text[end+1])
		text = text[end+2:]
		if end = special(text); end < 0 || !isPlain(text[:end]) {
			return "", false
		}
	}
}

// special returns where the first quote or backslash of a text is, or -1.
func special(text string) int {
	for i := range len(text) {
		if text[i] == '"' || text[i] == '\\' {
			return i
		}
	}
	return -1
}

func (p *plainText) values() (attr.Values, bool) {
	if !p.skip('[') {
		return nil, false
	}
	if p.skip(']') {
		return attr.Values{}, true
	}
	var room [4]string
	values := room[:0]
	for more := true; more; more = p.skip(',') {
		v, ok := p.quoted()
		if !ok {
			return nil, false
		}
		values = append(values, v)
	}
	return append(attr.Values(nil), values...), p.skip(']')
}

// encodeSet encodes a set as encoding/json would. It reports false if a text in it needs escapes of other characters than quotes and backslashes.
func encodeSet(s attr.Set) (string, bool) {
	if s == nil {
		return "", true
	}
	var b strings.Builder
	b.WriteByte('{')
	for i, path := range s.Paths() {
		values := s[path]
		if values == nil {
			return "", false
		}
		if i > 0 {
			b.WriteByte(',')
		}
		if !quote(&b, string(path)) {
			return "", false
		}
		b.WriteString(":[")
		for j, v := range values {
			if j > 0 {
				b.WriteByte(',')
			}
			if !quote(&b, v) {
				return "", false
			}
		}
		b.WriteByte(']')
	}
	b.WriteByte('}')
	return b.String(), true
}

// quote writes a text as encoding/json would.
func quote(b *strings.Builder, text string) bool {
	b.WriteByte('"')
	for at := special(text); at >= 0; at = special(text) {
		if !isPlain(text[:at]) {
			return false
		}
		b.WriteString(text[:at])
		b.WriteByte('\\')
		b.WriteByte(text[at])
		text = text[at+1:]
	}
	if !isPlain(text) {
		return false
	}
	b.WriteString(text)
	b.WriteByte('"')
	return true
}

// isPlain reports whether encoding/json writes a text as it is.
func isPlain(text string) bool {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c < ' ', c == '"', c == '\\', c == '<', c == '>', c == '&', c == 0x7f:
			return false
		case c >= utf8.RuneSelf:
			return isPlainUnicode(text)
		}
	}
	return true
}

func isPlainUnicode(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsAny(text, "\"\\<>&\u2028\u2029") && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f })
}
