// Package workspacetest proves that a store keeps the promises of package workspace. A store's own tests call Run.
package workspacetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/internal/directory"
	"muster/internal/workspace"
)

// Run runs the suite. open returns an empty store, which the suite does not close; it is called once per case.
func Run(t *testing.T, open func(t *testing.T) directory.Store) {
	for name, test := range map[string]func(*testing.T, directory.Store){
		"places": testPlaces, "places are found": testFindPlaces, "names are unique": testNames, "members": testMembers, "profiles": testProfiles, "bots": testBots, "definitions": testDefinitions,
		"posts": testPosts, "pages of posts": testPages, "posts written again": testRewrite, "lists of posts": testLists, "links of groups": testGroupLinks, "replies need their thread": testRootless,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

var at = time.UnixMilli(1_700_000_000_123).UTC()

func team(name string) workspace.Place {
	return workspace.Place{ID: directory.NewID(), Kind: workspace.Team, Name: name, Title: "Team " + name, Open: true, Joinable: true, Created: at, Updated: at}
}

func channel(of directory.ID, name string) workspace.Place {
	return workspace.Place{ID: directory.NewID(), Kind: workspace.Public, Team: of, Name: name, Title: name, Header: "h", Purpose: "p", Scheme: "s", Managed: true, Created: at, Updated: at, Archived: at}
}

func write(t *testing.T, s directory.Store, fn func(workspace.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), "test", func(tx directory.Tx) error { return fn(workspace.In(tx)) }); err != nil {
		t.Fatal(err)
	}
}

// read returns what fn reads.
func read[T any](t *testing.T, s directory.Store, fn func(workspace.Reader) (T, error)) T {
	t.Helper()
	var out T
	if err := s.View(t.Context(), func(r directory.Reader) (err error) {
		out, err = fn(workspace.Of(r))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func testPlaces(t *testing.T, s directory.Store) {
	a, b := team("a"), team("b")
	c, d := channel(a.ID, "news"), channel(b.ID, "news")
	few := workspace.Place{ID: directory.NewID(), Kind: workspace.Few, Name: workspace.NameOf([]directory.ID{"3", "1", "2"}), Created: at, Updated: at}
	write(t, s, func(tx workspace.Tx) error { return tx.PutPlaces(t.Context(), a, b, c, d, few) })
	d.Title, d.Archived = "renamed", time.Time{}
	write(t, s, func(tx workspace.Tx) error { return tx.PutPlaces(t.Context(), d) })
	list := func(q workspace.PlaceQuery) []workspace.Place {
		return read(t, s, func(r workspace.Reader) ([]workspace.Place, error) { return r.ListPlaces(t.Context(), q) })
	}
	all := []workspace.Kind{workspace.Team, workspace.Public, workspace.Few}
	everything := list(workspace.PlaceQuery{Kinds: all})
	if len(everything) != 5 {
		t.Fatalf("%d places, want 5", len(everything))
	}
	var paged []workspace.Place
	for after := directory.ID(""); ; after = paged[len(paged)-1].ID {
		page := list(workspace.PlaceQuery{Kinds: all, After: after, Limit: 2})
		if paged = append(paged, page...); len(page) < 2 {
			break
		}
	}
	same(t, "pages", everything, paged)
	same(t, "channels of b", []workspace.Place{d}, list(workspace.PlaceQuery{Kinds: all, Team: b.ID}))
	same(t, "by id", c, read(t, s, func(r workspace.Reader) (workspace.Place, error) { return r.Place(t.Context(), c.ID) }))
	byName := func(team directory.ID, names ...string) []workspace.Place {
		return read(t, s, func(r workspace.Reader) ([]workspace.Place, error) { return r.PlacesByName(t.Context(), team, names) })
	}
	same(t, "channel by name", []workspace.Place{c}, byName(a.ID, "news", "olds"))
	same(t, "channel of a few by name", []workspace.Place{few}, byName("", few.Name))
	err := s.View(t.Context(), func(r directory.Reader) error {
		_, err := workspace.Of(r).Place(t.Context(), directory.NewID())
		return err
	})
	if !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("a place that is not there: %v", err)
	}
}

// M6: people look through teams and channels by what they call them, a page at a time.
func testFindPlaces(t *testing.T, s directory.Store) {
	a, b := team("alpha"), team("beta")
	news, olds, secret := channel(a.ID, "news"), channel(a.ID, "olds"), channel(a.ID, "secret_100%")
	news.Title, olds.Title, secret.Kind = "What is New", "Ärger", workspace.Private
	other := channel(b.ID, "news")
	few := workspace.Place{ID: directory.NewID(), Kind: workspace.Few, Name: "x"}
	write(t, s, func(tx workspace.Tx) error { return tx.PutPlaces(t.Context(), b, a, secret, olds, news, other, few) })
	channels := []workspace.Kind{workspace.Public, workspace.Private}
	for name, x := range map[string]struct {
		q    workspace.PlaceSearch
		want []workspace.Place
	}{
		"teams":        {workspace.PlaceSearch{Kinds: []workspace.Kind{workspace.Team}}, []workspace.Place{a, b}},
		"channels":     {workspace.PlaceSearch{Kinds: channels, Team: a.ID}, []workspace.Place{news, olds, secret}},
		"first":        {workspace.PlaceSearch{Kinds: channels, Team: a.ID, Limit: 1}, []workspace.Place{news}},
		"next":         {workspace.PlaceSearch{Kinds: channels, Team: a.ID, After: "news", Limit: 5}, []workspace.Place{olds, secret}},
		"in the name":  {workspace.PlaceSearch{Kinds: channels, Team: a.ID, Text: "LD"}, []workspace.Place{olds}},
		"in the title": {workspace.PlaceSearch{Kinds: channels, Team: a.ID, Text: "is new"}, []workspace.Place{news}},
		"accents":      {workspace.PlaceSearch{Kinds: channels, Team: a.ID, Text: "Ärg"}, []workspace.Place{olds}},
		"no pattern":   {workspace.PlaceSearch{Kinds: channels, Team: a.ID, Text: "100%"}, []workspace.Place{secret}},
		"nothing":      {workspace.PlaceSearch{Kinds: channels, Team: a.ID, Text: "n_ws"}, nil},
	} {
		got := read(t, s, func(r workspace.Reader) ([]workspace.Place, error) { return r.FindPlaces(t.Context(), x.q) })
		same(t, name, x.want, got)
	}
}

func testNames(t *testing.T, s directory.Store) {
	a := team("a")
	write(t, s, func(tx workspace.Tx) error { return tx.PutPlaces(t.Context(), a, channel(a.ID, "news")) })
	for what, p := range map[string]workspace.Place{"team": team("a"), "channel": channel(a.ID, "news")} {
		err := s.Update(t.Context(), "test", func(tx directory.Tx) error { return workspace.In(tx).PutPlaces(t.Context(), p) })
		if !errors.Is(err, directory.ErrConflict) {
			t.Errorf("the name of another %s: %v", what, err)
		}
	}
}

func testMembers(t *testing.T, s directory.Store) {
	a, ada, ben := team("a"), directory.NewID(), directory.NewID()
	c := channel(a.ID, "news")
	of := func(place, person directory.ID) workspace.Member {
		return workspace.Member{Place: place, Person: person, Roles: "team_user", Via: workspace.ByLoad, State: workspace.Present, Since: at, More: `{"a":1}`}
	}
	in := []workspace.Member{of(a.ID, ada), of(a.ID, ben), of(c.ID, ada)}
	write(t, s, func(tx workspace.Tx) error {
		return errors.Join(tx.PutPlaces(t.Context(), a, c), tx.PutMembers(t.Context(), in...))
	})
	in[1].State, in[1].Via = workspace.Left, workspace.ByHand
	write(t, s, func(tx workspace.Tx) error { return tx.PutMembers(t.Context(), in[1], in[1]) })
	members := func(after directory.ID, limit int) []workspace.Member {
		return read(t, s, func(r workspace.Reader) ([]workspace.Member, error) {
			return r.Members(t.Context(), a.ID, after, limit)
		})
	}
	same(t, "members", in[:2], members("", 0))
	if n := read(t, s, func(r workspace.Reader) (int, error) { return r.CountMembers(t.Context(), a.ID) }); n != 1 {
		t.Errorf("%d are in a, want 1", n)
	}
	same(t, "a page of them", in[1:2], members(ada, 5))
	same(t, "those of ada", []workspace.Member{in[0], in[2]}, read(t, s, func(r workspace.Reader) ([]workspace.Member, error) {
		return r.MembersOf(t.Context(), []directory.ID{ada})
	}))
}

func testProfiles(t *testing.T, s directory.Store) {
	ada, ben := directory.NewID(), directory.NewID()
	p := []workspace.Profile{{Person: ada, Roles: "system_user", Picture: workspace.File{Hash: "h", Name: "a.png", Size: 3}, More: "{}"}, {Person: ben}}
	write(t, s, func(tx workspace.Tx) error { return tx.PutProfiles(t.Context(), p...) })
	p[1].Roles = "system_guest"
	write(t, s, func(tx workspace.Tx) error { return tx.PutProfiles(t.Context(), p[1]) })
	same(t, "profiles", p, read(t, s, func(r workspace.Reader) ([]workspace.Profile, error) {
		return r.Profiles(t.Context(), []directory.ID{ben, ada, directory.NewID()})
	}))
}

func testBots(t *testing.T, s directory.Store) {
	owner := directory.NewID()
	b := []workspace.Bot{{ID: directory.NewID(), Username: "alert", Owner: owner, Title: "Alerts", Description: "d", Disabled: at}, {ID: directory.NewID(), Username: "build"}}
	write(t, s, func(tx workspace.Tx) error { return tx.PutBots(t.Context(), b[1], b[0]) })
	bots := func(names []string) []workspace.Bot {
		return read(t, s, func(r workspace.Reader) ([]workspace.Bot, error) { return r.Bots(t.Context(), names) })
	}
	same(t, "all", b, bots(nil))
	same(t, "one", b[1:], bots([]string{"build", "none"}))
	err := s.Update(t.Context(), "test", func(tx directory.Tx) error {
		return workspace.In(tx).PutBots(t.Context(), workspace.Bot{ID: directory.NewID(), Username: "build"})
	})
	if !errors.Is(err, directory.ErrConflict) {
		t.Errorf("a name that is taken: %v", err)
	}
}

func testDefinitions(t *testing.T, s directory.Store) {
	d := []workspace.Definition{{Kind: workspace.Emoji, Name: "a", Doc: "{}", File: workspace.File{Hash: "h", Name: "a.png", Size: 1}}, {Kind: workspace.Emoji, Name: "b", Doc: `{"x":1}`}}
	write(t, s, func(tx workspace.Tx) error {
		return tx.PutDefinitions(t.Context(), d[1], d[0], workspace.Definition{Kind: workspace.Role, Name: "a"})
	})
	same(t, "emoji", d, read(t, s, func(r workspace.Reader) ([]workspace.Definition, error) {
		return r.Definitions(t.Context(), workspace.Emoji)
	}))
}

// thread is a post with a reply.
func thread(in, author directory.ID, text string) (post, reply workspace.Post) {
	post = workspace.Post{
		ID: directory.NewID(), Channel: in, Author: author, Message: text, Props: `{"x":"y"}`, Created: at, Edited: at.Add(time.Second), Pinned: true,
		Marks: []workspace.Mark{
			{Kind: workspace.Follows, Person: author, At: at, Unread: 2},
			{Kind: workspace.Reaction, Person: author, Name: "smile", At: at},
			{Kind: workspace.Reaction, Person: author, Name: "tada", At: at.Add(time.Second)},
			{Kind: workspace.Saved, Person: author},
		},
		Files: []workspace.File{{Hash: "h2", Name: "z.txt", Size: 5}, {Hash: "h1", Name: "a.txt"}},
	}
	reply = workspace.Post{ID: directory.NewID(), Channel: in, Author: author, Root: post.ID, Kind: "me", Message: "re: " + text, Created: at.Add(time.Minute)}
	return post, reply
}

func testPosts(t *testing.T, s directory.Store) {
	c, author := channel("", "c"), directory.NewID()
	post, reply := thread(c.ID, author, "hello")
	write(t, s, func(tx workspace.Tx) error {
		return errors.Join(tx.PutPlaces(t.Context(), c), tx.PutPosts(t.Context(), reply, post))
	})
	same(t, "posts", []workspace.Post{post}, posts(t, s, c.ID, "", 0))
	same(t, "replies", []workspace.Post{reply}, read(t, s, func(r workspace.Reader) ([]workspace.Post, error) {
		return r.Replies(t.Context(), []directory.ID{post.ID})
	}))
	other := directory.NewID()
	same(t, "at a moment", []workspace.Post{post, reply}, read(t, s, func(r workspace.Reader) ([]workspace.Post, error) {
		return r.PostsAt(t.Context(), []workspace.Moment{{Channel: c.ID, At: reply.Created}, {Channel: c.ID, At: at}, {Channel: other, At: at}, {Channel: c.ID, At: at.Add(1e9)}})
	}))
}

// M12: what was posted is read page by page, in either order, by channel, thread and author.
func testLists(t *testing.T, s directory.Store) {
	c, anna, ben := channel("", "c"), directory.NewID(), directory.NewID()
	post, reply := thread(c.ID, anna, "hello")
	later := workspace.Post{ID: directory.NewID(), Channel: c.ID, Author: ben, Message: "later", Created: at.Add(time.Hour)}
	again := workspace.Post{ID: directory.NewID(), Channel: c.ID, Author: ben, Root: post.ID, Message: "again", Created: at.Add(2 * time.Hour)}
	write(t, s, func(tx workspace.Tx) error {
		return errors.Join(tx.PutPlaces(t.Context(), c), tx.PutPosts(t.Context(), post, reply, later, again))
	})
	list := func(q workspace.PostQuery) []workspace.Post {
		return read(t, s, func(r workspace.Reader) ([]workspace.Post, error) { return r.ListPosts(t.Context(), q) })
	}
	same(t, "oldest", []workspace.Post{post, later}, list(workspace.PostQuery{Channel: c.ID}))
	same(t, "newest", []workspace.Post{later, post}, list(workspace.PostQuery{Channel: c.ID, Newest: true}))
	same(t, "the page after", []workspace.Post{post}, list(workspace.PostQuery{Channel: c.ID, Newest: true, After: later.ID, Limit: 5}))
	same(t, "first page", []workspace.Post{post}, list(workspace.PostQuery{Channel: c.ID, Limit: 1}))
	same(t, "replies", []workspace.Post{reply, again}, list(workspace.PostQuery{Root: post.ID}))
	same(t, "replies after", []workspace.Post{again}, list(workspace.PostQuery{Root: post.ID, After: reply.ID}))
	same(t, "of an author", []workspace.Post{again, later}, list(workspace.PostQuery{Author: ben, Newest: true}))
	same(t, "of nobody", []workspace.Post(nil), list(workspace.PostQuery{Author: directory.NewID()}))
	same(t, "after what is not there", []workspace.Post(nil), list(workspace.PostQuery{Channel: c.ID, After: directory.NewID()}))
	same(t, "counts", map[directory.ID]int{post.ID: 2}, read(t, s, func(r workspace.Reader) (map[directory.ID]int, error) {
		return r.CountReplies(t.Context(), []directory.ID{post.ID, later.ID})
	}))
	same(t, "by id", []workspace.Post{post}, read(t, s, func(r workspace.Reader) ([]workspace.Post, error) {
		return r.PostsByID(t.Context(), []directory.ID{post.ID, directory.NewID()})
	}))
}

func posts(t *testing.T, s directory.Store, in, after directory.ID, limit int) []workspace.Post {
	t.Helper()
	return read(t, s, func(r workspace.Reader) ([]workspace.Post, error) { return r.Posts(t.Context(), in, after, limit) })
}

func testPages(t *testing.T, s directory.Store) {
	c, author := channel("", "c"), directory.NewID()
	var want []workspace.Post
	for i := range 7 {
		want = append(want, workspace.Post{ID: directory.NewID(), Channel: c.ID, Author: author, Message: fmt.Sprint(i), Created: at.Add(time.Duration(i/3) * time.Second)})
	}
	write(t, s, func(tx workspace.Tx) error { return tx.PutPlaces(t.Context(), c) })
	for _, p := range want {
		write(t, s, func(tx workspace.Tx) error { return tx.PutPosts(t.Context(), p) })
	}
	var got []workspace.Post
	for after := directory.ID(""); ; after = got[len(got)-1].ID {
		page := posts(t, s, c.ID, after, 2)
		if got = append(got, page...); len(page) < 2 {
			break
		}
	}
	same(t, "pages", want, got)
}

// A post that is written again has what it has now, and a reply to it changes nothing of it.
func testRewrite(t *testing.T, s directory.Store) {
	c, author := channel("", "c"), directory.NewID()
	post, reply := thread(c.ID, author, "hello")
	write(t, s, func(tx workspace.Tx) error {
		return errors.Join(tx.PutPlaces(t.Context(), c), tx.PutPosts(t.Context(), post))
	})
	write(t, s, func(tx workspace.Tx) error { return tx.PutPosts(t.Context(), reply) })
	same(t, "after a reply", []workspace.Post{post}, posts(t, s, c.ID, "", 0))
	post.Message, post.Marks, post.Files = "changed", slices.Clone(post.Marks[:1]), nil
	write(t, s, func(tx workspace.Tx) error { return tx.PutPosts(t.Context(), post) })
	same(t, "after a change", []workspace.Post{post}, posts(t, s, c.ID, "", 0))
}

func testRootless(t *testing.T, s directory.Store) {
	_, reply := thread(directory.NewID(), directory.NewID(), "hello")
	err := s.Update(t.Context(), "test", func(tx directory.Tx) error { return workspace.In(tx).PutPosts(t.Context(), reply) })
	if !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("a reply to nothing: %v", err)
	}
}

func testGroupLinks(t *testing.T, s directory.Store) {
	a, b, g, h := directory.NewID(), directory.NewID(), directory.NewID(), directory.NewID()
	l := []workspace.GroupLink{{Group: g, Place: a, Admin: true, By: "x", Since: at}, {Group: g, Place: b, By: "x", Since: at}, {Group: h, Place: b, By: "x", Since: at}}
	write(t, s, func(tx workspace.Tx) error {
		return errors.Join(tx.PutGroupLink(t.Context(), l[0]), tx.PutGroupLink(t.Context(), l[1]), tx.PutGroupLink(t.Context(), l[2]))
	})
	l[2].Admin = true
	write(t, s, func(tx workspace.Tx) error { return tx.PutGroupLink(t.Context(), l[2]) })
	links := func(groups, places []directory.ID) []workspace.GroupLink {
		return read(t, s, func(r workspace.Reader) ([]workspace.GroupLink, error) {
			return r.GroupLinks(t.Context(), groups, places)
		})
	}
	same(t, "all", l, links(nil, nil))
	same(t, "of a group", l[:2], links([]directory.ID{g}, nil))
	same(t, "of a place", l[1:], links(nil, []directory.ID{b}))
	if n := len(links([]directory.ID{}, nil)); n > 0 {
		t.Errorf("%d links of no group", n)
	}
	write(t, s, func(tx workspace.Tx) error { return tx.DropGroupLink(t.Context(), g, a) })
	same(t, "after one was dropped", l[1:], links(nil, nil))
}
