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
)

// Keep writes down what clients sent last, every few seconds if there is something new, until ctx ends.
func (s *Server) Keep(ctx context.Context) {
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
		if err := s.keep(context.WithoutCancel(ctx)); err != nil {
			s.cfg.Log.Warn("the last exchanges with clients could not be kept", "error", err)
		}
	}
}

// keep writes the books that have something new.
func (s *Server) keep(ctx context.Context) error {
	for name, b := range s.logs {
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
			}
		}
		return nil
	})
}
