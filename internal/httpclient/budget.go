package httpclient

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// fallback is how long to stay away when a service does not say.
const fallback = 10 * time.Second

// Throttled reports whether resp says that the service is asked too often: status 429, or 503 with Retry-After. It returns how long to stay away, at
// least a second, and the endpoint class that is meant, if resp came through a client of this package.
func Throttled(resp *http.Response) (wait time.Duration, class string, ok bool) {
	b := readBudget(resp.Header, time.Now())
	if !throttles(resp.StatusCode, b) {
		return 0, "", false
	}
	if b.wait <= 0 {
		b.wait = fallback
	}
	return clampPause(b.wait), resp.Header.Get(classHeader), true
}

// A budget is what the headers of an answer say about rates.
type budget struct {
	wait      time.Duration // how long to stay away; 0 = not said
	asked     bool          // wait stands in Retry-After
	known     bool          // remaining and reset are stated
	remaining int           // requests left
	reset     time.Duration // until there are more
}

// throttles reports whether an answer says that the service is asked too often.
func throttles(status int, b budget) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable && b.asked
}

// readBudget reads Retry-After (RFC 9110 §10.2.3), RateLimit (draft-ietf-httpapi-ratelimit-headers) and its older forms X-RateLimit-* and
// X-Rate-Limit-*.
func readBudget(h http.Header, now time.Time) budget {
	var b budget
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date // moments are by the clock of the service
	}
	b.remaining, b.reset, b.known = left(h, now)
	if d, ok := moment(h.Get("Retry-After"), now); ok {
		b.wait, b.asked = max(d, firstPause), true
	} else if b.known && b.remaining == 0 {
		b.wait = b.reset
	}
	return b
}

// left returns how many requests are left and for how long.
func left(h http.Header, now time.Time) (remaining int, reset time.Duration, ok bool) {
	for _, prefix := range []string{"RateLimit-", "X-RateLimit-", "X-Rate-Limit-"} {
		n, err := strconv.Atoi(strings.TrimSpace(h.Get(prefix + "Remaining")))
		d, ok := moment(h.Get(prefix+"Reset"), now)
		if err == nil && ok && n >= 0 && d > 0 {
			return n, d, true
		}
	}
	return single(h.Get("RateLimit"))
}

// single reads the one-header forms: `"default";r=50;t=30` and `limit=100, remaining=50, reset=30`.
func single(v string) (remaining int, reset time.Duration, ok bool) {
	params := map[string]int{}
	for part := range strings.FieldsFuncSeq(v, func(r rune) bool { return r == ';' || r == ',' }) {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if n, err := strconv.Atoi(value); err == nil && n >= 0 {
			if _, again := params[name]; !again {
				params[name] = n
			}
		}
	}
	for _, names := range [][2]string{{"r", "t"}, {"remaining", "reset"}} {
		n, ok1 := params[names[0]]
		t, ok2 := params[names[1]]
		if ok1 && ok2 && t > 0 {
			return n, seconds(float64(t)), true
		}
	}
	return 0, 0, false
}

// moment reads how long until a moment that is given in seconds from now, in seconds since 1970, or as a date.
func moment(v string, now time.Time) (time.Duration, bool) {
	v = strings.TrimSpace(v)
	if n, err := strconv.ParseFloat(v, 64); err == nil && n >= 0 {
		const epoch = 5e8 // a wait of fifteen years, or a moment after 1985
		if n > epoch {
			n -= float64(now.Unix())
		}
		return seconds(n), true
	}
	if t, err := http.ParseTime(v); err == nil {
		return t.Sub(now), true
	}
	return 0, false
}

// seconds is n seconds, bounded so that it cannot overflow.
func seconds(n float64) time.Duration {
	return time.Duration(min(max(n, 0), 1e9) * float64(time.Second))
}
