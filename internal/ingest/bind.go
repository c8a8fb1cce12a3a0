package ingest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"muster/internal/directory"
)

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

// bind gives every record its object: the one it has, the one that a correlation rule names, or a new one. A record that must not have one yet waits.
func (s *settling) bind(ctx context.Context) error {
	places, err := s.places(ctx)
	if err != nil {
		return err
	}
	namesakes, err := s.namesakes(ctx)
	if err != nil {
		return err
	}
	for _, rec := range s.records {
		if rec.Object == "" {
			if rec.Waiting = places[rec.Key]; rec.Waiting == "" {
				err = s.correlate(ctx, rec)
			}
			if err == nil && rec.Object == "" && rec.Waiting == "" {
				err = s.meet(ctx, rec, namesakes)
			}
			if err != nil {
				return err
			}
			if rec.Waiting != "" {
				continue
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

// places finds new entries that stand where another one of their source stood when it was last seen: either the other is gone, or the immutable id is not
// immutable. The other is believed until a read concludes that it is gone. It returns why they wait, by key.
func (s *settling) places(ctx context.Context) (map[string]string, error) {
	at := map[string]*directory.Record{} // new entries by name
	moved := map[string]bool{}           // keys whose name is being stored now
	var names []string
	for _, rec := range s.records {
		moved[rec.Key] = true
		if rec.Object == "" && isDN(rec.Name) {
			at[fold(rec.Name)] = rec
			names = append(names, rec.Name)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	out := map[string]string{}
	stood, err := s.tx.RecordsByName(ctx, s.records[0].Source, names)
	for _, other := range stood {
		if rec := at[fold(other.Name)]; rec != nil && other.Key != rec.Key && other.Object != "" && live(&other) && !moved[other.Key] {
			out[rec.Key] = fmt.Sprintf("the entry %s stood at this place and may still be there under its old id", other.Key)
		}
	}
	return out, err
}

// isDN reports whether a name is a place in a tree, which no two entries share at a time.
func isDN(name string) bool { return strings.Contains(name, "=") }

// live reports whether a record still speaks for its object.
func live(r *directory.Record) bool {
	return r.Status != directory.Outside && r.Status != directory.Removed
}

// correlate applies the source's rules in order; the first that finds exactly one person proposes them. A rule that cannot be computed makes the record wait, since
// a binding is for ever.
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
		found, err := s.matches(ctx, key)
		if err != nil {
			return err
		}
		if len(found) == 1 {
			return s.propose(ctx, rec, key, found[0])
		}
	}
	return nil
}

// speakers returns the records of an object, those included that are to be added to it.
func (s *settling) speakers(id directory.ID, o *object) []*directory.Record {
	out := slices.Clone(o.records)
	for _, rec := range s.records {
		if rec.Object == id && !slices.Contains(out, rec) {
			out = append(out, rec)
		}
	}
	return out
}
