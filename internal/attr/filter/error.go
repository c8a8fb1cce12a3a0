package filter

import (
	"errors"
	"fmt"
)

// ErrTooComplex is in the chain of an *Error when a filter passes one of the limits.
var ErrTooComplex = errors.New("filter is too complex")

// An Error says where and why a filter cannot be read, and what is allowed there.
type Error struct {
	Syntax Syntax
	Pos    int    // of the offending byte, from 1
	What   string // "there is no value after '='"
	Want   string // what is allowed, or ""
	Err    error  // ErrTooComplex or nil
}

func (e *Error) Error() string {
	s := fmt.Sprintf("%s filter, position %d: %s", e.Syntax, e.Pos, e.What)
	if e.Want != "" {
		s += "; allowed: " + e.Want
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// A scanner walks a filter's text and counts what the limits judge.
type scanner struct {
	syntax Syntax
	in     string
	pos    int
	terms  int
}

func (s *scanner) fail(pos int, want, what string, args ...any) error {
	return &Error{Syntax: s.syntax, Pos: pos + 1, What: fmt.Sprintf(what, args...), Want: want}
}

func (s *scanner) limit(what string, max int) error {
	return &Error{Syntax: s.syntax, Pos: s.pos + 1, What: what, Want: fmt.Sprintf("at most %d", max), Err: ErrTooComplex}
}

func (s *scanner) start() error {
	if len(s.in) > MaxLength {
		return s.limit(fmt.Sprintf("the filter is %d bytes long", len(s.in)), MaxLength)
	}
	return nil
}

// term counts one test.
func (s *scanner) term() error {
	s.terms++
	if s.terms > MaxTerms {
		return s.limit("there are too many tests", MaxTerms)
	}
	return nil
}

func (s *scanner) deep(depth int) error {
	if depth > MaxDepth {
		return s.limit("filters are nested too deeply", MaxDepth)
	}
	return nil
}

func (s *scanner) space() {
	for s.pos < len(s.in) && (s.in[s.pos] == ' ' || s.in[s.pos] == '\t' || s.in[s.pos] == '\n' || s.in[s.pos] == '\r') {
		s.pos++
	}
}

func (s *scanner) eat(c byte) bool {
	if s.pos < len(s.in) && s.in[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

// here describes the next byte for a message.
func (s *scanner) here() string {
	if s.pos >= len(s.in) {
		return "the end"
	}
	for i, r := range s.in[s.pos:] {
		if i == 0 {
			return fmt.Sprintf("%q", r)
		}
	}
	return "the end"
}
