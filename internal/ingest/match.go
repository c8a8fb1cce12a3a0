package ingest

import (
	"context"
	"fmt"
	"slices"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/mapping"
)

// An index finds people by the values of one attribute: by hash, to be verified.
type index map[uint64][]directory.ID

// indexed reports whether the store itself finds people by an attribute.
func indexed(p attr.Path) bool { return p == directory.Username || p == directory.Email }

// prepare indexes the attributes that records without a person may be recognised by, unless the store does. It walks over everybody, so it does so only when
// there is such a record, and once in a read.
func (r *Reading) prepare(ctx context.Context, fresh map[string]directory.Record, known []directory.Mark) error {
	bound := make(map[string]bool, len(known))
	for _, rec := range known {
		bound[rec.Key] = rec.Object != ""
	}
	var need []attr.Path
	for _, rec := range fresh {
		if bound[rec.Key] {
			continue
		}
		keys, err := r.rules.Keys(rec)
		if err != nil {
			continue // it will wait for that
		}
		for _, key := range keys {
			if !indexed(key.Person) && r.people[key.Person] == nil && !slices.Contains(need, key.Person) {
				need = append(need, key.Person)
			}
		}
	}
	if len(need) == 0 {
		return nil
	}
	for _, p := range need {
		r.people[p] = index{}
	}
	for after := directory.ID(""); ; {
		var page []directory.Object
		err := r.door.Store.View(ctx, func(v directory.Reader) (err error) {
			page, err = v.ListObjects(ctx, directory.Person, after, 2000)
			return err
		})
		if err != nil {
			return fmt.Errorf("walk over the people: %w", err)
		}
		for _, o := range page {
			r.enter(o, need)
			after = o.ID
		}
		if len(page) < 2000 {
			return nil
		}
	}
}

// enter puts a person into indexes.
func (r *Reading) enter(o directory.Object, paths []attr.Path) {
	for _, p := range paths {
		for _, v := range o.Attrs[p] {
			h := r.hash(fold(v))
			if !slices.Contains(r.people[p][h], o.ID) {
				r.people[p][h] = append(r.people[p][h], o.ID)
			}
		}
	}
}

// matches returns the people, gone ones left out, who have the value of a key.
func (s *settling) matches(ctx context.Context, key mapping.KeyValue) ([]directory.Object, error) {
	var found []directory.Object
	var err error
	switch {
	case key.Person == directory.Username:
		found, err = s.tx.ObjectsByHandle(ctx, directory.Person, []string{key.Value})
	case key.Person == directory.Email:
		found, err = s.tx.Search(ctx, key.Value, 0)
	case s.reading != nil:
		if ids := s.reading.people[key.Person][s.reading.hash(fold(key.Value))]; len(ids) > 0 {
			found, err = s.tx.Objects(ctx, ids)
		}
	}
	want := fold(key.Value)
	return slices.DeleteFunc(found, func(o directory.Object) bool {
		has := slices.ContainsFunc(o.Attrs[key.Person], func(v string) bool { return fold(v) == want })
		return o.Kind != directory.Person || o.State == directory.Gone || !has
	}), err
}
