package connector

import "time"

// An Estimator knows how long its service makes writes take.
type Estimator interface {
	// Estimate returns how long so many Ops of each verb take at the rates that the vendor tells of, carried out at the same time; 0 means that no rate is
	// known, or that they go out at once. It is pure.
	Estimate(ops map[Verb]int) time.Duration
}
