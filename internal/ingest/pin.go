package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"muster/internal/directory"
	"muster/internal/source"
)

const pinsAnchor = "pins"

// Pins returns where the bases of a source stood when it was read last, by immutable id.
func (d *Door) Pins(ctx context.Context, name string) (map[source.Base]source.Pin, error) {
	pins := map[source.Base]source.Pin{}
	err := d.Store.View(ctx, func(v directory.Reader) error {
		text, err := v.Anchor(ctx, "source:"+name, pinsAnchor)
		if err != nil || text == "" {
			return err
		}
		return json.Unmarshal([]byte(text), &pins)
	})
	if err != nil {
		return nil, fmt.Errorf("read the pins of %s: %w", name, err)
	}
	return pins, nil
}

// keepPins remembers pins that moved or are new.
func (r *Reading) keepPins(ctx context.Context, pins map[source.Base]source.Pin) error {
	if len(pins) == 0 {
		return nil
	}
	have, err := r.door.Pins(ctx, r.source)
	if err != nil {
		return err
	}
	now := maps.Clone(have)
	maps.Copy(now, pins)
	if maps.Equal(have, now) {
		return nil
	}
	text, err := json.Marshal(now)
	if err != nil {
		return err
	}
	return r.door.Store.Update(ctx, r.actor(), func(tx directory.Tx) error {
		return tx.SetAnchor(ctx, "source:"+r.source, pinsAnchor, string(text))
	})
}

// Unpin forgets where a base stood: the next read takes the entry that it then finds at the configured place. It goes into tx, with whatever else records it.
func Unpin(ctx context.Context, tx directory.Tx, name string, base source.Base) error {
	text, err := tx.Anchor(ctx, "source:"+name, pinsAnchor)
	if err != nil || text == "" {
		return err
	}
	pins := map[source.Base]source.Pin{}
	if err := json.Unmarshal([]byte(text), &pins); err != nil {
		return fmt.Errorf("read the pins of %s: %w", name, err)
	}
	delete(pins, base)
	now, err := json.Marshal(pins)
	if err != nil {
		return err
	}
	return tx.SetAnchor(ctx, "source:"+name, pinsAnchor, string(now))
}
