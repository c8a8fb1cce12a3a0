package scim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// The scimType words of RFC 7644 §3.12 that this package and its users need.
const (
	InvalidFilter = "invalidFilter"
	Uniqueness    = "uniqueness"
	Mutability    = "mutability"
	InvalidSyntax = "invalidSyntax"
	InvalidPath   = "invalidPath"
	NoTarget      = "noTarget"
	InvalidValue  = "invalidValue"
)

// An Error is the error body of RFC 7644 §3.12. Status is written as text and read as text or number, since services send both.
type Error struct {
	Status int
	Type   string // scimType, or ""
	Detail string
}

// Errorf returns a 400 of the given scimType.
func Errorf(scimType, format string, args ...any) *Error {
	return &Error{Status: http.StatusBadRequest, Type: scimType, Detail: fmt.Sprintf(format, args...)}
}

func (e *Error) Error() string {
	if e.Type == "" {
		return fmt.Sprintf("%d: %s", e.Status, e.Detail)
	}
	return fmt.Sprintf("%d %s: %s", e.Status, e.Type, e.Detail)
}

type errorBody struct {
	Schemas []string `json:"schemas"`
	Status  any      `json:"status"`
	Type    string   `json:"scimType,omitempty"`
	Detail  string   `json:"detail,omitempty"`
}

// MarshalJSON writes the body with its schema.
func (e *Error) MarshalJSON() ([]byte, error) {
	return json.Marshal(errorBody{[]string{ErrorURN}, strconv.Itoa(e.Status), e.Type, e.Detail})
}

// ParseError reads an error body. It reports false for anything that is not one: another JSON object, HTML, nothing.
func ParseError(body []byte) (*Error, bool) {
	var b errorBody
	if json.Unmarshal(body, &b) != nil {
		return nil, false
	}
	status, _ := strconv.Atoi(text(b.Status))
	named := false
	for _, s := range b.Schemas {
		named = named || strings.EqualFold(s, ErrorURN)
	}
	if !named && status == 0 {
		return nil, false
	}
	return &Error{Status: status, Type: b.Type, Detail: b.Detail}, true
}
