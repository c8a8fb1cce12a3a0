package ingest

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"muster/internal/directory"
	"muster/internal/source"
)

// An Outcome is what became of one stated record.
type Outcome struct {
	Object  directory.ID // "" = it was not bound
	New     bool         // the object was made for it
	Waiting string       // why it is not bound or not fully applied
	Holder  directory.ID // who has the username that it wants, if that is why it waits
}

// State lets in what a client states in one request, in a transaction of the caller: records, references, tombstones, single additions and removals of members.
// Nothing is concluded from what is not stated. The records in bind belong to the objects named there, whatever the rules say. It returns what became of
// each record; a caller who does not want one to wait gives up the transaction.
func (d *Door) State(ctx context.Context, tx directory.Tx, name string, b source.Batch, bind map[source.Key]directory.ID) (map[source.Key]Outcome, error) {
	rules := d.rules(name)
	if rules == nil {
		return nil, fmt.Errorf("source %q has no rules", name)
	}
	st := &statement{door: d, tx: tx, reading: &Reading{door: d, source: name, rules: rules, now: d.Now()}}
	if err := st.end(ctx, texts(b.Deleted)); err != nil {
		return nil, err
	}
	out, err := st.records(ctx, b.Records, bind)
	if err != nil {
		return nil, err
	}
	if err := st.refers(ctx, b.Refers, st.bound); err != nil {
		return nil, err
	}
	return out, st.members(ctx, b.Members)
}

// A statement is one request on its way in.
type statement struct {
	door    *Door
	tx      directory.Tx
	reading *Reading // for its source, rules and time alone
	bound   []string // keys of records that were bound to somebody just now
	silent  []string // keys of those that were written just now and refer to nobody
}

func (s *statement) settling() *settling {
	return &settling{door: s.door, tx: s.tx, now: s.reading.now, rivals: map[string]directory.ID{}}
}

// records binds and settles records.
func (s *statement) records(ctx context.Context, records []source.Record, bind map[source.Key]directory.ID) (map[source.Key]Outcome, error) {
	if len(records) == 0 {
		return nil, nil
	}
	fresh := make(map[string]directory.Record, len(records))
	for _, rec := range records {
		in := s.reading.record(rec)
		if in.Kind == directory.Group {
			in.MembersHash = staleHash // its members are known from the first: there are none
		}
		fresh[in.Key] = in
	}
	known, err := s.tx.Records(ctx, s.reading.source, slices.Collect(maps.Keys(fresh)))
	if err != nil {
		return nil, err
	}
	out := map[source.Key]Outcome{}
	for _, old := range known {
		switch in := fresh[old.Key]; {
		case old.Kind != in.Kind:
			return nil, fmt.Errorf("the key %q is that of a %s", old.Key, old.Kind)
		case same(mark(&old), in):
			out[source.Key(old.Key)] = Outcome{Object: old.Object}
			delete(fresh, old.Key)
		}
	}
	if len(fresh) == 0 {
		return out, nil
	}
	done := s.settling()
	done.start(fresh, known)
	made, had := map[string]bool{}, map[string]bool{}
	for _, rec := range done.records {
		if had[rec.Key] = rec.Object != ""; rec.Object == "" {
			rec.Object = bind[source.Key(rec.Key)]
		}
		made[rec.Key] = rec.Object == ""
	}
	if err := done.finish(ctx); err != nil {
		return nil, err
	}
	for _, rec := range done.records {
		o := Outcome{Object: rec.Object, Waiting: rec.Waiting, Holder: done.rivals[rec.Key]}
		if rec.Object != "" && !had[rec.Key] {
			s.bound = append(s.bound, rec.Key)
		}
		if rec.Refers == "" {
			s.silent = append(s.silent, rec.Key)
		}
		if bound := done.objects[rec.Object]; bound != nil {
			o.New = made[rec.Key] && bound.was.ID == ""
		}
		out[source.Key(rec.Key)] = o
	}
	return out, nil
}

// end believes tombstones.
func (s *statement) end(ctx context.Context, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	known, err := s.tx.Records(ctx, s.reading.source, keys)
	if err != nil {
		return err
	}
	done := s.settling()
	for _, rec := range known {
		if rec.Status != directory.Removed {
			rec.Status, rec.Cause, rec.Since = directory.Removed, directory.Stated, s.reading.now
			done.records = append(done.records, &rec)
		}
	}
	if len(done.records) == 0 {
		return nil
	}
	return done.reconsider(ctx)
}

// members adds and removes single members, group by group. Members whose keys are not known are passed over.
func (s *statement) members(ctx context.Context, members []source.Membership) error {
	if len(members) == 0 {
		return nil
	}
	keys := map[string]bool{}
	for _, m := range members {
		keys[string(m.Group)], keys[string(m.Member)] = true, true
	}
	marks, err := s.tx.Marks(ctx, s.reading.source, slices.Collect(maps.Keys(keys)))
	if err != nil {
		return err
	}
	objects := make(map[source.Key]directory.ID, len(marks))
	for _, m := range marks {
		objects[source.Key(m.Key)] = m.Object
	}
	type edit struct{ add, remove []directory.ID }
	edits := map[directory.ID]*edit{}
	for _, m := range members {
		group, member := objects[m.Group], objects[m.Member]
		if group == "" || member == "" {
			continue
		}
		if edits[group] == nil {
			edits[group] = &edit{}
		}
		if m.Op == source.Remove {
			edits[group].remove = append(edits[group].remove, member)
		} else {
			edits[group].add = append(edits[group].add, member)
		}
	}
	for _, group := range slices.Sorted(maps.Keys(edits)) {
		if err := s.tx.PutEdges(ctx, group, edits[group].add, edits[group].remove); err != nil {
			return err
		}
	}
	return nil
}
