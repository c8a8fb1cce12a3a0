package bulkload

import (
	"runtime/debug"
	"sync"
)

// A thrift has memory collected more often from the first long line on until the end of its file: as much garbage as there is of such lines is too much.
type thrift struct{ on *bool }

// thrifty counts the thrifts that are on, in this process.
var thrifty struct {
	mu  sync.Mutex // guards all below
	n   int
	was int // percentage without them
}

const thriftyPercent = 25

func (t thrift) begin() {
	thrifty.mu.Lock()
	defer thrifty.mu.Unlock()
	if *t.on {
		return
	}
	*t.on = true
	if thrifty.n++; thrifty.n == 1 {
		thrifty.was = debug.SetGCPercent(thriftyPercent)
	}
}

func (t thrift) end() {
	thrifty.mu.Lock()
	defer thrifty.mu.Unlock()
	if !*t.on {
		return
	}
	*t.on = false
	if thrifty.n--; thrifty.n == 0 {
		debug.SetGCPercent(thrifty.was)
	}
}
