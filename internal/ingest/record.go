package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"muster/internal/directory"
	"muster/internal/source"
)

// chunk is how many records one transaction takes: small enough to keep a write short.
const chunk = 500

// takeRecords lets records in, chunk by chunk.
func (r *Reading) takeRecords(ctx context.Context, records []source.Record) error {
	for len(records) > 0 {
		n := min(chunk, len(records))
		if err := r.takeChunk(ctx, records[:n]); err != nil {
			return err
		}
		records = records[n:]
	}
	return nil
}

// takeChunk compares a chunk with what is known, and opens a write only if something differs.
func (r *Reading) takeChunk(ctx context.Context, records []source.Record) error {
	fresh := make(map[string]directory.Record, len(records))
	keys := make([]string, 0, len(records))
	for _, rec := range records {
		in := r.record(rec)
		fresh[in.Key] = in
		keys = append(keys, in.Key)
		r.shares.count(in)
	}
	r.sum.Read += len(records)
	var known []directory.Record
	err := r.door.Store.View(ctx, func(v directory.Reader) (err error) {
		known, err = v.Records(ctx, r.source, keys)
		return err
	})
	if err != nil {
		return fmt.Errorf("read known records: %w", err)
	}
	for _, old := range known {
		if in := fresh[old.Key]; same(old, in) {
			r.remember(old)
			r.sum.Unchanged++
			delete(fresh, old.Key)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return r.write(ctx, fresh)
}

// same reports whether a record needs nothing: it says what it said, and nothing about it is unfinished.
func same(old, in directory.Record) bool {
	return old.Digest == in.Digest && old.Status == directory.Present && old.Waiting == "" && old.Object != ""
}

// write binds, settles and stores changed records in one transaction. Counting happens after it: the transaction may run twice.
func (r *Reading) write(ctx context.Context, fresh map[string]directory.Record) error {
	var done *settling
	err := r.door.Store.Update(ctx, r.actor(), func(tx directory.Tx) error {
		done = &settling{door: r.door, tx: tx, now: r.now}
		known, err := tx.Records(ctx, r.source, keysOf(fresh))
		if err != nil {
			return err
		}
		done.start(fresh, known)
		return done.finish(ctx)
	})
	if err != nil {
		return fmt.Errorf("store records: %w", err)
	}
	for _, rec := range done.records {
		r.remember(*rec)
	}
	r.sum.Added += done.added
	r.sum.Changed += len(done.records) - done.added
	r.sum.Returned += done.returned
	r.sum.Waiting += done.waiting
	return nil
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

func keysOf(records map[string]directory.Record) []string {
	out := make([]string, 0, len(records))
	for key := range records {
		out = append(out, key)
	}
	return out
}
