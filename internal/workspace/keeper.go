package workspace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/internal/directory"
)

// A Keeper changes who is where, by the rules of the house: whoever joins a team is in its default channels, whoever joins a channel is in its team, whoever
// leaves a team leaves its channels. It is safe for concurrent use.
type Keeper struct {
	Store directory.Store
	Now   func() time.Time
}

// Errors of a Keeper. A name that is taken is directory.ErrConflict, and what is not there directory.ErrNotFound.
var (
	ErrName    = errors.New("not a name")
	ErrManaged = errors.New("who is in it follows its groups") // nobody else can be added by hand, and nobody removed
	ErrFixed   = errors.New("everybody in the team is in it")  // the first default channel
	// ErrUnlinked says that no group is linked: nobody would be in it.
	ErrUnlinked = errors.New("no group is linked to it")
)

// FirstChannel is the channel that everybody in a team is in.
const FirstChannel = "town-square"

// titles are those of channels that are made with a team.
var titles = map[string]string{FirstChannel: "Town Square", "off-topic": "Off-Topic"}

// usualDefaults are the default channels unless others were chosen.
var usualDefaults = []string{FirstChannel, "off-topic"}

const (
	settings       = "workspace"
	defaultSetting = "default channels"
)

// Defaults returns the names of the channels that whoever joins a team joins too, the one of everybody first.
func Defaults(ctx context.Context, r directory.Reader) ([]string, error) {
	text, err := r.Anchor(ctx, settings, defaultSetting)
	if err != nil || text == "" {
		return usualDefaults, err
	}
	return strings.Fields(text), nil
}

// SetDefaults chooses the default channels besides the one of everybody. Who is in a team already joins nothing by that: see AddToDefaults.
func (k *Keeper) SetDefaults(ctx context.Context, by directory.Actor, names []string) ([]string, error) {
	list := []string{FirstChannel}
	for _, name := range names {
		name = strings.ToLower(name)
		if err := ChannelName(name); err != nil {
			return nil, err
		}
		if !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list, k.Store.Update(ctx, by, func(tx directory.Tx) error {
		return tx.SetAnchor(ctx, settings, defaultSetting, strings.Join(list, " "))
	})
}

const page = 500

// AddToDefaults has everybody who is in a team join its default channels, but for those who left them. It returns how many joined one.
func (k *Keeper) AddToDefaults(ctx context.Context, by directory.Actor, team directory.ID) (int, error) {
	joined := 0
	for after := directory.ID(""); ; {
		var members []Member
		err := k.Store.View(ctx, func(r directory.Reader) (err error) {
			members, err = Of(r).Members(ctx, team, after, page)
			return err
		})
		if err != nil {
			return joined, err
		}
		var people []directory.ID
		for _, m := range members {
			if after = m.Person; m.State == Present {
				people = append(people, m.Person)
			}
		}
		var n int
		err = k.Store.Update(ctx, by, func(tx directory.Tx) error {
			d, err := k.door(ctx, tx, team, people)
			if err != nil || !d.Archived.IsZero() {
				return err
			}
			for _, id := range people {
				d.enterDefaults(id, ByDefault)
			}
			n = len(d.put)
			return d.close()
		})
		if joined += n; err != nil || len(members) < page {
			return joined, err
		}
	}
}

// NewTeam makes a team with its default channels.
func (k *Keeper) NewTeam(ctx context.Context, by directory.Actor, t Place) (Place, error) {
	t.Name = strings.ToLower(t.Name)
	if err := TeamName(t.Name); err != nil {
		return t, err
	}
	t.ID, t.Kind = directory.NewID(), Team
	t.Created, t.Updated = k.Now().UTC(), k.Now().UTC()
	if t.Title == "" {
		t.Title = t.Name
	}
	return t, k.Store.Update(ctx, by, func(tx directory.Tx) error {
		defaults, err := Defaults(ctx, tx)
		if err != nil {
			return err
		}
		return In(tx).PutPlaces(ctx, append([]Place{t}, DefaultChannels(t, defaults)...)...)
	})
}

// DefaultChannels are the channels that a new team is made with.
func DefaultChannels(t Place, names []string) []Place {
	var out []Place
	for _, name := range names {
		c := Place{ID: directory.NewID(), Kind: Public, Team: t.ID, Name: name, Title: name, Created: t.Created, Updated: t.Created}
		if title := titles[name]; title != "" {
			c.Title = title
		}
		out = append(out, c)
	}
	return out
}

// NewChannel makes a channel of a team.
func (k *Keeper) NewChannel(ctx context.Context, by directory.Actor, c Place) (Place, error) {
	c.Name = strings.ToLower(c.Name)
	if err := ChannelName(c.Name); err != nil {
		return c, err
	}
	c.ID = directory.NewID()
	c.Created, c.Updated = k.Now().UTC(), k.Now().UTC()
	if c.Title == "" {
		c.Title = c.Name
	}
	return c, k.Store.Update(ctx, by, func(tx directory.Tx) error {
		team, err := In(tx).Place(ctx, c.Team)
		if err == nil && team.Kind != Team {
			err = fmt.Errorf("team %s: %w", c.Team, directory.ErrNotFound)
		}
		if err != nil {
			return err
		}
		return In(tx).PutPlaces(ctx, c)
	})
}

// Add makes people members of a team or channel by hand, also those who left it. Where membership follows groups, only people of these can be added: such as had
// left by choice. It returns those who were not in it.
func (k *Keeper) Add(ctx context.Context, by directory.Actor, place directory.ID, people ...directory.ID) ([]directory.ID, error) {
	return k.change(ctx, by, place, people, func(tx directory.Tx, d *door) error {
		if err := onlyInsiders(ctx, tx, d, people); err != nil {
			return err
		}
		for _, id := range people {
			d.enter(id, ByHand)
		}
		return nil
	})
}

// onlyInsiders refuses people of none of the groups of a place that follows its groups.
func onlyInsiders(ctx context.Context, r directory.Reader, d *door, people []directory.ID) error {
	if !d.Managed {
		return nil
	}
	h, err := households(ctx, r, d.ID)
	if err != nil {
		return err
	}
	in, err := h.within(ctx, r, people)
	if err == nil && slices.ContainsFunc(people, func(id directory.ID) bool { return !in[id] }) {
		err = ErrManaged
	}
	return err
}

// Remove takes people out of a team or channel; choice says that they leave themselves, which they may where membership follows groups too. It returns those of
// whom that says something new.
func (k *Keeper) Remove(ctx context.Context, by directory.Actor, place directory.ID, choice bool, people ...directory.ID) ([]directory.ID, error) {
	state := Removed
	if choice {
		state = Left
	}
	return k.change(ctx, by, place, people, func(_ directory.Tx, d *door) error {
		switch {
		case d.Managed && !choice:
			return ErrManaged
		case len(d.defaults) > 0 && d.defaults[0] == place:
			return ErrFixed
		}
		for _, id := range people {
			d.leave(id, ByHand, state)
		}
		return nil
	})
}

// change lets people in or out by hand, and returns those for whom that changed something at the place itself.
func (k *Keeper) change(ctx context.Context, by directory.Actor, place directory.ID, people []directory.ID, act func(directory.Tx, *door) error) (changed []directory.ID, err error) {
	err = k.Store.Update(ctx, by, func(tx directory.Tx) error {
		d, err := k.door(ctx, tx, place, people)
		if err == nil {
			err = act(tx, d)
		}
		if err != nil {
			return err
		}
		changed = d.changed()
		return d.close()
	})
	return changed, err
}
