package app

import (
	"cmp"
	"context"
	"slices"

	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/server/adminapi"
)

// How much is told of how groups are within each other.
const (
	mostNested  = 500  // groups
	mostDiffers = 1000 // memberships of which it is counted how they differ
	mostNamed   = 20   // of them, by name
)

// Nesting implements adminapi.Nestings.
func (m *Muster) Nesting(ctx context.Context, group, who string) (adminapi.Nesting, error) {
	out := adminapi.Nesting{Above: []adminapi.NestedGroup{}, Below: []adminapi.NestedGroup{}, At: []adminapi.GroupAt{}}
	g, err := m.one(ctx, directory.Group, group)
	if err != nil {
		return out, err
	}
	member := directory.Object{}
	if who != "" {
		if member, err = m.one(ctx, "", who); err != nil {
			return out, err
		}
	}
	return out, m.Store.View(ctx, func(v directory.Reader) error {
		n := nest{ctx: ctx, v: v, root: g.ID}
		below, err := n.walk(false)
		if err != nil {
			return err
		}
		above, err := n.walk(true)
		if err != nil {
			return err
		}
		out.Above, out.Below, out.More = above.groups, below.groups, above.more || below.more
		if out.Direct, err = v.CountMembersOf(ctx, below.by(g.ID, "direct")); err != nil {
			return err
		}
		if out.Members = out.Direct; len(below.groups) > 0 {
			if out.ByGroups, err = v.CountMembersOf(ctx, below.by(g.ID, "groups")); err != nil {
				return err
			}
			if out.Members, err = v.CountMembersOf(ctx, below.by(g.ID, "all")); err != nil {
				return err
			}
		}
		if who != "" {
			if out.Who, err = n.brings(below, member); err != nil {
				return err
			}
		}
		for _, t := range m.File.Targets {
			if err := m.groupAt(ctx, v, t.Name, g.ID, &out); err != nil {
				return err
			}
		}
		return nil
	})
}

// A nest is the groups around one.
type nest struct {
	ctx  context.Context
	v    directory.Reader
	root directory.ID
}

// walked are the groups in one direction, with the way to each.
type walked struct {
	groups []adminapi.NestedGroup
	paths  map[directory.ID][]string // the root's too
	more   bool
}

// walk goes from the root down to what it contains, or up to what contains it, the nearest first. Cycles end.
func (n nest) walk(up bool) (walked, error) {
	reach := n.v.Below
	if up {
		reach = n.v.Above
	}
	ids, err := reach(n.ctx, []directory.ID{n.root})
	if err != nil {
		return walked{}, err
	}
	edges, err := n.v.GroupsOf(n.ctx, ids)
	if err != nil {
		return walked{}, err
	}
	objects, err := n.v.Objects(n.ctx, ids)
	if err != nil {
		return walked{}, err
	}
	names := make(map[directory.ID]string, len(objects))
	for _, o := range objects {
		names[o.ID] = o.Handle()
	}
	next := map[directory.ID][]directory.ID{}
	for _, e := range edges {
		if _, in := names[e.Group]; !in {
			continue
		}
		from, to := e.Group, e.Member
		if up {
			from, to = to, from
		}
		next[from] = append(next[from], to)
	}
	return spread(n.root, next, names, up), nil
}

// spread finds the shortest way to each group.
func spread(root directory.ID, next map[directory.ID][]directory.ID, names map[directory.ID]string, up bool) walked {
	w := walked{groups: []adminapi.NestedGroup{}, paths: map[directory.ID][]string{root: {names[root]}}}
	for queue := []directory.ID{root}; len(queue) > 0; queue = queue[1:] {
		to := next[queue[0]]
		slices.SortFunc(to, func(a, b directory.ID) int { return cmp.Or(cmp.Compare(names[a], names[b]), cmp.Compare(a, b)) })
		for _, id := range to {
			if _, seen := w.paths[id]; seen {
				continue
			}
			path := append(slices.Clone(w.paths[queue[0]]), names[id])
			if up {
				path = append([]string{names[id]}, w.paths[queue[0]]...)
			}
			w.paths[id] = path
			if queue = append(queue, id); len(w.groups) < mostNested {
				w.groups = append(w.groups, adminapi.NestedGroup{ID: id, Name: names[id], Path: path})
			} else {
				w.more = true
			}
		}
	}
	return w
}

// brings says by which groups somebody is in the root.
func (n nest) brings(below walked, o directory.Object) (*adminapi.NestedMember, error) {
	out := &adminapi.NestedMember{ID: o.ID, Name: o.Handle(), Paths: [][]string{}}
	edges, err := n.v.GroupsOf(n.ctx, []directory.ID{o.ID})
	for _, e := range edges {
		if path, in := below.paths[e.Group]; in {
			out.Paths = append(out.Paths, path)
		}
	}
	slices.SortFunc(out.Paths, func(a, b []string) int { return cmp.Or(len(a)-len(b), slices.Compare(a, b)) })
	return out, err
}

// groupAt adds how many members a target holds, and should hold, if the group is linked there.
func (m *Muster) groupAt(ctx context.Context, v directory.Reader, target string, group directory.ID, out *adminapi.Nesting) error {
	linked, err := link.Of(v).Links(ctx, target, []directory.ID{group})
	if err != nil || len(linked) == 0 {
		return err
	}
	at := adminapi.GroupAt{Target: target}
	if at.Applied, err = link.Of(v).CountApplied(ctx, target, group); err != nil {
		return err
	}
	open, err := link.Of(v).OpenEdges(ctx, target, group, "", mostDiffers)
	if err != nil {
		return err
	}
	at.Wanted, at.More = at.Applied, len(open) == mostDiffers
	for _, e := range open {
		names := &at.Extra
		if at.Wanted--; e.Wanted {
			at.Wanted += 2
			names = &at.Missing
		}
		if len(*names) == mostNamed {
			continue
		}
		name, err := handle(ctx, v, e.Member)
		if err != nil {
			return err
		}
		*names = append(*names, cmp.Or(name, string(e.Foreign), string(e.Member)))
	}
	out.At = append(out.At, at)
	return nil
}
