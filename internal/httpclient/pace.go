package httpclient

import (
	"bytes"
	"context"
	"io"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A Rate is how often a service may be asked.
type Rate struct {
	PerSecond float64
	Burst     int // requests that may go out at once; 0 means 1
}

const (
	firstPause = time.Second // after 429 without a time, doubled each time in a row
	lastPause  = time.Minute
	mostPause  = time.Hour // whatever the service says: then it is asked again
)

// classHeader tells the connector which class an answer 429 is about.
const classHeader = "Muster-Rate-Class"

func readOrWrite(method, _ string) string {
	if method == http.MethodGet || method == http.MethodHead {
		return "read"
	}
	return "write"
}

// A pacer makes requests wait for their endpoint class. Safe for concurrent use.
type pacer struct {
	rates    map[string]Rate
	patience time.Duration
	inFlight int

	mu      sync.Mutex // guards classes
	classes map[string]*class
}

// A class is what is known of one endpoint class.
type class struct {
	mu      sync.Mutex // guards all below
	base    rate.Limit
	limiter *rate.Limiter
	until   time.Time // no request before
	slow    time.Time // until then the limiter is slower than base
	strikes int       // answers 429 without a time, in a row
}

func newPacer(cfg Config) *pacer {
	return &pacer{rates: cfg.Rates, patience: cfg.Patience, inFlight: cfg.InFlight, classes: map[string]*class{}}
}

func (p *pacer) class(name string) *class {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.classes[name]
	if c == nil {
		base, burst := rate.Inf, 1
		if r, ok := p.rates[name]; ok && r.PerSecond > 0 {
			base, burst = rate.Limit(r.PerSecond), max(1, r.Burst)
		}
		c = &class{base: base, limiter: rate.NewLimiter(base, burst)}
		p.classes[name] = c
	}
	return c
}

// wait returns when a request of the class may go out. If that is further away than the pacer's patience it returns at once how far.
func (p *pacer) wait(ctx context.Context, name string) (pause time.Duration, err error) {
	c, spent := p.class(name), time.Duration(0)
	for reserved := false; ; {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		d, cancel := c.next(time.Now(), &reserved)
		if d <= 0 {
			return 0, nil
		}
		if spent += d; spent > p.patience {
			cancel()
			return d, nil
		}
		t := time.NewTimer(d)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			cancel()
			return 0, ctx.Err()
		}
	}
}

// next returns how long to wait before asking again; 0 means go. The token of the limiter is taken once, and given back by cancel.
func (c *class) next(now time.Time, reserved *bool) (d time.Duration, cancel func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.slow.IsZero() && !now.Before(c.slow) {
		c.slow = time.Time{}
		c.limiter.SetLimitAt(now, c.base)
	}
	if now.Before(c.until) {
		return c.until.Sub(now), func() {}
	}
	if *reserved {
		return 0, func() {}
	}
	r := c.limiter.ReserveN(now, 1)
	*reserved = true
	return r.DelayFrom(now), func() { r.Cancel() }
}

// learn takes in what an answer says about rates. An answer that throttles leaves with a Retry-After in seconds and the name of its class.
func (p *pacer) learn(name string, resp *http.Response) {
	c, now := p.class(name), time.Now()
	b := readBudget(resp.Header, now)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !throttles(resp.StatusCode, b) {
		c.strikes = 0
		c.spend(b, now, p.inFlight)
		return
	}
	c.throttled(b, now)
	setPause(resp.Header, name, c.until.Sub(now))
}

// throttled pauses the class: for as long as the service says, or longer each time that it does not say. The caller holds mu.
func (c *class) throttled(b budget, now time.Time) {
	d := b.wait
	if d <= 0 {
		if now.Before(c.until) {
			return // one of many that were under way
		}
		d = min(firstPause<<min(c.strikes, 10), lastPause)
		c.strikes++
	}
	if until := now.Add(clampPause(d)); until.After(c.until) {
		c.until = until
	}
}

// spend spreads what is left of a budget over the time until it is renewed, once it is about to run out. The caller holds mu.
func (c *class) spend(b budget, now time.Time, inFlight int) {
	switch {
	case !b.known || b.remaining > inFlight:
	case b.remaining == 0:
		if until := now.Add(clampPause(b.reset)); until.After(c.until) {
			c.until = until
		}
	default:
		if limit := rate.Limit(float64(b.remaining) / b.reset.Seconds()); limit < c.limiter.Limit() {
			c.limiter.SetLimitAt(now, limit)
			c.slow = now.Add(clampPause(b.reset))
		}
	}
}

func clampPause(d time.Duration) time.Duration { return min(max(d, firstPause), mostPause) }

func setPause(h http.Header, class string, d time.Duration) {
	h.Set("Retry-After", strconv.Itoa(int(math.Ceil(d.Seconds()))))
	h.Set(classHeader, class)
}

// paused is the answer to a request that was not sent.
func paused(req *http.Request, class string, d time.Duration) *http.Response {
	h := http.Header{"Content-Type": {"text/plain; charset=utf-8"}}
	setPause(h, class, d)
	text := []byte("not asked: the service has said to wait\n")
	return &http.Response{
		Status: "429 Too Many Requests", StatusCode: http.StatusTooManyRequests, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: io.NopCloser(bytes.NewReader(text)), ContentLength: int64(len(text)), Request: req,
	}
}
