package engine

import (
	"context"
	"slices"
	"strings"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
)

// observeLeft finds, for a plan that is only shown, accounts that are active and match people who are disabled or gone here and not in scope. Nothing is
// planned about them: whoever goes live should know of them.
func (w *wave) observeLeft(ctx context.Context, l link.Reader, kind connector.Kind, units []*unit) error {
	if !w.draft || !w.listed || kind != connector.User {
		return nil
	}
	left := slices.DeleteFunc(slices.Clone(units), func(u *unit) bool {
		return u.want.Scope != plan.Out || u.object.State == directory.Active || plan.Linked(u.have)
	})
	if len(left) == 0 {
		return nil
	}
	for _, by := range w.rules.People().Rules().Match {
		of := map[string]*unit{}
		var values []string
		for _, u := range left {
			if v := u.want.Attrs.First(by); v != "" && u.seen == nil {
				of[strings.ToLower(v)], values = u, append(values, v)
			}
		}
		found, err := l.FindObserved(ctx, w.t.Name, kind, by, values)
		if err != nil {
			return err
		}
		ids := make([]connector.RemoteID, len(found))
		for i, o := range found {
			ids[i] = o.ID
		}
		owners, err := l.ByRemote(ctx, w.t.Name, kind, ids)
		if err != nil {
			return err
		}
		for _, o := range found {
			owned := slices.ContainsFunc(owners, func(l link.Link) bool { return l.Remote == o.ID })
			if u := of[strings.ToLower(o.Attrs.First(by))]; u != nil && o.Active && !owned && w.goesTo(o.ID) == "" {
				u.seen, u.left = &o.Remote, true
			}
		}
	}
	return nil
}

// goesTo returns who is to have an account by the plan that is being made; "" while it is only counted.
func (w *wave) goesTo(id connector.RemoteID) directory.ID { return w.owned[id] }
