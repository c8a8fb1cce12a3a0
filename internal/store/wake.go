package store

import "sync"

// maxWakes bounds the channels handed out; the oldest is forgotten first.
const maxWakes = 256

// wakes tells those who follow the feed that it grew.
type wakes struct {
	mu   sync.Mutex // guards subs
	subs []chan struct{}
}

// Wake implements directory.Store. Every call returns a channel of its own: ask once and keep it.
func (s *Store) Wake() <-chan struct{} { return s.wake.subscribe() }

func (w *wakes) subscribe() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.subs) == maxWakes {
		w.subs = append(w.subs[:0], w.subs[1:]...)
	}
	c := make(chan struct{}, 1)
	w.subs = append(w.subs, c)
	return c
}

func (w *wakes) ring() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.subs {
		select {
		case c <- struct{}{}:
		default: // it has a wake-up waiting
		}
	}
}
