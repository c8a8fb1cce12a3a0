package ingest

import (
	"context"
	"fmt"

	"muster/internal/directory"
)

// Stop deactivates a person by an operator's word, or with a nil stop lifts that word: then the person is again what their sources say. It returns the
// person as they are then. No read lifts a stop. also is run in the same transaction, if it is not nil.
func (d *Door) Stop(ctx context.Context, by directory.Actor, id directory.ID, stop *directory.Stop, also func(directory.Tx) error) (directory.Object, error) {
	var out directory.Object
	err := d.update(ctx, by, func(tx directory.Tx) error {
		was, err := tx.Object(ctx, id)
		if err != nil {
			return err
		}
		records, err := tx.RecordsOf(ctx, []directory.ID{id})
		if err != nil {
			return err
		}
		o := &object{was: was}
		for _, rec := range records {
			o.records = append(o.records, &rec)
		}
		o.was.Stop = stop
		s := &settling{door: d, tx: tx, now: d.Now(), objects: map[directory.ID]*object{id: o}}
		s.judge(o)
		if err := s.yield(ctx); err != nil {
			return err
		}
		out = o.is
		if err := s.write(ctx); err != nil || also == nil {
			return err
		}
		return also(tx)
	})
	if err != nil {
		return out, fmt.Errorf("stop %s: %w", id, err)
	}
	return out, nil
}

// judge computes the state of an object; one that no source speaks for is active unless it is stopped.
func (s *settling) judge(o *object) {
	if len(o.records) > 0 {
		s.settle(o)
		return
	}
	o.is = o.was
	state, cause := directory.Active, directory.NoCause
	if o.is.Stop != nil {
		state, cause = directory.Disabled, directory.Operator
	}
	if state == o.was.State && cause == o.was.Cause {
		return
	}
	o.is.State, o.is.Cause, o.is.Since = state, cause, s.now
	if state != directory.Active {
		o.is.Epoch++
	}
}
