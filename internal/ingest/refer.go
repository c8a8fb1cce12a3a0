package ingest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"muster/internal/directory"
	"muster/internal/source"
)

// A statement about references is kept by key, so that whom they lead to may come to be known later. The digest in the record is of the keys and of whom they
// lead to now: when either changes, the object that refers is settled anew, and enters the feed by itself.

// refers are the references of some records, by the key of the record that refers.
type refers map[string][]directory.Reference

// digest returns the digest of the references of one record; "" if there are none. object says whom a key leads to.
func (x refers) digest(key string, object func(string) directory.ID) string {
	list := x[key]
	if len(list) == 0 {
		return ""
	}
	slices.SortFunc(list, func(a, b directory.Reference) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.To, b.To))
	})
	h := sha256.New()
	for _, f := range list {
		fmt.Fprintf(h, "%s\x00%s\x00%s\n", f.Name, f.To, object(f.To))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// gatherRefers puts statements into the form in which they are kept. Records that refer to nobody are there, too.
func gatherRefers(name string, list []source.Reference) refers {
	out := refers{}
	for _, s := range list {
		key := string(s.Of)
		out[key] = slices.Clip(out[key])
		for _, to := range s.To {
			out[key] = append(out[key], directory.Reference{Source: name, Key: key, Name: s.Name, To: string(to)})
		}
	}
	return out
}

// takeReferences lets references in, chunk by chunk, and opens a write only if something differs. Those of records that came without something wait until the
// read is believed.
func (r *Reading) takeReferences(ctx context.Context, list []source.Reference) error {
	if !r.doubts.settled {
		sure := make([]source.Reference, 0, len(list))
		for _, s := range list {
			if _, doubted := r.doubts.records[string(s.Of)]; doubted || r.doubts.over {
				r.doubts.refers = append(r.doubts.refers, s)
				continue
			}
			sure = append(sure, s)
		}
		list = sure
	}
	for len(list) > 0 {
		n := min(chunk, len(list))
		for n < len(list) && list[n].Of == list[n-1].Of {
			n++
		}
		if err := r.takeRefers(ctx, gatherRefers(r.source, list[:n])); err != nil {
			return fmt.Errorf("store references: %w", err)
		}
		list = list[n:]
	}
	return nil
}

func (r *Reading) takeRefers(ctx context.Context, stated refers) error {
	digests := make(map[string]string, len(stated))
	for key := range stated {
		digests[key] = stated.digest(key, func(to string) directory.ID { return r.seen[r.hash(to)] })
	}
	var marks []directory.Mark
	err := r.door.Store.View(ctx, func(v directory.Reader) (err error) {
		marks, err = v.Marks(ctx, r.source, slices.Collect(maps.Keys(stated)))
		return err
	})
	if err != nil {
		return err
	}
	var keys []string
	for _, m := range marks {
		if m.Refers != digests[m.Key] {
			keys = append(keys, m.Key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	return r.update(ctx, func(tx directory.Tx) error {
		return (&settling{door: r.door, reading: r, tx: tx, now: r.now}).refer(ctx, r.source, keys, stated, digests)
	})
}

// refer keeps the references of the records with keys, and settles the objects that they are of.
func (s *settling) refer(ctx context.Context, name string, keys []string, stated refers, digests map[string]string) error {
	known, err := s.tx.Records(ctx, name, keys)
	if err != nil {
		return err
	}
	var changed []string
	var all []directory.Reference
	for _, rec := range known {
		if rec.Refers == digests[rec.Key] {
			continue
		}
		rec.Refers = digests[rec.Key]
		s.records = append(s.records, &rec)
		changed, all = append(changed, rec.Key), append(all, stated[rec.Key]...)
	}
	if len(changed) == 0 {
		return nil
	}
	if err := s.tx.PutReferences(ctx, name, changed, all...); err != nil {
		return err
	}
	return s.reconsider(ctx)
}

// refers keeps what a client states of references, and follows those that lead to records which have just been bound.
func (s *statement) refers(ctx context.Context, list []source.Reference, bound []string) error {
	name := s.reading.source
	stated := gatherRefers(name, list)
	if err := s.referring(ctx, bound, stated); err != nil {
		return err
	}
	maps.DeleteFunc(stated, func(key string, list []directory.Reference) bool {
		return len(list) == 0 && slices.Contains(s.silent, key)
	})
	if len(stated) == 0 {
		return nil
	}
	keys := map[string]bool{}
	for key, refs := range stated {
		keys[key] = true
		for _, f := range refs {
			keys[f.To] = true
		}
	}
	marks, err := s.tx.Marks(ctx, name, slices.Collect(maps.Keys(keys)))
	if err != nil {
		return err
	}
	objects := make(map[string]directory.ID, len(marks))
	for _, m := range marks {
		objects[m.Key] = m.Object
	}
	digests := make(map[string]string, len(stated))
	var changed []string
	for _, m := range marks {
		if _, ok := stated[m.Key]; !ok {
			continue
		}
		digests[m.Key] = stated.digest(m.Key, func(to string) directory.ID { return objects[to] })
		if digests[m.Key] != m.Refers {
			changed = append(changed, m.Key)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return s.settling().refer(ctx, name, changed, stated, digests)
}

// referring adds to stated the references of the records that refer to one of keys.
func (s *statement) referring(ctx context.Context, keys []string, stated refers) error {
	back, err := s.tx.ReferencesTo(ctx, s.reading.source, keys)
	if err != nil {
		return err
	}
	var objects []directory.ID
	for _, f := range back {
		if f.Object != "" {
			objects = append(objects, f.Object)
		}
	}
	all, err := s.tx.References(ctx, objects)
	said := slices.Collect(maps.Keys(stated))
	for _, f := range all {
		if f.Source == s.reading.source && !slices.Contains(said, f.Key) {
			stated[f.Key] = append(stated[f.Key], f)
		}
	}
	return err
}
