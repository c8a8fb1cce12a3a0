package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

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
	if len(change) == 0 {
		return nil
	}
	err := w.t.update(ctx, func(tx directory.Tx) error {
		_, err := link.In(tx).Want(ctx, change...)
		return err
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
			open[l.Object] = l.State == link.Linked && l.Kind == connector.User
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
			w.serves[u.object.ID] = in && u.have.Kind == connector.Group && u.have.State == link.Linked
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

// adoptMembers reads who is in an adopted group, so that what differs can be planned.
func (w *wave) adoptMembers(ctx context.Context, group directory.ID, remote connector.RemoteID) ([]link.Edge, error) {
	lister, ok := w.t.Connector.(connector.Members)
	if !ok || !w.can.MembersReadable {
		return nil, nil
	}
	var ids []connector.RemoteID
	err := lister.Members(ctx, remote, func(id connector.RemoteID) error { ids = append(ids, id); return nil })
	if errors.Is(err, connector.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("members of %s at the target: %w", remote, err)
	}
	var edges []link.Edge
	return edges, w.t.view(ctx, func(v directory.Reader) error {
		known := map[connector.RemoteID]directory.ID{}
		for part := range slices.Chunk(ids, 500) {
			links, err := link.Of(v).ByRemote(ctx, w.t.Name, connector.User, part)
			if err != nil {
				return err
			}
			for _, l := range links {
				known[l.Remote] = l.Object
			}
		}
		for _, id := range ids {
			e := link.Edge{Target: w.t.Name, Group: group, Member: known[id], Applied: true}
			if e.Member == "" {
				e.Foreign = id
			}
			edges = append(edges, e)
		}
		return nil
	})
}

// memberships plans, judges and carries out the memberships of groups that may have some to write.
func (w *wave) memberships(ctx context.Context, removalsOnly bool) error {
	if !w.groupsServed() || w.t.Mode == Pilot {
		return nil
	}
	w.mu.Lock()
	groups := slices.Sorted(maps.Keys(w.late))
	if !removalsOnly {
		w.late = map[directory.ID]bool{}
	}
	w.mu.Unlock()
	lines := map[directory.ID][]plan.Line{}
	var slims []plan.Line
	var units []*unit
	for part := range slices.Chunk(groups, planChunk) {
		us, err := w.prepare(ctx, part)
		if err != nil {
			return err
		}
		for _, u := range us {
			ls, err := w.memberLines(ctx, u, removalsOnly)
			if err != nil {
				return err
			}
			if len(ls) == 0 {
				continue
			}
			u.lines = ls
			units = append(units, u)
		}
	}
	if err := w.screen(ctx, units); err != nil {
		return err
	}
	for _, u := range units {
		lines[u.object.ID] = u.lines
		for _, l := range u.lines {
			if !w.free[l.Object] {
				slims = append(slims, slim(l))
			}
		}
	}
	verdicts, err := w.judge(ctx, slims)
	if err != nil {
		return err
	}
	return w.carryMembers(ctx, units, verdicts)
}

// memberLines plans the open edges of one linked group.
func (w *wave) memberLines(ctx context.Context, u *unit, removalsOnly bool) ([]plan.Line, error) {
	if u.object.Kind != directory.Group || u.fault != nil || !plan.Linked(u.have) || u.have.State != link.Linked {
		return nil, nil
	}
	if u.wait != nil && u.wait.Wait == link.Retrying && u.wait.Next.After(w.t.e.cfg.Now()) {
		return nil, nil
	}
	var open []link.Edge
	var n int
	err := w.t.view(ctx, func(v directory.Reader) (err error) {
		if open, err = link.Of(v).OpenEdges(ctx, w.t.Name, u.object.ID, "", 300_000); err != nil || len(open) == 0 {
			return err
		}
		n, err = link.Of(v).CountApplied(ctx, w.t.Name, u.object.ID)
		return err
	})
	if err != nil || len(open) == 0 {
		return nil, err
	}
	lines := plan.Members(u.want, u.have, open, n, w.rules.rules.Groups.Merge, w.can)
	if removalsOnly {
		lines = slices.DeleteFunc(lines, func(l plan.Line) bool { return l.Verb != plan.RemoveMembers })
	}
	return lines, nil
}

// carryMembers sends membership lines, group by group at the same time, the lines of one group one after the other.
func (w *wave) carryMembers(ctx context.Context, units []*unit, verdicts []plan.Verdict) error {
	held := map[string][]plan.Line{}
	why := map[string]string{}
	var ready []*unit
	for _, u := range units {
		var pass []plan.Line
		for _, l := range u.lines {
			if v, ok := plan.Tripped(verdicts, l); ok && !w.free[l.Object] {
				held[string(v.Class)] = append(held[string(v.Class)], l)
				why[string(v.Class)] = v.Why
				continue
			}
			pass = append(pass, l)
		}
		if u.lines = pass; len(pass) > 0 {
			ready = append(ready, u)
		}
	}
	for _, class := range slices.Sorted(maps.Keys(held)) {
		if err := w.hold(ctx, class, why[class], held[class]); err != nil {
			return err
		}
	}
	if len(ready) == 0 {
		return nil
	}
	return w.carry(ctx, func(yield func(*unit) error) error {
		for _, u := range ready {
			if err := yield(u); err != nil {
				return err
			}
		}
		return nil
	})
}
