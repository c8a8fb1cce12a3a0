// Package scimtest is a sandbox: a SCIM 2.0 service over real HTTP that lives in this process, keeps its state in memory, records what it was asked to do,
// and can be told to misbehave.
//
// It is a plain service, or has the manners of a vendor: addresses, limits, error bodies, what it keeps of what it is sent and what disable and delete mean
// there. Each vendor is a file of data and a few functions; every fact names the vendor's page that it comes from.
//
// Tests aim connectors and the engine at it, the demo ships it as the service to be provisioned. It is strict where the RFCs are clear, so that what works
// here works elsewhere, and it is no part of Muster's own SCIM server (server/scimapi). What a PATCH means is computed by package scim.
package scimtest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Base is the path of the plain service below its host.
const Base = "/scim/v2"

// Config describes a sandbox. The zero Config is a service on a free port of loopback that lets everyone in.
type Config struct {
	Addr    string           // host:port; "" = a free port of 127.0.0.1
	Vendor  Vendor           // whose manners it has
	Tenant  Tenant           // what the vendor's tenant holds besides
	With    *Server          // another sandbox of the same organisation: rate limits count both; nil = none
	Speed   float64          // how much faster than real time rate limits recover; 0 = 1. Retry-After tells the vendor's seconds, not the world's
	Token   string           // bearer token; "" = none asked for
	PageMax int              // most resources per page; 0 = the vendor's, 100 for the plain one
	LogMax  int              // how many writes are remembered, the newest; 0 = all
	Now     func() time.Time // nil = time.Now
	Seed    uint64           // of the dice for faults with a probability
}

// A Server is a running sandbox. Safe for concurrent use.
type Server struct {
	URL string // base address, as a connector wants it

	config Config
	ways   ways
	pace   *pace
	busy   sync.Map // ids of objects that are being written
	http   *http.Server
	served chan struct{}   // closed when the listener's goroutine has ended
	gone   context.Context // ends when the server closes
	cancel context.CancelFunc
	token  atomic.Pointer[string]
	faults dice
	log    journal

	mu     sync.Mutex // guards all below, and the records in the tables
	users  *table
	groups *table
	// memberOf holds the groups of each member id, so that a deleted user leaves them.
	memberOf map[string]map[string]bool
	invited  []string // addresses that invitations went to
}

// Start listens and serves until Close.
func Start(c Config) (*Server, error) {
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	w, ok := waysOf(c.Vendor)
	if !ok {
		return nil, fmt.Errorf("start SCIM sandbox: no vendor %q", c.Vendor)
	}
	if c.PageMax == 0 {
		c.PageMax = w.pageMax
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", c.Addr)
	if err != nil {
		return nil, fmt.Errorf("start SCIM sandbox: %w", err)
	}
	s := &Server{
		URL: "http://" + l.Addr().String() + w.base, config: c, ways: w, served: make(chan struct{}),
		users: newTable("User"), groups: newTable("Group"), memberOf: map[string]map[string]bool{},
	}
	if s.pace = newPace(w.limits, c.Now, c.Speed); c.With != nil {
		s.pace = c.With.pace
	}
	s.gone, s.cancel = context.WithCancel(context.Background())
	s.SetToken(c.Token)
	s.faults.seed(c.Seed)
	s.log.max = c.LogMax
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(l) // always ErrServerClosed: Close is the only way out
	}()
	return s, nil
}

// Close stops the service, breaks open connections and waits for the listener to end.
func (s *Server) Close() {
	s.cancel()
	_ = s.http.Close()
	<-s.served
}

// SetToken changes the bearer token that is let in from now on; "" lets everyone in.
func (s *Server) SetToken(token string) { s.token.Store(&token) }

// TB is what NewServer needs of a *testing.T.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// NewServer starts a sandbox for the duration of a test.
func NewServer(t TB, c Config) *Server {
	t.Helper()
	s, err := Start(c)
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(s.Close)
	return s
}
