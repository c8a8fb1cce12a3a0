package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"

	"muster/internal/directory"
	"muster/internal/source"
)

// pending is the group whose members are arriving. A group's members come together, so one at a time is enough.
type pending struct {
	group   source.Key
	members []directory.ID
	unknown int // members that no record is known for
}

// A roster is a group with all its members as this read has them.
type roster struct {
	key     string
	group   directory.ID
	members []directory.ID // sorted, distinct
	hash    string
}

// edgesPerWrite bounds one transaction.
const edgesPerWrite = 5000

// takeMembers gathers memberships group by group, writes whole groups whose members differ, and applies single additions and removals.
func (r *Reading) takeMembers(ctx context.Context, members []source.Membership, whole []source.Key) error {
	ends := make(map[source.Key]bool, len(whole))
	for _, g := range whole {
		ends[g] = true
	}
	var changed []roster
	weight := 0
	flush := func() error {
		err := r.writeRosters(ctx, changed)
		changed, weight = nil, 0
		return err
	}
	close := func() error {
		if !ends[r.pending.group] {
			return nil
		}
		delete(ends, r.pending.group)
		if ro, ok := r.roster(); ok {
			changed = append(changed, ro)
			weight += len(ro.members)
		}
		r.pending = pending{}
		if weight >= edgesPerWrite {
			return flush()
		}
		return nil
	}
	for _, m := range members {
		if m.Op != source.Seen {
			if err := r.delta(ctx, m); err != nil {
				return err
			}
			continue
		}
		if m.Group != r.pending.group {
			if err := close(); err != nil {
				return err
			}
			r.pending = pending{group: m.Group}
		}
		r.pending.add(r.seen[hashKey(string(m.Member))])
	}
	if err := close(); err != nil {
		return err
	}
	for g := range ends { // whole and empty
		r.pending = pending{group: g}
		if err := close(); err != nil {
			return err
		}
	}
	return flush()
}

func (p *pending) add(id directory.ID) {
	if id == "" {
		p.unknown++
		return
	}
	p.members = append(p.members, id)
}

// roster returns the pending group if its members are not what they were.
func (r *Reading) roster() (roster, bool) {
	h := hashKey(string(r.pending.group))
	id, ok := r.seen[h]
	if !ok || id == "" {
		return roster{}, false
	}
	slices.Sort(r.pending.members)
	ro := roster{key: string(r.pending.group), group: id, members: slices.Compact(r.pending.members)}
	ro.hash = hashMembers(ro.members)
	return ro, ro.hash != r.groups[h]
}

// hashMembers digests a member list without regard to its order: the sum of the hashes of the members.
func hashMembers(ids []directory.ID) string {
	var sum [2]uint64
	for _, id := range ids {
		d := sha256.Sum256([]byte(id))
		sum[0] += binary.BigEndian.Uint64(d[:8])
		sum[1] += binary.BigEndian.Uint64(d[8:16])
	}
	var out [24]byte
	binary.BigEndian.PutUint64(out[:8], sum[0])
	binary.BigEndian.PutUint64(out[8:16], sum[1])
	binary.BigEndian.PutUint64(out[16:], uint64(len(ids)))
	return hex.EncodeToString(out[:])
}

func (r *Reading) writeRosters(ctx context.Context, rosters []roster) error {
	if len(rosters) == 0 {
		return nil
	}
	var added, removed int
	err := r.door.Store.Update(ctx, r.actor(), func(tx directory.Tx) error {
		added, removed = 0, 0
		keys := make([]string, len(rosters))
		for i, ro := range rosters {
			keys[i] = ro.key
		}
		records, err := tx.Records(ctx, r.source, keys)
		if err != nil {
			return err
		}
		byKey := make(map[string]*directory.Record, len(records))
		for i := range records {
			byKey[records[i].Key] = &records[i]
		}
		for _, ro := range rosters {
			rec := byKey[ro.key]
			if rec == nil {
				return fmt.Errorf("group %s: %w", ro.key, directory.ErrNotFound)
			}
			a, d, err := r.writeRoster(ctx, tx, ro, rec)
			if err != nil {
				return err
			}
			added, removed = added+a, removed+d
		}
		return tx.PutRecords(ctx, records...)
	})
	if err != nil {
		return fmt.Errorf("store memberships: %w", err)
	}
	r.sum.EdgesAdded += added
	r.sum.EdgesRemoved += removed
	return nil
}

// writeRoster makes the stored members of a group those of ro, and notes the digest of the result in its record.
func (r *Reading) writeRoster(ctx context.Context, tx directory.Tx, ro roster, rec *directory.Record) (added, removed int, err error) {
	add, drop := ro.members, []directory.ID(nil)
	if rec.MembersHash != "" {
		have, err := members(ctx, tx, ro.group)
		if err != nil {
			return 0, 0, err
		}
		add, drop = missing(ro.members, have), missing(have, ro.members)
		if drop, err = r.provablyOut(ctx, tx, drop); err != nil {
			return 0, 0, err
		}
		have = append(missing(have, drop), add...)
		slices.Sort(have)
		rec.MembersHash = hashMembers(have)
	} else {
		rec.MembersHash = ro.hash
	}
	r.groups[hashKey(ro.key)] = rec.MembersHash
	return len(add), len(drop), tx.PutEdges(ctx, ro.group, add, drop)
}

// provablyOut returns those who may be taken out of a group: seen in this read without the membership, or gone for good. Who is merely not there now keeps
// their memberships until it is known why.
func (r *Reading) provablyOut(ctx context.Context, tx directory.Tx, ids []directory.ID) ([]directory.ID, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	records, err := tx.RecordsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	keep := map[directory.ID]bool{}
	for _, rec := range records {
		_, seen := r.seen[hashKey(rec.Key)]
		unsure := rec.Status == directory.Present || rec.Status == directory.Absent
		if rec.Source == r.source && !seen && unsure {
			keep[rec.Object] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id directory.ID) bool { return keep[id] }), nil
}

// delta applies one addition or removal. The stored digest no longer holds then.
func (r *Reading) delta(ctx context.Context, m source.Membership) error {
	return r.door.Store.Update(ctx, r.actor(), func(tx directory.Tx) error {
		records, err := tx.Records(ctx, r.source, []string{string(m.Group), string(m.Member)})
		if err != nil {
			return err
		}
		var group *directory.Record
		var member directory.ID
		for i, rec := range records {
			if rec.Key == string(m.Group) {
				group = &records[i]
			} else {
				member = rec.Object
			}
		}
		if group == nil || group.Object == "" || member == "" {
			return nil // healed by the next complete read
		}
		group.MembersHash = "stale"
		if err := tx.PutRecords(ctx, *group); err != nil {
			return err
		}
		if m.Op == source.Add {
			return tx.PutEdges(ctx, group.Object, []directory.ID{member}, nil)
		}
		return tx.PutEdges(ctx, group.Object, nil, []directory.ID{member})
	})
}

// members returns all direct members of a group, sorted.
func members(ctx context.Context, v directory.Reader, group directory.ID) ([]directory.ID, error) {
	var out []directory.ID
	for after := directory.ID(""); ; {
		page, err := v.Members(ctx, group, after, 5000)
		if err != nil {
			return nil, err
		}
		out = append(out, page...)
		if len(page) < 5000 {
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
