package workspace

import (
	"context"
	"slices"
	"time"

	"muster/internal/directory"
)

// A door is one place during one transaction, with what its rules need to know of some people.
type door struct {
	Place
	ctx      context.Context
	tx       Tx
	now      time.Time
	team     directory.ID                    // that it belongs to, or itself
	defaults []directory.ID                  // channels of the team, the one of everybody first
	have     map[[2]directory.ID]Member      // by place and person
	channels map[directory.ID][]directory.ID // of the team, that a person is in
	put      map[[2]directory.ID]Member
	order    [][2]directory.ID
}

// door opens the door of a place for people.
func (k *Keeper) door(ctx context.Context, tx directory.Tx, place directory.ID, people []directory.ID) (*door, error) {
	space := In(tx)
	p, err := space.Place(ctx, place)
	if err != nil {
		return nil, err
	}
	d := &door{
		Place: p, ctx: ctx, tx: space, now: k.Now().UTC(), team: p.Team, have: map[[2]directory.ID]Member{}, channels: map[directory.ID][]directory.ID{},
		put: map[[2]directory.ID]Member{},
	}
	if p.Kind == Team {
		d.team = p.ID
	}
	if err := d.findDefaults(tx); err != nil {
		return nil, err
	}
	members, err := space.MembersOf(ctx, people)
	if err != nil {
		return nil, err
	}
	return d, d.remember(members)
}

// inUse reports whether neither the place nor its team is archived: until then no rule lets anybody in or out.
func (d *door) inUse() (bool, error) {
	if !d.Archived.IsZero() || d.team == "" || d.team == d.ID {
		return d.Archived.IsZero(), nil
	}
	team, err := d.tx.Place(d.ctx, d.team)
	return team.Archived.IsZero(), err
}

func (d *door) findDefaults(tx directory.Tx) error {
	if d.team == "" {
		return nil
	}
	names, err := Defaults(d.ctx, tx)
	if err != nil {
		return err
	}
	found, err := d.tx.PlacesByName(d.ctx, d.team, names)
	for _, name := range names {
		if i := slices.IndexFunc(found, func(p Place) bool { return p.Name == name && p.Archived.IsZero() }); i >= 0 {
			d.defaults = append(d.defaults, found[i].ID)
		}
	}
	return err
}

// remember notes where people are, and which of these places belong to the team.
func (d *door) remember(members []Member) error {
	of := map[directory.ID]bool{}
	for _, m := range members {
		d.have[[2]directory.ID{m.Place, m.Person}] = m
		if m.State != Present || m.Place == d.team {
			continue
		}
		in, known := of[m.Place]
		if !known {
			p, err := d.tx.Place(d.ctx, m.Place)
			if err != nil {
				return err
			}
			in = p.Team == d.team && d.team != ""
			of[m.Place] = in
		}
		if in {
			d.channels[m.Person] = append(d.channels[m.Person], m.Place)
		}
	}
	return nil
}

// set makes a membership what it should be, and reports whether it was not.
func (d *door) set(place, person directory.ID, via Via, state State) bool {
	key := [2]directory.ID{place, person}
	was, there := d.have[key]
	if was.State == state || !there && state != Present {
		return false
	}
	m := was
	m.Place, m.Person, m.Via, m.State, m.Since = place, person, via, state, d.now
	if !there {
		m.Roles = "channel_user"
		if place == d.team {
			m.Roles = "team_user"
		}
	}
	if _, again := d.put[key]; !again {
		d.order = append(d.order, key)
	}
	d.have[key], d.put[key] = m, m
	return true
}

// enter lets somebody in. By hand, that brings back who left; what follows from a rule does not, neither into the place nor into its team.
func (d *door) enter(id directory.ID, via Via) {
	if via != ByHand && (d.keepsOut(d.ID, id) || d.keepsOut(d.team, id)) {
		return
	}
	if d.team != "" && d.set(d.team, id, via, Present) || d.Kind == Team {
		d.enterDefaults(id, ByDefault)
	}
	d.set(d.ID, id, via, Present)
}

// enterDefaults lets a member of the team into its default channels.
func (d *door) enterDefaults(id directory.ID, via Via) {
	for i, channel := range d.defaults {
		if i == 0 || !d.keepsOut(channel, id) {
			d.set(channel, id, via, Present)
		}
	}
}

// keepsOut reports whether a rule must not bring somebody back: they left by choice, or a person removed them.
func (d *door) keepsOut(place, id directory.ID) bool {
	m, there := d.have[[2]directory.ID{place, id}]
	return there && (m.State == Left || m.State == Removed && m.Via == ByHand)
}

// leave lets somebody out, of a team with all its channels. That somebody left by choice is never forgotten by it.
func (d *door) leave(id directory.ID, via Via, state State) {
	if was := d.have[[2]directory.ID{d.ID, id}]; was.State == Left {
		return
	}
	if d.set(d.ID, id, via, state) && d.Kind == Team {
		for _, channel := range d.channels[id] {
			d.set(channel, id, ByGroup, Removed)
		}
	}
}

// changed are those who came into the place itself or left it.
func (d *door) changed() (out []directory.ID) {
	for _, key := range d.order {
		if key[0] == d.ID {
			out = append(out, key[1])
		}
	}
	return out
}

// close writes what changed.
func (d *door) close() error {
	out := make([]Member, 0, len(d.order))
	for _, key := range d.order {
		out = append(out, d.put[key])
	}
	return d.tx.PutMembers(d.ctx, out...)
}

// promote gives and, where membership follows groups, takes the role of an admin.
func (d *door) promote(id directory.ID, admin bool) {
	role, with := "channel_user", "channel_user channel_admin"
	if d.Kind == Team {
		role, with = "team_user", "team_user team_admin"
	}
	key := [2]directory.ID{d.ID, id}
	m := d.have[key]
	switch {
	case m.State != Present:
		return
	case admin:
		role = with
	case !d.Managed:
		return
	}
	if m.Roles == role {
		return
	}
	m.Roles = role
	if _, again := d.put[key]; !again {
		d.order = append(d.order, key)
	}
	d.have[key], d.put[key] = m, m
}
