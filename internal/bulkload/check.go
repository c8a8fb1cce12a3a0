package bulkload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// A checker says what is wrong with single lines, and notes what they define and refer to. One goroutine uses it.
type checker struct {
	files    *Archive
	findings []Finding
	facts    facts
	counts   map[string]int

	no   int    // of the line at hand
	kind string // of the line at hand
	at   string // path of the object at hand: "user.teams[1]"
}

// find notes a finding about a field of the object at hand.
func (c *checker) find(level Level, field, code, fix, format string, args ...any) {
	if c.at != "" && field != "" {
		field = c.at + "." + field
	} else {
		field = c.at + field
	}
	c.findings = append(c.findings, Finding{Line: c.no, Type: c.kind, Field: field, Level: level, Code: code, What: fmt.Sprintf(format, args...), Fix: fix})
}

func (c *checker) fail(field, code, fix, format string, args ...any) {
	c.find(Error, field, code, fix, format, args...)
}

func (c *checker) warn(field, code, fix, format string, args ...any) {
	c.find(Warning, field, code, fix, format, args...)
}

// within has fn look at an object inside the one at hand.
func (c *checker) within(field string, fn func()) {
	before := c.at
	if c.at += "." + field; before == "" {
		c.at = field
	}
	fn()
	c.at = before
}

func (c *checker) item(field string, i int, fn func()) { c.within(fmt.Sprintf("%s[%d]", field, i), fn) }

// types are the types of line, in the order in which the format is documented.
var types = []string{"version", "role", "scheme", "emoji", "team", "channel", "user", "bot", "post", "direct_channel", "direct_post"}

// line checks one line.
func (c *checker) line(no int, text []byte, tooLong bool) {
	c.no, c.kind, c.at = no, "", ""
	switch {
	case tooLong:
		c.fail("", "line_too_long", "Split the object, or leave out what it does not need.", "the line is longer than 16 MiB; it begins with %q", text)
		return
	case len(bytes.TrimSpace(text)) == 0:
		c.warn("", "empty_line", "", "the line is empty")
		return
	case !utf8.Valid(text):
		c.fail("", "not_utf8", "Save the file as UTF-8.", "the line is not valid UTF-8")
		return
	}
	l, ok := c.decode(text)
	if !ok {
		return
	}
	c.kind = l.Type
	c.object(l)
}

// object checks what stands under the type of l.
func (c *checker) object(l *line) {
	if !slices.Contains(types, l.Type) {
		if l.Type == "" {
			c.fail("type", "missing", "Each line is an object with a type.", "type is missing")
		} else {
			c.fail("type", "unknown_type", "Types are "+strings.Join(types, ", ")+".", "there is no type %q", l.Type)
		}
		return
	}
	c.counts[l.Type]++
	c.at = l.Type
	check, ok := c.body(l)
	if !ok {
		c.fail("", "missing", fmt.Sprintf("Write {\"type\": %q, %q: {…}}.", l.Type, l.Type), "a line of type %s needs an object of that name", l.Type)
		return
	}
	check()
}

// body returns the check of what stands under the type of l, and whether anything stands there.
func (c *checker) body(l *line) (func(), bool) {
	switch l.Type {
	case "version":
		return func() { c.version(l) }, l.Version != nil
	case "role":
		return func() { c.role(l.Role) }, l.Role != nil
	case "scheme":
		return func() { c.scheme(l.Scheme) }, l.Scheme != nil
	case "emoji":
		return func() { c.emoji(l.Emoji) }, l.Emoji != nil
	case "team":
		return func() { c.team(l.Team) }, l.Team != nil
	case "channel":
		return func() { c.channel(l.Channel) }, l.Channel != nil
	case "user":
		return func() { c.user(l.User) }, l.User != nil
	case "bot":
		return func() { c.bot(l.Bot) }, l.Bot != nil
	case "post":
		return func() { c.channelPost(l.Post) }, l.Post != nil
	case "direct_channel":
		return func() { c.directChannel(l.DirectChannel) }, l.DirectChannel != nil
	default:
		return func() { c.directPost(l.DirectPost) }, l.DirectPost != nil
	}
}

// decode reads a line. Fields that the format does not know are warned of, and change nothing.
func (c *checker) decode(text []byte) (*line, bool) {
	var l line
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(&l)
	if err == nil && d.InputOffset() < int64(len(text)) && len(bytes.TrimSpace(text[d.InputOffset():])) > 0 {
		c.fail("", "not_json", "One object a line.", "something follows the object, at byte %d", d.InputOffset())
		return nil, false
	}
	if err != nil && strings.HasPrefix(err.Error(), "json: unknown field ") {
		l = line{}
		if err = json.Unmarshal(text, &l); err == nil {
			c.kind = l.Type
			c.unknownFields(text)
		}
	}
	if err != nil {
		c.undecodable(err)
		return nil, false
	}
	return &l, true
}

// undecodable says why a line could not be read.
func (c *checker) undecodable(err error) {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(err, &typ) && typ.Field == "":
		c.fail("", "not_json", "Each line is one JSON object.", "the line is %s, not an object", article(typ.Value))
	case errors.As(err, &typ):
		c.fail(typ.Field, "wrong_type", "", "%s stands where %s is expected", article(typ.Value), expected(typ.Type.String()))
	case errors.As(err, &syntax):
		c.fail("", "not_json", "", "the line is not JSON: %v, at byte %d", syntax, syntax.Offset)
	case errors.Is(err, io.ErrUnexpectedEOF):
		c.fail("", "not_json", "The file may have been cut.", "the line is not JSON: it ends in the middle of a value")
	default:
		c.fail("", "not_json", "", "the line is not JSON: %v", err)
	}
}

func article(value string) string {
	kind, _, _ := strings.Cut(value, " ")
	return map[string]string{"number": "a number", "string": "text", "bool": "true or false", "array": "a list", "object": "an object"}[kind]
}

// expected says in words what a Go type wants of JSON.
func expected(typ string) string {
	switch strings.TrimLeft(typ, "*[]") {
	case "string":
		if strings.HasPrefix(strings.TrimLeft(typ, "*"), "[]") {
			return "a list of texts"
		}
		return "text"
	case "bool":
		return "true or false"
	case "int", "int64":
		return "a whole number"
	}
	if strings.HasPrefix(strings.TrimLeft(typ, "*"), "[]") {
		return "a list of objects"
	}
	return "an object"
}
