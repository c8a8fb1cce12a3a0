package ingest

import (
	"context"
	"fmt"
	"slices"

	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/source"
)

// A pair is an entry that this read did not see, and a new one that stands at its place or bears its username.
type pair struct {
	old, new directory.Record
	why      string
	answer   run.Answer // what a person said about them
	said     bool
}

type pairs []pair

// released returns the pairs about which a person has said that they are two people.
func (p pairs) released() pairs {
	return slices.DeleteFunc(slices.Clone(p), func(x pair) bool { return !x.said })
}

// others returns the pairs about which nobody has said anything.
func (p pairs) others() pairs {
	return slices.DeleteFunc(slices.Clone(p), func(x pair) bool { return x.said })
}

// displaced returns the entries of a base that have no object because their place or their username is that of an entry that this read did not see. Who waits
// for the name of somebody who is there does not count: that is a conflict between two people, and may last.
func (r *Reading) displaced(ctx context.Context, base source.Base) (pairs, error) {
	const size = 500
	var out pairs
	for after := ""; ; {
		var page []directory.Record
		err := r.door.Store.View(ctx, func(v directory.Reader) (err error) {
			if page, err = v.Waiting(ctx, r.source, after, size); err != nil {
				return err
			}
			found, err := r.displacedOf(ctx, v, base, page)
			out = append(out, found...)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("look at who waits: %w", err)
		}
		if len(page) < size {
			return out, nil
		}
		after = page[len(page)-1].Key
	}
}

func (r *Reading) displacedOf(ctx context.Context, v directory.Reader, base source.Base, page []directory.Record) (pairs, error) {
	var names, handles []string
	wanted := map[string]string{} // key → username
	for _, rec := range page {
		if rec.Object != "" || rec.Base != string(base) || !r.saw(rec.Key) {
			continue
		}
		set, _ := r.rules.Map(rec) // a rule that fails gives no username, and then none is taken
		wanted[rec.Key] = set.First(directory.Username)
		names, handles = append(names, rec.Name), append(handles, wanted[rec.Key])
	}
	if len(names) == 0 {
		return nil, nil
	}
	stood, err := v.RecordsByName(ctx, r.source, names)
	if err != nil {
		return nil, err
	}
	holders, err := v.ObjectsByHandle(ctx, directory.Person, handles)
	if err != nil {
		return nil, err
	}
	places, users, err := r.unseen(ctx, v, stood, holders)
	var out pairs
	for _, rec := range page {
		h, ok := wanted[rec.Key]
		if !ok {
			continue
		}
		if old, ok := places[fold(rec.Name)]; ok && isDN(rec.Name) {
			out = append(out, r.pair(old, rec, "stands at the place of this one: "+rec.Name))
		} else if old, ok := users[fold(h)]; ok && h != "" {
			out = append(out, r.pair(old, rec, fmt.Sprintf("has the username %q of this one: %s", h, rec.Name)))
		}
	}
	return out, err
}

// pair joins two entries, with what a person has said about them.
func (r *Reading) pair(old, now directory.Record, why string) pair {
	p := pair{old: old, new: now, why: why}
	p.answer, p.said = r.let(Anchors, r.rebindLine(p).Key)
	return p
}

// unseen returns those who were there and whom this read did not see, by place and by username. Who is absent already was judged by an earlier read.
func (r *Reading) unseen(ctx context.Context, v directory.Reader, stood []directory.Record, holders []directory.Object) (places, users map[string]directory.Record, err error) {
	places, users = map[string]directory.Record{}, map[string]directory.Record{}
	lost := func(rec directory.Record) bool {
		return rec.Source == r.source && there(rec) && !r.saw(rec.Key)
	}
	for _, rec := range stood {
		if lost(rec) {
			places[fold(rec.Name)] = rec
		}
	}
	handles := map[directory.ID]string{}
	ids := make([]directory.ID, len(holders))
	for i, o := range holders {
		handles[o.ID], ids[i] = fold(o.Handle()), o.ID
	}
	records, err := v.RecordsOf(ctx, ids)
	for _, rec := range records {
		if lost(rec) {
			users[handles[rec.Object]] = rec
		}
	}
	return places, users, err
}

// rebind gives the entries of which a person said that they are the same people under new ids to those people. Nobody leaves, and nobody is made twice.
func (r *Reading) rebind(ctx context.Context, bases []source.Base) error {
	if len(r.released[Anchors]) == 0 {
		return nil
	}
	for _, base := range bases {
		found, err := r.displaced(ctx, base)
		if err != nil {
			return err
		}
		found = slices.DeleteFunc(found.released(), func(p pair) bool { return p.answer == run.Create })
		for part := range slices.Chunk(found, chunk) {
			if err := r.rebindPart(ctx, part); err != nil {
				return fmt.Errorf("bind entries under new ids: %w", err)
			}
		}
	}
	return nil
}

// rebindPart binds entries of one kind of place to the people of the old ones, whose records speak for nobody any more.
func (r *Reading) rebindPart(ctx context.Context, part pairs) error {
	var done *settling
	err := r.update(ctx, func(tx directory.Tx) error {
		done = &settling{door: r.door, reading: r, tx: tx, now: r.now}
		keys := make([]string, 0, 2*len(part))
		for _, p := range part {
			keys = append(keys, p.old.Key, p.new.Key)
		}
		known, err := tx.Records(ctx, r.source, keys)
		if err != nil {
			return err
		}
		at := make(map[string]*directory.Record, len(known))
		for _, rec := range known {
			at[rec.Key] = &rec
		}
		for _, p := range part {
			old, now := at[p.old.Key], at[p.new.Key]
			if old == nil || now == nil || now.Object != "" || old.Object == "" || old.Kind != now.Kind {
				continue
			}
			now.Object, now.Waiting, now.MembersHash = old.Object, "", old.MembersHash
			old.Status, old.Cause, old.Since, old.Waiting = directory.Removed, directory.Stated, r.now, ""
			done.records = append(done.records, old, now)
		}
		if len(done.records) == 0 {
			return nil
		}
		if err := done.reconsider(ctx); err != nil {
			return err
		}
		return r.keep(ctx, tx, counts(done.records, countBack))
	})
	if err != nil {
		return err
	}
	for _, rec := range done.records {
		if countBack(rec) != "" {
			r.remember(mark(rec), source.Base(rec.Base))
			r.sum.Returned++
		}
	}
	for _, p := range part {
		r.carried(Anchors, r.rebindLine(p).Key)
	}
	return nil
}

// countBack says as what the entries of a pair count: the one that is there, as back.
func countBack(rec *directory.Record) string {
	if live(rec) {
		return rowReturned
	}
	return ""
}
