// Package httpclient makes the HTTP client that connectors speak through: guarded, paced, bounded and discreet.
//
// Guarded: https only, and the address that a name resolves to is checked at each dial (guard.go). Paced: requests wait for their endpoint classes, and a
// class that the service throttles pauses as long as the service says (class.go, pace.go). Bounded: every exchange has a timeout, every answer a greatest size, no
// redirect is followed. Discreet: neither errors nor transcripts hold secrets (redact.go, transcript.go).
//
// The package does not retry, and knows no service: package engine retries, connectors know what an answer means.
package httpclient

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"

	"muster/internal/secret"
)

// Errors that have nothing to do with the service.
var (
	// ErrDenied: the address must not be reached. The error does not tell what the name resolved to.
	ErrDenied = errors.New("address not allowed: only https, and private or loopback addresses only where network.allow lists them")
	// ErrTooLarge: the answer is larger than Config.MaxBody.
	ErrTooLarge = errors.New("the answer is too large")
	// ErrTimeout: the exchange took longer than Config.Timeout.
	ErrTimeout = errors.New("no complete answer in time")
)

// Config describes a client. The zero Config reaches public addresses by https, 64 requests at a time, without a rate.
type Config struct {
	// Allow lists the private addresses that may be reached, as "loopback", addresses and prefixes such as "10.1.0.0/16". Where it covers loopback,
	// loopback may be reached without TLS.
	Allow []string
	// Secrets are removed wherever they would show.
	Secrets []secret.String
	// Pace is how often the service may be asked, to begin with.
	Pace Pace
	// Pool holds what clients share; nil means that this client shares with nobody.
	Pool *Pool
	// Record is called after each exchange, concurrently; nil means no transcripts.
	Record func(Exchange)
	// Observe is called after each request, concurrently, and must not block; nil means that nobody counts.
	Observe func(Call)

	Timeout  time.Duration  // for one exchange with its body, the wait for its class not counted; 0 means one minute
	Patience time.Duration  // longest wait for a class; 0 means 30 s
	InFlight int            // connections to a host; 0 means 64
	MaxBody  int64          // bytes in an answer; 0 means 10 MiB
	RootCAs  *x509.CertPool // nil means those of the system
	Resolver *net.Resolver  // nil means that of the system
}

func (c Config) withDefaults() Config {
	c.Timeout = cmp.Or(c.Timeout, time.Minute)
	c.Patience = cmp.Or(c.Patience, 30*time.Second)
	c.InFlight = cmp.Or(c.InFlight, 64)
	c.MaxBody = cmp.Or(c.MaxBody, 10<<20)
	return c
}

// New returns a client for one target. It does no I/O. A client keeps connections and what it has learned of the service's rates, so a target has one
// for as long as it is served; CloseIdleConnections ends what it keeps open.
//
// A class that has to wait longer than Config.Patience gets an answer without being asked: 429 with Retry-After. To connectors that is no different from
// what the service would say; Throttled reads both.
func New(cfg Config) (*http.Client, error) {
	cfg = cfg.withDefaults()
	g, err := newGuard(cfg.Allow)
	if err != nil {
		return nil, err
	}
	return &http.Client{
		Transport: &transport{
			cfg:    cfg,
			guard:  g,
			secure: newTransport(cfg, g.check),
			plain:  newTransport(cfg, g.checkLoopback),
			pacer:  cfg.Pool.pacer(cfg),
			redact: newRedactor(cfg.Secrets),
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

func newTransport(cfg Config, check func(address string) error) *http.Transport {
	d := net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second, Resolver: cfg.Resolver, Control: control(check)}
	return &http.Transport{
		DialContext:           d.DialContext,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: cfg.RootCAs},
		TLSHandshakeTimeout:   10 * time.Second,
		ForceAttemptHTTP2:     true,
		MaxConnsPerHost:       cfg.InFlight,
		MaxIdleConnsPerHost:   cfg.InFlight,
		MaxIdleConns:          cfg.InFlight,
		IdleConnTimeout:       90 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
}

// transport is the http.RoundTripper of a client. Safe for concurrent use.
type transport struct {
	cfg    Config
	guard  *guard
	secure http.RoundTripper // https
	plain  http.RoundTripper // http, to loopback
	pacer  *pacer
	redact *redactor
}

// RoundTrip waits for the request's classes and makes one exchange.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	send, err := t.choose(req.URL)
	if err != nil {
		closeBody(req)
		return nil, t.failure(req, err)
	}
	classes := t.cfg.Pace.of(req.Method, req.URL.Path)
	seen := t.observe(req, classes)
	if pause, err := t.pacer.wait(req.Context(), classes); err != nil {
		closeBody(req)
		return nil, t.failure(req, err)
	} else if pause > 0 {
		closeBody(req)
		seen.putOff()
		return paused(req, classes[0], pause), nil
	}
	seen.goes()
	return t.exchange(req, classes, send, seen)
}

// choose returns what a request to u goes through, if it may go at all.
func (t *transport) choose(u *url.URL) (http.RoundTripper, error) {
	switch {
	case u.User != nil || u.Hostname() == "":
		return nil, ErrDenied
	case u.Scheme == "https":
		return t.secure, nil
	case u.Scheme == "http" && t.guard.plainHost(u.Hostname()):
		return t.plain, nil
	}
	return nil, ErrDenied
}

// exchange sends req and returns the answer with a body that ends at the timeout and at the greatest size.
func (t *transport) exchange(req *http.Request, classes []string, send http.RoundTripper, seen *observation) (*http.Response, error) {
	rec := t.begin(req)
	ctx, cancel := context.WithCancelCause(req.Context())
	timer := time.AfterFunc(t.cfg.Timeout, func() { cancel(ErrTimeout) })
	end := func() {
		timer.Stop()
		cancel(nil)
	}
	resp, err := send.RoundTrip(req.WithContext(ctx))
	if err != nil {
		err = t.failure(req, inTime(ctx, err))
		end()
		rec.finish(err)
		seen.finish(err)
		return nil, err
	}
	resp.Request = req
	seen.answer(resp.StatusCode, t.pacer.learn(classes, resp))
	resp.Body = &body{
		from: resp.Body, left: t.cfg.MaxBody, rec: rec.answer(resp.StatusCode), seen: seen, end: end,
		explain: func(err error) error { return t.failure(req, inTime(ctx, err)) },
	}
	return resp, nil
}

// inTime returns err, or ErrTimeout if that is what ended ctx.
func inTime(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), ErrTimeout) {
		return ErrTimeout
	}
	return err
}

// CloseIdleConnections closes what is kept open but not in use; http.Client calls it.
func (t *transport) CloseIdleConnections() {
	for _, rt := range []http.RoundTripper{t.secure, t.plain} {
		if c, ok := rt.(interface{ CloseIdleConnections() }); ok {
			c.CloseIdleConnections()
		}
	}
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close() // the contract of RoundTripper; nothing was sent, so nothing is lost
	}
}
