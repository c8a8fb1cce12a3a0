package engine

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
)

// memberships plans, judges and carries out the memberships of groups that may have some to write.
func (w *wave) memberships(ctx context.Context, removalsOnly bool) error {
	if !w.groupsServed() || w.piloted() {
		return nil
	}
	w.mu.Lock()
	groups := slices.Sorted(maps.Keys(w.late))
	if !removalsOnly {
		w.late = map[directory.ID]bool{}
	}
	w.mu.Unlock()
	var slims []plan.Line
	var units []*unit
	for part := range slices.Chunk(groups, planChunk) {
		us, err := w.prepare(ctx, part)
		if err != nil {
			return err
		}
		for _, u := range us {
			ls, known, err := w.memberLines(ctx, u, removalsOnly)
			if err != nil {
				return err
			}
			if !known || len(ls) == 0 && len(w.parked[u.object.ID]) == 0 {
				continue
			}
			u.lines = ls
			units = append(units, u)
		}
	}
	if err := w.shrink(ctx, units, ofMember); err != nil {
		return err
	}
	if err := w.screen(ctx, units); err != nil {
		return err
	}
	for _, u := range units {
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

// memberLines plans the open edges of one linked group. It reports false if nothing can be said about them now.
func (w *wave) memberLines(ctx context.Context, u *unit, removalsOnly bool) ([]plan.Line, bool, error) {
	retrying := u.wait != nil && u.wait.Wait == link.Retrying && u.wait.Code != codeOld
	if u.old != nil {
		u.have = *u.old // it serves until there is another
	}
	switch {
	case u.object.Kind != directory.Group || retrying && u.wait.Next.After(w.t.e.cfg.Now()):
		return nil, false, nil
	case u.fault != nil || !plan.Linked(u.have) || u.have.State != link.Linked:
		return nil, false, w.rest(ctx, u)
	}
	if unmet(u.wait) {
		if ok, err := w.reread(ctx, u, false); !ok || err != nil {
			return nil, false, err
		}
	}
	open, n, err := w.openEdges(ctx, u.object.ID)
	if err != nil {
		return nil, false, err
	}
	lines := w.planMembers(u, open, n)
	if len(lines) == 0 {
		return nil, true, w.rest(ctx, u)
	}
	if removalsOnly {
		lines = slices.DeleteFunc(lines, func(l plan.Line) bool { return l.Verb != plan.RemoveMembers })
	}
	return lines, true, nil
}

// rest ends the waiting of a group for memberships when none are to be written.
func (w *wave) rest(ctx context.Context, u *unit) error {
	if u.wait == nil || u.wait.Wait != link.Retrying || u.wait.Code == codeOld || u.unsure() {
		return nil
	}
	w.setWait(u, nil)
	return w.t.update(ctx, func(tx directory.Tx) error { return link.In(tx).DropWaiting(ctx, w.t.Name, u.object.ID) })
}

// openEdges returns the memberships of a group that are to be written, each checked against the directory as it is now, and how many are applied.
func (w *wave) openEdges(ctx context.Context, group directory.ID) (open []link.Edge, n int, err error) {
	read := func(v directory.Reader) (err error) {
		if open, err = link.Of(v).OpenEdges(ctx, w.t.Name, group, "", 300_000); err != nil || len(open) == 0 {
			return err
		}
		if open, err = w.undrifted(ctx, link.Of(v), group, open); err != nil || len(open) == 0 {
			return err
		}
		n, err = link.Of(v).CountApplied(ctx, w.t.Name, group)
		return err
	}
	if err := w.t.view(ctx, read); err != nil || len(open) == 0 {
		return nil, 0, err
	}
	var people []directory.ID
	var accounts []connector.RemoteID
	for _, e := range open {
		if e.Member != "" {
			people = append(people, e.Member)
		} else {
			accounts = append(accounts, e.Foreign)
		}
	}
	if err := w.wantIn(ctx, group, people); err != nil {
		return nil, 0, err
	}
	if err := w.naturalize(ctx, group, accounts); err != nil {
		return nil, 0, err
	}
	return open, n, w.t.view(ctx, read)
}

// naturalize gives members of a group who were nobody of ours to the people who have their accounts now.
func (w *wave) naturalize(ctx context.Context, group directory.ID, accounts []connector.RemoteID) error {
	if len(accounts) == 0 {
		return nil
	}
	var owners map[connector.RemoteID]directory.ID
	err := w.t.view(ctx, func(v directory.Reader) (err error) {
		owners, err = w.owners(ctx, link.Of(v), accounts)
		return err
	})
	if err != nil || len(owners) == 0 {
		return err
	}
	var seen []link.Edge
	for account, owner := range owners {
		e := link.Edge{Target: w.t.Name, Group: group}
		theirs := e
		e.Foreign, theirs.Member, theirs.Applied = account, owner, true
		seen = append(seen, e, theirs)
	}
	if err := w.t.update(ctx, func(tx directory.Tx) error { return link.In(tx).Seen(ctx, seen...) }); err != nil {
		return err
	}
	return w.wantIn(ctx, group, slices.Collect(maps.Values(owners)))
}

// merges reports whether nobody is to be removed from a group: the rules say so, or no read has ever seen all its members.
func (w *wave) merges(u *unit) bool {
	if w.rules.rules.Groups.Merge {
		return true
	}
	for _, rec := range u.records {
		if rec.Status == directory.Present && !rec.KnowsMembers() {
			return true
		}
	}
	return false
}

// planMembers plans open edges. Removals about which a person has to decide, or has decided, stay the lines that the person saw while all of them still
// are to be removed.
func (w *wave) planMembers(u *unit, open []link.Edge, n int) []plan.Line {
	var lines []plan.Line
	merge := w.merges(u)
	for _, held := range w.parked[u.object.ID] {
		if held.Verb != plan.RemoveMembers {
			continue
		}
		part, others := split(open, held.Line)
		if len(part) != len(held.Remove)+len(held.Foreign) {
			continue
		}
		if own := plan.Members(u.want, u.have, part, n, merge, w.can); len(own) == 1 && own[0].Key == held.Key {
			lines, open = append(lines, own...), others
		}
	}
	lines = append(lines, plan.Members(u.want, u.have, open, n, merge, w.can)...)
	slices.SortStableFunc(lines, func(a, b plan.Line) int { return -cmp.Compare(a.Verb, b.Verb) }) // removals first
	left := n
	for _, l := range lines {
		left -= len(l.Remove) + len(l.Foreign)
	}
	for i, l := range lines {
		if l.Verb == plan.RemoveMembers {
			lines[i].Left = max(0, left)
		}
	}
	return lines
}

// split parts the removals that l names from the other edges.
func split(open []link.Edge, l plan.Line) (of, others []link.Edge) {
	people, accounts := map[directory.ID]bool{}, map[connector.RemoteID]bool{}
	for _, id := range l.Remove {
		people[id] = true
	}
	for _, id := range l.Foreign {
		accounts[id] = true
	}
	for _, e := range open {
		if e.Applied && !e.Wanted && (e.Member != "" && people[e.Member] || e.Member == "" && accounts[e.Foreign]) {
			of = append(of, e)
		} else {
			others = append(others, e)
		}
	}
	return of, others
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
	more := map[connector.Verb]int{}
	for _, u := range ready {
		ops(more, u.lines)
	}
	w.expect(more)
	return w.carry(ctx, func(yield func(*unit) error) error {
		for _, u := range ready {
			if err := yield(u); err != nil {
				return err
			}
		}
		return nil
	})
}
