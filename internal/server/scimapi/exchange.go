package scimapi

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"
)

// keptExchanges is how many exchanges of a client are kept in mind.
const keptExchanges = 100

// An Exchange is one request of a client and what it was answered. Secrets are struck out of the bodies.
type Exchange struct {
	At       time.Time `json:"at"`
	Token    string    `json:"token,omitempty"` // id of the token
	Agent    string    `json:"agent,omitempty"`
	Method   string    `json:"method"`
	Path     string    `json:"path"` // with the query
	Status   int       `json:"status"`
	Millis   int64     `json:"millis"`
	Request  string    `json:"request,omitempty"`
	Response string    `json:"response,omitempty"`
	Used     []string  `json:"tolerances,omitempty"` // that the request needed
	Error    string    `json:"error,omitempty"`
	Fix      string    `json:"fix,omitempty"`

	sent, answered []byte
	secrets        []string // that it searched for: an answer may repeat them
}

// Stats say how a client is doing, since Muster started.
type Stats struct {
	Client     string         `json:"client"`
	Profile    string         `json:"profile"`
	Since      time.Time      `json:"since"` // the counts are of what came then and later
	Last       time.Time      `json:"last_contact,omitzero"`
	Agent      string         `json:"agent,omitempty"`
	Requests   int            `json:"requests"`
	Errors     int            `json:"errors"`
	Kept       int            `json:"kept"`                // exchanges that can be looked at
	KeptErrors int            `json:"kept_errors"`         // of these: answered with an error
	PerMinute  float64        `json:"requests_per_minute"` // of the last five minutes
	Tolerances map[string]int `json:"tolerances,omitempty"`
	LastError  *Exchange      `json:"last_error,omitempty"`
	Suggest    string         `json:"suggested_profile,omitempty"` // that its User-Agent speaks for, if it is another one
}

// A book keeps what a client sent last. It is safe for concurrent use.
type book struct {
	mu    sync.Mutex // guards the rest
	last  []Exchange // the oldest is overwritten
	next  int
	total int
	bad   int
	used  map[string]int
	rate  [5]int // requests by minute
	at    int64  // the minute of rate[at%5]
	wrong *Exchange
	news  bool // something is not kept yet
}

// end writes a request into the book of its client.
func (q *request) end() {
	if q.client == nil {
		return
	}
	e := Exchange{
		At: q.began, Token: q.token, Agent: q.r.UserAgent(), Method: q.r.Method, Path: strikeQuery(q.r.URL.RequestURI()), Status: q.w.status,
		Millis: q.s.cfg.Now().Sub(q.began).Milliseconds(), sent: q.sent[:min(len(q.sent), keptBody)], answered: q.w.body,
	}
	e.secrets = comparedSecrets(q.r.URL.RawQuery, e.sent)
	for _, t := range q.tol.Used() {
		e.Used = append(e.Used, string(t))
	}
	if q.result != nil {
		e.Error, e.Fix = strikeAll(detailOf(q.result), e.secrets), fixOf(q.result)
	}
	q.s.logs[q.client.Name].add(e)
}

func (b *book) add(e Exchange) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.last) < keptExchanges {
		b.last = append(b.last, e)
	} else {
		b.last[b.next] = e
		b.next = (b.next + 1) % keptExchanges
	}
	b.total++
	b.news = true
	if e.Error != "" {
		b.bad++
		b.wrong = &e
	}
	for _, t := range e.Used {
		if b.used == nil {
			b.used = map[string]int{}
		}
		b.used[t]++
	}
	b.turn(e.At)
	b.rate[b.at%int64(len(b.rate))]++
}

// turn forgets the minutes that have passed.
func (b *book) turn(now time.Time) {
	minute := now.Unix() / 60
	for n := int64(len(b.rate)); b.at < minute; b.at++ {
		if minute-b.at > n {
			b.at = minute - n
		}
		b.rate[(b.at+1)%n] = 0
	}
}

// Stats returns how the clients are doing, by name.
func (s *Server) Stats() []Stats {
	var out []Stats
	for name, b := range s.logs {
		out = append(out, b.stats(name, s.clients[name].Profile.Name, s.began, s.cfg.Now()))
	}
	slices.SortFunc(out, func(a, b Stats) int { return cmp.Compare(a.Client, b.Client) })
	return out
}

func (b *book) stats(name, profile string, began, now time.Time) Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := Stats{Client: name, Profile: profile, Since: began, Requests: b.total, Errors: b.bad, Tolerances: maps.Clone(b.used)}
	out.Kept = len(b.last)
	for _, e := range b.last {
		if e.Error != "" {
			out.KeptErrors++
		}
	}
	if len(b.last) > 0 {
		b.turn(now)
		for _, n := range b.rate {
			out.PerMinute += float64(n) / float64(len(b.rate))
		}
		last := b.last[(b.next+len(b.last)-1)%len(b.last)]
		out.Last, out.Agent = last.At, last.Agent
		if fits := suggest(last.Agent); fits != profile && profile != "closed" {
			out.Suggest = fits
		}
	}
	if b.wrong != nil {
		shown := b.wrong.redacted()
		out.LastError = &shown
	}
	return out
}

// Exchanges returns what a client sent last, newest first, and whether there is such a client.
func (s *Server) Exchanges(client string, failed bool) ([]Exchange, bool) {
	b := s.logs[client]
	if b == nil {
		return nil, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	out := []Exchange{}
	for i := range b.last {
		e := b.last[(b.next+len(b.last)-1-i)%len(b.last)]
		if !failed || e.Error != "" {
			out = append(out, e.redacted())
		}
	}
	return out, true
}

// redacted is e with its bodies as they may be shown.
func (e Exchange) redacted() Exchange {
	if e.sent == nil && e.answered == nil {
		return e // without bodies, or with what was kept of them
	}
	e.Request, e.Response = redact(e.sent), strikeAll(redact(e.answered), e.secrets)
	e.sent, e.answered, e.secrets = nil, nil, nil
	return e
}
