package bulkload

import (
	"cmp"
	"maps"
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

// A thread is a post with replies: all of its line, or some.
type thread struct {
	*entry
	replies []post
	more    bool // those before were written already, with the post
	channel workspace.Place
}

// posts writes the posts of a piece, as many replies at a time as memory holds.
func (b *brought) posts(p piece) error {
	var some []thread
	replies := 0
	for _, e := range p {
		some = append(some, thread{entry: e})
		for first, part := range e.said().portions() {
			if first > 0 {
				some = append(some, thread{entry: e, more: true})
			}
			some[len(some)-1].replies = part
			if replies += len(part); replies < portion {
				continue
			}
			if err := b.putThreads(some); err != nil {
				return err
			}
			some, replies = nil, 0
		}
	}
	return b.putThreads(some)
}

func (b *brought) putThreads(all []thread) error {
	if len(all) == 0 {
		return nil
	}
	g := &posting{brought: b, need: places{}, put: map[directory.ID]workspace.Post{}}
	if err := g.look(all); err != nil {
		return err
	}
	all, err := g.threads(all)
	if err != nil {
		return err
	}
	for _, t := range all {
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

// look finds the people and channels that threads name.
func (g *posting) look(all []thread) error {
	names := map[string]bool{}
	var lists [][]string
	for _, t := range all {
		if t.Post != nil {
			g.need.want(*t.Post.Team, *t.Post.Channel)
		} else {
			lists = append(lists, value(t.DirectPost.ChannelMembers))
		}
		if t.more {
			names[*t.said().User] = true
		} else {
			namesIn(names, t.said())
		}
		for i := range t.replies {
			namesIn(names, &t.replies[i])
		}
	}
	for _, list := range lists {
		for _, name := range list {
			names[name] = true
		}
	}
	var err error
	if g.who, err = g.brought.who(slices.Sorted(maps.Keys(names))); err != nil {
		return err
	}
	if g.few, err = g.among(g.who, lists); err != nil {
		return err
	}
	return g.find(g.need)
}

// namesIn adds the people whom a post names to names.
func namesIn(names map[string]bool, p *post) {
	names[*p.User] = true
	for _, name := range p.FlaggedBy {
		names[name] = true
	}
	for _, r := range p.Reactions {
		names[*r.User] = true
	}
	for _, f := range p.ThreadFollowers {
		names[*f.User] = true
	}
}

// threads finds the channels of posts, and what is there already at the moments of the posts. What has no channel is left out.
func (g *posting) threads(all []thread) ([]thread, error) {
	var out []thread
	var moments []workspace.Moment
	for _, t := range all {
		channel, why := g.channelOf(t.entry)
		if channel.ID == "" {
			if !t.more {
				g.count("post", why)
			}
			continue
		}
		t.channel = channel
		out = append(out, t)
		moments = append(moments, workspace.Moment{Channel: channel.ID, At: since1970(t.said().CreateAt)})
		for i := range t.replies {
			moments = append(moments, workspace.Moment{Channel: channel.ID, At: replied(t.said(), &t.replies[i])})
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
func replied(to, p *post) time.Time { return since1970(new(max(*to.CreateAt, *p.CreateAt))) }

// thread brings a post with its replies in.
func (g *posting) thread(t thread) {
	p := t.said()
	root, ok := directory.ID(""), t.more
	if t.more {
		root = g.have[keyOfPost(g.stated(t, p, "", since1970(p.CreateAt)))].ID
	} else {
		root, ok = g.post("post", t, p, "", since1970(p.CreateAt))
	}
	if !ok || root == "" {
		return // whoever wrote it waits
	}
	for i := range t.replies {
		g.post("reply", t, &t.replies[i], root, replied(p, &t.replies[i]))
	}
}

// stated is a post as far as it is told apart from others.
func (g *posting) stated(t thread, p *post, root directory.ID, at time.Time) workspace.Post {
	return workspace.Post{Channel: t.channel.ID, Author: g.who.id(*p.User), Root: root, Message: storable(*p.Message), Created: at}
}

// post brings one post or reply in, unless its author waits.
func (g *posting) post(what string, t thread, p *post, root directory.ID, at time.Time) (directory.ID, bool) {
	is := g.stated(t, p, root, at)
	if is.Author == "" {
		g.count(what, "waiting")
		return "", false
	}
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
	type key struct {
		kind         workspace.MarkKind
		person, name string
	}
	at := make(map[key]int, len(to.Marks)+len(p.Reactions)+len(p.FlaggedBy)+len(p.ThreadFollowers))
	for i, m := range to.Marks {
		at[key{m.Kind, string(m.Person), m.Name}] = i
	}
	add := func(what, name string, m workspace.Mark) {
		if m.Person = g.who.id(name); m.Person == "" {
			g.count(what, "waiting")
			return
		}
		k := key{m.Kind, string(m.Person), m.Name}
		if i, again := at[k]; again {
			to.Marks[i] = m
			return
		}
		at[k] = len(to.Marks)
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
