package ingest

import (
	"context"
	"fmt"

	"muster/internal/directory"
)

// Amend changes by an operator's word what a record of a source says, as if the source had stated it: for sources that state once and are not read again.
// change is given a copy. A change that would leave the person waiting, such as a username that somebody else has, is directory.ErrConflict, and nothing is
// written. also is run in the same transaction, if it is not nil.
func (d *Door) Amend(ctx context.Context, by directory.Actor, rec directory.Record, change func(*directory.Record), also func(directory.Tx) error) (directory.Object, error) {
	var out directory.Object
	err := d.update(ctx, by, func(tx directory.Tx) error {
		known, err := tx.Records(ctx, rec.Source, []string{rec.Key})
		if err == nil && len(known) == 0 {
			err = directory.ErrNotFound
		}
		if err != nil {
			return err
		}
		is := known[0]
		is.Attrs = is.Attrs.Clone()
		change(&is)
		is.Waiting, is.Digest = "", digest(is, d.rules(rec.Source).Digest())
		s := &settling{door: d, tx: tx, now: d.Now()}
		s.start(map[string]directory.Record{is.Key: is}, known)
		if err := s.finish(ctx); err != nil {
			return err
		}
		if why := s.records[0].Waiting; why != "" {
			return fmt.Errorf("%w: %s", directory.ErrConflict, why)
		}
		out = s.objects[is.Object].is
		if also == nil {
			return nil
		}
		return also(tx)
	})
	if err != nil {
		return out, fmt.Errorf("amend %s of %s: %w", rec.Key, rec.Source, err)
	}
	return out, nil
}
