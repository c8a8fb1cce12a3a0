package memory

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"muster/internal/connector"
)

// Apply performs op.
func (c *Connector) Apply(ctx context.Context, op connector.Op) (connector.Remote, error) {
	switch op.Verb {
	case connector.Create:
		return c.create(ctx, op)
	case connector.Update, connector.Enable, connector.Disable:
		return c.change(ctx, op)
	case connector.Delete:
		return connector.Remote{}, c.delete(ctx, op)
	case connector.Member:
		return c.member(ctx, op)
	}
	return connector.Remote{}, fmt.Errorf("verb %q: %w", op.Verb, connector.ErrUnsupported)
}

// create looks up first when an earlier try may have taken effect, so that no fault makes a second account.
func (c *Connector) create(ctx context.Context, op connector.Op) (connector.Remote, error) {
	if op.Repeat {
		for _, by := range op.Match {
			found, err := c.Find(ctx, op.Kind, by, op.Want.First(by))
			if !errors.Is(err, connector.ErrNotFound) {
				return found, err
			}
		}
	}
	want, problems := c.Normalize(op.Kind, op.Want)
	made := connector.Remote{Kind: op.Kind, Attrs: want, Active: op.Active || op.Kind == connector.Group}
	err := c.call(ctx, "create "+string(op.Kind), func() int {
		switch {
		case len(problems) > 0 || want.First(key(op.Kind)) == "":
			return http.StatusBadRequest
		case c.service.taken(made):
			return http.StatusConflict
		}
		made = c.service.add(made)
		return http.StatusCreated
	})
	return result(made, err)
}

// change updates the paths that op names, and whether the account is active.
func (c *Connector) change(ctx context.Context, op connector.Op) (connector.Remote, error) {
	var made connector.Remote
	want, problems := c.Normalize(op.Kind, op.Want)
	err := c.call(ctx, fmt.Sprintf("%s %s %s", op.Verb, op.Kind, op.ID), func() int {
		o, ok := c.service.objects[op.ID]
		if !ok || o.Kind != op.Kind {
			return http.StatusNotFound
		}
		made = clone(o.Remote)
		if op.Verb == connector.Disable {
			made.Active = false
		} else {
			for _, p := range op.Changed {
				if slices.ContainsFunc(problems, func(b connector.Problem) bool { return b.Path == p }) {
					return http.StatusBadRequest
				}
				made.Attrs[p] = want[p]
			}
			made.Active = made.Active || op.Verb == connector.Enable
		}
		if c.service.taken(made) {
			return http.StatusConflict
		}
		o.Remote = clone(made)
		c.service.objects[op.ID] = o
		return http.StatusOK
	})
	return result(made, err)
}

// delete succeeds when there is nothing left to delete.
func (c *Connector) delete(ctx context.Context, op connector.Op) error {
	return c.call(ctx, fmt.Sprintf("delete %s %s", op.Kind, op.ID), func() int {
		delete(c.service.objects, op.ID)
		for _, g := range c.service.objects {
			delete(g.members, op.ID)
		}
		return http.StatusNoContent
	})
}

// member adds and removes edges of one group; those that are already as asked are left as they are.
func (c *Connector) member(ctx context.Context, op connector.Op) (connector.Remote, error) {
	var group connector.Remote
	err := c.call(ctx, "change members of "+string(op.ID), func() int {
		g, ok := c.service.objects[op.ID]
		if !ok || g.Kind != connector.Group {
			return http.StatusNotFound
		}
		for _, id := range op.Add {
			if _, ok := c.service.objects[id]; !ok {
				return http.StatusBadRequest
			}
		}
		for _, id := range op.Add {
			g.members[id] = true
		}
		for _, id := range op.Remove {
			delete(g.members, id)
		}
		group = clone(g.Remote)
		return http.StatusOK
	})
	return result(group, err)
}

// result keeps what was never confirmed from being returned.
func result(r connector.Remote, err error) (connector.Remote, error) {
	if err != nil {
		return connector.Remote{}, err
	}
	return r, nil
}
