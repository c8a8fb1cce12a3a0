// Package ingest is the one door by which people and groups come in, whatever system they come from: it binds records to objects, maps their attributes,
// settles which source says what, and draws the only conclusions that absence allows.
//
// It reads no system itself (package source does), sends nothing anywhere (package engine does), and keeps nothing but what is in the directory. A read
// that changes nothing writes nothing.
//
//	Batch ─ Take ─▶ records ─ bind ─ map ─ settle ─▶ objects, edges ─▶ feed
//	end of a read ─ Close ─▶ trips ─ look-up ─▶ absent ─ second read ─▶ removed
package ingest

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"muster/internal/directory"
	"muster/internal/mapping"
	"muster/internal/run"
)

// Grace is how long a person must be missing before a second complete read may conclude that they are gone.
const Grace = 10 * time.Minute

// A Door lets batches into the directory. It is safe for concurrent use by reads of different sources.
type Door struct {
	Store directory.Store
	// Rules holds the rules of every source, in order of authority: of two values the one of the earlier source wins.
	Rules []Rules
	Now   func() time.Time
	Log   *slog.Logger
	Grace time.Duration // 0 = Grace
}

// Rules are the compiled rules of one source.
type Rules struct {
	Source  string
	Mapping *mapping.Source
	// Reads names the attributes that the source is asked for, in lower case: those whose loss is noticed. nil = those that Mapping reads.
	Reads []string
	// Once says that the source states once who people are, and is not read again to see whether they are still there, as a file that was loaded: whoever
	// another source speaks for, or did, is there or gone as that one says.
	Once bool
}

func (d *Door) grace() time.Duration {
	if d.Grace > 0 {
		return d.Grace
	}
	return Grace
}

func (d *Door) log() *slog.Logger {
	if d.Log != nil {
		return d.Log
	}
	return slog.New(slog.DiscardHandler)
}

func (d *Door) rules(source string) *mapping.Source {
	for _, r := range d.Rules {
		if r.Source == source {
			return r.Mapping
		}
	}
	return nil
}

// voices returns those of the records of an object that say whether it is there.
func (d *Door) voices(records []*directory.Record) []*directory.Record {
	lasting := slices.DeleteFunc(slices.Clone(records), func(rec *directory.Record) bool { return d.once(rec.Source) })
	if len(lasting) == 0 {
		return records
	}
	return lasting
}

func (d *Door) once(source string) bool {
	return slices.ContainsFunc(d.Rules, func(r Rules) bool { return r.Source == source && r.Once })
}

// reads returns the attributes whose loss at a source is noticed.
func (d *Door) reads(source string) []string {
	for _, r := range d.Rules {
		if r.Source == source && r.Reads != nil {
			return r.Reads
		}
	}
	return d.rules(source).Attributes()
}

const races = 4

// update runs fn in a transaction, again if somebody else took a unique value meanwhile: fn then sees who has it.
func (d *Door) update(ctx context.Context, by directory.Actor, fn func(directory.Tx) error) error {
	for try := 1; ; try++ {
		err := d.Store.Update(ctx, by, fn)
		if try == races || !errors.Is(err, directory.ErrConflict) {
			return err
		}
	}
}

// order returns the rank of a source; lower wins.
func (d *Door) order(source string) int {
	for i, r := range d.Rules {
		if r.Source == source {
			return i
		}
	}
	return len(d.Rules)
}

// A Summary says what a read did.
type Summary struct {
	Read, Added, Changed, Unchanged    int // records
	Absent, Removed, Outside, Returned int // people and groups
	EdgesAdded, EdgesRemoved           int
	Waiting                            int // records that could not be bound or mapped
	Notes                              []string
	Problem                            *run.Problem // why nobody was removed
	Suspicious                         bool
	Bases                              []BaseCount // of a read that was judged: what it saw of each base that it read whole
}

// Counts returns the numbers of s under their stable names, zeros left out.
func (s Summary) Counts() map[string]int {
	out := map[string]int{}
	for name, n := range map[string]int{
		"read": s.Read, "added": s.Added, "changed": s.Changed, "unchanged": s.Unchanged, "absent": s.Absent, "removed": s.Removed,
		"outside": s.Outside, "returned": s.Returned, "memberships_added": s.EdgesAdded, "memberships_removed": s.EdgesRemoved, "waiting": s.Waiting,
	} {
		if n != 0 {
			out[name] = n
		}
	}
	return out
}
