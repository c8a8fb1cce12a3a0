// Package secret holds strings that cannot be printed by accident: passwords, tokens, and what might contain one.
//
// It neither reads secrets from files nor decides who may see them; package config resolves them, connectors and sources reveal them at the last moment.
package secret

import (
	"encoding/json"
	"log/slog"
)

const redacted = "[redacted]"

// A String is a secret. Formatting, logging and encoding it yields "[redacted]", or nothing if it is empty. The zero value is the empty secret.
type String struct{ s string }

// New wraps s.
func New(s string) String { return String{s} }

// Reveal returns the secret itself, for the one place that needs it.
func (s String) Reveal() string { return s.s }

// String returns a placeholder.
func (s String) String() string {
	if s.s == "" {
		return ""
	}
	return redacted
}

// GoString returns a placeholder, for %#v.
func (s String) GoString() string { return s.String() }

// LogValue returns a placeholder.
func (s String) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON encodes a placeholder.
func (s String) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// MarshalText encodes a placeholder.
func (s String) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
