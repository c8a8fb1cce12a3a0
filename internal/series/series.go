// Package series keeps how services answered and how many entries sources held, over time: what plots and sparklines are drawn of.
//
// It measures nothing itself: package httpclient tells of every call and package ingest of every read, and a Meter adds them up by the minute, so that what is
// written follows minutes and not calls. By the minute it is kept for a day, by the hour for thirty: the tables are bounded. A minute in which nothing
// happened has no row, and none is made up for it. Its Store is implemented by package store.
package series

import (
	"context"
	"time"

	"muster/internal/directory"
)

// How finely what happened is kept, and for how long. A little more than that is kept, so that a range that is asked for is whole.
const (
	Minute = time.Minute
	Hour   = time.Hour

	keptMinutes = 25 * time.Hour
	keptHours   = 31 * 24 * time.Hour
)

// Calls is how the calls of one class went that were sent to a target in a step of time.
type Calls struct {
	Target string
	Class  string
	At     time.Time // beginning of the step
	Figures
}

// A Count is what complete reads of a source saw of one search base in a step of time.
type Count struct {
	Source string
	Base   string
	At     time.Time // beginning of the step
	Last   time.Time // of the newest of the reads, whose numbers Seen, Known and Floor are
	Reads  int
	// Tripped is how many of them lacked so much that they were not believed.
	Tripped int
	Seen    int // entries in the read, those that wait for a decision left out
	Least   int // of Seen, in all of the reads
	Known   int // entries that were there before the read was judged: those seen, and those missing
	Floor   int // a read that sees fewer of those known is not believed
}

// add takes in another Count of the same source and base.
func (c *Count) add(o Count) {
	if c.Reads == 0 {
		c.Least = o.Least
	}
	if !o.Last.Before(c.Last) {
		c.Last, c.Seen, c.Known, c.Floor = o.Last, o.Seen, o.Known, o.Floor
	}
	c.Reads, c.Tripped, c.Least = c.Reads+o.Reads, c.Tripped+o.Tripped, min(c.Least, o.Least)
}

// A Query asks for steps of time since a moment.
type Query struct {
	Of    string        // target or source
	Kept  time.Duration // Minute or Hour: which of the two records is read
	Step  time.Duration // how long the steps of the answer are; a multiple of Kept
	Since time.Time     // beginning of the first step; what was before it is left out
}

// A Reader reads what was measured, by time. Steps without anything are not in an answer.
type Reader interface {
	// Calls returns how the calls of a target went, by class within a step.
	Calls(ctx context.Context, q Query) ([]Calls, error)
	// Counts returns what reads of a source saw, by base within a step.
	Counts(ctx context.Context, q Query) ([]Count, error)
}

// A Tx also writes, in the directory.Tx that In was given.
type Tx interface {
	Reader
	// AddCalls adds to what is kept of minutes and of their hours, whoever wrote these before: nodes add to each other.
	AddCalls(ctx context.Context, minutes []Calls) error
	// AddCounts does the same for reads.
	AddCounts(ctx context.Context, minutes []Count) error
	// Prune removes some of the rows that are kept no longer at a time, and returns how many: 0 = there are no more.
	Prune(ctx context.Context, now time.Time) (int64, error)
}

// In returns the series contract of tx.
func In(tx directory.Tx) Tx { return tx.(interface{ SeriesTx() Tx }).SeriesTx() }

// Of returns the reading half of the series contract of r.
func Of(r directory.Reader) Reader { return r.(interface{ SeriesReader() Reader }).SeriesReader() }

// Outdated returns before when rows that are kept by the minute, or by the hour, are kept no longer.
func Outdated(kept time.Duration, now time.Time) time.Time {
	if kept == Minute {
		return now.Add(-keptMinutes)
	}
	return now.Add(-keptHours)
}
