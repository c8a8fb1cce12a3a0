package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/source"
)

// Close ends a read. cause is how Pull ended: only nil lets bases that were read whole yield absence, after the trips are judged and every missing entry
// was looked up one by one. It returns what the read did; an error means that the store failed.
func (r *Reading) Close(ctx context.Context, locate source.Locator, cause error) (Summary, error) {
	if cause != nil {
		r.sum.Problem = incomplete(r.source, cause)
		return r.sum, nil
	}
	for _, base := range slices.Sorted(maps.Keys(r.complete)) {
		if err := r.closeBase(ctx, base, locate); err != nil {
			return r.sum, err
		}
	}
	return r.sum, r.shares.save(ctx, r)
}

// incomplete explains a read that could not be finished.
func incomplete(name string, cause error) *run.Problem {
	p := &run.Problem{
		Code: "source_incomplete", What: fmt.Sprintf("source %s could not be read whole", name), Why: cause.Error(),
		Now: "Nobody was removed anywhere. People who were read are up to date; the rest keep what they have.",
		Fix: "Run `muster source test " + name + "` and mend what it shows; the next read starts over by itself.",
	}
	if inc := (*source.Incomplete)(nil); errors.As(cause, &inc) {
		p.Code = "source_" + inc.Code
		p.What = fmt.Sprintf("source %s: %s", name, inc.What)
		if inc.Err != nil {
			p.Why = inc.Err.Error()
		} else {
			p.Why = "The answer does not prove that everything was seen."
		}
		if inc.Fix != "" {
			p.Fix = inc.Fix
		}
	}
	return p
}

// closeBase finds who was not in a base that was read whole, and concludes what may be concluded.
func (r *Reading) closeBase(ctx context.Context, base source.Base, locate source.Locator) error {
	lost, present, err := r.unseen(ctx, base)
	if err != nil || len(lost) == 0 {
		return err
	}
	if p, err := r.trip(ctx, base, lost, present); p != nil || err != nil {
		r.sum.Suspicious, r.sum.Problem = p != nil, p
		return err
	}
	return r.lookUp(ctx, lost, locate)
}

// unseen walks everybody known in a base and returns those whom this read did not see, and how many were present before.
func (r *Reading) unseen(ctx context.Context, base source.Base) (lost []directory.Record, present int, err error) {
	in := []directory.Status{directory.Present, directory.Absent}
	for after := ""; ; {
		var page []directory.Record
		err := r.door.Store.View(ctx, func(v directory.Reader) (err error) {
			page, err = v.ListHeads(ctx, r.source, string(base), in, after, 2000)
			return err
		})
		if err != nil {
			return nil, 0, fmt.Errorf("walk the records of %s: %w", base, err)
		}
		for _, rec := range page {
			if rec.Status == directory.Present {
				present++
			}
			if _, ok := r.seen[hashKey(rec.Key)]; !ok {
				lost = append(lost, rec)
			}
		}
		if len(page) < 2000 {
			return lost, present, nil
		}
		after = page[len(page)-1].Key
	}
}

// lookUp asks the source for each missing entry by its key. Whatever it does not say clearly changes nothing.
func (r *Reading) lookUp(ctx context.Context, lost []directory.Record, locate source.Locator) error {
	if locate == nil {
		r.sum.Notes = append(r.sum.Notes, fmt.Sprintf("%d missing entries cannot be looked up one by one at this source; nothing is concluded", len(lost)))
		return nil
	}
	for _, kind := range []directory.Kind{directory.Person, directory.Group} {
		all := slices.DeleteFunc(slices.Clone(lost), func(rec directory.Record) bool { return rec.Kind != kind })
		for part := range slices.Chunk(all, 100) {
			if err := r.locate(ctx, kind, part, locate); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Reading) locate(ctx context.Context, kind directory.Kind, lost []directory.Record, locate source.Locator) error {
	keys := make([]source.Key, len(lost))
	for i, rec := range lost {
		keys[i] = source.Key(rec.Key)
	}
	found, err := locate.Locate(ctx, source.Kind(kind), keys)
	if err != nil {
		r.sum.Notes = append(r.sum.Notes, fmt.Sprintf("%d missing entries could not be looked up, nothing is concluded about them: %v", len(lost), err))
		return nil
	}
	at := map[string]source.Sighting{}
	for _, s := range found {
		at[string(s.Record.Key)] = s
	}
	var outside, nowhere []string
	for _, rec := range lost {
		s, ok := at[rec.Key]
		switch {
		case !ok:
			nowhere = append(nowhere, rec.Key)
		case s.Record.Base == "":
			outside = append(outside, rec.Key)
		default:
			r.sum.Notes = append(r.sum.Notes, fmt.Sprintf("%s was not in the read but is there (%s); nothing is concluded", rec.Name, s.Where))
		}
	}
	if err := r.leave(ctx, outside, at); err != nil {
		return err
	}
	return r.miss(ctx, nowhere)
}

// leave records entries that stand elsewhere now: they left the scope of the source.
func (r *Reading) leave(ctx context.Context, keys []string, at map[string]source.Sighting) error {
	n, err := r.conclude(ctx, keys, func(rec *directory.Record) bool {
		rec.Status, rec.Cause, rec.Since, rec.Name = directory.Outside, directory.Left, r.now, at[rec.Key].Where
		return true
	})
	r.sum.Outside += n
	return err
}

// miss records entries that are nowhere: the first time as absent, and after the grace, when a second complete read and look-up agree, as removed.
func (r *Reading) miss(ctx context.Context, keys []string) error {
	removed := 0
	n, err := r.conclude(ctx, keys, func(rec *directory.Record) bool {
		switch {
		case rec.Status == directory.Present:
			rec.Status, rec.Since = directory.Absent, r.now
			return true
		case rec.Status == directory.Absent && r.now.Sub(rec.Since) >= r.door.grace():
			rec.Status, rec.Cause, rec.Since = directory.Removed, directory.Missing, r.now
			removed++
			return true
		}
		return false
	})
	r.sum.Removed += removed
	r.sum.Absent += n - removed
	return err
}
