package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
	"muster/internal/run"
)

// References are attributes that hold the account of somebody else, such as a manager's. Whom they lead to is said by directory id in desired values and
// lines; which account that is, is asked just before the call. While the other has none, the rest of the person is written, and when it appears, changes or
// goes, the store enters whoever refers to it into the feed.

// refersOf returns what units refer to, by object, if the rules ask.
func (w *wave) refersOf(ctx context.Context, v directory.Reader, kind connector.Kind, units []*unit) (map[directory.ID][]directory.Reference, error) {
	if kind != connector.User || len(units) == 0 || len(w.rules.People().References()) == 0 {
		return nil, nil
	}
	all, err := v.References(ctx, idsOf(units))
	out := map[directory.ID][]directory.Reference{}
	for _, f := range all {
		out[f.Object] = append(out[f.Object], f)
	}
	return out, err
}

// normalRefs returns references with their paths as the target knows them, without those that it does not keep.
func (w *wave) normalRefs(refs []plan.Ref) []plan.Ref {
	n, ok := w.t.Connector.(connector.Normalizer)
	if !ok {
		return refs
	}
	var out []plan.Ref
	for _, r := range refs {
		kept, _ := n.Normalize(connector.User, attr.Set{r.Path: {"x"}})
		for p := range kept {
			r.Path = p
			out = append(out, r)
		}
	}
	return out
}

// resolveRefs says of whom units refer to which account they have, or whether they are to get one.
func (w *wave) resolveRefs(ctx context.Context, v directory.Reader, units []*unit) error {
	var all, ask []directory.ID
	for _, u := range units {
		u.want.Ahead = w.draft && w.run.Kind == run.Reconcile
		for _, r := range u.want.Refs {
			if r.To != "" {
				all = append(all, r.To)
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	slices.Sort(all)
	all = slices.Compact(all)
	accounts, err := w.accounts(ctx, link.Of(v), all)
	if err != nil {
		return err
	}
	for _, u := range units {
		for _, r := range u.want.Refs {
			if _, ok := accounts[r.To]; r.To != "" && !ok && (w.draft || u.has(r.Path).First() != "") {
				ask = append(ask, r.To)
			}
		}
	}
	slices.Sort(ask)
	known, err := w.referees.learn(ctx, w, v, slices.Compact(ask))
	if err != nil {
		return fmt.Errorf("whom people refer to: %w", err)
	}
	names, err := w.handles(ctx, v, all)
	for _, u := range units {
		for i, r := range u.want.Refs {
			u.want.Refs[i] = resolved(r, accounts, known, names)
		}
	}
	return err
}

// resolved returns r with the account of whom it leads to. Of whom nothing was asked, an account may be to come.
func resolved(r plan.Ref, accounts map[directory.ID]accountOf, known map[directory.ID]referee, names map[directory.ID]string) plan.Ref {
	if r.To == "" {
		return r
	}
	has, ok := accounts[r.To]
	r.Name, r.Account = names[r.To], has.id
	switch x, asked := known[r.To]; {
	case has.closed:
		r.Why = "their account there is closed"
	case !ok && asked:
		r.Pending, r.Why = x.comes, x.why
	case !ok:
		r.Pending = true
	}
	return r
}

// has returns what the account of u has in an attribute, as far as is known.
func (u *unit) has(p attr.Path) attr.Values {
	if u.seen != nil {
		return u.seen.Attrs[p]
	}
	return u.have.Applied[p]
}

// handles returns the names of people, if somebody is to read them.
func (w *wave) handles(ctx context.Context, v directory.Reader, ids []directory.ID) (map[directory.ID]string, error) {
	out := map[directory.ID]string{}
	if !w.draft {
		return out, nil
	}
	objects, err := v.Objects(ctx, ids)
	for _, o := range objects {
		out[o.ID] = o.Handle()
	}
	return out, err
}

// An accountOf is what somebody has at the target: an open account, one that was closed, or neither.
type accountOf struct {
	id     connector.RemoteID
	closed bool
}

func (w *wave) accounts(ctx context.Context, r link.Reader, ids []directory.ID) (map[directory.ID]accountOf, error) {
	links, err := r.Links(ctx, w.t.Name, ids)
	out := make(map[directory.ID]accountOf, len(links))
	for _, l := range links {
		switch {
		case l.Kind != connector.User:
		case l.Active && l.State != link.Lost:
			out[l.Object] = accountOf{id: l.Remote}
		case l.State == link.Closed || l.State == link.Linked:
			out[l.Object] = accountOf{closed: true}
		}
	}
	return out, err
}

// referees remembers people without an account, whom others refer to, for the time of a wave.
type referees struct {
	mu    sync.Mutex // guards known
	known map[directory.ID]referee
}

// A referee is somebody without an account whom others refer to.
type referee struct {
	comes bool   // they are to get an account, or it cannot be told that they are not
	why   string // why they have none
}

// learn returns what is known of ids, after it was found out.
func (x *referees) learn(ctx context.Context, w *wave, v directory.Reader, ids []directory.ID) (map[directory.ID]referee, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.known == nil {
		x.known = map[directory.ID]referee{}
	}
	out := map[directory.ID]referee{}
	var ask []directory.ID
	for _, id := range ids {
		if known, ok := x.known[id]; ok {
			out[id] = known
		} else {
			ask = append(ask, id)
		}
	}
	for part := range slices.Chunk(ask, planChunk) {
		found, err := w.judgeReferees(ctx, v, part)
		if err != nil {
			return nil, err
		}
		maps.Copy(out, found)
		maps.Copy(x.known, found)
	}
	return out, nil
}

// judgeReferees says of people whether they are to get an account.
func (w *wave) judgeReferees(ctx context.Context, v directory.Reader, ids []directory.ID) (map[directory.ID]referee, error) {
	units, err := w.gather(ctx, v, ids)
	if err != nil {
		return nil, err
	}
	people := ofKind(units, connector.User)
	if err := w.desire(ctx, v, connector.User, people); err != nil {
		return nil, err
	}
	out := map[directory.ID]referee{}
	for _, u := range people {
		x := referee{why: u.want.Reason}
		switch {
		case u.want.Scope == plan.Unknown:
			x.comes = true
		case u.want.Scope == plan.In && u.want.Active:
			x.comes, x.why = true, "it is not there yet"
		case u.want.Scope == plan.In:
			x.why = "they are disabled"
		}
		out[u.object.ID] = x
	}
	return out, nil
}

// refer fills in the references of the op that line l has become, with the accounts that people have now, and takes the lines about them off j.lines: a
// person who is written anyway takes their references along.
func (j *job) refer(ctx context.Context, w *wave, l plan.Line) error {
	if len(j.want.Refs) == 0 || l.Kind != connector.User || j.op.Verb == connector.Disable || j.op.Verb == connector.Delete {
		return nil
	}
	due := map[attr.Path]bool{}
	j.lines = slices.DeleteFunc(j.lines, func(next plan.Line) bool {
		if next.Verb == plan.Refer {
			due[next.Fields[0].Path] = true
		}
		return next.Verb == plan.Refer
	})
	if l.Verb == plan.Refer {
		due[l.Fields[0].Path] = true
	}
	var ids []directory.ID
	for _, r := range j.want.Refs {
		ids = append(ids, r.To)
	}
	var accounts map[directory.ID]accountOf
	err := w.t.view(ctx, func(v directory.Reader) (err error) {
		accounts, err = w.accounts(ctx, link.Of(v), ids)
		return err
	})
	if err != nil {
		return fmt.Errorf("accounts of whom %s refers to: %w", j.object.ID, err)
	}
	j.refs = attr.Set{}
	for _, r := range j.want.Refs {
		is := j.has(r.Path)
		if j.op.Verb == connector.Create {
			is = nil
		}
		should := attr.Values{}
		if id := accounts[r.To].id; id != "" {
			should = attr.Values{string(id)}
		}
		comes := j.op.Verb == connector.Create && r.Pending && !w.rejects // they got one while the plan was carried out
		if !due[r.Path] && !comes || len(should) == 0 && r.Pending {
			should = is
		}
		if !should.Equal(is) && j.op.Verb != connector.Create {
			j.op.Changed = append(j.op.Changed, r.Path)
		}
		if len(should)+len(is) > 0 {
			j.refs[r.Path] = should
		}
	}
	j.op.Want = applied(j.op.Want, j.refs)
	return nil
}

// refereesFirst parts those to be written: first whom others refer to, so that these find their accounts.
func (s *survey) refereesFirst() [2][]directory.ID {
	var out [2][]directory.ID
	for _, id := range s.then {
		if s.referred[id] {
			out[0] = append(out[0], id)
		} else {
			out[1] = append(out[1], id)
		}
	}
	return out
}

// compareRefs finds the references of u that somebody changed by hand, and puts into before what was confirmed of them.
func (w *wave) compareRefs(u *unit, before attr.Set) {
	for _, r := range u.want.Refs {
		was, ok := u.have.Applied[r.Path]
		found := u.seen.Attrs[r.Path]
		if ok && !found.Equal(was) && found.First() != string(r.Account) {
			u.drift = append(u.drift, w.drift(u, string(r.Path), string(r.Account), shown(found)))
			before[r.Path] = was
		}
	}
}
