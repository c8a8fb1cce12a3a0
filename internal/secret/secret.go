// Package secret holds strings that cannot be printed by accident: passwords, tokens, and what might contain one.
//
// It neither reads secrets from files nor decides who may see them; package config resolves them, connectors and sources reveal them at the last moment.
package secret

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"unique"
)

const redacted = "[redacted]"

// A String is a secret. Formatting, logging and encoding it yields "[redacted]", or nothing if it is empty. The zero value is the empty secret; equal
// secrets are ==.
type String struct {
	// A pointer in effect, so that printing a struct that holds a String in an unexported field, where fmt calls no methods, shows an address.
	handle unique.Handle[string]
}

// New wraps s.
func New(s string) String {
	if s == "" {
		return String{}
	}
	return String{unique.Make(s)}
}

// Reveal returns the secret itself, for the one place that needs it.
func (s String) Reveal() string {
	if s == (String{}) {
		return ""
	}
	return s.handle.Value()
}

// Equal reports whether s and t are the same secret.
func (s String) Equal(t String) bool { return s == t }

// String returns a placeholder.
func (s String) String() string {
	if s == (String{}) {
		return ""
	}
	return redacted
}

// Format writes a placeholder for every verb.
func (s String) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// GoString returns a placeholder, for %#v.
func (s String) GoString() string { return s.String() }

// LogValue returns a placeholder.
func (s String) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON encodes a placeholder.
func (s String) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// MarshalText encodes a placeholder.
func (s String) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
