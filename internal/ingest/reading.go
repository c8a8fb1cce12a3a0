package ingest

import (
	"context"
	"fmt"
	"hash/fnv"
	"time"

	"muster/internal/directory"
	"muster/internal/mapping"
	"muster/internal/source"
)

// A Reading is one read of one source. One goroutine uses it: Take for every batch, then Close.
type Reading struct {
	door     *Door
	source   string
	rules    *mapping.Source
	now      time.Time
	seen     map[uint64]directory.ID // by hash of the key: who was in this read, and which object they are
	groups   map[uint64]string       // members hash as stored, of groups in this read
	pending  pending                 // the group whose members are arriving
	complete map[source.Base]bool
	shares   shares
	sum      Summary
}

// Read begins a read of a source. It is an error if the source has no rules.
func (d *Door) Read(source string) (*Reading, error) {
	rules := d.rules(source)
	if rules == nil {
		return nil, fmt.Errorf("source %q has no rules", source)
	}
	return newReading(d, source, rules), nil
}

func newReading(d *Door, name string, rules *mapping.Source) *Reading {
	return &Reading{
		door: d, source: name, rules: rules, now: d.Now(), seen: map[uint64]directory.ID{}, groups: map[uint64]string{},
		complete: map[source.Base]bool{}, shares: shares{},
	}
}

func (r *Reading) actor() directory.Actor { return directory.Actor("source:" + r.source) }

// Take lets one batch in. It is durable when Take returns, and taking it again changes nothing.
func (r *Reading) Take(ctx context.Context, b source.Batch) error {
	if err := r.takeRecords(ctx, b.Records); err != nil {
		return err
	}
	if err := r.takeSeen(ctx, b.Seen); err != nil {
		return err
	}
	if err := r.takeMembers(ctx, b.Members, b.Whole); err != nil {
		return err
	}
	if err := r.takeDeleted(ctx, b.Deleted); err != nil {
		return err
	}
	for _, base := range b.Complete {
		r.complete[base] = true
	}
	r.sum.Notes = append(r.sum.Notes, b.Notes...)
	if err := r.keepPins(ctx, b.Pins); err != nil {
		return err
	}
	if b.Cursor == "" {
		return nil
	}
	return r.door.Store.Update(ctx, r.actor(), func(tx directory.Tx) error {
		return tx.SetCursor(ctx, r.source, string(b.Cursor))
	})
}

// Summary returns what was done so far: progress.
func (r *Reading) Summary() Summary { return r.sum }

func hashKey(key string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(key))
	return h.Sum64()
}

func (r *Reading) remember(rec directory.Record) {
	h := hashKey(rec.Key)
	r.seen[h] = rec.Object
	if rec.Kind == directory.Group {
		r.groups[h] = rec.MembersHash
	}
}

// takeSeen notes records that are there and unchanged.
func (r *Reading) takeSeen(ctx context.Context, keys []source.Key) error {
	for len(keys) > 0 {
		n := min(chunk, len(keys))
		names := make([]string, n)
		for i, k := range keys[:n] {
			names[i] = string(k)
		}
		err := r.door.Store.View(ctx, func(v directory.Reader) error {
			known, err := v.Records(ctx, r.source, names)
			for _, rec := range known {
				r.remember(rec)
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("read unchanged records: %w", err)
		}
		keys = keys[n:]
	}
	return nil
}

// takeDeleted believes tombstones: the source states that the entry is no more.
func (r *Reading) takeDeleted(ctx context.Context, keys []source.Key) error {
	for len(keys) > 0 {
		n := min(chunk, len(keys))
		names := make([]string, n)
		for i, k := range keys[:n] {
			names[i] = string(k)
		}
		gone, err := r.conclude(ctx, names, func(rec *directory.Record) bool {
			if rec.Status == directory.Removed {
				return false
			}
			rec.Status, rec.Cause, rec.Since = directory.Removed, directory.Stated, r.now
			return true
		})
		if err != nil {
			return err
		}
		r.sum.Removed += gone
		keys = keys[n:]
	}
	return nil
}

// conclude changes known records by their keys and settles their objects, in one transaction. It returns how many change said yes to.
func (r *Reading) conclude(ctx context.Context, keys []string, change func(*directory.Record) bool) (int, error) {
	n := 0
	err := r.door.Store.Update(ctx, r.actor(), func(tx directory.Tx) error {
		known, err := tx.Records(ctx, r.source, keys)
		if err != nil {
			return err
		}
		s := &settling{door: r.door, tx: tx, now: r.now}
		for _, rec := range known {
			if change(&rec) {
				s.records = append(s.records, &rec)
			}
		}
		n = len(s.records)
		if n == 0 {
			return nil
		}
		return s.conclude(ctx)
	})
	if err != nil {
		return 0, fmt.Errorf("store what was concluded: %w", err)
	}
	return n, nil
}

// conclude settles records that exist; one that never was bound stays unbound.
func (s *settling) conclude(ctx context.Context) error {
	if err := s.load(ctx); err != nil {
		return err
	}
	for _, rec := range s.records {
		if o := s.objects[rec.Object]; o != nil {
			o.records = append(o.records, rec)
		}
	}
	for _, o := range s.objects {
		s.settle(o)
	}
	if err := s.yield(ctx); err != nil {
		return err
	}
	return s.write(ctx)
}
