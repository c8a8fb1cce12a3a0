package scim

import (
	"context"
	"sync"
)

// lanes let one write at a time through to an object. The zero lanes are ready.
type lanes struct {
	mu   sync.Mutex // guards busy
	busy map[string]*lane
}

type lane struct {
	free chan struct{} // holds one token while nobody writes
	n    int           // writers, waiting ones included
}

// enter waits until nobody else writes to the object at path, and returns what ends the turn.
func (l *lanes) enter(ctx context.Context, path string) (leave func(), err error) {
	l.mu.Lock()
	at := l.busy[path]
	if at == nil {
		if l.busy == nil {
			l.busy = map[string]*lane{}
		}
		at = &lane{free: make(chan struct{}, 1)}
		at.free <- struct{}{}
		l.busy[path] = at
	}
	at.n++
	l.mu.Unlock()
	select {
	case <-at.free:
		return func() { at.free <- struct{}{}; l.left(path, at) }, nil
	case <-ctx.Done():
		l.left(path, at)
		return nil, ctx.Err()
	}
}

func (l *lanes) left(path string, at *lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at.n--; at.n == 0 {
		delete(l.busy, path)
	}
}
