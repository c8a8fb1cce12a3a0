package testserver

import (
	"fmt"
	"net"
	"sync"
	"testing"

	"github.com/go-ldap/ldap/v3"
)

// A Directory is a running LDAP server with an account that may change everything.
type Directory struct {
	URL      string // ldap://127.0.0.1:port, or ldapi:// for Samba in its own network namespace
	TLSURL   string // ldaps://…; "" when it offers none
	CAFile   string // the certificate authority of TLSURL and of StartTLS; "" = none
	Base     string // its naming context
	BindDN   string
	Password string

	t    testing.TB
	line *line
}

// A line is the connection over which changes are made, one after the other: Samba starts a process for each connection.
type line struct {
	mu   sync.Mutex // guards conn
	conn *ldap.Conn
}

// For returns the same server for a test: what fails there fails t. A Directory that was put together by hand works only after this.
func (d *Directory) For(t testing.TB) *Directory {
	out := *d
	out.t = t
	if out.line == nil {
		out.line = &line{}
		t.Cleanup(out.hangUp)
	}
	return &out
}

// Conn returns a connection bound as BindDN, closed when the test ends.
func (d *Directory) Conn() *ldap.Conn {
	d.t.Helper()
	conn, err := d.dial()
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func (d *Directory) dial() (*ldap.Conn, error) {
	conn, err := ldap.DialURL(d.URL)
	if err != nil {
		return nil, err
	}
	conn.SetTimeout(patience)
	if err := conn.Bind(d.BindDN, d.Password); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("bind %s: %w", d.BindDN, err)
	}
	return conn, nil
}

// Add adds an entry.
func (d *Directory) Add(dn string, attributes map[string][]string) {
	d.t.Helper()
	request := ldap.NewAddRequest(dn, nil)
	for name, values := range attributes {
		request.Attribute(name, values)
	}
	d.do("add "+dn, func(conn *ldap.Conn) error { return conn.Add(request) })
}

// Modify changes an entry: change fills in the request.
func (d *Directory) Modify(dn string, change func(*ldap.ModifyRequest)) {
	d.t.Helper()
	request := ldap.NewModifyRequest(dn, nil)
	change(request)
	d.do("modify "+dn, func(conn *ldap.Conn) error { return conn.Modify(request) })
}

// Replace sets one attribute of an entry; no values remove it.
func (d *Directory) Replace(dn, attribute string, values ...string) {
	d.t.Helper()
	d.Modify(dn, func(r *ldap.ModifyRequest) { r.Replace(attribute, values) })
}

// AddMembers adds DNs to the member attribute of a group.
func (d *Directory) AddMembers(group string, members ...string) {
	d.t.Helper()
	d.Modify(group, func(r *ldap.ModifyRequest) { r.Add("member", members) })
}

// RemoveMembers removes DNs from the member attribute of a group.
func (d *Directory) RemoveMembers(group string, members ...string) {
	d.t.Helper()
	d.Modify(group, func(r *ldap.ModifyRequest) { r.Delete("member", members) })
}

// Rename gives an entry a new name in its place: rdn is "CN=New Name".
func (d *Directory) Rename(dn, rdn string) {
	d.t.Helper()
	d.do("rename "+dn, func(conn *ldap.Conn) error { return conn.ModifyDN(ldap.NewModifyDNRequest(dn, rdn, true, "")) })
}

// Move puts an entry under another parent, with all that is below it, and returns its new DN.
func (d *Directory) Move(dn, parent string) string {
	d.t.Helper()
	parsed, err := ldap.ParseDN(dn)
	if err != nil || len(parsed.RDNs) == 0 {
		d.t.Fatalf("move %q: not a DN: %v", dn, err)
	}
	rdn := parsed.RDNs[0].String()
	d.do("move "+dn, func(conn *ldap.Conn) error { return conn.ModifyDN(ldap.NewModifyDNRequest(dn, rdn, true, parent)) })
	return rdn + "," + parent
}

// Delete removes an entry that has none below it.
func (d *Directory) Delete(dn string) {
	d.t.Helper()
	d.do("delete "+dn, func(conn *ldap.Conn) error { return conn.Del(ldap.NewDelRequest(dn, nil)) })
}

// Entry reads one entry with the attributes named; no names mean all user attributes.
func (d *Directory) Entry(dn string, attributes ...string) *ldap.Entry {
	d.t.Helper()
	var entry *ldap.Entry
	d.do("read "+dn, func(conn *ldap.Conn) error {
		found, err := conn.Search(ldap.NewSearchRequest(dn, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", attributes, nil))
		if err == nil {
			entry = found.Entries[0]
		}
		return err
	})
	return entry
}

func (d *Directory) do(what string, work func(*ldap.Conn) error) {
	d.t.Helper()
	d.line.mu.Lock()
	defer d.line.mu.Unlock()
	err := d.over(work)
	if ldap.IsErrorWithCode(err, ldap.ErrorNetwork) { // the server has been started anew
		err = d.over(work)
	}
	if err != nil {
		d.t.Fatalf("%s: %v", what, err)
	}
}

// over works over the line, which is made anew if it is broken. The caller holds its lock.
func (d *Directory) over(work func(*ldap.Conn) error) error {
	if d.line.conn == nil || d.line.conn.IsClosing() {
		conn, err := d.dial()
		if err != nil {
			return err
		}
		d.line.conn = conn
	}
	return work(d.line.conn)
}

// hangUp closes the line.
func (d *Directory) hangUp() {
	d.line.mu.Lock()
	defer d.line.mu.Unlock()
	if d.line.conn != nil {
		_ = d.line.conn.Close()
	}
}

// freePort returns a TCP port of loopback that nobody listens on at this moment.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
