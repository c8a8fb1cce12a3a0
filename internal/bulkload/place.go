package bulkload

import (
	"strings"

	"muster/internal/directory"
	"muster/internal/workspace"
)

func (b *brought) teams(p piece) error {
	var names []string
	for _, e := range p {
		names = append(names, strings.ToLower(*e.Team.Name))
	}
	known, err := b.space().PlacesByName(b.ctx, "", names)
	if err != nil {
		return err
	}
	defaults, err := workspace.Defaults(b.ctx, b.tx)
	if err != nil {
		return err
	}
	have := named(known, func(t workspace.Place) string { return t.Name })
	var put []workspace.Place
	for _, e := range p {
		name := strings.ToLower(*e.Team.Name)
		was := have[name]
		is := was
		if is.ID == "" {
			is = b.place(workspace.Team, "", name)
			put = append(put, workspace.DefaultChannels(is, defaults)...)
		}
		t := e.Team
		over(&is.Title, t.DisplayName)
		over(&is.Purpose, t.Description)
		over(&is.Joinable, t.AllowOpenInvite)
		over(&is.Scheme, t.Scheme)
		is.Open = *t.Type == "O"
		b.putPlace("team", was, is, &put)
		have[name] = is
	}
	return b.space().PutPlaces(b.ctx, put...)
}

// place is a new place.
func (b *brought) place(kind workspace.Kind, team directory.ID, name string) workspace.Place {
	now := b.Now().UTC()
	return workspace.Place{ID: directory.NewID(), Kind: kind, Team: team, Name: name, Title: name, Created: now, Updated: now}
}

// putPlace counts what became of a place, and adds it to put if it changed.
func (b *brought) putPlace(what string, was, is workspace.Place, put *[]workspace.Place) {
	made := outcome(was, is)
	b.count(what, made)
	if made != "unchanged" {
		is.Updated = b.Now().UTC()
		*put = append(*put, is)
	}
}

func (b *brought) channels(p piece) error {
	need := places{}
	for _, e := range p {
		need.want(*e.Channel.Team, *e.Channel.Name)
	}
	if err := b.find(need); err != nil {
		return err
	}
	var put []workspace.Place
	for _, e := range p {
		c := e.Channel
		team, was := need.get(*c.Team, *c.Name)
		if team.ID == "" {
			b.count("channel", "left out: no such team")
			continue
		}
		is := was
		if is.ID == "" {
			is = b.place(workspace.Public, team.ID, strings.ToLower(*c.Name))
		}
		over(&is.Title, c.DisplayName)
		over(&is.Header, c.Header)
		over(&is.Purpose, c.Purpose)
		over(&is.Scheme, c.Scheme)
		is.Kind = map[string]workspace.Kind{"O": workspace.Public, "P": workspace.Private}[*c.Type]
		if c.DeletedAt != nil {
			is.Archived = since1970(c.DeletedAt)
		}
		b.putPlace("channel", was, is, &put)
		need.put(*c.Team, is)
	}
	return b.space().PutPlaces(b.ctx, put...)
}

// places are teams with the channels that are looked for in them, by lower-case names.
type places map[string]*teamPlaces

type teamPlaces struct {
	workspace.Place
	names    []string
	channels map[string]workspace.Place
}

// want notes a team and, if it is not "", a channel to look for.
func (p places) want(team, channel string) {
	team = strings.ToLower(team)
	if p[team] == nil {
		p[team] = &teamPlaces{channels: map[string]workspace.Place{}}
	}
	if channel != "" {
		p[team].names = append(p[team].names, strings.ToLower(channel))
	}
}

func (p places) get(team, channel string) (workspace.Place, workspace.Place) {
	t := p[strings.ToLower(team)]
	return t.Place, t.channels[strings.ToLower(channel)]
}

func (p places) put(team string, channel workspace.Place) {
	p[strings.ToLower(team)].channels[channel.Name] = channel
}

// find looks up what is wanted. What is not there stays zero.
func (b *brought) find(p places) error {
	var names []string
	for name := range p {
		names = append(names, name)
	}
	teams, err := b.space().PlacesByName(b.ctx, "", names)
	if err != nil {
		return err
	}
	for _, t := range teams {
		if t.Kind != workspace.Team {
			continue
		}
		of := p[t.Name]
		of.Place = t
		channels, err := b.space().PlacesByName(b.ctx, t.ID, of.names)
		if err != nil {
			return err
		}
		for _, c := range channels {
			of.channels[c.Name] = c
		}
	}
	return nil
}
