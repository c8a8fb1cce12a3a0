package ldaptest

import (
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// An Entry is one entry as it is written in LDIF. Values are bytes: a binary value is a string that holds them.
type Entry struct {
	DN         string
	Attributes []Attribute
}

// An Attribute is one attribute of an Entry. Names compare without regard to case.
type Attribute struct {
	Name   string
	Values []string
}

// NewEntry makes an entry from pairs of attribute name and value. A name may come more than once.
func NewEntry(dn string, pairs ...string) Entry {
	e := Entry{DN: dn}
	for i := 0; i+1 < len(pairs); i += 2 {
		e.Add(pairs[i], pairs[i+1])
	}
	return e
}

// Get returns the first value of an attribute, or "".
func (e *Entry) Get(name string) string {
	if values := e.Values(name); len(values) > 0 {
		return values[0]
	}
	return ""
}

// Values returns all values of an attribute.
func (e *Entry) Values(name string) []string {
	if i := e.find(name); i >= 0 {
		return e.Attributes[i].Values
	}
	return nil
}

// Set replaces the values of an attribute; none remove it.
func (e *Entry) Set(name string, values ...string) {
	i := e.find(name)
	switch {
	case len(values) == 0 && i >= 0:
		e.Attributes = slices.Delete(e.Attributes, i, i+1)
	case len(values) == 0:
	case i >= 0:
		e.Attributes[i].Values = slices.Clone(values)
	default:
		e.Attributes = append(e.Attributes, Attribute{Name: name, Values: slices.Clone(values)})
	}
}

// Add adds values to an attribute, after those it has.
func (e *Entry) Add(name string, values ...string) {
	e.Set(name, slices.Concat(e.Values(name), values)...)
}

// push adds a value in place: a group in LDIF may have very many.
func (e *Entry) push(name, value string) {
	if i := e.find(name); i >= 0 {
		e.Attributes[i].Values = append(e.Attributes[i].Values, value)
		return
	}
	e.Attributes = append(e.Attributes, Attribute{Name: name, Values: []string{value}})
}

// Remove removes values from an attribute; values that it does not hold are ignored. They compare as bytes, DNs as DNs.
func (e *Entry) Remove(name string, values ...string) {
	asDN := syntaxOf(strings.ToLower(name)) == syntaxDN
	gone := make(map[string]bool, len(values))
	for _, value := range values {
		gone[matchable(value, asDN)] = true
	}
	e.Set(name, slices.DeleteFunc(slices.Clone(e.Values(name)), func(v string) bool { return gone[matchable(v, asDN)] })...)
}

func matchable(value string, asDN bool) string {
	if asDN {
		if key, err := normalDN(value); err == nil {
			return key
		}
	}
	return value
}

func (e *Entry) find(name string) int {
	return slices.IndexFunc(e.Attributes, func(a Attribute) bool { return strings.EqualFold(a.Name, name) })
}

// refuse makes the error of an operation that the server refuses with an LDAP result code.
func refuse(code uint16, err error) error { return ldap.NewError(code, err) }
