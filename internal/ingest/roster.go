package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"muster/internal/directory"
	"muster/internal/source"
)

// rosters takes the groups of one batch through the store.
type rosters struct {
	*Reading
	whole  map[source.Key]bool // groups of which this batch says that they came whole, and that were not written yet
	ready  []roster
	weight int // edits in ready
}

// A roster is what must change in the members of a group.
type roster struct {
	key       string
	id        directory.ID
	was, hash string // digest of the members, before and after
	add, drop []directory.ID
}

// staleHash stands for a digest while a group's stored members are not what any digest says.
const staleHash = "stale"

// end is called when the members of the pending group have come.
func (w *rosters) end(ctx context.Context) error {
	p := w.pending
	w.pending = pending{}
	whole := w.whole[p.group]
	delete(w.whole, p.group)
	h := w.hash(string(p.group))
	g, known := w.groups[h]
	if !known {
		return nil
	}
	if g.had { // what came before must be stored first
		if err := w.flush(ctx); err != nil {
			return err
		}
		g, whole = w.groups[h], false
	}
	g.had = true
	w.groups[h] = g
	slices.Sort(p.members)
	if whole {
		doubted, err := w.empties(ctx, g, p.group, p.members)
		if err != nil {
			return err
		}
		whole = !doubted
	}
	ro, err := w.compare(ctx, g, string(p.group), slices.Compact(p.members), whole)
	if err != nil {
		return fmt.Errorf("compare the members of %s: %w", p.group, err)
	}
	if ro.hash == g.hash && len(ro.add)+len(ro.drop) == 0 {
		return nil
	}
	w.ready = append(w.ready, ro)
	if w.weight += len(ro.add) + len(ro.drop) + 1; w.weight >= editsPerWrite {
		return w.flush(ctx)
	}
	return nil
}

// compare finds what must change so that the stored members of a group are those that came.
func (r *Reading) compare(ctx context.Context, g group, key string, came []directory.ID, whole bool) (roster, error) {
	ro := roster{key: key, id: g.id, was: g.hash, hash: hashMembers(came)}
	if ro.hash == g.hash {
		return ro, nil
	}
	never := g.hash == "" || g.hash == directory.PartMembers
	if g.hash == "" {
		if ro.add = came; !whole {
			ro.hash = directory.PartMembers
		}
		return ro, nil
	}
	err := r.door.Store.View(ctx, func(v directory.Reader) error {
		have, err := members(ctx, v, g.id)
		if err != nil {
			return err
		}
		ro.add, ro.drop = missing(came, have), nil
		if whole {
			if ro.drop, err = r.provablyOut(ctx, v, missing(have, came)); err != nil {
				return err
			}
		}
		after := append(missing(have, ro.drop), ro.add...)
		if ro.hash = hashMembers(after); never && !whole {
			ro.hash = directory.PartMembers
		}
		return nil
	})
	return ro, err
}

// provablyOut returns those of ids, sorted, who may be taken out of a group: seen in this read without the membership, or gone for good. Who is merely not there
// now keeps their memberships until it is known why.
func (r *Reading) provablyOut(ctx context.Context, v directory.Reader, ids []directory.ID) ([]directory.ID, error) {
	keep := map[directory.ID]bool{}
	for part := range slices.Chunk(ids, 1000) {
		records, err := v.RecordsOf(ctx, part)
		if err != nil {
			return nil, err
		}
		for _, rec := range records {
			if rec.Source == r.source && live(&rec) && !r.saw(rec.Key) {
				keep[rec.Object] = true
			}
		}
	}
	return slices.DeleteFunc(ids, func(id directory.ID) bool { return keep[id] }), nil
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

// flush writes what is ready. A group with very many edits goes in several transactions, and bears no digest until the last.
func (w *rosters) flush(ctx context.Context) error {
	ready := w.ready
	w.ready, w.weight = nil, 0
	var small []roster
	for _, ro := range ready {
		parts := ro.cut(editsPerWrite)
		for _, part := range parts[:len(parts)-1] {
			if err := w.write(ctx, part); err != nil {
				return err
			}
		}
		small = append(small, parts[len(parts)-1])
	}
	if len(small) == 0 {
		return nil
	}
	return w.write(ctx, small...)
}

// cut divides the edits of a roster into parts of at most size, at least one.
func (ro roster) cut(size int) []roster {
	var out []roster
	for len(ro.add)+len(ro.drop) > size {
		part := ro
		part.add = ro.add[:min(size, len(ro.add))]
		part.drop = ro.drop[:min(size-len(part.add), len(ro.drop))]
		part.hash = staleHash
		ro.add, ro.drop, ro.was = ro.add[len(part.add):], ro.drop[len(part.drop):], staleHash
		out = append(out, part)
	}
	return append(out, ro)
}

var errMoved = errors.New("its members were changed by somebody else meanwhile")

// write stores edits of groups in one transaction.
func (w *rosters) write(ctx context.Context, rosters ...roster) error {
	keys := make([]string, len(rosters))
	for i, ro := range rosters {
		keys[i] = ro.key
	}
	err := w.update(ctx, func(tx directory.Tx) error {
		records, err := tx.Records(ctx, w.source, keys)
		if err != nil {
			return err
		}
		at := make(map[string]int, len(records))
		for i, rec := range records {
			at[rec.Key] = i
		}
		for _, ro := range rosters {
			i, ok := at[ro.key]
			if !ok || records[i].MembersHash != ro.was {
				return fmt.Errorf("group %s: %w", ro.key, errMoved)
			}
			w.touch(ro.id)
			w.touch(ro.add...)
			w.touch(ro.drop...)
			if err := tx.PutEdges(ctx, ro.id, ro.add, ro.drop); err != nil {
				return err
			}
			if err := w.keepMembers(ctx, tx, ro.id, ro.add, ro.drop); err != nil {
				return err
			}
			records[i].MembersHash = ro.hash
		}
		return tx.PutRecords(ctx, records...)
	})
	if err != nil {
		return fmt.Errorf("store memberships: %w", err)
	}
	for _, ro := range rosters {
		h := w.hash(ro.key)
		g := w.groups[h]
		g.hash = ro.hash
		w.groups[h] = g
		w.sum.EdgesAdded += len(ro.add)
		w.sum.EdgesRemoved += len(ro.drop)
	}
	return nil
}
