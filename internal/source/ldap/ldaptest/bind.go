package ldaptest

import (
	"bufio"
	"crypto/subtle"
	"crypto/tls"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// The reasons that AD gives in the text of a refused bind.
const (
	badCredentials  = "52e"
	accountDisabled = "533"
	accountExpired  = "701"
)

func (c *conn) bind(m message) {
	c.bound = ""
	r, dn := c.checkBind(m)
	if r.code == 0 {
		c.bound = dn
	}
	c.log.Debug("bind", "as", dn, "code", r.code)
	c.answer(m.id, ldap.ApplicationBindResponse, r)
}

func (c *conn) checkBind(m message) (result, string) {
	faults := c.server.current()
	version, ok := number(m.op, 0)
	if !ok || version != 3 || len(m.op.Children) < 3 {
		return result{code: ldap.LDAPResultProtocolError, text: "only LDAP version 3 is spoken"}, ""
	}
	if oid, bad := unknownCritical(m.controls); bad {
		return result{code: ldap.LDAPResultUnavailableCriticalExtension, text: "unknown control " + oid}, ""
	}
	name, auth := text(m.op, 1), m.op.Children[2]
	switch {
	case faults.RefuseBind != 0:
		return result{code: faults.RefuseBind, text: "refused"}, ""
	case auth.Tag != 0:
		return result{code: ldap.LDAPResultAuthMethodNotSupported, text: "only simple bind is offered"}, ""
	case name == "" && auth.Data.Len() == 0:
		return result{}, "" // anonymous
	case auth.Data.Len() == 0:
		return result{code: ldap.LDAPResultUnwillingToPerform, text: "unauthenticated bind (DN with no password) disallowed"}, ""
	}
	return c.server.authenticate(name, auth.Data.String())
}

// authenticate checks a name (DN, UPN or DOMAIN\account) and password.
func (s *Server) authenticate(name, password string) (result, string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n := s.tree.account(name)
	if n == nil {
		return s.tree.refuseBind(badCredentials), ""
	}
	good := false
	for _, have := range n.stored("userpassword") {
		good = subtle.ConstantTimeCompare([]byte(have), []byte(password)) == 1 || good
	}
	if !good {
		return s.tree.refuseBind(badCredentials), ""
	}
	if s.tree.flavor == AD {
		if reason := s.tree.lockedOut(n); reason != "" {
			return s.tree.refuseBind(reason), ""
		}
	}
	return result{}, n.dn
}

func (t *tree) refuseBind(reason string) result {
	r := result{code: ldap.LDAPResultInvalidCredentials}
	if t.flavor == AD {
		r.text = fmt.Sprintf("80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data %s, v4563\x00", reason)
	}
	return r
}

// lockedOut tells why AD refuses an account whose password is right.
func (t *tree) lockedOut(n *node) string {
	if flags, err := strconv.ParseInt(n.first("useraccountcontrol"), 10, 64); err == nil && flags&2 != 0 {
		return accountDisabled
	}
	const epoch = 116444736000000000 // 1970 in units of 100 ns since 1601
	expires, err := strconv.ParseInt(n.first("accountexpires"), 10, 64)
	if err == nil && expires > 0 && n.first("accountexpires") != neverExpires && expires <= epoch+t.now().UnixNano()/100 {
		return accountExpired
	}
	return ""
}

// account finds who binds.
func (t *tree) account(name string) *node {
	if n, err := t.lookup(name); err == nil {
		if n.dead {
			return nil
		}
		return n
	}
	if t.flavor != AD {
		return nil
	}
	if found := t.index["userprincipalname"][fold(name)]; len(found) == 1 && !found[0].dead {
		return found[0]
	}
	account, realm, ok := strings.Cut(name, "@")
	if _, after, backslash := strings.Cut(name, `\`); backslash {
		account = after
	} else if !ok || !strings.EqualFold(realm, dnsName(t.base)) {
		return nil
	}
	for _, n := range t.index["samaccountname"][fold(account)] {
		if !n.dead {
			return n
		}
	}
	return nil
}

// dnsName is the DNS name of a naming context: dc=corp,dc=example is corp.example.
func dnsName(base string) string {
	var labels []string
	for base != "" {
		rdn, parent := splitDN(base)
		if kind, value, _ := strings.Cut(rdn, "="); strings.EqualFold(kind, "dc") {
			labels = append(labels, value)
		}
		base = parent
	}
	return strings.Join(labels, ".")
}

// The extended operations.
const (
	oidWhoAmI   = "1.3.6.1.4.1.4203.1.11.3"
	oidStartTLS = "1.3.6.1.4.1.1466.20037"
)

func (c *conn) extended(m message) {
	switch oid := text(m.op, 0); oid {
	case oidWhoAmI:
		who := ""
		if c.bound != "" {
			who = "dn:" + c.bound
		}
		c.send(appendDone(nil, m.id, ldap.ApplicationExtendedResponse, result{}, appendOctets(nil, 0x8b, who)))
	case oidStartTLS:
		c.startTLS(m)
	default:
		c.answer(m.id, ldap.ApplicationExtendedResponse, result{code: ldap.LDAPResultProtocolError, text: "unknown extended operation " + oid})
	}
}

func (c *conn) startTLS(m message) {
	identity := c.server.identity
	if identity == nil {
		c.answer(m.id, ldap.ApplicationExtendedResponse, result{code: ldap.LDAPResultUnavailable, text: "TLS is not available"})
		return
	}
	c.busy.Wait()
	if c.secured || c.in.Buffered() > 0 { // bytes sent in plain text before the handshake must not count as sent over TLS
		c.answer(m.id, ldap.ApplicationExtendedResponse, result{code: ldap.LDAPResultOperationsError, text: "TLS is started already, or requests are outstanding"})
		return
	}
	c.answer(m.id, ldap.ApplicationExtendedResponse, result{})
	c.mu.Lock()
	defer c.mu.Unlock()
	secure := tls.Server(c.socket, identity.config)
	c.secured = true
	c.in, c.out = bufio.NewReader(secure), bufio.NewWriterSize(secure, 64<<10)
}
