package ingest

import (
	"context"
	"slices"

	"muster/internal/directory"
	"muster/internal/source"
)

// A lookUp asks the source for missing entries one by one, by their keys. Whatever it does not say clearly changes nothing.
type lookUp struct {
	*Reading
	locator source.Locator
	failed  int   // chunks in a row without an answer
	unknown int   // entries nothing is known about
	err     error // why
	inside  []string
	there   int // entries found inside a base
}

const (
	lookUpChunk = 100
	lookUpTries = 3 // chunks that may fail in a row before the source is left alone
	lookUpNames = 5 // entries named in a note
)

// page looks up a page of missing entries.
func (l *lookUp) page(ctx context.Context, lost []directory.Record) error {
	for _, kind := range []directory.Kind{directory.Person, directory.Group} {
		all := slices.DeleteFunc(slices.Clone(lost), func(rec directory.Record) bool { return rec.Kind != kind })
		for part := range slices.Chunk(all, lookUpChunk) {
			if err := l.part(ctx, kind, part); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *lookUp) part(ctx context.Context, kind directory.Kind, lost []directory.Record) error {
	if l.locator == nil || l.failed >= lookUpTries {
		l.unknown += len(lost)
		return nil
	}
	keys := make([]source.Key, len(lost))
	for i, rec := range lost {
		keys[i] = source.Key(rec.Key)
	}
	found, err := l.locator.Locate(ctx, source.Kind(kind), keys)
	if err != nil {
		l.failed, l.unknown, l.err = l.failed+1, l.unknown+len(lost), err
		return ctx.Err()
	}
	l.failed = 0
	return l.believe(ctx, lost, found)
}

// believe draws the conclusions from an answer.
func (l *lookUp) believe(ctx context.Context, lost []directory.Record, found []source.Sighting) error {
	at := map[string]source.Sighting{}
	for _, s := range found {
		at[string(s.Record.Key)] = s
	}
	var inside, outside, nowhere []string
	for _, rec := range lost {
		s, ok := at[rec.Key]
		switch {
		case !ok:
			if rec.Object == "" || rec.Status == directory.Present || l.overdue(&rec) {
				nowhere = append(nowhere, rec.Key)
			}
		case s.Record.Base == "":
			outside = append(outside, rec.Key)
		default:
			if rec.Status == directory.Absent {
				inside = append(inside, rec.Key)
			}
			if l.there++; len(l.inside) < lookUpNames {
				l.inside = append(l.inside, s.Where)
			}
		}
	}
	if _, err := l.reappear(ctx, inside, uncounted); err != nil {
		return err
	}
	if err := l.leave(ctx, outside, at); err != nil {
		return err
	}
	return l.miss(ctx, nowhere)
}

// tell says about whom nothing was concluded.
func (l *lookUp) tell() {
	switch {
	case l.unknown > 0 && l.locator == nil:
		l.note("%d missing entries cannot be looked up one by one at this source; nothing is concluded", l.unknown)
	case l.unknown > 0:
		l.note("%d missing entries could not be looked up, nothing is concluded about them: %v", l.unknown, l.err)
	}
	if l.there > 0 {
		l.note("%d entries were not in the read but are there, such as %q; nothing is concluded about them", l.there, l.inside)
	}
}

// leave records entries that stand elsewhere now: they left the scope of the source.
func (r *Reading) leave(ctx context.Context, keys []string, at map[string]source.Sighting) error {
	left, err := r.conclude(ctx, keys, as(rowOutside), func(rec *directory.Record) bool {
		rec.Status, rec.Cause, rec.Since, rec.Name = directory.Outside, directory.Left, r.now, at[rec.Key].Where
		return true
	})
	r.sum.Outside += len(left)
	return err
}

// overdue reports whether an entry has been absent for so long that this read may conclude that it is gone.
func (r *Reading) overdue(rec *directory.Record) bool {
	return rec.Status == directory.Absent && r.now.Sub(rec.Since) >= r.door.grace()
}

// miss records entries that are nowhere: the first time as absent, and after the grace, when a second complete read and look-up agree, as removed. The grace
// lies between the first look-up and the beginning of the second read, however long they take. An entry that never became anybody, because its name was somebody
// else's, is removed at once: nobody leaves with it.
func (r *Reading) miss(ctx context.Context, keys []string) error {
	now := r.door.Now()
	lost, err := r.conclude(ctx, keys, countLost, func(rec *directory.Record) bool {
		switch {
		case rec.Object == "":
			rec.Status, rec.Cause, rec.Since = directory.Removed, directory.Missing, now
		case rec.Status == directory.Present:
			rec.Status, rec.Since = directory.Absent, now
		case r.overdue(rec):
			rec.Status, rec.Cause, rec.Since = directory.Removed, directory.Missing, now
		default:
			return false
		}
		return true
	})
	for _, rec := range lost {
		switch countLost(&rec) {
		case rowRemoved:
			r.sum.Removed++
		case rowAbsent:
			r.sum.Absent++
		}
	}
	return err
}

// countLost says as what an entry counts that is nowhere; one that never became anybody does not.
func countLost(rec *directory.Record) string {
	switch {
	case rec.Object == "":
		return ""
	case rec.Status == directory.Removed:
		return rowRemoved
	}
	return rowAbsent
}
