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
	f := follower{k: k}
	all := true
	for {
		err := f.catchUp(ctx, all)
		if all = all && err != nil; err == nil && time.Since(f.wrote) >= writeEvery {
			err = f.write(ctx)
		}
		if err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
			if err := f.write(context.WithoutCancel(ctx)); err != nil {
				failed(err)
			}
			return
		case <-daily.C:
			all = true
		case <-wake:
			f.rest(ctx)
		case <-poll.C:
		}
	}
}

// CatchUp does once what Follow does.
func (k *Keeper) CatchUp(ctx context.Context) error {
	f := follower{k: k}
	return errors.Join(f.catchUp(ctx, false), f.write(ctx))
}

// How a follower spares the store: changes that come one after the other are looked at together, and how far it got, which means no more than that the same
// is looked at again after a crash, is not written each time.
const (
	restFor    = 25 * time.Millisecond
	writeEvery = 10 * time.Second
)

// A follower goes along the feed.
type follower struct {
	k     *Keeper
	read  bool          // where it begins is known
	rev   directory.Rev // up to which changes were looked at
	kept  directory.Rev // what is written of that
	wrote time.Time
}

// rest lets changes gather.
func (f *follower) rest(ctx context.Context) {
	pause := time.NewTimer(restFor)
	defer pause.Stop()
	select {
	case <-ctx.Done():
	case <-pause.C:
	}
}

func (f *follower) catchUp(ctx context.Context, all bool) (err error) {
	if all {
		if err := f.k.settleAll(ctx, func(Place) bool { return true }); err != nil {
			return err
		}
	}
	if !f.read {
		if f.rev, err = f.k.followed(ctx); err != nil {
			return err
		}
		f.read, f.kept = true, f.rev
	}
	head, err := f.k.Store.Head(ctx)
	if err != nil {
		return err
	}
	if idle, err := f.k.idle(ctx); err != nil || idle { // what was linked or made since the head was read is settled by that
		if idle && f.rev.Less(head) {
			f.rev = head
		}
		return err
	}
	for {
		changes, err := f.k.Store.Changes(ctx, f.rev, changesAtOnce)
		if err != nil || len(changes) == 0 {
			return err
		}
		if err := errors.Join(f.k.retire(ctx, changes), f.k.follow(ctx, changes)); err != nil {
			return err
		}
		f.rev = changes[len(changes)-1].Rev
	}
}

// idle reports whether nothing can follow from any change: no place is linked to a group, and nobody has a bot.
func (k *Keeper) idle(ctx context.Context) (idle bool, err error) {
	err = k.Store.View(ctx, func(r directory.Reader) error {
		links, err := Of(r).GroupLinks(ctx, nil, nil)
		if err != nil || len(links) > 0 {
			return err
		}
		bots, err := Of(r).Bots(ctx, nil)
		idle = err == nil && len(bots) == 0
		return err
	})
	return idle, err
}

// write keeps how far the feed was followed.
func (f *follower) write(ctx context.Context) error {
	f.wrote = time.Now()
	if f.rev == f.kept {
		return nil
	}
	text, err := json.Marshal(f.rev)
	if err != nil {
		return err
	}
	err = f.k.Store.Update(ctx, byGroups, func(tx directory.Tx) error { return tx.SetCursor(ctx, feedCursor, string(text)) })
	if err == nil {
		f.kept = f.rev
	}
	return err
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

// settleAll settles those places that a group is linked to.
func (k *Keeper) settleAll(ctx context.Context, which func(Place) bool) error {
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
		p, err := k.place(ctx, l.Place)
		if err == nil && which(p) {
			err = k.Settle(ctx, l.Place)
		}
		if err != nil {
			return fmt.Errorf("settle %s: %w", l.Place, err)
		}
	}
	return nil
}

func (k *Keeper) place(ctx context.Context, id directory.ID) (p Place, err error) {
	return p, k.Store.View(ctx, func(r directory.Reader) error {
		p, err = Of(r).Place(ctx, id)
		return err
	})
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
