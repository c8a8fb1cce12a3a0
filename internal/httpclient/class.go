package httpclient

import (
	"context"
	"net/http"
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
