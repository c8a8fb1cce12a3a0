package ingest

import (
	"context"
	"fmt"
	"slices"

	"muster/internal/directory"
	"muster/internal/source"
)

// whole returns the groups of a batch that came whole. Servers without referential integrity leave the names of people behind in their groups: a name that
// belonged to somebody who is not there any more is no reason to doubt the others. A name that nobody is known by may be a person who was renamed, or hidden.
func (r *Reading) whole(ctx context.Context, b source.Batch) ([]source.Key, error) {
	out := b.Whole
	for group, names := range b.Dangling {
		left, err := r.left(ctx, names)
		if err != nil {
			return nil, fmt.Errorf("look up members that are gone: %w", err)
		}
		if left {
			out = append(slices.Clip(out), group)
		}
	}
	return out, nil
}

// left reports whether all of names belonged to entries that are absent, outside or removed now, and to nobody else.
func (r *Reading) left(ctx context.Context, names []string) (bool, error) {
	known := map[string]bool{}
	err := r.door.Store.View(ctx, func(v directory.Reader) error {
		records, err := v.RecordsByName(ctx, r.source, names)
		for _, rec := range records {
			_, seen := r.seen[r.hash(rec.Key)]
			there := seen || rec.Status == directory.Present
			name := fold(rec.Name)
			if was, ok := known[name]; !ok || was {
				known[name] = !there
			}
		}
		return err
	})
	for _, name := range names {
		if !known[fold(name)] {
			return false, err
		}
	}
	return true, err
}
