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

// Close ends a read. cause is how Pull ended: only nil lets bases that were read whole yield absence, after the whole read is judged and every missing entry
// was looked up one by one. It returns what the read did; an error means that the store failed.
func (r *Reading) Close(ctx context.Context, locate source.Locator, cause error) (Summary, error) {
	err := errors.Join(r.stand(ctx), r.endMembers(ctx))
	if err != nil {
		return r.summary(), err
	}
	if cause != nil {
		r.sum.Problem = incomplete(r.source, cause)
		return r.summary(), r.keepHolds(ctx, nil, false)
	}
	bases := slices.Sorted(maps.Keys(r.complete))
	if err := r.rebind(ctx, bases); err != nil {
		return r.summary(), err
	}
	trips, err := r.judge(ctx, bases)
	if err != nil {
		return r.summary(), err
	}
	if len(trips) > 0 {
		r.sum.Suspicious, r.sum.Problem = true, trips[0].problem
		for _, f := range trips[1:] {
			r.note("also: %s", f.problem.What)
		}
		return r.summary(), r.keepHolds(ctx, trips, true)
	}
	if err := r.conclusions(ctx, locate, bases); err != nil {
		return r.summary(), err
	}
	return r.summary(), r.keepHolds(ctx, nil, true)
}

// conclusions takes in what a read means that is believed.
func (r *Reading) conclusions(ctx context.Context, locate source.Locator, bases []source.Base) error {
	if err := r.believe(ctx); err != nil {
		return err
	}
	if err := r.bindFew(ctx); err != nil {
		return err
	}
	l := &lookUp{Reading: r, locator: locate}
	for _, base := range bases {
		if err := r.missing(ctx, base, func(lost []directory.Record, _ int) error { return l.page(ctx, lost) }); err != nil {
			return err
		}
	}
	l.tell()
	return r.keepShares(ctx)
}

// summary returns what was done, and how many notes it leaves out.
func (r *Reading) summary() Summary {
	out := r.sum
	if r.unsaid > 0 {
		out.Notes = append(slices.Clone(out.Notes), fmt.Sprintf("%d more notes are left out", r.unsaid))
	}
	return out
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

// missing walks everybody known in a base, page by page, and hands those over whom this read did not see, and how many of the page were believed to be there.
// An entry that waits without an object counts as lost, but not as one of those who were there. If nobody is missing, it says so by no call at all, and walks
// over nobody.
func (r *Reading) missing(ctx context.Context, base source.Base, fn func(lost []directory.Record, present int) error) error {
	const size = 2000
	in := []directory.Status{directory.Present, directory.Absent}
	if all, err := r.sawAll(ctx, base, in); all || err != nil {
		return err
	}
	for after := ""; ; {
		var page []directory.Record
		err := r.door.Store.View(ctx, func(v directory.Reader) (err error) {
			page, err = v.ListHeads(ctx, r.source, string(base), in, after, size)
			return err
		})
		if err != nil {
			return fmt.Errorf("walk the records of %s: %w", base, err)
		}
		var lost []directory.Record
		present := 0
		for _, rec := range page {
			after = rec.Key
			if there(rec) {
				present++
			}
			if !r.saw(rec.Key) {
				lost = append(lost, rec)
			}
		}
		if err := fn(lost, present); err != nil || len(page) < size {
			return err
		}
	}
}

// sawAll reports whether this read saw as many entries of a base as are stored there: each of those it saw is stored, so there are no others.
func (r *Reading) sawAll(ctx context.Context, base source.Base, in []directory.Status) (bool, error) {
	if r.again {
		return false, nil
	}
	var stored int
	err := r.door.Store.View(ctx, func(v directory.Reader) (err error) {
		stored, err = v.CountRecords(ctx, r.source, string(base), in)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("count the records of %s: %w", base, err)
	}
	return stored == r.count[base], nil
}

// there reports whether a record was believed to be there before this read.
func there(r directory.Record) bool { return r.Status == directory.Present && r.Object != "" }

func (r *Reading) saw(key string) bool {
	_, ok := r.seen[r.hash(key)]
	return ok
}
