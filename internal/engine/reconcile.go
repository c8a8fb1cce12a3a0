package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/run"
)

// sync compares the target wholly with what it should hold, under the approved rules, and does what may be done. While nothing is approved, it makes the
// plan that waits anew instead.
func (t *target) sync(ctx context.Context, id string) (run.Run, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.writes(t.active.Load()) {
		return t.draft(ctx, id)
	}
	return t.compare(ctx, id)
}

// compare is sync under the approved rules. What reads under way have changed so far stays in the feed, and its removals wait.
func (t *target) compare(ctx context.Context, id string) (run.Run, error) {
	if err := t.lapse(ctx); err != nil {
		return run.Run{}, err
	}
	b := t.e.reads.barrier()
	head, err := t.e.cfg.Store.Head(ctx)
	if err != nil {
		return run.Run{}, err
	}
	w, err := t.begin(ctx, run.Reconcile, t.active.Load(), id)
	if err == nil {
		w.barrier, w.upto = b, head
		if w.run.Notes, err = t.scopeNotes(ctx); err != nil {
			return run.Run{}, err
		}
		if b.on && b.at.Less(head) {
			head = b.at
			err = w.unproveSince(ctx, b.at)
		}
	}
	if err == nil {
		if err = w.freeMemberships(ctx); err == nil {
			err = w.reconcile(ctx)
		}
	}
	if err == nil {
		err = t.settleApproved(ctx, w)
	}
	if err == nil {
		err = t.advance(ctx, head)
	}
	if err == nil {
		err = t.putState(ctx, func(s *run.Target) {
			if s.Active == w.rules.digest && w.rules.broken == nil { // else other rules came into force meanwhile, and wait for their first comparison
				s.Listed = w.now
			}
		})
	}
	return t.end(ctx, w, id, err)
}

// reconcile lists the target and carries out what everybody calls for.
func (w *wave) reconcile(ctx context.Context) error {
	if w.rules.broken != nil {
		return w.carryOut(ctx, w.all(ctx))
	}
	if err := w.list(ctx); err != nil {
		return err
	}
	if err := w.vanishings(ctx); err != nil {
		return err
	}
	if err := w.carryOut(ctx, w.all(ctx)); err != nil {
		return err
	}
	if err := w.proveMemberships(ctx); err != nil {
		return err
	}
	if err := w.retireReplaced(ctx); err != nil {
		return err
	}
	return w.sweep(ctx)
}

// all yields every person and, where the target has groups, every group.
func (w *wave) all(ctx context.Context) iter.Seq2[directory.ID, error] {
	return func(yield func(directory.ID, error) bool) {
		for id, err := range w.t.everything(ctx, directory.Person) {
			if !yield(id, err) {
				return
			}
		}
		if !w.groupsServed() {
			return
		}
		for id, err := range w.t.everything(ctx, directory.Group) {
			if !yield(id, err) {
				return
			}
		}
	}
}

// list stores what the target holds. A list that ends in an error proves nothing and is not used.
func (w *wave) list(ctx context.Context) error {
	began := w.t.e.cfg.Now()
	for _, kind := range []connector.Kind{connector.User, connector.Group} {
		if kind == connector.Group && !w.groupsServed() {
			continue
		}
		n, err := w.listKind(ctx, kind, began)
		if err != nil {
			return err
		}
		w.count("listed_"+string(kind)+"s", n)
	}
	w.listed, w.listedAt = true, began
	w.t.listedAt.Store(&began)
	return nil
}

// vanishShare is the share of accounts, in percent, that may be missing from a list before the list is what is doubted.
const vanishShare, vanishLeast = 10, 5

// vanishings finds linked accounts that a complete list lacks, and asks for each by its id: gone is believed only while most of the others are there.
func (w *wave) vanishings(ctx context.Context) error {
	for _, kind := range []connector.Kind{connector.User, connector.Group} {
		missing, total, err := w.unlisted(ctx, kind)
		if err != nil {
			return err
		}
		missing = w.shown(missing)
		if len(missing) >= vanishLeast && len(missing)*100 > total*vanishShare {
			return &refusal{fmt.Errorf("%d of %d linked %ss are not in its list any more: %w", len(missing), total, kind, connector.ErrForeign)}
		}
		for _, l := range missing {
			if err := w.lose(ctx, l); err != nil {
				return err
			}
		}
	}
	return nil
}

// unlisted returns linked objects of a kind that are not in the list, and how many are linked.
func (w *wave) unlisted(ctx context.Context, kind connector.Kind) (missing []link.Link, total int, err error) {
	if kind == connector.Group && !w.groupsServed() {
		return nil, 0, nil
	}
	for after := directory.ID(""); ; {
		var page []link.Link
		err := w.t.view(ctx, func(v directory.Reader) (err error) {
			if page, err = link.Of(v).List(ctx, w.t.Name, kind, []link.State{link.Linked, link.Closing}, after, 500); err != nil {
				return err
			}
			ids := make([]connector.RemoteID, len(page))
			for i, l := range page {
				ids[i] = l.Remote
			}
			seen, err := link.Of(v).GetObserved(ctx, w.t.Name, kind, ids)
			there := map[connector.RemoteID]bool{}
			for _, o := range seen {
				there[o.ID] = true
			}
			for _, l := range page {
				if !there[l.Remote] {
					missing = append(missing, l)
				}
			}
			return err
		})
		if err != nil {
			return nil, 0, err
		}
		total += len(page)
		if len(page) < 500 {
			return missing, total, nil
		}
		after = page[len(page)-1].Object
	}
}

// lose asks for one account by its id, and forgets it if the target says that it is gone.
func (w *wave) lose(ctx context.Context, l link.Link) error {
	_, err := w.t.Connector.Get(ctx, l.Kind, l.Remote)
	switch {
	case err == nil:
		return nil
	case refuses(err):
		return &refusal{err}
	case !errors.Is(err, connector.ErrNotFound):
		w.t.log.Warn("account not in the list and not readable", "object", l.Object, "remote", l.Remote, "error", err)
		return nil
	}
	release, overtaken, err := w.t.seize(ctx, w.turn, l.Object, l)
	if err != nil {
		return err
	}
	defer release()
	if overtaken {
		return nil
	}
	return w.lost(ctx, l)
}

// lost remembers that an account is gone, with its memberships.
func (w *wave) lost(ctx context.Context, l link.Link, wait ...link.Waiting) error {
	w.count("lost", 1)
	return w.t.update(ctx, func(tx directory.Tx) error {
		edges, err := appliedEdges(ctx, link.In(tx), l)
		if err != nil {
			return err
		}
		l := l
		l.State, l.Active, l.Applied, l.Since, l.Run = link.Lost, false, nil, w.now, w.run.ID
		if err := link.In(tx).Put(ctx, l); err != nil {
			return err
		}
		if w.reports() {
			w.adrift.Store(true)
			if err := link.In(tx).PutDrift(ctx, w.missing(l)); err != nil {
				return err
			}
		}
		if err := link.In(tx).Seen(ctx, edges...); err != nil {
			return err
		}
		return link.In(tx).PutWaiting(ctx, wait...)
	})
}

// proveMemberships compares the wanted memberships of everybody linked with the directory, and writes what differs: what single changes missed heals here.
func (w *wave) proveMemberships(ctx context.Context) error {
	if !w.groupsServed() {
		return nil
	}
	for after := directory.ID(""); ; {
		var ids []directory.ID
		err := w.t.view(ctx, func(v directory.Reader) error {
			page, err := link.Of(v).List(ctx, w.t.Name, connector.User, nil, after, 1000)
			for _, l := range page {
				ids = append(ids, l.Object)
			}
			return err
		})
		if err != nil {
			return err
		}
		if err := w.wantMembers(ctx, ids); err != nil {
			return err
		}
		if len(ids) < 1000 {
			break
		}
		after = ids[len(ids)-1]
	}
	if err := w.rereadAll(ctx); err != nil {
		return err
	}
	if err := w.openGroups(ctx); err != nil {
		return err
	}
	return w.memberships(ctx, false)
}

// openGroups notes every group with memberships to write.
func (w *wave) openGroups(ctx context.Context) error {
	return w.t.view(ctx, func(v directory.Reader) error {
		for after := directory.ID(""); ; {
			page, err := link.Of(v).List(ctx, w.t.Name, connector.Group, []link.State{link.Linked}, after, 1000)
			if err != nil {
				return err
			}
			for _, l := range page {
				open, err := link.Of(v).OpenEdges(ctx, w.t.Name, l.Object, "", 1)
				if err != nil {
					return err
				}
				if len(open) > 0 {
					w.late[l.Object] = true
				}
				after = l.Object
			}
			if len(page) < 1000 {
				return nil
			}
		}
	})
}
