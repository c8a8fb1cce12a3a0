package connector

import (
	"context"
	"time"

	"muster/internal/httpclient"
)

// A Step is a kind of Op, for counting.
type Step struct {
	Verb Verb
	Kind Kind
}

// An Estimator knows how long Ops take at the rates that its service allows. Optional.
type Estimator interface {
	// Estimate returns how long the steps that are left take at least, and the rate that decides, in words: "180 writes a minute". Without a rate that holds
	// them up it returns 0 and "". It is pure: what the service has said meanwhile does not count.
	Estimate(left map[Step]int) (least time.Duration, pace string)
}

// Urgent returns a ctx for calls that lock somebody out: they go before all others that wait for the service.
func Urgent(ctx context.Context) context.Context { return httpclient.Urgent(ctx) }
