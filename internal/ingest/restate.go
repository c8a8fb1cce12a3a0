package ingest

import (
	"context"
	"fmt"

	"muster/internal/directory"
	"muster/internal/source"
)

const rulesAnchor = "rules applied"

// Restate applies the rules of a source to what it stated before, if they are not those that were applied last. Sources that are read need no such thing:
// their next read brings everything. It returns how many records the rules now say something else of, or were tried again.
func (d *Door) Restate(ctx context.Context, name string, bases ...source.Base) (int, error) {
	rules := d.rules(name)
	if rules == nil {
		return 0, fmt.Errorf("source %q has no rules", name)
	}
	var have string
	err := d.Store.View(ctx, func(v directory.Reader) (err error) {
		have, err = v.Anchor(ctx, "source:"+name, rulesAnchor)
		return err
	})
	if err != nil || have == rules.Digest() {
		return 0, err
	}
	r := newReading(d, name, rules)
	r.suits.free = true // whose records these are was decided when they were stated
	for _, base := range bases {
		if err := r.restate(ctx, base); err != nil {
			return 0, fmt.Errorf("apply the rules of %s: %w", name, err)
		}
	}
	err = d.Store.Update(ctx, r.actor(), func(tx directory.Tx) error {
		return tx.SetAnchor(ctx, "source:"+name, rulesAnchor, rules.Digest())
	})
	return r.sum.Changed + r.sum.Unchanged, err
}

func (r *Reading) restate(ctx context.Context, base source.Base) error {
	for after := ""; ; {
		var page []directory.Record
		err := r.door.Store.View(ctx, func(v directory.Reader) (err error) {
			page, err = v.ListRecords(ctx, r.source, string(base), []directory.Status{directory.Present}, after, chunk)
			return err
		})
		if err != nil || len(page) == 0 {
			return err
		}
		after = page[len(page)-1].Key
		fresh := map[string]directory.Record{}
		for _, rec := range page {
			old := mark(&rec)
			if rec.Digest = digest(rec, r.rules.Digest()); !same(old, rec) {
				fresh[rec.Key] = rec
			}
		}
		if len(fresh) > 0 {
			if err := r.write(ctx, fresh); err != nil {
				return err
			}
		}
	}
}
