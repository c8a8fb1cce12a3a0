package bulkload

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"muster/internal/directory"
	"muster/internal/workspace"
)

// A postKey tells posts apart: the format has no ids.
type postKey struct {
	channel, author, root directory.ID
	at                    int64
	message               string
}

func keyOfPost(p workspace.Post) postKey {
	return postKey{p.Channel, p.Author, p.Root, p.Created.UnixMilli(), p.Message}
}

// posting gathers the posts of a piece.
type posting struct {
	*brought
	who  crowd
	need places
	few  *few
	have map[postKey]workspace.Post
	put  map[directory.ID]workspace.Post
	new  []directory.ID // of put, in the order of the lines
}

func (b *brought) posts(p piece) error {
	g := &posting{brought: b, need: places{}, put: map[directory.ID]workspace.Post{}}
	if err := g.look(p); err != nil {
		return err
	}
	threads, err := g.threads(p)
	if err != nil {
		return err
	}
	for _, t := range threads {
		g.thread(t)
	}
	if err := b.space().PutPlaces(b.ctx, g.few.put...); err != nil {
		return err
	}
	if err := b.space().PutMembers(b.ctx, g.few.in...); err != nil {
		return err
	}
	var put []workspace.Post
	for _, id := range g.new {
		put = append(put, g.put[id])
	}
	return b.space().PutPosts(b.ctx, put...)
}

// look finds the people and channels that the lines of a piece name.
func (g *posting) look(p piece) error {
	var names []string
	var lists [][]string
	for _, e := range p {
		if e.Post != nil {
			g.need.want(*e.Post.Team, *e.Post.Channel)
		} else {
			lists = append(lists, value(e.DirectPost.ChannelMembers))
		}
		names = append(names, namesIn(e.said())...)
	}
	var err error
	if g.who, err = g.brought.who(append(names, slices.Concat(lists...)...)); err != nil {
		return err
	}
	if g.few, err = g.among(g.who, lists); err != nil {
		return err
	}
	return g.find(g.need)
}

// namesIn are the people whom a post names.
func namesIn(p *post) []string {
	out := append([]string{*p.User}, p.FlaggedBy...)
	for _, r := range p.Reactions {
		out = append(out, *r.User)
	}
	for _, f := range p.ThreadFollowers {
		out = append(out, *f.User)
	}
	for i := range p.Replies {
		out = append(out, namesIn(&p.Replies[i])...)
	}
	return out
}

// A thread is a line with a post, and where it belongs.
type thread struct {
	*entry
	channel workspace.Place
}

// threads finds the channels of posts, and what is there already at the moments of the posts.
func (g *posting) threads(p piece) ([]thread, error) {
	var out []thread
	var moments []workspace.Moment
	for _, e := range p {
		channel, why := g.channelOf(e)
		if channel.ID == "" {
			g.count("post", why)
			continue
		}
		out = append(out, thread{e, channel})
		moments = append(moments, workspace.Moment{Channel: channel.ID, At: since1970(e.said().CreateAt)})
		for i := range e.said().Replies {
			moments = append(moments, workspace.Moment{Channel: channel.ID, At: replied(e.said(), i)})
		}
	}
	known, err := g.space().PostsAt(g.ctx, moments)
	g.have = named(known, keyOfPost)
	return out, err
}

// channelOf returns the channel of a post, or why there is none.
func (g *posting) channelOf(e *entry) (workspace.Place, string) {
	if e.Post != nil {
		_, channel := g.need.get(*e.Post.Team, *e.Post.Channel)
		return channel, "left out: no such channel"
	}
	ids, ok := g.few.ids(value(e.DirectPost.ChannelMembers))
	if !ok {
		return workspace.Place{}, "waiting"
	}
	return g.few.place(ids), ""
}

// replied is when a reply was made: never before what it replies to.
func replied(p *post, i int) time.Time {
	return since1970(new(max(*p.CreateAt, *p.Replies[i].CreateAt)))
}

// thread brings a post with its replies in.
func (g *posting) thread(t thread) {
	p := t.said()
	root, ok := g.post("post", t, p, "", since1970(p.CreateAt))
	if !ok {
		return
	}
	for i := range p.Replies {
		g.post("reply", t, &p.Replies[i], root, replied(p, i))
	}
}

// post brings one post or reply in, unless its author waits.
func (g *posting) post(what string, t thread, p *post, root directory.ID, at time.Time) (directory.ID, bool) {
	author := g.who.id(*p.User)
	if author == "" {
		g.count(what, "waiting")
		return "", false
	}
	is := workspace.Post{Channel: t.channel.ID, Author: author, Root: root, Message: storable(*p.Message), Created: at}
	key := keyOfPost(is)
	was := g.have[key]
	if was.ID != "" {
		is = was
		is.Marks, is.Files = slices.Clone(was.Marks), slices.Clone(was.Files)
	} else {
		is.ID = directory.NewID()
	}
	over(&is.Kind, p.Type)
	over(&is.Pinned, p.IsPinned)
	if p.EditAt != nil {
		is.Edited = since1970(p.EditAt)
	}
	if len(p.Props) > 0 {
		is.Props = propsOf(p.Props)
	}
	g.mark(&is, p)
	g.attach(&is, t, p)
	g.keepPost(what, was, is)
	g.have[key] = is
	return is.ID, true
}

// propsOf is JSON without what means nothing. Nothing is "".
func propsOf(v jsontext.Value) string {
	v = v.Clone()
	if err := v.Compact(); err != nil || string(v) == "null" || string(v) == "{}" {
		return ""
	}
	return string(v)
}

// mark adds what people did to a post. What they did before stays.
func (g *posting) mark(to *workspace.Post, p *post) {
	add := func(what, name string, m workspace.Mark) {
		if m.Person = g.who.id(name); m.Person == "" {
			g.count(what, "waiting")
			return
		}
		to.Marks = slices.DeleteFunc(to.Marks, func(o workspace.Mark) bool { return o.Kind == m.Kind && o.Person == m.Person && o.Name == m.Name })
		to.Marks = append(to.Marks, m)
	}
	for _, r := range p.Reactions {
		add("reaction", *r.User, workspace.Mark{Kind: workspace.Reaction, Name: *r.EmojiName, At: since1970(r.CreateAt)})
	}
	for _, name := range p.FlaggedBy {
		add("saved post", name, workspace.Mark{Kind: workspace.Saved})
	}
	for _, f := range p.ThreadFollowers {
		add("follower", *f.User, workspace.Mark{Kind: workspace.Follows, At: since1970(f.LastViewed), Unread: value(f.UnreadMentions)})
	}
	sortMarks(to.Marks)
}

func sortMarks(marks []workspace.Mark) {
	slices.SortFunc(marks, func(a, b workspace.Mark) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), a.At.Compare(b.At), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Person, b.Person))
	})
}

// attach replaces the files of a post by those that the line names, if they are there.
func (g *posting) attach(to *workspace.Post, t thread, p *post) {
	var files []workspace.File
	for _, a := range p.Attachments {
		if f := t.files[value(a.Path)]; f.Hash != "" {
			files = append(files, f)
		} else {
			g.count("attachment", "missing")
		}
	}
	if len(files) > 0 {
		to.Files = files
	}
}

// keepPost counts what became of a post, and has it written if it changed.
func (g *posting) keepPost(what string, was, is workspace.Post) {
	sortMarks(was.Marks)
	switch {
	case was.ID == "":
		g.count(what, "added")
	case reflect.DeepEqual(was, is):
		g.count(what, "unchanged")
		return
	default:
		g.count(what, "changed")
	}
	if _, again := g.put[is.ID]; !again {
		g.new = append(g.new, is.ID)
	}
	g.put[is.ID] = is
}

// storable is a text as databases keep it.
func storable(s string) string { return strings.ReplaceAll(s, "\x00", "\uFFFD") }
