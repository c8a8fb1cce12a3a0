// Package scimapi is the SCIM 2.0 service provider under /scim/v2 (RFC 7643, RFC 7644, RFC 9865): identity providers write people and groups to Muster
// through it, and read back what they wrote.
//
// It checks by the schemas of package scim, keeps what a client wrote with package inbound, and lets people and groups in through package ingest like any
// source, all in one transaction. It decides nothing about people: which rules apply and whose they are, ingest knows. Each client sees what it provisioned
// and nothing else.
//
//	request ─ who ─ route ─ body ─ Check / Patch ─▶ inbound.Tx + ingest.State ─▶ answer
package scimapi

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"muster/internal/access"
	"muster/internal/directory"
	"muster/internal/ingest"
	"muster/internal/scim"
	"muster/internal/source"
)

// Prefix is where the service answers.
const Prefix = "/scim/v2"

// Limits on requests.
const (
	MaxBody       = 1 << 20 // bytes of a body, bulk requests included
	MaxOperations = 1000    // of a bulk request
	MaxPage       = 1000    // resources in a page
	defaultPage   = 100
)

// The bases in which the records of clients stand.
const (
	peopleBase source.Base = "people"
	groupsBase source.Base = "groups"
)

// A Client is a source that writes to Muster.
type Client struct {
	Name       string // of the source
	Profile    Profile
	Deactivate bool // DELETE of a user deactivates the person instead of ending them
	PerMinute  int  // requests it may send to one node, 0 = as many as it likes
}

// Config is all that a Server needs.
type Config struct {
	Store   directory.Store
	Keeper  *access.Keeper
	Door    *ingest.Door
	Clients []Client
	Now     func() time.Time
	Log     *slog.Logger
	// Adoptable names the sources whose people a client may take over by their names, if an administrator approves it: those of loads. Such are people whom no
	// source states, too.
	Adoptable []string
	// Invite, if set, invites a person whom a client has made and wants to be invited, in the transaction that makes them.
	Invite func(ctx context.Context, tx directory.Tx, person directory.ID, client string) error
	Prefix string // where it answers, "" = Prefix
	// Admit, if set, has the last word on who may use the service: an error refuses the token.
	Admit func(context.Context, directory.ID) error
}

// A Server answers SCIM requests. It is safe for concurrent use.
type Server struct {
	cfg     Config
	clients map[string]*Client
	logs    map[string]*book // what each client sent last
	gates   map[string]*rate.Limiter
	cursors cursors
	began   time.Time
}

// New returns a Server. It does no I/O.
func New(cfg Config) *Server {
	cfg.Prefix = cmp.Or(cfg.Prefix, Prefix)
	s := &Server{cfg: cfg, clients: map[string]*Client{}, logs: map[string]*book{}, gates: map[string]*rate.Limiter{}, began: cfg.Now()}
	for _, c := range cfg.Clients {
		s.clients[c.Name], s.logs[c.Name] = &c, &book{}
		s.gates[c.Name] = gateOf(c)
	}
	return s
}

func (s *Server) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Millisecond) }

// ServeHTTP answers everything below Prefix, always in SCIM's own words.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := s.begin(w, r)
	defer q.end()
	q.serve()
}

// serve answers one request; what goes wrong becomes an error body.
func (q *request) serve() {
	defer func() {
		if p := recover(); p != nil {
			q.s.cfg.Log.Error("SCIM request failed", "client", q.name(), "method", q.r.Method, "path", q.r.URL.Path, "panic", p)
			q.fail(&scim.Error{Status: http.StatusInternalServerError, Detail: "something went wrong in Muster itself; its log says more"})
		}
	}()
	if err := q.identify(); err != nil {
		q.fail(err)
		return
	}
	if err := q.admitted(); err != nil {
		q.fail(err)
		return
	}
	if err := q.route(); err != nil {
		q.fail(err)
	}
}

// view runs fn on a snapshot.
func (q *request) view(fn func(directory.Reader) error) error { return q.s.cfg.Store.View(q.ctx, fn) }

func (q *request) actor() directory.Actor { return directory.Actor("source:" + q.client.Name) }

// update runs fn in a transaction, again if somebody took a unique value meanwhile: fn then sees who has it.
func (q *request) update(fn func(context.Context, directory.Tx) error) error {
	return retried(func() error {
		return q.s.cfg.Store.Update(q.ctx, q.actor(), func(tx directory.Tx) error { return fn(q.ctx, tx) })
	})
}
