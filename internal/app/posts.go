package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"muster/internal/directory"
	"muster/internal/run"
	"muster/internal/server/adminapi"
	"muster/internal/workspace"
)

// Posts implements adminapi.Posts.
func (m *Muster) Posts(ctx context.Context, ref string, q adminapi.PostQuery) (out []adminapi.Post, err error) {
	return out, m.Store.View(ctx, func(v directory.Reader) error {
		p, _, err := m.place(ctx, v, ref)
		if err == nil && p.Kind == workspace.Team {
			err = &run.Problem{
				Code: adminapi.BadRequest, What: ref + " is a team", Why: "Posts are in its channels.", Now: "Nothing was changed.", Fix: "Name a channel, as " + ref + ":" + workspace.FirstChannel + ".",
			}
		}
		if err != nil {
			return err
		}
		out, err = readPosts(ctx, v, workspace.PostQuery{Channel: p.ID, After: q.After, Newest: !q.Oldest, Limit: q.Limit})
		return err
	})
}

// Replies implements adminapi.Posts.
func (m *Muster) Replies(ctx context.Context, post directory.ID, q adminapi.PostQuery) (out []adminapi.Post, err error) {
	return out, m.Store.View(ctx, func(v directory.Reader) error {
		if _, err := onePost(ctx, v, post); err != nil {
			return err
		}
		out, err = readPosts(ctx, v, workspace.PostQuery{Root: post, After: q.After, Newest: !q.Oldest, Limit: q.Limit})
		return err
	})
}

// PostsOf implements adminapi.Posts.
func (m *Muster) PostsOf(ctx context.Context, who string, q adminapi.PostQuery) (out []adminapi.Post, err error) {
	o, err := m.person(ctx, who)
	if err != nil {
		return nil, err
	}
	return out, m.Store.View(ctx, func(v directory.Reader) error {
		out, err = readPosts(ctx, v, workspace.PostQuery{Author: o.ID, After: q.After, Newest: !q.Oldest, Limit: q.Limit})
		return err
	})
}

// PostFile implements adminapi.Posts.
func (m *Muster) PostFile(ctx context.Context, post directory.ID, number int) (adminapi.PostFile, io.ReadCloser, error) {
	var p workspace.Post
	err := m.Store.View(ctx, func(v directory.Reader) (err error) {
		p, err = onePost(ctx, v, post)
		return err
	})
	if err == nil && (number < 0 || number >= len(p.Files)) {
		err = fmt.Errorf("file %d of post %s: %w", number, post, directory.ErrNotFound)
	}
	if err != nil {
		return adminapi.PostFile{}, nil, err
	}
	f := p.Files[number]
	r, err := m.files.Get(f.Hash)
	return adminapi.PostFile{Name: f.Name, Size: f.Size}, r, err
}

func onePost(ctx context.Context, v directory.Reader, id directory.ID) (workspace.Post, error) {
	found, err := workspace.Of(v).PostsByID(ctx, []directory.ID{id})
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("post %s: %w", id, directory.ErrNotFound)
	}
	if err != nil {
		return workspace.Post{}, err
	}
	return found[0], nil
}

// readPosts reads posts with the names of whoever has to do with them.
func readPosts(ctx context.Context, v directory.Reader, q workspace.PostQuery) ([]adminapi.Post, error) {
	posts, err := workspace.Of(v).ListPosts(ctx, q)
	if err != nil {
		return nil, err
	}
	ids := make([]directory.ID, len(posts))
	var people []directory.ID
	for i, p := range posts {
		ids[i] = p.ID
		people = append(people, p.Author)
		for _, k := range p.Marks {
			people = append(people, k.Person)
		}
	}
	replies, err := workspace.Of(v).CountReplies(ctx, ids)
	if err != nil {
		return nil, err
	}
	names, err := authors(ctx, v, people)
	if err != nil {
		return nil, err
	}
	refs := map[directory.ID]string{}
	out := make([]adminapi.Post, len(posts))
	for i, p := range posts {
		if err := refOf(ctx, v, p.Channel, refs); err != nil {
			return nil, err
		}
		out[i] = postView(p, names)
		out[i].Channel, out[i].Replies = refs[p.Channel], replies[p.ID]
	}
	return out, nil
}

// authors names people and bots.
func authors(ctx context.Context, v directory.Reader, list []directory.ID) (map[directory.ID]adminapi.Author, error) {
	out := map[directory.ID]adminapi.Author{}
	slices.Sort(list)
	list = slices.Compact(list)
	people, err := v.Objects(ctx, list)
	if err != nil {
		return nil, err
	}
	for _, o := range people {
		out[o.ID] = adminapi.Author{ID: o.ID, Name: o.Handle(), Inactive: o.State != directory.Active}
	}
	if len(out) == len(list) {
		return out, nil
	}
	bots, err := workspace.Of(v).Bots(ctx, nil)
	for _, b := range bots {
		out[b.ID] = adminapi.Author{ID: b.ID, Name: b.Username, Bot: true, Inactive: !b.Disabled.IsZero()}
	}
	return out, err
}

// refOf notes how a channel is named.
func refOf(ctx context.Context, v directory.Reader, channel directory.ID, refs map[directory.ID]string) error {
	if _, known := refs[channel]; known {
		return nil
	}
	p, err := workspace.Of(v).Place(ctx, channel)
	if err != nil || p.Team == "" {
		refs[channel] = ""
		return err
	}
	team, err := workspace.Of(v).Place(ctx, p.Team)
	refs[channel] = team.Name + ":" + p.Name
	return err
}

func postView(p workspace.Post, names map[directory.ID]adminapi.Author) adminapi.Post {
	out := adminapi.Post{
		ID: p.ID, Root: p.Root, Author: names[p.Author], Kind: p.Kind, Message: p.Message, Created: p.Created, Edited: p.Edited, Deleted: p.Deleted, Pinned: p.Pinned,
	}
	if out.Author.ID = p.Author; p.Props != "" {
		out.Props = json.RawMessage(p.Props)
	}
	at := map[string]int{}
	for _, k := range p.Marks {
		if k.Kind != workspace.Reaction {
			continue
		}
		i, again := at[k.Name]
		if !again {
			i = len(out.Reactions)
			at[k.Name], out.Reactions = i, append(out.Reactions, adminapi.Reaction{Emoji: k.Name})
		}
		out.Reactions[i].By = append(out.Reactions[i].By, names[k.Person].Name)
	}
	for _, f := range p.Files {
		out.Files = append(out.Files, adminapi.PostFile{Name: f.Name, Size: f.Size})
	}
	return out
}
