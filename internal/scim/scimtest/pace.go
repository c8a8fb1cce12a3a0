package scimtest

import (
	"math"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A limit is how often some endpoints may be called: so many calls per minute, and so many at once after a rest.
type limit struct {
	class     Class    // "" = all
	methods   []string // nil = all
	one       bool     // only calls that name a resource
	perMinute float64
	burst     float64
}

func (l limit) covers(method string, class Class, id string) bool {
	return (l.class == "" || l.class == class) && (l.methods == nil || slices.Contains(l.methods, method)) && (!l.one || id != "")
}

// pace keeps the limits of one organisation. Its clock runs faster than the world's by speed, so that tests need not wait for minutes to pass.
type pace struct {
	limits []limit
	now    func() time.Time
	began  time.Time
	speed  float64

	mu   sync.Mutex // guards all below
	left []float64  // calls that each limit lets through at once
	at   float64    // when that was, in seconds of the clock
}

func newPace(limits []limit, now func() time.Time, speed float64) *pace {
	p := &pace{limits: limits, now: now, began: now(), speed: speed}
	if speed == 0 {
		p.speed = 1
	}
	for _, l := range limits {
		p.left = append(p.left, l.burst)
	}
	return p
}

// take lets a call through, or says how many seconds of the vendor's clock to wait. A call that is not let through costs nothing.
func (p *pace) take(method string, class Class, id string) (wait int, ok bool) {
	if len(p.limits) == 0 {
		return 0, true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.now().Sub(p.began).Seconds() * p.speed
	passed := max(at-p.at, 0)
	p.at = max(at, p.at)
	missing := 0.0
	for i, l := range p.limits {
		p.left[i] = min(p.left[i]+passed*l.perMinute/60, l.burst)
		if l.covers(method, class, id) {
			missing = max(missing, (1-p.left[i])*60/l.perMinute)
		}
	}
	if missing > 1e-9 {
		return max(int(math.Ceil(missing)), 1), false
	}
	for i, l := range p.limits {
		if l.covers(method, class, id) {
			p.left[i]--
		}
	}
	return 0, true
}

// hold marks the object of a write as being written until release is called. It reports false if it is being written already.
func (s *Server) hold(c *call) (release func(), ok bool) {
	if !s.ways.serial || c.id == "" || c.Method == http.MethodGet {
		return func() {}, true
	}
	if _, busy := s.busy.LoadOrStore(c.id, true); busy {
		return nil, false
	}
	return func() { s.busy.Delete(c.id) }, true
}
