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

// mustLookUp reports whether u would create something that nobody proved to be absent: the list is old, or an earlier create may have taken effect.
func (w *wave) mustLookUp(u *unit) bool {
	creates := len(u.lines) > 0 && u.lines[0].Verb == plan.Create
	return creates && (!u.absent || u.repeats())
}

// repeats reports whether an earlier create of u had no answer.
func (u *unit) repeats() bool { return u.wait != nil && u.wait.Code == codeUnknown }

// lookUp asks the target for an account by the match attributes, in order, and plans u again if there is one. What an unanswered create of ours has left
// is adopted; anything else goes by the rules of adoption.
func (w *wave) lookUp(ctx context.Context, u *unit) error {
	account, err := w.find(ctx, u)
	if err != nil {
		return err
	}
	if account == nil {
		u.absent = true
		return nil
	}
	if err := w.offerFound(ctx, u, *account); err != nil {
		return err
	}
	if u.repeats() && u.want.Ask == "" {
		u.have = link.Link{Target: w.t.Name, Object: u.object.ID, Origin: link.Created}
		link := plan.Line{Target: w.t.Name, Object: u.object.ID, Kind: u.want.Kind, Name: u.want.Name, Verb: plan.Link, Remote: account.ID, Why: "made by an earlier call that had no answer"}
		known := u.have
		known.Remote, known.State, known.Active, known.Applied = account.ID, "linked", account.Active, mapped(u.want, account.Attrs)
		u.lines = append([]plan.Line{link}, plan.Object(u.want, known, account, w.can)...)
		return nil
	}
	w.plan(u)
	if err := w.note(ctx, []*unit{u}); err != nil {
		return err
	}
	if !acts(u.lines) {
		u.lines = nil
	}
	return nil
}

// find returns the account that one of the match attributes leads to, or nil.
func (w *wave) find(ctx context.Context, u *unit) (*connector.Remote, error) {
	finder, ok := w.t.Connector.(connector.Finder)
	if !ok {
		return nil, nil
	}
	for _, by := range u.want.Match {
		value := u.want.Attrs.First(by)
		if value == "" || !slices.Contains(w.can.FindBy, by) {
			continue
		}
		account, err := finder.Find(ctx, u.want.Kind, by, value)
		switch {
		case err == nil:
			return &account, nil
		case !errors.Is(err, connector.ErrNotFound):
			return nil, err
		}
	}
	return nil, nil
}

// offerFound makes a found account the candidate of u, with a question if it is or was somebody else's.
func (w *wave) offerFound(ctx context.Context, u *unit, account connector.Remote) error {
	u.seen, u.absent = nil, false
	return w.t.view(ctx, func(v directory.Reader) error {
		owners, err := link.Of(v).ByRemote(ctx, w.t.Name, u.want.Kind, []connector.RemoteID{account.ID})
		owner := directory.ID("")
		for _, o := range owners {
			if o.Object != u.object.ID {
				owner = o.Object
			}
		}
		w.offer(u, account, owner, 1)
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
	w.count(string(x.Wait), 1)
	return w.t.update(ctx, func(tx directory.Tx) error { return link.In(tx).PutWaiting(ctx, x) })
}
