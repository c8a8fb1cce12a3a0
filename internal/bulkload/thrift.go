package bulkload

import (
	"runtime/debug"
	"sync"
)

// A thrift has memory collected more often from the first long line on until the end of its file: as much garbage as there is of such lines is too much. Once it
// has ended it stays ended, whoever still reads.
type thrift struct{ *thriftState }

type thriftState int

const (
	thriftOff thriftState = iota
	thriftOn
	thriftOver
)

// thrifty counts the thrifts that are on, in this process.
var thrifty struct {
	mu  sync.Mutex // guards all below, and the state of each
	n   int
	was int // percentage without them
}

const thriftyPercent = 25

func newThrift() thrift { return thrift{new(thriftState)} }

func (t thrift) begin() {
	thrifty.mu.Lock()
	defer thrifty.mu.Unlock()
	if *t.thriftState != thriftOff {
		return
	}
	*t.thriftState = thriftOn
	if thrifty.n++; thrifty.n == 1 {
		thrifty.was = debug.SetGCPercent(thriftyPercent)
	}
}

func (t thrift) end() {
	thrifty.mu.Lock()
	defer thrifty.mu.Unlock()
	on := *t.thriftState == thriftOn
	*t.thriftState = thriftOver
	if !on {
		return
	}
	if thrifty.n--; thrifty.n == 0 {
		debug.SetGCPercent(thrifty.was)
	}
}
