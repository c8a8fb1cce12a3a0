package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
)

// groupsServed reports whether the target receives groups at all.
func (w *wave) groupsServed() bool { return w.rules.rules.Groups != nil && w.can.Groups }

func (w *wave) nested() bool { return w.rules.rules.Groups.Nested }

// wantMembers makes the wanted memberships of people at the target those of the directory. A membership is wanted while the group is linked and the person
// has an open account: a closed one keeps the memberships it has, for the day it is opened again.
func (w *wave) wantMembers(ctx context.Context, people []directory.ID) error {
	if !w.groupsServed() {
		return nil
	}
	for part := range slices.Chunk(people, planChunk) {
		change, err := w.memberEdges(ctx, part)
		if err == nil {
			err = w.want(ctx, change)
		}
		if err != nil {
			return fmt.Errorf("memberships of people: %w", err)
		}
	}
	return nil
}

// want stores wanted edges and notes their groups.
func (w *wave) want(ctx context.Context, change []link.Edge) error {
	if change = w.proven(change); len(change) == 0 {
		return nil
	}
	err := w.t.update(ctx, func(tx directory.Tx) error {
		if _, err := link.In(tx).Want(ctx, change...); err != nil {
			return err
		}
		return w.mended(ctx, link.In(tx), change)
	})
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range change {
		w.late[e.Group] = true
	}
	return nil
}

// memberEdges returns the edges of people whose Wanted must change.
func (w *wave) memberEdges(ctx context.Context, people []directory.ID) ([]link.Edge, error) {
	wanted, err := w.wantedEdges(ctx, people)
	if err != nil {
		return nil, err
	}
	open, deleted := map[directory.ID]bool{}, map[directory.ID]bool{}
	var have []link.Edge
	err = w.t.view(ctx, func(v directory.Reader) error {
		links, err := link.Of(v).Links(ctx, w.t.Name, people)
		if err != nil {
			return err
		}
		for _, l := range links {
			open[l.Object] = l.State == link.Linked && l.Active && l.Kind == connector.User
			deleted[l.Object] = !plan.Linked(l)
		}
		have, err = link.Of(v).EdgesOf(ctx, w.t.Name, people)
		return err
	})
	if err != nil {
		return nil, err
	}
	var out []link.Edge
	for _, e := range have {
		key := directory.Edge{Group: e.Group, Member: e.Member}
		should := wanted[key] && open[e.Member]
		if keep := !open[e.Member] && e.Applied && !deleted[e.Member]; e.Wanted != should && !keep {
			e.Wanted = should
			out = append(out, e)
		}
		delete(wanted, key)
	}
	for key := range wanted {
		if open[key.Member] {
			out = append(out, link.Edge{Target: w.t.Name, Group: key.Group, Member: key.Member, Wanted: true})
		}
	}
	slices.SortFunc(out, byEdge)
	return out, nil
}

func byEdge(a, b link.Edge) int {
	return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Member, b.Member))
}

// wantedEdges returns the memberships of people in linked groups, as the directory has them.
func (w *wave) wantedEdges(ctx context.Context, people []directory.ID) (map[directory.Edge]bool, error) {
	var edges []directory.Edge
	above := map[directory.ID][]directory.ID{}
	var groups []directory.ID
	err := w.t.view(ctx, func(v directory.Reader) (err error) {
		if edges, err = v.GroupsOf(ctx, people); err != nil {
			return err
		}
		for _, e := range edges {
			if _, ok := above[e.Group]; ok {
				continue
			}
			above[e.Group] = []directory.ID{e.Group}
			if w.nested() {
				if above[e.Group], err = v.Above(ctx, above[e.Group]); err != nil {
					return err
				}
			}
			groups = append(groups, above[e.Group]...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(groups)
	linked, err := w.linkedGroups(ctx, slices.Compact(groups))
	if err != nil {
		return nil, err
	}
	out := map[directory.Edge]bool{}
	for _, e := range edges {
		for _, g := range above[e.Group] {
			if linked[g] {
				out[directory.Edge{Group: g, Member: e.Member}] = true
			}
		}
	}
	return out, nil
}

// linkedGroups returns which of groups have a linked group at the target that the target should have. Each is judged once a wave.
func (w *wave) linkedGroups(ctx context.Context, groups []directory.ID) (map[directory.ID]bool, error) {
	var ask []directory.ID
	for _, g := range groups {
		if _, ok := w.serves[g]; !ok {
			ask = append(ask, g)
		}
	}
	for part := range slices.Chunk(ask, planChunk) {
		for _, g := range part {
			w.serves[g] = false
		}
		units, err := w.prepare(ctx, part)
		if err != nil {
			return nil, err
		}
		for _, u := range units {
			in := u.want.Scope == plan.Unknown || u.want.Scope == plan.In && u.want.Active
			w.serves[u.object.ID] = in && (u.have.Kind == connector.Group && u.have.State == link.Linked || u.old != nil)
		}
	}
	return w.serves, nil
}

// wantGroup makes the wanted memberships of one group those of the directory, walking its members once.
func (w *wave) wantGroup(ctx context.Context, group directory.ID) error {
	var people []directory.ID
	err := w.t.view(ctx, func(v directory.Reader) error {
		groups := []directory.ID{group}
		if w.nested() {
			var err error
			if groups, err = v.Below(ctx, groups); err != nil {
				return err
			}
		}
		for _, g := range groups {
			for after := directory.ID(""); ; {
				page, err := v.Members(ctx, g, after, 5000)
				if err != nil {
					return err
				}
				people = append(people, page...)
				if len(page) < 5000 {
					break
				}
				after = page[len(page)-1]
			}
		}
		have, err := link.Of(v).Edges(ctx, w.t.Name, group)
		for _, e := range have {
			if e.Member != "" && e.Wanted {
				people = append(people, e.Member)
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("members of group %s: %w", group, err)
	}
	slices.Sort(people)
	w.mu.Lock()
	w.late[group] = true
	w.mu.Unlock()
	return w.wantIn(ctx, group, slices.Compact(people))
}

// wantIn is wantMembers for one group only.
func (w *wave) wantIn(ctx context.Context, group directory.ID, people []directory.ID) error {
	for part := range slices.Chunk(people, 2000) {
		change, err := w.memberEdges(ctx, part)
		if err == nil {
			err = w.want(ctx, slices.DeleteFunc(change, func(e link.Edge) bool { return e.Group != group }))
		}
		if err != nil {
			return fmt.Errorf("memberships of group %s: %w", group, err)
		}
	}
	return nil
}

// roster reads who is in a group at the target. It reports false where the target does not tell.
func (w *wave) roster(ctx context.Context, group directory.ID, remote connector.RemoteID) ([]link.Edge, bool, error) {
	lister, ok := w.t.Connector.(connector.Members)
	if !ok || !w.can.MembersReadable {
		return nil, false, nil
	}
	var ids []connector.RemoteID
	err := lister.Members(ctx, remote, func(id connector.RemoteID) error { ids = append(ids, id); return nil })
	if errors.Is(err, connector.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("members of %s at the target: %w", remote, err)
	}
	edges := make([]link.Edge, 0, len(ids))
	return edges, true, w.t.view(ctx, func(v directory.Reader) error {
		owners, err := w.owners(ctx, link.Of(v), ids)
		for _, id := range ids {
			e := link.Edge{Target: w.t.Name, Group: group, Member: owners[id], Applied: true}
			if e.Member == "" {
				e.Foreign = id
			}
			edges = append(edges, e)
		}
		return err
	})
}

// owners returns who has which of the accounts.
func (w *wave) owners(ctx context.Context, r link.Reader, accounts []connector.RemoteID) (map[connector.RemoteID]directory.ID, error) {
	out := map[connector.RemoteID]directory.ID{}
	for part := range slices.Chunk(accounts, 500) {
		links, err := r.ByRemote(ctx, w.t.Name, connector.User, part)
		if err != nil {
			return nil, err
		}
		for _, l := range links {
			out[l.Remote] = l.Object
		}
	}
	return out, nil
}

// unread is what a group waits for whose members at the target are not known.
func (w *wave) unread(group directory.ID) link.Waiting {
	return link.Waiting{
		Target: w.t.Name, Object: group, Wait: link.Retrying, Code: codeMembers, Reason: "who is in it at the target has to be read", Attempts: 1, Since: w.now, Next: w.t.e.cfg.Now(),
	}
}

// reread makes what we remember of a group's members what the target says. It reports false if the target does not answer: then the group waits. With
// compare, what differs of a group whose members were known is drift.
func (w *wave) reread(ctx context.Context, u *unit, compare bool) (bool, error) {
	actual, told, err := w.roster(ctx, u.object.ID, u.have.Remote)
	switch {
	case refuses(err):
		return false, &refusal{err}
	case ctx.Err() != nil:
		return false, context.Cause(ctx)
	case err != nil:
		x := w.retry(u, codeMembers, cut(err.Error()), 0)
		w.setWait(u, &x)
		return false, w.t.update(ctx, func(tx directory.Tx) error { return link.In(tx).PutWaiting(ctx, x) })
	}
	known := unmet(u.wait)
	if known {
		w.setWait(u, nil)
	}
	var differ []link.Edge
	err = w.t.view(ctx, func(v directory.Reader) error {
		if !told {
			return nil
		}
		have, err := link.Of(v).Edges(ctx, w.t.Name, u.object.ID)
		differ = different(have, actual)
		return err
	})
	if err != nil || len(differ) == 0 && !known {
		return true, err
	}
	var drift []link.Drift
	if compare && !known {
		drift = w.driftOf(differ)
	}
	return true, w.t.update(ctx, func(tx directory.Tx) error {
		if err := link.In(tx).Seen(ctx, differ...); err != nil {
			return err
		}
		if compare && !known {
			return link.In(tx).PutDrift(ctx, drift...)
		}
		if !known {
			return nil
		}
		return link.In(tx).DropWaiting(ctx, w.t.Name, u.object.ID)
	})
}

// different returns the edges whose Applied is not what the target says, as the target says.
func different(have, actual []link.Edge) []link.Edge {
	type key struct {
		member  directory.ID
		foreign connector.RemoteID
	}
	in := make(map[key]link.Edge, len(actual))
	for _, e := range actual {
		in[key{e.Member, e.Foreign}] = e
	}
	var out []link.Edge
	for _, e := range have {
		k := key{e.Member, e.Foreign}
		_, there := in[k]
		if e.Applied != there {
			e.Applied = there
			out = append(out, e)
		}
		delete(in, k)
	}
	for _, e := range in {
		out = append(out, e)
	}
	return out
}

// rosters is how many members of groups are held in memory at a time while groups are read again. A larger group is read alone.
const rosters = 100_000

// rereadAll rereads every group that the target has and should have, several at a time: what somebody changed there by hand is undone, or with merge, noted.
func (w *wave) rereadAll(ctx context.Context) error {
	if _, ok := w.t.Connector.(connector.Members); !ok || !w.can.MembersReadable || w.piloted() {
		return nil
	}
	room := semaphore.NewWeighted(rosters)
	for after := directory.ID(""); ; {
		var page []link.Link
		err := w.t.view(ctx, func(v directory.Reader) (err error) {
			page, err = link.Of(v).List(ctx, w.t.Name, connector.Group, []link.State{link.Linked}, after, 1000)
			return err
		})
		if err != nil {
			return err
		}
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(w.t.Concurrency)
		for _, l := range page {
			after = l.Object
			if x := w.waits(l.Object); x != nil && x.Wait == link.Retrying && x.Next.After(w.t.e.cfg.Now()) {
				continue
			}
			n, err := w.applied(ctx, l.Object)
			size := min(int64(n)+1, rosters)
			if err == nil {
				err = room.Acquire(ctx, size)
			}
			if err != nil {
				return errors.Join(g.Wait(), err)
			}
			g.Go(func() error {
				defer room.Release(size)
				u := &unit{object: directory.Object{ID: l.Object, Kind: directory.Group}, have: l, wait: w.waits(l.Object)}
				_, err := w.reread(ctx, u, true)
				return err
			})
		}
		if err := g.Wait(); err != nil || len(page) < 1000 {
			return err
		}
	}
}
