package access

import (
	"context"
	"sync"

	"muster/internal/directory"
)

// mostProofs bounds how many tokens are remembered.
const mostProofs = 1000

// proven remembers whom tokens act for, and what they may do, for as long as nothing at all is written: a token that is revoked, a person who is deactivated and
// a role that is taken are all commits, on whichever node, and what is remembered ends with the next one. Where the store cannot tell, nothing is remembered.
type proven struct {
	mu    sync.Mutex // guards the rest
	at    int64      // the stamp of the store
	known map[string]proof
}

// A proof is a token and whom it acts for.
type proof struct {
	caller Caller
	token  Token
}

// stamp returns the stamp of the store, if it has one.
func (k *Keeper) stamp(ctx context.Context) (int64, bool) {
	if s, ok := k.Store.(directory.Stamper); ok {
		return s.Stamp(ctx)
	}
	return 0, false
}

// still returns what was read of a token since the stamp was what it is.
func (p *proven) still(stamp int64, id string) (proof, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at != stamp {
		return proof{}, false
	}
	known, ok := p.known[id]
	return known, ok
}

// keep remembers what was read of a token after the stamp was read.
func (p *proven) keep(stamp int64, id string, is proof) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil || p.at != stamp || len(p.known) >= mostProofs {
		p.at, p.known = stamp, map[string]proof{}
	}
	p.known[id] = is
}
