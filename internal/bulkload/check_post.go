package bulkload

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxMessage = 16383
	maxProps   = 800000
)

// channelPost checks a post of a channel of a team.
func (c *checker) channelPost(p *post) {
	if c.teamOf("team", p.Team) && c.need("channel", p.Channel) {
		c.refer(aChannel, "channel", *p.Team, *p.Channel)
	}
	c.thread(p, nil)
}

// directPost checks a post between few.
func (c *checker) directPost(p *post) {
	if p.ChannelMembers == nil {
		c.fail("channel_members", "missing", "", "channel_members is missing")
		c.thread(p, nil)
		return
	}
	c.members("channel_members", *p.ChannelMembers)
	c.thread(p, *p.ChannelMembers)
}

// thread checks a post with its replies. among, if not nil, are the only ones who can have flagged it.
func (c *checker) thread(p *post, among []string) {
	c.entry(p, among)
	for first, some := range p.portions() {
		for i := range some {
			c.item("replies", first+i, func() { c.reply(p, &some[i], among) })
		}
	}
}

func (c *checker) reply(to, r *post, among []string) {
	c.counts["reply"]++
	c.entry(r, among)
	if value(r.CreateAt) != 0 && value(r.CreateAt) < value(to.CreateAt) {
		c.warn("create_at", "bad_time", "", "the reply is older than what it replies to; it gets the time of that")
	}
}

// entry checks what posts and replies have in common.
func (c *checker) entry(p *post, among []string) {
	c.userOf("user", p.User)
	switch {
	case p.Message == nil:
		c.fail("message", "missing", "It may be empty, but must be there.", "message is missing")
	case len(*p.Message) > maxMessage:
		c.runes("message", p.Message, maxMessage)
	}
	if k := p.Props.Kind(); len(p.Props) > 0 && k != '{' && k != 'n' {
		c.fail("props", "wrong_type", "", "%s stands where an object is expected", kindWord(k))
	}
	if len(p.Props) > maxProps && utf8.RuneCount(p.Props) > maxProps {
		c.fail("props", "too_long", "", "props has more than %d characters", maxProps)
	}
	c.moment("create_at", p.CreateAt, true)
	c.moment("edit_at", p.EditAt, false)
	for i, name := range p.FlaggedBy {
		c.item("flagged_by", i, func() { c.named(name) })
		if among != nil && !containsFold(among, name) {
			c.fail("flagged_by["+itoa(i)+"]", "not_a_member", "", "%q flagged it, but is not among channel_members", short(name))
		}
	}
	for i, r := range p.Reactions {
		c.item("reactions", i, func() { c.reaction(r, value(p.CreateAt)) })
	}
	for i, a := range p.Attachments {
		c.item("attachments", i, func() {
			c.counts["attachment"]++
			if c.need("path", a.Path) {
				c.file("path", a.Path)
			}
		})
	}
	for i, f := range p.ThreadFollowers {
		c.item("thread_followers", i, func() { c.userOf("user", f.User) })
	}
}

// named checks the name of somebody that stands alone in a list.
func (c *checker) named(name string) {
	if strings.TrimSpace(name) == "" {
		c.fail("", "missing", "", "a name is empty")
		return
	}
	c.refer(aUser, "", name)
}

func (c *checker) reaction(r reaction, posted int64) {
	c.counts["reaction"]++
	c.userOf("user", r.User)
	if c.need("emoji_name", r.EmojiName) && !emojiName(*r.EmojiName) {
		c.fail("emoji_name", "bad_name", emojiFix, "%q is no name of an emoji", short(*r.EmojiName))
	}
	c.moment("create_at", r.CreateAt, true)
	if value(r.CreateAt) != 0 && *r.CreateAt < posted {
		c.fail("create_at", "bad_time", "", "the reaction is older than the post")
	}
}

func (c *checker) directChannel(d *directChannel) {
	names := value(d.Members)
	field := "members"
	if len(d.Participants) > 0 {
		field, names = "participants", nil
		for i, p := range d.Participants {
			c.item("participants", i, func() { c.need("username", p.Username) })
			names = append(names, value(p.Username))
		}
	}
	c.members(field, names)
	c.runes("header", d.Header, 1024)
	for _, list := range []struct {
		field string
		names []string
	}{{"favorited_by", d.FavoritedBy}, {"shown_by", d.ShownBy}} {
		for i, name := range list.names {
			if !containsFold(names, name) {
				c.fail(list.field+"["+itoa(i)+"]", "not_a_member", "", "%q is not among the members", short(name))
			}
		}
	}
}

// members checks who is in a direct channel: two, perhaps the same one twice, or up to eight.
func (c *checker) members(field string, names []string) {
	if len(names) < 2 || len(names) > 8 {
		c.fail(field, "bad_size", "A direct channel has 2 members, a group channel 3 to 8.", "%s has %d names", field, len(names))
	}
	for i, name := range names {
		if strings.TrimSpace(name) != "" {
			c.item(field, i, func() { c.refer(aUser, "", name) })
		} else if field != "participants" {
			c.fail(field+"["+itoa(i)+"]", "missing", "", "a name is empty")
		}
	}
}

func containsFold(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, name) })
}
