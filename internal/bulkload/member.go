package bulkload

import (
	"slices"
	"strings"

	"muster/internal/directory"
	"muster/internal/workspace"
)

// memberMore is what is kept of a membership for those who ask for it.
type memberMore struct {
	Theme       *string             `json:"theme,omitzero"`    // of a team
	Favorite    *bool               `json:"favorite,omitzero"` // of a channel, from here on
	Shown       *bool               `json:"shown,omitzero"`
	NotifyProps *channelNotifyProps `json:"notify_props,omitzero"`
	SchemeUser  *bool               `json:"scheme_user,omitzero"`
	SchemeAdmin *bool               `json:"scheme_admin,omitzero"`
	SchemeGuest *bool               `json:"scheme_guest,omitzero"`
	counters
}

// A membership is somebody in a place.
type membership struct{ place, person directory.ID }

// joining gathers where the people of a piece become members.
type joining struct {
	*brought
	have map[membership]workspace.Member
	put  []workspace.Member
}

func (b *brought) joining(people []directory.ID) (*joining, error) {
	known, err := b.space().MembersOf(b.ctx, people)
	return &joining{brought: b, have: named(known, func(m workspace.Member) membership { return membership{m.Place, m.Person} })}, err
}

// join makes a user a member where the line says so. Whoever is no guest is in the first channel of each of their teams.
func (j *joining) join(u *user, id directory.ID, in places) error {
	for _, t := range u.Teams {
		team, square := in.get(*t.Name, workspace.FirstChannel)
		if err := j.add("team", team, id, t.Roles, memberMore{Theme: t.Theme}); err != nil {
			return err
		}
		for _, c := range t.Channels {
			_, channel := in.get(*t.Name, *c.Name)
			if err := j.add("channel", channel, id, c.Roles, memberMore{Favorite: c.Favorite, NotifyProps: c.NotifyProps, counters: c.counters}); err != nil {
				return err
			}
		}
		_, there := j.have[membership{square.ID, id}]
		if there || slices.Contains(strings.Fields(value(t.Roles)), "team_guest") {
			continue
		}
		roles := "channel_user"
		if err := j.add("channel", square, id, &roles, memberMore{}); err != nil {
			return err
		}
	}
	return nil
}

// add makes somebody a member of a place. Who was in it and is not any more stays out.
func (j *joining) add(kind string, place workspace.Place, id directory.ID, roles *string, more memberMore) error {
	what := kind + " membership"
	if place.ID == "" {
		j.count(what, "left out: no such "+kind)
		return nil
	}
	key := membership{place.ID, id}
	was, is := j.have[key], j.have[key]
	switch {
	case was.Place == "":
		is = workspace.Member{Place: place.ID, Person: id, Via: workspace.ByLoad, State: workspace.Present, Since: j.Now().UTC()}
	case was.State != workspace.Present:
		j.count(what, "left out: they are in it no more")
		return nil
	}
	over(&is.Roles, roles)
	var err error
	if is.More, err = merged(was.More, more); err != nil {
		return err
	}
	made := outcome(was, is)
	j.count(what, made)
	if made != "unchanged" {
		j.put = append(j.put, is)
	}
	j.have[key] = is
	return nil
}
