package scim

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"muster/internal/attr/filter"
)

// The types of attributes (RFC 7643 §2.3).
const (
	String    = "string"
	Boolean   = "boolean"
	Decimal   = "decimal"
	Integer   = "integer"
	DateTime  = "dateTime"
	Binary    = "binary"
	Reference = "reference"
	Complex   = "complex"
)

// The words for who may write an attribute, when it is returned, and within what it is unique (RFC 7643 §2.2).
const (
	ReadWrite = "readWrite"
	ReadOnly  = "readOnly"
	Immutable = "immutable"
	WriteOnly = "writeOnly"

	Always  = "always"
	Default = "default"
	Request = "request"
	Never   = "never"

	NotUnique    = "none"
	ServerUnique = "server"
)

// MaxText is the longest text, in bytes, that an attribute may hold which can be searched for.
const MaxText = 1024

// An Attribute is one attribute of a schema. The empty words stand for readWrite, default and none, the empty Type for string.
type Attribute struct {
	Name        string
	Type        string
	Description string
	Multi       bool
	Required    bool
	CaseExact   bool
	Mutability  string
	Returned    string
	Uniqueness  string
	Canonical   []string // values that are suggested
	References  []string // what a reference may point to
	Sub         []Attribute
	Opaque      bool // kept and returned, not searched: pictures, certificates
}

func (a *Attribute) kind() string       { return or(a.Type, String) }
func (a *Attribute) mutability() string { return or(a.Mutability, ReadWrite) }
func (a *Attribute) returned() string   { return or(a.Returned, Default) }

func or(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}

// exact reports whether texts compare with their case.
func (a *Attribute) exact() bool {
	return a.CaseExact || a.kind() == Reference || a.kind() == Binary
}

// MarshalJSON writes the attribute as a schema shows it: no nulls, and what does not apply left out.
func (a Attribute) MarshalJSON() ([]byte, error) {
	out := map[string]any{
		"name": a.Name, "type": a.kind(), "multiValued": a.Multi, "description": a.Description, "required": a.Required,
		"mutability": a.mutability(), "returned": a.returned(),
	}
	switch a.kind() {
	case Complex:
		out["subAttributes"] = a.Sub
	case Boolean:
	default:
		out["caseExact"] = a.exact()
	}
	if a.kind() != Complex && a.kind() != Boolean {
		out["uniqueness"] = or(a.Uniqueness, NotUnique)
	}
	if len(a.Canonical) > 0 {
		out["canonicalValues"] = a.Canonical
	}
	if len(a.References) > 0 {
		out["referenceTypes"] = a.References
	}
	return json.Marshal(out)
}

// value checks one simple value and returns it in the form in which it is kept.
func (a *Attribute) value(v any, path string) (any, error) {
	wrong := func() error { return Errorf(InvalidValue, "%s must be %s, not %s", path, article(a.kind()), nameOf(v)) }
	switch a.kind() {
	case Boolean:
		if _, ok := v.(bool); !ok {
			return nil, wrong()
		}
		return v, nil
	case Integer, Decimal:
		n, ok := v.(json.Number)
		if f, isFloat := v.(float64); isFloat {
			n, ok = json.Number(strconv.FormatFloat(f, 'g', -1, 64)), true
		}
		if !ok {
			return nil, wrong()
		}
		if _, err := n.Int64(); err != nil && a.kind() == Integer {
			return nil, wrong()
		}
		if f, err := n.Float64(); err != nil || math.IsInf(f, 0) {
			return nil, wrong()
		}
		return n, nil
	}
	s, ok := v.(string)
	if !ok {
		return nil, wrong()
	}
	return s, a.text(s, path)
}

func (a *Attribute) text(s, path string) error {
	switch {
	case !utf8.ValidString(s):
		return Errorf(InvalidValue, "%s is not valid UTF-8", path)
	case len(s) > MaxText && !a.Opaque:
		return Errorf(InvalidValue, "%s is %d bytes long; at most %d are kept", path, len(s), MaxText)
	}
	switch a.kind() {
	case DateTime:
		if _, err := time.Parse(time.RFC3339Nano, s); err != nil && s != "" {
			return Errorf(InvalidValue, "%s must be a time such as 2026-01-31T08:00:00Z", path)
		}
	case Binary:
		if _, err := base64.StdEncoding.DecodeString(s); err != nil {
			return Errorf(InvalidValue, "%s must be base64", path)
		}
	}
	return nil
}

// Key returns the text by which a value of a is compared and sorted, in memory and in a store alike: equal keys are equal values, and keys sort as values do.
// It reports false for what is no value of a's type.
func (a *Attribute) Key(v any) (string, bool) {
	switch a.kind() {
	case Boolean:
		b, ok := v.(bool)
		return strconv.FormatBool(b), ok
	case Integer:
		n, err := json.Number(text(v)).Int64()
		return fmt.Sprintf("%020d", uint64(n)^(1<<63)), err == nil
	case Decimal:
		f, err := json.Number(text(v)).Float64()
		return fmt.Sprintf("%016x", sortable(f)), err == nil
	}
	s, ok := v.(string)
	if !ok {
		return "", false
	}
	if a.kind() == DateTime {
		t, err := time.Parse(time.RFC3339Nano, s)
		return TimeKey(t), err == nil
	}
	if !a.exact() {
		s = filter.Fold(s)
	}
	return s, true
}

// TimeKey returns the text by which an instant is compared.
func TimeKey(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000000Z") }

// sortable returns the bits of f in an order that is that of numbers.
func sortable(f float64) uint64 {
	if f == 0 {
		f = 0 // minus zero is zero
	}
	bits := math.Float64bits(f)
	if bits>>63 == 1 {
		return ^bits
	}
	return bits | 1<<63
}

func article(kind string) string {
	if kind == Integer {
		return "an " + kind
	}
	return "a " + kind
}

// nameOf names the JSON type of v.
func nameOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a string"
	case float64, json.Number, int:
		return "a number"
	case []any:
		return "a list"
	}
	return "an object"
}
