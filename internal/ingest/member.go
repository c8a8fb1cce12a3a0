package ingest

import (
	"context"
	"fmt"
	"slices"

	"muster/internal/directory"
	"muster/internal/source"
)

// A group is what is known of a group that is in this read.
type group struct {
	id   directory.ID
	hash string // of its members as stored
	had  bool   // members of it came before and were let go of: what comes now may be a part
}

// pending is the group whose members are arriving. A group's members come together, so one at a time is enough.
type pending struct {
	group   source.Key
	members []directory.ID // no record is known for the others
}

// editsPerWrite bounds one transaction.
const editsPerWrite = 5000

// takeMembers gathers memberships group by group, writes groups whose members differ, and applies single additions and removals. Of a group that did not come
// whole, members are added and none is removed.
func (r *Reading) takeMembers(ctx context.Context, members []source.Membership, whole []source.Key) error {
	w := &rosters{Reading: r, whole: together(members, whole)}
	var deltas []source.Membership
	for _, m := range members {
		if m.Op != source.Seen {
			deltas = append(deltas, m)
			continue
		}
		if m.Group != r.pending.group {
			if err := w.end(ctx); err != nil {
				return err
			}
			r.pending = pending{group: m.Group}
		}
		if id := r.seen[r.hash(string(m.Member))]; id != "" {
			r.pending.members = append(r.pending.members, id)
		}
	}
	if w.whole[r.pending.group] {
		if err := w.end(ctx); err != nil {
			return err
		}
	}
	unfinished := r.pending
	for _, g := range whole { // the others are empty
		if w.whole[g] {
			r.pending = pending{group: g}
			if err := w.end(ctx); err != nil {
				return err
			}
		}
	}
	r.pending = unfinished
	if err := w.flush(ctx); err != nil {
		return err
	}
	return r.takeDeltas(ctx, deltas)
}

// endMembers takes in what came of the last group, when no more comes. That it was whole was not said.
func (r *Reading) endMembers(ctx context.Context) error {
	w := &rosters{Reading: r}
	if err := w.end(ctx); err != nil {
		return err
	}
	return w.flush(ctx)
}

// together returns those of whole whose members stand together in a batch, as they must.
func together(members []source.Membership, whole []source.Key) map[source.Key]bool {
	out := make(map[source.Key]bool, len(whole))
	for _, g := range whole {
		out[g] = true
	}
	ended := map[source.Key]bool{}
	var last source.Key
	for _, m := range members {
		if m.Op != source.Seen || m.Group == last {
			continue
		}
		if ended[m.Group] {
			delete(out, m.Group)
		}
		ended[last], last = true, m.Group
	}
	return out
}

// takeDeltas applies additions and removals one by one. The stored digests no longer hold then; what concerns an entry that is not known is healed by the next
// complete read.
func (r *Reading) takeDeltas(ctx context.Context, deltas []source.Membership) error {
	for part := range slices.Chunk(deltas, chunk) {
		var touched map[string]bool
		err := r.update(ctx, func(tx directory.Tx) error {
			touched = map[string]bool{}
			return r.applyDeltas(ctx, tx, part, touched)
		})
		if err != nil {
			return fmt.Errorf("store changed memberships: %w", err)
		}
		for key := range touched {
			h := r.hash(key)
			if g, ok := r.groups[h]; ok {
				g.hash = staleHash
				r.groups[h] = g
			}
		}
	}
	return nil
}

func (r *Reading) applyDeltas(ctx context.Context, tx directory.Tx, deltas []source.Membership, touched map[string]bool) error {
	var keys []string
	for _, m := range deltas {
		keys = append(keys, string(m.Group), string(m.Member))
	}
	slices.Sort(keys)
	records, err := tx.Records(ctx, r.source, slices.Compact(keys))
	if err != nil {
		return err
	}
	known := make(map[string]directory.Record, len(records))
	for _, rec := range records {
		known[rec.Key] = rec
	}
	var groups []directory.Record
	for _, m := range deltas {
		g, member := known[string(m.Group)], known[string(m.Member)].Object
		if g.Kind != directory.Group || g.Object == "" || member == "" {
			continue
		}
		if !touched[g.Key] {
			touched[g.Key], g.MembersHash = true, staleHash
			groups = append(groups, g)
		}
		add, remove := []directory.ID{member}, []directory.ID(nil)
		if m.Op == source.Remove {
			add, remove = nil, add
		}
		r.touch(g.Object, member)
		if err := tx.PutEdges(ctx, g.Object, add, remove); err != nil {
			return err
		}
	}
	return tx.PutRecords(ctx, groups...)
}

// members returns all direct members of a group, sorted.
func members(ctx context.Context, v directory.Reader, group directory.ID) ([]directory.ID, error) {
	const size = 5000
	var out []directory.ID
	for after := directory.ID(""); ; {
		page, err := v.Members(ctx, group, after, size)
		if err != nil {
			return nil, err
		}
		out = append(out, page...)
		if len(page) < size {
			slices.Sort(out) // a store lists members in an order of its own
			return out, nil
		}
		after = page[len(page)-1]
	}
}

// missing returns the items of a, sorted, that sorted b lacks.
func missing(a, b []directory.ID) []directory.ID {
	var out []directory.ID
	for _, id := range a {
		for len(b) > 0 && b[0] < id {
			b = b[1:]
		}
		if len(b) == 0 || b[0] != id {
			out = append(out, id)
		}
	}
	return out
}
