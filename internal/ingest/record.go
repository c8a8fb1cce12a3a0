package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"muster/internal/directory"
	"muster/internal/source"
)

// chunk is how many records one transaction takes: small enough to keep a write short.
const chunk = 500

// takeRecords lets records in, chunk by chunk.
func (r *Reading) takeRecords(ctx context.Context, records []source.Record) error {
	for part := range slices.Chunk(records, chunk) {
		if err := r.takeChunk(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// takeChunk compares a chunk with what is known, and opens a write only if something differs.
func (r *Reading) takeChunk(ctx context.Context, records []source.Record) error {
	fresh := make(map[string]directory.Record, len(records))
	for _, rec := range records {
		in := r.record(rec)
		if other, twice := fresh[in.Key]; twice && other.Kind != in.Kind {
			r.clash(in, fmt.Sprintf("%s %s", other.Kind, other.Name))
			continue
		}
		fresh[in.Key] = in
		r.shares.count(in)
	}
	r.sum.Read += len(records)
	var known []directory.Mark
	err := r.door.Store.View(ctx, func(v directory.Reader) (err error) {
		known, err = v.Marks(ctx, r.source, slices.Collect(maps.Keys(fresh)))
		return err
	})
	if err != nil {
		return fmt.Errorf("read known records: %w", err)
	}
	for _, old := range known {
		switch in := fresh[old.Key]; {
		case in.Kind != old.Kind && old.Status != directory.Removed:
			r.clash(in, fmt.Sprintf("a %s that was read before", old.Kind))
			delete(fresh, old.Key)
		case same(old, in):
			r.remember(old, source.Base(in.Base))
			r.sum.Unchanged++
			delete(fresh, old.Key)
		}
	}
	if err := r.doubt(ctx, fresh, known); err != nil {
		return err
	}
	if len(fresh) == 0 {
		return nil
	}
	if err := r.prepare(ctx, fresh, known); err != nil {
		return err
	}
	return r.write(ctx, fresh)
}

// clash leaves a record out whose key is that of another kind of entry: a key is one entry for ever.
func (r *Reading) clash(in directory.Record, other string) {
	r.note("%s %s has the id %q of %s and is left out: choose an ID attribute that is unique among people and groups", in.Kind, in.Name, in.Key, other)
}

// same reports whether a record needs nothing: it says what it said, and nothing about it is unfinished.
func same(old directory.Mark, in directory.Record) bool {
	return old.Digest == in.Digest && old.Status == directory.Present && old.Waiting == "" && old.Object != ""
}

func mark(r *directory.Record) directory.Mark {
	return directory.Mark{Key: r.Key, Kind: r.Kind, Object: r.Object, Status: r.Status, Digest: r.Digest, MembersHash: r.MembersHash, Refers: r.Refers, Waiting: r.Waiting}
}

// write binds, settles and stores changed records. If the store refuses them for a conflict that it alone sees, each goes by itself, and the one that does not
// go in waits: nobody else is kept out.
func (r *Reading) write(ctx context.Context, fresh map[string]directory.Record) error {
	done, err := r.settle(ctx, fresh, "")
	if errors.Is(err, directory.ErrConflict) && len(fresh) > 1 {
		for _, key := range slices.Sorted(maps.Keys(fresh)) {
			if err := r.write(ctx, map[string]directory.Record{key: fresh[key]}); err != nil {
				return err
			}
		}
		return nil
	}
	if errors.Is(err, directory.ErrConflict) {
		done, err = r.settle(ctx, fresh, err.Error())
	}
	if err != nil {
		return fmt.Errorf("store records: %w", err)
	}
	for _, rec := range done.records {
		r.remember(mark(rec), source.Base(rec.Base))
	}
	r.suits.keep(done.records, done.suits)
	for _, key := range done.matched {
		r.carried(Matches, key)
	}
	paths := slices.Collect(maps.Keys(r.people))
	for _, o := range done.objects {
		r.enter(o.is, paths)
	}
	r.sum.Added += done.added
	r.sum.Changed += done.changed
	r.sum.Unchanged += done.unchanged
	r.sum.Returned += done.returned
	r.sum.Waiting += done.waiting
	return nil
}

// settle takes records through one transaction. With a reason to wait, they are only stored, as waiting.
func (r *Reading) settle(ctx context.Context, fresh map[string]directory.Record, wait string) (*settling, error) {
	var done *settling
	err := r.update(ctx, func(tx directory.Tx) error {
		done = &settling{door: r.door, reading: r, tx: tx, now: r.now} // a transaction may run twice, so what it counts is taken after it
		known, err := tx.Records(ctx, r.source, slices.Collect(maps.Keys(fresh)))
		if err != nil {
			return err
		}
		done.start(fresh, known)
		if wait == "" {
			err = done.finish(ctx)
		} else {
			for _, rec := range done.records {
				rec.Waiting = wait
			}
			err = done.write(ctx)
		}
		if err != nil {
			return err
		}
		return r.keep(ctx, tx, done.counted)
	})
	return done, err
}

// record brings what a source stated into the form in which it is kept.
func (r *Reading) record(in source.Record) directory.Record {
	rec := directory.Record{
		Source: r.source, Key: string(in.Key), Kind: directory.Kind(in.Kind), Base: string(in.Base), Name: in.Name, Attrs: in.Attrs,
		Disabled: in.Disabled, Expires: in.Expires, Expired: expired(in.Expires, r.now), Status: directory.Present, Since: r.now,
	}
	rec.Digest = digest(rec, r.rules.Digest())
	return rec
}

func expired(at, now time.Time) bool { return !at.IsZero() && !at.After(now) }

// digest covers all that the source states of a record, and the rules that map it.
func digest(rec directory.Record, rules string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%s\x00%s\x00%s\x00%t\x00%d\x00%s", rec.Kind, rec.Base, rec.Name, rec.Attrs.Hash(), rec.Disabled, expiry(rec.Expires), rules)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func expiry(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
