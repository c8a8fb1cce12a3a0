package run

import (
	"context"
	"sync/atomic"
)

// A Request is one request of a person or program. The audit log takes from it by which token it was made; it knows whether anything was recorded.
type Request struct {
	Via      string // the token: its name and public part; "" = none
	recorded atomic.Bool
}

type requestKey struct{}

// WithRequest returns a context for everything that is done for a request.
func WithRequest(ctx context.Context, a *Request) context.Context {
	return context.WithValue(ctx, requestKey{}, a)
}

// RequestOf returns the request that ctx is of, or nil.
func RequestOf(ctx context.Context) *Request {
	a, _ := ctx.Value(requestKey{}).(*Request)
	return a
}

// Note is called by a Store that records an event of the request.
func (a *Request) Note() { a.recorded.Store(true) }

// Recorded reports whether an event of the request was recorded.
func (a *Request) Recorded() bool { return a.recorded.Load() }
