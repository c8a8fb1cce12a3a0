package scimapi

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"muster/internal/directory"
)

// The last exchanges outlast a restart: they are written together, not with each request, and shorter than they are kept in mind.
const (
	keepEvery    = 10 * time.Second
	keptText     = 2 << 10 // bytes of a body
	keptLife     = 30 * 24 * time.Hour
	exchangeBook = "scim exchanges" // owner of the anchors, by client
	forgotten    = " forgotten"     // the anchor with the time before which nothing is remembered; no client has such a name
)

// Keep writes down what clients sent last, every few seconds if there is something new, until ctx ends, and once more then.
func (s *Server) Keep(ctx context.Context) {
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	for over := false; !over; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			over = true
		}
		if err := s.keep(context.WithoutCancel(ctx)); err != nil {
			s.cfg.Log.Warn("the last exchanges with clients could not be kept", "error", err)
		}
	}
}

// Forget drops what every client sent last, here and on the other nodes, in the transaction of what it is for: somebody is deleted for good, who may be in it. What
// was counted stays.
func (s *Server) Forget(ctx context.Context, tx directory.Tx) error {
	before := s.now().Add(time.Millisecond)
	for name, b := range s.logs {
		b.forget(before)
		if err := tx.SetAnchor(ctx, exchangeBook, name, ""); err != nil {
			return err
		}
	}
	return tx.SetAnchor(ctx, exchangeBook, forgotten, before.Format(time.RFC3339Nano))
}

// forget drops what was sent before a time.
func (b *book) forget(before time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var stay []Exchange
	for i := range b.last {
		if e := b.last[(b.next+i)%len(b.last)]; !e.At.Before(before) {
			stay = append(stay, e)
		}
	}
	if b.wrong != nil && b.wrong.At.Before(before) {
		b.wrong = nil
	}
	if len(stay) < len(b.last) {
		b.last, b.next, b.news = stay, 0, true
	}
}

// keep writes the books that have something new, without what was to be forgotten since.
func (s *Server) keep(ctx context.Context) error {
	var at string
	err := s.cfg.Store.View(ctx, func(r directory.Reader) (err error) {
		at, err = r.Anchor(ctx, exchangeBook, forgotten)
		return err
	})
	if err != nil {
		return err
	}
	for name, b := range s.logs {
		if t, err := time.Parse(time.RFC3339Nano, at); err == nil {
			b.forget(t)
		}
		text, err := b.fresh()
		if err == nil && text != "" {
			err = s.cfg.Store.Update(ctx, "scim", func(tx directory.Tx) error { return tx.SetAnchor(ctx, exchangeBook, name, text) })
		}
		if err != nil {
			return fmt.Errorf("exchanges of %s: %w", name, err)
		}
	}
	return nil
}

// fresh returns the exchanges of a book as they are kept, "" if they are so already. Of two nodes that serve one client, the one that wrote last is remembered.
func (b *book) fresh() (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.news {
		return "", nil
	}
	b.news = false
	list := make([]Exchange, len(b.last))
	for i := range b.last {
		e := b.last[(b.next+i)%len(b.last)].redacted()
		e.Request, e.Response = short(e.Request), short(e.Response)
		list[i] = e
	}
	text, err := json.Marshal(list)
	return string(text), err
}

func short(text string) string {
	if len(text) <= keptText {
		return text
	}
	return text[:keptText] + " …"
}

// Recall reads what Keep has written, before the first request.
func (s *Server) Recall(ctx context.Context) error {
	return s.cfg.Store.View(ctx, func(r directory.Reader) error {
		for name, b := range s.logs {
			text, err := r.Anchor(ctx, exchangeBook, name)
			if err != nil {
				return err
			}
			var list []Exchange
			if text == "" || json.Unmarshal([]byte(text), &list) != nil { // of another release: they are not worth a failure
				continue
			}
			for _, e := range list {
				if s.now().Sub(e.At) < keptLife {
					b.last = append(b.last, e)
				}
				if e.Error != "" {
					b.wrong = &e
				}
			}
		}
		return nil
	})
}
