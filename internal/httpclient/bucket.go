package httpclient

import (
	"time"

	"golang.org/x/time/rate"
)

// A bucket is what is known of one class: a limiter with a token for each request, and until when the service wants to be left alone. Its pacer guards it.
type bucket struct {
	name    string
	base    rate.Limit // as it was told beforehand; rate.Inf = not told
	lim     *rate.Limiter
	until   time.Time // no request before
	slow    time.Time // until then the limiter is slower than base
	strikes int       // answers 429 without a time, in a row
}

func newBucket(name string, r Rate, known bool) *bucket {
	b := &bucket{name: name, base: rate.Inf}
	if known {
		b.base = rate.Limit(r.PerSecond)
	}
	b.lim = rate.NewLimiter(b.base, max(1, r.Burst))
	return b
}

// refresh ends a slowness that is over.
func (b *bucket) refresh(now time.Time) {
	if !b.slow.IsZero() && !now.Before(b.slow) {
		b.slow = time.Time{}
		b.limit(b.base, now)
	}
}

// limit changes the rate. A limiter without one counts no tokens, so that one with a rate begins anew.
func (b *bucket) limit(r rate.Limit, now time.Time) {
	if r == rate.Inf || b.lim.Limit() == rate.Inf {
		b.lim = rate.NewLimiter(r, b.lim.Burst())
		return
	}
	b.lim.SetLimitAt(now, r)
}

// due returns how long until n tokens are there and the class is not paused.
func (b *bucket) due(n int, now time.Time) time.Duration {
	b.refresh(now)
	d := max(0, b.until.Sub(now))
	if missing := float64(n) - b.lim.TokensAt(now); missing > 0 && b.lim.Limit() != rate.Inf {
		d = max(d, time.Duration(min(missing/float64(b.lim.Limit()), 1e6)*float64(time.Second)))
	}
	return d
}

// take takes a token from each of buckets, or none and returns how long until all have one and none is paused. A token is given back with CancelAt(now).
func take(buckets []*bucket, now time.Time) (tokens []*rate.Reservation, wait time.Duration) {
	for _, b := range buckets {
		b.refresh(now)
		r := b.lim.ReserveN(now, 1)
		tokens = append(tokens, r)
		wait = max(wait, r.DelayFrom(now), b.until.Sub(now))
	}
	if wait > 0 {
		giveBack(tokens, now)
		return nil, wait
	}
	return tokens, 0
}

// giveBack returns tokens that were taken at a moment and not used.
func giveBack(tokens []*rate.Reservation, taken time.Time) {
	for _, r := range tokens {
		r.CancelAt(taken)
	}
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
		b.refresh(now)
		if r := rate.Limit(float64(says.remaining) / says.reset.Seconds()); r < b.lim.Limit() {
			b.limit(r, now)
			b.slow = now.Add(clampPause(says.reset))
		}
	}
}
