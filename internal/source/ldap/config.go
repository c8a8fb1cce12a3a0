package ldap

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	ldapv3 "github.com/go-ldap/ldap/v3"

	"muster/internal/secret"
	"muster/internal/source"
)

// A Config describes one directory. Servers, Bind, Password and one area of People are required; everything else has a useful zero value.
type Config struct {
	Name     string        // of the source, for messages
	Servers  []string      // ldap://, ldaps:// or ldapi:// addresses, tried in order; a refused password is not tried on the next one
	StartTLS bool          // upgrade ldap:// connections to TLS before anything else; if the server refuses, the read fails
	CAFile   string        // PEM file of the authorities trusted for TLS; "" = those of the system
	TLSName  string        // the name that the server's certificate must bear; "" = the host of the address
	Bind     string        // DN, user principal name, or DOMAIN\user
	Password secret.String // never sent empty: servers take that for an anonymous bind
	// AllowPlain permits ldap:// without StartTLS to hosts that are not loopback. The password then travels readably.
	AllowPlain bool

	// Canary is the DN of an entry that is always readable, such as the bind account's own. A read counts only if it is readable afterwards.
	// With "", one entry of every base must be readable instead, which is weaker.
	Canary string

	People []Area
	Groups []Area

	// IDAttribute identifies people, GroupIDAttribute groups. "" = what the server has: objectGUID, entryUUID or nsUniqueId. The attribute must be
	// unique, single-valued, and never change.
	IDAttribute      string
	GroupIDAttribute string

	// DisabledFilter matches the people who count as disabled. "" = what the server has: bit 2 of userAccountControl, or nsAccountLock.
	// accountExpires counts in either case.
	DisabledFilter string

	// MemberAttributes are the attributes of a group that hold its members: "member", "uniqueMember", "memberUid". None = "member" on Active
	// Directory, where people whose primary group it is are added, else all three.
	MemberAttributes []string

	// Attributes are the attributes to deliver, in any case. None = a usual set of names, mail and numbers. What the source itself needs is added.
	Attributes []string

	// References are the attributes of people that name other people by their DNs, such as manager. They are translated into keys.
	References []string

	PageSize   int    // entries asked for at a time; 0 = 1,000
	NamingRoot string // where Locate searches; "" = the naming contexts that hold the bases

	// Pins are the pins that earlier reads delivered in Batch.Pins.
	Pins map[source.Base]source.Pin

	// Timeout ends a connection on which the server stays silent for so long while it owes an answer. 0 = one minute.
	Timeout time.Duration
	// Dial opens the network connection, network being "tcp" or "unix". Nil = a net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Now tells the time, to count expired accounts in Check. Nil = time.Now.
	Now func() time.Time
}

// An Area is one search base.
type Area struct {
	Base   source.Base // its name: "people", "groups", …; unique within the source
	DN     string
	Filter string // "" = the usual one for the server and kind
	Scope  Scope
}

// A Scope says how deep an Area reaches.
type Scope string

// The scopes. The zero value is Subtree.
const (
	Subtree  Scope = "subtree"
	OneLevel Scope = "one"
)

func (c Config) withDefaults() Config {
	if c.PageSize == 0 {
		c.PageSize = 1000
	}
	if c.Timeout == 0 {
		c.Timeout = time.Minute
	}
	if c.Dial == nil {
		c.Dial = (&net.Dialer{}).DialContext
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if len(c.Attributes) == 0 {
		c.Attributes = usualAttributes
	}
	return c
}

// validate refuses what cannot work or is unsafe, without touching the network.
func (c Config) validate() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(c.Servers) == 0 {
		add("servers: at least one address is needed, such as ldaps://dc1.example.com")
	}
	for _, s := range c.Servers {
		if err := c.validateServer(s); err != nil {
			errs = append(errs, err)
		}
	}
	if c.Bind == "" {
		add("bind: the account to bind as is needed (a DN or a user principal name)")
	}
	if c.Password.Reveal() == "" {
		add("password: it is empty, and servers take an empty password for an anonymous bind")
	}
	if c.PageSize < 0 || c.PageSize > 100_000 {
		add("page size %d: must be between 1 and 100000", c.PageSize)
	}
	if len(c.People) == 0 {
		add("people: at least one base is needed")
	}
	for field, dn := range map[string]string{"canary": c.Canary, "naming root": c.NamingRoot} {
		if _, err := normalDN(dn); dn != "" && err != nil {
			add("%s: %w", field, err)
		}
	}
	if c.DisabledFilter != "" {
		if _, err := ldapv3.CompileFilter(c.DisabledFilter); err != nil {
			add("disabled filter %s: %w", c.DisabledFilter, err)
		}
	}
	for _, m := range c.MemberAttributes {
		switch strings.ToLower(m) {
		case "member", "uniquemember", "memberuid":
		default:
			add("member attribute %q: use member, uniqueMember or memberUid", m)
		}
	}
	return errors.Join(append(errs, c.validateAreas()...)...)
}

func (c Config) validateAreas() []error {
	var errs []error
	seen := map[source.Base]bool{}
	for _, a := range append(append([]Area(nil), c.People...), c.Groups...) {
		if a.Base == "" || seen[a.Base] {
			errs = append(errs, fmt.Errorf("base %q: every base needs a name of its own", a.Base))
		}
		seen[a.Base] = true
		if _, err := normalDN(a.DN); err != nil || a.DN == "" {
			errs = append(errs, fmt.Errorf("base %s: %q is not a DN: %w", a.Base, a.DN, errOr(err, "it is empty")))
		}
		if a.Filter != "" {
			if _, err := ldapv3.CompileFilter(a.Filter); err != nil {
				errs = append(errs, fmt.Errorf("base %s: filter %s: %w", a.Base, a.Filter, err))
			}
		}
		if a.Scope != "" && a.Scope != Subtree && a.Scope != OneLevel {
			errs = append(errs, fmt.Errorf("base %s: scope %q: use %s or %s", a.Base, a.Scope, Subtree, OneLevel))
		}
	}
	return errs
}

func errOr(err error, text string) error {
	if err != nil {
		return err
	}
	return errors.New(text)
}

func (c Config) validateServer(server string) error {
	a, err := parseAddress(server)
	if err != nil {
		return err
	}
	if a.scheme == "ldap" && !c.StartTLS && !c.AllowPlain && !isLoopback(a.host) {
		return fmt.Errorf("server %s: the password would travel readably: use ldaps:// or StartTLS", server)
	}
	return nil
}

// An address is a parsed entry of Config.Servers.
type address struct {
	scheme, host      string
	network, endpoint string // as Dial wants them
}

func parseAddress(server string) (address, error) {
	if rest, ok := strings.CutPrefix(server, "ldapi://"); ok {
		path, err := url.PathUnescape(rest)
		if err != nil || path == "" {
			return address{}, fmt.Errorf("server %s: ldapi:// is followed by the path of a socket", server)
		}
		return address{scheme: "ldapi", network: "unix", endpoint: path}, nil
	}
	u, err := url.Parse(server)
	if err != nil || u.Hostname() == "" {
		return address{}, fmt.Errorf("server %q: must look like ldaps://dc1.example.com or ldap://dc1.example.com:389", server)
	}
	port := map[string]string{"ldap": "389", "ldaps": "636"}[u.Scheme]
	if port == "" {
		return address{}, fmt.Errorf("server %s: the scheme must be ldap, ldaps or ldapi", server)
	}
	if u.Port() != "" {
		port = u.Port()
	}
	return address{scheme: u.Scheme, host: u.Hostname(), network: "tcp", endpoint: net.JoinHostPort(u.Hostname(), port)}, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
