package httpclient

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"
)

// never may be reached, whatever is allowed: this network, link-local, multicast, reserved, and the places where clouds keep credentials.
func never() []netip.Prefix {
	return prefixes("0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::/128", "fe80::/10", "ff00::/8",
		"100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", "fd00:ec2::254/128", "fd00:ec2::23/128", "fd20:ce::254/128")
}

// private is reached only where it is allowed: loopback, private and shared networks, and ranges set aside for protocols, tests and documents.
func private() []netip.Prefix {
	return prefixes("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
		"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "::/96", "64:ff9b:1::/48", "fc00::/7", "fec0::/10", "100::/64", "2001::/23", "2001:db8::/32")
}

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, s := range texts {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// A guard decides which addresses may be reached.
type guard struct{ never, private, allow []netip.Prefix }

func newGuard(allow []string) (*guard, error) {
	g := &guard{never: never(), private: private()}
	for _, s := range allow {
		switch p, err := netip.ParsePrefix(s); {
		case s == "loopback":
			g.allow = append(g.allow, prefixes("127.0.0.0/8", "::1/128")...)
		case err == nil:
			g.allow = append(g.allow, p.Masked())
		default:
			a, err := netip.ParseAddr(s)
			if err != nil {
				return nil, fmt.Errorf("network.allow: %q is neither \"loopback\" nor an address nor a prefix such as 10.1.0.0/16", s)
			}
			g.allow = append(g.allow, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return g, nil
}

// allowed reports whether a may be reached.
func (g *guard) allowed(a netip.Addr) bool {
	a = plainAddr(a)
	switch {
	case !a.IsValid() || within(a, g.never):
		return false
	case within(a, g.private):
		return within(a, g.allow)
	}
	return true
}

// check is called with each resolved address, "ip:port", before it is dialed.
func (g *guard) check(address string) error {
	if ap, err := netip.ParseAddrPort(address); err != nil || !g.allowed(ap.Addr()) {
		return ErrDenied
	}
	return nil
}

// checkLoopback is check for connections without TLS.
func (g *guard) checkLoopback(address string) error {
	if ap, err := netip.ParseAddrPort(address); err != nil || !plainAddr(ap.Addr()).IsLoopback() {
		return ErrDenied
	}
	return g.check(address)
}

// plainHost reports whether host may be spoken to without TLS. What it resolves to is checked by checkLoopback.
func (g *guard) plainHost(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return g.allowed(netip.AddrFrom4([4]byte{127, 0, 0, 1})) || g.allowed(netip.IPv6Loopback())
	}
	a, err := netip.ParseAddr(host)
	return err == nil && plainAddr(a).IsLoopback() && g.allowed(a)
}

// plainAddr returns the address that a packet to a ends up at: the IPv4 address within mapped, NAT64 (RFC 6052) and 6to4 (RFC 3056) addresses.
func plainAddr(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	b := a.As16()
	switch {
	case !a.Is6():
		return a
	case netip.MustParsePrefix("64:ff9b::/96").Contains(a):
		return netip.AddrFrom4([4]byte(b[12:16]))
	case netip.MustParsePrefix("2002::/16").Contains(a):
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return a
}

func within(a netip.Addr, in []netip.Prefix) bool {
	return slices.ContainsFunc(in, func(p netip.Prefix) bool { return p.Contains(a) })
}

// control returns a net.Dialer's Control that lets through what check lets through: after the name was resolved, before anything is sent.
func control(check func(address string) error) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error { return check(address) }
}
