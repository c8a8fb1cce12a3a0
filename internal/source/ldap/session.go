package ldap

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"time"

	ldapv3 "github.com/go-ldap/ldap/v3"

	"muster/internal/source"
)

// A session is one bound connection. It belongs to one goroutine, and one request is under way at a time: the library delivers answers through a single
// loop, so that a second request inside an unread search would wait for ever.
//
// The library's own timeout is never set, since it drops entries that a slow reader did not fetch in time. A watchdog closes the network connection
// instead when the server owes an answer and stays silent, and so does the end of ctx; both surface as a cut search.
type session struct {
	server  string // as configured, for messages
	conn    *ldapv3.Conn
	raw     net.Conn
	lane    *lane // nil with StartTLS: the library then encrypts below it
	timeout time.Duration
	watch   *time.Timer
	silent  atomic.Bool // the watchdog closed the connection
	release func() bool
	tls     string
}

// open tries the servers in order and returns a bound session.
func (src *Source) open(ctx context.Context) (*session, error) {
	var errs []error
	var last *source.Incomplete
	for _, server := range src.cfg.Servers {
		s, err := src.openOne(ctx, server)
		if err == nil {
			return s, nil
		}
		if !errors.As(err, &last) || last.Code == "bind" || ctx.Err() != nil {
			return nil, err
		}
		errs = append(errs, err)
	}
	if len(errs) == 1 {
		return nil, errs[0]
	}
	return nil, &source.Incomplete{
		Code: last.Code, What: fmt.Sprintf("source %s: none of its %d servers can be used", src.cfg.Name, len(errs)), Fix: last.Fix, Err: errors.Join(errs...),
	}
}

func (src *Source) openOne(ctx context.Context, server string) (*session, error) {
	s := &session{server: server, timeout: src.cfg.Timeout, tls: "none"}
	a, err := parseAddress(server)
	if err != nil {
		return nil, s.fault("connect", "not a usable address", "", err)
	}
	if err := s.dial(ctx, src.cfg, a); err != nil {
		return nil, err
	}
	if err := s.secure(ctx, src.cfg, a); err != nil {
		s.close()
		return nil, err
	}
	password := src.cfg.Password.Reveal()
	if password == "" { // RFC 4513 §5.1.2: it would succeed as anonymous
		s.close()
		return nil, s.fault("bind", "the password is empty", "set the password", nil)
	}
	if err := s.guard(func() error { return s.conn.Bind(src.cfg.Bind, password) }); err != nil {
		s.close()
		return nil, s.bindFault(ctx, src.cfg.Bind, err)
	}
	return s, nil
}

func (s *session) dial(ctx context.Context, cfg Config, a address) error {
	dctx, cancel := context.WithTimeout(ctx, min(cfg.Timeout, 20*time.Second))
	defer cancel()
	raw, err := cfg.Dial(dctx, a.network, a.endpoint)
	if err != nil {
		return s.fault("connect", "cannot be reached", "check the address, the port, and that the server runs", err)
	}
	s.raw = raw
	if a.scheme == "ldaps" {
		tlsConfig, err := cfg.tlsConfig(a.host)
		if err != nil {
			_ = raw.Close()
			return s.fault("tls", "the authorities in ca_file cannot be used", "name a PEM file that can be read", err)
		}
		tc := tls.Client(raw, tlsConfig)
		if err := tc.HandshakeContext(dctx); err != nil {
			_ = raw.Close()
			return s.fault("tls", "no encrypted connection", tlsFix(err), err)
		}
		s.tls = tls.VersionName(tc.ConnectionState().Version)
		raw = tc
	}
	if a.scheme != "ldap" || !cfg.StartTLS {
		s.lane = newLane(raw)
		raw = s.lane
	}
	s.conn = ldapv3.NewConn(raw, a.scheme == "ldaps")
	s.conn.Start()
	s.watch = time.AfterFunc(s.timeout, func() {
		s.silent.Store(true)
		_ = s.raw.Close()
	})
	s.watch.Stop()
	s.release = context.AfterFunc(ctx, func() { _ = s.raw.Close() })
	return nil
}

// secure upgrades ldap:// where the configuration says so. It never falls back.
func (s *session) secure(ctx context.Context, cfg Config, a address) error {
	if a.scheme != "ldap" || !cfg.StartTLS {
		return nil
	}
	tlsConfig, err := cfg.tlsConfig(a.host)
	if err != nil {
		return s.fault("tls", "the authorities in ca_file cannot be used", "name a PEM file that can be read", err)
	}
	if err := s.guard(func() error { return s.conn.StartTLS(tlsConfig) }); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return s.fault("tls", "StartTLS did not succeed, and nothing is sent unencrypted", tlsFix(err), err)
	}
	state, ok := s.conn.TLSConnectionState()
	if !ok {
		return s.fault("tls", "StartTLS left the connection unencrypted", "use ldaps://", nil)
	}
	s.tls = tls.VersionName(state.Version)
	return nil
}

func (c Config) tlsConfig(host string) (*tls.Config, error) {
	out := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host}
	if c.TLSName != "" {
		out.ServerName = c.TLSName
	}
	if c.CAFile == "" {
		return out, nil
	}
	pem, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, err
	}
	out.RootCAs = x509.NewCertPool()
	if !out.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", c.CAFile)
	}
	return out, nil
}

func tlsFix(err error) string {
	text := err.Error() // the library drops the type of a failed StartTLS handshake
	switch {
	case contains(text, "unknown authority"):
		return "give the certificate of the authority that signed the server's in ca_file"
	case contains(text, "certificate is valid for", "doesn't contain any IP SANs", "not valid for any names"):
		return "use the name that the server's certificate bears, in servers or tls_name"
	case contains(text, "expired"):
		return "renew the server's certificate"
	}
	return "check that the server offers TLS at this port"
}

// guard runs one exchange under the watchdog.
func (s *session) guard(exchange func() error) error {
	s.watch.Reset(s.timeout)
	defer s.watch.Stop()
	return exchange()
}

// dead reports whether nothing more can be asked on s.
func (s *session) dead() bool { return s.silent.Load() || s.conn.IsClosing() }

// close ends the connection. No search may be under way.
func (s *session) close() {
	s.release()
	s.watch.Stop()
	_ = s.raw.Close()
	_ = s.conn.Close()
}
