package bulkload

import (
	"cmp"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"muster/internal/directory"
	"muster/internal/workspace"
)

// posts writes the posts of all channels of teams.
func (x *exporting) posts() error {
	for _, t := range x.teams {
		for _, c := range x.channels[t.ID] {
			err := x.threads(c.ID, func(p *post) line {
				p.Team, p.Channel = &t.Name, &c.Name
				return line{Type: "post", Post: p}
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

var betweenFew = []workspace.Kind{workspace.Direct, workspace.Few}

func (x *exporting) directChannels() error {
	return x.each(betweenFew, func(p workspace.Place) error {
		d, err := x.directChannel(p)
		if err != nil || d == nil {
			return err
		}
		return x.write(line{Type: "direct_channel", DirectChannel: d})
	})
}

// directChannel is a channel between few; nil if nobody is in it.
func (x *exporting) directChannel(p workspace.Place) (*directChannel, error) {
	members, err := x.space.Members(x.ctx, p.ID, "", 0)
	if err != nil || len(members) == 0 {
		return nil, err
	}
	d := &directChannel{Header: unlessZero(p.Header)}
	for _, m := range members {
		name, err := x.nameOf(m.Person)
		if err != nil {
			return nil, err
		}
		more, err := moreOf(m)
		if err != nil {
			return nil, err
		}
		d.Participants = append(d.Participants, participant{
			Username: &name, NotifyProps: more.NotifyProps, SchemeUser: more.SchemeUser, SchemeAdmin: more.SchemeAdmin, SchemeGuest: more.SchemeGuest, counters: more.counters,
		})
		if value(more.Favorite) {
			d.FavoritedBy = append(d.FavoritedBy, name)
		}
		if value(more.Shown) {
			d.ShownBy = append(d.ShownBy, name)
		}
	}
	slices.SortFunc(d.Participants, func(a, b participant) int { return cmp.Compare(*a.Username, *b.Username) })
	if len(d.Participants) == 1 {
		d.Participants = append(d.Participants, d.Participants[0])
	}
	slices.Sort(d.FavoritedBy)
	slices.Sort(d.ShownBy)
	return d, nil
}

func (x *exporting) directPosts() error {
	return x.each(betweenFew, func(p workspace.Place) error {
		d, err := x.directChannel(p)
		if err != nil || d == nil {
			return err
		}
		names := d.names()
		return x.threads(p.ID, func(p *post) line {
			p.ChannelMembers = &names
			return line{Type: "direct_post", DirectPost: p}
		})
	})
}

// threads writes the posts of a channel with their replies.
func (x *exporting) threads(channel directory.ID, as func(*post) line) error {
	const page = 200
	for after := directory.ID(""); ; {
		posts, err := x.space.Posts(x.ctx, channel, after, page)
		if err != nil {
			return err
		}
		ids := make([]directory.ID, len(posts))
		for i, p := range posts {
			ids[i], after = p.ID, p.ID
		}
		replies, err := x.space.Replies(x.ctx, ids)
		if err != nil {
			return err
		}
		to := map[directory.ID][]workspace.Post{}
		for _, r := range replies {
			to[r.Root] = append(to[r.Root], r)
		}
		for _, p := range posts {
			if !p.Deleted.IsZero() {
				continue
			}
			out, err := x.thread(p, to[p.ID])
			if err != nil {
				return err
			}
			if err := x.write(as(out)); err != nil {
				return err
			}
		}
		if len(posts) < page {
			return nil
		}
	}
}

func (x *exporting) thread(p workspace.Post, replies []workspace.Post) (*post, error) {
	out, err := x.post(p)
	if err != nil {
		return nil, err
	}
	for _, r := range replies {
		if !r.Deleted.IsZero() {
			continue
		}
		reply, err := x.post(r)
		if err != nil {
			return nil, err
		}
		out.Replies = append(out.Replies, *reply)
		x.out.Counts["reply"]++
	}
	return out, nil
}

// post is one post or reply as the format states it.
func (x *exporting) post(p workspace.Post) (*post, error) {
	author, err := x.nameOf(p.Author)
	if err != nil {
		return nil, err
	}
	out := &post{
		User: &author, Type: unlessZero(p.Kind), Message: &p.Message, CreateAt: new(milliseconds(p.Created)), EditAt: unlessZero(milliseconds(p.Edited)),
		IsPinned: unlessZero(p.Pinned),
	}
	if p.Props != "" {
		out.Props = jsontext.Value(p.Props)
	}
	for _, m := range p.Marks {
		name, err := x.nameOf(m.Person)
		if err != nil {
			return nil, err
		}
		switch m.Kind {
		case workspace.Reaction:
			out.Reactions = append(out.Reactions, reaction{User: &name, EmojiName: &m.Name, CreateAt: new(milliseconds(m.At))})
		case workspace.Saved:
			out.FlaggedBy = append(out.FlaggedBy, name)
		case workspace.Follows:
			out.ThreadFollowers = append(out.ThreadFollowers, threadFollower{User: &name, LastViewed: unlessZero(milliseconds(m.At)), UnreadMentions: unlessZero(m.Unread)})
		}
	}
	slices.Sort(out.FlaggedBy)
	slices.SortFunc(out.Reactions, func(a, b reaction) int {
		return cmp.Or(cmp.Compare(*a.CreateAt, *b.CreateAt), cmp.Compare(*a.EmojiName, *b.EmojiName), cmp.Compare(*a.User, *b.User))
	})
	slices.SortFunc(out.ThreadFollowers, func(a, b threadFollower) int { return cmp.Compare(*a.User, *b.User) })
	for _, f := range p.Files {
		name, err := x.attach(f)
		if err != nil {
			return nil, err
		}
		if name != nil {
			out.Attachments = append(out.Attachments, attachment{Path: name})
		}
	}
	return out, nil
}
