package engine

import (
	"context"
	"sync"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
)

// Hands see to it that one call about a person and their account is made at a time: by the wave that the target carries out, or by an order that does not wait
// for it. The zero hands are ready.
type hands struct {
	mu   sync.Mutex // guards held
	held map[string]chan struct{}
}

// take waits until nobody else has any of keys, given in an order that all keep to, and returns how to give them back.
func (h *hands) take(ctx context.Context, keys ...string) (release func(), err error) {
	var taken []string
	release = func() {
		for _, k := range taken {
			h.give(k)
		}
	}
	for _, k := range keys {
		if err := h.takeOne(ctx, k); err != nil {
			release()
			return nil, err
		}
		taken = append(taken, k)
	}
	return release, nil
}

func (h *hands) takeOne(ctx context.Context, key string) error {
	for {
		h.mu.Lock()
		busy, ok := h.held[key]
		if !ok {
			if h.held == nil {
				h.held = map[string]chan struct{}{}
			}
			h.held[key] = make(chan struct{})
		}
		h.mu.Unlock()
		if !ok {
			return nil
		}
		select {
		case <-busy:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (h *hands) give(key string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.held[key])
	delete(h.held, key)
}

// keysFor are what a call about an object and an account holds: the object first.
func keysFor(object directory.ID, account connector.RemoteID) []string {
	var out []string
	if object != "" {
		out = append(out, "object "+string(object))
	}
	if account != "" {
		out = append(out, "account "+string(account))
	}
	return out
}

// seize takes hold of a person and their account. It reports whether an order has overtaken what was read of them at turn: then nothing but closing may follow.
func (t *target) seize(ctx context.Context, turn int64, object directory.ID, have link.Link) (release func(), overtaken bool, err error) {
	release, err = t.hands.take(ctx, keysFor(object, have.Remote)...)
	if err != nil || t.turns.Load() == turn {
		return release, false, err
	}
	err = t.view(ctx, func(v directory.Reader) error {
		links, err := link.Of(v).Links(ctx, t.Name, []directory.ID{object})
		if err != nil {
			return err
		}
		orders, err := standing(ctx, link.Of(v), t.Name, []directory.ID{object}, []connector.RemoteID{have.Remote})
		overtaken = len(orders) > 0 || changed(have, links)
		return err
	})
	if err != nil {
		release()
		return nil, false, err
	}
	return release, overtaken, nil
}

// changed reports whether a link is not what it was, as far as an order changes one.
func changed(was link.Link, links []link.Link) bool {
	var now link.Link
	if len(links) > 0 {
		now = links[0]
	}
	return now.Remote != was.Remote || now.State != was.State || now.Active != was.Active
}
