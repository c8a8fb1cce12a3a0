package bulkload

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

func itoa(n int) string { return strconv.Itoa(n) }

// value returns what p points to, or the zero value.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// need reports whether a text that must be there is.
func (c *checker) need(field string, s *string) bool {
	if s == nil || strings.TrimSpace(*s) == "" {
		c.fail(field, "missing", "", "%s is missing", field)
		return false
	}
	return true
}

// runes checks that a text has at most n characters.
func (c *checker) runes(field string, s *string, n int) {
	if s != nil && len(*s) > n && utf8.RuneCountInString(*s) > n {
		c.fail(field, "too_long", "", "%s has %d characters; %d are allowed", field, utf8.RuneCountInString(*s), n)
	}
}

// bytes checks that a text has at most n bytes as UTF-8.
func (c *checker) bytes(field string, s *string, n int) {
	if s != nil && len(*s) > n {
		c.fail(field, "too_long", "", "%s has %d bytes; %d are allowed", field, len(*s), n)
	}
}

// oneOf checks that a text is one of those allowed.
func (c *checker) oneOf(field string, s *string, allowed ...string) {
	if s != nil && !slices.Contains(allowed, *s) {
		c.fail(field, "not_allowed", "Write one of: "+quoted(allowed)+".", "%s is %q", field, short(*s))
	}
}

func quoted(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = strconv.Quote(w)
	}
	return strings.Join(out, ", ")
}

// short cuts a text for showing it.
func short(s string) string {
	if utf8.RuneCountInString(s) <= 60 {
		return s
	}
	return string([]rune(s)[:60]) + "…"
}

// moment checks a time: milliseconds since 1970.
func (c *checker) moment(field string, at *int64, required bool) {
	switch {
	case at == nil && !required:
	case at == nil || *at == 0 && required:
		c.fail(field, "missing", "Write the time in milliseconds since 1970.", "%s is missing", field)
	case *at < 0:
		c.fail(field, "bad_time", "Write the time in milliseconds since 1970.", "%s is %d: before 1970", field, *at)
	case *at > 0 && *at < 1e11:
		c.warn(field, "bad_time", "Write milliseconds, not seconds.", "%s is %d, which is a time in 1970–73", field, *at)
	}
}

// file checks the path of an attachment or image, and that it is there.
func (c *checker) file(field string, name *string) {
	if name == nil {
		return
	}
	there, err := c.files.has(*name)
	switch {
	case err != nil:
		c.fail(field, "bad_path", "Paths are relative to the folder data.", "%s is %q, which leads out of data/", field, short(*name))
	case !there:
		c.warn(field, "missing_file", "Put it there, or leave the path out.", "there is no file %s; the rest is loaded without it", short(path.Join("data", *name)))
	default:
		short, _ := clean(*name) // has said that it is fine
		c.facts.used = append(c.facts.used, short)
	}
}

var (
	schemeForm = regexp.MustCompile(`^[a-z0-9_]{2,64}$`)

	usernameBytes  = "abcdefghijklmnopqrstuvwxyz0123456789._-"
	usernamesTaken = []string{"all", "channel", "matterbot", "system"}
)

const emojiFix = "Use 1 to 64 letters, digits, '_', '-' and '+'."

// emojiName reports whether an emoji may be called s.
func emojiName(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-") == ""
}

// longestName is how many bytes a username may have.
const longestName = 64

// username checks the form of a name that a line gives to somebody.
func (c *checker) username(field string, s *string) bool {
	if !c.need(field, s) {
		return false
	}
	name := strings.ToLower(*s)
	good := len(name) <= longestName && strings.Trim(name, usernameBytes) == ""
	switch {
	case slices.Contains(usernamesTaken, name):
		c.fail(field, "reserved", "", "the username %q is reserved", *s)
	case !good:
		c.fail(field, "bad_name", "Use 1 to 64 of a-z, 0-9, '.', '-' and '_'.", "%q is no username", short(*s))
	case name[0] < 'a' || name[0] > 'z':
		c.warn(field, "odd_name", "", "the username %q does not begin with a letter: it is kept, but could not be given today", *s)
	default:
		return true
	}
	return good
}
