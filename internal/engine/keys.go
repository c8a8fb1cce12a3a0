package engine

import (
	"context"
	"maps"
	"slices"

	"muster/internal/directory"
)

// keys are what a wave looks at.
type keys struct {
	objects map[directory.ID]bool // to plan
	groups  []directory.ID        // groups whose members may differ as a whole
	changed []directory.ID        // objects that changed themselves: a group that comes back into scope has members
}

// keys coalesces changes: an object changed is planned; an edge changed may move people into or out of scope, and in or out of groups at the target.
func (w *wave) keys(ctx context.Context, changes []directory.Change) (keys, error) {
	k := keys{objects: map[directory.ID]bool{}}
	var edges []directory.Change
	for _, c := range changes {
		k.objects[c.Object] = true
		if c.Member != "" {
			edges = append(edges, c)
		}
	}
	return k, w.t.view(ctx, func(v directory.Reader) error {
		for _, c := range edges {
			if err := w.edge(ctx, v, c, &k); err != nil {
				return err
			}
		}
		return w.renamed(ctx, v, changes, &k)
	})
}

// allKeys is keys for a whole backlog.
func (w *wave) allKeys(ctx context.Context, b backlog) (keys, error) {
	all := keys{objects: map[directory.ID]bool{}}
	for _, changes := range [][]directory.Change{b.settled, b.fresh} {
		for page := range slices.Chunk(changes, feedPage) {
			k, err := w.keys(ctx, page)
			if err != nil {
				return all, err
			}
			maps.Copy(all.objects, k.objects)
			all.groups, all.changed = append(all.groups, k.groups...), append(all.changed, k.changed...)
		}
	}
	return all, nil
}

// edge follows one changed membership. A group put into or taken out of another concerns everybody in it.
func (w *wave) edge(ctx context.Context, v directory.Reader, c directory.Change, k *keys) error {
	o, err := v.Object(ctx, c.Member)
	if err != nil {
		return err
	}
	k.objects[c.Member] = true
	if o.Kind == directory.Person {
		return nil
	}
	if w.nestedScope() {
		if err := w.everybodyIn(ctx, v, c.Member, k); err != nil {
			return err
		}
	}
	if w.groupsServed() && w.nested() {
		above, err := v.Above(ctx, []directory.ID{c.Object})
		k.groups = append(k.groups, above...)
		return err
	}
	return nil
}

// nestedScope reports whether groups within groups decide about scope.
func (w *wave) nestedScope() bool {
	r := w.rules.rules
	return r.People.From.Nested || r.Groups != nil && r.Groups.From.Nested || w.rules.UsesAbove()
}

func (w *wave) everybodyIn(ctx context.Context, v directory.Reader, group directory.ID, k *keys) error {
	groups, err := v.Below(ctx, []directory.ID{group})
	if err != nil {
		return err
	}
	for _, g := range groups {
		for after := directory.ID(""); ; {
			page, err := v.Members(ctx, g, after, 5000)
			if err != nil {
				return err
			}
			for _, id := range page {
				k.objects[id] = true
			}
			if len(page) < 5000 {
				break
			}
			after = page[len(page)-1]
		}
	}
	return nil
}

// renamed follows groups whose own change can move people: the scope group itself, and any group if rules look at memberOf by name.
func (w *wave) renamed(ctx context.Context, v directory.Reader, changes []directory.Change, k *keys) error {
	for _, c := range changes {
		if c.Member != "" {
			continue
		}
		if w.groupsServed() {
			k.changed = append(k.changed, c.Object)
		}
		scope := c.Object == w.people.root || c.Object == w.groups.root
		if !scope && !w.rules.UsesMemberOf() && !w.rules.UsesAbove() {
			continue
		}
		if err := w.everybodyIn(ctx, v, c.Object, k); err != nil {
			return err
		}
	}
	return nil
}
