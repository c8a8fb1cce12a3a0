package ingest

import (
	"context"
	"fmt"
	"slices"

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
func (r *Reading) judge(ctx context.Context, bases []source.Base) ([]*finding, error) {
	var out []*finding
	var moved *finding
	var rest pairs // of bases in which they are few
	announced, err := r.announced(ctx)
	if err != nil {
		return nil, err
	}
	for _, base := range bases {
		anchors, shrunk, others, err := r.judgeBase(ctx, base, announced)
		if err != nil {
			return nil, err
		}
		rest = append(rest, others...)
		if anchors != nil {
			moved, out = anchors, append(out, anchors)
		}
		if shrunk != nil {
			out = append(out, shrunk)
		}
	}
	for _, p := range rest {
		if moved != nil {
			moved.add(r.rebindLine(p))
		}
	}
	f, err := r.judgeShares(ctx)
	if f == nil {
		f = r.judgeDoubts()
	}
	if f != nil {
		out = append(out, f)
	}
	if f := r.judgeEmptied(); f != nil {
		out = append(out, f)
	}
	return out, err
}

// A lack is what a read lacks of a base.
type lack struct {
	lost    int                // entries that are known and were not in the read
	fresh   int                // of those, the ones that were believed to be there before, and of whom no person said that they are gone
	present int                // entries that were believed to be there
	gone    int                // of these, all that were not in the read
	entries []directory.Record // those who are fresh, and of whom a person said it
}

func (r *Reading) lack(ctx context.Context, base source.Base) (lack, error) {
	var out lack
	err := r.missing(ctx, base, func(page []directory.Record, n int) error {
		out.present += n
		out.lost += len(page)
		for _, rec := range page {
			if !there(rec) {
				continue
			}
			out.gone++
			if !r.letGo(rec) {
				out.fresh++
			}
			if len(out.entries) < mostLines {
				out.entries = append(out.entries, rec)
			}
		}
		return nil
	})
	return out, err
}

// letGo reports whether a person said that an entry is gone.
func (r *Reading) letGo(rec directory.Record) bool {
	_, said := r.let(Shrink, missLine(r, rec).Key)
	return said
}

// judgeBase says whether too many entries of a base stand under new ids, or are missing, and which stand under new ids though they are not too many.
func (r *Reading) judgeBase(ctx context.Context, base source.Base, announced int) (anchors, shrunk *finding, rest pairs, err error) {
	l, err := r.lack(ctx, base)
	if err != nil {
		return nil, nil, nil, err
	}
	if l.lost == 0 {
		r.tally(base, l, announced)
		return nil, nil, nil, nil
	}
	all, err := r.displaced(ctx, base)
	if err != nil {
		return nil, nil, nil, err
	}
	n := len(all.others())
	if n < anchorLeast || n*100 <= l.present*anchorPercent {
		rest = all
		r.explain(all.released(), &l)
	} else {
		anchors = r.newIDs(base, all, n, l.present)
		r.explain(all, &l)
	}
	if r.tally(base, l, announced); !shrinks(l.fresh, l.present, announced) {
		return anchors, nil, rest, nil
	}
	shrunk = &finding{class: Shrink, problem: suspicious("source_shrank", fmt.Sprintf("%s/%s: %d of %d entries are suddenly missing", r.source, base, l.fresh, l.present),
		"An unselected or renamed OU, a changed filter, lost read rights and a restored backup all look like this; so does a real mass exit.",
		fmt.Sprintf("If the entries are there, mend the base, filter or rights. If they really are gone: muster hold release %s.", r.source))}
	for _, rec := range l.entries {
		shrunk.add(missLine(r, rec))
	}
	shrunk.more = max(0, l.fresh-len(shrunk.lines))
	return anchors, shrunk, rest, nil
}

func (r *Reading) newIDs(base source.Base, all pairs, n, present int) *finding {
	f := &finding{class: Anchors, problem: suspicious("source_anchors", fmt.Sprintf("%s/%s: identity anchors changed for %d of %d entries: new ids under known names", r.source, base, n, present),
		"The ID attribute was switched, its byte order is read differently, or the directory was rebuilt from an export.",
		fmt.Sprintf("If the ID attribute was switched by mistake, put it back. If these are the same people under new ids, say so: muster hold release %s.", r.source))}
	for _, p := range all {
		f.add(r.rebindLine(p))
	}
	return f
}

// explain takes the old entries of pairs out of what a base lacks: it is known why they are not there.
func (r *Reading) explain(p pairs, l *lack) {
	old := make(map[string]bool, len(p))
	for _, x := range p {
		if !old[x.old.Key] && !r.letGo(x.old) {
			l.fresh--
		}
		old[x.old.Key] = true
	}
	l.entries = slices.DeleteFunc(l.entries, func(rec directory.Record) bool { return old[rec.Key] })
}

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
