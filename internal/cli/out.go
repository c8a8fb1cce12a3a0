package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"muster/internal/attr"
)

// clean shows what a terminal would obey as symbols: control characters, also those of C1, and marks that change the direction of writing.
func clean(s string) string {
	if !strings.ContainsFunc(s, unsafe) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r < 0x20:
			b.WriteRune(0x2400 + r)
		case r == 0x7f:
			b.WriteRune('␡')
		case unsafe(r):
			b.WriteRune(unicode.ReplacementChar)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func unsafe(r rune) bool {
	return unicode.IsControl(r) || r >= 0x200e && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfeff
}

// cleanLines is clean for text that may have lines.
func cleanLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = clean(strings.ReplaceAll(l, "\t", "  "))
	}
	return strings.Join(lines, "\n")
}

// safe cleans the texts among args.
func safe(args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		switch v := a.(type) {
		case error:
			out[i] = clean(v.Error())
		case fmt.Stringer:
			out[i] = clean(v.String())
		default:
			if v := reflect.ValueOf(a); v.Kind() == reflect.String {
				out[i] = clean(v.String())
			} else {
				out[i] = a
			}
		}
	}
	return out
}

// print writes a line of data. Texts among args are cleaned.
func (s *shell) print(format string, args ...any) {
	fmt.Fprintf(s.stdout, format+"\n", safe(args)...)
}

// say writes a line of talk.
func (s *shell) say(format string, args ...any) {
	if !s.quiet {
		fmt.Fprintf(s.stderr, format+"\n", safe(args)...)
	}
}

// next suggests a command.
func (s *shell) next(format string, args ...any) {
	if !s.json {
		s.say("Next: "+format, args...)
	}
}

// The colours of verbs, the same everywhere.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	dim    = "2"
)

// paint colours a text that is clean already.
func (s *shell) paint(colour, text string) string {
	if !s.colour {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// printJSON writes v as data.
func (s *shell) printJSON(v any) error { return s.encode(s.stdout, v) }

// encode writes v as JSON in which nothing is left that a terminal would obey.
func (s *shell) encode(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	var out strings.Builder
	for _, r := range b.String() {
		if unsafe(r) && r != '\n' {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// A table prints rows in columns as wide as they need to be.
type table struct {
	rows [][]string
}

func (t *table) row(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range safe(cells) {
		row[i] = fmt.Sprint(c)
	}
	t.rows = append(t.rows, row)
}

func (s *shell) table(t table, indent string) {
	var width []int
	for _, row := range t.rows {
		for i, c := range row {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	for _, row := range t.rows {
		var b strings.Builder
		for i, c := range row {
			b.WriteString(c + strings.Repeat(" ", width[i]-utf8.RuneCountInString(c)+2))
		}
		fmt.Fprintln(s.stdout, indent+strings.TrimRight(b.String(), " "))
	}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Local().Format("2006-01-02 15:04 MST")
}

func text(v attr.Values) string {
	if len(v) == 0 || len(v) == 1 && v[0] == "" {
		return "(empty)"
	}
	return strings.Join(v, ", ")
}

// counts writes numbers with what they count: "12 disable, 3 update".
func counts(m map[string]int) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if m[k] != 0 {
			out = append(out, fmt.Sprintf("%d %s", m[k], k))
		}
	}
	return strings.Join(out, ", ")
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func itoa(n int) string { return strconv.Itoa(n) }
