package workspace

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"muster/internal/directory"
)

// feedCursor is how far the change feed was followed.
const feedCursor = "workspace:groups"

// changesAtOnce is how many changes of the feed are looked at together.
const changesAtOnce = 1000

// Follow keeps memberships in step with linked groups, and bots with their owners, until ctx ends. What it costs depends on what changed, not on how many people there are. It begins by
// settling every linked place, and does so once a day: changes only make it sooner.
func (k *Keeper) Follow(ctx context.Context, failed func(error)) {
	wake := k.Store.Wake()
	poll, daily := time.NewTicker(time.Second), time.NewTicker(24*time.Hour)
	defer poll.Stop()
	defer daily.Stop()
	all := true
	for {
		if err := k.catchUp(ctx, all); err == nil {
			all = false
		} else if ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-daily.C:
			all = true
		case <-wake:
		case <-poll.C:
		}
	}
}

// CatchUp does once what Follow does.
func (k *Keeper) CatchUp(ctx context.Context) error { return k.catchUp(ctx, false) }

func (k *Keeper) catchUp(ctx context.Context, all bool) error {
	if all {
		if err := k.settleAll(ctx); err != nil {
			return err
		}
	}
	for {
		rev, err := k.followed(ctx)
		if err != nil {
			return err
		}
		changes, err := k.Store.Changes(ctx, rev, changesAtOnce)
		if err != nil || len(changes) == 0 {
			return err
		}
		if err := errors.Join(k.retire(ctx, changes), k.follow(ctx, changes)); err != nil {
			return err
		}
		text, err := json.Marshal(changes[len(changes)-1].Rev)
		if err != nil {
			return err
		}
		if err := k.Store.Update(ctx, byGroups, func(tx directory.Tx) error { return tx.SetCursor(ctx, feedCursor, string(text)) }); err != nil {
			return err
		}
	}
}

func (k *Keeper) followed(ctx context.Context) (rev directory.Rev, err error) {
	var text string
	err = k.Store.View(ctx, func(r directory.Reader) (err error) {
		text, err = r.Cursor(ctx, feedCursor)
		return err
	})
	if err == nil && text != "" {
		err = json.Unmarshal([]byte(text), &rev)
	}
	return rev, err
}

// settleAll settles every place that a group is linked to.
func (k *Keeper) settleAll(ctx context.Context) error {
	var links []GroupLink
	err := k.Store.View(ctx, func(r directory.Reader) (err error) {
		links, err = Of(r).GroupLinks(ctx, nil, nil)
		return err
	})
	if err != nil {
		return err
	}
	for i, l := range links {
		if i > 0 && links[i-1].Place == l.Place {
			continue
		}
		if err := k.Settle(ctx, l.Place); err != nil {
			return fmt.Errorf("settle %s: %w", l.Place, err)
		}
	}
	return nil
}

// follow settles whom changes are about, at the places that their groups are linked to.
func (k *Keeper) follow(ctx context.Context, changes []directory.Change) error {
	about, err := k.about(ctx, changes)
	if err != nil {
		return err
	}
	for _, place := range about.places {
		people := about.people[place]
		slices.Sort(people)
		for part := range slices.Chunk(slices.Compact(people), page) {
			if err := k.settle(ctx, place, part); err != nil {
				return fmt.Errorf("settle %s: %w", place, err)
			}
		}
	}
	return nil
}

// An agenda is whom to settle where.
type agenda struct {
	places []directory.ID
	people map[directory.ID][]directory.ID
}

func (a *agenda) add(place directory.ID, people []directory.ID) {
	if _, there := a.people[place]; !there {
		a.places = append(a.places, place)
	}
	a.people[place] = append(a.people[place], people...)
}

// about finds the places and people of changes. Where a group came into a linked group or left it, its people are meant, and where a person came back their
// groups are.
func (k *Keeper) about(ctx context.Context, changes []directory.Change) (agenda, error) {
	a := agenda{people: map[directory.ID][]directory.ID{}}
	err := k.Store.View(ctx, func(r directory.Reader) error {
		any, err := Of(r).GroupLinks(ctx, nil, nil)
		if err != nil || len(any) == 0 {
			return err
		}
		edges, groups, err := edgesOf(ctx, r, changes)
		if err != nil {
			return err
		}
		memo := map[directory.ID][]GroupLink{}
		for _, e := range edges {
			if err := a.edge(ctx, r, e, groups[e.Member], memo); err != nil {
				return err
			}
		}
		return nil
	})
	return a, err
}

// edgesOf returns the memberships that changes are about: those that changed, those of who changed, and of a group itself one from and to it. It says which
// of their members are groups.
func edgesOf(ctx context.Context, r directory.Reader, changes []directory.Change) (edges []directory.Edge, groups map[directory.ID]bool, err error) {
	var changed, members []directory.ID
	for _, c := range changes {
		if c.Member == "" {
			changed = append(changed, c.Object)
			continue
		}
		edges = append(edges, directory.Edge{Group: c.Object, Member: c.Member})
		members = append(members, c.Member)
	}
	of, err := r.GroupsOf(ctx, changed)
	if err != nil {
		return nil, nil, err
	}
	edges = append(edges, of...)
	objects, err := r.Objects(ctx, append(members, changed...))
	groups = map[directory.ID]bool{}
	for _, o := range objects {
		groups[o.ID] = o.Kind == directory.Group
	}
	for _, id := range changed {
		if groups[id] {
			edges = append(edges, directory.Edge{Group: id, Member: id})
		}
	}
	return edges, groups, err
}

// edge adds what a membership means.
func (a *agenda) edge(ctx context.Context, r directory.Reader, e directory.Edge, group bool, memo map[directory.ID][]GroupLink) error {
	links, known := memo[e.Group]
	if !known {
		above, err := r.Above(ctx, []directory.ID{e.Group})
		if err != nil {
			return err
		}
		if links, err = Of(r).GroupLinks(ctx, above, nil); err != nil {
			return err
		}
		memo[e.Group] = links
	}
	if len(links) == 0 {
		return nil
	}
	people := []directory.ID{e.Member}
	if group {
		var err error
		if people, err = peopleIn(ctx, r, e.Member); err != nil {
			return err
		}
	}
	for _, l := range links {
		a.add(l.Place, people)
	}
	return nil
}

// peopleIn is everybody in a group and the groups within it.
func peopleIn(ctx context.Context, r directory.Reader, group directory.ID) ([]directory.ID, error) {
	below, err := r.Below(ctx, []directory.ID{group})
	if err != nil {
		return nil, err
	}
	var out []directory.ID
	for _, g := range below {
		members, err := r.Members(ctx, g, "", 0)
		if err != nil {
			return nil, err
		}
		out = append(out, members...)
	}
	return out, nil
}
