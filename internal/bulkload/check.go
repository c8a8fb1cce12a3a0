package bulkload

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A checker says what is wrong with single lines, and notes what they define and refer to. One goroutine uses it.
type checker struct {
	files    *Archive
	quick    quick
	findings []Finding
	facts    facts
	counts   map[string]int

	no    int               // of the line at hand
	kind  string            // of the line at hand
	at    []part            // path of the object at hand: "user.teams[1]"
	known func(uint64) bool // whether a name is defined already, by its hash
}

// A part is a field on the path to an object; i is where in a list it stands, -1 without one.
type part struct {
	field string
	i     int
}

// where names a field of the object at hand; "" is the object itself.
func (c *checker) where(field string) string {
	var b strings.Builder
	for i, p := range append(c.at, part{field, -1}) {
		if i > 0 && p.field != "" {
			b.WriteByte('.')
		}
		b.WriteString(p.field)
		if p.i >= 0 {
			b.WriteString("[" + itoa(p.i) + "]")
		}
	}
	return b.String()
}

// find notes a finding about a field of the object at hand.
func (c *checker) find(level Level, field, code, fix, format string, args ...any) {
	c.findings = append(c.findings, Finding{Line: c.no, Type: c.kind, Field: c.where(field), Level: level, Code: code, What: fmt.Sprintf(format, args...), Fix: fix})
}

// refer notes that a field names something, unless that is known already.
func (c *checker) refer(kind nameKind, field string, parts ...string) {
	name := hash(kind, parts...)
	if c.known(name) {
		return
	}
	c.facts.uses = append(c.facts.uses, use{c.no, kind, name, strings.Clone(strings.Join(parts, "/")), c.where(field), c.kind})
}

func (c *checker) fail(field, code, fix, format string, args ...any) {
	c.find(Error, field, code, fix, format, args...)
}

func (c *checker) warn(field, code, fix, format string, args ...any) {
	c.find(Warning, field, code, fix, format, args...)
}

// within has fn look at an object inside the one at hand.
func (c *checker) within(field string, fn func()) { c.item(field, -1, fn) }

func (c *checker) item(field string, i int, fn func()) {
	c.at = append(c.at, part{field, i})
	fn()
	c.at = c.at[:len(c.at)-1]
}

// types are the types of line, in the order in which the format is documented.
var types = []string{"version", "role", "scheme", "emoji", "team", "channel", "user", "bot", "post", "direct_channel", "direct_post"}

// line checks one line.
func (c *checker) line(no int, text []byte, tooLong bool) {
	c.no, c.kind, c.at = no, "", c.at[:0]
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
	c.at = append(c.at, part{l.Type, -1})
	if !bodies[l.Type](c, l) {
		c.fail("", "missing", fmt.Sprintf("Write {\"type\": %q, %q: {…}}.", l.Type, l.Type), "a line of type %s needs an object of that name", l.Type)
	}
}

// bodies check what stands under a type, and report whether anything does.
var bodies = map[string]func(*checker, *line) bool{
	"version":        body(func(l *line) *int { return l.Version }, (*checker).version),
	"role":           body(func(l *line) *role { return l.Role }, (*checker).role),
	"scheme":         body(func(l *line) *scheme { return l.Scheme }, (*checker).scheme),
	"emoji":          body(func(l *line) *emoji { return l.Emoji }, (*checker).emoji),
	"team":           body(func(l *line) *team { return l.Team }, (*checker).team),
	"channel":        body(func(l *line) *channel { return l.Channel }, (*checker).channel),
	"user":           body(func(l *line) *user { return l.User }, (*checker).user),
	"bot":            body(func(l *line) *bot { return l.Bot }, (*checker).bot),
	"post":           body(func(l *line) *post { return l.Post }, (*checker).channelPost),
	"direct_channel": body(func(l *line) *directChannel { return l.DirectChannel }, (*checker).directChannel),
	"direct_post":    body(func(l *line) *post { return l.DirectPost }, (*checker).directPost),
}

func body[T any](of func(*line) *T, check func(*checker, *T)) func(*checker, *line) bool {
	return func(c *checker, l *line) bool {
		v := of(l)
		if v != nil {
			check(c, v)
		}
		return v != nil
	}
}

// lenient is how servers of the format read it: case does not count, and of two equal names the later one.
var lenient = json.JoinOptions(json.MatchCaseInsensitiveNames(true), jsontext.AllowDuplicateNames(true))

// decode reads a line. Fields that the format does not know are warned of, and change nothing.
func (c *checker) decode(text []byte) (*line, bool) {
	if l, ok := c.quick.line(text); ok {
		return l, true
	}
	var l line
	err := json.Unmarshal(text, &l, lenient, json.RejectUnknownMembers(true))
	if errors.Is(err, json.ErrUnknownName) {
		l = line{}
		if err = json.Unmarshal(text, &l, lenient); err == nil {
			c.kind = l.Type
			c.unknownFields(text)
		}
	}
	if err != nil {
		c.undecodable(text, err)
		return nil, false
	}
	return &l, true
}

// undecodable says why a line could not be read.
func (c *checker) undecodable(text []byte, err error) {
	var syntax *jsontext.SyntacticError
	var typ *json.SemanticError
	switch {
	case errors.As(err, &typ) && typ.JSONPointer == "":
		c.fail("", "not_json", "Each line is one JSON object.", "the line is %s, not an object", kindWord(typ.JSONKind))
	case errors.As(err, &typ):
		c.fail(pathOf(typ.JSONPointer), "wrong_type", "", "%s stands where %s is expected", kindWord(typ.JSONKind), expected(typ.GoType))
	case errors.Is(err, io.ErrUnexpectedEOF):
		c.fail("", "not_json", "The file may have been cut.", "the line is not JSON: it ends in the middle of a value")
	case errors.As(err, &syntax) && json.Unmarshal(text[:syntax.ByteOffset], new(any), lenient) == nil:
		c.fail("", "not_json", "One object a line.", "something follows the object, at byte %d", syntax.ByteOffset+1)
	case errors.As(err, &syntax):
		c.fail("", "not_json", "", "the line is not JSON: %v, at byte %d", syntax.Err, syntax.ByteOffset+1)
	default:
		c.fail("", "not_json", "", "the line is not JSON: %v", err)
	}
}

// pathOf writes a JSON pointer the way findings name fields: "user.teams[1].name".
func pathOf(p jsontext.Pointer) string {
	var b strings.Builder
	for token := range p.Tokens() {
		if _, err := strconv.Atoi(token); err == nil {
			b.WriteString("[" + token + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(token)
	}
	return b.String()
}

func kindWord(k jsontext.Kind) string {
	switch k {
	case 'n':
		return "null"
	case 't', 'f':
		return "true or false"
	case '"':
		return "text"
	case '0':
		return "a number"
	case '[':
		return "a list"
	default:
		return "an object"
	}
}

// expected says in words what a Go type wants of JSON.
func expected(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Slice:
		if t.Elem().Kind() == reflect.String {
			return "a list of texts"
		}
		return "a list of objects"
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	default:
		return "an object"
	}
}
