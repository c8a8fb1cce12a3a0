package engine

import (
	"context"
	"errors"
	"slices"

	"muster/internal/directory"
	"muster/internal/mapping"
	"muster/internal/plan"
)

// A scopeGroup is the group that a rule names, found by the immutable id that was remembered when the name was first looked up: a rename or move is
// followed. While it cannot be found, the scope is unknown and nobody leaves.
type scopeGroup struct {
	named bool           // the rule names a group at all
	known bool           // and it exists
	below []directory.ID // it, and with nested every group in it
	root  directory.ID
}

// resolve finds the group that from names. what tells people's rules from groups' rules.
func (t *target) resolve(ctx context.Context, what string, from mapping.From) (scopeGroup, error) {
	if from.Group == "" {
		return scopeGroup{}, nil
	}
	g := scopeGroup{named: true}
	owner, name := t.scopeOwner(), scopeName(what, from)
	var fresh bool
	err := t.view(ctx, func(v directory.Reader) error {
		anchor, err := v.Anchor(ctx, owner, name)
		if err != nil {
			return err
		}
		g.root, fresh = directory.ID(anchor), anchor == ""
		if fresh {
			if g.root, err = find(ctx, v, from); g.root == "" || err != nil {
				return err
			}
		}
		o, err := v.Object(ctx, g.root)
		if errors.Is(err, directory.ErrNotFound) || err == nil && o.State != directory.Active {
			return nil
		}
		g.known = err == nil
		g.below = []directory.ID{g.root}
		if err == nil && from.Nested {
			g.below, err = v.Below(ctx, g.below)
		}
		return err
	})
	if err != nil || !fresh || !g.known {
		return g, err
	}
	return g, t.update(ctx, func(tx directory.Tx) error { return tx.SetAnchor(ctx, owner, name, string(g.root)) })
}

// find looks a scope group up by its DN or, if exactly one has it, its name.
func find(ctx context.Context, v directory.Reader, from mapping.From) (directory.ID, error) {
	found, err := v.Search(ctx, from.Group, 10)
	if err != nil {
		return "", err
	}
	found = slices.DeleteFunc(found, func(o directory.Object) bool { return o.Kind != directory.Group || o.State != directory.Active })
	if len(found) != 1 {
		return "", nil
	}
	return found[0].ID, nil
}

// within returns which of ids are direct members of the scope group or, with nested, of a group in it.
func (g scopeGroup) within(ctx context.Context, v directory.Reader, ids []directory.ID) (map[directory.ID]bool, error) {
	if !g.known {
		return nil, nil
	}
	in, err := v.Within(ctx, g.below, ids)
	out := make(map[directory.ID]bool, len(in))
	for _, id := range in {
		out[id] = true
	}
	return out, err
}

// verdict turns membership into what mapping takes.
func (g scopeGroup) verdict(in bool) plan.Scope {
	switch {
	case !g.named || in:
		return plan.In
	case !g.known:
		return plan.Unknown
	}
	return plan.Out
}
