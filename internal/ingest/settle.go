package ingest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/mapping"
)

// A settling is one transaction's worth of changed records on their way into objects.
type settling struct {
	door     *Door
	tx       directory.Tx
	now      time.Time
	records  []*directory.Record      // changed, in the order of their keys
	objects  map[directory.ID]*object // that they belong to
	added    int                      // records never seen before
	returned int                      // records that were absent, outside or removed
	waiting  int
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
		was, ok := old[in.Key]
		if !ok {
			s.added++
		} else {
			in.Object, in.MembersHash = was.Object, was.MembersHash
			if was.Status != directory.Present {
				s.returned++
			} else {
				in.Since = was.Since
			}
		}
		s.records = append(s.records, &in)
	}
	slices.SortFunc(s.records, func(a, b *directory.Record) int { return cmp.Compare(a.Key, b.Key) })
}

// finish binds the records, settles their objects and writes both.
func (s *settling) finish(ctx context.Context) error {
	if err := s.load(ctx); err != nil {
		return err
	}
	if err := s.bind(ctx); err != nil {
		return err
	}
	for _, o := range s.objects {
		s.settle(o)
	}
	if err := s.yield(ctx); err != nil {
		return err
	}
	return s.write(ctx)
}

// load reads the objects that the records are bound to, with all records that speak for them.
func (s *settling) load(ctx context.Context) error {
	s.objects = map[directory.ID]*object{}
	var ids []directory.ID
	changed := map[[2]string]bool{}
	for _, rec := range s.records {
		changed[[2]string{rec.Source, rec.Key}] = true
		if rec.Object != "" && s.objects[rec.Object] == nil {
			s.objects[rec.Object] = &object{}
			ids = append(ids, rec.Object)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	objects, err := s.tx.Objects(ctx, ids)
	if err != nil {
		return err
	}
	for _, o := range objects {
		s.objects[o.ID].was = o
	}
	others, err := s.tx.RecordsOf(ctx, ids)
	if err != nil {
		return err
	}
	for _, rec := range others {
		if !changed[[2]string{rec.Source, rec.Key}] {
			o := s.objects[rec.Object]
			o.records = append(o.records, &rec)
		}
	}
	return nil
}

// bind gives every record its object: the one it has, the one that a correlation rule names, or a new one.
func (s *settling) bind(ctx context.Context) error {
	for _, rec := range s.records {
		if rec.Object == "" {
			if err := s.correlate(ctx, rec); err != nil {
				return err
			}
		}
		if rec.Object == "" {
			rec.Object = directory.NewID()
			s.objects[rec.Object] = &object{}
		}
		o := s.objects[rec.Object]
		o.records = append(o.records, rec)
	}
	return nil
}

// correlate applies the source's rules in order; the first that finds exactly one person binds.
func (s *settling) correlate(ctx context.Context, rec *directory.Record) error {
	rules := s.door.rules(rec.Source)
	if rec.Kind != directory.Person || rules == nil {
		return nil
	}
	keys, err := rules.Keys(*rec)
	if err != nil {
		rec.Waiting = "correlation: " + err.Error()
		return nil
	}
	for _, key := range keys {
		found, err := s.tx.Search(ctx, key.Value, 10)
		if err != nil {
			return err
		}
		found = slices.DeleteFunc(found, func(o directory.Object) bool {
			return o.Kind != directory.Person || o.State == directory.Gone || !strings.EqualFold(o.Attrs.First(key.Person), key.Value)
		})
		if len(found) == 1 {
			return s.join(ctx, rec, found[0])
		}
	}
	return nil
}

// join binds rec to a person who has other records already.
func (s *settling) join(ctx context.Context, rec *directory.Record, o directory.Object) error {
	rec.Object = o.ID
	if s.objects[o.ID] != nil {
		return nil
	}
	s.objects[o.ID] = &object{was: o}
	others, err := s.tx.RecordsOf(ctx, []directory.ID{o.ID})
	if err != nil {
		return err
	}
	for _, other := range others {
		s.objects[o.ID].records = append(s.objects[o.ID].records, &other)
	}
	return nil
}

// settle computes what an object is now from the records that speak for it.
func (s *settling) settle(o *object) {
	slices.SortFunc(o.records, func(a, b *directory.Record) int {
		return cmp.Or(cmp.Compare(s.door.order(a.Source), s.door.order(b.Source)), cmp.Compare(a.Key, b.Key))
	})
	o.is = o.was
	o.is.ID, o.is.Kind = o.records[0].Object, o.records[0].Kind
	there := slices.DeleteFunc(slices.Clone(o.records), func(r *directory.Record) bool {
		return r.Status == directory.Outside || r.Status == directory.Removed
	})
	if len(there) > 0 {
		o.is.Attrs = s.attrs(there, o.was.Attrs)
	}
	o.is.Digest = stated(o.records)
	state, cause := verdict(o.is, there, o.records)
	if state != o.was.State || cause != o.was.Cause {
		o.is.State, o.is.Cause, o.is.Since = state, cause, s.now
	}
	if o.was.State == directory.Active && state != directory.Active {
		o.is.Epoch++
	}
}

// stated digests what the sources state, whatever the rules make of it.
func stated(records []*directory.Record) string {
	h := sha256.New()
	for _, rec := range records {
		fmt.Fprintf(h, "%s\x00%s\x00%s\x00%s\x00%t\n", rec.Source, rec.Key, rec.Digest, rec.Status, rec.Expired)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// verdict decides the state of an object. A person is gone only if every source says so; anybody's statement that they are disabled is believed; an
// operator's stop outlasts every source.
func verdict(o directory.Object, there, all []*directory.Record) (directory.State, directory.Cause) {
	if len(there) == 0 {
		return directory.Gone, all[0].Cause
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

// attrs merges what the sources map, the earlier source winning. What a rule could not compute stays as it was, and its record says why.
func (s *settling) attrs(there []*directory.Record, was attr.Set) attr.Set {
	out := attr.Set{}
	for _, rec := range there {
		rules := s.door.rules(rec.Source)
		if rules == nil {
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

// yield keeps handles unique: who would take a name that another person has, waits with the reason, and keeps what they had.
func (s *settling) yield(ctx context.Context) error {
	want := map[string][]*object{}
	var handles []string
	for _, o := range s.objects {
		h := strings.ToLower(o.is.Handle())
		if o.is.Kind != directory.Person || h == "" || o.is.State == directory.Gone {
			continue
		}
		if len(want[h]) == 0 {
			handles = append(handles, h)
		}
		want[h] = append(want[h], o)
	}
	taken, err := s.tx.ObjectsByHandle(ctx, directory.Person, handles)
	if err != nil {
		return err
	}
	for _, other := range taken {
		h := strings.ToLower(other.Handle())
		if mine := s.objects[other.ID]; mine != nil && (strings.ToLower(mine.is.Handle()) != h || mine.is.State == directory.Gone) {
			continue // gives the name up in this very transaction
		}
		for _, o := range want[h] {
			if o.is.ID != other.ID {
				s.wait(o, fmt.Sprintf("the username %q belongs to another person (%s)", o.is.Handle(), other.ID))
			}
		}
		delete(want, h)
	}
	for h, several := range want {
		s.first(h, several)
	}
	return nil
}

// first lets one of several claimants of a free name have it: who had it, else the oldest record.
func (s *settling) first(handle string, several []*object) {
	if len(several) < 2 {
		return
	}
	slices.SortFunc(several, func(a, b *object) int {
		had := func(o *object) int {
			if strings.EqualFold(o.was.Handle(), handle) {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(had(a), had(b)), cmp.Compare(a.records[0].Key, b.records[0].Key))
	})
	for _, o := range several[1:] {
		s.wait(o, fmt.Sprintf("the username %q is claimed by another record too", handle))
	}
}

// wait keeps an object as it was; a new one is not made.
func (s *settling) wait(o *object, why string) {
	isNew := o.was.ID == ""
	for _, rec := range o.records {
		rec.Waiting = why
		if isNew {
			rec.Object = ""
		}
	}
	if isNew {
		delete(s.objects, o.is.ID)
		return
	}
	state, cause, since, epoch := o.is.State, o.is.Cause, o.is.Since, o.is.Epoch
	o.is = o.was
	o.is.State, o.is.Cause, o.is.Since, o.is.Epoch = state, cause, since, epoch
}

func (s *settling) write(ctx context.Context) error {
	objects := make([]directory.Object, 0, len(s.objects))
	for _, o := range s.objects {
		objects = append(objects, o.is)
	}
	slices.SortFunc(objects, func(a, b directory.Object) int { return cmp.Compare(a.ID, b.ID) })
	if err := s.tx.PutObjects(ctx, objects...); err != nil {
		return err
	}
	records := make([]directory.Record, 0, len(s.records))
	for _, rec := range s.records {
		if rec.Waiting != "" {
			s.waiting++
		}
		records = append(records, *rec)
	}
	return s.tx.PutRecords(ctx, records...)
}
