package httpclient

import (
	"context"
	"math"
	"net/http"
	"time"
)

// A Rate is how often a service may be asked.
type Rate struct {
	PerSecond float64
	Burst     int // requests that may go out at once; 0 means 1
}

// A Pace is how often a service may be asked, as far as that is known before the first request. The zero Pace has the classes "read" (GET and HEAD) and
// "write" (the rest), without a rate until the service states one.
type Pace struct {
	// Classes are sets of endpoints that share a rate. A request counts in each that it matches, the narrowest first: that is the one which an answer 429
	// is about. A request that matches none is a "read" or a "write".
	Classes []Class
	// Share names what the rates belong to, an organisation or a token. Clients of one Pool with equal Share use the same classes; "" shares with nobody.
	Share string
}

// A Class is a set of endpoints that share a rate.
type Class struct {
	Name  string
	Rate  Rate
	Match func(method, path string) bool // path is that of the URL
}

// of returns the names of the classes of a request.
func (p Pace) of(method, path string) []string {
	var out []string
	for _, c := range p.Classes {
		if c.Match(method, path) {
			out = append(out, c.Name)
		}
	}
	if out != nil {
		return out
	}
	if method == http.MethodGet || method == http.MethodHead {
		return []string{"read"}
	}
	return []string{"write"}
}

func (p Pace) rate(name string) (Rate, bool) {
	for _, c := range p.Classes {
		if c.Name == name && c.Rate.PerSecond > 0 {
			return c.Rate, true
		}
	}
	return Rate{}, false
}

type urgentKey struct{}

// Urgent returns a ctx whose requests go before all that wait for the same classes: somebody is to be locked out.
func Urgent(ctx context.Context) context.Context { return context.WithValue(ctx, urgentKey{}, true) }

func urgent(ctx context.Context) bool { return ctx.Value(urgentKey{}) != nil }

// A bucket is what is known of one class: so many tokens, one for each request, filled again at a rate. Its pacer guards it.
type bucket struct {
	name    string
	base    float64 // tokens per second as it was told beforehand
	rate    float64 // as it is now
	burst   float64
	tokens  float64
	at      time.Time // when tokens was right
	until   time.Time // no request before
	slow    time.Time // until then rate is less than base
	strikes int       // answers 429 without a time, in a row
}

func newBucket(name string, r Rate, known bool, now time.Time) *bucket {
	b := &bucket{name: name, base: math.Inf(1), burst: 1, tokens: 1, at: now}
	if known {
		b.base, b.burst = r.PerSecond, float64(max(1, r.Burst))
		b.tokens = b.burst
	}
	b.rate = b.base
	return b
}

// fill adds the tokens that have come since.
func (b *bucket) fill(now time.Time) {
	if !b.slow.IsZero() && !now.Before(b.slow) {
		b.slow, b.rate = time.Time{}, b.base
	}
	if math.IsInf(b.rate, 1) {
		b.tokens, b.at = b.burst, now
		return
	}
	if d := now.Sub(b.at); d > 0 {
		b.tokens, b.at = min(b.burst, b.tokens+d.Seconds()*b.rate), now
	}
}

// hair is what of a token may be missing: clocks count in nanoseconds.
const hair = 1e-6

// due returns how long until n tokens are there and the class is not paused.
func (b *bucket) due(n float64, now time.Time) time.Duration {
	b.fill(now)
	d := max(0, b.until.Sub(now))
	if missing := n - b.tokens; missing > hair && !math.IsInf(b.rate, 1) {
		d = max(d, time.Duration(min(missing/b.rate, 1e6)*float64(time.Second))+1)
	}
	return d
}

// pause lets no request out for d.
func (b *bucket) pause(d time.Duration, now time.Time) {
	if until := now.Add(clampPause(d)); until.After(b.until) {
		b.until = until
	}
}

// throttled pauses the class: for as long as the service says, or longer each time that it does not say.
func (b *bucket) throttled(says budget, now time.Time) {
	d := says.wait
	if d <= 0 {
		if now.Before(b.until) {
			return // one of many that were under way
		}
		d = min(firstPause<<min(b.strikes, 10), lastPause)
		b.strikes++
	}
	b.pause(d, now)
}

// spend spreads what is left of a budget over the time until it is renewed, once it is about to run out.
func (b *bucket) spend(says budget, now time.Time, inFlight int) {
	switch {
	case !says.known || says.remaining > inFlight:
	case says.remaining == 0:
		b.pause(says.reset, now)
	default:
		if rate := float64(says.remaining) / says.reset.Seconds(); rate < b.rate {
			b.fill(now)
			b.rate, b.slow = rate, now.Add(clampPause(says.reset))
		}
	}
}
