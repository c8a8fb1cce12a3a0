package ingest

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"time"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/mapping"
	"muster/internal/source"
)

// A Reading is one read of one source. One goroutine uses it: Take for every batch, then Close.
type Reading struct {
	// Touch, if set, is told of people, groups and members before they are written: whatever follows from that was found by this read.
	Touch func(...directory.ID)
	// Run, if set, is the run that the read is: what it counts is kept with it, row by row, in the transactions in which it is done.
	Run string

	door     *Door
	source   string
	rules    *mapping.Source
	now      time.Time
	seed     maphash.Seed
	seen     map[uint64]directory.ID // by hash of the key: who was in this read, and which object they are
	count    map[source.Base]int     // how many of seen are stored as there, or as absent, in each base
	bound    map[source.Base]int     // of these, how many are somebody
	again    bool                    // some entry was seen twice, so that count may hold it in a base where it is not
	groups   map[uint64]group        // of groups in this read
	people   map[attr.Path]index     // to correlate by attributes that the store does not find people by
	pending  pending                 // the group whose members are arriving
	complete map[source.Base]bool
	shares   shares
	doubts   doubts
	standing
	suits   suits
	partial bool // some records came as unchanged, without their attributes
	unsaid  int  // notes that were left out
	sum     Summary
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
		door: d, source: name, rules: rules, now: d.Now(), seed: maphash.MakeSeed(), seen: map[uint64]directory.ID{}, count: map[source.Base]int{}, bound: map[source.Base]int{}, groups: map[uint64]group{},
		people: map[attr.Path]index{}, complete: map[source.Base]bool{}, shares: shares{}, doubts: doubts{records: map[string]directory.Record{}, let: map[string]int{}},
	}
}

func (r *Reading) actor() directory.Actor { return directory.Actor("source:" + r.source) }

// Take lets one batch in. It is durable when Take returns, and taking it again changes nothing.
func (r *Reading) Take(ctx context.Context, b source.Batch) error {
	if err := r.stand(ctx); err != nil {
		return err
	}
	if err := r.takeRecords(ctx, b.Records); err != nil {
		return err
	}
	if err := r.takeSeen(ctx, b.Seen); err != nil {
		return err
	}
	whole, err := r.whole(ctx, b)
	if err != nil {
		return err
	}
	if err := r.takeReferences(ctx, b.Refers); err != nil {
		return err
	}
	if err := r.takeMembers(ctx, b.Members, whole); err != nil {
		return err
	}
	if err := r.takeDeleted(ctx, b.Deleted); err != nil {
		return err
	}
	for _, base := range b.Complete {
		r.complete[base] = true
	}
	for _, note := range b.Notes {
		r.note("%s", note)
	}
	if err := r.keepPins(ctx, b.Pins); err != nil {
		return err
	}
	return r.keepCursor(ctx, b.Cursor)
}

// keepCursor remembers where to resume, once everything before it is stored.
func (r *Reading) keepCursor(ctx context.Context, cursor source.Cursor) error {
	if cursor == "" {
		return nil
	}
	var have string
	err := r.door.Store.View(ctx, func(v directory.Reader) (err error) {
		have, err = v.Cursor(ctx, r.source)
		return err
	})
	if err == nil && have != string(cursor) {
		err = r.door.Store.Update(ctx, r.actor(), func(tx directory.Tx) error { return tx.SetCursor(ctx, r.source, string(cursor)) })
	}
	if err != nil {
		return fmt.Errorf("keep the cursor of %s: %w", r.source, err)
	}
	return nil
}

// Summary returns what was done so far: progress.
func (r *Reading) Summary() Summary { return r.sum }

// mostNotes bounds what a person is told about one read.
const mostNotes = 200

func (r *Reading) note(format string, args ...any) {
	if len(r.sum.Notes) >= mostNotes {
		r.unsaid++
		return
	}
	r.sum.Notes = append(r.sum.Notes, fmt.Sprintf(format, args...))
}

// hash shortens a key for the maps of this read. Its seed is new each time, so that nobody can make two keys that are one.
func (r *Reading) hash(key string) uint64 { return maphash.String(r.seed, key) }

// remember notes an entry that this read saw in a base, as it is stored now.
func (r *Reading) remember(rec directory.Mark, base source.Base) {
	if r.door.once(r.source) {
		return // nobody asks who was not in it
	}
	h := r.hash(rec.Key)
	if _, again := r.seen[h]; again {
		r.again = r.again || !r.doubts.settled
	} else if rec.Status == directory.Present || rec.Status == directory.Absent {
		r.count[base]++
		if rec.Object != "" {
			r.bound[base]++
		}
	}
	r.seen[h] = rec.Object
	if rec.Kind == directory.Group && rec.Object != "" {
		g := r.groups[h]
		g.id, g.hash = rec.Object, rec.MembersHash
		r.groups[h] = g
	}
}

// takeSeen notes records that are there and unchanged. Who was absent is back; who was concluded to be gone is not, until they are read.
func (r *Reading) takeSeen(ctx context.Context, keys []source.Key) error {
	r.partial = r.partial || len(keys) > 0
	for part := range slices.Chunk(keys, chunk) {
		var known []directory.Record
		err := r.door.Store.View(ctx, func(v directory.Reader) (err error) {
			known, err = v.Records(ctx, r.source, texts(part))
			return err
		})
		if err != nil {
			return fmt.Errorf("read unchanged records: %w", err)
		}
		var absent []string
		for _, rec := range known {
			r.remember(mark(&rec), source.Base(rec.Base))
			if rec.Status == directory.Absent {
				absent = append(absent, rec.Key)
			}
		}
		back, err := r.reappear(ctx, absent, as(rowReturned))
		if err != nil {
			return err
		}
		r.sum.Returned += back
	}
	return nil
}

// reappear withdraws what was suspected of absent entries.
func (r *Reading) reappear(ctx context.Context, keys []string, count func(*directory.Record) string) (int, error) {
	back, err := r.conclude(ctx, keys, count, func(rec *directory.Record) bool {
		was := rec.Status
		rec.Status, rec.Since = directory.Present, r.now
		return was == directory.Absent
	})
	return len(back), err
}

// takeDeleted believes tombstones: the source states that the entry is no more.
func (r *Reading) takeDeleted(ctx context.Context, keys []source.Key) error {
	for part := range slices.Chunk(keys, chunk) {
		gone, err := r.conclude(ctx, texts(part), as(rowRemoved), func(rec *directory.Record) bool {
			was := rec.Status
			rec.Status, rec.Cause, rec.Since = directory.Removed, directory.Stated, r.now
			return was != directory.Removed
		})
		if err != nil {
			return err
		}
		r.sum.Removed += len(gone)
	}
	return nil
}

func texts(keys []source.Key) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = string(k)
	}
	return out
}

// conclude changes known records by their keys and settles their objects, in one transaction. It returns the records that change said yes to, each counted
// as count says.
func (r *Reading) conclude(ctx context.Context, keys []string, count func(*directory.Record) string, change func(*directory.Record) bool) ([]directory.Record, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	var out []directory.Record
	err := r.update(ctx, func(tx directory.Tx) error {
		out = nil
		known, err := tx.Records(ctx, r.source, keys)
		if err != nil {
			return err
		}
		s := &settling{door: r.door, reading: r, tx: tx, now: r.now}
		for _, rec := range known {
			if change(&rec) {
				s.records = append(s.records, &rec)
			}
		}
		if len(s.records) == 0 {
			return nil
		}
		if err := s.reconsider(ctx); err != nil {
			return err
		}
		if err := r.keep(ctx, tx, counts(s.records, count)); err != nil {
			return err
		}
		for _, rec := range s.records {
			out = append(out, *rec)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("store what was concluded: %w", err)
	}
	return out, nil
}

// touch tells of what is about to be written.
func (r *Reading) touch(ids ...directory.ID) {
	if r != nil && r.Touch != nil {
		r.Touch(ids...)
	}
}

// reconsider settles the objects of records that exist. One that never was bound stays unbound, and waits for nothing any more once it is gone.
func (s *settling) reconsider(ctx context.Context) error {
	if err := s.load(ctx); err != nil {
		return err
	}
	for _, rec := range s.records {
		if o := s.objects[rec.Object]; o != nil {
			o.records = append(o.records, rec)
		}
		if rec.Object != "" || !live(rec) {
			rec.Waiting = ""
		}
	}
	return s.conclude(ctx)
}

func (r *Reading) update(ctx context.Context, fn func(directory.Tx) error) error {
	return r.door.update(ctx, r.actor(), fn)
}
