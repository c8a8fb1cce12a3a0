package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
)

// retireReplaced deletes the groups that others have replaced, each once the new one has every member. An answer about a group that is replaced is kept until
// that group is gone, so that a crash anywhere leaves the members in one of the two, and the next wave goes on.
func (w *wave) retireReplaced(ctx context.Context) error {
	if !w.groupsServed() || w.piloted() || w.single {
		return nil
	}
	var answers []link.Rename
	w.mu.Lock()
	for _, of := range w.renames {
		answers = append(answers, slices.DeleteFunc(slices.Clone(of), func(a link.Rename) bool { return a.Answer != link.Replace })...)
	}
	w.mu.Unlock()
	slices.SortFunc(answers, func(a, b link.Rename) int { return a.At.Compare(b.At) })
	for _, a := range answers {
		if err := w.retire(ctx, a); err != nil {
			return fmt.Errorf("retire the group %s: %w", a.Remote, err)
		}
	}
	return nil
}

// retire deletes one replaced group, if nobody needs it any more.
func (w *wave) retire(ctx context.Context, a link.Rename) error {
	taken, err := w.holderOf(ctx, a)
	if err != nil || taken == a.Object {
		return err // not replaced yet
	}
	units, err := w.prepare(ctx, []directory.ID{a.Object})
	if err != nil {
		return err
	}
	if taken != "" || len(units) == 0 {
		return w.forgetAnswer(ctx, a) // somebody else's by now, or nobody is left to ask: it is not ours to delete
	}
	u := units[0]
	if u.old != nil { // about to be replaced in its turn: until then it is the new one
		u.have = *u.old
	}
	if u.wait != nil && u.wait.Wait == link.Retrying && u.wait.Next.After(w.t.e.cfg.Now()) {
		return nil
	}
	needed, err := w.needed(ctx, u, a)
	switch {
	case err != nil:
		return err
	case needed != "":
		return w.putOff(ctx, u, needed)
	}
	return w.deleteOld(ctx, u, a)
}

// holderOf returns who has the group that was to be replaced: the object itself, another, or "" for nobody.
func (w *wave) holderOf(ctx context.Context, a link.Rename) (by directory.ID, err error) {
	err = w.t.view(ctx, func(v directory.Reader) error {
		links, err := link.Of(v).ByRemote(ctx, w.t.Name, connector.Group, []connector.RemoteID{a.Remote})
		for _, l := range links {
			if l.Remote == a.Remote && (by == "" || l.Object == a.Object) {
				by = l.Object
			}
		}
		return err
	})
	return by, err
}

func (w *wave) forgetAnswer(ctx context.Context, a link.Rename) error {
	w.dropAnswer(a)
	return w.t.update(ctx, func(tx directory.Tx) error { return link.In(tx).DropRename(ctx, a) })
}

// needed says why the group that u has replaced must stay; "" means that it need not.
func (w *wave) needed(ctx context.Context, u *unit, a link.Rename) (string, error) {
	switch {
	case u.want.Scope == plan.Unknown || u.want.Ask != "" || u.have.State == link.Closing:
		return "it is not known whether the new one stays", nil
	case u.want.Scope == plan.In && u.want.Active && plan.Linked(u.have) && u.have.State == link.Linked:
		return w.behind(ctx, u, a)
	case u.want.Scope == plan.In && u.want.Active:
		return "the new one is not there", nil
	case u.want.Policy.Remove == plan.Delete && !plan.Linked(u.have):
		return "", nil // out of scope, and taken away: so is what it replaced
	case u.want.Policy.Remove == plan.Empty:
		if n, err := w.applied(ctx, u.object.ID); n == 0 || err != nil {
			return "", err
		}
	}
	return "the new one is not wanted any more, and was not taken away", nil
}

func (w *wave) applied(ctx context.Context, group directory.ID) (n int, err error) {
	return n, w.t.view(ctx, func(v directory.Reader) error {
		n, err = link.Of(v).CountApplied(ctx, w.t.Name, group)
		return err
	})
}

// behind says what the new group still lacks, as the target shows both, after an attempt to bring it there.
func (w *wave) behind(ctx context.Context, u *unit, a link.Rename) (string, error) {
	if _, err := w.t.Connector.Get(ctx, connector.Group, u.have.Remote); err != nil {
		return "the new one cannot be read: " + cut(err.Error()), endure(ctx, &setback{err})
	}
	if ok, err := w.reread(ctx, u, false); !ok || err != nil {
		return "the members of the new one cannot be read", err
	}
	if err := w.wantGroup(ctx, u.object.ID); err != nil {
		return "", err
	}
	n, err := w.lacking(ctx, u.object.ID)
	if err == nil && n > 0 {
		if err = w.memberships(ctx, false); err == nil {
			n, err = w.lacking(ctx, u.object.ID)
		}
	}
	switch {
	case err != nil:
		return "", err
	case n > 0:
		return fmt.Sprintf("%d members are not in the new one yet", n), nil
	case w.merges(u):
		return w.bringOver(ctx, u, a)
	}
	return "", nil
}

// lacking returns how many members a group is to get.
func (w *wave) lacking(ctx context.Context, group directory.ID) (n int, err error) {
	return n, w.t.view(ctx, func(v directory.Reader) error {
		open, err := link.Of(v).OpenEdges(ctx, w.t.Name, group, "", 300_000)
		for _, e := range open {
			if e.Wanted {
				n++
			}
		}
		return err
	})
}

// bringOver puts those into the new group who are in the old one by the target's own account: where nobody is ever removed, they stay members.
func (w *wave) bringOver(ctx context.Context, u *unit, a link.Rename) (string, error) {
	before, told, err := w.roster(ctx, u.object.ID, a.Remote)
	if err != nil {
		return "who is in the old one cannot be read", endure(ctx, &setback{err})
	}
	now, knows, err := w.roster(ctx, u.object.ID, u.have.Remote)
	if err != nil || !told || !knows {
		return "who is in both cannot be read", endure(ctx, &setback{err})
	}
	var pairs []pair
	for _, e := range different(now, before) {
		if !e.Applied {
			continue // only in the new one
		}
		account := e.Foreign
		if e.Member != "" {
			l, err := w.linkOf(ctx, e.Member)
			if err != nil {
				return "", err
			}
			account = l.Remote
		}
		pairs = append(pairs, pair{account, e})
	}
	size := w.can.MemberBatch
	if size <= 0 {
		size = len(pairs) + 1
	}
	for part := range slices.Chunk(pairs, size) {
		if err := w.bring(ctx, u, part); err != nil {
			return "members of the old one could not be brought over: " + cut(err.Error()), endure(ctx, err)
		}
	}
	return "", nil
}

func (w *wave) linkOf(ctx context.Context, object directory.ID) (l link.Link, err error) {
	return l, w.t.view(ctx, func(v directory.Reader) error {
		l, err = link.Of(v).Get(ctx, w.t.Name, object)
		return err
	})
}

// bring adds members to the group of u, as a call of its own.
func (w *wave) bring(ctx context.Context, u *unit, pairs []pair) error {
	j := &job{unit: u, pairs: pairs}
	j.op = connector.Op{Key: string(directory.NewID()), Verb: connector.Member, Kind: connector.Group, ID: u.have.Remote, Active: true, Want: u.want.Attrs}
	j.intent = link.Intent{Verb: connector.Member, Remote: u.have.Remote, Active: true}
	for _, p := range pairs {
		j.op.Add = append(j.op.Add, p.remote)
		if p.edge.Member != "" {
			j.intent.Add = append(j.intent.Add, p.edge.Member)
		}
	}
	return w.alone(ctx, j, nil, func() error {
		_, err := w.t.Connector.Apply(ctx, j.op)
		if err == nil {
			j.outcome.Edges = edgesOf(pairs)
			w.count("members_added", len(pairs))
		}
		return err
	})
}

// alone makes one call with its intent before and its outcome after it. The answer done, if there is one, is forgotten with a call that took effect. What
// call returns is returned as a *setback, what the store returns as it is.
func (w *wave) alone(ctx context.Context, j *job, done *link.Rename, call func() error) error {
	in := &j.intent
	in.ID, in.Target, in.Object, in.Kind, in.Run, in.At = j.op.Key, w.t.Name, j.object.ID, j.op.Kind, w.run.ID, w.t.e.cfg.Now()
	if err := w.t.update(ctx, func(tx directory.Tx) error { return link.In(tx).Begin(ctx, w.t.epoch, *in) }); err != nil {
		return fmt.Errorf("record intent: %w", err)
	}
	err := call()
	j.outcome.Intent, j.outcome.Result, j.outcome.At = in.ID, link.Done, w.t.e.cfg.Now()
	j.outcome.Took = j.outcome.At.Sub(in.At)
	if err != nil {
		j.outcome.Answer, j.outcome.Result = cut(err.Error()), link.Failed
		if ctx.Err() != nil || unclassified(err) {
			j.outcome.Result = link.Unknown
		}
	}
	kept := context.WithoutCancel(ctx)
	failed := w.t.update(kept, func(tx directory.Tx) error {
		if serr := link.In(tx).Settle(kept, j.outcome); serr != nil || err != nil || done == nil {
			return serr
		}
		return link.In(tx).DropRename(kept, *done)
	})
	switch {
	case failed != nil:
		return fmt.Errorf("record outcome: %w", failed)
	case err != nil:
		return &setback{err}
	}
	return nil
}

// A setback is what a target answered instead of doing as told.
type setback struct{ error }

func (s *setback) Unwrap() error { return s.error }

// endure keeps of err only what must end the wave: a refusal of the target as a whole, the end of ctx, and what the store says.
func endure(ctx context.Context, err error) error {
	var s *setback
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case refuses(err):
		return &refusal{err}
	case errors.As(err, &s):
		return nil
	}
	return err
}

// deleteOld deletes a group that was replaced, and forgets the answer when the target says that it is gone.
func (w *wave) deleteOld(ctx context.Context, u *unit, a link.Rename) error {
	j := &job{unit: u, op: connector.Op{Key: string(directory.NewID()), Verb: connector.Delete, Kind: connector.Group, ID: a.Remote}}
	j.intent = link.Intent{Verb: connector.Delete, Remote: a.Remote, Class: link.GroupDelete, Count: 1, Active: true}
	waits := u.wait != nil && u.wait.Code == codeOld
	err := w.alone(ctx, j, &a, func() error {
		if _, err := w.t.Connector.Apply(ctx, j.op); err != nil {
			return err
		}
		if proof, _, err := w.closed(ctx, j); err != nil || proof == "" {
			return errors.Join(fmt.Errorf("the target accepted the deletion and still has the group"), err)
		}
		j.outcome.Clear = waits
		return nil
	})
	if err != nil {
		if ends := endure(ctx, err); ends != nil {
			return ends
		}
		return w.putOff(ctx, u, cut(err.Error()))
	}
	w.dropAnswer(a)
	if waits {
		w.setWait(u, nil)
	}
	w.count("groups_replaced", 1)
	return nil
}

// putOff has the group of u looked at again later, unless it waits for something already.
func (w *wave) putOff(ctx context.Context, u *unit, why string) error {
	if u.wait = w.waits(u.object.ID); u.wait != nil && u.wait.Code != codeOld {
		return nil
	}
	x := w.retry(u, codeOld, "the group that it replaced is still there: "+why, 0)
	x.Next = x.Next.Add(time.Minute)
	w.setWait(u, &x)
	return w.t.update(ctx, func(tx directory.Tx) error { return link.In(tx).PutWaiting(ctx, x) })
}
