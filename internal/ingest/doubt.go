package ingest

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"muster/internal/attr"
	"muster/internal/directory"
	"muster/internal/plan"
	"muster/internal/source"
)

// Doubts are what a read says less of than was known: people without an attribute that they had, and groups without any member. One of them is a change like
// another; many of them are a right to read that was lost. Which it is shows at the end of the read, so until then they keep what they had, while everything
// else about them goes in at once.
type doubts struct {
	records map[string]directory.Record // by key, as they came
	lines   []plan.Line                 // what they have lost
	let     map[string]int              // how many people have lost an attribute, and a person said that it is so
	said    int                         // of lines: those of which a person said so
	refers  []source.Reference          // what records that came without something refer to now
	emptied []source.Key                // groups that had members
	vacated []plan.Line                 // the same, to be decided about
	filled  int                         // groups in this read that have members, or had
	over    bool                        // more people than can be kept in mind
	settled bool                        // the read is believed
}

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
		if len(lost) == 0 {
			continue
		}
		given.Digest = digest(given, r.rules.Digest())
		if fresh[old.Key] = given; same(mark(&old), given) {
			r.remember(mark(&old), source.Base(given.Base))
			r.sum.Unchanged++
			delete(fresh, old.Key)
		}
		l := r.clearLine(old, lost)
		_, said := r.let(Attributes, l.Key)
		r.doubts.keep(in, l, lost, said)
	}
	return nil
}

// keep notes that a record came without something, once however often it comes. said tells that a person said so.
func (d *doubts) keep(in directory.Record, l plan.Line, lost []attr.Path, said bool) {
	_, again := d.records[in.Key]
	switch {
	case again:
		d.records[in.Key] = in
		return
	case said:
		for _, p := range lost {
			d.let[string(p)]++
		}
		d.said++
	case len(d.lines)-d.said >= mostLines:
		d.over = true
		return
	}
	d.records[in.Key], d.lines = in, append(d.lines, l)
}

// restored returns in with the attributes that old had and in has no more, and which they are.
func restored(in, old directory.Record, names []string) (directory.Record, []attr.Path) {
	var lost []attr.Path
	for _, name := range names {
		if p := attr.Path(name); old.Attrs.First(p) != "" && in.Attrs.First(p) == "" {
			lost = append(lost, p)
		}
	}
	if len(lost) == 0 {
		return in, nil
	}
	if in.Attrs = in.Attrs.Clone(); in.Attrs == nil {
		in.Attrs = attr.Set{}
	}
	for _, p := range lost {
		in.Attrs[p] = slices.Clone(old.Attrs[p])
	}
	return in, lost
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
		l := r.vacateLine(g, string(key))
		if filled {
			r.doubts.emptied, r.doubts.vacated = append(r.doubts.emptied, key), append(r.doubts.vacated, l)
		}
	}
	if filled {
		r.doubts.filled++
	}
	return filled && len(came) == 0, nil
}

// judgeDoubts says why a read is not believed in which more people have lost an attribute than can be kept in mind.
func (r *Reading) judgeDoubts() *finding {
	if r.doubts.over {
		return r.lostAttributes(fmt.Sprintf("%s: more than %d people have lost an attribute", r.source, mostLines))
	}
	return nil
}

// judgeEmptied says why a read is not believed in which many groups have no members any more.
func (r *Reading) judgeEmptied() *finding {
	n := 0
	for _, l := range r.doubts.vacated {
		if _, said := r.let(Members, l.Key); !said {
			n++
		}
	}
	if n < emptyLeast || n*100 <= r.doubts.filled*emptyPercent {
		return nil
	}
	f := &finding{class: Members, problem: suspicious("source_members", fmt.Sprintf("%s: %d of %d groups have suddenly no members", r.source, n, r.doubts.filled),
		"The bind account probably lost the right to read the members.",
		fmt.Sprintf("Give the right back. If the groups really are empty: muster hold release %s.", r.source))}
	for _, l := range r.doubts.vacated {
		f.add(l)
	}
	return f
}

func (r *Reading) lostAttributes(what string) *finding {
	return &finding{class: Attributes, lines: r.doubts.lines, problem: suspicious("source_attributes", what,
		"The bind account probably lost the right to read it.",
		fmt.Sprintf("Give the right back. If it was abolished, remove it from the mapping. If these people really have none any more: muster hold release %s.", r.source))}
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
	if err := r.takeReferences(ctx, r.doubts.refers); err != nil {
		return err
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
