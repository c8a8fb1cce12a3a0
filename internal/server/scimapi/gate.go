package scimapi

import (
	"fmt"
	"math"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"muster/internal/scim"
)

// burstAtLeast is how many requests may come at once, however few a minute has: a provider sends several for one person.
const burstAtLeast = 10

// gateOf returns the gate of a client, nil if it may send as much as it likes.
func gateOf(c Client) *rate.Limiter {
	if c.PerMinute <= 0 {
		return nil
	}
	perSecond := float64(c.PerMinute) / 60
	return rate.NewLimiter(rate.Limit(perSecond), max(burstAtLeast, int(perSecond)))
}

// admitted refuses a request of a client that has sent too many, and tells when the next is welcome. Nothing was done then.
func (q *request) admitted() error {
	gate := q.s.gates[q.client.Name]
	if gate == nil || gate.AllowN(q.began, 1) {
		return nil
	}
	wait := time.Duration((1 - gate.TokensAt(q.began)) / float64(gate.Limit()) * float64(time.Second))
	seconds := max(1, int(math.Ceil(wait.Seconds())))
	q.w.Header().Set("Retry-After", fmt.Sprint(seconds))
	return &scim.Error{Status: http.StatusTooManyRequests, Detail: fmt.Sprintf("more than %d requests a minute: send the next in %d s", q.client.PerMinute, seconds)}
}
