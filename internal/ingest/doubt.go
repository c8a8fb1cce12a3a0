package ingest

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/source"
)

// Doubts are what a read says less of than was known: people without an attribute that they had, and groups without any member. One of them is a change like
// another; many of them are a right to read that was lost. Which it is shows at the end of the read, so until then they keep what they had, while everything
// else about them goes in at once.
type doubts struct {
	records map[string]directory.Record // by key, as they came
	emptied []source.Key                // groups that had members
	filled  int                         // groups in this read that have members, or had
	over    bool                        // more people than can be kept in mind
	settled bool                        // the read is believed
}

// mostDoubts bounds what is kept in mind. It is far more than a read that is believed can hold.
const mostDoubts = 20000

// doubt gives changed records back what they lost, and keeps in mind what they said.
func (r *Reading) doubt(ctx context.Context, fresh map[string]directory.Record, known []directory.Mark) error {
	var keys []string
	for _, old := range known {
		if in, changed := fresh[old.Key]; changed && old.Status == directory.Present && in.Kind == directory.Person {
			keys = append(keys, old.Key)
		}
	}
	if r.doubts.settled || len(keys) == 0 {
		return nil
	}
	var had []directory.Record
	err := r.door.Store.View(ctx, func(v directory.Reader) (err error) {
		had, err = v.Records(ctx, r.source, keys)
		return err
	})
	if err != nil {
		return fmt.Errorf("read what records said before: %w", err)
	}
	reads := r.door.reads(r.source)
	for _, old := range had {
		in := fresh[old.Key]
		given, lost := restored(in, old, reads)
		if !lost {
			continue
		}
		given.Digest = digest(given, r.rules.Digest())
		if fresh[old.Key] = given; same(mark(&old), given) {
			r.remember(mark(&old), source.Base(given.Base))
			r.sum.Unchanged++
			delete(fresh, old.Key)
		}
		if r.doubts.over = r.doubts.over || len(r.doubts.records) >= mostDoubts; !r.doubts.over {
			r.doubts.records[in.Key] = in
		}
	}
	return nil
}

// restored returns in with the attributes that old had and in has no more, and whether there are any.
func restored(in, old directory.Record, names []string) (directory.Record, bool) {
	var lost []attr.Path
	for _, name := range names {
		if p := attr.Path(name); old.Attrs.First(p) != "" && in.Attrs.First(p) == "" {
			lost = append(lost, p)
		}
	}
	if len(lost) == 0 {
		return in, false
	}
	if in.Attrs = in.Attrs.Clone(); in.Attrs == nil {
		in.Attrs = attr.Set{}
	}
	for _, p := range lost {
		in.Attrs[p] = slices.Clone(old.Attrs[p])
	}
	return in, true
}

// empties reports whether a group that came whole and without a member had some, which is doubted.
func (r *Reading) empties(ctx context.Context, g group, key source.Key, came []directory.ID) (bool, error) {
	if r.doubts.settled || g.hash == "" {
		return false, nil
	}
	filled := len(came) > 0
	if !filled && g.hash != hashMembers(nil) {
		err := r.door.Store.View(ctx, func(v directory.Reader) error {
			some, err := v.Members(ctx, g.id, "", 1)
			filled = len(some) > 0
			return err
		})
		if err != nil {
			return false, fmt.Errorf("read the members of %s: %w", key, err)
		}
		if filled {
			r.doubts.emptied = append(r.doubts.emptied, key)
		}
	}
	if filled {
		r.doubts.filled++
	}
	return filled && len(came) == 0, nil
}

// judgeDoubts says why a read is not believed that says much less than the one before.
func (r *Reading) judgeDoubts() *run.Problem {
	if r.doubts.over {
		return suspicious("source_attributes", fmt.Sprintf("%s: more than %d people have lost an attribute", r.source, mostDoubts),
			"The bind account probably lost the right to read it.", "Give the right back, or remove the attribute from the mapping.")
	}
	if n := len(r.doubts.emptied); n >= emptyLeast && n*100 > r.doubts.filled*emptyPercent {
		return suspicious("source_members", fmt.Sprintf("%s: %d of %d groups have suddenly no members", r.source, n, r.doubts.filled),
			"The bind account probably lost the right to read the members.", "Give the right back. If the groups really are empty, take them out of the search base first.")
	}
	return nil
}

// believe takes in what was doubted, now that the read is believed.
func (r *Reading) believe(ctx context.Context) error {
	r.doubts.settled = true
	for part := range slices.Chunk(slices.Sorted(maps.Keys(r.doubts.records)), chunk) {
		fresh := make(map[string]directory.Record, len(part))
		for _, key := range part {
			fresh[key] = r.doubts.records[key]
		}
		if err := r.write(ctx, fresh); err != nil {
			return err
		}
	}
	for _, key := range r.doubts.emptied {
		h := r.hash(string(key))
		g := r.groups[h]
		g.had = false
		r.groups[h] = g
		r.pending = pending{group: key}
		w := &rosters{Reading: r, whole: map[source.Key]bool{key: true}}
		if err := w.end(ctx); err != nil {
			return err
		}
		if err := w.flush(ctx); err != nil {
			return err
		}
	}
	return nil
}
