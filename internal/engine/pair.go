package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
	"muster/internal/run"
)

// A Pair is a person's word that an account is somebody's.
type Pair struct {
	Object  directory.ID
	Account string // its id, or the value that it is matched by
}

// A Pairing is what becomes of a Pair, or would.
type Pairing struct {
	Pair
	Found   connector.Remote
	Lines   []plan.Line  // what would be done next
	Already bool         // they are paired
	Problem *run.Problem // why it cannot be; nothing else is filled in then
}

// manyPairs is how many accounts are looked up one by one; for more the target is listed.
const manyPairs = 20

// Pair looks up what would become of pairs, and, with write, links those that can be. It sends nothing; what follows goes out with the next wave, within the
// limits. It waits for a run that is going on.
func (e *Engine) Pair(ctx context.Context, name string, by directory.Actor, reason string, write bool, pairs ...Pair) ([]Pairing, error) {
	t, err := e.target(name)
	if err != nil {
		return nil, err
	}
	if err := t.lock(ctx); err != nil {
		return nil, err
	}
	defer t.mu.Unlock()
	w, err := t.aside(ctx)
	if err != nil {
		return nil, err
	}
	if len(pairs) > manyPairs {
		if err := w.list(ctx); err != nil {
			return nil, w.problem(err)
		}
	}
	p := &pairer{w: w, people: map[directory.ID]bool{}, accounts: map[connector.RemoteID]bool{}}
	var out []Pairing
	for part := range slices.Chunk(pairs, planChunk) {
		more, err := p.look(ctx, part)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	if write {
		err = p.write(ctx, by, reason)
	}
	t.poke()
	return out, err
}

// lockPatience is how long somebody who asks waits for a run that is going on.
const lockPatience = 30 * time.Second

// lock takes the target for what somebody asks.
func (t *target) lock(ctx context.Context) error {
	tick, over := time.NewTicker(20*time.Millisecond), time.After(lockPatience)
	defer tick.Stop()
	for !t.mu.TryLock() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-over:
			return &run.Problem{
				Code: "busy", What: "a run on " + t.Name + " is going on", Why: "Links are not changed by hand while a run works with them.",
				Now: "Nothing was changed.", Fix: "Wait until it is done (`muster runs`), or pause the target first: `muster pause " + t.Name + "`.",
			}
		case <-tick.C:
		}
	}
	return nil
}

// aside readies a wave that only looks: under the rules in force, or if there are none those configured. The caller holds t.mu.
func (t *target) aside(ctx context.Context) (*wave, error) {
	set := t.ruling()
	w, err := t.begin(ctx, run.Reconcile, set, "")
	if err != nil {
		if refused, ok := errors.AsType[*refusal](err); ok {
			return nil, stopped(t.Name, refused.error)
		}
		return nil, err
	}
	w.draft = true
	return w, nil
}

func (w *wave) problem(err error) error {
	if refused, ok := errors.AsType[*refusal](err); ok {
		return stopped(w.t.Name, refused.error)
	}
	return err
}

// A pairer looks at pairs, and remembers those that can be linked.
type pairer struct {
	w        *wave
	people   map[directory.ID]bool
	accounts map[connector.RemoteID]bool
	links    []link.Link
}

func (p *pairer) look(ctx context.Context, pairs []Pair) ([]Pairing, error) {
	ids := make([]directory.ID, len(pairs))
	for i, x := range pairs {
		ids[i] = x.Object
	}
	units, err := p.w.prepare(ctx, ids)
	if err != nil {
		return nil, err
	}
	by := map[directory.ID]*unit{}
	for _, u := range units {
		by[u.object.ID] = u
	}
	out := make([]Pairing, len(pairs))
	for i, x := range pairs {
		if out[i], err = p.one(ctx, x, by[x.Object]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// one looks at one pair.
func (p *pairer) one(ctx context.Context, x Pair, u *unit) (Pairing, error) {
	out := Pairing{Pair: x}
	no := func(code, what, why, fix string) (Pairing, error) {
		out.Problem = &run.Problem{Code: code, What: what, Why: why, Now: "Nothing was changed.", Fix: fix}
		return out, nil
	}
	if u == nil || u.object.Kind != directory.Person {
		return no("not_found", "there is no such person", "Only people are paired with accounts.", "Check who is meant: `muster user show`.")
	}
	if p.w.t.e.cfg.Protect != nil {
		if why := p.w.t.e.cfg.Protect(p.w.t.Name, u.object, u.records, u.have); why != "" {
			return no("protected", u.want.Name+" is protected", why, "Such accounts are linked by their match attributes only, never by hand.")
		}
	}
	seen, err := p.w.account(ctx, u, x.Account)
	switch {
	case errors.Is(err, connector.ErrNotFound):
		return no("not_found", fmt.Sprintf("the target has no account %q", x.Account), "It is neither the id of one nor a value that accounts are matched by.", "Look for it: `muster target report "+p.w.t.Name+" --list unknown`.")
	case err != nil:
		return out, fmt.Errorf("look up the account %q: %w", x.Account, err)
	}
	if d, err := p.w.holder(ctx, u, seen.ID); err != nil || d != "" {
		if err != nil {
			return out, err
		}
		return no("conflict", fmt.Sprintf("the account %s is linked to %s", x.Account, d), "An account belongs to one person.", "If that is wrong, drop their link first: `muster link drop "+p.w.t.Name+" "+d+"`.")
	}
	linked := plan.Linked(u.have)
	switch {
	case linked && u.have.Remote == seen.ID && u.have.State == link.Linked:
		out.Already, out.Found = true, seen
		return out, nil
	case linked && u.have.Remote != seen.ID:
		return no("conflict", fmt.Sprintf("%s is linked to another account, %s", u.want.Name, u.have.Remote), "A person has one account at a target.", "If that is wrong, drop the link first: `muster link drop "+p.w.t.Name+" "+u.want.Name+"`.")
	case p.people[x.Object]:
		return no("conflict", u.want.Name+" is paired twice", "A person has one account at a target.", "Leave one of the two out.")
	case p.accounts[seen.ID]:
		return no("conflict", fmt.Sprintf("the account %s is paired twice", x.Account), "An account belongs to one person.", "Leave one of the two out.")
	}
	p.people[x.Object], p.accounts[seen.ID] = true, true
	have := p.w.pairedLink(u, seen)
	want := u.want
	want.Ask, want.Doubt = "", nil
	out.Found, out.Lines = seen, plan.Object(want, have, &seen, p.w.can)
	p.links = append(p.links, have)
	return out, nil
}

func (w *wave) pairedLink(u *unit, seen connector.Remote) link.Link {
	return link.Link{
		Target: w.t.Name, Object: u.object.ID, Kind: connector.User, Remote: seen.ID, State: link.Linked, Origin: link.Paired,
		Active: seen.Active, Applied: mapped(u.want, seen.Attrs), Since: w.now, Confirmed: w.now,
	}
}

// account finds the account that text means: by its id, else by a match attribute.
func (w *wave) account(ctx context.Context, u *unit, text string) (connector.Remote, error) {
	if w.listed {
		return w.listedAccount(ctx, u, text)
	}
	seen, err := w.t.Connector.Get(ctx, connector.User, connector.RemoteID(text))
	if err == nil || !errors.Is(err, connector.ErrNotFound) && !errors.Is(err, connector.ErrInvalid) {
		return seen, err
	}
	finder, ok := w.t.Connector.(connector.Finder)
	if !ok {
		return seen, connector.ErrNotFound
	}
	for _, by := range u.want.Match {
		if !slices.Contains(w.can.FindBy, by) {
			continue
		}
		if seen, err = finder.Find(ctx, connector.User, by, text); err == nil || !errors.Is(err, connector.ErrNotFound) {
			return seen, err
		}
	}
	return seen, connector.ErrNotFound
}

func (w *wave) listedAccount(ctx context.Context, u *unit, text string) (connector.Remote, error) {
	var found []link.Observed
	err := w.t.view(ctx, func(v directory.Reader) (err error) {
		if found, err = link.Of(v).GetObserved(ctx, w.t.Name, connector.User, []connector.RemoteID{connector.RemoteID(text)}); err != nil || len(found) > 0 {
			return err
		}
		for _, by := range u.want.Match {
			if found, err = link.Of(v).FindObserved(ctx, w.t.Name, connector.User, by, []string{text}); err != nil || len(found) > 0 {
				return err
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return connector.Remote{}, err
	case len(found) == 1:
		return found[0].Remote, nil
	case len(found) == 0:
		return connector.Remote{}, connector.ErrNotFound
	}
	return connector.Remote{}, &run.Problem{Code: "ambiguous", What: fmt.Sprintf("%d accounts are called %q", len(found), text), Now: "Nothing was changed.", Fix: "Name the account by its id."}
}

// holder returns who besides u has an account, by name; "" means nobody.
func (w *wave) holder(ctx context.Context, u *unit, id connector.RemoteID) (string, error) {
	name := ""
	return name, w.t.view(ctx, func(v directory.Reader) error {
		links, err := link.Of(v).ByRemote(ctx, w.t.Name, connector.User, []connector.RemoteID{id})
		for _, l := range links {
			if l.Object == u.object.ID || !plan.Linked(l) {
				continue
			}
			if name = string(l.Object); err == nil {
				if o, err := v.Object(ctx, l.Object); err == nil && o.Handle() != "" {
					name = o.Handle()
				}
			}
		}
		return err
	})
}

// write links what can be.
func (p *pairer) write(ctx context.Context, by directory.Actor, reason string) error {
	t := p.w.t
	served := t.writes(t.active.Load())
	for part := range slices.Chunk(p.links, 200) {
		err := t.e.cfg.Store.Update(ctx, by, func(tx directory.Tx) error {
			l := link.In(tx)
			if err := l.Put(ctx, part...); err != nil {
				return err
			}
			for _, x := range part {
				if err := l.DropClaims(ctx, t.Name, x.Kind, x.Remote, x.Object); err != nil {
					return err
				}
				if err := p.next(ctx, l, x, served); err != nil {
					return err
				}
				detail := strings.TrimSuffix(fmt.Sprintf("target %s, account %s: %s", t.Name, x.Remote, reason), ": ")
				if err := run.In(tx).Audit(ctx, run.Event{At: p.w.now, By: string(by), Act: "link.set", Object: string(x.Object), Detail: detail}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("pair: %w", err)
		}
	}
	return nil
}

// next has somebody who was paired served soon, where the target is served at all.
func (p *pairer) next(ctx context.Context, l link.Tx, x link.Link, served bool) error {
	if !served {
		return l.DropWaiting(ctx, x.Target, x.Object)
	}
	return l.PutWaiting(ctx, link.Waiting{
		Target: x.Target, Object: x.Object, Wait: link.Retrying, Code: "paired", Reason: "was paired by hand just now", Since: p.w.now, Next: p.w.now,
	})
}

// Unpair forgets whose account it is. The account stays as it is; it is not taken over again before somebody says so. Of somebody who should be closed there,
// the account would stay open for good: that takes leave.
func (e *Engine) Unpair(ctx context.Context, name string, object directory.ID, by directory.Actor, reason string, write, leave bool) (link.Link, error) {
	t, err := e.target(name)
	if err != nil {
		return link.Link{}, err
	}
	if err := t.lock(ctx); err != nil {
		return link.Link{}, err
	}
	defer t.mu.Unlock()
	have, open, err := t.unpairable(ctx, object)
	switch {
	case err != nil:
		return have, err
	case have.Remote == "":
		return have, &run.Problem{Code: "not_found", What: "they have no account at " + name, Why: "Nothing is linked.", Now: "Nothing was changed.", Fix: "See `muster link list " + name + "`."}
	case open && !leave:
		return have, &run.Problem{
			Code: "open_leaver", What: fmt.Sprintf("the account %s is still open, and should be closed", have.Remote),
			Why: "They left, and the target has not confirmed that the account is closed. Without the link Muster would never close it.",
			Now: "Nothing was changed.", Fix: "Wait until it is closed (`muster leavers`), or close it by hand and say --leave-open.",
		}
	case !write:
		return have, nil
	}
	return have, t.unpair(ctx, have, by, reason)
}

// unpairable returns the link of an object, and whether its account is one that should be closed.
func (t *target) unpairable(ctx context.Context, object directory.ID) (link.Link, bool, error) {
	var have link.Link
	var open bool
	err := t.view(ctx, func(v directory.Reader) error {
		links, err := link.Of(v).Links(ctx, t.Name, []directory.ID{object})
		if err != nil || len(links) == 0 {
			return err
		}
		have = links[0]
		o, err := v.Object(ctx, object)
		if err != nil && !errors.Is(err, directory.ErrNotFound) {
			return err
		}
		left := err != nil || o.State != directory.Active || o.Stop != nil
		open = have.Kind == connector.User && (have.State == link.Closing || have.Active && left)
		near := string(object)
		unclosed, err := link.Of(v).Unclosed(ctx, t.Name, directory.ID(near[:max(0, len(near)-1)]), 64) // the few ids before it, and it
		open = open || slices.ContainsFunc(unclosed, func(l link.Link) bool { return l.Object == object && l.Active })
		return err
	})
	return have, open, err
}

func (t *target) unpair(ctx context.Context, have link.Link, by directory.Actor, reason string) error {
	now := t.e.cfg.Now()
	return t.e.cfg.Store.Update(ctx, by, func(tx directory.Tx) error {
		l := link.In(tx)
		edges, err := appliedEdges(ctx, l, have)
		if err != nil {
			return err
		}
		if err := l.Seen(ctx, edges...); err != nil {
			return err
		}
		for i := range edges {
			edges[i].Wanted = false
		}
		if _, err := l.Want(ctx, edges...); err != nil {
			return err
		}
		if err := l.Put(ctx, link.Link{Target: t.Name, Object: have.Object, Kind: have.Kind, Confirmed: now}); err != nil {
			return err
		}
		cut := link.Claim{Target: t.Name, Kind: have.Kind, Remote: have.Remote, Object: have.Object, Tie: link.Cut, By: string(by), Reason: reason, At: now}
		if err := l.PutClaims(ctx, cut); err != nil {
			return err
		}
		if err := l.DropWaiting(ctx, t.Name, have.Object); err != nil {
			return err
		}
		return run.In(tx).Audit(ctx, run.Event{At: now, By: string(by), Act: "link.drop", Object: string(have.Object), Detail: fmt.Sprintf("target %s, account %s: %s", t.Name, have.Remote, reason)})
	})
}
