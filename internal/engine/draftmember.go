package engine

import (
	"context"

	"muster/internal/connector"
	"muster/internal/directory"
	"muster/internal/link"
	"muster/internal/plan"
)

// members previews the memberships of a group: as the directory wants them, among those who will have accounts, against what the target holds.
func (d *draft) members(ctx context.Context, u *unit) ([]plan.Line, error) {
	w := d.w
	if !w.groupsServed() || u.want.Scope != plan.In {
		return nil, nil
	}
	have := u.have
	var applied []link.Edge
	var err error
	switch {
	case plan.Linked(have):
		err = w.t.view(ctx, func(v directory.Reader) (err error) {
			applied, err = link.Of(v).Edges(ctx, w.t.Name, u.object.ID)
			return err
		})
	case u.seen != nil:
		have = link.Link{Target: w.t.Name, Object: u.object.ID, Kind: connector.Group, Remote: u.seen.ID, State: link.Linked, Active: true, Applied: u.seen.Attrs}
		applied, _, err = w.roster(ctx, u.object.ID, u.seen.ID)
	}
	if err != nil {
		return nil, err
	}
	wanted, err := d.wanted(ctx, u.object.ID)
	if err != nil {
		return nil, err
	}
	open, n := d.compare(u.object.ID, applied, wanted)
	err = w.t.view(ctx, func(v directory.Reader) (err error) {
		open, err = w.undrifted(ctx, link.Of(v), u.object.ID, open)
		return err
	})
	if err != nil {
		return nil, err
	}
	return plan.Members(u.want, have, open, n, w.merges(u), w.can), nil
}

// wanted returns the people in a group who will have accounts.
func (d *draft) wanted(ctx context.Context, group directory.ID) (map[directory.ID]bool, error) {
	out := map[directory.ID]bool{}
	return out, d.w.t.view(ctx, func(v directory.Reader) error {
		groups := []directory.ID{group}
		if d.w.nested() {
			var err error
			if groups, err = v.Below(ctx, groups); err != nil {
				return err
			}
		}
		for _, g := range groups {
			for after := directory.ID(""); ; {
				page, err := v.Members(ctx, g, after, 5000)
				if err != nil {
					return err
				}
				for _, id := range page {
					if d.has[id] {
						out[id] = true
					}
					after = id
				}
				if len(page) < 5000 {
					break
				}
			}
		}
		return nil
	})
}

// compare returns the edges in which applied and wanted differ, and how many are applied.
func (d *draft) compare(group directory.ID, applied []link.Edge, wanted map[directory.ID]bool) (differ []link.Edge, n int) {
	for _, e := range applied {
		if !e.Applied {
			continue
		}
		n++
		if owner := d.adopted[e.Foreign]; e.Member == "" && owner != "" {
			e.Member, e.Foreign = owner, ""
		}
		open, known := d.has[e.Member]
		if e.Wanted = e.Member != "" && (wanted[e.Member] || known && !open); e.Wanted {
			delete(wanted, e.Member)
		} else {
			differ = append(differ, e)
		}
	}
	for id := range wanted {
		differ = append(differ, link.Edge{Target: d.w.t.Name, Group: group, Member: id, Wanted: true})
	}
	return differ, n
}
