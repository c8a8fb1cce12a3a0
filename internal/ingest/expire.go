package ingest

import (
	"context"
	"fmt"

	"muster/internal/directory"
)

// Expire disables, by the clock, the people of a source whose expiry has passed since it was last looked at. It returns how many.
func (d *Door) Expire(ctx context.Context, name string) (int, error) {
	r, err := d.Read(name)
	if err != nil {
		return 0, err
	}
	total := 0
	for {
		var keys []string
		err := d.Store.View(ctx, func(v directory.Reader) error {
			due, err := v.Due(ctx, name, r.now.UnixMilli(), chunk)
			for _, rec := range due {
				keys = append(keys, rec.Key)
			}
			return err
		})
		if err != nil || len(keys) == 0 {
			return total, err
		}
		done, err := r.conclude(ctx, keys, uncounted, func(rec *directory.Record) bool {
			was := rec.Expired
			rec.Expired = expired(rec.Expires, r.now)
			return rec.Expired && !was
		})
		if err != nil {
			return total, fmt.Errorf("expire people of %s: %w", name, err)
		}
		if total += len(done); len(done) == 0 {
			return total, nil
		}
	}
}
