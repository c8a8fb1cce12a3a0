package ldaptest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// A Config says what a server is like. The zero value is an empty AD on a free port of loopback.
type Config struct {
	Flavor    Flavor           // "" = AD
	Base      string           // the naming context; "" = the DC= end of the first entry's DN, or DC=corp,DC=example
	LDIF      io.Reader        // the content to start with; nil = none. A parent stands before what is below it
	Seed      string           // generated ids are the same for the same seed and the same steps
	Addr      string           // where to listen; "" = a free port of 127.0.0.1
	TLS       bool             // offer ldaps at TLSURL, and StartTLS at URL, with a certificate of CA
	PageSize  int              // the most entries of a page and of a search without pages; 0 = 1,000 for AD, no limit for OpenLDAP
	RangeSize int              // AD: the most values of an attribute in one answer; 0 = 1,500
	Writable  bool             // who is bound may add, modify, rename and delete over LDAP
	Now       func() time.Time // nil = time.Now
	Log       *slog.Logger     // requests at debug level; nil = none
}

// A Server is a running LDAP server. All methods are safe for concurrent use.
type Server struct {
	config   Config
	listener net.Listener
	secure   net.Listener // ldaps; nil = none
	identity *identity    // nil = no TLS
	stop     context.CancelFunc
	done     sync.WaitGroup

	mu   sync.RWMutex // guards tree
	tree *tree

	setting sync.Mutex // guards faults and conns
	faults  Faults
	conns   map[*conn]struct{}
}

// Start starts a server; Close ends it.
func Start(c Config) (*Server, error) {
	s, err := newServer(c)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	if err := s.listen(); err != nil {
		stop()
		return nil, err
	}
	for _, listener := range []net.Listener{s.listener, s.secure} {
		if listener != nil {
			s.done.Go(func() { s.accept(ctx, listener) })
		}
	}
	return s, nil
}

// newServer makes a server with its content that does not listen yet.
func newServer(c Config) (*Server, error) {
	if c.Flavor == "" {
		c.Flavor = AD
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.PageSize == 0 && c.Flavor == AD {
		c.PageSize = 1000
	}
	if c.RangeSize == 0 && c.Flavor == AD {
		c.RangeSize = 1500
	}
	s := &Server{config: c, tree: newTree(c), conns: map[*conn]struct{}{}}
	if c.Base != "" {
		if err := s.tree.found(c.Base); err != nil {
			return nil, err
		}
	}
	if c.LDIF != nil {
		if err := s.LoadLDIF(c.LDIF); err != nil {
			return nil, err
		}
	}
	if s.tree.root == nil {
		if err := s.tree.found("DC=corp,DC=example"); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Server) listen() error {
	addr := s.config.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	var err error
	if s.listener, err = net.Listen("tcp", addr); err != nil {
		return err
	}
	if !s.config.TLS {
		return nil
	}
	if s.identity, err = newIdentity(); err == nil {
		s.secure, err = tls.Listen("tcp", "127.0.0.1:0", s.identity.config)
	}
	if err != nil {
		_ = s.listener.Close()
	}
	return err
}

func (s *Server) accept(ctx context.Context, listener net.Listener) {
	for {
		socket, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) || ctx.Err() != nil {
			return
		}
		if err != nil {
			s.config.Log.Error("accept", "error", err)
			return
		}
		c := newConn(s, socket)
		if !s.enter(c) {
			_ = socket.Close()
			continue
		}
		s.done.Go(func() {
			defer s.leave(c)
			c.serve(ctx)
		})
	}
}

func (s *Server) enter(c *conn) bool {
	s.setting.Lock()
	defer s.setting.Unlock()
	if s.conns == nil || s.faults.Down {
		return false
	}
	s.conns[c] = struct{}{}
	return true
}

func (s *Server) leave(c *conn) {
	s.setting.Lock()
	defer s.setting.Unlock()
	delete(s.conns, c)
}

// URL is the ldap:// address.
func (s *Server) URL() string { return "ldap://" + s.listener.Addr().String() }

// TLSURL is the ldaps:// address, or "" without Config.TLS.
func (s *Server) TLSURL() string {
	if s.secure == nil {
		return ""
	}
	return "ldaps://" + s.secure.Addr().String()
}

// CA is the certificate authority of the server's certificate in PEM, or nil without Config.TLS.
func (s *Server) CA() []byte {
	if s.identity == nil {
		return nil
	}
	return slices.Clone(s.identity.authority)
}

// Base is the DN of the naming context.
func (s *Server) Base() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.tree.base
}

// Close ends all connections and waits until the last one is gone. Closing twice is harmless.
func (s *Server) Close() {
	s.stop()
	_ = s.listener.Close()
	if s.secure != nil {
		_ = s.secure.Close()
	}
	s.setting.Lock()
	open := s.conns
	s.conns = nil
	s.setting.Unlock()
	for c := range open {
		c.cut()
	}
	s.done.Wait()
}

// LoadLDIF adds all entries of an LDIF text. The entry of the naming context may be among them; it then completes the one that is there.
func (s *Server) LoadLDIF(r io.Reader) error {
	return ReadLDIF(r, s.Add)
}

// Add adds an entry. Ids, the naming attribute and what else the product adds by itself are added.
func (s *Server) Add(e Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tree.root == nil {
		if err := s.tree.found(contextOf(e.DN)); err != nil {
			return err
		}
	}
	t := s.tree
	key, err := normalDN(e.DN)
	switch {
	case err != nil:
		return refuse(ldap.LDAPResultInvalidDNSyntax, err)
	case key == t.root.key && t.root.placed:
		return t.modify(e.DN, func(have *Entry) error { return merge(have, e) })
	case key != t.root.key && !t.root.placed:
		if err := t.add(contextEntry(t.base)); err != nil {
			return err
		}
	}
	return t.add(e)
}

func merge(have *Entry, e Entry) error {
	for _, a := range e.Attributes {
		if !strings.EqualFold(a.Name, "objectClass") {
			have.Set(a.Name, a.Values...)
		}
	}
	return nil
}

// contextOf guesses the naming context of the first entry: the DC= end of its DN, or its last RDN.
func contextOf(dn string) string {
	rdn, parent := splitDN(dn)
	if parent == "" || strings.HasPrefix(strings.ToLower(rdn), "dc=") {
		return dn
	}
	return contextOf(parent)
}

// contextEntry is the entry of a naming context that the LDIF does not hold.
func contextEntry(base string) Entry {
	class := map[string]string{"dc": "domain", "ou": "organizationalUnit"}
	kind, _, _ := strings.Cut(strings.ToLower(base), "=")
	if class[kind] == "" {
		class[kind] = "organization"
	}
	return NewEntry(base, "objectClass", class[kind])
}

// Modify lets change work on a copy of an entry and stores what it leaves. Computed attributes like memberOf are neither shown to it nor stored.
func (s *Server) Modify(dn string, change func(*Entry)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tree.modify(dn, func(e *Entry) error {
		change(e)
		return nil
	})
}

// Rename gives an entry another DN, in its place or elsewhere. All that is below it moves along, and groups that name it follow.
func (s *Server) Rename(oldDN, newDN string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tree.rename(oldDN, newDN)
}

// Delete deletes an entry with all that is below it. Groups lose it; in AD a tombstone stays of each.
func (s *Server) Delete(dn string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.tree.lookup(dn)
	if err != nil {
		return err
	}
	return s.tree.removeAll(n)
}

func (t *tree) removeAll(n *node) error {
	for child := range n.children {
		if err := t.removeAll(child); err != nil {
			return err
		}
	}
	return t.remove(n)
}

// Entry returns a copy of an entry as it is stored, without computed attributes. A missing entry is an LDAP error with code 32.
func (s *Server) Entry(dn string) (Entry, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n, err := s.tree.lookup(dn)
	if err != nil {
		return Entry{}, err
	}
	return n.entry(), nil
}

// Each calls yield with a copy of every entry, in order, until it returns false. Tombstones are left out. yield must not call methods of s.
func (s *Server) Each(yield func(Entry) bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, n := range s.tree.order {
		if !n.dead && n.under(s.tree.root) && !yield(n.entry()) {
			return
		}
	}
}

func (s *Server) current() Faults {
	s.setting.Lock()
	defer s.setting.Unlock()
	return s.faults
}

func (s *Server) String() string { return fmt.Sprintf("%s at %s", s.config.Flavor, s.URL()) }
