package httpclient

import (
	"bytes"
	"context"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	firstPause = time.Second // after 429 without a time, doubled each time in a row
	lastPause  = time.Minute
	mostPause  = time.Hour // whatever the service says: then it is asked again
)

// classHeader tells the connector which class an answer 429 is about.
const classHeader = "Muster-Rate-Class"

// A Pool is where clients of one process share what they may ask of the same organisation. The zero Pool is ready; safe for concurrent use.
type Pool struct {
	mu     sync.Mutex // guards shared
	shared map[string]*pacer
}

func (p *Pool) pacer(cfg Config) *pacer {
	if p == nil || cfg.Pace.Share == "" {
		return newPacer(cfg)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shared[cfg.Pace.Share] == nil {
		if p.shared == nil {
			p.shared = map[string]*pacer{}
		}
		p.shared[cfg.Pace.Share] = newPacer(cfg)
	}
	return p.shared[cfg.Pace.Share]
}

// A pacer makes requests wait for their endpoint classes: urgent ones first, the others in the order in which they came. Safe for concurrent use.
type pacer struct {
	pace     Pace
	patience time.Duration
	inFlight int

	mu      sync.Mutex // guards all below
	buckets map[string]*bucket
	queue   []*waiter // urgent ones first
	timer   *time.Timer
}

// A waiter is a request that waits for all of its classes.
type waiter struct {
	in     []*bucket
	urgent bool
	done   chan struct{}       // closed when it left the queue
	tokens []*rate.Reservation // what it was given
	at     time.Time           // and when
	pause  time.Duration       // > 0: it must not go, and is not to be waited for
}

func newPacer(cfg Config) *pacer {
	return &pacer{pace: cfg.Pace, patience: cfg.Patience, inFlight: cfg.InFlight, buckets: map[string]*bucket{}}
}

func (p *pacer) bucket(name string) *bucket {
	b := p.buckets[name]
	if b == nil {
		r, known := p.pace.rate(name)
		b = newBucket(name, r, known)
		p.buckets[name] = b
	}
	return b
}

// wait returns when a request of the classes may go out. If that is further away than the pacer's patience it returns at once how far.
func (p *pacer) wait(ctx context.Context, names []string) (pause time.Duration, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	w := p.join(names, urgent(ctx))
	select {
	case <-w.done:
		return w.pause, nil
	default:
	}
	select {
	case <-w.done:
		return w.pause, nil
	case <-ctx.Done():
		p.leave(w)
		return 0, ctx.Err()
	}
}

// join puts a request into the queue, unless it may go at once or would have to wait too long.
func (p *pacer) join(names []string, urgent bool) *waiter {
	w := &waiter{urgent: urgent, done: make(chan struct{})}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for _, name := range names {
		w.in = append(w.in, p.bucket(name))
	}
	at := len(p.queue)
	if urgent {
		at = slices.IndexFunc(append(p.queue, &waiter{}), func(o *waiter) bool { return !o.urgent })
	}
	if d := p.expect(w, at, now); d > p.patience {
		w.pause = d
		close(w.done)
		return w
	}
	p.queue = slices.Insert(p.queue, at, w)
	p.serve(now)
	return w
}

// expect returns how long a request at a place of the queue will wait, if nobody urgent comes.
func (p *pacer) expect(w *waiter, at int, now time.Time) time.Duration {
	var d time.Duration
	for _, b := range w.in {
		n := 1
		for _, o := range p.queue[:at] {
			if slices.Contains(o.in, b) {
				n++
			}
		}
		d = max(d, b.due(n, now))
	}
	return d
}

// leave takes a request out of the queue whose ctx has ended. What it was given meanwhile is given back.
func (p *pacer) leave(w *waiter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.queue, w); i >= 0 {
		p.queue = slices.Delete(p.queue, i, i+1)
	}
	giveBack(w.tokens, w.at)
	p.serve(time.Now())
}

// serve lets those out whose classes allow it, turns those away who would wait too long, and sees to it that it is called again in time. The caller holds mu.
func (p *pacer) serve(now time.Time) {
	next := time.Duration(math.MaxInt64)
	p.queue = slices.DeleteFunc(p.queue, func(w *waiter) bool {
		var wait, pause time.Duration
		for _, b := range w.in {
			pause = max(pause, b.until.Sub(now))
		}
		w.tokens, wait = take(w.in, now)
		switch {
		case wait <= 0:
			w.at = now
		case pause > p.patience:
			w.pause = pause
		default:
			next = min(next, wait)
			return false
		}
		close(w.done)
		return true
	})
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	if len(p.queue) > 0 {
		p.timer = time.AfterFunc(next, p.again)
	}
}

func (p *pacer) again() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.serve(time.Now())
}

// learn takes in what an answer says about rates, and returns whether it throttles. Such an answer leaves with a Retry-After in seconds and the name of its
// class.
func (p *pacer) learn(names []string, resp *http.Response) bool {
	now := time.Now()
	says := readBudget(resp.Header, now)
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.bucket(names[0])
	if !throttles(resp.StatusCode, says) {
		b.strikes = 0
		b.spend(says, now, p.inFlight)
		return false
	}
	b.throttled(says, now)
	p.serve(now)
	setPause(resp.Header, names[0], b.until.Sub(now))
	return true
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
