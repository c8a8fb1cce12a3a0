package adminapi

import (
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"muster/internal/access"
	"muster/internal/directory"
)

// Post is a message in a channel, or a reply to one.
type Post struct {
	ID        directory.ID    `json:"id"`
	Channel   string          `json:"channel"` // "staff:news"; "" = between few people
	Root      directory.ID    `json:"root,omitempty"`
	Author    Author          `json:"author"`
	Kind      string          `json:"kind,omitempty"` // absent = written by its author
	Message   string          `json:"message"`
	Props     json.RawMessage `json:"props,omitempty"`
	Created   time.Time       `json:"created"`
	Edited    time.Time       `json:"edited,omitzero"`
	Deleted   time.Time       `json:"deleted,omitzero"`
	Pinned    bool            `json:"pinned,omitempty"`
	Replies   int             `json:"replies,omitempty"`
	Reactions []Reaction      `json:"reactions,omitempty"`
	Files     []PostFile      `json:"files,omitempty"`
}

// Author is who posted something. Who has left is still named.
type Author struct {
	ID       directory.ID `json:"id"`
	Name     string       `json:"name"`
	Bot      bool         `json:"bot,omitempty"`
	Inactive bool         `json:"inactive,omitempty"` // deactivated or gone
}

// Reaction is an emoji under a post, and whose it is.
type Reaction struct {
	Emoji string   `json:"emoji"`
	By    []string `json:"by"`
}

// PostFile is attached to a post. Its number is its place among the files of the post, from 0 on.
type PostFile struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
}

// PostQuery selects a page of posts.
type PostQuery struct {
	After  directory.ID
	Oldest bool // the oldest first, else the newest
	Limit  int
}

// Posts let people with the right to it read what was posted, and what people who have left posted too.
type Posts interface {
	// Posts returns posts of a channel without replies.
	Posts(ctx context.Context, ref string, q PostQuery) ([]Post, error)
	// Replies returns the replies to a post.
	Replies(ctx context.Context, post directory.ID, q PostQuery) ([]Post, error)
	// PostsOf returns posts and replies of a person.
	PostsOf(ctx context.Context, who string, q PostQuery) ([]Post, error)
	// PostFile returns a file of a post. The caller closes it.
	PostFile(ctx context.Context, post directory.ID, number int) (PostFile, io.ReadCloser, error)
}

// PostPaging selects a page of posts in a request.
type PostPaging struct {
	After  string `query:"after"`
	Oldest bool   `query:"oldest" doc:"The oldest first; the newest if left out."`
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"500"`
}

func (q PostPaging) query() PostQuery {
	return PostQuery{directory.ID(q.After), q.Oldest, q.Limit}
}

func (a *api) postRoutes() {
	type ofChannel struct {
		Ref string `path:"ref" doc:"A channel with its team: staff:news."`
		PostPaging
	}
	type ofPost struct {
		ID string `path:"id" doc:"Id of a post."`
		PostPaging
	}
	type ofPerson struct {
		Who string `path:"who" doc:"Id, username, name, email, key or DN."`
		PostPaging
	}
	page := func(posts []Post, q PostPaging, err error) (List[Post], error) {
		return list(posts, q.Limit, func(p Post) string { return string(p.ID) }), err
	}
	add(a, route{"list-posts", http.MethodGet, "/places/{ref}/posts", "Posts of a channel, without replies", access.Content, 0},
		func(ctx context.Context, in *ofChannel) (List[Post], error) {
			posts, err := a.svc.Posts(ctx, in.Ref, in.query())
			return page(posts, in.PostPaging, err)
		})
	add(a, route{"list-replies", http.MethodGet, "/posts/{id}/replies", "Replies to a post", access.Content, 0},
		func(ctx context.Context, in *ofPost) (List[Post], error) {
			posts, err := a.svc.Replies(ctx, directory.ID(in.ID), in.query())
			return page(posts, in.PostPaging, err)
		})
	add(a, route{"list-posts-of-person", http.MethodGet, "/people/{who}/posts", "Posts and replies of a person, also of one who has left", access.Content, 0},
		func(ctx context.Context, in *ofPerson) (List[Post], error) {
			posts, err := a.svc.PostsOf(ctx, in.Who, in.query())
			return page(posts, in.PostPaging, err)
		})
	a.postFileRoute()
}

// postFileRoute sends a file of a post, as one to be kept and not to be shown: its content is somebody else's.
func (a *api) postFileRoute() {
	type numbered struct {
		ID     string `path:"id" doc:"Id of a post."`
		Number int    `path:"number" minimum:"0" doc:"Which of its files, from 0 on."`
	}
	content := map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	op := huma.Operation{
		OperationID: "get-post-file", Method: http.MethodGet, Path: "/posts/{id}/files/{number}", Summary: "A file that is attached to a post",
		Description: "Needs the right “" + string(access.Content) + "”.", Metadata: map[string]any{rightKey: access.Content},
		Responses: map[string]*huma.Response{"200": {Description: "The file.", Content: content}},
	}
	huma.Register(a.API, op, func(ctx context.Context, in *numbered) (*huma.StreamResponse, error) {
		f, r, err := a.svc.PostFile(ctx, directory.ID(in.ID), in.Number)
		if err != nil {
			return nil, a.problem(ctx, op.OperationID, err)
		}
		return &huma.StreamResponse{Body: func(h huma.Context) {
			defer r.Close()
			h.SetHeader("Content-Type", "application/octet-stream")
			h.SetHeader("X-Content-Type-Options", "nosniff")
			h.SetHeader("Content-Disposition", attachment(f.Name))
			if _, err := io.Copy(h.BodyWriter(), r); err != nil {
				panic(http.ErrAbortHandler) // so that nobody takes half of it for all
			}
		}}, nil
	})
}

// attachment says under which name a file is to be kept.
func attachment(name string) string {
	if text := mime.FormatMediaType("attachment", map[string]string{"filename": name}); text != "" {
		return text
	}
	return "attachment"
}
