package app

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/server/adminapi"
)

// Members implements adminapi.Browsing.
func (m *Muster) Members(ctx context.Context, group string, q adminapi.MemberQuery) (adminapi.MemberPage, error) {
	var out adminapi.MemberPage
	g, err := m.one(ctx, directory.Group, group)
	if err != nil {
		return out, err
	}
	return out, m.Store.View(ctx, func(v directory.Reader) error {
		n := nest{ctx: ctx, v: v, root: g.ID}
		below, err := n.walk(false)
		if err != nil {
			return err
		}
		groups := below.by(g.ID, q.By)
		ids, err := v.MembersOf(ctx, groups, q.After, max(q.Limit, 1))
		if err != nil {
			return err
		}
		if len(ids) == max(q.Limit, 1) {
			out.Next = ids[len(ids)-1]
		}
		if out.Members, err = n.members(below, groups, ids); err != nil {
			return err
		}
		return m.memberships(ctx, v, g.ID, out.Members)
	})
}

// by returns the groups in one of which members are directly, by way of MemberQuery.By.
func (w walked) by(root directory.ID, by string) []directory.ID {
	if by == "" || by == "direct" {
		return []directory.ID{root}
	}
	groups := make([]directory.ID, 0, len(w.paths))
	for id := range w.paths {
		if id != root || by == "all" {
			groups = append(groups, id)
		}
	}
	slices.Sort(groups)
	return groups
}

// members returns who ids are, by name, with the shortest way by which each is in the root through groups, which are sorted.
func (n nest) members(below walked, groups, ids []directory.ID) ([]adminapi.Member, error) {
	objects, err := n.v.Objects(n.ctx, ids)
	if err != nil {
		return nil, err
	}
	edges, err := n.v.GroupsOf(n.ctx, ids)
	if err != nil {
		return nil, err
	}
	paths := map[directory.ID][]string{}
	for _, e := range edges {
		path := below.paths[e.Group]
		_, in := slices.BinarySearch(groups, e.Group)
		if best, found := paths[e.Member]; in && (!found || len(path) < len(best) || len(path) == len(best) && slices.Compare(path, best) < 0) {
			paths[e.Member] = path
		}
	}
	out := make([]adminapi.Member, 0, len(objects))
	for _, o := range objects {
		out = append(out, adminapi.Member{ID: o.ID, Kind: o.Kind, Name: o.Handle(), State: o.State, Path: paths[o.ID]})
	}
	slices.SortFunc(out, func(a, b adminapi.Member) int { return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return out, nil
}

// memberships adds to members of a group, of each target at which the group is linked, whether they are members there.
func (m *Muster) memberships(ctx context.Context, v directory.Reader, group directory.ID, members []adminapi.Member) error {
	at, ids := map[directory.ID]int{}, make([]directory.ID, 0, len(members))
	for i, x := range members {
		at[x.ID], ids = i, append(ids, x.ID)
	}
	for _, t := range m.File.Targets {
		linked, err := link.Of(v).Links(ctx, t.Name, []directory.ID{group})
		if err != nil {
			return err
		}
		if len(linked) == 0 {
			continue
		}
		edges, err := link.Of(v).EdgesOf(ctx, t.Name, ids)
		if err != nil {
			return err
		}
		for _, e := range edges {
			if i, ok := at[e.Member]; ok && e.Group == group {
				members[i].At = append(members[i].At, adminapi.MemberAt{Target: t.Name, Wanted: e.Wanted, Applied: e.Applied})
			}
		}
	}
	return nil
}
