package ingest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/mapping"
)

// A settling is one transaction's worth of changed records on their way into objects.
type settling struct {
	door    *Door
	reading *Reading // nil outside a read
	tx      directory.Tx
	now     time.Time
	records []*directory.Record      // changed, in the order of their keys
	drawn   []*directory.Record      // others that waited and are tried again
	objects map[directory.ID]*object // that they belong to
	rivals  map[string]directory.ID  // who has the name that a record wants, by its key; nil = nobody asks

	suits   []suit   // matches that wait
	matched []string // keys of matches that were carried out

	counted []counted // records, as what they are counted below

	added     int // records never seen before
	changed   int // records that say something else, or are back
	unchanged int // records that waited and say what they said
	returned  int // records that were absent, outside or removed
	waiting   int // records that wait now
}

// An object is one person or group being settled: as it was, and the records that speak for it.
type object struct {
	was     directory.Object // zero: new
	is      directory.Object
	records []*directory.Record
}

// start merges fresh records with what is known of them.
func (s *settling) start(fresh map[string]directory.Record, known []directory.Record) {
	old := make(map[string]directory.Record, len(known))
	for _, k := range known {
		old[k.Key] = k
	}
	for _, in := range fresh {
		if was, ok := old[in.Key]; ok {
			s.follow(&in, was)
		} else {
			s.added++
			s.counted = append(s.counted, counted{rowAdded, &in})
		}
		s.records = append(s.records, &in)
	}
	slices.SortFunc(s.records, func(a, b *directory.Record) int { return cmp.Compare(a.Key, b.Key) })
}

// follow makes in the next state of a known record. A key that comes back as another kind is another entry.
func (s *settling) follow(in *directory.Record, was directory.Record) {
	if in.Kind == was.Kind {
		in.Object, in.MembersHash, in.Refers = was.Object, was.MembersHash, was.Refers
	}
	if was.Status == directory.Present {
		in.Since = was.Since
	} else {
		s.returned++
		s.counted = append(s.counted, counted{rowReturned, in})
	}
	if was.Status == directory.Present && was.Digest == in.Digest {
		s.unchanged++
	} else {
		s.changed++
		s.counted = append(s.counted, counted{rowChanged, in})
	}
}

// finish binds the records, settles their objects and writes both.
func (s *settling) finish(ctx context.Context) error {
	if err := s.load(ctx); err != nil {
		return err
	}
	if err := s.bind(ctx); err != nil {
		return err
	}
	return s.conclude(ctx)
}

// conclude settles the objects, and writes them and the records. A record that is not bound stays so.
func (s *settling) conclude(ctx context.Context) error {
	for _, o := range s.objects {
		s.settle(o)
	}
	if err := s.yield(ctx); err != nil {
		return err
	}
	return s.write(ctx)
}

// settle computes what an object is now from the records that speak for it.
func (s *settling) settle(o *object) {
	slices.SortFunc(o.records, func(a, b *directory.Record) int {
		return cmp.Or(cmp.Compare(s.door.order(a.Source), s.door.order(b.Source)), cmp.Compare(a.Key, b.Key))
	})
	o.is = o.was
	o.is.ID, o.is.Kind = o.records[0].Object, o.records[0].Kind
	if o.was.ID == "" {
		o.is.Rev = directory.Unborn
	}
	voices := s.door.voices(o.records)
	there := living(voices)
	if len(there) > 0 {
		o.is.Attrs = s.attrs(living(o.records), o.was.Attrs)
	}
	o.is.Digest = stated(o.records)
	state, cause := verdict(o.is, there, voices)
	if state != o.was.State || cause != o.was.Cause {
		o.is.State, o.is.Cause, o.is.Since = state, cause, s.now
	}
	if o.was.State == directory.Active && state != directory.Active {
		o.is.Epoch++
	}
}

// living returns those of records that still speak for their object.
func living(records []*directory.Record) []*directory.Record {
	return slices.DeleteFunc(slices.Clone(records), func(r *directory.Record) bool { return !live(r) })
}

// stated digests what the sources state, whatever the rules make of it.
func stated(records []*directory.Record) string {
	h := sha256.New()
	for _, rec := range records {
		fmt.Fprintf(h, "%s\x00%s\x00%s\x00%s\x00%t\n", rec.Source, rec.Key, rec.Digest, rec.Status, rec.Expired)
		if rec.Refers != "" {
			fmt.Fprintf(h, "%s\n", rec.Refers)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// verdict decides the state of an object. A person is gone only if every source says so; anybody's statement that they are disabled is believed; an
// operator's stop outlasts every source.
func verdict(o directory.Object, there, all []*directory.Record) (directory.State, directory.Cause) {
	if len(there) == 0 {
		return directory.Gone, weakest(all)
	}
	if o.Stop != nil {
		return directory.Disabled, directory.Operator
	}
	for _, rec := range there {
		if rec.Disabled || rec.Expired {
			return directory.Disabled, directory.Stated
		}
	}
	return directory.Active, directory.NoCause
}

// weakest returns the cause that is the least evidence: someone is gone only as surely as every source says so.
func weakest(records []*directory.Record) directory.Cause {
	out := directory.Stated
	for _, rec := range records {
		if rec.Cause == directory.Missing || rec.Cause == directory.Left && out == directory.Stated {
			out = rec.Cause
		}
	}
	return out
}

// attrs merges what the sources map, the earlier source winning. What a rule could not compute stays as it was, and its record says why; so does what a
// source gave that is no longer configured.
func (s *settling) attrs(there []*directory.Record, was attr.Set) attr.Set {
	out, left := attr.Set{}, attr.Set{}
	for _, rec := range there {
		rules := s.door.rules(rec.Source)
		if rules == nil {
			left = was
			continue
		}
		set, err := rules.Map(*rec)
		if err != nil {
			rec.Waiting = "mapping: " + err.Error()
			keep(rules, rec.Kind, set, was)
		}
		for p, v := range set {
			if len(out[p]) == 0 {
				out[p] = v
			}
		}
	}
	for p, v := range left {
		if _, ok := out[p]; !ok {
			out[p] = v
		}
	}
	return out
}

// keep fills paths that the rules of a source should have given with the values they had.
func keep(rules *mapping.Source, kind directory.Kind, set, was attr.Set) {
	for _, p := range rules.Paths(kind) {
		if _, ok := set[p]; !ok && len(was[p]) > 0 {
			set[p] = was[p]
		}
	}
}

func (s *settling) write(ctx context.Context) error {
	objects := make([]directory.Object, 0, len(s.objects))
	for _, o := range s.objects {
		objects = append(objects, o.is)
	}
	slices.SortFunc(objects, func(a, b directory.Object) int { return cmp.Compare(a.ID, b.ID) })
	for _, o := range objects {
		s.reading.touch(o.ID)
	}
	if err := s.tx.PutObjects(ctx, objects...); err != nil {
		return err
	}
	records := make([]directory.Record, 0, len(s.records)+len(s.drawn))
	for _, rec := range s.records {
		if rec.Waits = s.now; rec.Waiting != "" {
			s.waiting++
		}
		records = append(records, *rec)
	}
	for _, rec := range s.drawn {
		records = append(records, *rec)
	}
	return s.tx.PutRecords(ctx, records...)
}
