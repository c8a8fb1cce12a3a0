package ldaptest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// write answers the operations that change something (if Config.Writable), and compare.
func (c *conn) write(m message) {
	tag := m.op.Tag + 1 // the answer's tag follows the request's …
	if oid, bad := unknownCritical(m.controls); bad {
		c.answer(m.id, tag, result{code: ldap.LDAPResultUnavailableCriticalExtension, text: "unknown control " + oid})
		return
	}
	s := c.server
	if m.op.Tag == ldap.ApplicationCompareRequest {
		s.mu.RLock()
		defer s.mu.RUnlock()
		c.answer(m.id, tag, resultOf(s.tree.compare(m.op)))
		return
	}
	if !s.config.Writable || c.bound == "" {
		c.answer(m.id, tag, result{code: ldap.LDAPResultInsufficientAccessRights, text: "this directory cannot be changed over LDAP"})
		return
	}
	err := s.change(m.op)
	c.log.Debug("write", "op", m.op.Tag, "error", err)
	c.answer(m.id, tag, resultOf(err))
}

func (s *Server) change(op *ber.Packet) error {
	switch op.Tag {
	case ldap.ApplicationAddRequest:
		return s.Add(addedEntry(op))
	case ldap.ApplicationDelRequest:
		s.mu.Lock()
		defer s.mu.Unlock()
		n, err := s.tree.lookup(op.Data.String())
		if err != nil {
			return err
		}
		return s.tree.remove(n)
	case ldap.ApplicationModifyRequest:
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.tree.modify(text(op, 0), func(e *Entry) error { return modifyEntry(e, op) })
	default:
		return s.renameRequest(op)
	}
}

func addedEntry(op *ber.Packet) Entry {
	e := Entry{DN: text(op, 0)}
	if len(op.Children) < 2 {
		return e
	}
	for _, a := range op.Children[1].Children {
		e.Add(text(a, 0), attributeValues(a)...)
	}
	return e
}

// attributeValues reads the set of values of an attribute in a request.
func attributeValues(a *ber.Packet) []string {
	if len(a.Children) < 2 {
		return nil
	}
	var values []string
	for _, value := range a.Children[1].Children {
		values = append(values, value.Data.String())
	}
	return values
}

func modifyEntry(e *Entry, op *ber.Packet) error {
	if len(op.Children) < 2 {
		return refuse(ldap.LDAPResultProtocolError, errMalformed)
	}
	for _, change := range op.Children[1].Children {
		kind, ok := number(change, 0)
		if !ok || len(change.Children) < 2 {
			return refuse(ldap.LDAPResultProtocolError, errMalformed)
		}
		if err := modifyAttribute(e, kind, text(change.Children[1], 0), attributeValues(change.Children[1])); err != nil {
			return err
		}
	}
	return nil
}

func modifyAttribute(e *Entry, kind int64, name string, values []string) error {
	have := len(e.Values(name))
	switch kind {
	case ldap.AddAttribute:
		return addValues(e, name, values)
	case ldap.DeleteAttribute:
		if len(values) == 0 {
			values = slices.Clone(e.Values(name))
		}
		e.Remove(name, values...)
		if len(e.Values(name)) != have-len(values) || len(values) == 0 {
			return refuse(ldap.LDAPResultNoSuchAttribute, fmt.Errorf("%s has no such value", name))
		}
	case ldap.ReplaceAttribute:
		e.Set(name, values...)
	default:
		return refuse(ldap.LDAPResultProtocolError, fmt.Errorf("change of kind %d", kind))
	}
	return nil
}

func addValues(e *Entry, name string, values []string) error {
	asDN := syntaxOf(strings.ToLower(name)) == syntaxDN
	have := make(map[string]bool)
	for _, value := range e.Values(name) {
		have[matchable(value, asDN)] = true
	}
	for _, value := range values {
		if have[matchable(value, asDN)] {
			return refuse(ldap.LDAPResultAttributeOrValueExists, fmt.Errorf("%s holds %q already", name, value))
		}
	}
	e.Add(name, values...)
	return nil
}

// renameRequest carries out a modify DN operation. Old naming values always go.
func (s *Server) renameRequest(op *ber.Packet) error {
	if len(op.Children) < 3 {
		return refuse(ldap.LDAPResultProtocolError, errMalformed)
	}
	dn := text(op, 0)
	_, parent := splitDN(dn)
	if len(op.Children) > 3 {
		parent = text(op, 3)
	}
	return s.Rename(dn, text(op, 1)+","+parent)
}

// compare answers by an error, as LDAP does: 6 is true, 5 is false.
func (t *tree) compare(op *ber.Packet) error {
	if len(op.Children) < 2 {
		return refuse(ldap.LDAPResultProtocolError, errMalformed)
	}
	n, err := t.lookup(text(op, 0))
	if err != nil {
		return err
	}
	c := &compiler{tree: t}
	f, err := c.item(text(op.Children[1], 0), func(key string) (filter, error) { return c.equal(key, text(op.Children[1], 1)), nil })
	if err != nil {
		return refuse(ldap.LDAPResultProtocolError, err)
	}
	if f.match(n) == yes {
		return refuse(ldap.LDAPResultCompareTrue, errors.New("true"))
	}
	return refuse(ldap.LDAPResultCompareFalse, errors.New("false"))
}
