package ingest

import (
	"context"
	"fmt"

	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/source"
)

// The trips: a read that passes one of them was whole, and is not believed.
const (
	shrinkPercent = 10 // of a base
	shrinkLeast   = 5  // entries
	anchorPercent = 1  // of a base: new keys under known names
	anchorLeast   = 3
	sharePoints   = 10 // that the share of people with an attribute may fall
	shareLeast    = 5  // people
	emptyPercent  = 10 // of the groups with members
	emptyLeast    = 3  // groups
)

// judge says why a read is not believed: nothing means that it is. A read is judged as one, since entries move from base to base, and one right that is lost
// may be felt in any of them.
func (r *Reading) judge(ctx context.Context, bases []source.Base) ([]*run.Problem, error) {
	var out []*run.Problem
	for _, base := range bases {
		p, err := r.judgeBase(ctx, base)
		if err != nil {
			return nil, err
		}
		if p != nil {
			out = append(out, p)
		}
	}
	p, err := r.judgeShares(ctx)
	if p != nil {
		out = append(out, p)
	}
	return out, err
}

func (r *Reading) judgeBase(ctx context.Context, base source.Base) (*run.Problem, error) {
	lost, fresh, present := 0, 0, 0
	err := r.missing(ctx, base, func(page []directory.Record, n int) error {
		present += n
		lost += len(page)
		for _, rec := range page {
			if there(rec) {
				fresh++
			}
		}
		return nil
	})
	if err != nil || lost == 0 {
		return nil, err
	}
	announced, err := r.announced(ctx)
	if err != nil {
		return nil, err
	}
	if fresh >= shrinkLeast && fresh*100 > present*shrinkPercent && fresh > announced {
		return suspicious("source_shrank", fmt.Sprintf("%s/%s: %d of %d entries are suddenly missing", r.source, base, fresh, present),
			"An unselected or renamed OU, a changed filter, lost read rights and a restored backup all look like this; so does a real mass exit.",
			fmt.Sprintf("If the entries are there, mend the base, filter or rights. If they really are gone, announce it: muster limit raise %s shrink --to %d --until 2h.", r.source, fresh)), nil
	}
	n, err := r.displaced(ctx, base)
	if err != nil || n < anchorLeast || n*100 <= present*anchorPercent {
		return nil, err
	}
	return suspicious("source_anchors", fmt.Sprintf("%s/%s: identity anchors changed for %d of %d entries: new ids under known names", r.source, base, n, present),
		"The ID attribute was switched, its byte order is read differently, or the directory was rebuilt from an export.",
		"Restore the ID attribute in the configuration, or bind the entries to their people again."), nil
}

// Shrink is the limit of a source that a person may raise for a while: how many entries of a base may go missing in one read.
const Shrink = "shrink"

// announced returns how many missing entries a person has announced for now.
func (r *Reading) announced(ctx context.Context) (int, error) {
	n := 0
	err := r.door.Store.View(ctx, func(v directory.Reader) error {
		raises, err := run.Of(v).Raises(ctx, r.source, r.now)
		for _, raise := range raises {
			if raise.Class == Shrink {
				n = max(n, raise.To)
			}
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("read what was announced for %s: %w", r.source, err)
	}
	return n, nil
}

func suspicious(code, what, why, fix string) *run.Problem {
	return &run.Problem{Code: code, What: what, Why: why, Now: "The read is not believed: nobody and nothing is removed because of it. Other changes of those who were read are in.", Fix: fix}
}

// displaced counts the entries of a base that have no object because their place or their username is that of an entry that this read did not see. Who waits
// for the name of somebody who is there does not count: that is a conflict between two people, and may last.
func (r *Reading) displaced(ctx context.Context, base source.Base) (int, error) {
	const size = 500
	n := 0
	for after := ""; ; {
		var page []directory.Record
		err := r.door.Store.View(ctx, func(v directory.Reader) (err error) {
			if page, err = v.Waiting(ctx, r.source, after, size); err != nil {
				return err
			}
			m, err := r.displacedOf(ctx, v, base, page)
			n += m
			return err
		})
		if err != nil {
			return 0, fmt.Errorf("look at who waits: %w", err)
		}
		if len(page) < size {
			return n, nil
		}
		after = page[len(page)-1].Key
	}
}

func (r *Reading) displacedOf(ctx context.Context, v directory.Reader, base source.Base, page []directory.Record) (int, error) {
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
		return 0, nil
	}
	stood, err := v.RecordsByName(ctx, r.source, names)
	if err != nil {
		return 0, err
	}
	holders, err := v.ObjectsByHandle(ctx, directory.Person, handles)
	if err != nil {
		return 0, err
	}
	places, users, err := r.unseen(ctx, v, stood, holders)
	n := 0
	for _, rec := range page {
		if h, ok := wanted[rec.Key]; ok && (isDN(rec.Name) && places[fold(rec.Name)] || users[fold(h)]) {
			n++
		}
	}
	return n, err
}

// unseen returns the places and usernames of those whom this read did not see.
func (r *Reading) unseen(ctx context.Context, v directory.Reader, stood []directory.Record, holders []directory.Object) (places, users map[string]bool, err error) {
	places, users = map[string]bool{}, map[string]bool{}
	lost := func(rec directory.Record) bool {
		return rec.Source == r.source && rec.Object != "" && live(&rec) && !r.saw(rec.Key)
	}
	for _, rec := range stood {
		places[fold(rec.Name)] = places[fold(rec.Name)] || lost(rec)
	}
	handles := map[directory.ID]string{}
	ids := make([]directory.ID, len(holders))
	for i, o := range holders {
		handles[o.ID], ids[i] = fold(o.Handle()), o.ID
	}
	records, err := v.RecordsOf(ctx, ids)
	for _, rec := range records {
		users[handles[rec.Object]] = users[handles[rec.Object]] || lost(rec)
	}
	delete(users, "")
	return places, users, err
}
