package workspace

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"muster/internal/directory"
)

// A GroupLink brings the people of a group of a source, those of groups within it too, into a team or channel.
type GroupLink struct {
	Group, Place directory.ID
	Admin        bool // they are its admins
	By           string
	Since        time.Time
}

// Link links a group to a team or channel and lets its people in.
func (k *Keeper) Link(ctx context.Context, by directory.Actor, l GroupLink) error {
	l.By, l.Since = string(by), k.Now().UTC()
	err := k.Store.Update(ctx, by, func(tx directory.Tx) error {
		p, err := In(tx).Place(ctx, l.Place)
		if err == nil && p.Kind != Team && p.Team == "" {
			err = fmt.Errorf("team or channel %s: %w", l.Place, directory.ErrNotFound)
		}
		if err == nil {
			_, err = tx.Object(ctx, l.Group)
		}
		if err != nil {
			return err
		}
		return In(tx).PutGroupLink(ctx, l)
	})
	if err != nil {
		return err
	}
	return k.Settle(ctx, l.Place)
}

// Unlink ends a link. Where membership follows groups, who was in only by it is out then.
func (k *Keeper) Unlink(ctx context.Context, by directory.Actor, group, place directory.ID) error {
	err := k.Store.Update(ctx, by, func(tx directory.Tx) error { return In(tx).DropGroupLink(ctx, group, place) })
	if err != nil {
		return err
	}
	return k.Settle(ctx, place)
}

// SetManaged says whether membership of a place follows its groups: who is in none of them is taken out, and nobody is added or removed by hand. A place without
// a linked group cannot be managed: everybody would be out.
func (k *Keeper) SetManaged(ctx context.Context, by directory.Actor, place directory.ID, managed bool) error {
	err := k.Store.Update(ctx, by, func(tx directory.Tx) error {
		p, err := In(tx).Place(ctx, place)
		if err != nil {
			return err
		}
		links, err := In(tx).GroupLinks(ctx, nil, []directory.ID{place})
		switch {
		case err != nil:
			return err
		case managed && len(links) == 0:
			return ErrUnlinked
		}
		p.Managed, p.Updated = managed, k.Now().UTC()
		return In(tx).PutPlaces(ctx, p)
	})
	if err != nil {
		return err
	}
	return k.Settle(ctx, place)
}

// Leaving returns who would be out of a place if its membership followed its groups: what to look at before SetManaged. At most limit of them, and how many.
func (k *Keeper) Leaving(ctx context.Context, place directory.ID, limit int) (out []directory.ID, n int, err error) {
	err = k.Store.View(ctx, func(r directory.Reader) error {
		h, err := households(ctx, r, place)
		if err != nil || !h.known {
			return err
		}
		return eachMember(ctx, r, place, func(people []directory.ID) error {
			in, err := h.within(ctx, r, people)
			if err != nil {
				return err
			}
			for _, id := range people {
				if in[id] {
					continue
				}
				if n++; len(out) < limit {
					out = append(out, id)
				}
			}
			return nil
		})
	})
	return out, n, err
}

// A household is the groups of a place, with the groups within them. If none of those that are linked is there any more, nothing is known: nobody leaves.
type household struct {
	all, admins []directory.ID
	known       bool
}

func households(ctx context.Context, r directory.Reader, place directory.ID) (household, error) {
	links, err := Of(r).GroupLinks(ctx, nil, []directory.ID{place})
	if err != nil {
		return household{}, err
	}
	there, err := existing(ctx, r, links)
	if err != nil {
		return household{}, err
	}
	var all, admins []directory.ID
	for _, l := range links {
		if !there[l.Group] {
			continue
		}
		if all = append(all, l.Group); l.Admin {
			admins = append(admins, l.Group)
		}
	}
	h := household{known: len(all) > 0}
	if h.all, err = r.Below(ctx, all); err == nil {
		h.admins, err = r.Below(ctx, admins)
	}
	return h, err
}

// existing says which linked groups their source still has.
func existing(ctx context.Context, r directory.Reader, links []GroupLink) (map[directory.ID]bool, error) {
	ids := make([]directory.ID, len(links))
	for i, l := range links {
		ids[i] = l.Group
	}
	objects, err := r.Objects(ctx, ids)
	there := map[directory.ID]bool{}
	for _, o := range objects {
		there[o.ID] = o.State != directory.Gone
	}
	return there, err
}

// within says who of people is in one of the groups. Who is deactivated stays where they are: out of nothing, and into nothing new.
func (h household) within(ctx context.Context, r directory.Reader, people []directory.ID) (map[directory.ID]bool, error) {
	found, err := r.Within(ctx, h.all, people)
	in := make(map[directory.ID]bool, len(found))
	for _, id := range found {
		in[id] = true
	}
	return in, err
}

// eachMember calls fn with those who are in a place, part by part.
func eachMember(ctx context.Context, r directory.Reader, place directory.ID, fn func([]directory.ID) error) error {
	for after := directory.ID(""); ; {
		members, err := Of(r).Members(ctx, place, after, page)
		if err != nil {
			return err
		}
		var people []directory.ID
		for _, m := range members {
			if after = m.Person; m.State == Present {
				people = append(people, m.Person)
			}
		}
		if err := fn(people); err != nil || len(members) < page {
			return err
		}
	}
}

// Settle makes the membership of a place follow its groups: their people are let in, and where it is managed the others are let out.
func (k *Keeper) Settle(ctx context.Context, place directory.ID) error {
	var h household
	err := k.Store.View(ctx, func(r directory.Reader) (err error) {
		h, err = households(ctx, r, place)
		return err
	})
	if err != nil {
		return err
	}
	for _, group := range h.all {
		if err := k.eachPage(ctx, func(r directory.Reader, after directory.ID) ([]directory.ID, error) {
			return r.Members(ctx, group, after, page)
		}, place); err != nil {
			return fmt.Errorf("let the people of group %s in: %w", group, err)
		}
	}
	return k.eachPage(ctx, func(r directory.Reader, after directory.ID) ([]directory.ID, error) {
		members, err := Of(r).Members(ctx, place, after, page)
		var people []directory.ID
		for _, m := range members {
			people = append(people, m.Person)
		}
		return people, err
	}, place)
}

// eachPage settles people page by page.
func (k *Keeper) eachPage(ctx context.Context, read func(r directory.Reader, after directory.ID) ([]directory.ID, error), place directory.ID) error {
	for after := directory.ID(""); ; {
		var people []directory.ID
		err := k.Store.View(ctx, func(r directory.Reader) (err error) {
			people, err = read(r, after)
			return err
		})
		if err == nil && len(people) > 0 {
			err = k.settle(ctx, place, people)
			after = people[len(people)-1]
		}
		if err != nil || len(people) < page {
			return err
		}
	}
}

// byGroups is who acts when membership follows groups.
const byGroups directory.Actor = "groups"

// settle makes the membership of some people follow the groups of a place.
func (k *Keeper) settle(ctx context.Context, place directory.ID, people []directory.ID) error {
	return k.Store.Update(ctx, byGroups, func(tx directory.Tx) error {
		active, err := activeOf(ctx, tx, people)
		if err != nil {
			return err
		}
		h, err := households(ctx, tx, place)
		if err != nil {
			return err
		}
		in, err := h.within(ctx, tx, active)
		if err != nil {
			return err
		}
		admins, err := household{all: h.admins}.within(ctx, tx, active)
		if err != nil {
			return err
		}
		d, err := k.door(ctx, tx, place, active)
		if err != nil {
			return err
		}
		if used, err := d.inUse(); err != nil || !used {
			return err
		}
		for _, id := range active {
			switch {
			case in[id]:
				d.enter(id, ByGroup)
				d.promote(id, admins[id])
			case d.Managed && h.known:
				d.leave(id, ByGroup, Removed)
			}
		}
		return d.close()
	})
}

// activeOf returns those of people who are active persons: bots, groups and who is deactivated stay as they are.
func activeOf(ctx context.Context, r directory.Reader, ids []directory.ID) ([]directory.ID, error) {
	objects, err := r.Objects(ctx, ids)
	people := map[directory.ID]bool{}
	for _, o := range objects {
		if o.Kind == directory.Person && o.State == directory.Active {
			people[o.ID] = true
		}
	}
	return slices.Sorted(maps.Keys(people)), err
}
