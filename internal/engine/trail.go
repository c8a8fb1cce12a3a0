package engine

import (
	"context"
	"errors"
	"slices"

	"muster/internal/attr"
	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/mapping"
	"muster/internal/plan"
	"muster/internal/run"
)

// A Trail is what Explain looks at besides what a wave does: by which way somebody is in the scope, and which accounts were looked for.
type Trail struct {
	Path   []string                        // groups, from the one that the object is directly in to the one that the rule names
	Inputs map[attr.Path][]mapping.Reading // what expressions read; under "" the scope's
	Tries  []Try                           // by each match attribute, in order
	State  run.Target                      // paused, stopped
	Mode   Mode
}

// A Try is one match attribute and the accounts that were listed with its value.
type Try struct {
	By    attr.Path
	Value string
	Found []Candidate
}

// A Candidate is an account that a match attribute found, and whose it is already.
type Candidate struct {
	Remote connector.RemoteID
	Active bool
	Owner  directory.ID // "" = nobody's
	Name   string       // of the owner
}

// trail gathers the trail of a unit.
func (w *wave) trail(ctx context.Context, v directory.Reader, u *unit) (Trail, error) {
	out := Trail{Mode: w.t.Mode}
	var err error
	if out.State, err = run.Of(v).Target(ctx, w.t.Name); err != nil && !errors.Is(err, directory.ErrNotFound) {
		return out, err
	}
	rules, scope := w.rules.Of(u.object.Kind), w.people
	if rules == nil {
		return out, nil
	}
	if u.object.Kind == directory.Group {
		scope = w.groups
	}
	out.Inputs = rules.Inputs(u.in)
	if out.Path, err = w.path(ctx, v, scope, u); err != nil {
		return out, err
	}
	for _, by := range rules.Rules().Match {
		try := Try{By: by, Value: u.want.Attrs.First(by)}
		if try.Value != "" {
			if try.Found, err = w.found(ctx, v, u, by, try.Value); err != nil {
				return out, err
			}
		}
		out.Tries = append(out.Tries, try)
	}
	return out, nil
}

// path returns by which groups a unit is in the scope group: the shortest way.
func (w *wave) path(ctx context.Context, v directory.Reader, scope scopeGroup, u *unit) ([]string, error) {
	if !scope.known || u.in.InGroup != plan.In {
		return nil, nil
	}
	within := map[directory.ID]bool{}
	for _, id := range scope.below {
		within[id] = true
	}
	under := map[directory.ID]directory.ID{}
	for front := []directory.ID{u.object.ID}; len(front) > 0 && under[scope.root] == ""; {
		edges, err := v.GroupsOf(ctx, front)
		if err != nil {
			return nil, err
		}
		front = nil
		for _, e := range edges {
			if within[e.Group] && under[e.Group] == "" {
				under[e.Group] = e.Member
				front = append(front, e.Group)
			}
		}
	}
	var ids []directory.ID
	for id := scope.root; id != u.object.ID && id != "" && len(ids) <= len(under); id = under[id] {
		ids = append(ids, id)
	}
	slices.Reverse(ids)
	if err := w.name(ctx, v, ids); err != nil {
		return nil, err
	}
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = w.names[id]
	}
	return out, nil
}

// found returns the accounts that the target listed last with a value, and whose they are.
func (w *wave) found(ctx context.Context, v directory.Reader, u *unit, by attr.Path, value string) ([]Candidate, error) {
	l, kind := link.Of(v), remoteKind(u.object.Kind)
	seen, err := l.FindObserved(ctx, w.t.Name, kind, by, []string{value})
	if err != nil || len(seen) == 0 {
		return nil, err
	}
	ids := make([]connector.RemoteID, len(seen))
	for i, o := range seen {
		ids[i] = o.ID
	}
	owned, err := l.ByRemote(ctx, w.t.Name, kind, ids)
	if err != nil {
		return nil, err
	}
	owner := map[connector.RemoteID]directory.ID{}
	for _, x := range owned {
		owner[x.Remote] = x.Object
	}
	var out []Candidate
	for _, o := range seen {
		c := Candidate{Remote: o.ID, Active: o.Active, Owner: owner[o.ID]}
		if c.Owner != "" {
			of, err := v.Object(ctx, c.Owner)
			if err != nil && !errors.Is(err, directory.ErrNotFound) {
				return nil, err
			}
			c.Name = of.Handle()
		}
		out = append(out, c)
	}
	return out, nil
}
