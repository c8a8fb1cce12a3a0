package bulkload

import (
	"slices"
	"strings"

	"muster/internal/directory"
	"muster/internal/workspace"
)

// names are who is in a direct channel.
func (d *directChannel) names() []string {
	if len(d.Participants) == 0 {
		return value(d.Members)
	}
	var out []string
	for _, p := range d.Participants {
		out = append(out, value(p.Username))
	}
	return out
}

// few are the channels between some people of a piece.
type few struct {
	*brought
	who  crowd
	have map[string]workspace.Place
	put  []workspace.Place
	in   []workspace.Member // of those channels that were made
}

// among finds the channels that lists of people share.
func (b *brought) among(who crowd, lists [][]string) (*few, error) {
	f := &few{brought: b, who: who}
	var names []string
	for _, list := range lists {
		if ids, ok := f.ids(list); ok {
			names = append(names, workspace.NameOf(ids))
		}
	}
	known, err := b.space().PlacesByName(b.ctx, "", names)
	f.have = named(known, func(p workspace.Place) string { return p.Name })
	return f, err
}

// ids are the people of a list, and whether all of them are known.
func (f *few) ids(list []string) ([]directory.ID, bool) {
	var out []directory.ID
	for _, name := range list {
		id := f.who.id(name)
		if id == "" {
			return nil, false
		}
		out = append(out, id)
	}
	slices.Sort(out)
	return slices.Compact(out), true
}

// place returns the channel that a list of people shares, and makes it if there is none.
func (f *few) place(ids []directory.ID) workspace.Place {
	name := workspace.NameOf(ids)
	p := f.have[name]
	if p.ID == "" {
		kind := workspace.Direct
		if len(ids) > 2 {
			kind = workspace.Few
		}
		p = f.brought.place(kind, "", name)
		p.Title = ""
		f.put = append(f.put, p)
		f.have[name] = p
		for _, id := range ids {
			f.in = append(f.in, workspace.Member{Place: p.ID, Person: id, Via: workspace.ByLoad, State: workspace.Present, Since: p.Created})
		}
	}
	return p
}

func (b *brought) directChannels(p piece) error {
	lists := make([][]string, len(p))
	for i, e := range p {
		lists[i] = e.DirectChannel.names()
	}
	who, err := b.who(slices.Concat(lists...))
	if err != nil {
		return err
	}
	f, err := b.among(who, lists)
	if err != nil {
		return err
	}
	var everybody []directory.ID
	for _, id := range who {
		everybody = append(everybody, id)
	}
	members, err := b.joining(everybody)
	if err != nil {
		return err
	}
	for _, e := range p {
		if err := f.directChannel(e.DirectChannel, members); err != nil {
			return err
		}
	}
	if err := b.space().PutPlaces(b.ctx, f.put...); err != nil {
		return err
	}
	return b.space().PutMembers(b.ctx, members.put...)
}

func (f *few) directChannel(d *directChannel, members *joining) error {
	ids, ok := f.ids(d.names())
	if !ok {
		f.count("direct channel", "waiting")
		return nil
	}
	was := f.have[workspace.NameOf(ids)]
	is := f.place(ids)
	over(&is.Header, d.Header)
	f.putPlace("direct channel", was, is, &f.put)
	f.have[is.Name] = is
	for _, name := range d.names() {
		more := memberMore{Favorite: among(d.FavoritedBy, name), Shown: among(d.ShownBy, name)}
		for _, p := range d.Participants {
			if strings.EqualFold(value(p.Username), name) {
				more.NotifyProps, more.SchemeUser, more.SchemeAdmin, more.SchemeGuest, more.counters = p.NotifyProps, p.SchemeUser, p.SchemeAdmin, p.SchemeGuest, p.counters
			}
		}
		if err := members.add("channel", is, f.who.id(name), nil, more); err != nil {
			return err
		}
	}
	return nil
}

// among says that a name is in a list; nothing if it is not.
func among(list []string, name string) *bool {
	if !containsFold(list, name) {
		return nil
	}
	yes := true
	return &yes
}

// bots writes bots.
func (b *brought) bots(p piece) error {
	owners, err := b.who(namesOf(p, func(e *entry) []string { return []string{*e.Bot.Owner} }))
	if err != nil {
		return err
	}
	var names []string
	for _, e := range p {
		names = append(names, strings.ToLower(*e.Bot.Username))
	}
	known, err := b.space().Bots(b.ctx, names)
	if err != nil {
		return err
	}
	have := named(known, func(b workspace.Bot) string { return b.Username })
	var put []workspace.Bot
	for _, e := range p {
		name := strings.ToLower(*e.Bot.Username)
		was, is := have[name], have[name]
		if is.ID == "" {
			is = workspace.Bot{ID: directory.NewID(), Username: name}
		}
		if id := owners.id(*e.Bot.Owner); id != "" {
			is.Owner = id
		}
		over(&is.Title, e.Bot.DisplayName)
		over(&is.Description, e.Bot.Description)
		if e.Bot.DeleteAt != nil {
			is.Disabled = since1970(e.Bot.DeleteAt)
		}
		if f := e.files[value(e.Bot.ProfileImage)]; f.Hash != "" {
			is.Picture = f
		}
		made := outcome(was, is)
		b.count("bot", made)
		if made != "unchanged" {
			put = append(put, is)
		}
		have[name] = is
	}
	return b.space().PutBots(b.ctx, put...)
}
