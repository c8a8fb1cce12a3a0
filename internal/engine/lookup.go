package engine

import (
	"context"
	"errors"
	"slices"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
)

// mustLookUp reports whether u would create something that nobody proved to be absent, because the list is old or an earlier create may have taken effect;
// or would change something of which it is not known what it is now.
func (w *wave) mustLookUp(u *unit) bool {
	if len(u.lines) == 0 || ofMember(u.lines[0]) {
		return false
	}
	creates := u.lines[0].Verb == plan.Create
	return creates && !u.absent || u.repeats() || plan.Linked(u.have) && u.unsure()
}

// repeats reports whether an earlier call about u had no answer.
func (u *unit) repeats() bool { return u.wait != nil && u.wait.Code == codeUnknown }

// unsure reports whether what is remembered of u's account may be wrong.
func (u *unit) unsure() bool { return u.repeats() || u.wait != nil && u.wait.Code == codeUnclosed }

// lookUp asks the target for an account, by its id or else by the match attributes, in order, and plans u again if there is one. What an unanswered
// create of ours has left is adopted; anything else goes by the rules of adoption.
func (w *wave) lookUp(ctx context.Context, u *unit) error {
	if u.object.Kind == directory.Person {
		release, overtaken, err := w.t.seize(ctx, u.turn, u.object.ID, u.have)
		if err != nil {
			return err
		}
		defer release()
		if overtaken {
			u.lines = nil
			return nil
		}
	}
	if plan.Linked(u.have) {
		return w.look(ctx, u)
	}
	account, err := w.find(ctx, u)
	if err != nil {
		return err
	}
	if account == nil {
		if u.absent = true; isGhost(u.lines) {
			return w.settled(ctx, u)
		}
		return nil
	}
	if err := w.offerFound(ctx, u, *account); err != nil {
		return err
	}
	if u.repeats() && u.want.Ask == "" {
		u.have = link.Link{Target: w.t.Name, Object: u.object.ID, Kind: u.want.Kind, Origin: link.Created}
		made := w.ghost(u)
		made.Remote, made.Why = account.ID, "made by an earlier call that had no answer"
		known := u.have
		known.Remote, known.State, known.Active, known.Applied = account.ID, link.Linked, account.Active, mapped(u.want, account.Attrs)
		u.lines = append([]plan.Line{made}, plan.Object(u.want, known, account, w.can)...)
		return nil
	}
	return w.replan(ctx, u)
}

// look asks for the account that u has, of which a call had no answer.
func (w *wave) look(ctx context.Context, u *unit) error {
	account, err := w.t.Connector.Get(ctx, u.have.Kind, u.have.Remote)
	if errors.Is(err, connector.ErrNotFound) {
		if !isGhost(u.lines) {
			return nil // the call will find out
		}
		if _, err := w.t.Connector.Check(ctx); err != nil {
			return err
		}
		u.lines = nil
		return w.lost(ctx, u.have, w.retry(u, codeMissing, "the account is gone at the target; it is planned anew", 0))
	}
	if err != nil {
		return err
	}
	u.seen = &account
	if err := w.reopen(ctx, u); err != nil {
		return err
	}
	return w.replan(ctx, u)
}

// reopen links a group again that is still there though its deletion was ordered, and that is wanted now.
func (w *wave) reopen(ctx context.Context, u *unit) error {
	if u.object.Kind != directory.Group || u.have.State != link.Closing || u.want.Scope != plan.In || !u.want.Active {
		return nil
	}
	u.have.State, u.have.Since, u.have.Cause = link.Linked, w.now, directory.NoCause
	w.linked(u)
	return w.t.update(ctx, func(tx directory.Tx) error { return link.In(tx).Put(ctx, u.have) })
}

// replan plans u again now that its account was seen.
func (w *wave) replan(ctx context.Context, u *unit) error {
	u.lines = w.object(u)
	if err := w.note(ctx, []*unit{u}); err != nil {
		return err
	}
	if err := w.screen(ctx, []*unit{u}); err != nil {
		return err
	}
	if acts(u.lines) {
		return nil
	}
	if u.unsure() {
		if err := w.confirm(ctx, u); err != nil {
			return err
		}
		return w.settled(ctx, u)
	}
	u.lines = nil
	return nil
}

// confirm remembers the values that an account of u was seen to have.
func (w *wave) confirm(ctx context.Context, u *unit) error {
	if !plan.Linked(u.have) || u.seen == nil {
		return nil
	}
	u.have.Applied, u.have.Confirmed = applied(u.have.Applied, mapped(u.want, u.seen.Attrs)), w.t.e.cfg.Now()
	return w.t.update(ctx, func(tx directory.Tx) error { return link.In(tx).Put(ctx, u.have) })
}

// settled forgets that u waited for an answer: nothing is left to do, unless something keeps it from being done.
func (w *wave) settled(ctx context.Context, u *unit) error {
	w.setWait(u, nil)
	err := w.t.update(ctx, func(tx directory.Tx) error { return link.In(tx).DropWaiting(ctx, w.t.Name, u.object.ID) })
	if err == nil {
		u.lines = w.object(u)
		err = w.note(ctx, []*unit{u})
	}
	u.lines = nil
	return err
}

// apart reports whether l can be decided about by itself: memberships, and references to others.
func apart(l plan.Line) bool { return ofMember(l) || l.Verb == plan.Refer }

// ofMember reports whether l is about memberships.
func ofMember(l plan.Line) bool { return l.Verb == plan.AddMembers || l.Verb == plan.RemoveMembers }

// find returns the account that one of the match attributes leads to, or nil. After a create without an answer, the values that were sent then lead first:
// by now the person may have another name.
func (w *wave) find(ctx context.Context, u *unit) (*connector.Remote, error) {
	finder, ok := w.t.Connector.(connector.Finder)
	if !ok {
		return nil, nil
	}
	sent, err := w.unanswered(ctx, u)
	if err != nil {
		return nil, err
	}
	type pair struct {
		by    attr.Path
		value string
	}
	asked, can := map[pair]bool{}, w.can.FindBy
	if u.want.Kind == connector.Group {
		can = w.can.FindGroupBy
	}
	for _, values := range append(sent, u.want.Attrs) {
		for _, by := range u.want.Match {
			p := pair{by, values.First(by)}
			if p.value == "" || asked[p] || !slices.Contains(can, by) {
				continue
			}
			asked[p] = true
			account, err := finder.Find(ctx, u.want.Kind, by, p.value)
			switch {
			case err == nil:
				return &account, nil
			case !errors.Is(err, connector.ErrNotFound):
				return nil, err
			}
		}
	}
	return nil, nil
}

// unanswered returns what was sent to create an account for u without an answer, the newest first, where nothing matched it before.
func (w *wave) unanswered(ctx context.Context, u *unit) ([]attr.Set, error) {
	if !u.repeats() {
		return nil, nil
	}
	var out []attr.Set
	return out, w.t.view(ctx, func(v directory.Reader) error {
		entries, err := link.Of(v).Journal(ctx, link.Query{Target: w.t.Name, Object: u.object.ID, Limit: 100})
		for _, e := range entries {
			if e.Verb == connector.Create && e.Result == link.Done {
				break
			}
			if e.Verb == connector.Create && e.Result == link.Unknown && e.Absent {
				out = append(out, e.Want)
			}
		}
		return err
	})
}

// offerFound makes a found account the candidate of u, with a question if it is or was somebody else's.
func (w *wave) offerFound(ctx context.Context, u *unit, account connector.Remote) error {
	u.seen, u.absent = nil, false
	return w.t.view(ctx, func(v directory.Reader) error {
		owners, err := link.Of(v).ByRemote(ctx, w.t.Name, u.want.Kind, []connector.RemoteID{account.ID})
		if err != nil {
			return err
		}
		past, err := link.Of(v).Claims(ctx, w.t.Name, u.want.Kind, []connector.RemoteID{account.ID})
		w.offer(u, account, owners, past)
		return err
	})
}

// mapped returns those attributes of an account that the rules want.
func mapped(want plan.Desired, have attr.Set) attr.Set {
	out := attr.Set{}
	for p := range want.Attrs {
		if v, ok := have[p]; ok {
			out[p] = v
		}
	}
	for _, r := range want.Refs {
		if v, ok := have[r.Path]; ok {
			out[r.Path] = v
		}
	}
	return out
}

// unfound settles a unit whose look-up failed: the target is refused, or the unit waits.
func (w *wave) unfound(ctx context.Context, stop context.CancelCauseFunc, u *unit, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if refuses(err) {
		stop(&refusal{err})
		return err
	}
	x := w.waitFor(u, u.lines[0], err)
	if x.Code == codeUnknown && !u.repeats() {
		x.Code, x.Line = codeLookup, "" // nothing was sent
	}
	if u.unsure() {
		x.Code, x.Line = u.wait.Code, u.wait.Line
	}
	w.setWait(u, &x)
	w.count(string(x.Wait), 1)
	return w.t.update(ctx, func(tx directory.Tx) error { return link.In(tx).PutWaiting(ctx, x) })
}
