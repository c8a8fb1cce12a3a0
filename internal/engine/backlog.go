package engine

import (
	"context"
	"slices"

	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
)

// backlogMost is how many changes are served as one wave at most. A target that is further behind is compared as a whole instead: that is one wave too.
const backlogMost = 200_000

// A backlog is what a target has not been served.
type backlog struct {
	barrier
	settled []directory.Change // no read that found them is under way
	fresh   []directory.Change // found since the barrier: served without removals now, and again when the cursor passes them
	upto    directory.Rev      // how far the feed was read
	cut     bool               // there is more
}

// A beyond is how far a target is served beyond its cursor while reads are under way. It lives in memory: after a restart these changes are served again.
type beyond struct {
	barrier directory.Rev
	upto    directory.Rev
	objects map[directory.ID]bool // what the changes after the barrier concern
}

// backlog reads the feed after the cursor, or while a read is under way, after what was served of it already.
func (t *target) backlog(ctx context.Context) (backlog, error) {
	cursor, err := t.cursor(ctx)
	if err != nil {
		return backlog{}, err
	}
	for {
		b := backlog{barrier: t.e.reads.barrier(), upto: cursor}
		if t.beyond != nil && (!b.on || t.beyond.barrier != b.at) {
			t.beyond = nil
		}
		if t.beyond != nil {
			b.upto = t.beyond.upto
		}
		err := t.changes(ctx, b.upto, func(page []directory.Change) bool {
			for _, c := range page {
				if b.upto = c.Rev; b.on && b.at.Less(c.Rev) {
					b.fresh = append(b.fresh, c)
				} else {
					b.settled = append(b.settled, c)
				}
			}
			b.cut = len(b.settled)+len(b.fresh) >= backlogMost
			return !b.cut
		})
		if err != nil || b.turns == t.e.reads.barrier().turns {
			return b, err
		}
	}
}

// changes shows the feed after a position, page by page, while see says yes.
func (t *target) changes(ctx context.Context, after directory.Rev, see func([]directory.Change) bool) error {
	for {
		page, err := t.e.cfg.Store.Changes(ctx, after, feedPage)
		if err != nil || len(page) == 0 {
			return err
		}
		if after = page[len(page)-1].Rev; !see(page) || len(page) < feedPage {
			return nil
		}
	}
}

// tooFar reports whether the changes of a backlog that may remove people do not fit into one wave.
func (b backlog) tooFar() bool { return b.cut && len(b.fresh) == 0 }

// passed remembers that a backlog was served: the cursor moves up to the barrier, and beyond it only what lives in memory.
func (t *target) passed(ctx context.Context, b backlog, w *wave) error {
	if b.on {
		t.beyond = &beyond{b.at, b.upto, w.unproven}
	}
	if len(b.settled) == 0 {
		return nil
	}
	return t.advance(ctx, b.settled[len(b.settled)-1].Rev)
}

// unprove has the removals of what changes concern wait, as far as reads that are under way have found them.
func (w *wave) unprove(ctx context.Context, changes []directory.Change) error {
	changes = w.t.e.reads.unproven(changes)
	for page := range slices.Chunk(changes, feedPage) {
		k, err := w.keys(ctx, page)
		if err != nil {
			return err
		}
		for id := range k.objects {
			w.unproven[id] = true
		}
		for _, g := range k.groups {
			w.unproven[g] = true
		}
	}
	return nil
}

// unproveSince does so for everything after a position of the feed.
func (w *wave) unproveSince(ctx context.Context, after directory.Rev) error {
	var failed error
	err := w.t.changes(ctx, after, func(page []directory.Change) bool {
		failed = w.unprove(ctx, page)
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	return err
}

// recheck takes out of a survey what reads have changed while it was made: the feed brings it again, whole.
func (w *wave) recheck(ctx context.Context, s *survey) error {
	if now := w.t.e.reads.barrier(); !w.single && (now.on || now.turns != w.barrier.turns) {
		if err := w.unproveSince(ctx, w.upto); err != nil {
			return err
		}
	}
	wait := func(id directory.ID) bool { return w.unproven[id] && waitsForRead(s.removals[id]) }
	s.slim = slices.DeleteFunc(s.slim, func(l plan.Line) bool { return wait(l.Object) })
	s.out = slices.DeleteFunc(s.out, func(id directory.ID) bool { return w.unproven[id] })
	return nil
}

// waitsForRead reports whether removals of a class wait for the end of a read under way. What a source states of one person does not.
func waitsForRead(c link.Class) bool {
	return c == link.LeftScope || c == link.Missing || c == link.GroupDelete
}

// removal returns the class of the removal among lines, or NoClass.
func removal(lines []plan.Line) link.Class {
	for _, l := range lines {
		if l.Verb != plan.Skip && (l.Class == link.Stated || waitsForRead(l.Class)) {
			return l.Class
		}
	}
	return link.NoClass
}

// premature reports whether u would be removed though a read under way may still find why not, or though this wave has not judged it: it was not so when
// the wave was surveyed. The feed brings it again.
func (w *wave) premature(s *survey, u *unit) bool {
	c := removal(u.lines)
	return c != link.NoClass && (c != s.removals[u.object.ID] || w.unproven[u.object.ID] && waitsForRead(c))
}

// proven leaves out the ends of memberships that a read under way has found.
func (w *wave) proven(change []link.Edge) []link.Edge {
	return slices.DeleteFunc(change, func(e link.Edge) bool {
		return e.Applied && !e.Wanted && (w.unproven[e.Member] || w.unproven[e.Group])
	})
}
