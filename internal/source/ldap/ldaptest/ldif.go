package ldaptest

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ReadLDIF reads entries (RFC 2849) and calls yield for each, in order. An error names the line; an error of yield is returned with the line of the entry.
// Change records other than "changetype: add" and values from URLs are refused.
func ReadLDIF(r io.Reader, yield func(Entry) error) error {
	l := &ldifReader{in: bufio.NewReaderSize(r, 64<<10)}
	var record []ldifLine
	for {
		line, err := l.line()
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if err == nil && line.text != "" {
			record = append(record, line)
			continue
		}
		if len(record) > 0 {
			if each := deliver(record, yield); each != nil {
				return each
			}
			record = record[:0]
		}
		if err != nil {
			return nil
		}
	}
}

type ldifLine struct {
	number int
	text   string
}

func (l ldifLine) errorf(format string, args ...any) error {
	return fmt.Errorf("LDIF line %d: %w", l.number, fmt.Errorf(format, args...))
}

// An ldifReader joins folded lines and drops comments.
type ldifReader struct {
	in     *bufio.Reader
	number int
	next   *ldifLine // a line read ahead
	ended  bool
}

// maxLDIFLine bounds one unfolded line; a photograph fits.
const maxLDIFLine = 16 << 20

// line returns the next logical line; "" separates records.
func (l *ldifReader) line() (ldifLine, error) {
	for {
		line, err := l.physical()
		if err != nil {
			return line, err
		}
		var more strings.Builder
		for {
			following, err := l.physical()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return line, err
			}
			if !strings.HasPrefix(following.text, " ") || line.text == "" {
				l.next = &following
				break
			}
			more.WriteString(following.text[1:])
			if more.Len() > maxLDIFLine {
				return line, line.errorf("longer than %d bytes", maxLDIFLine)
			}
		}
		line.text += more.String()
		if !strings.HasPrefix(line.text, "#") {
			return line, nil
		}
	}
}

func (l *ldifReader) physical() (ldifLine, error) {
	if l.next != nil {
		line := *l.next
		l.next = nil
		return line, nil
	}
	if l.ended {
		return ldifLine{}, io.EOF
	}
	text, err := l.in.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return ldifLine{}, fmt.Errorf("read LDIF: %w", err)
	}
	l.ended = err != nil
	if l.ended && text == "" {
		return ldifLine{}, io.EOF
	}
	l.number++
	return ldifLine{number: l.number, text: strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")}, nil
}

// deliver makes an entry of a record's lines.
func deliver(record []ldifLine, yield func(Entry) error) error {
	var e Entry
	first := record[0]
	for i, line := range record {
		name, value, err := line.pair()
		switch {
		case err != nil:
			return err
		case strings.EqualFold(name, "version") && i == 0:
			if value != "1" {
				return line.errorf("version %q: only version 1 is known", value)
			}
			first.number++
		case e.DN == "" && strings.EqualFold(name, "dn") && value != "":
			e.DN = value
		case e.DN == "":
			return line.errorf("%q where dn: is expected", name)
		case strings.EqualFold(name, "changetype"):
			if !strings.EqualFold(value, "add") {
				return line.errorf("changetype %s: only entries can be read", value)
			}
		default:
			e.push(name, value)
		}
	}
	if e.DN == "" {
		return nil // a version line on its own
	}
	if err := yield(e); err != nil {
		return fmt.Errorf("LDIF line %d: %w", first.number, err)
	}
	return nil
}

// pair reads "name: value", "name:: base64".
func (l ldifLine) pair() (name, value string, err error) {
	name, rest, ok := strings.Cut(l.text, ":")
	if !ok || name == "" || strings.ContainsAny(name, " \t") {
		return "", "", l.errorf("%q is not name: value", clip(l.text))
	}
	switch {
	case strings.HasPrefix(rest, ":"):
		decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(rest[1:]))
		if err != nil {
			return "", "", l.errorf("%s: %w", name, err)
		}
		return name, string(decoded), nil
	case strings.HasPrefix(rest, "<"):
		return "", "", l.errorf("%s: values from URLs are not read", name)
	default:
		return name, strings.TrimLeft(rest, " "), nil
	}
}

func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
